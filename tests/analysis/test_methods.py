"""Robust and seasonal bands: what they find, what they leave alone, what they learn from."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.analysis.series import minute, series
from vpcflow_core.analysis.bands.base import median
from vpcflow_core.analysis.bands.silence import unusual_silence
from vpcflow_core.analysis.bands.tails import reach
from vpcflow_core.analysis.outliers import METHODS, Method, distance, history_of, outliers
from vpcflow_core.errors import ParameterError

DAY = 1440
LEARNING: tuple[Method, ...] = ("robust", "seasonal")
RNG = np.random.default_rng


def poisson(days: float, level: float = 200.0, seed: int = 1) -> np.ndarray:
    return RNG(seed).poisson(level, int(days * DAY))


def rhythm(days: int, seed: int = 1) -> np.ndarray:
    """Twice the level from 08:00 to 18:00, and a backup at 03:00 that is late by minutes."""
    hours = (np.arange(days * DAY) % DAY) / 60
    rng = RNG(seed)
    late = np.repeat(rng.integers(-4, 5, days), DAY) / 60
    level = np.where((hours >= 8) & (hours < 18), 400, 200)
    return rng.poisson(level + 5_000 * ((hours >= 3 + late) & (hours < 3.5 + late)))


def marked(values: np.ndarray, method: Method, **other: object) -> np.ndarray:
    frame = outliers(series(list(values)), method=method, **other)  # type: ignore[arg-type]
    numbers = frame[["mean", "deviation", "lower", "upper", "error"]]
    assert np.isfinite(numbers.to_numpy()).all()
    assert (frame["lower"] < frame["upper"]).all()
    return frame["violation"].to_numpy()


def episodes(found: np.ndarray) -> int:
    return int((np.diff(np.concatenate([[0], found.astype(int)])) == 1).sum())


@pytest.mark.parametrize("method", LEARNING)
@pytest.mark.parametrize("level", [3, 40, 3_000])
def test_random_traffic_has_hardly_a_false_episode_a_day(method: Method, level: int) -> None:
    assert episodes(marked(poisson(4, level, seed=level), method)) <= 4


@pytest.mark.parametrize("method", LEARNING)
def test_an_hours_surge_is_marked_to_its_end_and_the_hours_after_are_not(method: Method) -> None:
    values = poisson(2)
    values[2_000:2_060] *= 3
    found = marked(values, method)
    assert found[2_000:2_060].mean() > 0.95
    assert found[2_060:2_400].sum() <= 1
    assert marked(values, method, consecutive=30)[2_029:2_060].all()
    assert not marked(values, method, watch="down")[2_000:2_060].any()


@pytest.mark.parametrize("method", LEARNING)
def test_a_level_that_lasts_is_accepted_after_hours(method: Method) -> None:
    values = poisson(3)
    values[2_000:] *= 4
    found = marked(values, method)
    assert found[2_000:2_150].all()
    assert not found[2_400:].mean() > 0.01


@pytest.mark.parametrize("method", LEARNING)
def test_silence_is_found_even_where_single_zeros_are_usual(method: Method) -> None:
    values = poisson(3, 1.5)
    values[3_500:3_560] = 0
    found = outliers(series(list(values)), method=method)
    assert found["violation"][3_530:3_560].all()
    assert (found["lower"] > found["value"])[3_530:3_560].all()
    assert not outliers(series(list(values)), method=method, watch="up")["violation"][
        3_500:3_560
    ].any()


def test_seasonal_expects_what_comes_at_that_time_and_robust_does_not() -> None:
    values = rhythm(5)
    late = {method: episodes(marked(values, method)[2 * DAY :]) for method in LEARNING}
    assert late["seasonal"] <= 1
    assert late["robust"] >= 6  # each morning, each evening or backup


@pytest.mark.slow
def test_a_quiet_weekend_is_usual_in_the_second_week() -> None:
    values = rhythm(21)
    weekend = (np.arange(len(values)) // DAY) % 7 >= 5
    values[weekend] //= 4
    assert episodes(marked(values, "seasonal")[14 * DAY :]) <= 2


def test_what_was_unusual_once_is_no_habit_and_twice_is_one() -> None:
    values = poisson(12)
    for day in (8, 9, 10, 11):
        values[day * DAY + 600 : day * DAY + 640] *= 4
    found = marked(values, "seasonal")
    assert [found[d * DAY + 600 : d * DAY + 640].mean() > 0.9 for d in (8, 9, 10, 11)] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.slow
def test_a_busy_saturday_is_unusual_with_two_weeks_and_not_with_one() -> None:
    values = rhythm(20)
    weekend = (np.arange(len(values)) // DAY) % 7 >= 5
    weekend[19 * DAY :] = False
    values[weekend] //= 4
    morning = slice(-DAY + 8 * 60 + 15, -DAY + 9 * 60)
    assert marked(values, "seasonal")[morning].mean() > 0.9
    assert marked(values[7 * DAY :], "seasonal")[morning].mean() < 0.1


def test_incomplete_buckets_are_neither_judged_nor_learnt_from() -> None:
    values = poisson(1.5)
    frame = series(list(values)).assign(complete=True)
    frame.loc[1_000:1_200, "value"] = 0
    frame.loc[1_000:1_200, "complete"] = False
    for method in METHODS:
        judged = outliers(frame, method=method)
        assert not judged["indicator"][1_000:1_201].any()
        assert judged["complete"].tolist() == frame["complete"].tolist()
        if method != "trailing":
            assert judged["mean"][1_205] > 150
    holed = frame.assign(value=frame["value"].astype("Float64").mask(~frame["complete"]))
    assert outliers(holed, method="seasonal")["violation"].sum() <= 1


@pytest.mark.slow
def test_a_verdict_does_not_depend_on_where_the_range_begins() -> None:
    values = rhythm(20)
    values[19 * DAY + 700 : 19 * DAY + 720] *= 3
    whole = marked(values, "seasonal")[19 * DAY :]
    cut = outliers(series(list(values[2 * DAY :]), start=minute(2 * DAY)), method="seasonal")[
        "violation"
    ].to_numpy()[17 * DAY :]
    assert (whole == cut).mean() > 0.999


@pytest.mark.parametrize("method", LEARNING)
@pytest.mark.parametrize("every", ["7min", "5min", "1h", "1D"])
def test_any_timeslice_is_judged(method: Method, every: str) -> None:
    values = RNG(3).poisson(100, 300)
    values[250] = 1_000
    found = outliers(series(list(values), every), method=method)["violation"]
    assert found[250]
    assert found.sum() <= 4


@pytest.mark.parametrize("method", LEARNING)
def test_short_and_empty_series_are_answered(method: Method) -> None:
    for values in ([], [5], [5, 9], [0] * 30):
        assert not outliers(series(values), method=method)["violation"].any()
    assert outliers(series([10] * 40 + [1_000]), method=method)["violation"].tolist()[-1]


@pytest.mark.parametrize("method", LEARNING)
def test_data_that_begins_by_and_by_is_no_episode(method: Method) -> None:
    values = [10 * min(at // 2, 5) for at in range(12)] + [50] * 400
    assert not outliers(series(values), method=method)["violation"].any()


def test_distance_is_the_threshold_at_the_edge_on_either_side() -> None:
    frame = pd.DataFrame({"mean": [10.0, 10.0], "lower": [8.0, 8.0], "upper": [16.0, 16.0]})
    at = frame.assign(error=[6.0, -2.0])
    assert distance(at, 3.0).tolist() == [3.0, 3.0]


def test_reach_of_a_normal_tail_is_near_its_quantile() -> None:
    assert 3.4 < reach(RNG(1).normal(0, 1, 20_000)) < 4.6
    assert reach(np.zeros(100)) == 0
    assert reach(-np.ones(100)) == 0


def test_silence_after_one_burst_is_how_things_were_before() -> None:
    values = np.zeros(300)
    values[200:205] = 500
    assert not unusual_silence(values, np.ones(300, dtype=bool), 24).any()
    values[:195] = 500  # and that before it is an exception where there always was traffic
    assert unusual_silence(values, np.ones(300, dtype=bool), 24)[215:].all()


def test_a_silence_is_usual_once_it_came_twice() -> None:
    values = np.ones(100)
    for start in (10, 30, 50):
        values[start : start + 10] = 0
    found = unusual_silence(values, np.ones(100, dtype=bool), 0)
    assert found.tolist() == [at in (*range(15, 20), *range(35, 40)) for at in range(100)]


def test_each_method_says_what_history_it_needs() -> None:
    minutes = timedelta(minutes=1)
    assert history_of("trailing", 10, minutes) == timedelta(minutes=10)
    assert history_of("trailing", 20, minutes) == timedelta(minutes=20)
    assert timedelta(days=2) < history_of("robust", 10, minutes) < timedelta(days=3)
    assert history_of("seasonal", 10, minutes) > timedelta(days=15)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'robust'"):
        outliers(series([1, 2, 3]), method="robsut")  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 120])
def test_the_quick_median_is_that_of_numpy(count: int) -> None:
    values = RNG(count).normal(size=count) * 1e9
    before = values.copy()
    assert median(values) == np.median(values)
    assert (values == before).all()
    assert np.isnan(median(values[:0]))
