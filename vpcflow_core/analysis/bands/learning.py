"""What is expected of each bucket, learnt from those before it; block by block, many at a time.

What a block had says whether it teaches the next ones, so blocks come one after the other. But
nearly all of them leave the band nowhere: a run of blocks is judged at once as if none would, and
holds up to the first one that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.analysis.bands.base import Bools, Floats, floor_of, median
from vpcflow_core.analysis.bands.days import usual_day
from vpcflow_core.analysis.bands.tails import LEAST, reach, rough_reach

Places = NDArray[np.int64]

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
ANY_TIME = np.array([0.05, 0.95])
# After a block that left the band one is judged alone, then runs that grow by this factor.
FASTER = 4


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


def edges_of(
    expected: Floats, beyond: Floats, threshold: float, unit: float
) -> tuple[Floats, Floats]:
    """Lower and upper edge of a band, in units of the values."""
    (low, high), (below, above) = expected, beyond
    bottom, top = low - below * threshold / USUAL, high + above * threshold / USUAL
    least, most = low**2, high**2
    lower = np.minimum(np.sign(bottom) * bottom**2, least - threshold * floor_of(least, unit))
    return lower, np.maximum(top**2, most + threshold * floor_of(most, unit))


class Learning:
    """What is known of a series; blocks are judged in the order of time.

    Attributes:
        expected: Lower and upper edge of what is expected, on the scale of square roots.
        beyond: How far the band goes beyond, below and above.
        judged: Of which buckets enough was known.

    Args:
        level: The series, on the scale of square roots.
        known: Which buckets may be learnt from.
        pace: The lengths.
        first: Number of the first bucket since 1970, which says where days begin.
        unit: The smallest change worth a look.
        seasonal: Whether the same time of other days counts.
    """

    def __init__(
        self, level: Floats, known: Bools, pace: Pace, first: int, unit: float, *, seasonal: bool
    ) -> None:
        count = len(level)
        self._level, self._known, self._pace = level, known, pace
        self._first, self._unit, self._seasonal = first, unit, seasonal
        self._teaches, self._outside = known.copy(), np.zeros(count, dtype=bool)
        # Of each run of unusual buckets one is remembered.
        self._remembered = known.copy()
        # Edges of what is usual at that time of the day; and residuals on either side.
        self._usual, self._residuals = np.full((2, count), np.nan), np.full((2, count), np.nan)
        self.expected, self.beyond = np.full((2, count), np.nan), np.zeros((2, count))
        self.judged = np.zeros(count, dtype=bool)

    def learn(self) -> None:
        """Judge all buckets."""
        edges = _edges(len(self._level), self._first, self._pace)
        at, ahead, last = 0, 1, len(edges) - 1
        days = {place for place, edge in enumerate(edges) if self._begins_day(edge)}
        borders = sorted({0, *days, last})
        for begin, end in pairwise(borders):
            if begin in days:
                self._begin_day(edges[begin])
            at = begin
            while at < end:
                tried = edges[at : min(at + ahead, end) + 1]
                done = self._judge(np.array(tried, dtype=np.int64))
                at += done
                ahead = ahead * FASTER if done == len(tried) - 1 else 1

    def _begins_day(self, at: int) -> bool:
        per_day = self._pace.per_day if self._seasonal else 0
        return bool(per_day) and (at == 0 or (self._first + at) % per_day == 0)

    def _begin_day(self, start: int) -> None:
        """Learn what is usual until the end of the day."""
        pace, into = self._pace, (self._first + start) % self._pace.per_day
        known = (self._level, self._teaches, self._outside)
        made = usual_day(*known, start - into, pace.per_day, pace.around)
        if made is not None:
            end = min(start + pace.per_day - into, len(self._level))
            self._usual[:, start:end] = np.stack(made)[:, into : into + end - start]

    def _judge(self, edges: Places) -> int:
        """Judge blocks by those before them, up to the first one that leaves the band.

        Args:
            edges: Where they begin, and where the last one ends.

        Returns:
            How many of them, at least one.
        """
        if self._accept(int(edges[0])):
            edges = edges[:2]
        last, count = self._last(edges[:-1])
        edges = edges[: len(last) + 1]
        middle, sizes = median(last), np.diff(edges)
        block = slice(int(edges[0]), int(edges[-1]))
        usual = self._usual_of(block, edges, count)
        around = np.repeat(middle, sizes)
        low, high = np.fmin(usual[0], around), np.fmax(usual[1], around)
        level = self._level[block]
        self.expected[:, block] = low, high
        self._residuals[:, block] = low - level, level - high
        self.judged[block] = enough = count >= max(LEAST_HISTORY, self._pace.window // OF_WINDOW)
        beyond = self._beyond(edges[:-1], rough_reach(last, middle))
        self.beyond[:, block] = np.repeat(beyond, sizes, axis=1)
        if not enough:
            return len(sizes)
        lower, upper = edges_of(self.expected[:, block], self.beyond[:, block], USUAL, self._unit)
        value = level**2
        outside = self._known[block] & ((value < lower) | (value > upper))
        places = np.flatnonzero(outside)
        if not len(places):
            return len(sizes)
        done = int(np.searchsorted(edges, block.start + places[0], side="right"))
        size = int(edges[done]) - block.start
        self._learn_outside(slice(block.start, block.start + size), outside, lower, upper)
        return done

    def _accept(self, start: int) -> bool:
        """What has lasted is the new level; whether it did."""
        past = slice(max(0, start - self._pace.accepted), start)
        lasted = 2 * int(np.count_nonzero(self._outside[past])) > self._pace.accepted
        if lasted:
            self._teaches[past] = self._known[past]
        return lasted

    def _last(self, starts: Places) -> tuple[Floats, int]:
        """The last buckets that teach before some starts, as many as the window has.

        Returns:
            A row for each start, up to the first of which there are not as many; and how many.
        """
        reached = np.maximum(0, starts - self._pace.window - self._pace.accepted)
        begin, end = int(reached[0]), int(starts[-1])
        teaches = self._teaches[begin:end]
        before = np.concatenate([[0], np.cumsum(teaches)])
        ends = before[starts - begin]
        counts = np.minimum(ends - before[reached - begin], self._pace.window)
        count = int(counts[0])
        alike = counts == count
        rows = len(alike) if alike.all() else int(np.argmin(alike))
        taught = self._level[begin:end][teaches]
        return taught[ends[:rows, None] - count + np.arange(count)], count

    def _usual_of(self, block: slice, edges: Places, count: int) -> Floats:
        """What is usual at these times; on the first day, what any time had."""
        if not (self._seasonal and block.start < self._pace.per_day and count):
            return self._usual[:, block]
        usual = self._usual[:, block].copy()
        for start, end in pairwise(edges.tolist()):
            if start < self._pace.per_day:
                taught = self._level[:start][self._teaches[:start]]
                own = slice(start - block.start, end - block.start)
                usual[:, own] = _quantiles(taught, ANY_TIME)[:, None]
        return usual

    def _beyond(self, starts: Places, rough: Floats) -> Floats:
        """How far the band goes beyond what is expected, below and above, from each start on."""
        begin, end = max(0, int(starts[0]) - self._pace.memory), int(starts[-1])
        use = self._remembered[begin:end] & self.judged[begin:end]
        before = np.concatenate([[0], np.cumsum(use)])
        residuals = self._residuals[:, begin:end][:, use]
        made = np.empty((2, len(starts)))
        newest = self.beyond[:, starts[0] - 1] if starts[0] else made[:, 0]
        for place, start in enumerate(starts.tolist()):
            if self._renews(start):
                oldest = before[max(0, start - self._pace.memory) - begin]
                known = residuals[:, oldest : before[start - begin]]
                # Where much was usual, as on weekends, residuals were small: not below the plain
                # noise.
                newest = (
                    np.maximum(reach(known), NOISE * rough[place])
                    if known.shape[1] >= LEAST
                    else rough[[place, place]]
                )
            made[:, place] = newest
        return made

    def _renews(self, start: int) -> bool:
        """Whether the tails are learnt anew for the block that begins there."""
        block = (self._first + start) // self._pace.block
        return start < self._pace.memory or block % RENEWED == 0

    def _learn_outside(self, block: slice, outside: Bools, lower: Floats, upper: Floats) -> None:
        """Remember that some buckets of a block do not teach."""
        size = block.stop - block.start
        outside, lower, upper = outside[:size], lower[:size], upper[:size]
        low, high = self.expected[:, block]
        edges = np.stack([low - np.sqrt(np.maximum(lower, 0)), np.sqrt(upper) - high])
        most = CLIPPED * np.maximum(edges, self.beyond[:, block])
        residuals = self._residuals[:, block]
        self._residuals[:, block] = np.where(outside, np.minimum(residuals, most), residuals)
        before = self._outside[block.start - 1] if block.start else False
        again = outside & np.concatenate([[before], outside[:-1]])
        self._outside[block] = outside
        self._teaches[block] &= ~outside
        self._remembered[block] &= ~again


def _quantiles(values: Floats, shares: Floats) -> Floats:
    """As `numpy.quantile`, in a third of its time."""
    places = (len(values) - 1) * shares
    below = places.astype(np.int64)
    above, part = np.minimum(below + 1, len(values) - 1), places - below
    ordered = np.partition(values, np.unique([below, above]))
    low, high = ordered[below], ordered[above]
    between = high - low
    made: Floats = np.where(part < 0.5, low + between * part, high - between * (1 - part))
    return made


def _edges(count: int, first: int, pace: Pace) -> list[int]:
    """Where blocks begin; the first ones are short, for little is known before them."""
    whole = range(-(first % pace.block), count + pace.block, pace.block)
    growing = [0]
    while growing[-1] // PARTS < pace.block:
        growing.append(growing[-1] + 1 + growing[-1] // PARTS)
    return sorted({min(max(at, 0), count) for at in (*whole, *growing)})
