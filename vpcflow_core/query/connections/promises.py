"""What finds the first connections of many before any is made: numbers alone are compared.

A connection is no longer, larger or newer than its five-tuple promises, so that only five-tuples
that promise enough have to be cut into connections. Five-tuples of one number promise together.
"""

from __future__ import annotations

import operator
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Label,
    Select,
    SmallInteger,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    select,
    table,
    true,
)

from vpcflow_core.query.columns import Instant, column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.gathered import counted
from vpcflow_core.query.connections.records import (
    known,
    lasting,
    met,
    number_of,
    number_of_record,
)
from vpcflow_core.query.connections.select import (
    ConnectionQuery,
    Order,
    check,
    cut,
    either_way,
    parted,
    parts_for,
    value_of,
)
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
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.grouped import Grouped, with_parts
from vpcflow_core.query.measures import whole_sum
from vpcflow_core.times import Window

# Five-tuples whose promises are read at a time.
MOST_PROMISES = 100_000
# A list of more connections is not searched for: nearly all would have to be cut.
LONGEST_LIST = 10_000
# Seconds above any silence.
ENDLESS = 2**30
# What a record says of how its connection goes on, as bits of a small number: it is TCP, it has no
# SYN (after a silence it is the same one), it opens it, it closes it.
TRAITS = {"is_tcp": 1, "rests": 2, "opens": 4, "closes": 8}


@dataclass(frozen=True, slots=True)
class RecordsQuery:
    """How many records connections would be made of.

    `FlowLogs` adds `at_a_time` to the answer: of how many the engine finds the first at a time.
    """

    connections: ConnectionQuery


@dataclass(frozen=True, slots=True)
class PromisesQuery:
    """The five-tuples that promise the most.

    Attributes:
        order: What a connection has the most of.
        part, parts: Only that part of all five-tuples, which are parted evenly.
    """

    order: Order
    part: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class ValuesQuery:
    """What the first connections have of their order."""

    connections: ConnectionQuery


def records_for(
    query: RecordsQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT that counts: `records`.

    Raises:
        MissingDataError, ParameterError: As `connections_for`.
    """
    check(query.connections, columns)
    shared, single = parted(filters)
    conditions = (*conditions_of(shared, columns), *either_way(single, columns))
    count, wanted = func.count().label("records"), met(window, conditions)
    made = select(count).select_from(table("flows")).where(wanted)
    return with_parts(made, Grouped("flows", (wanted,), (), (count,)))


def values_for(
    query: ValuesQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT for the first connections in numbers.

    Returns:
        number (of their five-tuple), value and since, as `promises_for` gives them; the first row
        is the first connection.
    """
    check(query.connections, columns)
    found = cut(parts_for(query.connections, window, filters, columns), query.connections)
    value = value_of(found.c, query.connections.order)
    if query.connections.order == "start":
        value = _after(window, found.c.first)
    shown = select(
        number_of(found).label("number"),
        value.label("value"),
        _after(window, found.c.first).label("since"),
    )
    return shown.order_by(value.desc(), found.c.first)


def promises_for(
    query: PromisesQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT for what five-tuples promise.

    Returns:
        number (`records.number_of`), value (the most that a connection of it can have of the
        order; for `start`, seconds after the window's begin), since (its first record, likewise),
        is_cut (whether they are of a connection; here of none); at most `MOST_PROMISES` rows, the
        highest value first, of equal ones the earlier.
    """
    lasts = _lasts()
    more = [lasts.label("lasts"), _silence(lasts, columns).label("idle")]
    if query.order == "bytes":
        more.append(known("bytes", columns).label("bytes"))
    promised = _promised(_brief(query, window, filters, columns, *more).cte("brief"))
    value = _most(promised, query.order).label("value")
    return (
        select(promised.c.number, value, promised.c.since, false().label("is_cut"))
        .order_by(_most(promised, query.order).desc(), promised.c.since)
        .limit(MOST_PROMISES)
    )


def brief_for(
    query: PromisesQuery, window: Window, filters: Filters, columns: Collection[str]
) -> Select[Any]:
    """The SELECT for records as few small numbers: all of a day fit into memory.

    Returns:
        number, begins (seconds after the window's begin), lasts (seconds), traits (of `TRAITS`,
        added up); where single records have to meet filters, meets.
    """
    lasts, traits = cast(_lasts(), Integer), cast(_traits(columns), SmallInteger)
    return _brief(query, window, filters, columns, lasts.label("lasts"), traits.label("traits"))


def _brief(
    query: PromisesQuery,
    window: Window,
    filters: Filters,
    columns: Collection[str],
    *more: Label[Any],
) -> Select[Any]:
    """The SELECT for the records of a part of all five-tuples: number, begins, and these."""
    shared, single = parted(filters)
    tuple_number = number_of_record(columns)
    conditions = [*conditions_of(shared, columns), *either_way(single, columns)]
    if query.parts > 1:
        conditions = [*conditions, tuple_number % number(query.parts) == number(query.part)]
    begins = cast(_after(window, column_of("start_time")), Integer).label("begins")
    made = select(tuple_number.label("number"), begins, *more)
    if single:
        made = made.add_columns(
            func.coalesce(and_(true(), *conditions_of(single, columns)), false()).label("meets")
        )
    return made.select_from(table("flows")).where(met(window, conditions))


def _lasts() -> ColumnElement[int]:
    start, end = column_of("start_time"), column_of("end_time")
    return SecondsBetween(start, lasting(start, end))


def _traits(columns: Collection[str]) -> ColumnElement[int]:
    """What of `TRAITS` a record has, added up."""
    is_tcp = known("protocol", columns) == number(TCP)
    tests = {TRAITS["is_tcp"]: is_tcp}
    if "tcp_flags" in columns:
        flags = known("tcp_flags", columns)
        tests |= {
            TRAITS["rests"]: and_(is_tcp, has_bits(flags, SYN, 0)),
            TRAITS["opens"]: has_bits(flags, SYN_ACK, SYN),
            TRAITS["closes"]: has_any_bit(flags, FIN_OR_RST),
        }
    found = [case((test, number(trait)), else_=number(0)) for trait, test in tests.items()]
    return reduce(operator.add, found)


def _silence(lasts: ColumnElement[Any], columns: Collection[str]) -> ColumnElement[Any]:
    """The longest silence after which the connection may go on, as one record shows it."""
    is_tcp = known("protocol", columns) == number(TCP)
    longest = case((lasts > number(IDLE // 2), lasts * number(2)), else_=number(IDLE))
    found = [(is_tcp, number(IDLE_TCP))]
    if "tcp_flags" in columns:
        rests = and_(is_tcp, has_bits(known("tcp_flags", columns), SYN, 0))
        found.insert(0, (rests, number(ENDLESS)))
    return case(*found, else_=longest)


def _promised(rows: CTE) -> CTE:
    """Records by five-tuple."""
    made = select(
        rows.c.number,
        func.min(rows.c.begins).label("since"),
        func.max(rows.c.begins + rows.c.lasts).label("until"),
        func.max(rows.c.begins).label("newest"),
        func.sum(rows.c.lasts).label("lasts"),
        func.max(rows.c.idle).label("idle"),
        func.count().label("records"),
    ).group_by(rows.c.number)
    if "bytes" in rows.c:
        made = made.add_columns(whole_sum(func.sum(rows.c.bytes)).label("bytes"))
    if "meets" in rows.c:
        made = made.having(counted(rows.c.meets) > number(0))
    return made.cte("promised")


def _most(rows: CTE, order: Order) -> ColumnElement[Any]:
    """The most of the order that a connection of a five-tuple can have.

    What lies longer apart than all silences between its records together was cut at least once:
    no connection has all of the records, and each has one silence less.
    """
    found = rows.c
    span = cast(found.until - found.since, BigInteger)
    lasts, idle = cast(found.lasts, BigInteger), cast(found.idle, BigInteger)
    whole = lasts + idle * (found.records - number(1))
    in_pieces = lasts + idle * (found.records - number(2))
    promises: dict[Order, ColumnElement[Any]] = {
        "duration": case((whole < span, in_pieces), else_=span),
        "records": found.records,
        "start": found.newest,
    }
    return found.bytes if order == "bytes" else promises[order]


def _after(window: Window, time: ColumnElement[Any]) -> ColumnElement[int]:
    """Seconds after the window began."""
    return SecondsBetween(literal(window.start, Instant()), time)
