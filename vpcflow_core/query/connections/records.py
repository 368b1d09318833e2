"""Records as parts of a connection: its two ends in one order, whoever sent.

The end with the lower address (then port) is `low`, the other one `high`; a record goes `upward`,
from low to high, or not. What a key lacks is "" or -1, so that keys can be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    table,
)

from vpcflow_core.query.columns import column_of
from vpcflow_core.query.connections.words import number, word
from vpcflow_core.query.constructs import AllOf
from vpcflow_core.times import Window

KEY = ("interface_id", "protocol", "low_address", "low_port", "high_address", "high_port")


def key_of(relation: CTE) -> list[ColumnElement[Any]]:
    """The columns that make a connection: interface and five-tuple."""
    return [relation.c[name] for name in KEY]


def records(
    window: Window | None,
    conditions: Sequence[ColumnElement[bool]],
    columns: Collection[str],
    extra: Sequence[Label[Any]] = (),
    relation: str = "flows",
) -> CTE:
    """The records of a window.

    Args:
        window: Range of `start_time`; None: any.
        conditions: More conditions.
        columns: The columns that some record of the store has.
        extra: More columns.
        relation: Where the records are.

    Returns:
        `KEY`, `upward`, start_time, end_time (never before the start), bytes, packets, action,
        tcp_flags, vpc_id, and the extra columns.
    """

    def known(name: str) -> ColumnElement[Any]:
        column = column_of(name)
        return column if name in columns else cast(null(), column.type)

    start, end = column_of("start_time"), column_of("end_time")
    source, target = column_of("srcaddr"), column_of("dstaddr")
    source_port, target_port = (
        func.coalesce(known(name), number(-1)) for name in ("srcport", "dstport")
    )
    upward = or_(source < target, and_(source == target, source_port <= target_port))
    ends = {
        "low_address": (source, target),
        "low_port": (source_port, target_port),
        "high_address": (target, source),
        "high_port": (target_port, source_port),
    }
    made = (
        select(
            func.coalesce(known("interface_id"), word("")).label("interface_id"),
            func.coalesce(known("protocol"), number(-1)).label("protocol"),
            *(case((upward, up), else_=down).label(name) for name, (up, down) in ends.items()),
            upward.label("upward"),
            start,
            case((end > start, end), else_=start).label("end_time"),
            *(
                known(name).label(name)
                for name in ("bytes", "packets", "action", "tcp_flags", "vpc_id")
            ),
            *extra,
        )
        .select_from(table(relation))
        .where(
            AllOf(
                *((start >= window.start, start < window.end) if window else ()),
                source.is_not(None),
                target.is_not(None),
                *conditions,
            )
        )
    )
    return made.cte("parts")
