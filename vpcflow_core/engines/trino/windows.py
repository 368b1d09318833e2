"""Which questions of a page one statement may answer, by the ranges of time that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vpcflow_core.times import Window

# What may lie between two ranges that are read as one: a quarter of both. Pages compare the part of
# a day that is complete with that of the day before.
GAPS = 1.25


@dataclass(slots=True)
class Scan:
    """Questions that are answered by reading a range of records once.

    Attributes:
        window: The range.
        members: Places of the questions.
        is_fixed: Whether no other range will do, as what is known of its days is asked for.
    """

    window: Window
    members: list[int] = field(default_factory=list)
    is_fixed: bool = False

    def has_room_for(self, window: Window) -> bool:
        """Whether a question joins with few more records being read than it reads by itself."""
        whole = hull(self.window, window)
        if whole == self.window:
            return True
        return not self.is_fixed and whole.length <= GAPS * (self.window.length + window.length)

    def add(self, place: int, window: Window) -> None:
        """Take a question in."""
        self.window = hull(self.window, window)
        self.members.append(place)


def hull(one: Window, other: Window) -> Window:
    """The range that holds both."""
    return Window(min(one.start, other.start), max(one.end, other.end))


def scans_of(asked: Sequence[tuple[Window, bool]]) -> list[Scan]:
    """The ranges that are read for some questions, each with the questions it answers.

    Args:
        asked: Of each question its range, and whether it needs what is known of the days of that
            range, so that no other range will do.
    """
    scans: list[Scan] = []
    places = sorted(range(len(asked)), key=lambda n: (not asked[n][1], -asked[n][0].length, n))
    for place in places:
        window, is_fixed = asked[place]
        fitting = [
            scan
            for scan in scans
            if scan.window == window or (not is_fixed and scan.has_room_for(window))
        ]
        found = min(fitting, key=lambda scan: scan.window.length, default=None)
        if found is None:
            found = Scan(window, is_fixed=is_fixed)
            scans.append(found)
        found.add(place, window)
    return scans
