"""Filters that every record has to meet on which the answer of a question depends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BooleanClauseList, ColumnElement, Join, Select, TableClause
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import AsBoolean, Grouping

from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import columns_named, nodes_of
from vpcflow_core.query.constructs import AllOf, FilteredBy, Members, Slices

Condition = ColumnElement[bool]
# What stands in FROM for the records of one relation, with more columns.
_WIDER = (Members, Slices)
_SOURCES = (Select, Join, *_WIDER)


def shared_filters(question: Any, relation: str) -> dict[str, Condition]:
    """The filters that all records of a relation meet, wherever a question reads it.

    Args:
        question: A SELECT.
        relation: Name of the relation.

    Returns:
        The conditions by their SQL; none where the question may read any record.
    """
    shared: dict[str, Condition] | None = None
    for node in nodes_of(question):
        if isinstance(node, Select):
            sources = {id(part): part for part in node.get_children()}.values()
            uses = sum(_uses(source, relation) for source in sources)
            if uses:
                found = _filters(node) if uses == 1 else {}
                shared = {key: one for key, one in found.items() if shared is None or key in shared}
        elif not isinstance(node, _SOURCES) and any(
            _is_relation(part, relation) for part in node.get_children()
        ):
            return {}
    return shared or {}


def _uses(source: Any, relation: str) -> int:
    """How often a part of FROM reads the relation; often where rows without a match stay."""
    if isinstance(source, Join):
        used = _uses(source.left, relation) + _uses(source.right, relation)
        return 2 * used if source.isouter or source.full else used
    if isinstance(source, _WIDER):
        return _uses(source.relation, relation)
    return int(_is_relation(source, relation))


def _is_relation(part: Any, relation: str) -> bool:
    return isinstance(part, TableClause) and part.name == relation


def _filters(question: Select[Any]) -> dict[str, Condition]:
    """The filters of a SELECT's WHERE on what records say themselves, by their SQL."""
    where = question.whereclause
    found = _all_of(where) if where is not None else ()
    return {written_out(one): one for one in found if columns_named(one).isdisjoint(KNOWN)}


def _all_of(condition: Any) -> Iterator[FilteredBy]:
    """The filters that have to be met for the condition to be."""
    if isinstance(condition, FilteredBy):
        yield condition
    elif isinstance(condition, Grouping) or (
        isinstance(condition, AsBoolean) and condition.operator is operators.is_true
    ):
        yield from _all_of(condition.element)
    elif isinstance(condition, AllOf) or (
        isinstance(condition, BooleanClauseList) and condition.operator is operators.and_
    ):
        for part in condition.clauses:
            yield from _all_of(part)
