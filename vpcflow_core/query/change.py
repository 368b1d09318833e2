"""How much more or less the values of several fields had than before, in one question.

Each record stands in it once for each field, and counts for one of two ranges: one scan instead of
one for each field and range.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
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
    start = column_of("start_time")
    now, before = (and_(start >= of.start, start < of.end) for of in ranges)
    # `records` holds NODATA and SKIPDATA too, which never count as traffic.
    is_traffic = query.records and counted.name != "records"
    traffic = (column_of("log_status") == "OK",) if is_traffic else ()
    asked = values(column("asked", String), name="fields").data([(name,) for name in fields])
    value = case(
        *((asked.c.asked == word(name), _value(name, columns)) for name in fields), else_=null()
    )
    wanted = Filters.parse(query.where, columns) & filters
    first, last = min(of.start for of in ranges), max(of.end for of in ranges)
    changes = (
        select(
            asked.c.asked.label(FIELD),
            value.label(VALUE),
            counted.expression(now, *traffic).element.label(NOW),
            counted.expression(before, *traffic).element.label(BEFORE),
        )
        .select_from(table("records" if query.records else "flows").join(asked, true()))
        .where(AllOf(start >= first, start < last, *conditions_of(wanted, columns)))
        .group_by(asked.c.asked, value)
        .having(value.is_not(None))
        .cte("changes")
    )
    size = func.abs(changes.c.now - changes.c.before)
    place = func.row_number().over(
        partition_by=changes.c.field, order_by=[size.desc(), changes.c.value]
    )
    ranked = select(*changes.c, place.label("place")).cte("ranked")
    made = (
        select(*(ranked.c[name] for name in (FIELD, VALUE, NOW, BEFORE)))
        .where(ranked.c.place <= number(most))
        .order_by(ranked.c.field, ranked.c.place)
    )
    if counted.aggregate not in ("count", "sum"):
        return made
    then = [counted.expression(when, *traffic).element for when in (now, before)]
    parts = Grouped(
        relation="records" if query.records else "flows",
        conditions=(start >= first, start < last, *conditions_of(wanted, columns)),
        keys=(),
        values=tuple(of.label(name) for of, name in zip(then, (NOW, BEFORE), strict=True)),
        order=func.abs(then[0] - then[1]).label("size"),
        top=most,
    )
    in_order = sorted(fields)
    return with_parts(
        made,
        *(_of_field(parts, _value(name, columns)) for name in in_order),
        finish=lambda frames: _joined(in_order, frames),
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
