"""The few words on which engines differ, as SQLAlchemy constructs; may import ipaddress alone.

A construct says what is meant; one `@compiles` per dialect says how it is written there. Values
inside are bound, never pasted. DuckDB's `address_hex` is a macro of engines/database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Float,
    Integer,
    String,
    and_,
    func,
    literal,
    not_,
    try_cast,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from vpcflow_core.query.columns import Instant

Network = IPv4Network | IPv6Network
DAY = 86400


class TimeBucket(FunctionElement[Any]):
    """Start of the clock-aligned timeslice that a time lies in."""

    name = "time_bucket"
    type = Instant()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], every: timedelta) -> None:
        super().__init__(column)
        self.seconds = int(every.total_seconds())


class Quantile(FunctionElement[float]):
    """The value below which a share of all values lies, interpolated."""

    name = "quantile"
    type = Float()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], share: float) -> None:
        super().__init__(column, literal(share, Float()))


class AddressIn(FunctionElement[bool]):
    """Whether an address, as text in any of its forms, lies in a block."""

    name = "address_in"
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], network: Network) -> None:
        super().__init__(column)
        self.network = network


class OneOf(FunctionElement[bool]):
    """Whether a text is one of many, which travel as one list.

    Attributes:
        count: How many.
        meaning: What they have in common, for people.
    """

    name = "one_of"
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], values: Sequence[str], meaning: str) -> None:
        super().__init__(column, literal(list(values), ARRAY(String())))
        self.count = len(values)
        self.meaning = meaning


class ListContains(FunctionElement[bool]):
    """Whether a list has a member of that value."""

    name = "list_contains"
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], value: str) -> None:
        super().__init__(column, literal(value))


class ListMatches(FunctionElement[bool]):
    """Whether a list has a member like that (LIKE, escape `^`), in lower case."""

    name = "list_matches"
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], like: str) -> None:
        super().__init__(column, literal(like))


class AllOf(FunctionElement[bool]):
    """AND, written with a line for each condition."""

    name = "all_of"
    type = Boolean()
    inherit_cache = False


@compiles(AllOf)
def _all_of(element: AllOf, compiler: SQLCompiler, **kw: Any) -> str:
    parts = (clause.self_group(against=operators.and_) for clause in element.clauses)
    return "\n  AND ".join(compiler.process(part, **kw) for part in parts)


@compiles(TimeBucket, "duckdb")
def _time_bucket(element: TimeBucket, compiler: SQLCompiler, **kw: Any) -> str:
    # DuckDB counts buckets from 2000-01-03; that is as good as 1970 for all that divide the day.
    origin = "" if DAY % element.seconds == 0 else ", TIMESTAMP '1970-01-01 00:00:00'"
    (column,) = element.clauses
    inner = compiler.process(column, **kw)
    return f"time_bucket(INTERVAL '{element.seconds} seconds', {inner}{origin})"


@compiles(Quantile, "duckdb")
def _quantile(element: Quantile, compiler: SQLCompiler, **kw: Any) -> str:
    return f"quantile_cont({compiler.process(element.clauses, **kw)})"


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


@compiles(ListContains, "duckdb")
def _list_contains(element: ListContains, compiler: SQLCompiler, **kw: Any) -> str:
    return f"list_contains({compiler.process(element.clauses, **kw)})"


@compiles(ListMatches, "duckdb")
def _list_matches(element: ListMatches, compiler: SQLCompiler, **kw: Any) -> str:
    column, like = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"len(list_filter({column}, lambda x: lower(x) LIKE {like} ESCAPE '^')) > 0"


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
