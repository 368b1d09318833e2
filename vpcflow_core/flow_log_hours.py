"""The hours of one flow log: its pace, its silences, and up to when all of it has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.times import EPOCH, Window

Ints = NDArray[np.int64]

HOUR = 3_600_000  # ms
# Most that AWS needs from the end of a record to its delivery, beyond the least that it needs:
# files for five minutes each, three to eight minutes late. Measured: the first bucket that still
# grew lay 5.6 minutes before the newest start with records of 60 s, 13.7 with those of 600 s.
DELAY = timedelta(minutes=5)
# A flow log that has been silent for this long, while others or the clock go on, has stopped.
STOPPED = timedelta(hours=1)
# Of one that has stopped, the next hours are missing; then it has ended, and nothing is missing.
MISSED = timedelta(hours=24)
# A silence is a hole where at the usual pace as many records would have come: at random, none
# come where 6 are expected one time in 400. An interface alone has 6 NODATA records an hour.
EXPECTED = 6.0
# A flow log that has delivered nothing for this long is silent.
SILENT = timedelta(hours=2)
# Hours before and after a silence that the usual pace is learnt from.
AROUND = 24
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which a flow log delivered nothing.

    Attributes:
        flow_log: Its name.
        start: Its last start before.
        end: Its first start after; None: there is none. Whoever asks about hours that are settled
            knows of those that nothing came.
        pace: Records an hour that it had in the day before, the median.
    """

    flow_log: str
    start: datetime
    end: datetime | None
    pace: float


@dataclass(frozen=True, slots=True, eq=False)
class FlowLogHours:
    """One flow log of one source: its hours that have records, in order; times in ms since 1970.

    Attributes:
        name: How a person calls it: its id, or where its records lie.
        hours: Hours since 1970.
        records: Records of each, of any log-status.
        first, last: Earliest and latest start in each.
        longest: The longest record of each that lasts an hour at most.
        reach: The longest record of each that lasts a day at most; None: not known.
        synced: When its source was last read to the end; None if never.
        delay: Span between the quickest and the slowest delivery.
        is_live: Whether reading the source shows all that was delivered up to then, as with S3. A
            folder may be a copy of some other moment.
        left_out: Times of which a sync of a span left out records that are there.
    """

    name: str
    hours: Ints
    records: Ints
    first: Ints
    last: Ints
    longest: Ints
    reach: Ints | None = None
    synced: datetime | None = None
    delay: timedelta = DELAY
    is_live: bool = False
    left_out: tuple[tuple[int, int], ...] = ()

    @property
    def newest(self) -> datetime:
        """Its newest start."""
        return moment_of(self.last[-1])

    @property
    def lasting(self) -> timedelta:
        """The longest record of its last day, of those up to an hour."""
        recent = self.hours > self.hours[-1] - AROUND
        return int(self.longest[recent].max()) * MILLISECOND

    @property
    def settled_until(self) -> datetime:
        """Up to when none of its records can still arrive."""
        newest = self.newest
        if self.is_live and self.synced and self.synced - newest >= STOPPED:
            return newest + MILLISECOND
        return newest - self.delay - self.lasting

    def is_current(self, newest: datetime) -> bool:
        """Whether more of it is awaited, where the newest start of all is `newest`.

        One whose source was not read since then is awaited for a day.
        """
        behind = newest - self.newest
        unread = self.synced is not None and self.synced - self.newest < STOPPED
        return behind < STOPPED or (unread and behind < MISSED)

    def silences(self) -> Iterator[tuple[int, int]]:
        """Its holes, from the last start before to the first one after."""
        for at in np.flatnonzero(self.first[1:] - self.last[:-1] >= HOUR):
            start, end = int(self.last[at]), int(self.first[at + 1])
            before = self._pace(self.hours[at] - AROUND + 1, self.hours[at])
            after = self._pace(self.hours[at + 1], self.hours[at + 1] + AROUND - 1)
            if min(before, after) * (end - start) >= EXPECTED * HOUR:
                yield start, end

    def end(self, newest: datetime) -> tuple[int, int] | None:
        """What is missing after its last record; nothing where it is awaited."""
        if self.is_current(newest):
            return None
        start = int(self.last[-1])
        end = min(_number(newest), start + MISSED // MILLISECOND)
        pace = self._pace(self.hours[-1] - AROUND + 1, self.hours[-1])
        return (start, end) if pace * (end - start) >= EXPECTED * HOUR else None

    def nothing_until(self, newest: datetime) -> datetime:
        """Up to when it is known that it delivered nothing after its last record.

        Args:
            newest: The newest start of all flow logs.
        """
        if self.is_live and self.synced:
            return max(self.newest, self.synced - self.delay - self.lasting)
        return self.newest if self.is_current(newest) else newest

    def quiet_times(self) -> Iterator[Silence]:
        """Times without a record of any log-status, of two hours or more; and what comes last."""
        ends: list[int | None] = [*map(int, self.first[1:]), None]
        for at, end in enumerate(ends):
            start = int(self.last[at])
            if end is None or end - start >= SILENT // MILLISECOND:
                pace = self._pace(self.hours[at] - AROUND + 1, self.hours[at])
                until = None if end is None else moment_of(end)
                yield Silence(self.name, moment_of(start), until, pace)

    def lacking(self) -> Iterator[tuple[int, int]]:
        """What was left out by syncs of a span; of the time before its first record, a day."""
        first, last = int(self.first[0]) - MISSED // MILLISECOND, int(self.last[-1])
        for start, end in self.left_out:
            if max(start, first) < min(end, last):
                yield max(start, first), min(end, last)

    def long_records(self) -> Iterator[Window]:
        """Where records lie that last over an hour: the starts of an hour, up to the latest end."""
        reach = self.longest if self.reach is None else self.reach
        for at in np.flatnonzero(reach > HOUR):
            yield Window(moment_of(self.first[at]), moment_of(self.last[at] + reach[at]))

    def _pace(self, first: int, last: int) -> float:
        """Median of records an hour from one hour to another, as far as the flow log lived."""
        first, last = max(first, self.hours[0]), min(last, self.hours[-1])
        start, end = np.searchsorted(self.hours, [first, last + 1])
        empty = last + 1 - first - (end - start)
        return float(np.median(np.append(self.records[start:end], np.zeros(empty))))


def _number(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def moment_of(ms: int) -> datetime:
    """The instant of milliseconds since 1970."""
    return EPOCH + int(ms) * MILLISECOND
