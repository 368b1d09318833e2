"""Times in every form that logs write them in."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MILLISECONDS_FROM = 10**11

# ISO 8601, extended or basic. A blank may stand for `T` between parts with hyphens and colons
# (pandas, Athena, Insights) and before the zone. Digits alone are an epoch, not a day.
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_OTHER_DATE = r"[0-9]{4}-?W[0-9]{2}-?[1-7]|[0-9]{4}-[0-9]{3}"
_CLOCK = r"[0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?(?:[.,][0-9]+)?"
_ZONE = r"(?: ?(?:[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
ISO_TIME = rf"(?:{_DATE} [0-9]{{2}}:|(?:{_DATE}|{_OTHER_DATE}|[0-9]{{7,8}})[Tt]){_CLOCK}{_ZONE}"
_ISO = rf"^(?:{ISO_TIME}|{_DATE}|{_OTHER_DATE})$"

# Days by the number of the week or of the day in the year: so rare that Python may turn them.
_OTHER_DAY = r"^(?:[0-9]{4}-?W|[0-9]{4}-[0-9]{3}(?:[Tt ]|$)|[0-9]{7}[Tt ])"
_DAY_FIRST = re.compile(rf"({_OTHER_DATE}|[0-9]{{7}})(.*)")

_PARTS = (
    r"^(?P<year>[0-9]{4})-?(?P<month>[0-9]{2})-?(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2})(?::?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2}))?)?"
    r"(?:[.,](?P<fraction>[0-9]{1,9})[0-9]*)?)?"
    r" ?(?:[A-Za-z]+|(?P<sign>[+-])(?P<zone_hours>[0-9]{2}):?(?P<zone_minutes>[0-9]{2})?)?$"
)
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_LATEST = 10**14  # as of epochs, see fields.KINDS
_DIGITS = 9  # of a fraction: nanoseconds

_Numbers = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


def milliseconds(epochs: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Epoch seconds as times; values above 10^11 are milliseconds already."""
    highest = pc.max(epochs).as_py()
    if highest is None or highest <= MILLISECONDS_FROM:
        # A cast from seconds costs a third of the multiplication by hand.
        return epochs.cast(pa.timestamp("s")).cast(pa.timestamp("ms"))
    in_seconds = pc.less_equal(epochs, MILLISECONDS_FROM)
    scaled = pc.if_else(in_seconds, pc.multiply(pc.if_else(in_seconds, epochs, 0), 1000), epochs)
    return scaled.cast(pa.timestamp("ms"))


def plain_times(source: pa.Array) -> pa.Array:
    """Typed times, in UTC without a zone mark, in milliseconds."""
    if getattr(source.type, "tz", None):
        source = source.cast(pa.timestamp(source.type.unit, "UTC"))
        source = source.cast(pa.timestamp(source.type.unit))
    return source.cast(pa.timestamp("ms"), safe=False)


def iso_times(text: pa.Array) -> tuple[pa.Array | None, pa.Array]:
    """Times written as ISO 8601, and which rows are written so; None if no row is.

    Without a zone they are UTC. A row that is written so but names no time that there is (month
    13, 30 February, a year before 1970) is null.
    """
    is_iso = pc.fill_null(pc.match_substring_regex(text, _ISO), False)
    if not pc.any(is_iso).as_py():
        return None, is_iso
    text = pc.if_else(is_iso, text, None)
    plain = _by_arrow(text)
    return (_read(text) if plain is None else plain), is_iso


def _by_arrow(text: pa.Array) -> pa.Array | None:
    """The times if they are all plain enough for Arrow, which is five times as fast; else None."""
    try:
        times = text.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms"))
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(times.cast(pa.int64())).as_py()
    return times if ends["min"] is not None and 0 <= ends["min"] <= ends["max"] <= _LATEST else None


def _read(text: pa.Array) -> pa.Array:
    parts = pc.extract_regex(_with_calendar_days(text), _PARTS)
    year, month, day = (_number(parts.field(name)) for name in ("year", "month", "day"))
    hour, minute, second = (_number(parts.field(name)) for name in ("hour", "minute", "second"))
    shift, is_zone = _zone(parts)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - first
    within = hour * _HOUR_MS + minute * _MINUTE_MS + second * 1000 + _fraction(parts)
    moment = (first + day - 1) * _DAY_MS + within - shift
    good = (
        (month >= 1)
        & (month <= 12)
        & (day >= 1)
        & (day <= length)
        & (moment >= 0)
        & (moment <= _LATEST)
    )
    # 24:00 is the end of a day, and the second 60 one that was put in.
    good &= ((hour < 24) | (within == _DAY_MS)) & (hour <= 24) & (minute < 60) & (second <= 60)
    known = pa.array(good & is_zone & np.asarray(parts.is_valid()))
    return pc.if_else(known, pa.array(moment), None).cast(pa.timestamp("ms"))


def _zone(parts: pa.StructArray) -> tuple[_Numbers, _Flags]:
    """How far the zone is ahead of UTC in milliseconds, and whether there can be such a zone."""
    hours, minutes = (_number(parts.field(name)) for name in ("zone_hours", "zone_minutes"))
    is_behind = np.asarray(pc.fill_null(pc.equal(parts.field("sign"), "-"), False))
    ahead = hours * _HOUR_MS + minutes * _MINUTE_MS
    return np.where(is_behind, -ahead, ahead), (hours < 24) & (minutes < 60)


def _number(words: pa.Array) -> _Numbers:
    """The digits as numbers; 0 where there are none."""
    words = pc.if_else(pc.equal(words, ""), None, words)
    return np.asarray(pc.fill_null(words.cast(pa.int64()), 0))


def _fraction(parts: pa.StructArray) -> _Numbers:
    """Milliseconds of the fraction of whatever part of the clock comes last."""
    digits = pc.utf8_rpad(parts.field("fraction"), _DIGITS, "0")
    nanos = _number(pc.if_else(pc.equal(parts.field("fraction"), ""), "", digits))
    has_second = _has(parts.field("second"))
    unit = np.where(_has(parts.field("minute")), _MINUTE_MS, _HOUR_MS)
    return np.asarray(nanos * np.where(has_second, 1000, unit) // 10**_DIGITS, dtype=np.int64)


def _has(words: pa.Array) -> _Flags:
    return np.asarray(pc.fill_null(pc.not_equal(words, ""), False))


def _with_calendar_days(text: pa.Array) -> pa.Array:
    other = pc.fill_null(pc.match_substring_regex(text, _OTHER_DAY), False)
    if not pc.any(other).as_py():
        return text
    turned = [_calendar_day(word) for word in text.filter(other).to_pylist()]
    return pc.replace_with_mask(text, other, pa.array(turned, pa.string()))


def _calendar_day(text: str) -> str | None:
    """The time with its day as `2026-11-20`; None if there is no such day."""
    found = _DAY_FIRST.match(text)
    if found is None:
        return None
    day, clock = found.groups()
    year, rest = int(day[:4]), day[4:].replace("-", "")
    try:
        if rest.startswith("W"):
            return f"{date.fromisocalendar(year, int(rest[1:3]), int(rest[3]))}{clock}"
        first = date(year, 1, 1).toordinal()
        turned = date.fromordinal(first + int(rest) - 1)
    except (ValueError, OverflowError):
        return None
    return f"{turned}{clock}" if turned.year == year else None
