"""Bytes and packets of a record spread over the time from its start to its end.

Records are added up by the slices that they begin and end in; the few rows of that become a row for
each slice between. So no record is multiplied, however many slices it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
SHARES = "_shares"
# Under this name a SELECT carries what it spreads, among its execution options.
_OPTION = "vpcflow_spread"
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


@dataclass(frozen=True, slots=True)
class Spreading:
    """What a SELECT spreads, and over which slices; see `spread_select`.

    Attributes:
        asked: What.
        window: In whole slices.
        every: The slice.
        bucket: What the column of slices is called.
    """

    asked: Spread
    window: Window
    every: timedelta
    bucket: str

    @property
    def names(self) -> list[str]:
        """The columns of the answer."""
        groups = [self.bucket, *(group.name for group in self.asked.groups)]
        values = [of.name for of, _ in self.asked.measures]
        return [*groups, *(part for name in values for part in (name, f"{name}{SHARES}"))]

    def of(self, measures: Sequence[tuple[Measure, Label[Any]]]) -> Select[Any]:
        """The SELECT that spreads other measures in the same way."""
        asked = replace(self.asked, measures=measures)
        return spread_select(asked, self.window, self.every, self.bucket)


def spreading_of(question: Select[Any]) -> Spreading | None:
    """What a SELECT spreads; None where it is no such question."""
    found = question.get_execution_options().get(_OPTION)
    return found if isinstance(found, Spreading) else None


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
    ordered = made.order_by(column(bucket, Instant()), *groups)
    return ordered.execution_options(**{_OPTION: Spreading(asked, window, every, bucket)})


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
    start, lasts = column_of("start_time"), seconds_lasted()
    first, last = TimeBucket(start, every), TimeBucket(last_second(), every)
    sums: list[Label[Any]] = []
    for measure, total in asked.measures:
        rate = _rate(measure, lasts)
        waited = rate * SecondsBetween(first, start)
        sums += [
            total,
            _sum(rate, asked.counted).label(f"{measure.name}_rate"),
            _sum(waited, asked.counted).label(f"{measure.name}_waited"),
        ]
    begins = asked.begins
    return (
        select(first.label(FIRST.name), last.label(LAST.name), *asked.groups, *sums)
        .select_from(asked.relation)
        .where(AllOf(start >= begins.start, start < begins.end, *asked.conditions))
        .group_by(first, last, *asked.groups)
        .having(*asked.having)
    )


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
    rate: ColumnElement[float] = column(f"{name}_rate", Double())
    waited: ColumnElement[float] = column(f"{name}_waited", Double())
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
