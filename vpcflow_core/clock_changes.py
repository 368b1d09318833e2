"""Days on which the clocks of a zone change: when, and what that means for a range of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vpcflow_core.times import Window

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Looking further for a change costs more than it says: such ranges are drawn by the day.
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change.

    Attributes:
        at: From when on the clocks show the new time, UTC.
        by: How far they went forward; negative: back.
    """

    at: datetime
    by: timedelta


def clock_changes(window: Window, zone: ZoneInfo) -> tuple[ClockChange, ...]:
    """The changes of a zone's clocks within a window; none in one of more than 400 days.

    >>> from datetime import UTC
    >>> day = Window(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    >>> [(change.at.hour, change.by) for change in clock_changes(day, ZoneInfo("Europe/Berlin"))]
    [(1, datetime.timedelta(days=-1, seconds=82800))]
    """
    if window.length > LONGEST:
        return ()
    found, at = [], window.start
    while at < window.end:
        until = min(at + timedelta(days=1), window.end)
        if _offset(at, zone) != _offset(until, zone):
            found.append(_between(at, until, zone))
        at = until
    return tuple(found)


def sentences(window: Window, zone: ZoneInfo) -> tuple[str, ...]:
    """What to know of days in a window that have more or less than 24 hours."""
    return tuple(_sentence(change, zone) for change in clock_changes(window, zone))


def _sentence(change: ClockChange, zone: ZoneInfo) -> str:
    day = change.at.astimezone(zone)
    hours = 24 - change.by / HOUR
    back = change.by < timedelta(0)
    start = day if back else day - change.by
    end = start - change.by if back else day
    how = "back" if back else "forward"
    what = "is there twice, each time in half the width" if back else "is not there"
    return (
        f"The clocks of {zone.key} went {how} on {day:%d %b %Y}, a day of {hours:g} hours: "
        f"{start:%H:%M} to {end:%H:%M} {what}."
    )


def _between(start: datetime, end: datetime, zone: ZoneInfo) -> ClockChange:
    """The change between two times with different offsets."""
    old, new = _offset(start, zone), _offset(end, zone)
    while end - start > MINUTE:
        middle = start + (end - start) / 2
        start, end = (middle, end) if _offset(middle, zone) == old else (start, middle)
    at = end.replace(second=0, microsecond=0)
    return ClockChange(at, new - old)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
