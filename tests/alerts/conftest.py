"""A designed evening full of trouble, as it was at each hour."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.watching import Mailbox
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


@pytest.fixture
def mail_server() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.got = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
