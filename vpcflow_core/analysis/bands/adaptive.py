"""Bands that learn from longer histories, and not from what was unusual: robust and seasonal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from vpcflow_core.analysis.bands.base import Band, Bools, Floats, floor_of
from vpcflow_core.analysis.bands.learning import USUAL, Learning, Pace, edges_of
from vpcflow_core.analysis.bands.silence import unusual_silence
from vpcflow_core.newest import Newest

DAY = timedelta(days=1)
# Series of which is kept what was learnt of them, some 35 bytes a bucket: panels share series, and
# another threshold learns nothing else.
KEPT = 48


def reaches_back(step: timedelta, *, seasonal: bool) -> timedelta:
    """Length of the data before the first verdict that a band is made of."""
    pace = Pace.of(step)
    memory = (pace.memory + pace.accepted + pace.window) * step
    return 15 * DAY + min(memory, 2 * DAY) if seasonal else memory


def adaptive(
    values: Floats,
    known: Bools,
    *,
    step: timedelta,
    first: int,
    threshold: float,
    unit: float,
    seasonal: bool,
) -> Band:
    """The band around the last hours and, if `seasonal`, the same time of the last days.

    All is on a square-root scale, on which counts vary alike whatever their level. Expected is
    what lies between the lowest and the highest of these: the median of the last hours; what is
    usual at that time (`days.usual_day`). The band goes beyond by what residuals of the last two
    days reach once in ten thousand buckets (`tails.reach`), each side by itself, times threshold
    over 3. What leaves the band at a threshold of 3 teaches neither, unless it lasts: once most of
    six hours lie outside, they are the new level.

    Args:
        values: A value a bucket, NaN where there is none.
        known: Which buckets may be learnt from.
        step: Length of the buckets.
        first: Number of the first bucket since 1970, which says where days begin.
        threshold: Half width of the band; 3 is as described.
        unit: The smallest change worth a look.
        seasonal: Whether the same time of other days counts.
    """
    key = (values.tobytes(), known.tobytes(), step, first, unit, seasonal)
    learnt = _LEARNT.get(key, lambda: _learn(values, known, step, first, unit, seasonal))
    return learnt.band(values, threshold)


def _learn(
    values: Floats, known: Bools, step: timedelta, first: int, unit: float, seasonal: bool
) -> _Learnt:
    """What is expected of each bucket, whatever the threshold; the arguments of `adaptive`."""
    pace = Pace.of(step)
    level = np.sqrt(np.maximum(np.nan_to_num(values), 0))
    learning = Learning(level, known, pace, first, unit, seasonal=seasonal)
    learning.learn()
    silent = unusual_silence(values, known, max(pace.per_day, pace.window))
    return _Learnt(learning.expected, learning.beyond, learning.judged, silent, unit)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What is expected of the buckets of a series.

    Attributes:
        expected: Its lower and upper edge, on the scale of square roots.
        beyond: How far the band goes beyond, below and above, at a threshold of `USUAL`.
        judged: Of which buckets enough was known.
        silent: Where there is silence that is unusual.
        unit: The smallest change worth a look.
    """

    expected: Floats
    beyond: Floats
    judged: Bools
    silent: Bools
    unit: float

    def band(self, values: Floats, threshold: float) -> Band:
        """The band of all buckets at a threshold."""
        lower, upper = edges_of(self.expected, self.beyond, threshold, self.unit)
        low, high = self.expected
        mean = ((low + high) / 2) ** 2
        below, above = self.beyond * threshold / USUAL
        wide = ((high + above) ** 2 - np.maximum(low - below, 0) ** 2) / 2 / threshold
        known = ~np.isnan(mean)
        rough = threshold * floor_of(values, self.unit)
        # Something was expected by now: where there is silence, the band begins above it.
        least = np.where(self.silent, self.unit, -np.inf)
        return Band(
            _exact(np.maximum(np.where(known, mean, values), 2 * least)),
            np.where(known, wide, 0.0),
            _exact(np.maximum(np.where(known, lower, values - rough), least)),
            _exact(np.maximum(np.where(known, upper, values + rough), 3 * least)),
            self.judged,
            self.silent,
        )


_LEARNT: Newest[_Learnt] = Newest(KEPT)


def _exact(values: Floats) -> Floats:
    """Whole numbers again where the square of a root missed them by its rounding."""
    whole = np.rint(values)
    near = np.abs(values - whole) <= 1e-12 * np.abs(values)
    return np.where(near, whole, values)
