"""Which buckets are unusual, by one of several ways of saying what is expected."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.analysis.bands.adaptive import adaptive, reaches_back
from vpcflow_core.analysis.bands.base import FLAT, LEAST_HISTORY, Band, Bools, Floats
from vpcflow_core.analysis.bands.trailing import CHUNK, trailing
from vpcflow_core.analysis.buckets import covered, step_of
from vpcflow_core.errors import ParameterError, closest

__all__ = [
    "CHUNK", "DEFAULT_METHOD", "FLAT", "LEAST_HISTORY", "METHODS", "WINDOW", "Method", "Watch",
    "distance", "history_of", "outliers", "smallest_change",
]  # fmt: skip

Watch = Literal["up", "down", "both"]
Method = Literal["seasonal", "robust", "trailing"]
METHODS: tuple[Method, ...] = get_args(Method)
# By figures: docs/decisions/unusual.md.
DEFAULT_METHOD: Method = "seasonal"
# Earlier buckets that `trailing` looks at by default; the others have lengths of time.
WINDOW = 10
# Bytes of one packet at most: the MTU of Ethernet, and of the Internet (RFC 894).
PACKET_BYTES = 1500.0
EPOCH = pd.Timestamp(0, tz=UTC)
MINUTE = timedelta(minutes=1)


def outliers(
    series: pd.DataFrame,
    *,
    method: Method = "trailing",
    window: int = WINDOW,
    threshold: float = 3.0,
    consecutive: int = 1,
    watch: Watch = "both",
    unit: float = 1.0,
    known_from: datetime | None = None,
    complete_until: datetime | None = None,
) -> pd.DataFrame:
    """Mark the buckets that leave the band of what was expected of them.

    A bucket without a verdict is no indication, and ends a run of them: too few earlier buckets,
    without a value, or not (yet) covered by the data. Nor is a bucket without a value history.

    * `trailing`: mean -+ threshold x max(deviation, floor) of the `window` buckets before; the
      floor is one unit, and at least 1 % of the mean.
    * `robust`: around the median of the last two hours, as far as residuals of the last two days
      reach; what is unusual teaches nothing (`bands.adaptive`).
    * `seasonal`: as `robust`, and what the same time of the last days had is expected too.

    Args:
        series: One row a bucket, columns `bucket` (UTC) and `value` (NaN where there is none), and
            `complete` where some are not.
        method: What is expected of a bucket.
        window: Earlier buckets that the band of `trailing` is made of; the others have lengths of
            time.
        threshold: Half width of the band, in deviations.
        consecutive: Indications in a row, from which on they are violations.
        watch: The side that is watched: above the band, below it, or both.
        unit: The smallest change worth a look, in units of `value`.
        known_from: First record of all; earlier buckets are no history.
        complete_until: End of the data; buckets that end later have no verdict.

    Returns:
        The series with mean, deviation (before the floor), lower, upper, error (value - mean),
        indicator, violation; all finite where there is a value. A bucket without any history has
        itself for a mean.

    Raises:
        ParameterError: window < 2, threshold or unit <= 0, consecutive < 1, or an unknown method or
            side.
    """
    _check(method, window, threshold, consecutive, watch, unit)
    values = series["value"].to_numpy(dtype="float64", na_value=np.nan)
    known = covered(series, known_from, complete_until) & ~np.isnan(values)
    band = _band(series, values, known, method, window, threshold, unit)
    above = (values > band.upper) & ~band.silent
    outside = {"up": above, "down": (values < band.lower) | band.silent}
    outside["both"] = outside["up"] | outside["down"]
    indicator = outside[watch] & known & band.judged
    return series.assign(
        mean=band.mean,
        deviation=band.deviation,
        lower=band.lower,
        upper=band.upper,
        error=values - band.mean,
        indicator=indicator,
        violation=indicator & (_run(indicator) >= consecutive),
    )


def history_of(method: Method, window: int, step: timedelta) -> timedelta:
    """Length of the data before a range that its first verdicts need."""
    if method == "trailing":
        return window * step
    return reaches_back(step, seasonal=method == "seasonal")


def distance(frame: pd.DataFrame, threshold: float) -> pd.Series[float]:
    """How far each bucket is from the middle of its band, in deviations.

    A value at the band's edge has as many as the threshold says; the sides have each their own.
    """
    above = frame["error"] > 0
    edge = frame["upper"].where(above, frame["lower"])
    return threshold * frame["error"].abs() / (edge - frame["mean"]).abs()


def smallest_change(unit: str) -> float:
    """The change of a measure of that unit that one packet or one flow can make."""
    return PACKET_BYTES if unit == "bytes" else 1.0


def _band(
    series: pd.DataFrame,
    values: Floats,
    known: Bools,
    method: Method,
    window: int,
    threshold: float,
    unit: float,
) -> Band:
    if method == "trailing":
        return trailing(values, known, window=window, threshold=threshold, unit=unit)
    step = step_of(series) or pd.Timedelta(MINUTE)
    return adaptive(
        values,
        known,
        step=step.to_pytimedelta(),
        first=(series["bucket"].iloc[0] - EPOCH) // step if len(series) else 0,
        threshold=threshold,
        unit=unit,
        seasonal=method == "seasonal",
    )


def _check(
    method: str, window: int, threshold: float, consecutive: int, watch: str, unit: float
) -> None:
    if method not in METHODS:
        words = f"{closest(method, METHODS)}  {', '.join(METHODS)}".strip()
        raise ParameterError(f"'{method}' is no method of judging.", words)
    if window < LEAST_HISTORY:
        raise ParameterError(f"A window of {window} buckets has no spread.", "Give 2 or more.")
    if not 0 < threshold < math.inf:
        raise ParameterError(f"A threshold of {threshold} is no band.", "Give more than 0: 3.0")
    if consecutive < 1:
        raise ParameterError(f"{consecutive} in a row is no run.", "Give 1 or more.")
    if watch not in get_args(Watch):
        hint = closest(watch, get_args(Watch))
        raise ParameterError(f"'{watch}' is no side to watch.", f"{hint}  up, down or both".strip())
    if not 0 < unit < math.inf:
        raise ParameterError(f"A unit of {unit} is no change.", "Give more than 0.")


def _run(indicator: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many indications in a row end at each bucket."""
    places = np.arange(len(indicator))
    clear = np.maximum.accumulate(np.where(indicator, -1, places))
    return places - clear
