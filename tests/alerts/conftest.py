"""A designed evening full of trouble, as it was at each hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)


@pytest.fixture
def watched_logs(troubled: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(troubled / "store") as logs:
        yield logs


@pytest.fixture
def evening(watched_logs: FlowLogs) -> Window:
    """The nine hours in which most of it happens."""
    until = watched_logs.coverage.settled_until
    assert until is not None
    end = until.replace(minute=0, second=0)
    return Window(end - 9 * HOUR, end)
