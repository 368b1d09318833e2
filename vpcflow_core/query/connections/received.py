"""The SELECT of what interfaces received or sent: requests, and answers to requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
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
    not_,
    null,
    select,
    union_all,
)

from vpcflow_core.query.columns import Instant, column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.gathered import WAYS, evidence, goes, sessions
from vpcflow_core.query.connections.records import KEY, key_of, records
from vpcflow_core.query.connections.roles import decided
from vpcflow_core.query.connections.select import NEEDED, parted
from vpcflow_core.query.connections.words import WITH_PORTS, among, number, word
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

# What tells who opened a connection, over all of its records.
FIRST = tuple(f"first_{way}" for way in WAYS)
OPENED = tuple(f"opened_{way}" for way in WAYS)
TALLIES = tuple(f"{name}_{way}" for name in ("flows", "bytes", "since", "until") for way in WAYS)


def received_for(
    window: Window,
    filters: Filters,
    columns: Collection[str],
    *,
    cuts: Sequence[datetime] = (),
    limit: int,
    outgoing: bool = False,
) -> Select[Any]:
    """The SELECT of accepted records towards interfaces, added up, and which of them are answers.

    A record is an answer if the interface opened its connection: it came from the server. Whether
    it did is judged by all records of the connection in the window; the filters choose which are
    added up.

    Args:
        window: Range of `start_time`.
        filters: Conditions.
        columns: The columns that some record of the store has.
        cuts: Moments that no row may reach over, ascending.
        limit: How many rows at most, those of the most flows.
        outgoing: Records from interfaces instead, which have dstaddr in place of srcaddr.

    Returns:
        interface_id, srcaddr, protocol, dstport (null for answers), reply, period (number of cuts
        before it), flows, bytes, first, last.

    Raises:
        MissingDataError: No record has a field that the question needs.
    """
    require((*NEEDED[:2], "interface_id", "action", "direction"), columns)
    shared, single = parted(filters)
    counts = and_(
        column_of("action") == "ACCEPT",
        column_of("direction").in_(("outbound" if outgoing else "inbound", "internal")),
        *conditions_of(single, columns),
    )
    extra: list[Label[Any]] = [counts.label("counts"), period_of(cuts).label("period")]
    parts = records(window, conditions_of(shared, columns), columns, extra)
    pieces = _gathered(parts, "tcp_flags" in columns)
    found = _whole(pieces) if cuts else pieces
    return _added_up(decided(found, pieces), limit, outgoing)


def period_of(cuts: Sequence[datetime]) -> ColumnElement[int]:
    """How many of the cuts lie before a record, by halves: each record meets a few of them."""

    def among_those(low: int, high: int) -> ColumnElement[int]:
        if low == high:
            return number(low)
        middle = (low + high) // 2
        before = column_of("start_time") < cuts[middle]
        return case((before, among_those(low, middle)), else_=among_those(middle + 1, high))

    return among_those(0, len(cuts))


def _gathered(parts: CTE, flagged: bool) -> CTE:
    """The records of each five-tuple; where ports are equal, of each connection.

    Only there the same ends may change their roles, and who spoke first matters.
    """
    rows = parts.c
    apart = and_(among(rows.protocol, WITH_PORTS), rows.low_port != rows.high_port)
    plain = select(*rows).where(apart).cte("plain")
    key = [*key_of(plain), number(0).label("session"), plain.c.period]
    columns = [*_opened(plain, flagged), *_tallies(plain)]
    one = select(*key, *columns).group_by(*key_of(plain), plain.c.period)
    alike = select(*rows).where(not_(apart)).cte("alike")
    return union_all(one, sessions(alike, _columns, "period")).cte("pieces")


def _opened(plain: CTE, flagged: bool) -> list[Label[Any]]:
    """The evidence for ends of different ports: flags, if there are any."""
    nothing = cast(null(), Instant())
    found = {one.name: one for one in evidence(plain)} if flagged else {}
    return [
        *(nothing.label(name) for name in FIRST),
        *(found.get(name, number(0).label(name)) for name in OPENED),
    ]


def _whole(pieces: CTE) -> CTE:
    """Pieces of connections with what the other pieces tell of who opened them."""
    key = [*key_of(pieces), pieces.c.session]
    evidence_of_all = [
        *(func.min(pieces.c[name]).over(partition_by=key).label(name) for name in FIRST),
        *(func.max(pieces.c[name]).over(partition_by=key).label(name) for name in OPENED),
    ]
    rest = (pieces.c[name] for name in (*KEY, "session", "period", *TALLIES))
    return select(*rest, *evidence_of_all).cte("whole")


def _columns(parts: CTE) -> list[Label[Any]]:
    """Evidence, and the tallies of both ways."""
    found = {one.name: one for one in evidence(parts)}
    return [*(found[name] for name in (*FIRST, *OPENED)), *_tallies(parts)]


def _tallies(parts: CTE) -> list[Label[Any]]:
    """The flows that count, both ways."""
    rows = parts.c
    tallied: dict[str, tuple[Callable[[Any], ColumnElement[Any]], ColumnElement[Any]]] = {
        "flows": (func.count, number(1)),
        "bytes": (lambda value: whole_sum(func.sum(value)), rows.bytes),
        "since": (func.min, rows.start_time),
        "until": (func.max, rows.end_time),
    }
    return [
        make(case((and_(rows.counts, goes(parts, way)), value))).label(f"{name}_{way}")
        for name, (make, value) in tallied.items()
        for way in WAYS
    ]


def _added_up(found: CTE, limit: int, outgoing: bool) -> Select[Any]:
    """What went each way, by interface, other end, service and whether it answers."""
    peer = "dstaddr" if outgoing else "srcaddr"
    ways = union_all(
        *(_way(found, *way, peer) for way in (("up", "low", "high"), ("down", "high", "low")))
    )
    rows = ways.cte("sent" if outgoing else "received").c
    key = [rows.interface_id, rows[peer], rows.protocol, rows.dstport, rows.reply, rows.period]
    flows = cast(func.sum(rows.flows), BigInteger).label("flows")
    return (
        select(
            *key,
            flows,
            whole_sum(func.sum(rows.bytes)).label("bytes"),
            func.min(rows.first).label("first"),
            func.max(rows.last).label("last"),
        )
        .group_by(*key)
        .order_by(flows.desc(), *key)
        .limit(limit)
    )


def _way(found: CTE, way: str, sender: str, receiver: str, peer: str) -> Select[Any]:
    rows = found.c
    sender_is_client = rows.low_is_client if sender == "low" else not_(rows.low_is_client)
    reply = not_(func.coalesce(sender_is_client, number(1) == number(1)))
    port = func.nullif(rows[f"{receiver}_port"], number(-1))
    return select(
        func.nullif(rows.interface_id, word("")).label("interface_id"),
        rows[f"{receiver if peer == 'dstaddr' else sender}_address"].label(peer),
        func.nullif(rows.protocol, number(-1)).label("protocol"),
        case((not_(reply), port)).label("dstport"),
        reply.label("reply"),
        rows.period,
        rows[f"flows_{way}"].label("flows"),
        rows[f"bytes_{way}"].label("bytes"),
        rows[f"since_{way}"].label("first"),
        rows[f"until_{way}"].label("last"),
    ).where(rows[f"flows_{way}"] > number(0))
