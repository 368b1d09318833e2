"""Bands that learn from longer histories, and not from what was unusual: robust and seasonal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import numpy as np

from vpcflow_core.analysis.bands.base import Band, Bools, Floats, floor_of, median
from vpcflow_core.analysis.bands.days import usual_day
from vpcflow_core.analysis.bands.silence import unusual_silence
from vpcflow_core.analysis.bands.tails import LEAST, reach, rough_reach
from vpcflow_core.newest import Newest

DAY = timedelta(days=1)
# The threshold at which bands are as wide as `tails.reach` says; what leaves that teaches nothing.
USUAL = 3.0
# Earlier buckets without which there is no verdict: the first minutes of data are those in which
# its first records had not begun yet, and must not be most of what is known.
LEAST_HISTORY, OF_WINDOW = 8, 4
# Residuals that are remembered: those of two days, and at least 400.
MEMORY, LEAST_MEMORY = timedelta(days=2), 400
# A change is the new level once most of this time lay outside.
ACCEPTED = timedelta(hours=6)
# The last hours: two, and at least 24 buckets.
RECENT, LEAST_RECENT = timedelta(hours=2), 24
# How far what comes every day may be from its time.
AROUND = timedelta(minutes=10)
# Parts of the window after which the middle of the last hours is taken anew.
PARTS = 4
# Blocks after which the tails are learnt anew, once there is a memory.
RENEWED = 3
# What is unusual counts for the tail once a run, and as this many times the band at most: bands
# that are left too often grow, and one incident does not blind them.
CLIPPED = 1.5
# Part of the rough reach (five deviations) of the last hours that a band goes beyond at least.
NOISE = 0.6
# Before a day is known, what any time had is usual between these: the rhythm's other half.
ANY_TIME = (0.05, 0.95)
# Series of which is kept what was learnt of them, some 35 bytes a bucket: panels share series, and
# another threshold learns nothing else.
KEPT = 48


@dataclass(frozen=True, slots=True)
class Pace:
    """The lengths of above in buckets.

    Attributes:
        window: Buckets of the last hours.
        block: Buckets that are judged by the same history; day borders are block borders.
        accepted: Buckets of which most have to lie outside to be the new level.
        memory: Residuals that are remembered.
        per_day: Buckets a day; 0 if a day is no whole number of them, or just one.
        around: Buckets around the same time of another day.
    """

    window: int
    block: int
    accepted: int
    memory: int
    per_day: int
    around: int

    @classmethod
    def of(cls, step: timedelta) -> Pace:
        """The lengths for buckets of `step`."""
        whole = DAY // step if DAY % step == timedelta(0) else 0
        per_day = whole if whole > 1 else 0
        recent = max(LEAST_RECENT, RECENT // step)
        most = max(1, recent // PARTS)
        block = max(n for n in range(1, most + 1) if per_day % n == 0)
        accepted = max(recent, ACCEPTED // step)
        memory = max(LEAST_MEMORY, MEMORY // step)
        return cls(recent, block, accepted, memory, per_day, round(AROUND / step))


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
    learning = _Learning(np.sqrt(np.maximum(np.nan_to_num(values), 0)), known, pace, unit, seasonal)
    for start, end in pairwise(_edges(len(values), first, pace)):
        if seasonal and pace.per_day and (start == 0 or (first + start) % pace.per_day == 0):
            learning.begin_day(start, (first + start) % pace.per_day)
        block = (first + start) // pace.block
        learning.judge(start, end, renew=start < pace.memory or block % RENEWED == 0)
    silent = unusual_silence(values, known, max(pace.per_day, pace.window))
    return _Learnt(learning.expected, learning.beyond, learning.judged, silent, unit)


def _edges(count: int, first: int, pace: Pace) -> list[int]:
    """Where blocks begin; the first ones are short, for little is known before them."""
    whole = range(-(first % pace.block), count + pace.block, pace.block)
    growing = [0]
    while growing[-1] // PARTS < pace.block:
        growing.append(growing[-1] + 1 + growing[-1] // PARTS)
    return sorted({min(max(at, 0), count) for at in (*whole, *growing)})


@dataclass(slots=True)
class _Learning:
    """What is known so far; blocks are judged in the order of time."""

    level: Floats
    known: Bools
    pace: Pace
    unit: float
    seasonal: bool
    teaches: Bools = field(init=False)
    outside: Bools = field(init=False)
    # Of each run of unusual buckets one is remembered.
    remembered: Bools = field(init=False)
    # Edges of what is usual at that time of the day, and of what is expected.
    usual: Floats = field(init=False)
    expected: Floats = field(init=False)
    # How far the band goes beyond: below, above; and residuals on either side.
    beyond: Floats = field(init=False)
    residuals: Floats = field(init=False)
    judged: Bools = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.level)
        self.teaches, self.outside = self.known.copy(), np.zeros(count, dtype=bool)
        self.remembered, self.judged = self.known.copy(), np.zeros(count, dtype=bool)
        self.usual, self.expected, self.residuals = (np.full((2, count), np.nan) for _ in range(3))
        self.beyond = np.zeros((2, count))

    def begin_day(self, start: int, into: int) -> None:
        """Learn what is usual until the end of the day, of which `into` buckets have passed."""
        pace = self.pace
        known = (self.level, self.teaches, self.outside)
        made = usual_day(*known, start - into, pace.per_day, pace.around)
        if made is not None:
            end = min(start + pace.per_day - into, len(self.level))
            self.usual[:, start:end] = np.stack(made)[:, into : into + end - start]

    def judge(self, start: int, end: int, *, renew: bool) -> None:
        """Judge buckets by those before `start`; `renew`: learn the tails anew."""
        block = slice(start, end)
        self._accept(start)
        last = self._last(start)
        middle = median(last)
        if self.seasonal and start < self.pace.per_day and len(last):
            taught = self.level[:start][self.teaches[:start]]
            self.usual[:, block] = np.quantile(taught, ANY_TIME)[:, None]
        low, high = self.expected[:, block] = (
            np.fmin(self.usual[0, block], middle),
            np.fmax(self.usual[1, block], middle),
        )
        if renew:
            self.beyond[:, block] = np.array(self._beyond(start, last, middle))[:, None]
        else:
            self.beyond[:, block] = self.beyond[:, [start - 1]]
        level = self.level[block]
        below, above = low - level, level - high
        lower, upper = self._edges(block)
        self.judged[block] = len(last) >= max(LEAST_HISTORY, self.pace.window // OF_WINDOW)
        outside = self.known[block] & self.judged[block]
        value = level**2
        outside &= (value < lower) | (value > upper)
        self._learn(block, outside, np.stack([below, above]), lower, upper)

    def _last(self, start: int) -> Floats:
        """The last buckets that teach, as many as the window has."""
        reach = slice(max(0, start - self.pace.window - self.pace.accepted), start)
        taught: Floats = self.level[reach][self.teaches[reach]]
        return taught[-self.pace.window :]

    def _accept(self, start: int) -> None:
        """What has lasted is the new level."""
        past = slice(max(0, start - self.pace.accepted), start)
        if 2 * int(self.outside[past].sum()) > self.pace.accepted:
            self.teaches[past] = self.known[past]

    def _beyond(self, start: int, last: Floats, middle: float) -> tuple[float, float]:
        """How far the band goes beyond what is expected, below and above."""
        past = slice(max(0, start - self.pace.memory), start)
        use = self.remembered[past] & self.judged[past]
        rough = rough_reach(last, middle)
        if int(use.sum()) < LEAST:
            return rough, rough
        # Where much was usual, as on weekends, residuals were small: not below the plain noise.
        below, above = self.residuals[:, past][:, use]
        return max(reach(below), NOISE * rough), max(reach(above), NOISE * rough)

    def _edges(self, block: slice) -> tuple[Floats, Floats]:
        """Lower and upper edge of what is usual, in units of the values."""
        return _edges_of(self.expected[:, block], self.beyond[:, block], USUAL, self.unit)

    def _learn(
        self, block: slice, outside: Bools, residuals: Floats, lower: Floats, upper: Floats
    ) -> None:
        """Remember what teaches."""
        low, high = self.expected[:, block]
        edges = np.stack([low - np.sqrt(np.maximum(lower, 0)), np.sqrt(upper) - high])
        most = CLIPPED * np.maximum(edges, self.beyond[:, block])
        self.residuals[:, block] = np.where(outside, np.minimum(residuals, most), residuals)
        before = self.outside[block.start - 1] if block.start else False
        again = outside & np.concatenate([[before], outside[:-1]])
        self.outside[block] = outside
        self.teaches[block] &= ~outside
        self.remembered[block] &= ~again


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
        lower, upper = _edges_of(self.expected, self.beyond, threshold, self.unit)
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


def _edges_of(
    expected: Floats, beyond: Floats, threshold: float, unit: float
) -> tuple[Floats, Floats]:
    """Lower and upper edge of a band, in units of the values."""
    (low, high), (below, above) = expected, beyond
    bottom, top = low - below * threshold / USUAL, high + above * threshold / USUAL
    lower = np.minimum(np.sign(bottom) * bottom**2, low**2 - threshold * floor_of(low**2, unit))
    return lower, np.maximum(top**2, high**2 + threshold * floor_of(high**2, unit))


def _exact(values: Floats) -> Floats:
    """Whole numbers again where the square of a root missed them by its rounding."""
    whole = np.rint(values)
    near = np.abs(values - whole) <= 1e-12 * np.abs(values)
    return np.where(near, whole, values)
