"""DuckDB's words for the constructs of `query.constructs`; the dialect imports this module.

`address_hex` is a macro of `database.py`.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    String,
    and_,
    func,
    literal,
    literal_column,
    not_,
    select,
    try_cast,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from vpcflow_core.query.constructs import (
    AddressIn,
    AmongNumbers,
    BitAnd,
    Fingerprint,
    ListContains,
    ListLength,
    ListMatches,
    Members,
    OneOf,
    Quantile,
    SecondBefore,
    SecondsBetween,
    Slices,
    TimeBucket,
)
from vpcflow_core.query.measures import MEASURES

DAY = 86400
# The same list for every quantile: DuckDB then looks through the values once for all of them.
SHARES = sorted({of.share for of in MEASURES.values() if of.aggregate == "quantile"})
# Slices with a word of their own take half the time of time_bucket.
UNITS = {60: "minute", 3600: "hour", DAY: "day"}


@compiles(TimeBucket, "duckdb")
def _time_bucket(element: TimeBucket, compiler: SQLCompiler, **kw: Any) -> str:
    (column,) = element.clauses
    inner = compiler.process(column, **kw)
    if element.seconds in UNITS:
        return f"date_trunc('{UNITS[element.seconds]}', {inner})"
    # DuckDB counts buckets from 2000-01-03; that is as good as 1970 for all that divide the day.
    origin = "" if DAY % element.seconds == 0 else ", TIMESTAMP '1970-01-01 00:00:00'"
    return f"time_bucket(INTERVAL '{element.seconds} seconds', {inner}{origin})"


@compiles(SecondsBetween, "duckdb")
def _seconds_between(element: SecondsBetween, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date_diff('second', {compiler.process(element.clauses, **kw)})"


@compiles(SecondBefore, "duckdb")
def _second_before(element: SecondBefore, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} - INTERVAL '1 second')"


@compiles(Quantile, "duckdb")
def _quantile(element: Quantile, compiler: SQLCompiler, **kw: Any) -> str:
    column, share = element.clauses
    values = compiler.process(column, **kw)
    if share.value not in SHARES:
        return f"quantile_cont({values}, {compiler.process(share, **kw)})"
    return f"quantile_cont({values}, {SHARES})[{SHARES.index(share.value) + 1}]"


@compiles(OneOf, "duckdb")
def _one_of(element: OneOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    about = f"/* {element.count:,} of {element.meaning} */"
    if kw.get("literal_binds"):
        texts = values.value or [""]  # an empty list would have no type
        listed = ", ".join(compiler.render_literal_value(text, String()) for text in texts)
        return f"{compiler.process(column, **kw)} IN {about} ({listed})"
    inner = f"SELECT unnest({compiler.process(values, **kw)})"
    return f"{compiler.process(column, **kw)} IN {about} ({inner})"


@compiles(AmongNumbers, "duckdb")
def _among_numbers(element: AmongNumbers, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    if kw.get("literal_binds"):
        return f"{compiler.process(column, **kw)} IN ({', '.join(map(str, element.values))})"
    return f"{compiler.process(column, **kw)} IN (SELECT unnest({compiler.process(values, **kw)}))"


@compiles(Fingerprint, "duckdb")
def _fingerprint(element: Fingerprint, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(hash({compiler.process(element.clauses, **kw)}) >> 2 AS BIGINT)"


@compiles(ListContains, "duckdb")
def _list_contains(element: ListContains, compiler: SQLCompiler, **kw: Any) -> str:
    return f"list_contains({compiler.process(element.clauses, **kw)})"


@compiles(ListMatches, "duckdb")
def _list_matches(element: ListMatches, compiler: SQLCompiler, **kw: Any) -> str:
    column, like = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"len(list_filter({column}, lambda x: lower(x) LIKE {like} ESCAPE '^')) > 0"


@compiles(ListLength, "duckdb")
def _list_length(element: ListLength, compiler: SQLCompiler, **kw: Any) -> str:
    return f"len({compiler.process(element.clauses, **kw)})"


@compiles(BitAnd, "duckdb")
def _bit_and(element: BitAnd, compiler: SQLCompiler, **kw: Any) -> str:
    column, mask = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} & {mask})"


@compiles(Members, "duckdb")
def _members(element: Members, compiler: SQLCompiler, **kw: Any) -> str:
    """The members are made inside and filtered outside.

    Beside the relation (LATERAL), a condition on them costs DuckDB fifteen times as much.
    """
    member = func.unnest(element.column).label(element.name)
    inner = select(literal_column("*"), member).select_from(element.relation)
    return compiler.process(inner.subquery("members"), **kw)


@compiles(Slices, "duckdb")
def _slices(element: Slices, compiler: SQLCompiler, **kw: Any) -> str:
    step: ColumnElement[Any] = literal_column(f"INTERVAL '{element.seconds} seconds'")
    slices = func.generate_series(element.first, element.last, step)
    member = func.unnest(slices).label(element.name)
    inner = select(literal_column("*"), member).select_from(element.relation)
    return compiler.process(inner.subquery("slices"), **kw)


@compiles(AddressIn, "duckdb")
def _address_in(element: AddressIn, compiler: SQLCompiler, **kw: Any) -> str:
    (column,) = element.clauses
    network = element.network
    made = _in_v4(column, network) if isinstance(network, IPv4Network) else _in_v6(column, network)
    return f"({compiler.process(made, **kw)})"


def _in_v4(column: ColumnElement[Any], network: IPv4Network) -> ColumnElement[bool]:
    """Whole octets of the prefix by text, the octet the prefix ends in by number."""
    whole, rest = divmod(network.prefixlen, 8)
    octets = str(network.network_address).split(".")
    if whole == 4:
        return column == literal(str(network.network_address))
    conditions = [_starts_with(column, ".".join(octets[:whole]) + ".")] if whole else []
    if rest:
        low = int(octets[whole])
        octet = try_cast(func.split_part(column, ".", whole + 1), Integer)
        conditions.append(octet.between(low, low + 2 ** (8 - rest) - 1))
    return and_(*conditions) if conditions else not_(func.contains(column, ":"))


def _in_v6(column: ColumnElement[Any], network: IPv6Network) -> ColumnElement[bool]:
    """The 32 hexadecimal digits of an address sort as its number does."""
    if network.prefixlen == 0:
        return func.contains(column, ":", type_=Boolean())
    digits = func.address_hex(column)
    if network.prefixlen == 128:
        return digits == literal(_digits(network[0]))
    if network.prefixlen % 4 == 0:
        return _starts_with(digits, _digits(network[0])[: network.prefixlen // 4])
    return digits.between(literal(_digits(network[0])), literal(_digits(network[-1])))


def _digits(address: IPv6Address) -> str:
    return f"{int(address):032x}"


def _starts_with(column: ColumnElement[Any], prefix: str) -> ColumnElement[bool]:
    return func.starts_with(column, literal(prefix), type_=Boolean())
