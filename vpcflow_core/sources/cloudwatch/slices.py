"""Slices of a log group's time: which there are, and when each is read again.

A slice is one clock hour of event time, so that every run cuts the group alike. Events come late:
a flow log delivers a record at the end of its aggregation interval (up to ten minutes after it
began) and some five minutes more, now and then hours. A slice is therefore read anew by every sync
until it lies `OVERLAP` back, then once more each time it passes one of the `LOOKS`; the store
replaces its records each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vpcflow_core.times import Window, ceil_to, floor_to

SLICE = timedelta(hours=1)
OVERLAP = timedelta(hours=2)
# Longer than a sync's listing looks back (two days), a look would never come.
LOOKS = (timedelta(hours=6), timedelta(hours=24))
# The newest event known may lag behind what is there: an hour by AWS's word, and one to spare.
LAG = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Extent:
    """Where in time a group has events.

    Attributes:
        first: Nothing happened before.
        newest: The newest event known; the present if none is.
        now: The present.
    """

    first: datetime
    newest: datetime
    now: datetime

    def slices(self, span: Window | None) -> Iterator[Window]:
        """The slices that may hold events of the span (all if None), oldest first.

        Those long after the newest event are left out: a group that is no longer written to
        costs no calls.
        """
        end = max(self.newest, min(self.now, self.newest + LAG)) + timedelta(milliseconds=1)
        start = self.first
        if span:
            start, end = max(start, span.start), min(end, span.end)
        at, end = floor_to(start, SLICE), ceil_to(end, SLICE)
        while at < end:
            yield Window(at, at + SLICE)
            at += SLICE

    def state(self, part: Window) -> str:
        """Changes when the slice is to be read again.

        Age is counted from the newest event: a group that was filled late is late as a whole.
        """
        age = min(self.newest, self.now) - part.end
        if age < OVERLAP:
            return f"open {self.now.isoformat()}"
        return f"look {sum(age >= look for look in LOOKS)}"
