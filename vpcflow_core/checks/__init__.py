"""Whether a source can be read, what it holds, and which fields its logs lack."""

from vpcflow_core.checks.accounts import check_accounts
from vpcflow_core.checks.base import Finding, State
from vpcflow_core.checks.elsewhere import check_elsewhere
from vpcflow_core.checks.names import check_names
from vpcflow_core.checks.source import check
from vpcflow_core.checks.trails import check_trails

__all__ = [
    "Finding", "State", "check", "check_accounts", "check_elsewhere", "check_names", "check_trails",
]  # fmt: skip
