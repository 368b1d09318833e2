"""Ranges of time as links have them and people type them.

`24h` or `FROM/TO` in links; people also type `last 3 days`, `yesterday 9-10`, `this month`,
`2026-11-25 09:00 - 10:00`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vpcflow_core.errors import TimeError
from vpcflow_core.times import (
    LONGEST,
    SINCE_1970,
    UNITS,
    Window,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
    zone_of,
)

_WORDS = {
    "s": "s|sec|secs|second|seconds",
    "m": "m|min|mins|minute|minutes",
    "h": "h|hr|hrs|hour|hours",
    "d": "d|day|days",
    "w": "w|week|weeks",
}
_SPOKEN = re.compile(
    r"(?P<last>(?:the )?(?:last|past) )?(?P<count>\d{1,9})? ?(?:"
    + "|".join(f"(?P<{unit}>{words})" for unit, words in _WORDS.items())
    + ")"
)
# `1h30m`, `1 hour and 30 minutes`: two parts at least.
_PART = rf"(\d{{1,9}}) ?({'|'.join(_WORDS.values())})"
_PARTS = re.compile(rf"(?:(?:the )?(?:last|past) )?{_PART}(?: ?(?:and |, ?)?{_PART})+")
_TO = r" ?(?:-|\u2013|\u2014|\bto\b|\buntil\b) ?"
_CLOCK = r"(\d{1,2})(?::(\d{2}))? ?(am|pm)?"
_DAYS = re.compile(rf"(today|yesterday|this week|this month)?(?: ?{_CLOCK}(?:{_TO}{_CLOCK})?)?")
_DAY = r"\d{4}-\d{2}-\d{2}"
_HOURS_OF_DAY = re.compile(rf"({_DAY})(?:t| ){_CLOCK}{_TO}{_CLOCK}")
_SPLIT = re.compile(r" ?/ ?| (?:-|to|until) | ?(?:\u2013|\u2014|\.\.) ?|(?<=\d{9})-(?=\d{9})")


@dataclass(frozen=True, slots=True)
class Days:
    """A day, a week or a month of the calendar, or hours of a day, counted from the present.

    Attributes:
        name: `today`, `yesterday`, `this week`, which begins on Monday, or `this month`.
        start, end: Minutes since midnight; None: the whole of it. An end before the start is one
            of the next day.
        zone: IANA name of the zone whose calendar it is.
    """

    name: str
    start: int | None = None
    end: int | None = None
    zone: str = "UTC"

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return self.name
        return f"{self.name} {_clock(self.start)}-{_clock(self.end)}"

    def window(self, now: datetime) -> Window:
        """The window that is meant when the present is `now`; it ends there at the latest."""
        zone = zone_of(self.zone)
        today = now.astimezone(zone).date()
        backs = {"yesterday": 1, "this week": today.weekday(), "this month": today.day - 1}
        back = backs.get(self.name, 0)
        first = today - timedelta(days=back)
        start, end = self.start, self.end
        if start is None or end is None:
            last = first if self.name == "yesterday" else today
            opened = datetime.combine(first, time(), zone).astimezone(UTC)
            closed = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
            return Window(opened, max(min(closed, now), opened + timedelta(minutes=1)))
        night = timedelta(days=1 if end <= start else 0)
        return Window(_at(first, start, zone), _at(first + night, end, zone))


@dataclass(frozen=True, slots=True)
class Range:
    """The most recent hours or days, a day of the calendar, or a fixed window; round-trips."""

    length: timedelta | None = None
    fixed: Window | None = None
    days: Days | None = None

    def __str__(self) -> str:
        if self.fixed or self.days:
            return str(self.fixed or self.days)
        return format_duration(self.length or timedelta(days=1))

    def window(self, now: datetime) -> Window:
        """The window that is meant when the present is `now`."""
        if self.days:
            return self.days.window(now)
        return self.fixed or Window.last(self.length or timedelta(days=1), now)


def parse_range(text: str, zone: ZoneInfo | None = None) -> Range:
    """The range that a text means, as links have it or people type it.

    Args:
        text: `24h`, `1h30m`, `last 3 days`; `today`, `yesterday 9-10`, `this week`,
            `this month`; `2026-11-25`, `2026-11-25 09:00 - 10:00`, `FROM/TO` or `FROM - TO` of two
            instants.
        zone: Zone of what has no offset, and of the calendar; UTC if not given.

    Raises:
        TimeError: None of these forms, or the range ends before it begins.
    """
    plain = " ".join(text.lower().split())
    for read in (_read_length, _read_days, _read_hours):
        if (found := read(plain, zone)) is not None:
            return found
    ends = _SPLIT.split(" ".join(text.split()))
    if len(ends) == 2:
        return Range(fixed=Window(*(parse_instant(end, zone) for end in ends)))
    if SINCE_1970.fullmatch(plain):
        start = parse_instant(plain)
        later = format_instant(start + timedelta(hours=1))
        raise TimeError(
            f"{plain} is one moment, {format_instant(start)}, and no range of time.",
            f"Write from when until when: {plain} - {later}.",
        )
    raise TimeError(
        f"'{text}' is not a range of time.",
        "Write 90m, 7d, last 3 days, today, yesterday 9-10 or 2026-11-25 09:00 - 10:00.",
    )


def parse_moment(text: str, now: datetime, zone: ZoneInfo | None = None) -> datetime:
    """The instant of a text: `now`, `today`, `yesterday 9:30`, or what `parse_instant` takes.

    Raises:
        TimeError: It is none.
    """
    plain = " ".join(text.lower().split())
    found = None if plain == "now" else _read_days(plain, zone)
    if found and found.days and plain[0].isalpha():
        return found.window(now).start
    return now if plain == "now" else parse_instant(text, zone)


def _read_length(plain: str, _: ZoneInfo | None) -> Range | None:
    if _PARTS.fullmatch(plain):
        seconds = sum(map(_seconds, re.findall(rf"{_PART}(?![a-z])", plain)))
        if not 0 < seconds <= LONGEST:
            raise TimeError(
                f"'{plain}' is not a length of time.", "Write up to twenty years: 90m, 1h30m, 7d."
            )
        return Range(length=timedelta(seconds=seconds))
    match = _SPOKEN.fullmatch(plain)
    if match is None or not (match["count"] or match["last"]):
        return None
    unit = next(unit for unit in _WORDS if match[unit])
    return Range(length=parse_duration(f"{match['count'] or 1}{unit}"))


def _seconds(part: tuple[str, str]) -> int:
    """Seconds of a number and the word for its unit."""
    count, word = part
    unit = next(unit for unit, words in _WORDS.items() if word in words.split("|"))
    return int(count) * UNITS[unit]


def _read_days(plain: str, zone: ZoneInfo | None) -> Range | None:
    match = _DAYS.fullmatch(plain)
    if match is None or not plain or (match[1] is None and match[5] is None):
        return None
    name, start = match[1] or "today", _minutes(*match.groups()[1:4])
    end = _minutes(*match.groups()[4:7])
    if start is not None and (name.startswith("this ") or end is None):
        end = None if name.startswith("this ") else (start + 60) % 1440
    if start is not None and end is None:
        raise TimeError(f"'{plain}' is no range.", "Give hours of one day: yesterday 9-10.")
    return Range(days=Days(name, start, end, zone.key if zone else "UTC"))


def _read_hours(plain: str, zone: ZoneInfo | None) -> Range | None:
    """A day, or hours of one."""
    if re.fullmatch(_DAY, plain):
        day = parse_instant(plain).date()
        ends = (_at(day, 0, zone), _at(day + timedelta(days=1), 0, zone))
        return Range(fixed=Window(*ends))
    match = _HOURS_OF_DAY.fullmatch(plain)
    if match is None:
        return None
    day = parse_instant(match[1]).date()
    start, end = _minutes(*match.groups()[1:4]), _minutes(*match.groups()[4:7])
    if start is None or end is None:
        return None
    night = timedelta(days=1 if end <= start else 0)
    return Range(fixed=Window(_at(day, start, zone), _at(day + night, end, zone)))


def _minutes(hour: str | None, minute: str | None, half: str | None) -> int | None:
    """Minutes since midnight of a clock's text; None without.

    Raises:
        TimeError: No clock shows it.
    """
    if hour is None:
        return None
    count = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
    total = 60 * count + int(minute or 0)
    if total > 1440 or int(minute or 0) > 59 or (half and not 0 < int(hour) <= 12):
        raise TimeError(f"'{hour}:{minute or '00'}' is no time of a day.", "Write 9:30 or 21:30.")
    return total


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _at(day: date, minutes: int, zone: ZoneInfo | None) -> datetime:
    """The instant at which the clocks of a zone show a time; 24:00 is the next midnight."""
    more, rest = divmod(minutes, 1440)
    clock = time(rest // 60, rest % 60)
    return datetime.combine(day + timedelta(days=more), clock, zone or UTC).astimezone(UTC)
