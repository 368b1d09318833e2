"""Numbers that may be repeated, and the highest of many rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vpcflow_core.query.connections import repeated as module
from vpcflow_core.query.connections.briefs import Highest, order_of
from vpcflow_core.query.connections.repeated import DAY, LONG, repeated
from vpcflow_core.query.connections.words import IDLE_TCP


def read(rows: dict[str, np.ndarray], size: int) -> pa.RecordBatchReader:
    table = pa.table(rows)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=size))


def records(numbers: np.ndarray, begins: Any = 0, lasts: Any = 0, traits: Any = 1) -> Any:
    """Records of TCP unless other traits are given."""
    size = len(numbers)
    given = {"begins": (begins, np.int32), "lasts": (lasts, np.int32), "traits": (traits, np.int16)}
    more = {n: np.broadcast_to(v, size).astype(kind) for n, (v, kind) in given.items()}
    return {"number": numbers, **more}


@pytest.mark.parametrize("room", [5, 2**24])
@pytest.mark.parametrize("piece", [3, 2**20])
def test_what_comes_twice_is_known_and_little_else(
    monkeypatch: pytest.MonkeyPatch, room: int, piece: int
) -> None:
    monkeypatch.setattr(module, "ROOM", room)
    monkeypatch.setattr(module, "PIECE", piece)
    rng = np.random.default_rng(3)
    some = rng.integers(0, 2**62, 3000)
    numbers = np.concatenate([some, some[:400], some[:50]])
    rng.shuffle(numbers)
    rows = records(numbers)
    found = repeated(read(rows, 70), by_day=False).among(rows)
    times = Counter(numbers.tolist())
    is_twice = np.array([times[number] > 1 for number in numbers.tolist()])
    assert found[is_twice].all()
    assert found[~is_twice].mean() < 0.01


@pytest.mark.parametrize("by_day", [False, True])
def test_nothing_is_repeated_where_nothing_is(by_day: bool) -> None:
    nothing = records(np.empty(0, np.int64))
    table = repeated(read(nothing, 9), by_day=by_day)
    assert not table.among(records(np.array([5, 2**61]))).any()


@pytest.mark.parametrize("is_long", [False, True])
def test_records_of_one_connection_are_known_over_days(is_long: bool) -> None:
    rng = np.random.default_rng(4)
    numbers = rng.integers(0, 2**62, 400)[rng.integers(0, 400, 1200)]
    begins, lasts = rng.integers(0, 8 * DAY, 1200), rng.integers(0, LONG + 1, 1200)
    if is_long:
        lasts[::40] = 2 * DAY
    traits = (numbers % 2).astype(np.int16)
    rows = records(numbers, begins, lasts, traits)
    found = repeated(read(rows, 90), by_day=True).among(rows)
    needed = np.zeros(1200, dtype=bool)
    for one in range(1200):
        others = np.flatnonzero(numbers == numbers[one])
        for other in others[others != one]:
            first, then = (one, other) if begins[one] <= begins[other] else (other, one)
            silence = begins[then] - begins[first] - lasts[first]
            needed[one] |= not traits[one] or silence <= IDLE_TCP
    assert needed.sum() > 400
    assert found[needed].all()
    assert found[~needed].mean() < (0.9 if is_long else 0.4)


@pytest.mark.parametrize("most", [1, 40, 5000])
def test_the_highest_are_those_of_all(most: int) -> None:
    rng = np.random.default_rng(5)
    rows = {
        "value": rng.integers(0, 60, 3000).astype(np.int32),
        "since": rng.permutation(3000),
        "number": np.arange(3000),
    }
    highest = Highest(most)
    for begin in range(0, 3000, 90):
        highest.add({name: column[begin : begin + 90] for name, column in rows.items()})
    in_order = np.argsort(order_of(rows))[:most]
    assert highest.rows()["number"].tolist() == in_order.tolist()
