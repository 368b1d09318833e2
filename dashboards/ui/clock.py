"""Times as the zone's clock of a page shows them, in short."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from vpcflow_core.times import parse_instant

_INSTANT = r"\d{4}-\d\d-\d\dT[\d:.]+Z"
# An instant in a sentence, and the one up to which it goes on; none that is part of a URL.
_SPAN = re.compile(rf"(?<!\S)({_INSTANT})(?: to ({_INSTANT}))?(?=[.,:;)]?(?:\s|$))")


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`25 Nov 00:10`."""
    return f"{at.astimezone(zone):%d %b %H:%M}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`25 Nov 00:10 to 01:06`, with the day of the end where it is another one."""
    until = end.astimezone(zone)
    same_day = until.date() == start.astimezone(zone).date()
    return f"{moment(start, zone)} to {f'{until:%H:%M}' if same_day else moment(end, zone)}"


def localised(sentence: str, zone: ZoneInfo) -> str:
    """A sentence whose instants, which are in UTC, become those of the zone's clock.

    Answers are the same in every zone, and shared: their notes are put into words where drawn.
    """

    def shown(found: re.Match[str]) -> str:
        start = parse_instant(found[1])
        return span(start, parse_instant(found[2]), zone) if found[2] else moment(start, zone)

    return _SPAN.sub(shown, sentence)
