"""A series beside itself of a day or a week before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import COMPLETE, complete_of, nullable
from vpcflow_core.clock_changes import clock_changes
from vpcflow_core.coverage import Coverage
from vpcflow_core.errors import ParameterError
from vpcflow_core.times import Window, format_duration, format_instant, parse_duration
from vpcflow_core.units import number_of

THEN = "_then"


@dataclass(frozen=True, slots=True)
class Shifts:
    """The windows to compare with.

    Attributes:
        windows: The window moved back, by the shift's name; those that the data reaches.
        notes: Sentences about those that it does not reach.
        clocks: Sentences about those between which the clocks changed.
    """

    windows: dict[str, Window]
    notes: tuple[str, ...]
    clocks: tuple[str, ...] = ()


def shifts_of(
    names: Iterable[str],
    window: Window,
    every: timedelta,
    coverage: Coverage,
    zone: ZoneInfo | None = None,
) -> Shifts:
    """Move a window back.

    Args:
        names: How far: `1d`, `7d`.
        window: In whole timeslices.
        every: The timeslice.
        coverage: What is known of when.
        zone: Days are those of this zone's clock; None: of 24 hours.

    Raises:
        TimeError: A name is no length of time.
        ParameterError: A shift is no multiple of the timeslice.
    """
    windows: dict[str, Window] = {}
    notes, clocks = [], []
    for name in dict.fromkeys(name.strip() for name in names):
        moved, by_clock = moved_back(window, _shift(name, every), every, zone)
        if by_clock:
            clocks.append(by_clock)
        if coverage.reaches(moved):
            windows[name] = moved
        if why := _missing(moved, coverage):
            how = "is partial" if name in windows else "is left out"
            notes.append(f"The comparison with {name} before {how}: {why}.")
    return Shifts(windows, tuple(notes), tuple(clocks))


def moved_back(
    window: Window, length: timedelta, every: timedelta, zone: ZoneInfo | None
) -> tuple[Window, str]:
    """A window moved back, and what to know if the clocks changed since.

    Args:
        window: In whole timeslices.
        length: How far back; whole days are those of the zone's clock.
        every: The timeslice.
        zone: Of the clock; None: days have 24 hours.
    """
    then = earlier(pd.Series([window.start, window.end]), length, every, zone)
    plain = window.moved(-length)
    changed = zone is not None and clock_changes(Window(plain.start, window.end), zone)
    if zone is None or not changed or not _by_clock(length):
        return plain, ""
    # A time that the clock did not show is that of 24 hours before: it has no bucket of its own.
    start, end = then.fillna(pd.Series([plain.start, plain.end]))
    moved = plain if end <= start else Window(start.to_pydatetime(), end.to_pydatetime())
    how = "the same time by the clock"
    if (then == pd.Series([plain.start, plain.end])).all():
        how = "the same time by the clock as far as timeslices allow"
    return moved, f"The clocks of {zone.key} changed: {format_duration(length)} before is {how}."


def earlier(
    buckets: pd.Series[Any], length: timedelta, every: timedelta, zone: ZoneInfo | None
) -> pd.Series[Any]:
    """Of each bucket an earlier one; whole days earlier at the same time by the clock.

    Args:
        buckets: Start of each, UTC.
        length: How far back.
        every: Length of the buckets; days have 24 hours where clocks changed by a part of that.
        zone: Of the clock; None: days have 24 hours.

    Returns:
        UTC. Of an hour that a clock showed twice, the first time; null where it did not show it.
    """
    plain = buckets - length
    if zone is None or not _by_clock(length):
        return plain
    local = buckets.dt.tz_convert(zone).dt.tz_localize(None) - length
    first = np.ones(len(local), dtype=bool)
    then = local.dt.tz_localize(zone, ambiguous=first, nonexistent="NaT").dt.tz_convert("UTC")
    moved = (then - plain).dropna()
    return then if (moved % every == pd.Timedelta(0)).all() else plain


def _by_clock(length: timedelta) -> bool:
    return length % timedelta(days=1) == timedelta(0)


def _missing(window: Window, coverage: Coverage) -> str:
    """What is missing of a window, in words; "" if it is all there."""
    gaps, extent = coverage.gaps_in(window), coverage.extent
    if extent is None:
        return ""
    if window.start < extent.start:
        return f"the data begins {format_instant(extent.start)}"
    spans = [f"{format_instant(gap.start)} to {format_instant(gap.end)}" for gap in gaps]
    more = f" and {number_of(len(spans) - 1, 'more times')}" if len(spans) > 1 else ""
    return f"records are missing from {spans[0]}{more}" if spans else ""


def _shift(name: str, every: timedelta) -> timedelta:
    length = parse_duration(name)
    if length % every:
        raise ParameterError(
            f"{name} before is no whole number of timeslices of {format_duration(every)}.",
            "Compare with one that is, or take a timeslice that divides it (--every 1h).",
        )
    return length


def compare(
    series: pd.DataFrame,
    earlier: Mapping[str, pd.DataFrame],
    *,
    values: Iterable[str] = ("value",),
    counts: Iterable[str] | None = None,
    known_from: datetime | None = None,
    final: Mapping[str, pd.Series[bool]] | None = None,
    then: Mapping[str, pd.Series[Any]] | None = None,
) -> pd.DataFrame:
    """Join a series with what it was earlier.

    Args:
        series: Columns `bucket` (UTC), groups if any, the values, and maybe `complete`; every
            bucket.
        earlier: The same question for the window moved back, by the shift's name (`1d`); buckets
            as they were, those without flows left out.
        values: The columns to compare.
        counts: Those of them that were zero in a bucket or group that is missing in `earlier`, all
            if not given; of the others (quantiles) the value is missing then.
        known_from: First record of all; what lies before it is not known, and null.
        final: By the shift's name, for each bucket of the series, whether the bucket that it is
            compared with is complete; one that is not is not known, and null.
        then: By the shift's name, for each bucket of the series the one it is compared with, null
            where there is none; so much earlier if not given.

    Returns:
        The series with, for each shift, `value_1d` (null where not known), then
        `change_1d`, the change since then in percent (null where the base is zero or not known, or
        the bucket is not complete).
    """
    values = list(values)
    zero = values if counts is None else list(counts)
    keys = [name for name in series.columns if name not in (*values, COMPLETE)]
    rows = series
    for name, frame in earlier.items():
        at = rows["bucket"] - parse_duration(name)
        if then is not None and len(rows):
            at = rows["bucket"].map(then[name])
        rows = _beside(rows, name, frame, keys, values, zero, known_from, at)
        if final is not None:
            made = [f"{value}_{name}" for value in values]
            rows[made] = rows[made].where(rows["bucket"].map(final[name]))
    for name in earlier:
        for value in values:
            change = _change(rows[value], rows[f"{value}_{name}"])
            rows[f"{_title(value, 'change')}_{name}"] = change.where(complete_of(rows))
    return rows


def _title(value: str, what: str) -> str:
    """`change` of the only value; of several each has its own: `bytes_change`."""
    return what if value == "value" else f"{value}_{what}"


def _beside(
    rows: pd.DataFrame,
    name: str,
    frame: pd.DataFrame,
    keys: list[str],
    values: list[str],
    zero: list[str],
    known_from: datetime | None,
    at: pd.Series[Any],
) -> pd.DataFrame:
    """The rows with the values of one shift, each with those of the bucket `at`."""
    named = {value: f"{value}_{name}" for value in values}
    moved = frame[[*keys, *values]].rename(columns={**named, "bucket": THEN})
    at = at.astype(rows["bucket"].dtype)
    moved[THEN] = moved[THEN].astype(at.dtype)
    # Nullable before the join, so that whole numbers beside missing ones stay exact.
    exact = moved.astype({name: nullable(moved[name]) for name in named.values()})
    on = [THEN, *(key for key in keys if key != "bucket")]
    joined = rows.assign(**{THEN: at}).merge(exact, on=on, how="left")
    made = joined[list(named.values())].fillna({named[value]: 0 for value in zero})
    made = made.mask(joined[THEN].isna())
    buckets = rows["bucket"].drop_duplicates()
    # Of a single bucket the length is not known; `shifts_of` lets only those pass that are reached.
    if known_from is not None and len(buckets) > 1:
        made = made.mask(joined[THEN] + buckets.diff().min() <= known_from)
    return joined.drop(columns=[THEN, *made.columns]).join(made)


def _change(value: pd.Series[int], base: pd.Series[int]) -> pd.Series[float]:
    """The change since the base, in percent."""
    known = base.astype("Float64").mask(base == 0)
    return (value.astype("Float64") - known) / known * 100
