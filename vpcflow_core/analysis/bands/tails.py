"""How far residuals reach: the distance that a calm series passes once in ten thousand buckets."""

from __future__ import annotations

import math

import numpy as np

from vpcflow_core.analysis.bands.base import Floats, median

# The band at the usual threshold is left by this share of buckets on each side: one in a week.
RISK = 1e-4
# The tail is learnt from the largest 2 % of the residuals, from ten at least.
TOP = 0.02
FEWEST = 10
# With fewer residuals the spread of the last values has to do.
LEAST = 20
# Standard deviations that stand for the tail then: a few values tell the deviation roughly.
ROUGH = 5.0


def reach(residuals: Floats) -> Floats:
    """The distance above 0 that residuals pass with the probability `RISK`, along the last axis.

    What lies above a high quantile is taken for exponential: peaks over threshold, as Siffer et
    al., "Anomaly Detection in Streams with Extreme Value Theory" (KDD 2017), with a shape of 0,
    since residuals are on a square-root scale. Of a normal distribution it makes 4.0 standard
    deviations where 3.7 were exact.

    Args:
        residuals: Distances from the expected, `LEAST` or more.
    """
    count = residuals.shape[-1]
    top = min(max(int(TOP * count), FEWEST), count - 1)
    ordered = np.partition(residuals, count - top - 1)
    start = ordered[..., count - top - 1]
    excess = ordered[..., count - top :].mean(axis=-1) - start
    made: Floats = np.maximum(0.0, start + excess * math.log(top / count / RISK))
    return made


def rough_reach(values: Floats, middle: Floats) -> Floats:
    """As `reach`, by the median distance of a few values from their median."""
    count = values.shape[-1]
    if not count:
        return np.zeros(values.shape[:-1])
    spread = 1.4826 * median(np.abs(values - middle[..., None]))
    made: Floats = ROUGH * spread * (1 + 4 / count)
    return made
