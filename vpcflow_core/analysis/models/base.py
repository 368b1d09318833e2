"""What every model says of each bucket."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Share of values that the interval is meant to hold.
INTERVAL = 0.95
TAILS = ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2)


@dataclass(frozen=True, slots=True)
class Curve:
    """What a model says of each bucket, history first."""

    predicted: Floats
    lower: Floats
    upper: Floats

    @property
    def finite(self) -> bool:
        """Whether it says something of each."""
        return all(np.isfinite(part).all() for part in (self.predicted, self.lower, self.upper))

    def holds(self, values: Floats, part: slice) -> float:
        """Share of the values of a part that lie in the interval; 1 where there are none."""
        known = values[part][~np.isnan(values[part])]
        lower, upper = (of[part][~np.isnan(values[part])] for of in (self.lower, self.upper))
        return float(((known >= lower) & (known <= upper)).mean()) if len(known) else 1.0


def median(values: Floats) -> Floats:
    """The median of the last axis, NaN left out; a tenth of the time of `numpy.nanmedian`."""
    ordered, count = np.sort(values, axis=-1), (~np.isnan(values)).sum(axis=-1)
    low = np.maximum((count - 1) // 2, 0)[..., None]
    high = np.minimum(count // 2, values.shape[-1] - 1)[..., None]
    middle = np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)
    made: Floats = middle[..., 0] / 2
    return made


def rolled(values: Floats, around: int) -> Floats:
    """Windows of each value and `around` before and after it, which go round."""
    wide = np.concatenate([values[..., -around:], values, values[..., :around]], axis=-1)
    windows: Floats = np.lib.stride_tricks.sliding_window_view(wide, 2 * around + 1, axis=-1)
    return windows if around else values[..., None]
