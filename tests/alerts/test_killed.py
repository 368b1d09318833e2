"""A watching process that is killed at any instant loses no message."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alerts.watching import receiving, settings_of
from vpcflow_core.alerts.watch import rehearse
from vpcflow_core.api import FlowLogs
from vpcflow_core.times import Window

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_runs_that_are_killed_lose_no_message_and_repeat_each_by_its_key(
    watched_logs: FlowLogs, evening: Window, troubled: Path, tmp_path: Path
) -> None:
    chance = random.Random(16)
    delays = [f"{chance.uniform(0.02, 0.9):.3f}" for _ in range(6)]
    with receiving() as receiver:
        receiver.takes = 0.1  # so that some run dies while it sends
        times = (evening.start.isoformat(), evening.end.isoformat())
        words = (str(troubled / "store"), str(tmp_path), *times, receiver.url, *delays)
        command = [sys.executable, "-m", "tests.alerts.killed", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    ended = done.stdout.split()
    assert done.returncode == 0, done.stderr
    assert ended[-1] == "0"
    assert "-9" in ended
    expected, _ = rehearse(watched_logs, settings_of(), evening)
    assert set(receiver.keys) == {message.id for message in expected}
    assert len(expected) > 4
    # A message may come twice where the run died between its answer and noting it.
    assert len(receiver.keys) - len(set(receiver.keys)) <= ended.count("-9")
