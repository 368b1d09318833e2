"""The SELECT of what interfaces refused, and of what they let through of the same connections."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    Select,
    and_,
    case,
    func,
    not_,
    select,
    table,
)

from vpcflow_core.query.columns import column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.gathered import counted
from vpcflow_core.query.connections.received import period_of
from vpcflow_core.query.connections.records import (
    key_of,
    known,
    met,
    number_of_record,
    records,
)
from vpcflow_core.query.connections.select import NEEDED
from vpcflow_core.query.connections.words import SYN, SYN_ACK, has_bits, number, word
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

# Fields that say more of a refusal, where some record has them.
EXTRA = ("reject_reason", "flow_direction")
# What the interface let through of the same connection, the same way and the other way.
SEEN = tuple(f"{way}_{name}" for way in ("same", "back") for name in ("since", "until"))


def refused_for(
    window: Window,
    filters: Filters,
    columns: Collection[str],
    *,
    cuts: Sequence[datetime] = (),
    limit: int,
) -> Select[Any]:
    """The SELECT of refused records, added up by five-tuple and interface.

    Args:
        window: Range of `start_time`.
        filters: Conditions on the refused records; what was let through is looked for whatever
            they say.
        columns: The columns that some record of the store has.
        cuts: Moments that no row may reach over, ascending.
        limit: How many rows at most, those of the most flows.

    Returns:
        interface_id, srcaddr, srcport, dstaddr, dstport, protocol, period (number of cuts before
        it), reject_reason, flow_direction, flows, bytes, first, last, opens (records with SYN
        alone) and flagged (records with TCP flags), same_since, same_until, back_since,
        back_until: first start and last end of what was let through the same way and the other
        way at that interface.

    Raises:
        MissingDataError: No record has a field that the question needs.
    """
    require((*NEEDED[:2], "interface_id", "action"), columns)
    is_refused = and_(column_of("action") == "REJECT", *conditions_of(filters, columns))
    at = number_of_record(columns)
    tuples = select(at.label("number")).select_from(table("flows")).where(met(window, [is_refused]))
    numbers = tuples.distinct().cte("numbers")
    extra: list[Label[Any]] = [
        is_refused.label("counts"),
        period_of(cuts).label("period"),
        *(known(name, columns).label(name) for name in EXTRA),
    ]
    parts = records(window, [at.in_(select(numbers.c.number))], columns, extra)
    return _joined(_refused(parts, limit), _let_through(parts))


def _refused(parts: CTE, limit: int) -> CTE:
    rows = parts.c
    key = [*key_of(parts), rows.upward, rows.period]
    flows = func.count().label("flows")
    return (
        select(
            *key,
            *(func.max(rows[name]).label(name) for name in EXTRA),
            flows,
            whole_sum(func.sum(rows.bytes)).label("bytes"),
            func.min(rows.start_time).label("first"),
            func.max(rows.end_time).label("last"),
            counted(has_bits(rows.tcp_flags, SYN_ACK, SYN)).label("opens"),
            func.count(rows.tcp_flags).label("flagged"),
        )
        .where(rows.counts)
        .group_by(*key)
        .order_by(flows.desc(), *key)
        .limit(limit)
        .cte("refused")
    )


def _let_through(parts: CTE) -> CTE:
    rows = parts.c
    return (
        select(
            *key_of(parts),
            *(
                make(case((way, time))).label(f"{name}_{side}")
                for side, way in (("up", rows.upward), ("down", not_(rows.upward)))
                for name, make, time in (
                    ("since", func.min, rows.start_time),
                    ("until", func.max, rows.end_time),
                )
            ),
        )
        .where(rows.action == word("ACCEPT"))
        .group_by(*key_of(parts))
        .cte("let_through")
    )


def _joined(refused: CTE, through: CTE) -> Select[Any]:
    rows = refused.c
    same_key = (mine == its for mine, its in zip(key_of(refused), key_of(through), strict=True))

    def way(up: Any, down: Any) -> ColumnElement[Any]:
        return case((rows.upward, up), else_=down)

    ends = {
        name: way(rows[f"{up}_{part}"], rows[f"{down}_{part}"])
        for name, part, up, down in (
            ("srcaddr", "address", "low", "high"),
            ("srcport", "port", "low", "high"),
            ("dstaddr", "address", "high", "low"),
            ("dstport", "port", "high", "low"),
        )
    }
    seen = [
        way(through.c[f"{name}_{up}"], through.c[f"{name}_{down}"]).label(f"{side}_{name}")
        for side, up, down in (("same", "up", "down"), ("back", "down", "up"))
        for name in ("since", "until")
    ]
    return (
        select(
            func.nullif(rows.interface_id, word("")).label("interface_id"),
            ends["srcaddr"].label("srcaddr"),
            func.nullif(ends["srcport"], number(-1)).label("srcport"),
            ends["dstaddr"].label("dstaddr"),
            func.nullif(ends["dstport"], number(-1)).label("dstport"),
            func.nullif(rows.protocol, number(-1)).label("protocol"),
            rows.period,
            *(rows[name] for name in EXTRA),
            *(rows[name] for name in ("flows", "bytes", "first", "last", "opens", "flagged")),
            *seen,
        )
        .select_from(refused.outerjoin(through, and_(*same_key)))
        .order_by(rows.flows.desc(), *key_of(refused), rows.upward, rows.period)
    )
