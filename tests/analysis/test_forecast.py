"""Forecasts of series whose future is known."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.series import START, minute, series
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.forecast import COLUMNS, HARMONICS, LAGS, Model, forecast, missed
from vpcflow_core.errors import ParameterError

PREDICTED = ["predicted", "lower", "upper"]
MODELS = get_args(Model)


def rhythm(hours: int, seed: int = 1, noise: float = 30.0) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Days that are alike, with noise of known size."""
    time = np.arange(hours)
    level = 1_000 + 400 * np.sin(2 * np.pi * time / 24) + 150 * np.cos(4 * np.pi * time / 24)
    return np.round(np.random.default_rng(seed).normal(level, noise)).astype("int64")


def slow_line(values: list[int], rows: int) -> list[float]:
    """The least-squares line, by its textbook sums."""
    n = len(values)
    middle, mean = (n - 1) / 2, sum(values) / n
    slope = sum((x - middle) * (v - mean) for x, v in enumerate(values))
    slope /= sum((x - middle) ** 2 for x in range(n))
    return [max(0.0, mean + slope * (x - middle)) for x in range(rows)]


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=50), st.integers(1, 30))
@settings(max_examples=40)
def test_linear_is_the_least_squares_line(values: list[int], periods: int) -> None:
    frame = forecast(series(values), periods=periods, model="linear")
    expected = slow_line(values, len(values) + periods)
    np.testing.assert_allclose(
        frame["predicted"], expected, rtol=1e-6, atol=1e-6 * max(values, default=1) + 1e-9
    )


@pytest.mark.slow
@given(
    values=st.lists(st.integers(0, 3) | st.integers(0, 2**62), min_size=3, max_size=120),
    periods=st.integers(1, 40),
    model=st.sampled_from(MODELS),
    every=st.sampled_from(["1min", "1h", "7h", "12h", "1D"]),
)
@settings(max_examples=80)
def test_every_series_has_a_finite_forecast_that_is_never_negative(
    values: list[int], periods: int, model: Model, every: str
) -> None:
    history = series(values, every)
    frame = forecast(history, periods=periods, model=model)
    assert list(frame.columns) == COLUMNS
    assert len(frame) == len(values) + periods
    assert frame["value"].tolist() == values + [pd.NA] * periods
    steps = frame["bucket"].diff().dropna().unique()
    assert steps.tolist() == [pd.Timedelta(every)]
    assert np.isfinite(frame[PREDICTED].to_numpy()).all()
    assert (frame[PREDICTED] >= 0).all(axis=None)
    assert (frame["lower"] <= frame["predicted"]).all()
    assert (frame["predicted"] <= frame["upper"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["seasonal", "ar"])
def test_a_known_rhythm_lies_in_its_interval_as_often_as_it_claims(model: Model) -> None:
    inside = []
    for seed in range(20):
        values = rhythm(10 * 24, seed)
        frame = forecast(series(values[: 8 * 24], "1h"), periods=48, model=model).tail(48)
        actual = values[8 * 24 :]
        inside.append((actual >= frame["lower"]) & (actual <= frame["upper"]))
    assert 0.92 < np.mean(inside) < 0.98


def test_seasonal_is_the_regression_on_trend_and_waves() -> None:
    values = rhythm(5 * 24)
    frame = forecast(series(values, "1h"), periods=24, model="seasonal")
    time = np.arange(6 * 24)
    angle = 2 * np.pi * np.outer(time, np.arange(1, HARMONICS + 1)) / 24
    terms = np.column_stack([np.ones_like(time), time, np.sin(angle), np.cos(angle)])
    weights, *_ = np.linalg.lstsq(terms[: len(values)], values, rcond=None)
    np.testing.assert_allclose(frame["predicted"], terms @ weights, rtol=1e-8)


def test_ar_continues_step_by_step_from_its_own_last_values() -> None:
    noise = np.random.default_rng(3).normal(0, 50, 400)
    values = np.full(400, 1_000.0)
    for place in range(1, 400):
        values[place] = 200 + 0.8 * values[place - 1] + noise[place]
    history = series(values.round().astype("int64"), "1min")
    frame = forecast(history, periods=200, model="ar")
    known = history["value"].to_numpy(float)
    time = np.arange(600)
    lags = np.column_stack([known[LAGS - k : -k] for k in range(1, LAGS + 1)])
    design = np.column_stack([np.ones(397), time[LAGS:400], lags])
    weights, *_ = np.linalg.lstsq(design, known[LAGS:], rcond=None)
    slow = list(known)
    for place in range(400, 600):
        slow.append(weights @ [1, place, *(slow[-k] for k in range(1, LAGS + 1))])
    np.testing.assert_allclose(frame["predicted"][400:], slow[400:], rtol=1e-6)
    width = (frame["upper"] - frame["lower"])[400:]
    assert width.iloc[0] < width.iloc[5] < width.iloc[-1] * 1.001


def test_less_than_two_days_have_no_rhythm_and_say_so() -> None:
    for model in ("seasonal", "ar"):
        short = forecast(series(rhythm(47), "1h"), periods=3, model=model)
        assert "Less than two days of data" in notes_of(short)[0]
        assert notes_of(forecast(series(rhythm(48), "1h"), periods=3, model="seasonal")) == ()
    line = forecast(series(rhythm(47), "1h"), periods=3, model="linear")
    short = forecast(series(rhythm(47), "1h"), periods=3, model="seasonal")
    assert short.equals(line)
    assert notes_of(line) == ()


def test_buckets_of_a_day_have_no_rhythm_and_say_so() -> None:
    frame = forecast(series(list(range(50, 60)), "1D"), periods=2)
    assert "no rhythm of the day" in notes_of(frame)[0]
    assert frame["predicted"].tail(2).tolist() == pytest.approx([60, 61])


def test_ar_of_values_without_memory_falls_back_and_says_so() -> None:
    doubling = forecast(series([2**n for n in range(40)]), periods=5, model="ar")
    assert "do not predict the next" in notes_of(doubling)[-1]
    assert notes_of(forecast(series([7] * 40), periods=5, model="ar")) == ()


def test_a_flat_history_stays_flat() -> None:
    for model in MODELS:
        frame = forecast(series([7] * 50), periods=5, model=model)
        assert (frame[PREDICTED] == 7).all(axis=None)


def test_the_incomplete_bucket_is_predicted_and_not_learnt_from() -> None:
    values = [100] * 20 + [3]
    frame = forecast(series(values), periods=2, complete_until=minute(20.5))
    assert (frame["predicted"] == 100).all()
    assert frame["value"].tolist() == [*values, pd.NA, pd.NA]


def test_buckets_before_the_first_record_are_left_out() -> None:
    frame = forecast(
        series([0] * 20 + [50] * 5), periods=1, model="linear", known_from=minute(20.5)
    )
    assert frame["bucket"].iloc[0] == pd.Timestamp(minute(20))
    assert (frame["predicted"] == 50).all()


@pytest.mark.parametrize(
    ("values", "wrong", "words"),
    [
        ([1, 2], {}, "needs 3 whole buckets of data; there are 2"),
        ([], {}, "there are 0"),
        ([1, 2, 3], {"complete_until": START}, "there are 0"),
        ([1, 2, 3], {"periods": 0}, "Give 1 to"),
        ([1, 2, 3], {"periods": 10**9}, "Give 1 to"),
        ([1, 2, 3], {"model": "sesonal"}, "Did you mean 'seasonal'"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    values: list[int], wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        forecast(series(values), **({"periods": 5} | wrong))
    assert words in str(refused.value)


def test_a_series_with_holes_is_not_continued() -> None:
    holed = series([1, 2, 3, 4]).assign(value=[1.0, None, 3.0, None])
    with pytest.raises(ParameterError, match="a value in every bucket; 2 of 4 have none"):
        forecast(holed, periods=1)
    future = forecast(
        series([1] * 4).assign(value=[5.0] * 3 + [None]), periods=1, complete_until=minute(3)
    )
    assert future["predicted"].tolist() == [5.0] * 5


def week(days: int, seed: int = 1) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Five-minute counts: office hours, quiet weekends (days 5 and 6 of each week), a backup."""
    at = np.arange(days * 288)
    hours, day = at % 288 / 12, at // 288
    level = np.where((hours >= 8) & (hours < 18), 300, 60) * np.where(day % 7 >= 5, 0.3, 1)
    return np.random.default_rng(seed).poisson(level + 4_000 * ((hours >= 3) & (hours < 3.5)))


@pytest.mark.parametrize(("days", "ahead"), [(7, 72), (11, 288), (13, 288), (15, 288)])
def test_a_week_with_weekends_and_backups_is_continued(days: int, ahead: int) -> None:
    values = week(17)
    made = forecast(series(values[: days * 288], "5min"), periods=ahead).tail(ahead)
    actual = values[days * 288 :][:ahead]
    assert 0.9 <= ((actual >= made["lower"]) & (actual <= made["upper"])).mean() <= 0.99
    kind = [d for d in range(days) if (d % 7 >= 5) == (days % 7 >= 5)]
    median = np.median([values[d * 288 :][:ahead] for d in kind[-7:]], axis=0)
    error = np.abs(made["predicted"] - actual).mean()
    assert error <= 1.1 * np.abs(median - actual).mean()


def test_spikes_widen_nothing() -> None:
    rng = np.random.default_rng(5)
    values = rng.poisson(300, 7 * 288)
    values[rng.choice(len(values), 10, replace=False)] *= 20
    made = forecast(series(values, "5min"), periods=72).tail(72)
    assert (made["upper"] - made["lower"]).mean() < 0.4 * 300
    assert (made["predicted"] - 300).abs().max() < 40


def test_a_growth_from_day_to_day_is_continued_and_a_weeks_slope_is_not() -> None:
    growing = (rhythm(8 * 24) * 1.2 ** (np.arange(8 * 24) / 24)).astype("int64")
    made = forecast(series(growing[:-24], "1h"), periods=24).tail(24)
    assert np.abs(made["predicted"].to_numpy() / growing[-24:] - 1).mean() < 0.06
    fading = rhythm(8 * 24)
    fading[:24] *= 2  # the first day was a busy one
    made = forecast(series(fading[:-24], "1h"), periods=24).tail(24)
    assert np.abs(made["predicted"].to_numpy() / fading[-24:] - 1).mean() < 0.06


def test_a_day_alone_is_repeated_and_less_goes_on_at_its_level() -> None:
    days = week(2)
    made = forecast(series(days[:288], "5min"), periods=288).tail(288)
    assert ((days[288:] >= made["lower"]) & (days[288:] <= made["upper"])).mean() > 0.88
    flat = np.random.default_rng(2).poisson(50, 200)
    made = forecast(series(flat, "5min"), periods=20)
    assert "Less than a day" in notes_of(made)[0]
    assert made["predicted"].iloc[-1] == pytest.approx(50, abs=4)
    assert made["lower"].iloc[-1] < 40 < 60 < made["upper"].iloc[-1]


def test_buckets_that_are_not_complete_teach_no_model() -> None:
    frame = series(week(9), "5min").assign(complete=True)
    holed = frame.copy()
    holed.loc[1_000:1_400, "value"] = 0
    holed.loc[1_000:1_400, "complete"] = False
    made, whole = (forecast(of, periods=72).tail(72)["predicted"] for of in (holed, frame))
    assert np.abs(made / whole - 1).mean() < 0.1


def test_a_forecast_that_misses_its_own_past_is_known() -> None:
    values = week(8)
    assert missed(series(values, "5min"), "auto") == ""
    assert missed(series([7] * 50), "auto") == ""
    # A steady rate after a first bucket that is there in part; roots and squares of it are rounded.
    for level in (60, 624_960, 10**12 + 7):
        assert missed(series([level // 6, *[level] * 575], "10min"), "auto") == ""
    values[-288:] *= 3
    why = missed(series(values, "5min"), "auto")
    assert "would have held" in why
    assert "of the last 24h" in why
