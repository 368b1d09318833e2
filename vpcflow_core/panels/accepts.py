"""The panels of Accepts: what security groups and network ACLs let through, and its outliers."""

from __future__ import annotations

from vpcflow_core.panels.base import Panel
from vpcflow_core.panels.decisions import Decision

ACCEPTS: tuple[Panel, ...] = tuple(Decision("accepts", "ACCEPT", "accepted").panels())
