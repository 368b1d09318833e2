"""A question with its window and filters, as one SELECT.

The SELECT stands over a relation, `flows` or `records`, that every engine provides with the names
and types of the field table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Label, Select, false, literal, or_, select, tuple_

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.columns import Instant, column_of, started
from vpcflow_core.query.constructs import AllOf, TimeBucket
from vpcflow_core.query.dimensions import dimension
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.grouped import Busiest, Grouped, with_parts
from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import is_spread, snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.resolved import Resolved, lacks, resolved
from vpcflow_core.query.spread import (
    FIRST,
    LAST,
    Spread,
    conditions_of_start,
    reached,
    slices_of,
    spread_select,
    sums_of,
)
from vpcflow_core.query.spread_rows import spread_rows
from vpcflow_core.times import Window

# A question as engines run it.
Statement: TypeAlias = Select[Any]
BUCKET = "bucket"
# Aggregates of the records of a group by themselves.
PLAIN = ("count", "sum", "duration", "first", "last", "distinct", "quantile")


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """Which groups of a question count.

    Attributes:
        kept: Conditions on values that alone count.
        chosen: The condition of the busiest groups, if only these are shown over time.
        ranks: Whether it finds the busiest groups by itself. One statement for several questions
            then ranks them instead, of all groups.
    """

    kept: tuple[ColumnElement[bool], ...]
    chosen: tuple[ColumnElement[bool], ...]
    ranks: bool

    @property
    def all(self) -> tuple[ColumnElement[bool], ...]:
        """All conditions, for a statement of its own."""
        return (*self.kept, *self.chosen)

    @property
    def shared(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions in one statement for several questions."""
        return self.kept if self.ranks else self.all


def select_for(
    query: Query,
    window: Window,
    filters: Filters,
    columns: Collection[str],
    earliest: datetime | None = None,
    among: Sequence[tuple[Any, ...]] | None = None,
    values: Mapping[str, Sequence[Any]] = MappingProxyType({}),
) -> Select[Any]:
    """The SELECT of a question.

    Args:
        query: The question.
        window: Range of `start_time`; with `every`, snapped outward to whole buckets.
        filters: Conditions besides the question's own.
        columns: The columns that some record of the store has.
        earliest: Start of the first record that reaches into the window; None: not known.
        among: The busiest groups of a question over time, where they are known already.
        values: The only values that count of some dimensions, which are columns.

    Returns:
        Columns: `bucket` if asked for, the dimensions, the measures. Rows: the order measure's
        highest first, equal ones by the dimensions; with `every`, by bucket. A record that lacks
        a dimension, or has no ports (ICMP), is in no row, unless `nulls` names it. Of what is
        spread there are the columns of `spread.spread_select`.

    Raises:
        FieldError: No such measure or dimension.
        ParameterError: A name comes twice, `top` is below 1, or some measures are to be spread
            and others cannot be: `placed` makes questions of their own of them.
        MissingDataError: No record of the store has a field that the question needs.
    """
    asked = resolved(query, snapped(query, window), filters, columns)
    asked.require(columns)
    narrowed = _narrowed(asked, among, values)
    if query.every and is_spread(query):
        return _over_time(asked, query.every, narrowed, earliest)
    return _at_start(asked, narrowed)


def without_value_for(
    query: Query, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT that counts the flows which are in no row of a question, as they lack a dimension.

    Args and errors are those of `select_for`.

    Returns:
        One row with the column `flows`.
    """
    asked = resolved(replace(query, by=()), window, filters, columns)
    missing = [
        lacks(dimension(name, columns), columns) for name in query.by if name not in query.nulls
    ]
    return (
        select(asked.value(measure("flows")))
        .select_from(asked.source)
        .where(AllOf(*asked.conditions, or_(false(), *missing)))
    )


def _narrowed(
    asked: Resolved,
    among: Sequence[tuple[Any, ...]] | None,
    values: Mapping[str, Sequence[Any]],
) -> _Narrowed:
    kept = tuple(column_of(name).in_(some) for name, some in values.items())
    is_ranked = bool(asked.query.every and asked.query.top and asked.groups)
    chosen = (_chosen(asked, among),) if is_ranked else ()
    return _Narrowed(kept, chosen, is_ranked and among is None and not values)


def _at_start(asked: Resolved, narrowed: _Narrowed) -> Select[Any]:
    """The SELECT of measures that stand where their records start."""
    query, groups = asked.query, asked.groups
    buckets = [TimeBucket(column_of("start_time"), query.every)] if query.every else []
    shown = [asked.value(m) for m in asked.measures]
    made = (
        select(*[b.label(BUCKET) for b in buckets], *groups, *shown)
        .select_from(asked.source)
        .where(AllOf(*asked.conditions, *narrowed.all))
        .group_by(*buckets, *groups)
        .having(*asked.found, *asked.enough)
    )
    order = asked.value(asked.ordered_by)
    if query.every:
        made = made.order_by(BUCKET, *groups)
    elif groups:
        order = next((value for value in shown if value.name == order.name), order)
        made = made.order_by(order.desc(), *groups).limit(query.top)
    if not _is_plain(asked, narrowed):
        return made
    is_ranked = narrowed.ranks or bool(groups and not query.every)
    grouped = Grouped(
        asked.relation,
        (*started(asked.window), *asked.wanted, *narrowed.shared),
        (*((BUCKET, b) for b in buckets), *((g.name, _bare(g)) for g in groups)),
        tuple(shown),
        (*asked.found, *asked.enough),
        order if is_ranked else None,
        query.top if is_ranked else None,
        asked.lists,
        Busiest(tuple(g.name for g in groups)) if narrowed.ranks else None,
    )
    return with_parts(made, grouped)


def _over_time(
    asked: Resolved, every: timedelta, narrowed: _Narrowed, earliest: datetime | None
) -> Select[Any]:
    """The SELECT of measures that are spread over the time that their records last."""
    window, spread = asked.window, _spread(asked, narrowed, reached(asked.window, earliest))
    made = spread_select(spread, window, every, BUCKET)
    if not _is_plain(asked, narrowed):
        return made
    begins = zip((FIRST.name, LAST.name), slices_of(every), strict=True)
    groups = [(group.name, _bare(group)) for group in asked.groups]
    busiest = Busiest(tuple(name for name, _ in groups), literal(window.start, Instant()))
    grouped = Grouped(
        asked.relation,
        conditions_of_start(replace(spread, conditions=(*asked.wanted, *narrowed.shared))),
        (*begins, *groups),
        tuple(sums_of(spread, every)),
        asked.found,
        asked.value(asked.ordered_by) if narrowed.ranks else None,
        asked.query.top if narrowed.ranks else None,
        asked.lists,
        busiest if narrowed.ranks else None,
    )
    names = [of.name for of in asked.measures]
    return with_parts(
        made, grouped, finish=lambda frames: spread_rows(frames[0], window, every, BUCKET, names)
    )


def _spread(asked: Resolved, narrowed: _Narrowed, begins: Window) -> Spread:
    """What is spread of a question."""
    rest = next((of.name for of in asked.measures if not of.spreads), None)
    if rest:
        raise ParameterError(f"'{rest}' cannot be spread over the time of a record.")
    return Spread(
        asked.source,
        asked.groups,
        [(of, asked.value(of)) for of in asked.measures],
        asked.traffic,
        (*asked.wanted, *narrowed.all),
        asked.found,
        begins,
    )


def _is_plain(asked: Resolved, narrowed: _Narrowed) -> bool:
    """Whether the question groups records as they are, and what ranks groups adds up."""
    order = asked.ordered_by
    simple = all(of.aggregate in PLAIN for of in (*asked.measures, order))
    return simple and (order.adds_up or not narrowed.ranks)


def _bare(group: ColumnElement[Any]) -> ColumnElement[Any]:
    """A group without its name."""
    return group.element if isinstance(group, Label) else group


def _chosen(asked: Resolved, among: Sequence[tuple[Any, ...]] | None) -> ColumnElement[bool]:
    """Whether a record belongs to one of the top groups of the whole window."""
    groups = asked.groups
    chosen: Any = among
    if among is None:
        chosen = _busiest(asked)
    elif len(groups) == 1:
        chosen = [value for (value,) in among]
    return (groups[0] if len(groups) == 1 else tuple_(*groups)).in_(chosen)


def _busiest(asked: Resolved) -> Select[Any]:
    """The top groups of the whole window."""
    return (
        select(*asked.groups)
        .select_from(asked.source)
        .where(AllOf(*asked.conditions))
        .group_by(*asked.groups)
        .having(*asked.found)
        .order_by(asked.value(asked.ordered_by).element.desc(), *asked.groups)
        .limit(asked.query.top)
    )


__all__ = ["BUCKET", "select_for", "without_value_for"]
