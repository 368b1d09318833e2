"""Questions that only add up, asked of records that are added up by address first.

Names of ends depend on the addresses of a record, not on the record: a join of the pairs of
addresses costs little, a join of each record about as much as the question itself.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnClause,
    ColumnElement,
    FromClause,
    FunctionFilter,
    Join,
    Select,
    SelectBase,
    TableClause,
    UnaryExpression,
    and_,
    cast,
    column,
    func,
    true,
)
from sqlalchemy.sql import functions, operators
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import AliasedReturnsRows
from sqlalchemy.sql.visitors import replacement_traverse

from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.interfaces.added import Added
from vpcflow_core.engines.interfaces.facts import ENDS as BOTH_ENDS
from vpcflow_core.engines.named import columns_named, nodes_of, relations_named
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.constructs import (
    AddressBlock,
    AddressIn,
    AllOf,
    AmongNumbers,
    FilteredBy,
    OneOf,
)
from vpcflow_core.query.ends import ENDS
from vpcflow_core.times import Window

COUNT = "summed_records"
SUMS = {name: f"summed_{name}" for name in ("bytes", "packets")}
# By these there are about as many groups as records.
_OF_ONE_RECORD = frozenset(
    {"start_time", "end_time", "srcport", "dstport", "tcp_flags", *SUMS}
)  # fmt: skip
# Grouping by an address, its VPC and one column more takes half of the time of a join of each
# record; by both addresses, or by what a record says of its own interface, as long and longer.
MOST_KEYS = 3
# Functions that say something of each record, and those of groups that come apart into sums.
_KNOWN = (
    functions.sum,
    functions.coalesce,
    AllOf,
    FilteredBy,
    OneOf,
    AmongNumbers,
    AddressIn,
    AddressBlock,
)
_OF_RECORDS = re.compile(r'\br\."?(\w+)')


@dataclass(frozen=True, slots=True)
class Summed:
    """How a relation is added up.

    Attributes:
        keys: The columns that the question names besides what it adds up.
        sums: The columns that it adds up.
        window: The condition that the records lie in its range, as SQL.
        ends: The columns of ends that it names.
    """

    keys: Set[str]
    sums: Set[str]
    window: str
    ends: Set[str]

    def relation(
        self, records: str, names: Set[str], added: Added, condition: str
    ) -> tuple[str, Set[str], dict[str, str]]:
        """What stands for the records of some files, its columns, and more columns of it.

        Args:
            records: The records, called `r`.
            names: Their columns.
            added: What is added to them.
            condition: For the records that count; "" for all.
        """
        where = " AND ".join(f"({one})" for one in (self.window, condition) if one)
        text = " ".join((*added.columns.values(), *added.joins, added.where))
        keys = names & (self.keys | set(_OF_RECORDS.findall(text)))
        if len(keys) > MOST_KEYS or keys >= BOTH_ENDS or not keys.isdisjoint(_OF_ONE_RECORD):
            more = {name: f"r.{of}" for of, name in SUMS.items() if of in self.sums & names}
            found = f"(SELECT * FROM {records} WHERE {where}) r"  # noqa: S608 (our own text)
            return found, names, {**more, COUNT: "1"}
        listed = [f'r."{name}"' for name in sorted(keys)]
        sums = [f"sum(r.{of}) AS {SUMS[of]}" for of in sorted(self.sums & names)]
        select = ", ".join((*listed, *sums, f"count(*) AS {COUNT}"))
        grouped = f"(SELECT {select} FROM {records} WHERE {where} GROUP BY ALL) r"  # noqa: S608 (our own text)
        return (
            grouped,
            keys,
            {SUMS[of]: f"r.{SUMS[of]}" for of in self.sums & names} | {COUNT: f"r.{COUNT}"},
        )


def summed(question: Any, window: Window) -> tuple[Select[Any], Summed] | None:
    """The question as one of records that are added up; None where it is none for them.

    Args:
        question: A SELECT over `flows`.
        window: The range of time that it touches.
    """
    found = of_sums(question, window)
    if found is None:
        return None
    made, keys, sums = found
    if not keys.isdisjoint(_OF_ONE_RECORD) or keys.isdisjoint(ENDS):
        return None
    return made, Summed(keys - set(ENDS), sums, inside(window), keys & set(ENDS))


def of_sums(
    question: Any, window: Window, *, distinct: bool = False
) -> tuple[Select[Any], Set[str], Set[str]] | None:
    """A question that only adds up, as one of sums; None where it depends on single records.

    Args:
        question: A SELECT over `flows`.
        window: The range of time that it touches; the SELECT of sums says nothing of it.
        distinct: Whether it may count distinct values too, which sums by them have as well.

    Returns:
        The SELECT, the columns that it names besides what it adds up, and those that it adds up.
    """
    # Connections are SELECTs upon SELECTs, which take long to go through.
    if not isinstance(question, Select) or has_parts(question):
        return None
    if relations_named(question) != {"flows"}:
        return None
    replaced: Any = _Replaced(window)
    made: Any = replacement_traverse(question, {}, replaced)
    named = columns_named(made) - {"*"}
    keys = named - set(SUMS.values()) - {COUNT}
    if not keys.isdisjoint(("start_time", "end_time", *SUMS)) or not only_adds_up(made, distinct):
        return None
    return made, keys, {of for of, name in SUMS.items() if name in named}


def has_parts(question: Select[Any]) -> bool:
    """Whether it is made of more SELECTs than one."""
    others = (node for node in nodes_of(question) if node is not question)
    return any(isinstance(node, AliasedReturnsRows | Join | SelectBase) for node in others)


def inside(window: Window) -> str:
    """The condition that records lie in a range of time, as SQL."""
    start = column_of("start_time")
    return written_out(and_(start >= window.start, start < window.end))


class _Replaced:
    """Counts as sums of counts, sums as sums of sums, and the window left out."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def __call__(self, part: Any, **_: Any) -> ColumnElement[Any] | None:
        """What stands in the place of a part; None: itself."""
        if isinstance(part, FunctionFilter) and counts_records(part.func):
            return _count(func.sum(column(COUNT)).filter(*_conditions(part)))
        if counts_records(part):
            return _count(func.sum(column(COUNT)))
        if isinstance(part, functions.sum):
            of = next(iter(part.clauses), None)
            if isinstance(of, ColumnClause) and of.name in SUMS:
                return func.sum(column(SUMS[of.name], BigInteger()))
        return true() if is_bound(part, self._window) else None


def is_bound(part: Any, window: Window) -> bool:
    """Whether a part of a question is the condition for one end of its window."""
    bounds = {operator.ge: window.start, operator.lt: window.end}
    return (
        isinstance(part, BinaryExpression)
        and isinstance(part.left, ColumnClause)
        and part.left.name == "start_time"
        and isinstance(part.right, BindParameter)
        and part.operator in bounds
        and part.right.value == bounds[part.operator]
    )


def _conditions(part: FunctionFilter[Any]) -> list[ColumnElement[bool]]:
    return [] if part.criterion is None else [part.criterion]


def counts_records(part: Any) -> bool:
    """Whether it counts records."""
    if not isinstance(part, functions.count):
        return False
    of = next(iter(part.clauses), None)
    return isinstance(of, ColumnClause) and of.is_literal and of.name == "*"


def _count(total: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(total, 0), BigInteger())


def only_adds_up(question: Select[Any], distinct: bool) -> bool:
    """Whether nothing in it depends on single records, and it is of the relation itself."""
    others = (node for node in nodes_of(question) if node is not question)
    # A function is a relation for SQLAlchemy as well.
    return all(
        isinstance(node, (*_KNOWN, TableClause)) or (distinct and counts_distinct(node))
        for node in others
        if isinstance(node, FunctionElement | FromClause | SelectBase)
    )


def counts_distinct(part: Any) -> bool:
    """Whether it counts distinct values."""
    of = next(iter(part.clauses), None) if isinstance(part, functions.count) else None
    return isinstance(of, UnaryExpression) and of.operator is operators.distinct_op
