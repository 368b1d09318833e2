"""Bytes and packets of a record spread over the time from its start to its end.

Records are added up by the slices that they begin and end in; the few rows of that become a row for
each slice between. So no record is multiplied, however many slices it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Label,
    Select,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
)

from vpcflow_core.query.columns import Instant, column_of
from vpcflow_core.query.constructs import (
    AllOf,
    SecondsBetween,
    Slices,
    TimeBucket,
)
from vpcflow_core.query.lasting import last_second, seconds_lasted
from vpcflow_core.query.measures import WHOLE, Measure, whole_sum
from vpcflow_core.times import Window

# How long a record may last and still reach into a window that it began before, where it is not
# known how long they last. AWS aggregates over 10 minutes at most; an hour leaves room for what
# other collectors write.
LONGEST = timedelta(hours=1)
SHARES, RATE, WAITED = "_shares", "_rate", "_waited"
FIRST, LAST = column("first_slice", Instant()), column("last_slice", Instant())


@dataclass(frozen=True, slots=True)
class Spread:
    """What is spread.

    Attributes:
        relation: Where the records are.
        groups: Columns to group by.
        measures: The measures and their totals, each of which `Measure.spreads`.
        counted: Only these records have bytes and packets; () if all of them.
        conditions: Conditions on the records, but for those on their start.
        having: Conditions on the groups.
        begins: Where the records begin that are looked at.
    """

    relation: FromClause
    groups: Sequence[ColumnElement[Any]]
    measures: Sequence[tuple[Measure, Label[Any]]]
    counted: Sequence[ColumnElement[bool]]
    conditions: Sequence[ColumnElement[bool]]
    having: Sequence[ColumnElement[bool]]
    begins: Window


def reached(window: Window, earliest: datetime | None = None) -> Window:
    """Where records may begin that reach into a window; not before `earliest`, if that is known."""
    return Window(earliest or window.start - LONGEST, window.end)


def spread_select(asked: Spread, window: Window, every: timedelta, bucket: str) -> Select[Any]:
    """The SELECT of measures by slice, each record spread evenly over the seconds it lasts.

    A record lasts from the second of `start_time` to that of `end_time`, both included: they are
    those of its first and last packet. One of whole minutes, from the first second of one to the
    first of another, tells its window instead, which ends where the next one begins. A record
    without end, or that ends before it begins, lies where it begins.

    Args:
        asked: What is spread.
        window: In whole slices.
        every: The slice.
        bucket: What the column of slices is called.

    Returns:
        Columns: the slice, the groups; for each measure what records of one slice have, exact, and
        with `SHARES` behind its name the shares of the others, as floats. Slices in which nothing
        was are left out. The shares of a record add up to the whole.
    """
    made = shares_of(by_slices(asked, every).cte("parts"), asked, window, every, bucket)
    groups = [column(group.name, group.type) for group in asked.groups]
    return made.order_by(column(bucket, Instant()), *groups)


def shares_of(
    parts: FromClause, asked: Spread, window: Window, every: timedelta, bucket: str
) -> Select[Any]:
    """What `spread_select` gives, in no order, of the records as `by_slices` adds them up."""
    groups = [column(group.name, group.type) for group in asked.groups]
    begin, end = (literal(edge, Instant()) for edge in (window.start, window.end - every))
    last = case((LAST > FIRST, LAST), else_=FIRST)
    # What ends before the window has no slice in it. A condition in WHERE would say the same, but
    # DuckDB would check it for each record.
    slices = Slices(parts, func.greatest(FIRST, begin), func.least(last, end), every, bucket)
    at = column(bucket, Instant())
    values = [value for of, _ in asked.measures for value in _values(of.name, at, every)]
    return select(at, *groups, *values).select_from(slices).group_by(at, *groups)


def by_slices(asked: Spread, every: timedelta) -> Select[Any]:
    """Totals, rates and moments of the records that begin in one slice and end in another."""
    first, last = slices_of(every)
    return (
        select(
            first.label(FIRST.name), last.label(LAST.name), *asked.groups, *sums_of(asked, every)
        )
        .select_from(asked.relation)
        .where(AllOf(*conditions_of_start(asked)))
        .group_by(first, last, *asked.groups)
        .having(*asked.having)
    )


def slices_of(every: timedelta) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The slices that a record begins and ends in."""
    return TimeBucket(column_of("start_time"), every), TimeBucket(last_second(), every)


def sums_of(asked: Spread, every: timedelta) -> list[Label[Any]]:
    """Of each measure its total, its rate a second, and what the rate has until records start."""
    start, lasts = column_of("start_time"), seconds_lasted()
    sums: list[Label[Any]] = []
    for measure, total in asked.measures:
        rate = _rate(measure, lasts)
        waited = rate * SecondsBetween(TimeBucket(start, every), start)
        sums += [
            total,
            _sum(rate, asked.counted).label(f"{measure.name}{RATE}"),
            _sum(waited, asked.counted).label(f"{measure.name}{WAITED}"),
        ]
    return sums


def conditions_of_start(asked: Spread) -> tuple[ColumnElement[bool], ...]:
    """All conditions on the records."""
    start, begins = column_of("start_time"), asked.begins
    return (start >= begins.start, start < begins.end, *asked.conditions)


def _rate(measure: Measure, seconds: ColumnElement[Any]) -> ColumnElement[float]:
    """What a record has in each of its seconds; SQLAlchemy's own `/` adds a cast to NUMERIC."""
    over: Any = cast(column_of(measure.field), Double).op("/", 8, return_type=Double())
    rate: ColumnElement[float] = over(seconds)
    return rate


def _sum(value: ColumnElement[Any], counted: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
    total = func.sum(value, type_=Double())
    return total.filter(and_(*counted)) if counted else total


def _values(name: str, at: ColumnElement[Any], every: timedelta) -> tuple[Label[Any], Label[Any]]:
    """What of the records of a row lies in a slice: of those of one slice, and of the others.

    Of the others the first slice has what is from their start on, those between the rate for the
    whole of each, and the last one what is left, so that the parts add up to the whole. Rates of
    records that lie in one slice may be infinite or missing, and are not looked at.
    """
    total: ColumnElement[Any] = column(name, WHOLE)
    rate: ColumnElement[float] = column(f"{name}{RATE}", Double())
    waited: ColumnElement[float] = column(f"{name}{WAITED}", Double())
    seconds = int(every.total_seconds())
    head = rate * seconds - waited
    until_last = head + rate * (SecondsBetween(FIRST, LAST) - seconds)
    alone = func.coalesce(LAST, FIRST) <= FIRST
    share = case(
        (alone, literal(0.0, Double())),
        (at == FIRST, head),
        (at == LAST, total - until_last),
        else_=rate * seconds,
    )
    whole = func.sum(case((alone, total), else_=0))
    return whole_sum(whole).label(name), func.sum(share, type_=Double()).label(f"{name}{SHARES}")
