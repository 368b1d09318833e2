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
from vpcflow_core.query.connections.words import (
    WITH_PORTS,
    among,
    both_ends,
    number,
    of_end,
    word,
)
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

# What tells who opened a connection, over all of its records.
FIRST = tuple(f"first_{way}" for way in WAYS)
OPENED = tuple(f"opened_{way}" for way in WAYS)
# What is added up both ways, and what it is called of one.
SENT = {"flows": "flows", "bytes": "bytes", "since": "first", "until": "last"}
TALLIES = tuple(f"{name}_{way}" for name in SENT for way in WAYS)


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
    tuples = _by_tuple(parts, "tcp_flags" in columns)
    # The same ends may change their roles only where ports are equal, or there are none.
    pieces, alike = _apart(tuples).cte("apart"), _alike(parts).cte("alike")
    if cuts:
        pieces, alike = _whole(pieces, "whole_apart"), _whole(alike, "whole_alike")
    found = union_all(select(*pieces.c), select(*alike.c)).cte("pieces")
    return _added_up(decided(found, tuples, of_same_ports=alike), limit, outgoing)


def period_of(cuts: Sequence[datetime]) -> ColumnElement[int]:
    """How many of the cuts lie before a record, by halves: each record meets a few of them."""

    def among_those(low: int, high: int) -> ColumnElement[int]:
        if low == high:
            return number(low)
        middle = (low + high) // 2
        before = column_of("start_time") < cuts[middle]
        return case((before, among_those(low, middle)), else_=among_those(middle + 1, high))

    return among_those(0, len(cuts))


def _by_tuple(parts: CTE, flagged: bool) -> CTE:
    """The records of each five-tuple and period."""
    found = {one.name: one for one in evidence(parts)} if flagged else {}
    opened = (found.get(name, number(0).label(name)) for name in OPENED)
    key = [*key_of(parts), parts.c.period]
    return select(*key, *opened, *_tallies(parts)).group_by(*key).cte("tuples")


def _have_different_ports(rows: CTE) -> ColumnElement[bool]:
    return and_(among(rows.c.protocol, WITH_PORTS), rows.c.low_port != rows.c.high_port)


def _apart(tuples: CTE) -> Select[Any]:
    """The five-tuples of different ports: flags tell who opened them, if there are any."""
    nothing = cast(null(), Instant())
    return select(
        *key_of(tuples),
        number(0).label("session"),
        tuples.c.period,
        *(nothing.label(name) for name in FIRST),
        *(tuples.c[name] for name in (*OPENED, *TALLIES)),
    ).where(_have_different_ports(tuples))


def _alike(parts: CTE) -> Select[Any]:
    """The connections of the other five-tuples, where it matters who spoke first."""
    rows = select(*parts.c).where(not_(_have_different_ports(parts))).cte("alike_records")
    return sessions(rows, _columns, "period")


def _whole(pieces: CTE, name: str) -> CTE:
    """Pieces of connections with what the other pieces tell of who opened them."""
    key = [*key_of(pieces), pieces.c.session]
    evidence_of_all = {
        **{name: func.min(pieces.c[name]).over(partition_by=key) for name in FIRST},
        **{name: func.max(pieces.c[name]).over(partition_by=key) for name in OPENED},
    }
    listed = (*KEY, "session", "period", *FIRST, *OPENED, *TALLIES)
    columns = (evidence_of_all.get(column, pieces.c[column]).label(column) for column in listed)
    return select(*columns).cte(name)


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
    rows = _ways(found, peer).cte("sent" if outgoing else "received").c
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


def _ways(found: CTE, peer: str) -> Select[Any]:
    """Each piece as what its low end sent, and as what its high end did."""
    rows = found.c
    is_client = of_end(rows.low_is_client, not_(rows.low_is_client))
    reply = not_(func.coalesce(is_client, number(1) == number(1)))
    port = func.nullif(of_end(rows.high_port, rows.low_port), number(-1))
    ends = (rows.low_address, rows.high_address)
    sent = {name: of_end(rows[f"{name}_up"], rows[f"{name}_down"]) for name in SENT}
    return (
        select(
            func.nullif(rows.interface_id, word("")).label("interface_id"),
            of_end(*(reversed(ends) if peer == "dstaddr" else ends)).label(peer),
            func.nullif(rows.protocol, number(-1)).label("protocol"),
            case((not_(reply), port)).label("dstport"),
            reply.label("reply"),
            rows.period,
            *(value.label(SENT[name]) for name, value in sent.items()),
        )
        .select_from(both_ends(found))
        .where(sent["flows"] > number(0))
    )
