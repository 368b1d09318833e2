"""Which buckets leave the band of the buckets before them."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vpcflow_core.analysis.buckets import covered
from vpcflow_core.errors import ParameterError, closest

Watch = Literal["up", "down", "both"]
Floats = NDArray[np.float64]

# A history that varies by less than this counts as flat: docs/decisions/outlier-floor.md.
FLAT = 0.01
# Buckets with fewer earlier ones get no verdict: one value has no spread.
LEAST_HISTORY = 2
# Numbers looked at in one go: 8 MB, whatever the length of series and window.
CHUNK = 1_000_000
# Bytes of one packet at most: the MTU of Ethernet, and of the Internet (RFC 894).
PACKET_BYTES = 1500.0


def outliers(
    series: pd.DataFrame,
    *,
    window: int = 10,
    threshold: float = 3.0,
    consecutive: int = 1,
    watch: Watch = "both",
    unit: float = 1.0,
    known_from: datetime | None = None,
    complete_until: datetime | None = None,
) -> pd.DataFrame:
    """Mark the buckets that leave the band of the buckets before them.

    The band is mean -+ threshold x max(deviation, floor) of the `window` buckets before; the floor
    is one unit, and at least 1 % of the mean. A bucket without a verdict is no indication, and
    ends a run of them: fewer than two earlier buckets, without a value, or not (yet) covered by the
    data. Buckets without a value are no history either.

    Args:
        series: One row a bucket, columns `bucket` (UTC) and `value` (NaN where there is none).
        window: Earlier buckets the band is made of; the bucket itself is not one of them.
        threshold: Half width of the band, in standard deviations.
        consecutive: Indications in a row, from which on they are violations.
        watch: The side that is watched: above the band, below it, or both.
        unit: The smallest change worth a look, in units of `value`.
        known_from: First record of all; earlier buckets are no history.
        complete_until: End of the data; buckets that end later have no verdict.

    Returns:
        The series with mean, deviation (the sample's, before the floor), lower, upper, error
        (value - mean), indicator, violation; all finite where there is a value. A bucket without
        any history has itself for a mean.

    Raises:
        ParameterError: window < 2, threshold or unit <= 0, consecutive < 1, or an unknown watch.
    """
    _check(window, threshold, consecutive, watch, unit)
    values = series["value"].to_numpy(dtype="float64")
    known = covered(series, known_from, complete_until) & ~np.isnan(values)
    mean, deviation, count = _history(values, known, min(window, max(len(values), LEAST_HISTORY)))
    half = threshold * np.maximum(deviation, np.maximum(unit, FLAT * np.abs(mean)))
    lower, upper = mean - half, mean + half
    outside = {"up": values > upper, "down": values < lower}
    outside["both"] = outside["up"] | outside["down"]
    indicator = outside[watch] & known & (count >= LEAST_HISTORY)
    return series[["bucket", "value"]].assign(
        mean=mean,
        deviation=deviation,
        lower=lower,
        upper=upper,
        error=values - mean,
        indicator=indicator,
        violation=indicator & (_run(indicator) >= consecutive),
    )


def smallest_change(unit: str) -> float:
    """The change of a measure of that unit that one packet or one flow can make."""
    return PACKET_BYTES if unit == "bytes" else 1.0


def _check(window: int, threshold: float, consecutive: int, watch: str, unit: float) -> None:
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


def _history(
    values: Floats, known: NDArray[np.bool_], window: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Mean, deviation and number of the known ones of the `window` values before each.

    Each window is computed afresh, relative to its last value: a running sum would carry the
    rounding of one huge value into all that follow.
    """
    # A missing value times nothing is still missing: it stands as a zero that does not count.
    present = np.nan_to_num(values, nan=0.0)
    before = sliding_window_view(np.concatenate([np.zeros(window), present]), window)
    counted = sliding_window_view(np.concatenate([np.zeros(window, dtype=bool), known]), window)
    mean, deviation = values.copy(), np.zeros(len(values))
    count = np.zeros(len(values), dtype="int64")
    rows = max(1, CHUNK // window)
    for first in range(0, len(values), rows):
        part = slice(first, min(first + rows, len(values)))
        of, weight = before[part], counted[part]
        count[part] = weight.sum(axis=1)
        some = np.maximum(count[part], 1)
        base = of[:, -1]
        off = np.where(weight, of - base[:, None], 0.0)
        centre = off.sum(axis=1) / some
        rest = np.where(weight, off - centre[:, None], 0.0)
        mean[part] = np.where(count[part] > 0, base + centre, values[part])
        deviation[part] = np.sqrt((rest**2).sum(axis=1) / np.maximum(some - 1, 1))
    return mean, deviation, count


def _run(indicator: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many indications in a row end at each bucket."""
    places = np.arange(len(indicator))
    clear = np.maximum.accumulate(np.where(indicator, -1, places))
    return places - clear
