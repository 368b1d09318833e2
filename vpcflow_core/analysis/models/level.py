"""The level of the last values: what to expect where no day is known yet.

On a square-root scale, as `days`.
"""

from __future__ import annotations

import numpy as np

from vpcflow_core.analysis.models.base import TAILS, Curve, Floats, median

# The last values: this part of all, within these bounds.
PART, LEAST, MOST = 8, 3, 60
# Horizons whose errors are looked at, and how far ahead at most: a part of the history.
HORIZONS, AHEAD = 20, 2
# With fewer errors the interval is as wide as this many of their medians.
FEW, ROUGH = 20, 5.0


def by_level(values: Floats, rows: int) -> Curve:
    """Continue a series by the median of its last values.

    The interval holds what the errors were when past values were predicted in the same way, as far
    ahead as now.

    Args:
        values: A value a bucket, NaN where there is none; some are known.
        rows: Buckets to predict, those of the history first.
    """
    level, count = np.sqrt(np.maximum(values, 0)), len(values)
    window = min(max(count // PART, LEAST), MOST)
    before = np.concatenate([np.full(window, np.nan), level])
    middles = median(np.lib.stride_tricks.sliding_window_view(before, window))
    middles = _carried(middles)
    low, high = _errors(level, middles, rows - count)
    middle = np.concatenate([middles[:count], np.full(rows - count, middles[-1])])
    return Curve(middle**2, np.maximum(middle + min(low, 0), 0) ** 2, (middle + max(high, 0)) ** 2)


def _errors(level: Floats, middles: Floats, ahead: int) -> tuple[float, float]:
    """The edges of what predictions missed by."""
    count = len(level)
    most = max(1, min(ahead, count // AHEAD))
    steps = np.unique(np.linspace(0, most - 1, min(most, HORIZONS)).astype(int))
    missed = np.concatenate([level[step:] - middles[: count - step] for step in steps])
    missed = missed[~np.isnan(missed)]
    if len(missed) < FEW:
        rough = ROUGH * float(np.median(np.abs(missed))) if len(missed) else 0.0
        return -rough, rough
    low, high = np.quantile(missed, TAILS)
    return float(low), float(high)


def _carried(middles: Floats) -> Floats:
    """Where there is nothing before, the first that there is; in a hole, the last one."""
    places = np.where(np.isnan(middles), 0, np.arange(len(middles)))
    carried = middles[np.maximum.accumulate(places)]
    first = middles[~np.isnan(middles)][0]
    return np.where(np.isnan(carried), first, carried)
