"""The SELECT that lists connections."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    Select,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
)

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.gathered import counted, evidence, sessions, totals
from vpcflow_core.query.connections.records import (
    KEY,
    ends_of_record,
    number_of_end,
    number_of_record,
    records,
)
from vpcflow_core.query.connections.roles import decided
from vpcflow_core.query.connections.words import WITH_PORTS, among, both_ends, number, of_end, word
from vpcflow_core.query.constructs import AmongNumbers, FilteredBy, SecondsBetween
from vpcflow_core.query.dimensions import require
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

Order = Literal["duration", "bytes", "records", "start"]
ORDERS: tuple[Order, ...] = ("duration", "bytes", "records", "start")
NEEDED = ("srcaddr", "dstaddr", "start_time", "end_time")
# Fields that all records of a connection share: a condition on them narrows what is read.
SHARED = frozenset({
    "interface_id", "account_id", "vpc_id", "subnet_id", "instance_id", "region", "az_id",
    "protocol", "type", "security_group_id", "interface_name", "interface_owner", "address", "port",
})  # fmt: skip
# What one record of a connection has, another one has at its other end.
OTHER_END = {
    "srcaddr": "dstaddr", "dstaddr": "srcaddr", "srcport": "dstport", "dstport": "srcport",
}  # fmt: skip
# More rows than any machine holds: what is above is meant as all.
MOST = 10**9


@dataclass(frozen=True, slots=True)
class ConnectionQuery:
    """A question for connections.

    Attributes:
        order: What the first ones have the most of; `start`: the newest first.
        limit: How many; None: all.
        addresses, ports: Only connections between some of these; any if empty.
        numbers: Only those of five-tuples with one of these numbers (`records.number_of`), one at
            least; None: any.
    """

    order: Order = "duration"
    limit: int | None = 100
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    numbers: tuple[int, ...] | None = None


def connections_for(
    query: ConnectionQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT that lists connections of which some record meets the filters, as a whole.

    Args:
        query: Which ones, and how many.
        window: Range of `start_time` of their records.
        filters: Conditions; on other things than the interface, one record has to meet them all.
        columns: The columns that some record of the store has.

    Returns:
        client, client_port, server, server_port, service_port (null where
        a protocol has none), protocol, interface_id, vpc_id, first, last,
        duration (seconds), busy (likewise, in which some record lasted), bytes_out, bytes_in,
        packets_out, packets_in, records, action (`ACCEPT`, `REJECT`, `mixed`),
        initiator_known_by.

    Raises:
        MissingDataError: No record has addresses, or a field that is filtered by.
        ParameterError: There is no such order, or the limit is below 1.
    """
    check(query, columns)
    parts = parts_for(query, window, filters, columns)
    found = cut(parts, query)
    ends = None
    around = parts
    if query.limit is not None:
        end = of_end(*(number_of_end(found, side) for side in ("low", "high"))).label("end")
        ends = select(end).select_from(both_ends(found)).distinct().cte("ends_listed")
    if ends is not None or query.numbers is not None:
        around = _around(ends, query, window, filters, columns)
    oriented = _oriented(decided(found, around, ends))
    return (
        select(*_shown(oriented))
        .select_from(oriented)
        .order_by(*_in_order(oriented.c, query.order))
    )


def parts_for(
    query: ConnectionQuery, window: Window, filters: Filters, columns: Collection[str]
) -> CTE:
    """The records of the connections that a question is about."""
    _, single = parted(filters)
    conditions = [*_shared(query, filters, columns), *either_way(single, columns)]
    if query.numbers is not None:
        conditions.append(AmongNumbers(number_of_record(columns), query.numbers))
    return records(window, conditions, columns, _meets(conditions_of(single, columns)))


def cut(parts: CTE, query: ConnectionQuery) -> CTE:
    """The connections that `connections_for` lists, by their keys, before anyone is the client."""
    found = sessions(parts, _columns).cte("sessions")
    wanted = select(*found.c).where(found.c.matched > number(0))
    return wanted.order_by(*_in_order(found.c, query.order)).limit(_at_most(query)).cte("listed")


def _shared(
    query: ConnectionQuery, filters: Filters, columns: Collection[str]
) -> list[ColumnElement[bool]]:
    """What all records of a connection have to meet."""
    shared, _ = parted(filters)
    return [*conditions_of(shared, columns), *_between(query)]


def _around(
    ends: CTE | None,
    query: ConnectionQuery,
    window: Window,
    filters: Filters,
    columns: Collection[str],
) -> CTE:
    """The records whose ports tell who serves: of few connections, those at their ends."""
    conditions = _shared(query, filters, columns)
    if ends is not None:
        conditions.append(or_(*(end.in_(select(ends.c.end)) for end in ends_of_record(columns))))
    return records(window, conditions, columns, name="around")


def every_connection(
    conditions: Sequence[ColumnElement[bool]], columns: Collection[str], relation: str
) -> Select[Any]:
    """The SELECT of all connections of a relation of which some record meets the conditions.

    Returns:
        As `connections_for`, without `candidates` and `least`, in no order.
    """
    parts = records(None, (), columns, _meets(conditions), relation)
    found = sessions(parts, _columns).cte("sessions")
    met = select(*found.c).where(found.c.matched > number(0)).cte("met")
    shown = _oriented(decided(met, parts))
    return select(*_shown(shown)).select_from(shown)


def _meets(conditions: Sequence[ColumnElement[bool]]) -> list[Label[Any]]:
    """Whether a record is one of those asked for."""
    return [and_(true(), *conditions).label("meets")]


def parted(filters: Filters) -> tuple[Filters, Filters]:
    """Filters on what all records of a connection share, and the others."""
    shared = [item for item in filters if item.field in SHARED]
    return Filters(tuple(shared)), Filters(tuple(i for i in filters if i.field not in SHARED))


def either_way(single: Filters, columns: Collection[str]) -> list[ColumnElement[bool]]:
    """What all records of a connection meet of which one meets filters on its ends."""
    found: list[ColumnElement[bool]] = []
    for item in single:
        if item.field in OTHER_END:
            both = Filters((item,)), Filters((replace(item, field=OTHER_END[item.field]),))
            conditions = [one for way in both for one in conditions_of(way, columns)]
            found.append(FilteredBy(or_(*conditions)))
    return found


def check(query: ConnectionQuery, columns: Collection[str]) -> None:
    """Refuse a question that cannot be asked.

    Raises:
        MissingDataError: No record has addresses.
        ParameterError: There is no such order, or the limit is below 1.
    """
    if query.order not in ORDERS:
        hint = closest(query.order, ORDERS)
        raise ParameterError(
            f"Connections have no order '{query.order}'.", f"{hint}  {', '.join(ORDERS)}".strip()
        )
    if query.limit is not None and query.limit < 1:
        raise ParameterError(f"{query.limit} is not a number of rows.", "Ask for 1 or more.")
    require(NEEDED[:2], columns)


def _between(query: ConnectionQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.addresses:
        found += [column_of(name).in_(query.addresses) for name in ("srcaddr", "dstaddr")]
    if query.ports:
        found += [column_of(name).in_(query.ports) for name in ("srcport", "dstport")]
    return found


def _columns(parts: CTE) -> list[Label[Any]]:
    return [*evidence(parts), *totals(parts), counted(parts.c.meets).label("matched")]


def value_of(rows: Any, order: Order) -> ColumnElement[Any]:
    """What connections are sorted by."""
    values: dict[Order, ColumnElement[Any]] = {
        "duration": SecondsBetween(rows.first, rows.last),
        "bytes": rows.bytes_up + rows.bytes_down,
        "records": rows.records,
        "start": rows.first,
    }
    return values[order]


def _in_order(rows: Any, order: Order) -> list[ColumnElement[Any]]:
    """The highest first; of equal ones the earlier, then by their ends."""
    return [value_of(rows, order).desc(), rows.first, *(rows[name] for name in KEY)]


def _oriented(rows: CTE) -> CTE:
    """With `is_low`: whether the low end is shown as the client; else who spoke first."""
    first = or_(rows.c.first_down.is_(None), rows.c.first_up <= rows.c.first_down)
    is_low = func.coalesce(rows.c.low_is_client, first, false()).label("is_low")
    return select(*rows.c, is_low).cte("oriented")


def _at_most(query: ConnectionQuery) -> int | None:
    return None if query.limit is None else min(query.limit, MOST)


def _shown(found: CTE) -> list[ColumnElement[Any]]:
    rows = found.c
    ported = among(rows.protocol, WITH_PORTS)

    def of(low: Any, high: Any) -> ColumnElement[Any]:
        return case((rows.is_low, low), else_=high)

    ports = {
        name: func.nullif(of(*(rows[f"{side}_port"] for side in sides)), number(-1))
        for name, sides in (("client_port", ("low", "high")), ("server_port", ("high", "low")))
    }
    volumes = [
        of(*(rows[f"{measure}_{way}"] for way in ways)).label(f"{measure}_{name}")
        for measure in ("bytes", "packets")
        for name, ways in (("out", ("up", "down")), ("in", ("down", "up")))
    ]
    action = case(
        (rows.refused == number(0), case((rows.accepted > number(0), word("ACCEPT")))),
        (rows.accepted == number(0), word("REJECT")),
        else_=word("mixed"),
    )
    return [
        of(rows.low_address, rows.high_address).label("client"),
        ports["client_port"].label("client_port"),
        of(rows.high_address, rows.low_address).label("server"),
        ports["server_port"].label("server_port"),
        case((ported, ports["server_port"])).label("service_port"),
        func.nullif(rows.protocol, number(-1)).label("protocol"),
        func.nullif(rows.interface_id, word("")).label("interface_id"),
        rows.vpc_id,
        rows.first,
        rows.last,
        SecondsBetween(rows.first, rows.last).label("duration"),
        rows.busy,
        *volumes,
        rows.records,
        action.label("action"),
        rows.known_by.label("initiator_known_by"),
    ]
