"""The band of the buckets before, its named cases, and the same by plain loops."""

from __future__ import annotations

import math
import statistics
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.series import minute, series
from vpcflow_core.analysis.outliers import CHUNK, FLAT, Watch, outliers, smallest_change
from vpcflow_core.errors import ParameterError

COLUMNS = [
    "bucket", "value", "mean", "deviation", "lower", "upper", "error", "indicator", "violation",
]  # fmt: skip
NUMBERS = COLUMNS[2:7]


def slow(
    values: list[int], window: int, threshold: float, consecutive: int, watch: str, incomplete: int
) -> list[dict[str, Any]]:
    """The definition, bucket by bucket."""
    rows, run = [], 0
    for place, value in enumerate(values):
        before = values[max(0, place - window) : min(place, len(values) - incomplete)]
        mean = statistics.fmean(before) if before else float(value)
        deviation = statistics.stdev(before) if len(before) > 1 else 0.0
        half = threshold * max(deviation, 1.0, FLAT * mean)
        above, below = value > mean + half, value < mean - half
        outside = {"up": above, "down": below, "both": above or below}[watch]
        indicator = outside and len(before) >= 2 and place < len(values) - incomplete
        run = run + 1 if indicator else 0
        rows.append({
            "mean": mean, "deviation": deviation, "lower": mean - half, "upper": mean + half,
            "error": value - mean, "indicator": indicator, "violation": run >= consecutive,
        })  # fmt: skip
    return rows


@pytest.mark.slow
@given(
    values=st.lists(st.integers(0, 5) | st.integers(0, 10_000), min_size=1, max_size=60),
    window=st.integers(2, 70),
    threshold=st.sampled_from([0.5, 1.3, 3.0]),
    consecutive=st.integers(1, 4),
    watch=st.sampled_from(get_args(Watch)),
    incomplete=st.integers(0, 2),
)
def test_the_columns_are_those_of_the_slow_computation(
    values: list[int],
    window: int,
    threshold: float,
    consecutive: int,
    watch: Watch,
    incomplete: int,
) -> None:
    incomplete = min(incomplete, len(values) - 1)
    frame = outliers(
        series(values),
        window=window,
        threshold=threshold,
        consecutive=consecutive,
        watch=watch,
        complete_until=minute(len(values) - incomplete) if len(values) > 1 else None,
    )
    expected = pd.DataFrame(slow(values, window, threshold, consecutive, watch, incomplete))
    assert list(frame.columns) == COLUMNS
    assert np.isfinite(frame[NUMBERS].to_numpy()).all()
    for name in NUMBERS:
        np.testing.assert_allclose(frame[name], expected[name], rtol=1e-9, atol=1e-6)
    # Values that lie on the edge itself may fall to either side by rounding.
    edge = np.isclose(expected[["lower", "upper"]].sub(values, axis=0), 0, atol=1e-6).any(axis=None)
    if not edge:
        assert frame["indicator"].tolist() == expected["indicator"].tolist()
        assert frame["violation"].tolist() == expected["violation"].tolist()


def test_fewer_than_two_earlier_buckets_give_no_verdict() -> None:
    frame = outliers(series([0, 1_000_000, 1, 1]))
    assert not frame["indicator"][:2].any()
    assert np.isfinite(frame[NUMBERS].to_numpy()).all()
    assert outliers(series([5, 5, 1_000])).iloc[2]["violation"]


def test_a_series_of_one_bucket_or_none_is_answered() -> None:
    assert outliers(series([7]))[["mean", "error", "violation"]].to_numpy().tolist() == [
        [7.0, 0.0, False]
    ]
    empty = outliers(series([]))
    assert list(empty.columns) == COLUMNS
    assert empty["violation"].dtype == bool


def test_buckets_that_are_not_complete_are_neither_judged_nor_history() -> None:
    given = series([10] * 20 + [0] * 5 + [10] * 5 + [2, 900])
    whole = [True] * 20 + [False] * 5 + [True] * 5 + [False, True]
    frame = outliers(given.assign(complete=whole))
    assert frame.index[frame["violation"]].tolist() == [31]
    assert frame["mean"].iloc[-1] == 10
    assert frame["complete"].tolist() == whole
    missing = given.assign(value=given["value"].astype("Int64").where(whole), complete=whole)
    assert outliers(missing)["violation"].tolist() == frame["violation"].tolist()


def test_the_bucket_itself_is_not_part_of_its_band() -> None:
    frame = outliers(series([10, 12, 10, 12, 500]), window=4)
    assert frame["mean"].iloc[-1] == 11
    assert frame["deviation"].iloc[-1] == pytest.approx(statistics.stdev([10, 12, 10, 12]))


def test_a_change_of_one_packet_on_an_idle_network_is_no_alarm() -> None:
    for window in (2, 10, 100):
        quiet = [0] * 120 + [1] + [0] * 60 + [1, 1] + [0] * 60
        assert not outliers(series(quiet), window=window)["indicator"].any()


def test_one_packet_of_1500_bytes_on_an_idle_network_is_no_alarm() -> None:
    quiet = series([0] * 20 + [1500] + [0] * 20)
    assert not outliers(quiet, unit=smallest_change("bytes"))["indicator"].any()
    assert outliers(quiet)["indicator"].any()
    assert smallest_change("packets") == smallest_change("flows") == 1


def test_a_real_jump_from_a_flat_history_is_an_alarm() -> None:
    for level in (0, 7, 1_000, 10**9):
        frame = outliers(series([level] * 20 + [2 * level + 100]))
        assert frame["deviation"].iloc[-1] == 0
        assert frame["violation"].tolist() == [False] * 20 + [True]


def test_a_steady_count_may_stray_by_three_percent() -> None:
    frame = outliers(series([100_000] * 20 + [102_900, 100_000, 100_000]))
    assert not frame["indicator"].any()
    assert outliers(series([100_000] * 20 + [103_100]))["indicator"].iloc[-1]


def test_silence_is_a_value_like_any_other() -> None:
    frame = outliers(series([100, 104, 96] * 5 + [0, 0]))
    assert frame["violation"].tolist()[-2:] == [True, False]
    assert frame["error"].iloc[-2] == pytest.approx(-frame["mean"].iloc[-2])


def test_the_last_incomplete_bucket_has_no_verdict() -> None:
    values = [100] * 20 + [3]
    assert outliers(series(values))["violation"].iloc[-1]
    judged = outliers(series(values), complete_until=minute(20.5))
    assert not judged["indicator"].any()
    assert judged["lower"].iloc[-1] > 3  # the band is drawn all the same
    assert outliers(series(values), complete_until=minute(21))["violation"].iloc[-1]


def test_buckets_before_the_first_record_are_no_history() -> None:
    values = [0] * 30 + [500, 510, 490, 505]
    assert outliers(series(values))["violation"].any()
    judged = outliers(series(values), known_from=minute(30.2))
    assert not judged["indicator"].any()
    assert judged["mean"].iloc[-1] == 500


def test_the_side_that_is_not_watched_is_no_indication() -> None:
    values = [100, 101, 99] * 5 + [500] + [100, 101, 99] * 5 + [0]
    found = {watch: outliers(series(values), watch=watch)["indicator"] for watch in get_args(Watch)}
    assert found["up"].tolist().index(True) == 15
    assert found["down"].tolist().index(True) == 31
    assert (found["both"] == found["up"] | found["down"]).all()


def test_the_kth_indication_in_a_row_is_a_violation() -> None:
    values = [10] * 20 + [1_000, 100_000, 10_000_000] + [10]
    marks = [
        outliers(series(values), consecutive=k)["violation"].tolist()[20:] for k in (1, 2, 3, 4)
    ]
    assert marks == [
        [True, True, True, False],
        [False, True, True, False],
        [False, False, True, False],
        [False, False, False, False],
    ]


def test_one_huge_value_leaves_no_trace_in_later_deviations() -> None:
    frame = outliers(series([2**62] * 3 + [5] * 30))
    assert (frame["deviation"][13:] == 0).all()
    assert (frame["mean"][13:] == 5).all()


def test_long_series_are_computed_in_parts_that_fit_together() -> None:
    values = np.random.default_rng(1).poisson(50, 3_000)
    window = CHUNK // 1_000
    frame = outliers(series(list(values)), window=window)
    for place in (999, 1_000, 1_001, 2_999):
        before = values[max(0, place - window) : place]
        assert frame["mean"][place] == pytest.approx(before.mean())
        assert frame["deviation"][place] == pytest.approx(before.std(ddof=1))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"window": 1}, "2 or more"),
        ({"threshold": 0}, "more than 0"),
        ({"threshold": -1.0}, "more than 0"),
        ({"threshold": math.nan}, "more than 0"),
        ({"threshold": math.inf}, "more than 0"),
        ({"consecutive": 0}, "1 or more"),
        ({"watch": "dwn"}, "Did you mean 'down'"),
        ({"unit": 0.0}, "more than 0"),
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        outliers(series([1, 2, 3]), **wrong)


def test_buckets_without_a_value_are_neither_judged_nor_history() -> None:
    values = [7.0, 9.0] * 6
    whole = outliers(series([7, 9] * 6 + [900]), window=12)
    holed = series([0] * 15).assign(value=[values[0], math.nan, *values[1:], math.nan, 900.0])
    frame = outliers(holed, window=14)
    assert frame.loc[[1, 13], "indicator"].tolist() == [False, False]
    assert frame.loc[frame["violation"], "value"].tolist() == [900.0]
    for column in ("mean", "deviation", "lower", "upper"):
        assert frame[column].iloc[-1] == pytest.approx(whole[column].iloc[-1])
    assert np.isfinite(frame[["mean", "deviation", "lower", "upper"]]).all(axis=None)
