"""A question with its window and filters, as one SELECT.

The SELECT stands over a relation, `flows` or `records`, that every engine provides with the names
and types of the field table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias, get_args

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Label,
    Select,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    table,
    tuple_,
)

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.columns import Instant, column_of, is_port, started
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AddressBlock, AllOf, ListLength, Members, TimeBucket
from vpcflow_core.query.dimensions import BLOCK_BITS, BLOCKS, Dimension, dimension, require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.grouped import Busiest, Grouped, with_parts
from vpcflow_core.query.measures import Measure, measure
from vpcflow_core.query.question import Place, Query
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
# Dimensions that engines compute for each record: a condition on one computes it once more.
COMPUTED = ("direction",)
# Aggregates of the records of a group by themselves.
PLAIN = ("count", "sum", "duration", "first", "last", "distinct", "quantile")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A question, its words looked up and its conditions built."""

    query: Query
    window: Window
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    wanted: tuple[ColumnElement[bool], ...]

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """All conditions: those that are wanted, of records that start in the window."""
        start = column_of("start_time")
        return (start >= self.window.start, start < self.window.end, *self.wanted)

    @property
    def traffic(self) -> tuple[ColumnElement[bool], ...]:
        """`records` holds NODATA and SKIPDATA too, which never count as traffic."""
        return (column_of("log_status") == "OK",) if self.query.records else ()

    def value(self, of: Measure) -> Label[Any]:
        """The measure's column."""
        return of.expression(*(() if of.name == "records" else self.traffic))


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
    parts = _parts(query, snapped(query, window), filters, columns)
    _check(parts, columns)
    groups = [_group(dim) for dim in parts.dimensions]
    bucket = [TimeBucket(column_of("start_time"), query.every)] if query.every else []
    shown = [parts.value(m) for m in parts.measures]
    kept: list[ColumnElement[bool]] = [column_of(name).in_(some) for name, some in values.items()]
    is_ranked = bool(query.every and query.top and groups)
    chosen = [_chosen(parts, groups, among)] if is_ranked else []
    # One statement for several questions ranks groups by itself.
    ranks = is_ranked and among is None and not values
    conditions = (*parts.wanted, *kept, *([] if ranks else chosen))
    if query.every and is_spread(query):
        asked = _spread(parts, groups, [*kept, *chosen], reached(parts.window, earliest))
        made = spread_select(asked, parts.window, query.every, BUCKET)
        return _with_spread_parts(made, parts, replace(asked, conditions=conditions), ranks)
    having = (*_found(parts), *_enough(parts))
    made = (
        select(*[b.label(BUCKET) for b in bucket], *groups, *shown)
        .select_from(_from(parts))
        .where(AllOf(*parts.conditions, *kept, *chosen))
        .group_by(*bucket, *groups)
        .having(*having)
    )
    highest = _order(parts) if ranks else None
    if query.every:
        made = made.order_by(BUCKET, *groups)
    elif groups:
        order = parts.query.order or parts.measures[0].name
        highest = next((value for value in shown if value.name == order), _order(parts))
        made = made.order_by(highest.desc(), *groups).limit(query.top)
    if not _is_plain(parts, ranks):
        return made
    grouped = Grouped(
        _relation(query),
        (*started(parts.window), *conditions),
        (*((BUCKET, b) for b in bucket), *((g.name, _bare(g)) for g in groups)),
        tuple(shown),
        having,
        highest,
        query.top if highest is not None else None,
        _lists(parts),
        Busiest(tuple(g.name for g in groups)) if ranks else None,
    )
    return with_parts(made, grouped)


def _with_spread_parts(made: Select[Any], parts: _Parts, asked: Spread, ranks: bool) -> Select[Any]:
    """The SELECT of what is spread, which says of which rows it is made."""
    window, every = parts.window, parts.query.every
    if every is None or not _is_plain(parts, ranks):
        return made
    names = [of.name for of in parts.measures]
    begins = zip((FIRST.name, LAST.name), slices_of(every), strict=True)
    groups = [(group.name, _bare(group)) for group in asked.groups]
    since = literal(window.start, Instant())
    grouped = Grouped(
        _relation(parts.query),
        conditions_of_start(asked),
        (*begins, *groups),
        tuple(sums_of(asked, every)),
        tuple(asked.having),
        _order(parts) if ranks else None,
        parts.query.top if ranks else None,
        _lists(parts),
        Busiest(tuple(name for name, _ in groups), since) if ranks else None,
    )
    return with_parts(
        made, grouped, finish=lambda frames: spread_rows(frames[0], window, every, BUCKET, names)
    )


def snapped(query: Query, window: Window) -> Window:
    """The window that a question is really answered for."""
    return window.snapped(query.every) if query.every else window


def touched(query: Query, window: Window, earliest: datetime | None = None) -> Window:
    """Where the records start that a question needs: those that reach into the window as well."""
    whole = snapped(query, window)
    return reached(whole, earliest) if is_spread(query) else whole


def is_spread(query: Query) -> bool:
    """Whether some measure of the question is spread over the time that its records last."""
    asked = query.place == "spread" and query.every is not None
    return asked and any(measure(name).spreads for name in query.measures)


def placed(query: Query) -> tuple[Query, ...]:
    """The question as one for what is spread, and one for what stands at the start of records.

    Both keep the same groups; one alone where the other has no measure.

    Raises:
        ParameterError: The place is neither.
    """
    if query.place not in get_args(Place):
        raise ParameterError(f"'{query.place}' is no place of bytes.", "Give start or spread.")
    if not is_spread(query):
        return (replace(query, place="start"),)
    spread = [name for name in query.measures if measure(name).spreads]
    rest = [name for name in query.measures if name not in spread]
    order = query.order or query.measures[0]
    parts = [replace(query, measures=tuple(spread), order=order)]
    if rest:
        parts.append(replace(query, measures=tuple(rest), order=order, place="start"))
    return tuple(parts)


def _parts(query: Query, window: Window, filters: Filters, columns: Collection[str]) -> _Parts:
    dimensions = tuple(dimension(name, columns) for name in query.by)
    wanted = Filters.parse(query.where, columns) & filters
    require([dim.column for dim in dimensions], columns)
    return _Parts(
        query,
        window,
        tuple(measure(name) for name in query.measures),
        dimensions,
        (
            *conditions_of(wanted, columns),
            *(
                condition
                for dim in dimensions
                if dim.name not in (*query.nulls, *COMPUTED)
                for condition in _has(dim, columns)
            ),
        ),
    )


def without_value_for(
    query: Query, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT that counts the flows which are in no row of a question, as they lack a dimension.

    Args and errors are those of `select_for`.

    Returns:
        One row with the column `flows`.
    """
    parts = _parts(replace(query, by=()), window, filters, columns)
    lacks = [
        _lacks(dimension(name, columns), columns) for name in query.by if name not in query.nulls
    ]
    return (
        select(parts.value(measure("flows")))
        .select_from(_from(parts))
        .where(AllOf(*parts.conditions, or_(false(), *lacks)))
    )


def _has(dim: Dimension, columns: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a record tells that dimension."""
    # A block is known where its address is; asking the address saves making the block twice.
    known = (column_of(dim.column) if dim.name in BLOCKS else _group(dim)).is_not(None)
    with_port = dim.kind == "port" and "protocol" in columns
    return (known, is_port(_group(dim))) if with_port else (known,)


def _lacks(dim: Dimension, columns: Collection[str]) -> ColumnElement[bool]:
    """Whether a record does not tell that dimension."""
    column = column_of(dim.column)
    if dim.is_list:
        return func.coalesce(ListLength(column), 0) == 0
    if dim.kind == "port" and "protocol" in columns:
        return or_(column.is_(None), not_(is_port(column)))
    return column.is_(None)


def _spread(
    parts: _Parts,
    groups: list[ColumnElement[Any]],
    kept: list[ColumnElement[bool]],
    begins: Window,
) -> Spread:
    """What is spread of a question."""
    rest = next((of.name for of in parts.measures if not of.spreads), None)
    if rest:
        raise ParameterError(f"'{rest}' cannot be spread over the time of a record.")
    return Spread(
        _from(parts),
        groups,
        [(of, parts.value(of)) for of in parts.measures],
        parts.traffic,
        (*parts.wanted, *kept),
        _found(parts),
        begins,
    )


def _found(parts: _Parts) -> list[ColumnElement[bool]]:
    """Drops the group whose computed dimension is null."""
    left_out = [dim for dim in parts.dimensions if dim.name not in parts.query.nulls]
    return [func.count(_group(dim)) > 0 for dim in left_out if dim.name in COMPUTED]


def _enough(parts: _Parts) -> list[ColumnElement[bool]]:
    """Leaves out the groups of which a measure is too low."""
    least = parts.query.least
    return [parts.value(measure(name)).element >= literal(number) for name, number in least]


def _check(parts: _Parts, columns: Collection[str]) -> None:
    require([name for m in parts.measures for name in m.needs], columns)
    if parts.query.records and any(m.name != "records" for m in parts.measures):
        require(["log_status"], columns)
    names = [*(d.name for d in parts.dimensions), *(m.name for m in parts.measures)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice or not parts.measures:
        raise ParameterError(f"'{twice}' is asked for twice." if twice else "Nothing is asked for.")
    if parts.query.top is not None and parts.query.top < 1:
        raise ParameterError(f"{parts.query.top} is not a number of rows.", "Ask for 1 or more.")


def _group(dim: Dimension) -> ColumnElement[Any]:
    """The column of a dimension; a list's members get theirs from `_from`."""
    if dim.name in BLOCKS:
        is_wide = BLOCK_BITS[dim.name] == (16, 48)
        return AddressBlock(column_of(dim.column), is_wide).label(dim.name)
    return column_of(dim.name)


def _from(parts: _Parts) -> FromClause:
    """The relation; with a row for each member of a list that is grouped by."""
    relation: FromClause = table(_relation(parts.query))
    for dim in parts.dimensions:
        if dim.is_list:
            relation = Members(relation, column_of(dim.column), dim.name)
    return relation


def _relation(query: Query) -> str:
    return "records" if query.records else "flows"


def _is_plain(parts: _Parts, ranks: bool) -> bool:
    """Whether the question groups records as they are, and what ranks groups adds up."""
    order = measure(parts.query.order or parts.measures[0].name)
    simple = all(of.aggregate in PLAIN for of in (*parts.measures, order))
    return simple and (order.adds_up or not ranks)


def _lists(parts: _Parts) -> tuple[tuple[str, ColumnElement[Any]], ...]:
    """The lists whose members are grouped by, by the name of these."""
    return tuple((dim.name, column_of(dim.column)) for dim in parts.dimensions if dim.is_list)


def _bare(group: ColumnElement[Any]) -> ColumnElement[Any]:
    """A group without its name."""
    return group.element if isinstance(group, Label) else group


def _order(parts: _Parts) -> Label[Any]:
    """The value to sort by; a measure that is not asked for may be it."""
    return parts.value(measure(parts.query.order or parts.measures[0].name))


def _chosen(
    parts: _Parts, groups: list[ColumnElement[Any]], among: Sequence[tuple[Any, ...]] | None
) -> ColumnElement[bool]:
    """Whether a record belongs to one of the top groups of the whole window."""
    if among is None:
        chosen: Any = _busiest(parts, groups)
    elif len(groups) == 1:
        chosen = [value for (value,) in among]
    else:
        chosen = among
    return (groups[0] if len(groups) == 1 else tuple_(*groups)).in_(chosen)


def _busiest(parts: _Parts, groups: list[ColumnElement[Any]]) -> Select[Any]:
    """The top groups of the whole window."""
    return (
        select(*groups)
        .select_from(_from(parts))
        .where(AllOf(*parts.conditions))
        .group_by(*groups)
        .having(*_found(parts))
        .order_by(_order(parts).element.desc(), *groups)
        .limit(parts.query.top)
    )


__all__ = [
    "BUCKET", "is_spread", "placed", "select_for", "snapped", "touched", "without_value_for",
]  # fmt: skip
