"""A question whose words are looked up: its columns, its values, and the conditions of both."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, func, literal, not_, or_, table

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.columns import column_of, is_port
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AddressBlock, ListLength, Members
from vpcflow_core.query.dimensions import BLOCK_BITS, BLOCKS, Dimension, dimension, require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import Measure, measure
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

# Dimensions that engines compute for each record: a condition on one computes it once more.
COMPUTED = ("direction",)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question, its words looked up and its conditions built.

    Attributes:
        query: The question.
        window: Where its records start.
        measures: What is counted.
        dimensions: What is grouped by.
        groups: The column of each dimension.
        wanted: Conditions on the records, but for those on their start.
    """

    query: Query
    window: Window
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    groups: tuple[ColumnElement[Any], ...]
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

    @property
    def relation(self) -> str:
        """The name of the relation asked."""
        return "records" if self.query.records else "flows"

    @property
    def source(self) -> FromClause:
        """The relation; with a row for each member of a list that is grouped by."""
        source: FromClause = table(self.relation)
        for dim in self.dimensions:
            if dim.is_list:
                source = Members(source, column_of(dim.column), dim.name)
        return source

    @property
    def lists(self) -> tuple[tuple[str, ColumnElement[Any]], ...]:
        """The lists whose members are grouped by, by the name of these."""
        return tuple((dim.name, column_of(dim.column)) for dim in self.dimensions if dim.is_list)

    @property
    def ordered_by(self) -> Measure:
        """What rows are sorted by; a measure that is not asked for may be it."""
        return measure(self.query.order or self.measures[0].name)

    @property
    def found(self) -> tuple[ColumnElement[bool], ...]:
        """Drops the group whose computed dimension is null."""
        pairs = zip(self.dimensions, self.groups, strict=True)
        left_out = [(dim, group) for dim, group in pairs if dim.name not in self.query.nulls]
        return tuple(func.count(group) > 0 for dim, group in left_out if dim.name in COMPUTED)

    @property
    def enough(self) -> tuple[ColumnElement[bool], ...]:
        """Leaves out the groups of which a measure is too low."""
        least = self.query.least
        return tuple(self.value(measure(name)).element >= literal(n) for name, n in least)

    def value(self, of: Measure) -> Label[Any]:
        """The measure's column."""
        return of.expression(*(() if of.name == "records" else self.traffic))

    def require(self, columns: Collection[str]) -> None:
        """Check that the question can be asked of records with these columns.

        Raises:
            MissingDataError: A measure needs a column that no record has.
            ParameterError: Nothing is asked for, something is twice, or `top` is below 1.
        """
        require([name for m in self.measures for name in m.needs], columns)
        if self.query.records and any(m.name != "records" for m in self.measures):
            require(["log_status"], columns)
        names = [*(d.name for d in self.dimensions), *(m.name for m in self.measures)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ParameterError(f"'{twice}' is asked for twice.")
        if not self.measures:
            raise ParameterError("Nothing is asked for.")
        if self.query.top is not None and self.query.top < 1:
            raise ParameterError(f"{self.query.top} is not a number of rows.", "Ask for 1 or more.")


def resolved(query: Query, window: Window, filters: Filters, columns: Collection[str]) -> Resolved:
    """A question with its words looked up.

    Raises:
        FieldError: No such measure or dimension.
        MissingDataError: No record has a column that is grouped or filtered by.
    """
    dimensions = tuple(dimension(name, columns) for name in query.by)
    wanted = Filters.parse(query.where, columns) & filters
    require([dim.column for dim in dimensions], columns)
    measures = tuple(measure(name) for name in query.measures)
    conditions = [*conditions_of(wanted, columns)]
    for dim in dimensions:
        if dim.name not in (*query.nulls, *COMPUTED):
            conditions += _has(dim, columns)
    groups = tuple(map(_group, dimensions))
    return Resolved(query, window, measures, dimensions, groups, tuple(conditions))


def lacks(dim: Dimension, columns: Collection[str]) -> ColumnElement[bool]:
    """Whether a record does not tell that dimension."""
    column = column_of(dim.column)
    if dim.is_list:
        return func.coalesce(ListLength(column), 0) == 0
    if dim.kind == "port" and "protocol" in columns:
        return or_(column.is_(None), not_(is_port(column)))
    return column.is_(None)


def _has(dim: Dimension, columns: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a record tells that dimension."""
    # A block is known where its address is; asking the address saves making the block twice.
    known = (column_of(dim.column) if dim.name in BLOCKS else _group(dim)).is_not(None)
    with_port = dim.kind == "port" and "protocol" in columns
    return (known, is_port(_group(dim))) if with_port else (known,)


def _group(dim: Dimension) -> ColumnElement[Any]:
    """The column of a dimension; a list's members get theirs from `Resolved.source`."""
    if dim.name in BLOCKS:
        is_wide = BLOCK_BITS[dim.name] == (16, 48)
        return AddressBlock(column_of(dim.column), is_wide).label(dim.name)
    return column_of(dim.name)
