"""Which end of a connection is the client, and how that is known."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
)

from vpcflow_core.query.connections.records import number_of_end
from vpcflow_core.query.connections.words import (
    MANY,
    MOST_DISTINCT,
    ONE_WAY,
    UDP,
    WITH_PORTS,
    among,
    both_ends,
    is_service,
    number,
    of_end,
    rank,
    word,
)
from vpcflow_core.query.constructs import AddressIn

Condition = ColumnElement[bool]
# How the client of a connection was known, the surest first.
FLAGS, PARTNERS, SERVICE, LOWER, FIRST, PUBLIC = (
    "tcp-flags", "partner-ports", "service", "lower-port", "first-packet", "public-address",
)  # fmt: skip
UNKNOWN = "unknown"
KNOWN_BY = (FLAGS, PARTNERS, SERVICE, LOWER, FIRST, PUBLIC, UNKNOWN)
# Addresses of IPv4 that a VPC gives out (RFC 1918, 6598).
PRIVATE = tuple(
    map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)


def decided(
    found: CTE, around: CTE, ends: CTE | None = None, *, of_same_ports: CTE | None = None
) -> CTE:
    """Connections with the roles of their ends.

    Args:
        found: The connections, with their evidence.
        around: What has the key of each five-tuple of the window at least once: how many partners
            an end has tells who serves.
        ends: The numbers of the only ends that matter (`end`); None: all do.
        of_same_ports: Those of the connections whose ends have the same port; None: all of them.

    Returns:
        The connections, `low_is_client` (null where nothing decides), `known_by` (a word of
        `KNOWN_BY`).
    """
    degrees = _degrees(around, ends)
    low, high = degrees.alias("low_end"), degrees.alias("high_end")
    asked = _unanswered(found if of_same_ports is None else of_same_ports)
    low_asked, high_asked = asked.alias("low_asked"), asked.alias("high_asked")
    relation = (
        found.outerjoin(low, number_of_end(found, "low") == low.c.end)
        .outerjoin(high, number_of_end(found, "high") == high.c.end)
        .outerjoin(low_asked, _at(found, "low", low_asked))
        .outerjoin(high_asked, _at(found, "high", high_asked))
    )
    tests = _tests(found, low, high, low_asked, high_asked)
    # One number says both, so that each test stands in the SQL once: even, the low end is it.
    cases = [
        (test, number(2 * place + side))
        for place, pair in enumerate(tests.values())
        for side, test in enumerate(pair)
    ]
    verdict = case(*cases, else_=null()).label("verdict")
    judged = select(*found.c, verdict).select_from(relation).cte("judged")
    value = judged.c.verdict
    words = [(value < number(2 * place + 2), word(name)) for place, name in enumerate(tests)]
    return select(
        *(judged.c[name] for name in found.c.keys()),  # noqa: SIM118 (columns, not a dict)
        (value % number(2) == number(0)).label("low_is_client"),
        case(*words, else_=word(UNKNOWN)).label("known_by"),
    ).cte("decided")


def _tests(
    found: CTE, low: CTE, high: CTE, low_asked: CTE, high_asked: CTE
) -> dict[str, tuple[Condition, Condition]]:
    """By how it is known: the low end is the client, the high end is."""
    rows = found.c
    ported = among(rows.protocol, WITH_PORTS)
    ports_differ = and_(ported, rows.low_port != rows.high_port)
    same_ports = and_(rows.protocol == number(UDP), rows.low_port == rows.high_port)
    low_known, high_known = is_service(rows.low_port), is_service(rows.high_port)
    up, down = rows.opened_up > number(0), rows.opened_down > number(0)
    return {
        FLAGS: (and_(up, ~down), and_(down, ~up)),
        PARTNERS: (
            and_(ported, _serves(high, low)),
            and_(ported, _serves(low, high)),
        ),
        SERVICE: (
            and_(ported, high_known, ~low_known),
            and_(ported, low_known, ~high_known),
        ),
        LOWER: (
            and_(ports_differ, rank(rows.high_port) < rank(rows.low_port)),
            and_(ports_differ, rank(rows.low_port) < rank(rows.high_port)),
        ),
        FIRST: (
            or_(
                _spoke_first(rows.first_up, rows.first_down, high_asked),
                _answers(rows.first_down, rows.first_up, low_asked),
            ),
            or_(
                _spoke_first(rows.first_down, rows.first_up, low_asked),
                _answers(rows.first_up, rows.first_down, high_asked),
            ),
        ),
        # Question and answer of one second, from a service's port to the same: a client inside.
        PUBLIC: (
            and_(same_ports, _private(rows.low_address), _public(rows.high_address)),
            and_(same_ports, _private(rows.high_address), _public(rows.low_address)),
        ),
    }


def _private(address: ColumnElement[Any]) -> Condition:
    return or_(*(AddressIn(address, block) for block in PRIVATE))


def _public(address: ColumnElement[Any]) -> Condition:
    """An address of IPv4 that no VPC gives out."""
    return and_(AddressIn(address, IPv4Network("0.0.0.0/0")), ~_private(address))


def _spoke_first(mine: Any, others: Any, other_asked: CTE) -> Condition:
    """Whether one end sent before the other; alone, unless the other had asked somebody else."""
    alone = and_(
        others.is_(None), func.coalesce(other_asked.c.since > mine, other_asked.c.since.is_(None))
    )
    return or_(mine < others, and_(mine.is_not(None), alone))


def _answers(others: Any, mine: Any, asked: CTE) -> Condition:
    """Whether what only the other end sent is the answer to a question that went elsewhere."""
    return and_(mine.is_(None), asked.c.since <= others)


def _serves(one: CTE, other: CTE) -> Condition:
    """Whether a port is a server's by the number of its partner ports."""
    many = one.c.ports
    return and_(
        many >= number(MANY),
        many >= number(2) * func.coalesce(other.c.ports, number(1)),
        or_(many >= number(MOST_DISTINCT), many * number(2) >= one.c.partners),
    )


def _at(found: CTE, side: str, ends: CTE) -> Condition:
    """Whether it is that end of the connection."""
    return and_(
        found.c.interface_id == ends.c.interface_id,
        found.c.protocol == ends.c.protocol,
        found.c[f"{side}_address"] == ends.c.address,
        found.c[f"{side}_port"] == ends.c.port,
    )


def _degrees(around: CTE, only: CTE | None) -> CTE:
    """Ends with many partners: how many, and how many different ports these have."""
    ends = _ends(around, only)
    # Counted in two steps: DISTINCT in a count took DuckDB twice as long.
    key = (ends.c.end, ends.c.other_port)
    rows = select(*key, func.count().label("number")).group_by(*key).cte("partner_ports")
    partners = cast(func.sum(rows.c.number), BigInteger)
    made = select(rows.c.end, partners.label("partners"), func.count().label("ports"))
    return made.group_by(rows.c.end).having(partners >= number(MANY)).cte("degrees")


def _ends(around: CTE, only: CTE | None) -> CTE:
    """Each end with each of its partners, by their numbers: grouping texts takes much longer."""
    rows = around.c
    low, high = (number_of_end(around, side) for side in ("low", "high"))
    end = of_end(low, high)
    made = (
        select(
            end.label("end"),
            of_end(high, low).label("other"),
            of_end(rows.high_port, rows.low_port).label("other_port"),
        )
        .select_from(both_ends(around))
        .where(among(rows.protocol, WITH_PORTS))
    )
    if only is not None:
        made = made.where(end.in_(select(only.c.end)))
    return made.distinct().cte("ends")


def _end(relation: CTE) -> list[ColumnElement[Any]]:
    rows = relation.c
    return [rows.interface_id, rows.protocol, rows.address, rows.port]


def _unanswered(found: CTE) -> CTE:
    """Ends that asked from a service's port to the same port and got no answer from there.

    Servers of NTP with several addresses answer from another one.
    """
    rows = found.c
    asked = (
        select(
            rows.interface_id,
            rows.protocol,
            of_end(rows.low_address, rows.high_address).label("address"),
            rows.low_port.label("port"),
            of_end(rows.first_up, rows.first_down).label("since"),
        )
        .select_from(both_ends(found))
        .where(
            rows.protocol == number(UDP),
            rows.low_port == rows.high_port,
            ~among(rows.low_port, ONE_WAY),
            of_end(rows.first_down, rows.first_up).is_(None),
        )
        .cte("asked")
    )
    key = _end(asked)
    return select(*key, func.min(asked.c.since).label("since")).group_by(*key).cte("unanswered")
