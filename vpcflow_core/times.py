"""Instants, durations, windows and timeslices, and their texts.

All instants are timezone-aware and in UTC. Texts are those of the URL and the command line:
durations `90s 5m 1h 7d 2w`, instants ISO 8601 or seconds since 1970.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vpcflow_core.errors import TimeError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds of each unit; the longest length that can be meant.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LONGEST = 20 * 366 * 86400
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])", re.IGNORECASE)
# Seconds or milliseconds.
SINCE_1970 = re.compile(r"\d{9,10}|\d{12,13}")
# Timeslices that a range has at least, where a panel's own are too long for it.
FEW = 3


def parse_duration(text: str) -> timedelta:
    """The length of time `text` tells of, such as `90s`, `5m`, `24h`, `7d` or `2w`.

    Raises:
        TimeError: Not of that form, zero, or longer than twenty years.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = int(match[1]) * UNITS[match[2].lower()] if match else 0
    if not 0 < seconds <= LONGEST:
        raise TimeError(
            f"'{text}' is not a length of time.", "Write a number and a unit: 90s, 5m, 24h, 7d, 2w."
        )
    return timedelta(seconds=seconds)


def format_duration(length: timedelta) -> str:
    """The shortest exact form that `parse_duration` reads: one day is `1d`, 90 minutes `90m`."""
    seconds = int(length.total_seconds())
    # 24h reads better than 1d beside 1h and 6h, and is the form of the `range` parameter.
    units = "hms" if seconds <= 86400 else "dhms"
    unit = next(u for u in units if seconds % UNITS[u] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        TimeError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise TimeError(f"'{name}' is no time zone.", "Write it as Europe/Berlin or UTC.") from None


def parse_instant(text: str, zone: ZoneInfo | None = None) -> datetime:
    """The instant that ISO 8601 `text` tells of, in UTC.

    Args:
        text: `2026-11-01`, `2026-11-01T09:30`, with or without seconds, `Z` or an offset; seconds
            or milliseconds since 1970.
        zone: Zone of a text without offset; UTC if not given.

    Raises:
        TimeError: Not an ISO 8601 date or time, or out of the range of years 1970 to 2200.
    """
    plain = text.strip()
    try:
        if SINCE_1970.fullmatch(plain):
            return EPOCH + timedelta(milliseconds=int(plain) * (1 if len(plain) > 10 else 1000))
        # 9:30 is 09:30.
        moment = datetime.fromisoformat(re.sub(r"(?<=[T ])(\d:\d{2})", r"0\1", plain))
    except ValueError:
        raise TimeError(
            f"'{text}' is not a time.", "Write it as 2026-11-01, 2026-11-01T09:30 or ...T09:30:00Z."
        ) from None
    if not 1970 < moment.year < 2200:
        raise TimeError(f"'{text}' lies outside the years 1971 to 2199.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone or UTC)).astimezone(UTC)


def format_instant(moment: datetime) -> str:
    """ISO 8601 in UTC, as short as it can be exact: `2026-11-01T00:00Z`, `...T00:00:05Z`."""
    moment = moment.astimezone(UTC)
    form = "%Y-%m-%dT%H:%MZ" if moment.second == 0 else "%Y-%m-%dT%H:%M:%SZ"
    return moment.strftime(form)


def floor_to(moment: datetime, step: timedelta) -> datetime:
    """The last clock-aligned edge of `step` at or before `moment`."""
    return moment - (moment - EPOCH) % step


def ceil_to(moment: datetime, step: timedelta) -> datetime:
    """The first clock-aligned edge of `step` at or after `moment`."""
    return moment + (EPOCH - moment) % step


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time: from `start` (included) to `end` (excluded), both UTC.

    Raises:
        TimeError: The end does not lie after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise TimeError(
                f"The range ends ({format_instant(self.end)}) before it has begun "
                f"({format_instant(self.start)}).",
                "Give an end that lies after the start.",
            )

    def __str__(self) -> str:
        return f"{format_instant(self.start)}/{format_instant(self.end)}"

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start

    def snapped(self, step: timedelta) -> Window:
        """The smallest window of whole buckets of `step` that holds this one."""
        return Window(floor_to(self.start, step), ceil_to(self.end, step))

    def moved(self, by: timedelta) -> Window:
        """The window shifted by `by` (negative: into the past)."""
        return Window(self.start + by, self.end + by)

    @staticmethod
    def last(length: timedelta, until: datetime) -> Window:
        """The window of that length which ends at `until`."""
        return Window(until - length, until)


def timeslice_within(window: Window, every: timedelta, least: int = 1) -> timedelta:
    """The timeslice, or a finer round one where it does not fit `least` times into the window.

    >>> hours = Window(EPOCH, EPOCH + timedelta(minutes=20))
    >>> timeslice_within(hours, timedelta(hours=1)) // timedelta(seconds=1)
    300
    """
    steps = (3600, 900, 300, 60, 30, 10, 5, 1)
    if window.length >= least * every:
        return every
    seconds = window.length.total_seconds()
    return timedelta(seconds=next((s for s in steps if seconds >= FEW * s), 1))


def timeslice_for(window: Window, at_most: int = 1500) -> timedelta:
    """The finest round timeslice that cuts the window into at most `at_most` buckets."""
    steps = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400)
    seconds = window.length.total_seconds()
    return timedelta(seconds=next((s for s in steps if seconds / s <= at_most), steps[-1]))
