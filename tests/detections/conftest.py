"""Logs of the designed networks, opened once: what they have in common is inferred once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.watch_list import WatchList, read_watch_list


@pytest.fixture(scope="session")
def troubled_logs(troubled: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(troubled / "store") as logs:
        yield logs.last("24h")


@pytest.fixture(scope="session")
def calm_logs(calm: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(calm / "store") as logs:
        yield logs.last("24h")


@pytest.fixture(scope="session")
def watched_addresses(troubled: Path) -> WatchList:
    return read_watch_list(troubled / "watched.txt")
