"""A statement as DuckDB has parsed it: nested objects, and which names of a WITH hold in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def given(node: dict[str, Any]) -> list[dict[str, Any]]:
    """What the WITH of a node gives, in its order."""
    found: list[dict[str, Any]] = (node.get("cte_map") or {}).get("map", [])
    return found


def scoped(tree: Any) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every object of the tree with the names that a WITH gives there, as DuckDB resolves them.

    A name holds in the query that its WITH belongs to and in the parts of the WITH behind it; its
    own part sees it on the right side of a recursive one alone. Elsewhere it means what DuckDB
    calls so: a view of its catalog.
    """
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, names = waiting.pop()
        if isinstance(node, list):
            waiting.extend((child, names) for child in node)
        elif isinstance(node, dict):
            for entry in given(node):
                waiting.append((entry["value"], names))
                names |= {entry["key"].lower()}
            yield node, names
            recursive = {str(node.get("cte_name")).lower()} if _is_recursive(node) else set()
            waiting.extend(
                (child, names | recursive if key == "right" else names)
                for key, child in node.items()
                if key != "cte_map"
            )


def _is_recursive(node: dict[str, Any]) -> bool:
    return node.get("type") == "RECURSIVE_CTE_NODE"


def words(tree: Any) -> Iterator[str]:
    """Every text of the tree: names, functions, values; in small letters."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node.lower()
        elif isinstance(node, dict | list):
            waiting.extend(node.values() if isinstance(node, dict) else node)
