"""What the same time of the last days had: the lowest and the highest that is usual then."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.analysis.bands.base import Bools, Floats

Number = TypeVar("Number", bound=np.generic)

DAYS = 7
# From two weeks on, only the same day of the last weeks counts.
WEEKS = 4
HABIT = 2


def usual_day(
    level: Floats, teaches: Bools, outside: Bools, first: int, per_day: int, around: int
) -> tuple[Floats, Floats] | None:
    """The usual lowest and highest of each bucket of the day that begins at `first`.

    Of the last seven days at that time, the lowest and the highest are left out (of fewer than
    five, none), so that weekends are usual and one odd day is not. With two weeks of data it is
    the mean of the same day of the last four weeks. Both are taken over the buckets `around`
    each, since what comes every night does not come to the minute. What was unusual on one of
    these days teaches nothing; on two of them it is a habit.

    Args:
        level: A value a bucket.
        teaches: Which of them may be learnt from.
        outside: Which of them were unusual.
        first: Place of the day's first bucket.
        per_day: Buckets a day.
        around: Buckets before and after.

    Returns:
        `per_day` values each, NaN where no day had one; None without any day before.
    """
    weeks = [7 * week for week in range(1, WEEKS + 1) if first - 7 * week * per_day >= 0]
    weekly = len(weeks) > 1
    back = weeks if weekly else [day for day in range(1, DAYS + 1) if first > (day - 1) * per_day]
    if not back:
        return None
    places = first - per_day * np.array(back)[:, None] + np.arange(-around, per_day + around)
    inside = (places >= 0) & (places < first)
    places = np.where(inside, places, 0)
    odd = inside & outside[places]
    habit = _near(odd, around).sum(axis=0) >= HABIT
    days = np.sort(
        np.where((inside & teaches[places]) | (odd & habit), level[places], np.inf), axis=0
    )
    count = np.isfinite(days).sum(axis=0)
    columns = np.arange(days.shape[1])
    left_out = (count - 1) // 2 if weekly else np.where(count >= 5, 1, 0)  # the middle; or one
    low = np.where(count > 0, days[left_out, columns], np.nan)
    high = np.where(count > 0, days[np.maximum(count - 1 - left_out, 0), columns], np.nan)
    if weekly:
        low = high = (low + high) / 2
    return _over(low, around, np.fmin), _over(high, around, np.fmax)


def _near(marked: Bools, around: int) -> Bools:
    """Which places, by row, have a marked one around them."""
    return _over(np.pad(marked, ((0, 0), (around, around))), around, np.logical_or)


def _over(values: NDArray[Number], around: int, extreme: np.ufunc) -> NDArray[Number]:
    """The extreme of each value and those around it, along the last axis.

    Windows are doubled, since an extreme does not mind what it is given twice: five steps for
    twenty-one values. NaN does not count where `extreme` is `fmin` or `fmax`.
    """
    width, reached = 2 * around + 1, 1
    while reached < width:
        step = min(reached, width - reached)
        values = extreme(values[..., :-step], values[..., step:])
        reached += step
    return values
