"""Filters as SQL conditions.

The SQL of a filter and of its terms says the same as their docstrings in terms.py and filters.py:
a positive filter is false for a missing value, a negated one true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_network
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, false, func, literal, or_, true

from vpcflow_core.query.columns import column_of
from vpcflow_core.query.constructs import (
    AddressIn,
    FilteredBy,
    ListContains,
    ListLength,
    ListMatches,
    OneOf,
)
from vpcflow_core.query.dimensions import Dimension, filterable, require
from vpcflow_core.query.filters import Filter, Filters
from vpcflow_core.query.terms import (
    Address,
    AddressesOf,
    Block,
    Exact,
    InSet,
    Missing,
    Named,
    Pattern,
    Span,
    Term,
)

Condition = ColumnElement[bool]


def condition_of(item: Filter, columns: Collection[str] = ()) -> Condition:
    """The condition that the records of that filter meet.

    Args:
        item: The filter.
        columns: Columns of the store, for fields outside the field table.
    """
    about = filterable(item.field, columns)
    conditions = [_any(item.any_of, about)] if item.any_of else []
    if item.none_of:
        # A null condition is no match. As NOT coalesce(...) it takes DuckDB three times as long.
        conditions.append(case((_any(item.none_of, about), false()), else_=true()))
    return FilteredBy(and_(*conditions))


def conditions_of(filters: Filters, columns: Collection[str] = ()) -> tuple[Condition, ...]:
    """The conditions of several filters, all to be met.

    Raises:
        MissingDataError: No record has a field that is filtered by.
    """
    require(filters.columns(columns), columns)
    return tuple(condition_of(item, columns) for item in filters)


def _any(terms: Sequence[Term], about: Dimension) -> Condition:
    """One of the terms holds, of either end if it is about both."""
    return or_(*(_one(terms, column_of(name), about) for name in about.columns))


def _one(terms: Sequence[Term], column: ColumnElement[Any], about: Dimension) -> Condition:
    """One of the terms holds; plain values together as one IN."""
    plain = [value for term in terms for value in _values(term, about)]
    rest = [_term(term, column, about) for term in terms if not _values(term, about)]
    if len(plain) > 1:
        return or_(column.in_(plain), *rest)
    return or_(*[column == literal(value, column.type) for value in plain], *rest)


def _values(term: Term, about: Dimension) -> tuple[str | int, ...]:
    """What the term equals, if equality is all there is to it."""
    if about.is_list:
        return ()
    if isinstance(term, Exact):
        return (term.value,)
    if isinstance(term, Named):
        return term.numbers
    return (str(term.address),) if isinstance(term, Address) and term.address.version == 4 else ()


def _term(term: Term, column: ColumnElement[Any], about: Dimension) -> Condition:
    if isinstance(term, InSet):
        said = column_of(term.column(str(column.name)))
        return _SINGLE[Pattern](term.says, said) if "*" in term.name else said == term.name
    return (_LIST if about.is_list else _SINGLE)[type(term)](term, column)


def _whole(term: Address, column: ColumnElement[Any]) -> Condition:
    """The address in any of its forms: as the block of just that one."""
    return AddressIn(column, ip_network(term.address))


def _like(text: str) -> str:
    """A LIKE pattern, escaped by `^`, for a pattern with `*`."""
    for special in "^%_":
        text = text.replace(special, f"^{special}")
    return text.replace("*", "%")


def _matches(term: Pattern, column: ColumnElement[Any]) -> Condition:
    text = column if isinstance(column.type, String) else cast(column, String)
    return func.lower(text).like(_like(term.text), escape="^")


_SINGLE: dict[type[Any], Callable[[Any, ColumnElement[Any]], Condition]] = {
    Address: _whole,
    Block: lambda term, column: AddressIn(column, term.network),
    AddressesOf: lambda term, column: OneOf(column, term.addresses, term.name),
    Span: lambda term, column: column.between(term.low, term.high),
    Pattern: _matches,
    Missing: lambda _, column: column.is_(None),
}
_LIST: dict[type[Any], Callable[[Any, ColumnElement[Any]], Condition]] = {
    Exact: lambda term, column: ListContains(column, str(term.value)),
    Pattern: lambda term, column: ListMatches(column, _like(term.text)),
    Missing: lambda _, column: func.coalesce(ListLength(column), 0) == 0,
}
