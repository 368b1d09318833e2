"""The SELECT of records themselves, as they were logged."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select, table

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.constructs import AllOf
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

TIMES = ("start_time", "end_time")
CONNECTION = ("interface_id", "srcaddr", "srcport", "dstaddr", "dstport", "protocol")


def records_for(
    window: Window,
    filters: Filters,
    columns: Collection[str],
    *,
    relation: str = "flows",
    limit: int = 1000,
) -> Select[Any]:
    """The SELECT of the records themselves: all their fields, the newest first.

    Args:
        window: Range of `start_time`.
        filters: Conditions.
        columns: The columns that some record of the relation has.
        relation: `flows`, or `records` for NODATA and SKIPDATA too.
        limit: How many at most.

    Raises:
        MissingDataError: No record has a field that is filtered by.
        ParameterError: The limit is below 1.
    """
    if limit < 1:
        raise ParameterError(f"{limit} is not a number of rows.", "Ask for 1 or more.")
    start = column_of("start_time")
    inside = (start >= window.start, start < window.end, *conditions_of(filters, columns))
    names = sorted(columns, key=lambda name: name not in TIMES)  # stable: times, then as logged
    # Records of one moment stand in the same order whenever they are asked for.
    ties = [column_of(name) for name in (*TIMES[1:], *CONNECTION) if name in columns]
    return (
        select(*map(column_of, names))
        .select_from(table(relation))
        .where(AllOf(*inside))
        .order_by(start.desc(), *ties)
        .limit(limit)
    )
