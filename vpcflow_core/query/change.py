"""How much more or less the values of several fields had than before, in one question.

Each record stands in it once for each field, and counts for one of two ranges: one scan instead of
one for each field and range.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    func,
    null,
    select,
    table,
    true,
    values,
)

from vpcflow_core.query.columns import column_of, is_port
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.words import number, word
from vpcflow_core.query.constructs import AllOf
from vpcflow_core.query.dimensions import dimension, require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.grouped import Grouped, with_parts
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

# The columns of an answer.
FIELD, VALUE, NOW, BEFORE = "field", "value", "now", "before"


def change_for(
    query: Query,
    fields: Sequence[str],
    ranges: tuple[Window, Window],
    filters: Filters,
    columns: Collection[str],
    most: int,
) -> Select[Any]:
    """The SELECT of what changed most.

    Args:
        query: One measure, its conditions and its relation.
        fields: Dimensions with one value a record.
        ranges: Now and before, which do not overlap.
        filters: Conditions besides the question's own.
        columns: The columns that some record of the store has.
        most: How many values of each field.

    Returns:
        One row a field and value: field, value (as text), now and before (the measure). The
        largest change of each field first; equal ones by value.

    Raises:
        MissingDataError: No record has a field that it needs.
    """
    counted = measure(query.measures[0])
    require((*counted.needs, *(dimension(name, columns).column for name in fields)), columns)
    asked = _asked(query, fields, ranges, filters, columns)
    made = _largest(_changes(asked), most)
    if counted.aggregate not in ("count", "sum"):
        return made
    in_order = sorted(asked.fields)
    parts = _parts(asked, most)
    return with_parts(
        made,
        *(_of_field(parts, asked.fields[name]) for name in in_order),
        finish=lambda frames: _joined(in_order, frames),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, as SQL.

    Attributes:
        relation: The relation's name.
        fields: The value of each field, as text.
        then: What is measured now, and before.
        conditions: Conditions on the records.
    """

    relation: str
    fields: Mapping[str, ColumnElement[Any]]
    then: tuple[Label[Any], Label[Any]]
    conditions: tuple[ColumnElement[bool], ...]


def _asked(
    query: Query,
    fields: Sequence[str],
    ranges: tuple[Window, Window],
    filters: Filters,
    columns: Collection[str],
) -> _Asked:
    counted, start = measure(query.measures[0]), column_of("start_time")
    # `records` holds NODATA and SKIPDATA too, which never count as traffic.
    is_traffic = query.records and counted.name != "records"
    traffic = (column_of("log_status") == "OK",) if is_traffic else ()
    now, before = (
        counted.expression(and_(start >= of.start, start < of.end), *traffic).element
        for of in ranges
    )
    wanted = Filters.parse(query.where, columns) & filters
    first, last = min(of.start for of in ranges), max(of.end for of in ranges)
    return _Asked(
        "records" if query.records else "flows",
        {name: _value(name, columns) for name in fields},
        (now.label(NOW), before.label(BEFORE)),
        (start >= first, start < last, *conditions_of(wanted, columns)),
    )


def _changes(asked: _Asked) -> CTE:
    """A row for each field and value: what it has now, and what it had before."""
    fields = values(column("asked", String), name="fields").data([(name,) for name in asked.fields])
    its_value = ((fields.c.asked == word(name), value) for name, value in asked.fields.items())
    value = case(*its_value, else_=null())
    return (
        select(fields.c.asked.label(FIELD), value.label(VALUE), *asked.then)
        .select_from(table(asked.relation).join(fields, true()))
        .where(AllOf(*asked.conditions))
        .group_by(fields.c.asked, value)
        .having(value.is_not(None))
        .cte("changes")
    )


def _largest(changes: CTE, most: int) -> Select[Any]:
    """The largest changes of each field."""
    size = func.abs(changes.c.now - changes.c.before)
    place = func.row_number().over(
        partition_by=changes.c.field, order_by=[size.desc(), changes.c.value]
    )
    ranked = select(*changes.c, place.label("place")).cte("ranked")
    return (
        select(*(ranked.c[name] for name in (FIELD, VALUE, NOW, BEFORE)))
        .where(ranked.c.place <= number(most))
        .order_by(ranked.c.field, ranked.c.place)
    )


def _parts(asked: _Asked, most: int) -> Grouped:
    """What the questions of single fields have in common."""
    now, before = (label.element for label in asked.then)
    return Grouped(
        relation=asked.relation,
        conditions=asked.conditions,
        keys=(),
        values=asked.then,
        order=func.abs(now - before).label("size"),
        top=most,
    )


def _of_field(parts: Grouped, value: ColumnElement[Any]) -> Grouped:
    """The rows of one field."""
    return replace(
        parts, conditions=(*parts.conditions, value.is_not(None)), keys=((VALUE, value),)
    )


def _joined(fields: Sequence[str], frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all fields, with the name of their field."""
    named = zip(fields, frames, strict=True)
    rows = [frame.assign(**{FIELD: name}) for name, frame in named]
    return pd.concat(rows, ignore_index=True)[[FIELD, VALUE, NOW, BEFORE]]


def _value(name: str, columns: Collection[str]) -> ColumnElement[Any]:
    """The field's value as text; null where a record has no ports."""
    of, value = dimension(name, columns), column_of(name)
    if of.kind == "port" and "protocol" in columns:
        return case((is_port(value), cast(value, String)), else_=null())
    return cast(value, String)
