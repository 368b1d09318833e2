"""Which groups of a question over time are kept: of the highest timeslice, or the highest last one.

Those of the highest average have the highest total, which `select` keeps by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, Select, func, literal, select

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.columns import Instant
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import is_spread, snapped
from vpcflow_core.query.question import Limit, Query
from vpcflow_core.query.select import BUCKET, select_for
from vpcflow_core.query.spread import SHARES
from vpcflow_core.times import Window


def require_limit(text: str) -> None:
    """Refuse what is no limit.

    Raises:
        ParameterError: It is none.
    """
    if text not in get_args(Limit):
        raise ParameterError(
            f"'{text}' is no limit of groups.", f"Limits: {', '.join(get_args(Limit))}."
        )


def is_limited(query: Query) -> bool:
    """Whether the groups of a question must be found before it is asked.

    Raises:
        ParameterError: The limit is none of those there are.
    """
    require_limit(query.limit_by)
    return query.limit_by != "average" and bool(query.every and query.top and query.by)


def ranked(query: Query) -> Query:
    """The question by which `highest` ranks the groups: the order measure of every group."""
    order = query.order or query.measures[0]
    place = query.place if measure(order).spreads else "start"
    return replace(query, measures=(order,), order=order, top=None, place=place)


def highest(
    query: Query,
    window: Window,
    filters: Filters,
    columns: Collection[str],
    earliest: datetime | None,
    settled_until: datetime | None,
    top: int,
) -> Select[Any]:
    """The SELECT of the groups with the highest timeslices.

    Args:
        query: What `ranked` gives.
        window: Its range.
        filters: Conditions besides the question's own.
        columns: The columns that some record of the store has.
        earliest: Start of the first record that reaches into the window; None: not known.
        settled_until: Up to when no record can still arrive; None: all are there. The last
            timeslice is the last complete one in which something was.
        top: How many.

    Returns:
        The groups, the highest first, equal ones in their own order.
    """
    slices = select_for(query, window, filters, columns, earliest).order_by(None).cte("slices")
    value: ColumnElement[Any] = slices.c[query.order]
    if is_spread(query):
        value = value + func.coalesce(slices.c[query.order + SHARES], 0)
    groups = [slices.c[name] for name in query.by]
    made = select(*groups).group_by(*groups).order_by(func.max(value).desc(), *groups).limit(top)
    if query.limit_by != "last":
        return made
    at = slices.c[BUCKET]
    last = select(func.max(at)).where(*_complete(at, query, window, settled_until))
    return made.where(at == last.scalar_subquery())


def _complete(
    at: ColumnElement[Any], query: Query, window: Window, settled_until: datetime | None
) -> list[ColumnElement[bool]]:
    """That a timeslice is complete; nothing where none of the range is."""
    if settled_until is None or query.every is None:
        return []
    latest = settled_until - query.every
    return [at <= literal(latest, Instant())] if latest >= snapped(query, window).start else []
