"""What was in each minute, by a few fields of few values: from it many questions are answered.

An engine may keep the minutes of a day (`minutes_of`) and answer from them (`over_minutes`) what
would else read all records of the day again: a minute holds some ten rows, whatever the traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Double,
    Label,
    Select,
    cast,
    column,
    func,
    literal,
    null,
    select,
    table,
    union_all,
)

from vpcflow_core.query.columns import Instant, column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AllOf, TimeBucket
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.lasting import MINUTE
from vpcflow_core.query.measures import WHOLE, Measure, measure, whole_sum
from vpcflow_core.query.place import is_spread, snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import BUCKET
from vpcflow_core.query.spread import FIRST, SHARES, Spread, by_slices, reached, shares_of
from vpcflow_core.times import Window

MINUTES = "minutes"
# Fields of few values. Direction has to be found out for each record: a table of its own has it.
FIELDS = ("action", "protocol")
DIRECTION = "direction"
VOLUMES = ("bytes", "packets")
MEASURES = ("flows", "accepted", "rejected", *VOLUMES)
# What a question over minutes needs of the records.
NEEDED = (*VOLUMES, "start_time", "end_time")
MINUTE_OF = "minute"
# Whether a row tells of what lies in the minute; else of the records that start in it.
LIES = "lies"

Earliest = Callable[[Query, Window], datetime | None]


def fields_for(
    query: Query, window: Window, filters: Filters, columns: Collection[str]
) -> tuple[str, ...] | None:
    """The fields by which minutes must be known to answer a question; None where they cannot.

    Args:
        query: The question.
        window: The range of time.
        filters: Conditions besides the question's own.
        columns: The columns that some record of the store has.
    """
    whole = snapped(query, window)
    wanted = Filters.parse(query.where, columns) & filters
    used = {*query.by, *wanted.columns(columns)}
    known = [name for name in FIELDS if name in columns]
    if DIRECTION in used and DIRECTION in columns:
        known.append(DIRECTION)
    measures = {*query.measures, *([query.order] if query.order else [])}
    answers = (
        not query.records
        and not query.least
        and not (query.every and (query.every % MINUTE or (query.by and query.top)))
        and whole == whole.snapped(MINUTE)
        and measures <= set(MEASURES)
        and used <= set(known)
        and set(NEEDED) <= set(columns)
        and ("action" in known or measures <= {"flows", *VOLUMES})
    )
    return tuple(known) if answers else None


def minutes_of(
    window: Window, fields: Sequence[str], earliest: Earliest
) -> tuple[CompoundSelect[Any], Window]:
    """The minutes of a window, and the window of the records that reach into it.

    Args:
        window: Whole minutes.
        fields: Fields to group by; records without one are a group too.
        earliest: Gives the start of the first record that reaches into a window.

    Returns:
        Columns: minute; the fields; `lies`; flows, bytes, packets, and the shares of bytes and
        packets as `spread.spread_select` gives them. Rows that do not lie have no shares, those
        that do have no flows.
    """
    begins = reached(window, earliest(Query(VOLUMES, every=MINUTE, place="spread"), window))
    return _minutes(window, tuple(fields), begins), begins


# Each question over time names the same days: 3 ms a day to build, 5 ms to compile.
@lru_cache(maxsize=256)
def _minutes(window: Window, fields: tuple[str, ...], begins: Window) -> CompoundSelect[Any]:
    """The SELECT of `minutes_of`; the same object for the same arguments."""
    groups = [column_of(name) for name in fields]
    totals = [(of, of.expression()) for of in map(measure, VOLUMES)]
    asked = Spread(table("flows"), groups, totals, (), (), (), begins)
    parts = by_slices(asked, MINUTE).add_columns(func.count().label("flows")).cte("parts")
    no_shares: list[Label[Any]] = [
        cast(null(), Double()).label(f"{name}{SHARES}") for name in VOLUMES
    ]
    starts = (
        select(
            FIRST.label(MINUTE_OF),
            *groups,
            literal(False, Boolean()).label(LIES),
            cast(func.sum(column("flows")), BigInteger).label("flows"),
            *(whole_sum(func.sum(column(name, WHOLE))).label(name) for name in VOLUMES),
            *no_shares,
        )
        .select_from(parts)
        .where(column(FIRST.name, Instant()) >= window.start)
        .group_by(FIRST, *groups)
    )
    shares = shares_of(parts, asked, window, MINUTE, MINUTE_OF).subquery("shares")
    lying = select(
        column(MINUTE_OF, Instant()),
        *groups,
        literal(True, Boolean()).label(LIES),
        cast(null(), BigInteger).label("flows"),
        *(column(name, WHOLE) for name in VOLUMES),
        *(column(f"{name}{SHARES}", Double()) for name in VOLUMES),
    ).select_from(shares)
    return union_all(starts, lying)


def over_minutes(
    query: Query, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT of a question over the relation `MINUTES`, which has those of its window.

    Args:
        query: A question that `fields_for` says it answers.
        window: The range of time; with `every`, snapped outward to whole buckets.
        filters: Conditions besides the question's own.
        columns: The columns that some record of the store has.

    Returns:
        What `select.select_for` gives, in the same order.
    """
    whole, lies = snapped(query, window), is_spread(query)
    wanted = Filters.parse(query.where, columns) & filters
    at, groups = column(MINUTE_OF, Instant()), [column_of(name) for name in query.by]
    bucket = [TimeBucket(at, query.every)] if query.every else []
    values = [value for name in query.measures for value in _values(measure(name), lies)]
    there = [group.is_not(None) for group in groups if group.name not in query.nulls]
    made = (
        select(*[b.label(BUCKET) for b in bucket], *groups, *values)
        .select_from(table(MINUTES))
        .where(
            AllOf(
                at >= whole.start,
                at < whole.end,
                column(LIES, Boolean()) == literal(lies, Boolean()),
                *conditions_of(wanted, columns),
                *there,
            )
        )
        .group_by(*bucket, *groups)
    )
    if query.every:
        return made.order_by(BUCKET, *groups)
    if not groups:
        return made
    order = _values(measure(query.order or query.measures[0]), lies)[0]
    shown = next((value for value in values if value.name == order.name), order.element)
    return made.order_by(shown.desc(), *groups).limit(query.top)


def _values(of: Measure, lies: bool) -> list[Label[Any]]:
    """The columns of a measure: what is added up of the minutes."""
    counts = of.aggregate == "count"
    total: ColumnElement[Any] = func.sum(column("flows" if counts else of.name, WHOLE))
    if of.action:
        total = total.filter(column_of("action") == of.action)
    if counts:
        return [cast(func.coalesce(total, 0), BigInteger).label(of.name)]
    shares: ColumnElement[Any] = func.sum(column(f"{of.name}{SHARES}", Double()), type_=Double())
    return [
        whole_sum(total).label(of.name),
        *([shares.label(f"{of.name}{SHARES}")] if lies else []),
    ]
