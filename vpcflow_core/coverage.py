"""What is known of when: since when there are records, where they are missing, up to when all came.

One model for bands, comparisons, forecasts, numbers and charts. The store keeps by flow log and
hour how many records of any kind there are (NODATA too); this module draws the conclusions.
docs/counting.md says in words what they are, docs/decisions/coverage.md why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.flow_log_hours import (
    HOUR,
    MILLISECOND,
    STOPPED,
    FlowLogHours,
    Ints,
    Silence,
    moment_of,
)
from vpcflow_core.times import EPOCH, Window

Bools = NDArray[np.bool_]
# The aggregation intervals of AWS's flow logs.
INTERVALS = (timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which records are missing.

    Attributes:
        start, end: From the last start before to the first one after, UTC.
        is_whole: Whether nothing at all is known of it; else records of some flow logs are there.
        flow_logs: Those that are silent.
    """

    start: datetime
    end: datetime
    is_whole: bool
    flow_logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of when; small, whatever the size of the store.

    Attributes:
        extent: From the first to just after the newest start; None without records.
        settled_until: Up to when no record can still arrive that starts before; None without
            records.
        gaps: What is missing in between, in order, none overlapping.
        interval: The aggregation interval of the logs, one of AWS's two: the longer one where the
            longest record of an hour mostly lasts over two minutes.
        long: Where records lie that last over an hour, of each hour that has any: from its first
            start to their latest end.
        silences: Times of two hours or more in which a flow log delivered nothing, and of each
            the time after its last record.
        nothing_until: Where all flow logs have stopped, up to when it is known that nothing was
            delivered after the newest start; None where some go on, or no sync has looked.
    """

    extent: Window | None = None
    settled_until: datetime | None = None
    gaps: tuple[Gap, ...] = ()
    interval: timedelta = INTERVALS[0]
    long: tuple[Window, ...] = ()
    silences: tuple[Silence, ...] = ()
    nothing_until: datetime | None = None

    def complete(self, starts: pd.Series[Any] | pd.DatetimeIndex, every: timedelta) -> Bools:
        """Which buckets are final: all their records are there, and none can still arrive.

        Args:
            starts: Start of each bucket, UTC.
            every: Their length.
        """
        begin, end = _edges(starts, every)
        if self.extent is None or self.settled_until is None:
            return np.zeros(len(begin), dtype=bool)
        inside = (end > _us(self.extent.start)) & (end <= _us(self.settled_until))
        return inside & ~overlapping(self.gaps, starts, every)

    def known(self, starts: pd.Series[Any] | pd.DatetimeIndex, every: timedelta) -> Bools:
        """Of which buckets something is known; of the others not even that nothing was.

        Args:
            starts: Start of each bucket, UTC.
            every: Their length.
        """
        begin, end = _edges(starts, every)
        if self.extent is None:
            return np.zeros(len(begin), dtype=bool)
        inside = (end > _us(self.extent.start)) & (begin < _us(self.extent.end))
        whole = _joined(replace(gap, flow_logs=()) for gap in self.gaps if gap.is_whole)
        return inside & ~_within(list(whole), begin, end)

    def reaches(self, window: Window) -> bool:
        """Whether something is known of the window."""
        return bool(self.known(pd.DatetimeIndex([window.start]), window.length)[0])

    def gaps_in(self, window: Window) -> tuple[Gap, ...]:
        """What is missing in a window, cut to it."""
        return tuple(
            replace(gap, start=max(gap.start, window.start), end=min(gap.end, window.end))
            for gap in self.gaps
            if gap.start < window.end and gap.end > window.start
        )

    def reaching(self, window: Window) -> Window:
        """Where the records start and end that reach into a window or out of it."""
        hour = HOUR * MILLISECOND
        meeting = [one for one in self.long if one.start < window.end and one.end > window.start]
        return Window(
            min([window.start - hour, *(one.start for one in meeting)]),
            max([window.end + hour, *(one.end for one in meeting)]),
        )


def coverage_of(logs: Sequence[FlowLogHours]) -> Coverage:
    """What is known of when, from the hours of each flow log; those without hours do not count."""
    logs = [log for log in logs if len(log.hours)]
    if not logs:
        return Coverage()
    newest = max(log.newest for log in logs)
    extent = Window(moment_of(min(int(log.first[0]) for log in logs)), newest + MILLISECOND)
    settled = min(log.settled_until for log in logs if log.is_current(newest))
    longest = float(np.median(np.concatenate([log.longest for log in logs])))
    interval = INTERVALS[int(longest > 2 * INTERVALS[0] / MILLISECOND)]
    long = tuple(sorted((one for log in logs for one in log.long_records()), key=_start))
    silences = tuple(one for log in logs for one in log.quiet_times())
    heard = min(log.nothing_until(newest) for log in logs if log.is_current(newest))
    nothing = heard if heard - newest >= STOPPED else None
    return Coverage(extent, settled, tuple(_gaps(logs, newest)), interval, long, silences, nothing)


def overlapping(
    gaps: Sequence[Gap], starts: pd.Series[Any] | pd.DatetimeIndex, every: timedelta
) -> Bools:
    """Which buckets lack records of a gap; start of each, UTC, and their length."""
    begin, end = _edges(starts, every)
    return np.asarray(_next(gaps, begin)[0] < end)


def _gaps(logs: Sequence[FlowLogHours], newest: datetime) -> Iterator[Gap]:
    """Where some flow log is silent, and where nothing at all is known."""
    silences: list[tuple[int, int, str]] = []
    alive: list[tuple[int, int]] = []
    for log in logs:
        holes = list(log.silences())
        edges = [int(log.first[0]), *(edge for hole in holes for edge in hole), int(log.last[-1])]
        alive += list(zip(edges[::2], edges[1::2], strict=True))
        end = log.end(newest)
        missing = [*holes, *([end] if end else []), *log.lacking()]
        silences += [(*hole, log.name) for hole in missing]
    begin = min(start for start, _ in alive)
    spans = [*alive, *((start, end) for start, end, _ in silences)]
    edges = sorted({edge for span in spans for edge in span})
    silent = _names(edges, silences)
    known = _count(edges, alive)
    yield from _joined(
        Gap(moment_of(start), moment_of(end), not known[at], silent[at])
        for at, (start, end) in enumerate(pairwise(edges))
        if silent[at] or (start >= begin and not known[at])
    )


def _names(edges: list[int], silences: Iterable[tuple[int, int, str]]) -> list[tuple[str, ...]]:
    """The flow logs that are silent from each edge to the next."""
    places = {edge: at for at, edge in enumerate(edges)}
    names: list[list[str]] = [[] for _ in edges]
    for start, end, name in silences:
        for at in range(places[start], places[end]):
            names[at].append(name)
    return [tuple(sorted(set(some))) for some in names]


def _count(edges: list[int], spans: Iterable[tuple[int, int]]) -> Ints:
    """How many spans hold the time from each edge to the next."""
    places = {edge: at for at, edge in enumerate(edges)}
    change = np.zeros(len(edges), dtype="int64")
    for start, end in spans:
        change[places[start]] += 1
        change[places[end]] -= 1
    return np.cumsum(change)


def _joined(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Gaps of the same kind that follow one another are one."""
    last: Gap | None = None
    for gap in gaps:
        if last and last.end == gap.start and replace(gap, start=last.start, end=last.end) == last:
            last = replace(last, end=gap.end)
            continue
        if last:
            yield last
        last = gap
    if last:
        yield last


def _edges(starts: pd.Series[Any] | pd.DatetimeIndex, every: timedelta) -> tuple[Ints, Ints]:
    """Start and end of each bucket in microseconds."""
    index = pd.DatetimeIndex(starts)
    begin = index.tz_convert(None).as_unit("us").asi8
    return begin, begin + every // timedelta(microseconds=1)


def _next(gaps: Sequence[Gap], begin: Ints) -> tuple[Ints, Ints]:
    """Start and end of the first gap that ends after each moment; those of none lie far ahead."""
    far = np.iinfo(np.int64).max
    starts = np.array([*(_us(gap.start) for gap in gaps), far])
    ends = np.array([*(_us(gap.end) for gap in gaps), far])
    at = np.searchsorted(ends[:-1], begin, side="right")
    return starts[at], ends[at]


def _within(gaps: Sequence[Gap], begin: Ints, end: Ints) -> Bools:
    start, until = _next(gaps, begin)
    return np.asarray((start <= begin) & (until >= end))


def _start(window: Window) -> datetime:
    return window.start


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
