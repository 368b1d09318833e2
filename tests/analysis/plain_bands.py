"""The bands of `analysis.bands.learning`, block by block in a plain loop: what they have to equal."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from vpcflow_core.analysis.bands.base import Bools, Floats
from vpcflow_core.analysis.bands.days import usual_day
from vpcflow_core.analysis.bands.learning import (
    ANY_TIME,
    CLIPPED,
    LEAST_HISTORY,
    NOISE,
    OF_WINDOW,
    PARTS,
    RENEWED,
    USUAL,
    Pace,
    edges_of,
)  # fmt: skip
from vpcflow_core.analysis.bands.tails import FEWEST, LEAST, RISK, ROUGH, TOP


@dataclass(slots=True)
class PlainLearning:
    """What is known so far; blocks are judged one by one."""

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
        middle = float(np.median(last)) if len(last) else float("nan")
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
        rough = _rough_reach(last, middle)
        if int(use.sum()) < LEAST:
            return rough, rough
        # Where much was usual, as on weekends, residuals were small: not below the plain noise.
        below, above = self.residuals[:, past][:, use]
        return max(_reach(below), NOISE * rough), max(_reach(above), NOISE * rough)

    def _edges(self, block: slice) -> tuple[Floats, Floats]:
        """Lower and upper edge of what is usual, in units of the values."""
        return edges_of(self.expected[:, block], self.beyond[:, block], USUAL, self.unit)

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


def plain(level: Floats, known: Bools, pace: Pace, first: int, seasonal: bool) -> PlainLearning:
    """All buckets of a series, judged."""
    made = PlainLearning(level, known, pace, 1.0, seasonal)
    for start, end in pairwise(_borders(len(level), first, pace)):
        if seasonal and pace.per_day and (start == 0 or (first + start) % pace.per_day == 0):
            made.begin_day(start, (first + start) % pace.per_day)
        block = (first + start) // pace.block
        made.judge(start, end, renew=start < pace.memory or block % RENEWED == 0)
    return made


def _borders(count: int, first: int, pace: Pace) -> list[int]:
    whole = range(-(first % pace.block), count + pace.block, pace.block)
    growing = [0]
    while growing[-1] // PARTS < pace.block:
        growing.append(growing[-1] + 1 + growing[-1] // PARTS)
    return sorted({min(max(at, 0), count) for at in (*whole, *growing)})


def _reach(residuals: Floats) -> float:
    top = min(max(int(TOP * len(residuals)), FEWEST), len(residuals) - 1)
    ordered = np.sort(residuals)
    start, largest = float(ordered[-top - 1]), ordered[-top:]
    excess = math.fsum(largest) / top - start
    return max(0.0, start + excess * math.log(top / len(residuals) / RISK))


def _rough_reach(values: Floats, middle: float) -> float:
    if not len(values):
        return 0.0
    return ROUGH * 1.4826 * float(np.median(np.abs(values - middle))) * (1 + 4 / len(values))
