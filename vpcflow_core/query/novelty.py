"""What is new: groups of a range that no record of an earlier range belongs to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    TableClause,
    and_,
    case,
    column,
    func,
    null,
    select,
    table,
    true,
)

from vpcflow_core.query.columns import column_of, started
from vpcflow_core.query.constructs import Fingerprint
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.grouped import parts_of, with_parts
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

SEEN, NUMBER = "seen", "number"
# How many groups the range has, and how many of them are new: the same in each row.
GROUPS, NEW = "groups_of_range", "new_groups"


@dataclass(frozen=True, slots=True)
class NewGroups:
    """Groups that were not seen before.

    Attributes:
        result: The first ones.
        new: How many are new.
        groups: Of how many.
    """

    result: QueryResult
    new: int
    groups: int


def seen_relation() -> TableClause:
    """The numbers of the groups that were seen before, where an engine keeps them."""
    return table(SEEN, column(NUMBER, BigInteger()))


def seen_for(
    query: Query, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT for the numbers (`Fingerprint`) of the groups of a question: `number`.

    Args, Raises:
        As `select.select_for`.
    """
    groups = replace(query, measures=("flows",), order="", top=None)
    found = select_for(groups, window, filters, columns).order_by(None).cte("groups_seen")
    return select(Fingerprint(*(found.c[name] for name in query.by)).label(NUMBER))


def new_for(
    query: Query,
    window: Window,
    filters: Filters,
    columns: Collection[str],
    before: Window | TableClause,
) -> Select[Any]:
    """The SELECT for the groups of a window that were not seen before.

    Args:
        query: Groups and measures, without `every`; of what is new, the `top` ones.
        window: Range of `start_time`.
        filters: Conditions besides the question's own, of both ranges.
        columns: The columns that some record of the store has.
        before: The range in which none of their records started, or the relation of what was
            seen in it.

    Returns:
        The dimensions, the measures, `GROUPS` and `NEW`; in the order of `select.select_for`. If
        nothing is new, one row whose dimensions are null.

    Raises:
        As `select.select_for`.
    """
    order = query.order or query.measures[0]
    measures = tuple(dict.fromkeys((*query.measures, order)))
    groups = replace(query, measures=measures, order="", top=None)
    now = select_for(groups, window, filters, columns).order_by(None).cte("now")
    if isinstance(before, Window):
        seen: Any = seen_for(query, before, filters, columns).cte(SEEN)
    else:
        seen = before
    number = Fingerprint(*(now.c[name] for name in query.by))
    unseen = number.not_in(select(seen.c[NUMBER]))
    fresh = select(*now.c).where(unseen).cte("fresh")
    down = [fresh.c[order].desc(), *(fresh.c[name] for name in query.by)]
    first = select(*fresh.c).order_by(*down).limit(query.top).cte("first_rows")
    counts = select(
        select(func.count()).select_from(now).scalar_subquery().label(GROUPS),
        select(func.count()).select_from(fresh).scalar_subquery().label(NEW),
    ).cte("counts")
    shown = [column_of(name) for name in query.by] + [column(name) for name in query.measures]
    made = (
        select(*(first.c[of.name] for of in shown), *counts.c)
        .select_from(counts.outerjoin(first, true()))
        .order_by(first.c[order].desc(), *(first.c[name] for name in query.by))
    )
    if isinstance(before, Window) and before.end == window.start:
        return _with_parts(made, query, (before, window), filters, columns)
    return made


def _with_parts(
    made: Select[Any],
    query: Query,
    ranges: tuple[Window, Window],
    filters: Filters,
    columns: Collection[str],
) -> Select[Any]:
    """The SELECT, which says of which rows it is made: groups of both ranges, the new ones first.

    What is shown of others is left out by who counts the new ones.
    """
    before, now = (and_(*started(of)) for of in ranges)
    order = query.order or query.measures[0]
    both = Window(ranges[0].start, ranges[1].end)
    asked = replace(query, order="", top=None)
    parts = parts_of(select_for(asked, both, filters, columns))
    is_simple = not query.records and not query.least and measure(order).groups_add_up
    if parts is None or not is_simple:
        return made
    (one,) = parts.grouped
    is_new = func.count().filter(before) == 0
    highest = case((is_new, measure(order).expression(now).element), else_=null())
    grouped = replace(
        one,
        values=tuple(measure(name).expression(now) for name in query.measures),
        having=(*one.having, func.count().filter(now) > 0),
        order=highest.label(order),
        top=query.top,
        counted=(GROUPS, NEW),
    )
    return with_parts(made, grouped)
