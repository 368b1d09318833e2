"""Arrow answers become exact pandas frames."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from vpcflow_core.engines.frames import frame_of

BIG = 2**62 + 1


def test_wide_integers_stay_exact() -> None:
    table = pa.table({"a": pa.array([Decimal(BIG), Decimal(1)], pa.decimal128(38, 0))})
    assert frame_of(table)["a"].tolist() == [BIG, 1]
    assert str(frame_of(table)["a"].dtype) == "int64"
    wider = pa.table({"a": pa.array([Decimal(2**70), None], pa.decimal128(38, 0))})
    assert frame_of(wider)["a"].tolist() == [2**70, None]


def test_integers_with_nulls_stay_exact() -> None:
    frame = frame_of(pa.table({"a": pa.array([BIG, None], pa.int64())}))
    assert str(frame["a"].dtype) == "Int64"
    assert frame["a"][0] == BIG


def test_fractions_are_floats() -> None:
    frame = frame_of(pa.table({"a": pa.array([Decimal("1.5")], pa.decimal128(5, 2))}))
    assert frame["a"].tolist() == [1.5]


def test_times_are_utc_with_and_without_zone() -> None:
    moment = datetime(2026, 11, 1, 12, tzinfo=UTC)
    plain = pa.array([moment.replace(tzinfo=None), None], pa.timestamp("ms"))
    zoned = pa.array([moment, None], pa.timestamp("us", "Europe/Berlin"))
    frame = frame_of(pa.table({"a": plain, "b": zoned}))
    assert {str(kind) for kind in frame.dtypes} == {"datetime64[us, UTC]"}
    assert frame["a"][0] == frame["b"][0] == moment


def test_lists_are_lists_and_repeated_names_are_numbered() -> None:
    table = pa.Table.from_arrays([pa.array([["x"], None])] * 3, names=["a", "a", "a_2"])
    frame = frame_of(table)
    assert list(frame.columns) == ["a", "a_2", "a_2_2"]
    assert frame["a"].tolist() == [["x"], None]


def test_an_empty_table_keeps_its_columns() -> None:
    frame = frame_of(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}))
    assert list(frame.columns) == ["a", "b"]
    assert str(frame["a"].dtype) == "int64"
