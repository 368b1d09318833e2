"""vpcflow: what is flowing through my VPCs, and is it normal?

`FlowLogs.open("logs/")` loads logs and answers questions about them. The public names are those of
`__all__`; from version 1.0 on they change as semantic versioning says.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vpcflow_core.errors import FailureError, MisuseError, VpcflowError

if TYPE_CHECKING:
    from vpcflow_core.api import FlowLogs, RenderedPanel
    from vpcflow_core.coverage import Coverage
    from vpcflow_core.panels.answer import PanelAnswer
    from vpcflow_core.query.filters import Filters
    from vpcflow_core.query.question import Query
    from vpcflow_core.query.result import QueryResult
    from vpcflow_core.ranges import Range
    from vpcflow_core.times import Window

__all__ = [
    "Coverage",
    "FailureError",
    "Filters",
    "FlowLogs",
    "MisuseError",
    "PanelAnswer",
    "Query",
    "QueryResult",
    "Range",
    "RenderedPanel",
    "VpcflowError",
    "Window",
]

# Where the others are: they are imported when they are asked for, as they need pandas and DuckDB,
# which take a second.
_LATE = {
    "Coverage": "coverage",
    "Filters": "query.filters",
    "FlowLogs": "api",
    "PanelAnswer": "panels.answer",
    "Query": "query.question",
    "QueryResult": "query.result",
    "Range": "ranges",
    "RenderedPanel": "api",
    "Window": "times",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for."""
    if name in _LATE:
        return getattr(import_module(f"vpcflow_core.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
