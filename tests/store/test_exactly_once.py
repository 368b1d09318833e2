"""Whatever the order, the batches, and the step at which it fails: each record once."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.doubles import START, Memory, key, line, log, numbers, records
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.store.writer import Writer

STEPS = ["os.fsync", "os.replace", "inside", "committed"]


class Broken(BaseException):
    """The process ends here."""


def breaking(function: Callable[..., Any], at: int, *, after: bool) -> Callable[..., Any]:
    """The function, which ends the process at its numberth call, before or after its work."""
    calls = iter(range(10**9))

    def call(*values: Any, **named: Any) -> Any:
        number = next(calls)
        if number == at and not after:
            raise Broken
        answer = function(*values, **named)
        if number == at:
            raise Broken
        return answer

    return call


def a_source() -> Memory:
    source = Memory()
    for number in range(12):
        at = START + timedelta(hours=5 * number)
        source.put(key(number), log([line(number * 5 + i, at) for i in range(5)]), at)
    source.put("grown.log", log([line(1000, START)]))
    return source


# Each call of a step, before and after its work in turn; and of each step both, at its first.
DEATHS = [
    (step, at, after)
    for row, step in enumerate(STEPS)
    for column, at in enumerate([0, 1, 2, 3, 5, 8, 13])
    for after in (False, True)
    if column == 0 or after == bool((row + column) % 2)
]


@pytest.mark.parametrize(("step", "at", "after"), DEATHS)
def test_a_sync_that_dies_at_any_step_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, at: int, after: bool
) -> None:
    monkeypatch.setattr("vpcflow_core.store.compact.SMALL_FILES", 3)
    source = a_source()
    with Store.open(tmp_path / "store") as store:
        with monkeypatch.context() as patch:
            break_at(patch, step, at, after)
            with suppress(Broken):
                sync(store, source, limits=Limits(seconds=0), workers=1)
        seen = numbers(store)
        assert set(seen.values()) <= {1}
        source.put("grown.log", log([line(1000, START), line(1001, START)]))
        sync(store, source)
        assert numbers(store) == dict.fromkeys([*range(60), 1000, 1001], 1)
        assert store.sources()[0].records == 62


def break_at(patch: pytest.MonkeyPatch, step: str, at: int, after: bool) -> None:
    if step == "committed":
        patch.setattr(Ledger, "transaction", breaking_after(Ledger.transaction, at))
    elif step == "inside":  # the transaction's other changes are made, and must be undone
        patch.setattr(Writer, "_add_files", breaking(Writer._add_files, at, after=after))
    else:
        name = step.removeprefix("os.")
        patch.setattr(os, name, breaking(getattr(os, name), at, after=after))


def breaking_after(transaction: Callable[..., Any], at: int) -> Callable[..., Any]:
    """The transaction, after whose numberth commit the process ends."""
    calls = iter(range(10**9))

    @contextmanager
    def inside(ledger: Ledger) -> Iterator[Any]:
        with transaction(ledger) as change:
            yield change
        if next(calls) == at:
            raise Broken

    return inside


SOURCES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 6), st.booleans()),
    max_size=12, unique_by=lambda one: one[0],
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=SOURCES, parts=st.integers(1, 4), rows=st.integers(1, 20), workers=st.integers(1, 3))
def test_any_objects_in_any_order_in_any_number_of_syncs_give_each_record_once(
    objects: list[tuple[int, int, bool]], parts: int, rows: int, workers: int
) -> None:
    source, expected = Memory(), Counter()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "s") as store:
        for part in range(parts):
            for number, count, ours in objects[part::parts]:
                lines = [
                    line(number * 10 + i, START + timedelta(hours=7 * i)) for i in range(count)
                ]
                expected.update(number * 10 + i for i in range(count))
                source.put(key(number) if ours else f"{number}.log", log(lines))
            sync(store, source, limits=Limits(rows=rows), workers=workers)
        assert numbers(store) == expected
        days = {(file.day, file.first.date(), file.last.date()) for file in store.files("records")}
        assert all(day == first == last for day, first, last in days)
        assert sum(file.rows for file in store.files("records")) == records(store).total()
