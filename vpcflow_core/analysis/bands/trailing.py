"""Mean and standard deviation of the last few buckets: the classic definition."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vpcflow_core.analysis.bands.base import LEAST_HISTORY, Band, Bools, Floats, floor_of

# Numbers looked at in one go: 8 MB, whatever the length of series and window.
CHUNK = 1_000_000


def trailing(values: Floats, known: Bools, *, window: int, threshold: float, unit: float) -> Band:
    """The band of the `window` buckets before each: mean -+ threshold x deviation.

    Args:
        values: A value a bucket.
        known: Which buckets may be learnt from.
        window: Earlier buckets the band is made of.
        threshold: Half width of the band, in standard deviations (the sample's, n - 1).
        unit: The smallest change worth a look.
    """
    mean, deviation, count = _history(values, known, min(window, max(len(values), LEAST_HISTORY)))
    half = threshold * np.maximum(deviation, floor_of(mean, unit))
    judged = count >= LEAST_HISTORY
    return Band(mean, deviation, mean - half, mean + half, judged, np.zeros(len(values), bool))


def _history(values: Floats, known: Bools, window: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
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
