"""Records with wrong times in stores of versions that did not keep them apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.store.doubles import Memory, line, log
from vpcflow_core.store import placing
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("slot", [None, "a"])
def test_a_sync_moves_what_an_earlier_version_kept_among_the_flows(
    store: Store, monkeypatch: pytest.MonkeyPatch, slot: str | None
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    day = now - timedelta(days=1)
    wrong = [
        datetime(1975, 1, 1, tzinfo=UTC),
        now + timedelta(hours=3),
        datetime(2099, 1, 1, tzinfo=UTC),
    ]
    logs = Memory()
    lines = [line(n, day + n * MINUTE) for n in range(9)] + [line(90, now - MINUTE)]
    logs.put("a", log([*lines, *(line(91 + n, at) for n, at in enumerate(wrong))]), slot and day)
    with monkeypatch.context() as before:
        before.setattr(placing, "possible_times", lambda arrived: (0, 2**62))
        sync(store, logs)
    extent = store.extent()
    assert extent is not None
    assert extent.start == wrong[0]
    sync(store, logs)
    right = Window(day, now - MINUTE + timedelta(milliseconds=1))
    assert (store.extent(), store.coverage().extent) == (right, right)
    [state] = store.sources()
    assert (state.records, state.stray) == (13, 3)
    assert sum(file.rows for file in store.files("flows")) == 10
    assert sum(file.rows for file in store.files("records")) == 13
    paths = [file.path for file in store.files("records")]
    sync(store, logs)
    assert [file.path for file in store.files("records")] == paths
    logs.put("a", log(lines[:4]), slot and day)  # replaced: its strays go as well
    sync(store, logs)
    assert sum(file.rows for file in store.files("records")) == 4
