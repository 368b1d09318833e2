"""Records gathered to connections: all of a five-tuple, or cut where one ends and a next begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Label,
    Select,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from vpcflow_core.query.connections.records import key_of
from vpcflow_core.query.connections.words import (
    FIN_OR_RST,
    IDLE,
    IDLE_TCP,
    SYN,
    SYN_ACK,
    TCP,
    has_any_bit,
    has_bits,
    number,
)
from vpcflow_core.query.constructs import SecondsBetween
from vpcflow_core.query.measures import whole_sum

WAYS = ("up", "down")


def evidence(parts: CTE) -> list[Label[Any]]:
    """What tells who opened a connection: `first_*`, `opened_*` and `records_*` of both ways."""
    found: list[Label[Any]] = []
    for way in WAYS:
        # SYN alone speaks for its sender, SYN and ACK for their receiver.
        sent, got = goes(parts, way), ~goes(parts, way)
        opened = or_(
            and_(sent, has_bits(parts.c.tcp_flags, SYN_ACK, SYN)),
            and_(got, has_bits(parts.c.tcp_flags, SYN_ACK, SYN_ACK)),
        )
        found += [
            func.min(case((sent, parts.c.start_time))).label(f"first_{way}"),
            func.max(case((opened, number(1)), else_=number(0))).label(f"opened_{way}"),
            counted(sent).label(f"records_{way}"),
        ]
    return found


def totals(parts: CTE) -> list[Label[Any]]:
    """The numbers of a connection: times, volumes of both ways, and what was decided."""
    accepted, refused = (parts.c.action == action for action in ("ACCEPT", "REJECT"))
    return [
        func.count().label("records"),
        func.min(parts.c.start_time).label("first"),
        func.max(parts.c.end_time).label("last"),
        *(
            added(parts.c[measure], goes(parts, way)).label(f"{measure}_{way}")
            for measure in ("bytes", "packets")
            for way in WAYS
        ),
        counted(accepted).label("accepted"),
        counted(refused).label("refused"),
        func.max(parts.c.vpc_id).label("vpc_id"),
        cast(func.sum(parts.c.busy), BigInteger).label("busy"),
    ]


def goes(parts: CTE, way: str) -> ColumnElement[bool]:
    """Whether a record goes that way."""
    upward: ColumnElement[bool] = parts.c.upward
    return upward if way == "up" else ~upward


def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many records meet a condition."""
    return func.count(case((condition, number(1))))


def added(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[int]:
    """The sum over the records that meet a condition, 0 without one."""
    return whole_sum(func.sum(case((condition, column))))


def sessions(parts: CTE, columns: Callable[[CTE], list[Label[Any]]], *by: str) -> Select[Any]:
    """Connections, cut where one ends and the next of the same five-tuple begins.

    A connection ends with a silence (`IDLE_TCP`, `IDLE`, or twice the longest record of the
    five-tuple, as the aggregation interval shows); where TCP flags are logged, with the SYN that
    comes after a silence, or after FIN or RST, instead.

    Args:
        parts: As `records` gives them.
        columns: What to add up of the records; each has `busy` too, the seconds that it adds to
            those in which some record lasted.
        by: Columns to group by besides.

    Returns:
        The key, `session`, these columns.
    """
    numbered = _numbered(parts)
    key = [*key_of(numbered), numbered.c.session, *(numbered.c[name] for name in by)]
    return select(*key, *columns(numbered)).group_by(*key)


def _numbered(parts: CTE) -> CTE:
    """Records with the number of their connection within the five-tuple."""
    marked = _marked(parts)
    rows = marked.c
    silence = SecondsBetween(rows.seen_until, rows.start_time)
    longest = case(
        (rows.longest * number(2) > number(IDLE), rows.longest * number(2)), else_=number(IDLE)
    )
    idle = case((rows.protocol == number(TCP), number(IDLE_TCP)), else_=longest)
    has_syn = func.coalesce(has_any_bit(rows.tcp_flags, SYN), rows.tcp_flags.is_(None))
    rests = and_(rows.protocol == number(TCP), ~has_syn)
    begins = or_(
        and_(silence > idle, ~rests),
        and_(
            rows.start_time > rows.seen_until,
            rows.was_closed > number(0),
            rows.opens > number(0),
        ),
    )
    began = case((begins, number(1)), else_=number(0))
    session = func.sum(began).over(
        partition_by=key_of(marked), order_by=_in_order(marked), rows=(None, 0)
    )
    lasts = SecondsBetween(rows.start_time, rows.end_time)
    busy = case(
        (or_(rows.seen_until.is_(None), rows.seen_until <= rows.start_time), lasts),
        (rows.seen_until >= rows.end_time, number(0)),
        else_=SecondsBetween(rows.seen_until, rows.end_time),
    )
    return select(*marked.c, cast(session, BigInteger).label("session"), busy.label("busy")).cte(
        "numbered"
    )


def _marked(parts: CTE) -> CTE:
    """Records with what came before them in their five-tuple."""
    opens = case((has_bits(parts.c.tcp_flags, SYN_ACK, SYN), number(1)), else_=number(0))
    opening = select(*parts.c, opens.label("opens")).cte("opening")
    rows = opening.c
    key, order = key_of(opening), _in_order(opening)
    closes = case((has_any_bit(rows.tcp_flags, FIN_OR_RST), number(1)), else_=number(0))
    return select(
        *opening.c,
        func.max(rows.end_time)
        .over(partition_by=key, order_by=order, rows=(None, -1))
        .label("seen_until"),
        func.coalesce(
            func.max(closes).over(partition_by=key, order_by=order, rows=(None, -1)), number(0)
        ).label("was_closed"),
        func.max(SecondsBetween(rows.start_time, rows.end_time))
        .over(partition_by=key)
        .label("longest"),
    ).cte("marked")


def _in_order(relation: CTE) -> list[ColumnElement[Any]]:
    """By time; of one second, what opens a connection first."""
    rows = relation.c
    return [rows.start_time, rows.opens.desc(), rows.end_time, rows.upward, rows.tcp_flags]
