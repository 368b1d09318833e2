"""Where a series is heading, with an interval."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import (
    COMPLETE,
    complete_of,
    covered,
    noted,
    nullable,
    step_of,
)
from vpcflow_core.analysis.models.base import INTERVAL, Curve, Floats
from vpcflow_core.analysis.models.days import by_days
from vpcflow_core.analysis.models.level import by_level
from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.times import format_duration

Model = Literal["auto", "linear", "seasonal", "ar"]
MODELS: tuple[Model, ...] = get_args(Model)

COLUMNS = ["bucket", "value", "predicted", "lower", "upper", COMPLETE]
DAY = pd.Timedelta(days=1)
# A line has two parameters; its interval needs a third value.
LEAST_HISTORY = 3
# With fewer days, differences between hours cannot be separated from differences between days.
LEAST_DAYS = 2
# Waves a day: six separate what lies two hours or more apart, as office hours do.
HARMONICS = 6
LAGS = 3
MOST_PERIODS = 100_000
EPOCH = pd.Timestamp(0, tz=UTC)
# A line has to save this part of the level's error, on the last quarter of the data, to be drawn.
EARNED, HELD_OUT = 0.25, 4
# A forecast whose interval would have held less of the last day is not to be believed.
HELD, LEAST_HELD = 0.8, 4
# Square roots and their squares lose less than this part of a value.
ROUNDING = 1e-9


def forecast(
    series: pd.DataFrame,
    *,
    periods: int,
    model: Model = "auto",
    known_from: datetime | None = None,
    complete_until: datetime | None = None,
) -> pd.DataFrame:
    """Continue a series of counts into the future.

    `auto` takes the same time of the days that are like the day to come (`models.days`), and with
    less than a day of data the level of the last values (`models.level`), or a line where that
    would have been nearer. `linear` is the least-squares line over the series; `seasonal` adds the
    rhythm of the day (six Fourier terms); `ar` adds the last three values to that. Without two days
    of data, or with buckets too long to separate hours, these two leave the rhythm out and say so.

    Args:
        series: One row a bucket, zero-filled, columns `bucket` (UTC), `value`, and maybe
            `complete`: buckets that are not are predicted, not learnt from.
        periods: How many buckets to add.
        model: `auto`, `linear`, `seasonal` or `ar`.
        known_from: First record of all; earlier buckets are left out.
        complete_until: End of the data; buckets that end later are predicted, not learnt from.

    Returns:
        `bucket`, `value` (null in the future), `predicted` (in the past: as fitted), `lower` and
        `upper` (bounds of the 95 % prediction interval); counts are never below 0, so neither are
        these; `complete`, which no bucket to come is. Notes (`buckets.notes_of`) say where another
        model had to do.

    Raises:
        ParameterError: periods < 1 or too many, an unknown model, or fewer than three buckets,
            or one without a value.
    """
    _check(periods, model)
    usable = covered(series, known_from, complete_until)
    begin = int(usable.argmax()) if len(usable) else 0
    observed, usable = series[begin:], usable[begin:]
    learnt, step = observed[usable], step_of(observed)
    if len(learnt) < LEAST_HISTORY or step is None:
        raise ParameterError(
            f"A forecast needs {LEAST_HISTORY} whole buckets of data; there are {len(learnt)}.",
            "Ask for a longer range (--last 7d) or a finer timeslice (--every 5m).",
        )
    if missing := int(learnt["value"].isna().sum()):
        raise ParameterError(
            f"A forecast needs a value in every bucket; {missing:,} of {len(learnt):,} have none.",
            "Ask for a coarser timeslice (--every 1h), or for a measure that is 0 where nothing "
            "was: flows, bytes, packets.",
        )
    rows = _extended(observed, step, periods)
    values = observed["value"].where(usable).to_numpy("float64", na_value=math.nan)
    last = len(usable) - int(usable[::-1].argmax())
    first = (observed["bucket"].iloc[0] - EPOCH) // step
    curve, notes = _curve(values[:last], len(rows), model, step, first)
    for name in ("predicted", "lower", "upper"):
        rows[name] = np.maximum(getattr(curve, name), 0.0)
    rows[COMPLETE] = np.append(complete_of(observed), np.zeros(periods, dtype=bool))
    return noted(rows, *notes)


def prepare() -> None:
    """Import statsmodels, which takes a second or more; else the first forecast does."""
    import statsmodels.regression.linear_model
    import statsmodels.tsa.ar_model
    import statsmodels.tsa.deterministic  # noqa: F401


def _check(periods: int, model: str) -> None:
    if not 1 <= periods <= MOST_PERIODS:
        raise ParameterError(
            f"{periods} periods cannot be forecast.", f"Give 1 to {MOST_PERIODS:,}."
        )
    if model not in get_args(Model):
        hint = closest(model, get_args(Model))
        raise ParameterError(
            f"'{model}' is no model of a forecast.", f"{hint}  auto, linear, seasonal or ar".strip()
        )


def _extended(observed: pd.DataFrame, step: pd.Timedelta, periods: int) -> pd.DataFrame:
    """The history and the buckets to come; nullable, so that whole numbers stay exact."""
    buckets, kind = observed["bucket"], nullable(observed["value"])
    future = pd.DataFrame(
        {
            "bucket": buckets.iloc[-1] + step * np.arange(1, periods + 1),
            "value": pd.Series([pd.NA] * periods, dtype=kind),
        }
    )
    past = observed[["bucket", "value"]].astype({"value": kind})
    return pd.concat([past, future.astype({"bucket": buckets.dtype})], ignore_index=True)


def missed(series: pd.DataFrame, model: Model) -> str:
    """Why a forecast of a series is not to be believed, in words; "" if it is.

    The last day, or the last quarter of less than four days, is predicted from what was before it;
    the interval has to hold 80 % of it.

    Args:
        series: As `forecast` takes it.
        model: As `forecast` takes it.
    """
    step, usable = step_of(series), covered(series, None, None)
    known = series[usable]
    if step is None or len(known) < LEAST_HISTORY * LEAST_HELD:
        return ""
    part = min(int(DAY / step), len(series) // LEAST_HELD) or 1
    before = series[:-part]
    try:
        made = forecast(before, periods=part, model=model)
    except ParameterError:
        return ""
    aside = known.merge(made[["bucket", "lower", "upper"]].tail(part), on="bucket")
    held = _held(aside) if len(aside) else 1.0
    if held >= HELD:
        return ""
    return (
        f"made of what was before, its interval would have held {100 * held:.0f} % of the last "
        f"{format_duration((part * step).to_pytimedelta())}, where 95 % are meant to be."
    )


def _held(aside: pd.DataFrame) -> float:
    """The share of values within their interval; of a steady series that has no width."""
    value = aside["value"].astype("float64")
    rounding = ROUNDING * value.abs()
    inside = (value >= aside["lower"] - rounding) & (value <= aside["upper"] + rounding)
    return float(inside.mean())


def _curve(
    values: Floats, rows: int, model: Model, step: pd.Timedelta, first: int
) -> tuple[Curve, list[str]]:
    """The model's word on `rows` buckets, of which the first are known, but for those of NaN."""
    known = values[~np.isnan(values)]
    if np.ptp(known) == 0:
        same = np.full(rows, known[0])
        return Curve(same, same, same), []
    if model == "auto":
        return _auto(values, rows, step, first)
    period = DAY / step
    harmonics, notes = _harmonics(len(values), model, period)
    scale = np.abs(known).max()  # bytes of a month, squared, would drown the rest
    scaled = values / scale
    curve = _regression(scaled, rows, period, harmonics)
    if model == "ar":
        whole = np.where(np.isnan(scaled), curve.predicted[: len(scaled)], scaled)
        own = _autoregression(whole, rows, period, harmonics, curve)
        curve = own or curve
        notes += [] if own else ["The last values do not predict the next ones: left out."]
    return _scaled(curve, scale), notes


def _scaled(curve: Curve, scale: float) -> Curve:
    return Curve(curve.predicted * scale, curve.lower * scale, curve.upper * scale)


def _auto(values: Floats, rows: int, step: pd.Timedelta, first: int) -> tuple[Curve, list[str]]:
    """By days where there is one; else by the level, or by a line that has earned it."""
    per_day = DAY // step if DAY % step == pd.Timedelta(0) else 0
    if per_day > 1 and len(values) >= per_day:
        return by_days(values, first, per_day, rows), []
    short = "Less than a day of data: the forecast is without the rhythm of the day."
    notes = [short] if per_day > 1 else _harmonics(len(values), "seasonal", DAY / step)[1]
    known = np.flatnonzero(~np.isnan(values))
    past = known[: -max(1, len(known) // HELD_OUT)]
    if len(past) >= LEAST_HISTORY:
        before, scale = values[: past[-1] + 1], np.abs(values[known]).max()
        line = _scaled(_regression(before / scale, len(values), 1.0, 0), scale)
        errors = [
            np.nanmean(np.abs(curve.predicted - values)[len(before) :])
            for curve in (line, by_level(before, len(values)))
        ]
        if errors[0] < (1 - EARNED) * errors[1]:
            return _scaled(_regression(values / scale, rows, 1.0, 0), scale), notes
    return by_level(values, rows), notes


def _harmonics(known: int, model: Model, period: float) -> tuple[int, list[str]]:
    """How many waves a day there may be, and why there are none."""
    if model == "linear":
        return 0, []
    if period < 2:
        return 0, ["Buckets this long have no rhythm of the day: the forecast is the trend alone."]
    if known < LEAST_DAYS * period:
        return 0, ["Less than two days of data: the forecast is without the rhythm of the day."]
    return min(HARMONICS, int(period // 2)), []


def _terms(rows: int, period: float, harmonics: int) -> Any:
    """Constant, trend and Fourier terms of the day."""
    from statsmodels.tsa.deterministic import DeterministicProcess, Fourier

    waves = [Fourier(period, harmonics)] if harmonics else []
    index = pd.RangeIndex(rows)
    # The sine of half a wave a bucket is zero everywhere; to look for such columns takes 0.1 s.
    drop = 2 * harmonics >= period
    return DeterministicProcess(index, constant=True, order=1, additional_terms=waves, drop=drop)


def _regression(values: Floats, rows: int, period: float, harmonics: int) -> Curve:
    """Least squares; the interval knows that the parameters are estimates too."""
    from statsmodels.regression.linear_model import OLS

    terms = _terms(rows, period, harmonics).in_sample().to_numpy()
    known = np.flatnonzero(~np.isnan(values))
    fitted = OLS(values[known], terms[known]).fit(method="qr")  # pinv takes ten times as long
    made = fitted.get_prediction(terms).summary_frame(alpha=1 - INTERVAL)
    return Curve(*(made[n].to_numpy() for n in ("mean", "obs_ci_lower", "obs_ci_upper")))


def _autoregression(
    values: Floats, rows: int, period: float, harmonics: int, start: Curve
) -> Curve | None:
    """The regression with the last values; None if it would run away, or there are too few.

    The first values have none before them: there the regression `start` speaks.
    """
    from statsmodels.tsa.ar_model import AutoReg

    terms = _terms(len(values), period, harmonics)
    if not _tells(values, terms.in_sample().to_numpy()):
        return None
    fitted = AutoReg(values, lags=LAGS, trend="n", deterministic=terms).fit()
    # Of a process that stays where it is, all roots lie inside the unit circle.
    if not (np.abs(np.roots([1, *-fitted.params[-LAGS:]])) < 1).all():
        return None
    made = fitted.get_prediction(0, rows - 1).summary_frame(alpha=1 - INTERVAL)
    mean, lower = made["mean"].to_numpy(), made["mean_ci_lower"].to_numpy()
    half = (mean - lower) * _widened(len(values) - LAGS, len(fitted.params))
    parts = ((start.predicted, mean), (start.lower, mean - half), (start.upper, mean + half))
    curve = Curve(*(np.concatenate([first[:LAGS], rest[LAGS:]]) for first, rest in parts))
    return curve if curve.finite else None


def _widened(rows: int, parameters: int) -> float:
    """What AutoReg's interval lacks: it takes fitted residuals and parameters for the true ones.

    Residuals of n rows and k parameters are too small by sqrt((n - k) / n), and the parameters add
    k / n of the variance (mean leverage): with 8 days of hours 92 % of values met an interval of
    95 % without it.
    """
    return math.sqrt(rows / (rows - parameters) * (1 + parameters / rows))


def _tells(values: Floats, terms: Floats) -> bool:
    """Whether there are enough values, and the last ones say more than the terms alone."""
    lags = np.column_stack([values[LAGS - k : -k] for k in range(1, LAGS + 1)])
    design = np.column_stack([terms[LAGS:], lags])
    rows, columns = design.shape
    triangle = np.linalg.qr(design, mode="r")  # of the same rank, and small
    return bool(rows >= 2 * columns and np.linalg.matrix_rank(triangle, rtol=1e-9) == columns)
