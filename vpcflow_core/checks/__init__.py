"""Whether a source can be read, what it holds, and what its logs cannot tell."""

from vpcflow_core.checks.base import Finding, State
from vpcflow_core.checks.source import check

__all__ = ["Finding", "State", "check"]
