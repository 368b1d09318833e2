"""A series beside its past, and the same by plain loops."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.series import START, minute, series
from vpcflow_core.analysis.compare import compare, shifts_of
from vpcflow_core.coverage import Coverage
from vpcflow_core.errors import ParameterError, TimeError
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)
TODAY = Window(START, START + 6 * HOUR)


def hours(values: list[int], days_before: int = 0) -> pd.DataFrame:
    return series(values, "1h", START - timedelta(days=days_before))


@pytest.mark.slow
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2**62), st.integers(0, 3), st.integers(0, 2**62)), min_size=1
    ),
    known=st.integers(0, 9),
)
def test_the_columns_are_those_of_the_slow_computation(
    rows: list[tuple[int, int, int]], known: int
) -> None:
    now, day, week = (list(column) for column in zip(*rows, strict=True))
    begin = START - timedelta(days=7) + known * HOUR
    frame = compare(hours(now), {"1d": hours(day, 1), "7d": hours(week, 7)}, known_from=begin)
    assert list(frame.columns) == [
        "bucket", "value", "value_1d", "value_7d", "change_1d", "change_7d",
    ]  # fmt: skip
    unknown = known if len(rows) > 1 else 0
    for name, bases, hidden in (("1d", day, 0), ("7d", week, unknown)):
        expected = [pd.NA if place < hidden else base for place, base in enumerate(bases)]
        assert frame[f"value_{name}"].tolist() == expected
        for value, base, change in zip(now, expected, frame[f"change_{name}"], strict=True):
            if base is pd.NA or base == 0:
                assert change is pd.NA
            else:
                assert change == pytest.approx(100 * (value - base) / base, rel=1e-6, abs=1e-6)


def test_a_base_of_zero_has_no_change() -> None:
    frame = compare(hours([5, 5]), {"1d": hours([0, 4], 1)})
    assert frame["change_1d"].tolist() == [pd.NA, 25.0]


def test_buckets_before_the_data_are_null_and_quiet_ones_are_zero() -> None:
    frame = compare(
        hours([1, 2, 3, 4]), {"1d": hours([0, 0, 0, 9], 1)}, known_from=minute(90 - 24 * 60)
    )
    assert frame["value_1d"].tolist() == [pd.NA, 0, 0, 9]


def test_groups_are_compared_with_themselves_and_missing_ones_were_zero() -> None:
    now = hours([1, 2]).assign(action="ACCEPT")
    now = pd.concat([now, hours([3, 4]).assign(action="REJECT")], ignore_index=True)
    then = hours([10, 2**53 + 1], 1).assign(action="REJECT").tail(1)
    frame = compare(now, {"1d": then})
    assert frame["value_1d"].tolist() == [0, 0, 0, 2**53 + 1]
    assert frame["action"].tolist() == ["ACCEPT"] * 2 + ["REJECT"] * 2


def test_a_shift_that_the_data_does_not_reach_is_absent_and_said_so() -> None:
    extent = Window(START - timedelta(days=1) + 2 * HOUR, TODAY.end)
    found = shifts_of(["1d", "7d", "1d"], TODAY, HOUR, Coverage(extent))
    assert found.windows == {"1d": TODAY.moved(-timedelta(days=1))}
    assert found.notes == (
        "The comparison with 1d before is partial: the data begins 2026-10-31T02:00Z.",
        "The comparison with 7d before is left out: the data begins 2026-10-31T02:00Z.",
    )
    assert shifts_of(["1d"], TODAY, HOUR, Coverage()).windows == {}


def test_shifts_that_are_no_timeslices_are_refused() -> None:
    with pytest.raises(ParameterError, match="whole number of timeslices"):
        shifts_of(["90m"], TODAY, HOUR, Coverage(TODAY))
    with pytest.raises(TimeError):
        shifts_of(["yesterday"], TODAY, HOUR, Coverage(TODAY))


def test_of_a_value_that_is_no_count_a_missing_bucket_is_missing() -> None:
    now = hours([4, 6]).assign(value=[4.5, 6.0])
    then = hours([3, 0], 1).head(1).assign(value=[3.0])
    frame = compare(now, {"1d": then}, counts=())
    assert frame["value_1d"].tolist() == [3.0, pd.NA]
    assert frame["change_1d"].tolist() == [50.0, pd.NA]
    assert compare(now, {"1d": then})["value_1d"].tolist() == [3.0, 0.0]
