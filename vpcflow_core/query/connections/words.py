"""The numbers that connections are judged by, and small words of SQL for them.

Constants stand in the SQL itself: two bound values are never the same expression to Trino.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Integer,
    Join,
    String,
    bindparam,
    case,
    column,
    literal,
    or_,
    true,
    values,
)

from vpcflow_core.query.constructs import BitAnd

TCP, UDP = 6, 17
WITH_PORTS = (TCP, UDP, 132)
# Bits of tcp-flags: a SYN alone opens a connection, SYN and ACK together answer it.
SYN, SYN_ACK, FIN_OR_RST = 2, 18, 5
# Silence that ends a connection, in seconds. A TCP connection may rest for two hours before its
# keep-alive speaks (RFC 1122, 4.2.3.6); NAT gateways and load balancers drop others after 350.
IDLE_TCP, IDLE = 7200, 350
# A server's port has at least this many different partner ports ...
MANY = 3
# ... twice as many as the other end, on most of its connections; or this many, where they repeat.
MOST_DISTINCT = 100
# Services by which an end is known to be the server. System ports (RFC 6335) that clients use as
# well (512-1023, for NFS and rsh) count only where a service is common there.
SERVICES = (
    20, 21, 22, 23, 25, 53, 67, 80, 88, 110, 111, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389,
    443, 445, 464, 465, 514, 515, 587, 631, 636, 853, 873, 989, 990, 993, 995,
    1433, 1521, 2049, 2181, 2375, 2376, 2379, 3128, 3260, 3268, 3269, 3306, 3389, 5432, 5439, 5601,
    5671, 5672, 5900, 5985, 5986, 6379, 6443, 8080, 8443, 8883, 9042, 9092, 9094, 9098, 9200, 9300,
    11211, 15672, 27017,
)  # fmt: skip
# Ports that clients with privileges send from: never a server's by their number alone.
PRIVILEGED_CLIENTS = (512, 1023)
# Ports to which nothing is answered (syslog, SNMP traps, NetFlow, sFlow, statsd).
ONE_WAY = (162, 514, 2055, 4739, 6343, 8125)


# What `both_ends` is asked with: the low end of a row, and its high end.
SIDES = values(
    column("is_low", Boolean), name="sides", literal_binds=True
).data([(True,), (False,)])  # fmt: skip


def both_ends(relation: CTE) -> Join:
    """Each row twice, once for each of its ends; `of_end` chooses what is whose.

    Not a union of two SELECTs: Trino reads whatever a WITH stands for once for each mention.
    """
    return relation.join(SIDES, true())


def of_end(low: ColumnElement[Any], high: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value of the low end, or of the high end, in a row of `both_ends`."""
    return case((SIDES.c.is_low, low), else_=high)


def number(value: int) -> ColumnElement[Any]:
    """A constant of ours."""
    return literal(value, Integer(), literal_execute=True)


def word(value: str) -> ColumnElement[Any]:
    """A word of ours."""
    return literal(value, String(), literal_execute=True)


def among(column: ColumnElement[Any], values: Iterable[int]) -> ColumnElement[bool]:
    """Whether a number is one of ours."""
    listed = bindparam(None, list(values), Integer(), expanding=True, literal_execute=True)
    return column.in_(listed)


def has_bits(flags: ColumnElement[Any], mask: int, wanted: int) -> ColumnElement[bool]:
    """Whether of these bits of the flags just the wanted ones are set."""
    return BitAnd(flags, mask) == number(wanted)


def has_any_bit(flags: ColumnElement[Any], mask: int) -> ColumnElement[bool]:
    """Whether some of these bits of the flags are set."""
    return BitAnd(flags, mask) > number(0)


def is_service(port: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether it is the port of a service that is commonly met."""
    return among(port, SERVICES)


def rank(port: ColumnElement[Any]) -> ColumnElement[int]:
    """The port's number, above all others where clients with privileges send from it."""
    privileged = port.between(number(PRIVILEGED_CLIENTS[0]), number(PRIVILEGED_CLIENTS[1]))
    return case((or_(is_service(port), ~privileged), port), else_=port + number(65536))
