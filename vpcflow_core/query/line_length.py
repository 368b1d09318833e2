"""The SELECT of how long the text of records is, by field: their delivery is billed by it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select, table

from vpcflow_core.fields import FIELDS, Field
from vpcflow_core.query.columns import column_of
from vpcflow_core.times import Window

ROWS = 100_000  # of records whose text is measured
SECONDS = 10  # digits of a time as AWS writes it


def lengths_for(window: Window, columns: Collection[str], relation: str) -> Select[Any]:
    """The SELECT of the mean length of each field's text.

    Args:
        window: Range of `start_time`.
        columns: The columns that some record has.
        relation: `records` or `transit_records`.

    Returns:
        One row: `rows`, and for each field of AWS characters and the space after it, on average.
    """
    fields = [f for f in FIELDS if f.name in columns and f.version > 0]
    moment = column_of("start_time")
    some = (
        select(*(column_of(field.name) for field in fields))
        .select_from(table(relation))
        .where(moment >= window.start, moment < window.end)
        .limit(ROWS)
        .subquery("some_records")
    )
    means = [func.avg(_length(field) + 1.0).label(field.name) for field in fields]
    return select(func.count().label("rows"), *means).select_from(some)


def _length(field: Field) -> ColumnElement[int]:
    """Characters of a value; one for `-`."""
    if field.kind == "time":
        return literal(SECONDS)
    text = column_of(field.name)
    written = text if field.sql == "VARCHAR" else cast(text, String())
    return func.coalesce(func.length(written), literal(1))
