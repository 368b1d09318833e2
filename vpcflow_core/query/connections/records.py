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
from vpcflow_core.query.constructs import AllOf, Fingerprint
from vpcflow_core.times import Window

KEY = ("interface_id", "protocol", "low_address", "low_port", "high_address", "high_port")


def key_of(relation: CTE) -> list[ColumnElement[Any]]:
    """The columns that make a connection: interface and five-tuple."""
    return [relation.c[name] for name in KEY]


def number_of(rows: CTE) -> ColumnElement[int]:
    """The number of a key: it stands for interface and five-tuple where many are compared.

    Two keys can have the same number, hardly ever.
    """
    low, high = (
        Fingerprint(rows.c[f"{side}_address"], rows.c[f"{side}_port"]) for side in ("low", "high")
    )
    return Fingerprint(rows.c.interface_id, rows.c.protocol, low + high)


def number_of_record(columns: Collection[str]) -> ColumnElement[int]:
    """The number of the key that a record of `flows` has, whoever sent.

    Args:
        columns: The columns that some record of the store has.
    """
    source, target = (
        Fingerprint(column_of(f"{side}addr"), _keyed(f"{side}port", columns))
        for side in ("src", "dst")
    )
    return Fingerprint(
        _keyed("interface_id", columns), _keyed("protocol", columns), source + target
    )


def ends_of_record(columns: Collection[str]) -> list[ColumnElement[int]]:
    """Numbers of the two ends of a record at its interface, as `number_of_end` gives them."""
    shared = [_keyed(name, columns) for name in ("interface_id", "protocol")]
    return [
        Fingerprint(*shared, column_of(f"{side}addr"), _keyed(f"{side}port", columns))
        for side in ("src", "dst")
    ]


def number_of_end(rows: CTE, side: str) -> ColumnElement[int]:
    """The number of the low or the high end of a key at its interface."""
    ends = (rows.c[f"{side}_address"], rows.c[f"{side}_port"])
    return Fingerprint(rows.c.interface_id, rows.c.protocol, *ends)


def known(name: str, columns: Collection[str]) -> ColumnElement[Any]:
    """The column, null where no record has it."""
    column = column_of(name)
    return column if name in columns else cast(null(), column.type)


def _keyed(name: str, columns: Collection[str]) -> ColumnElement[Any]:
    """The column as a key has it, never null."""
    return func.coalesce(known(name, columns), word("") if name == "interface_id" else number(-1))


def lasting(start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
    """The end of a record, never before its start."""
    return case((end > start, end), else_=start)


def met(window: Window | None, conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a record started in the window, has both ends, and meets the conditions."""
    start = column_of("start_time")
    return AllOf(
        *((start >= window.start, start < window.end) if window else ()),
        column_of("srcaddr").is_not(None),
        column_of("dstaddr").is_not(None),
        *conditions,
    )


def records(
    window: Window | None,
    conditions: Sequence[ColumnElement[bool]],
    columns: Collection[str],
    extra: Sequence[Label[Any]] = (),
    relation: str = "flows",
    name: str = "parts",
) -> CTE:
    """The records of a window.

    Args:
        window: Range of `start_time`; None: any.
        conditions: More conditions.
        columns: The columns that some record of the store has.
        extra: More columns.
        relation: Where the records are.
        name: What they are called in the SQL; those that are used twice are held in memory.

    Returns:
        `KEY`, `upward`, start_time, end_time (never before the start), bytes, packets, action,
        tcp_flags, vpc_id, and the extra columns.
    """
    start, end = column_of("start_time"), column_of("end_time")
    source, target = column_of("srcaddr"), column_of("dstaddr")
    source_port, target_port = (_keyed(name, columns) for name in ("srcport", "dstport"))
    upward = or_(source < target, and_(source == target, source_port <= target_port))
    ends = {
        "low_address": (source, target),
        "low_port": (source_port, target_port),
        "high_address": (target, source),
        "high_port": (target_port, source_port),
    }
    made = (
        select(
            _keyed("interface_id", columns).label("interface_id"),
            _keyed("protocol", columns).label("protocol"),
            *(case((upward, up), else_=down).label(name) for name, (up, down) in ends.items()),
            upward.label("upward"),
            start,
            lasting(start, end).label("end_time"),
            *(
                known(name, columns).label(name)
                for name in ("bytes", "packets", "action", "tcp_flags", "vpc_id")
            ),
            *extra,
        )
        .select_from(table(relation))
        .where(met(window, conditions))
    )
    return made.cte(name)
