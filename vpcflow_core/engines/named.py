"""What a statement names: relations and columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ClauseElement, ColumnClause, TableClause
from sqlalchemy.sql.visitors import ExternallyTraversible

from vpcflow_core.store.base import RELATIONS


def relations_named(question: ClauseElement) -> set[str]:
    """The relations that a statement names."""
    names = {node.name for node in nodes_of(question) if isinstance(node, TableClause)}
    return names & set(RELATIONS)


def columns_named(*elements: ClauseElement) -> frozenset[str]:
    """The columns that statements or conditions name."""
    return frozenset(node.name for node in nodes_of(*elements) if isinstance(node, ColumnClause))


def nodes_of(*elements: ClauseElement) -> Iterator[ExternallyTraversible]:
    """Every part of the statements once.

    SQLAlchemy's own `iterate` comes by a part once for each path that leads to it, which takes
    seconds where subqueries stand on each other, as those of connections do.
    """
    seen: dict[int, Any] = {}  # the parts too, so that no other one gets the id of one that is gone
    waiting: list[ExternallyTraversible] = list(elements)
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            yield node
            waiting.extend(node.get_children())
