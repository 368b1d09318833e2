"""Which questions of a page one statement may answer, by the ranges of time that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from vpcflow_core.times import Window

# What may lie between two ranges that are read as one: a quarter of both. Pages compare the part of
# a day that is complete with that of the day before.
GAPS = 1.25
# Records lie in partitions of a day, and a question has its price however little it reads: a
# shorter range counts as one of this length.
LEAST = timedelta(days=1)


@dataclass(slots=True)
class Scan:
    """Questions that are answered by reading a range of records once.

    Attributes:
        window: The range.
        members: Places of the questions.
        known_of: The days that it must have, as what is known of them is asked for; None: any.
    """

    window: Window
    members: list[int] = field(default_factory=list)
    known_of: Window | None = None

    def has_room_for(self, window: Window) -> bool:
        """Whether a question joins with few more records being read than it reads by itself."""
        whole = hull(self.window, window)
        if whole == self.window:
            return True
        both = max(self.window.length, LEAST) + max(window.length, LEAST)
        return self._may_be(whole) and whole.length <= GAPS * both

    def _may_be(self, window: Window) -> bool:
        """Whether as much is known of another range."""
        days = self.known_of
        return days is None or (days.start <= window.start and window.end <= days.end)

    def add(self, place: int, window: Window) -> None:
        """Take a question in."""
        self.window = hull(self.window, window)
        self.members.append(place)


def hull(one: Window, other: Window) -> Window:
    """The range that holds both."""
    return Window(min(one.start, other.start), max(one.end, other.end))


def scans_of(asked: Sequence[tuple[Window, Window | None]]) -> list[Scan]:
    """The ranges that are read for some questions, each with the questions it answers.

    Args:
        asked: Of each question its range, and the days of which it asks what is known; None: of
            none, so that the days of other ranges will do.
    """
    scans: list[Scan] = []
    places = sorted(range(len(asked)), key=lambda n: (asked[n][1] is None, -asked[n][0].length, n))
    for place in places:
        window, known_of = asked[place]
        fitting = [
            scan
            for scan in scans
            if known_of in (None, scan.known_of) and scan.has_room_for(window)
        ]
        found = min(fitting, key=lambda scan: scan.window.length, default=None)
        if found is None:
            found = Scan(window, known_of=known_of)
            scans.append(found)
        found.add(place, window)
    return scans
