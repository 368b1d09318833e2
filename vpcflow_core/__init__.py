"""vpcflow: what is flowing through my VPCs, and is it normal?

`FlowLogs.open("logs/")` loads logs and answers questions about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpcflow_core.errors import FailureError, MisuseError, VpcflowError

if TYPE_CHECKING:
    from vpcflow_core.api import FlowLogs

__all__ = ["FailureError", "FlowLogs", "MisuseError", "VpcflowError"]


def __getattr__(name: str) -> Any:
    """Import `FlowLogs` when it is asked for: it needs pandas and DuckDB, which take a second."""
    if name == "FlowLogs":
        from vpcflow_core.api import FlowLogs

        return FlowLogs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
