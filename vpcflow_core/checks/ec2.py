"""What EC2 lets the credentials know."""

from __future__ import annotations

from collections.abc import Iterator

from vpcflow_core.checks.base import Finding
from vpcflow_core.inventory.ec2 import take
from vpcflow_core.inventory.tables import TABLES
from vpcflow_core.sources.aws.client import session_of
from vpcflow_core.sources.open import SourceOptions


def ec2(options: SourceOptions, region: str) -> Iterator[Finding]:
    """A finding for each kind of thing that a snapshot has, and for each that is refused."""
    snapshot = take(session_of(options), region)
    for kind in TABLES:
        if kind in snapshot.tables:
            found = f"{len(snapshot.tables[kind]):,} in {region}"
            yield Finding("EC2", kind.replace("_", " "), "ok", found)
    for note in snapshot.notes:
        yield Finding(
            "EC2",
            region,
            "warning",
            note,
            "Names, security groups and rules stay unknown without it: see docs/iam.md",
        )
