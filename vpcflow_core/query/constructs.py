"""What engines write differently, as SQLAlchemy constructs: here is what each means.

How each is written stands in `engines/ENGINE/compile.py`, one `@compiles` a construct. Everything
else in a question is SQL that DuckDB and Trino share. Values are bound, never pasted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    String,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal

from vpcflow_core.query.columns import Instant

Network = IPv4Network | IPv6Network


class TimeBucket(FunctionElement[Any]):
    """Start of the clock-aligned timeslice that a time lies in; slices are counted from 1970."""

    name = "time_bucket"
    type = Instant()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], every: timedelta) -> None:
        super().__init__(column)
        self.seconds = int(every.total_seconds())


class SecondsBetween(FunctionElement[int]):
    """Whole seconds from one time to a later one, both in whole seconds."""

    name = "seconds_between"
    type = BigInteger()
    inherit_cache = False

    def __init__(self, start: ColumnElement[Any], end: ColumnElement[Any]) -> None:
        super().__init__(start, end)


class SecondBefore(FunctionElement[Any]):
    """The time a second earlier."""

    name = "second_before"
    type = Instant()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)


class Quantile(FunctionElement[float]):
    """The value below which a share of all values lies, exact and interpolated."""

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


class AddressBlock(FunctionElement[str]):
    """The block around an address as text: its /24 or /16, of IPv6 its /64 or /48.

    An IPv6 address whose first three groups are not written out stands for itself.

    Attributes:
        is_wide: Whether it is the wider of the two.
    """

    name = "address_block"
    type = String()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], is_wide: bool = False) -> None:
        super().__init__(column)
        self.is_wide = is_wide


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


class AmongNumbers(FunctionElement[bool]):
    """Whether a whole number is one of many, which travel as one list; there is one at least.

    Attributes:
        values: The numbers.
    """

    name = "among_numbers"
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], values: Sequence[int]) -> None:
        super().__init__(column, literal(list(values), ARRAY(BigInteger())))
        self.values = tuple(values)


class Fingerprint(FunctionElement[int]):
    """A number from 0 to below 2**62: one for equal values, nearly always another for others.

    It holds within one question and engine alone. Two of them can be added.
    """

    name = "fingerprint"
    type = BigInteger()
    inherit_cache = False


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


class ListLength(FunctionElement[int]):
    """How many members a list has; null for a missing list."""

    name = "list_length"
    type = Integer()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)


class Members(FromClause):
    """A relation with one row for each member of a list, and the member as one more column.

    A record whose list is missing or empty has no row.

    Attributes:
        relation: What has the list.
        column: The list.
        name: What the member is called.
    """

    __visit_name__ = "members"
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy reads this list)
        ("relation", InternalTraversal.dp_clauseelement),
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]
    inherit_cache = False

    def __init__(self, relation: FromClause, column: ColumnElement[Any], name: str) -> None:
        self.relation = relation
        self.column = column
        self.name = name


class BitAnd(FunctionElement[int]):
    """The bits that a whole number has in common with a mask."""

    name = "bit_and"
    type = BigInteger()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], mask: int) -> None:
        super().__init__(column, literal(mask, Integer(), literal_execute=True))


class Slices(FromClause):
    """A relation with one row for each timeslice from one to another, and its start as a column.

    Attributes:
        relation: What has the first and the last slice.
        first: Start of the first slice.
        last: Start of the last slice, which is one of them; a row in which it lies before the
            first one is left out.
        every: Length of a slice.
        name: What the column is called.
    """

    __visit_name__ = "slices"
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy reads this list)
        ("relation", InternalTraversal.dp_clauseelement),
        ("first", InternalTraversal.dp_clauseelement),
        ("last", InternalTraversal.dp_clauseelement),
        ("seconds", InternalTraversal.dp_plain_obj),
        ("name", InternalTraversal.dp_string),
    ]
    inherit_cache = False

    def __init__(
        self,
        relation: FromClause,
        first: ColumnElement[Any],
        last: ColumnElement[Any],
        every: timedelta,
        name: str,
    ) -> None:
        self.relation = relation
        self.first = first
        self.last = last
        self.seconds = int(every.total_seconds())
        self.name = name


class AllOf(FunctionElement[bool]):
    """AND, written with a line for each condition: the same in every engine."""

    name = "all_of"
    type = Boolean()
    inherit_cache = False


@compiles(AllOf)
def _all_of(element: AllOf, compiler: SQLCompiler, **kw: Any) -> str:
    parts = (clause.self_group(against=operators.and_) for clause in element.clauses)
    return "\n  AND ".join(compiler.process(part, **kw) for part in parts)


class FilteredBy(FunctionElement[bool]):
    """A condition on single records that many questions share: engines may keep what meets it."""

    name = "filtered_by"
    type = Boolean()
    inherit_cache = False

    @property
    def condition(self) -> ColumnElement[bool]:
        """The condition itself."""
        (found,) = self.clauses
        return found

    def self_group(self, against: Any = None) -> Any:
        """In parentheses where the condition would be."""
        is_alone = self.condition.self_group(against) is self.condition
        return self if is_alone else Grouping(self)

    def _negate(self) -> ColumnElement[bool]:
        return ~self.condition


@compiles(FilteredBy)
def _filtered_by(element: FilteredBy, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.condition, **kw)


# What every engine has to write: a test holds its compile.py to this list.
@compiles(AddressBlock)
def _address_block(element: AddressBlock, compiler: SQLCompiler, **kw: Any) -> str:
    (column,) = element.clauses
    address = compiler.process(column, **kw)

    def parts(mark: str, *numbers: int) -> list[str]:
        return [f"split_part({address}, '{mark}', {number})" for number in numbers]

    # Cutting off the last octet takes half the time of joining the first three.
    first_three = f"substr({address}, 1, length({address}) - strpos(reverse({address}), '.'))"
    v4 = " || '.' || ".join(parts(".", 1, 2)) if element.is_wide else first_three
    v6 = " || ':' || ".join(parts(":", 1, 2, 3))
    (fourth,) = parts(":", 4)
    written = " AND ".join(f"{part} <> ''" for part in parts(":", 1, 2, 3))
    if element.is_wide:
        return (
            f"CASE WHEN strpos({address}, ':') = 0 THEN {v4} || '.0.0/16' "
            f"WHEN {written} THEN {v6} || '::/48' ELSE {address} END"
        )
    return (
        f"CASE WHEN strpos({address}, ':') = 0 THEN {v4} || '.0/24' "
        f"WHEN {written} AND {fourth} <> '' THEN {v6} || ':' || {fourth} || '::/64' "
        f"WHEN {written} THEN {v6} || '::/64' ELSE {address} END"
    )


CONSTRUCTS: tuple[type[Any], ...] = (
    TimeBucket, SecondsBetween, SecondBefore, Quantile, AddressIn, OneOf,
    ListContains, ListMatches, ListLength, Members, BitAnd, Slices, AmongNumbers, Fingerprint,
)  # fmt: skip
