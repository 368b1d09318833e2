"""The parts of a plain question: groups of one relation, and what adds up in them.

An engine that several of these are asked of at once may read the records once for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Label, Select

# Under this name a SELECT carries its parts, among its execution options.
_OPTION = "vpcflow_grouped"


@dataclass(frozen=True, slots=True)
class Grouped:
    """A question over one relation, whose SELECT has just these parts.

    Attributes:
        relation: Its name.
        conditions: Which records count; all of them hold.
        keys: What rows are grouped by, each with its name; none: one row.
        values: Counts, sums, first and last times.
        having: Which groups are shown.
        order: The value whose highest come first; None: rows stand in the order of the keys.
        top: Largest number of rows; None: all.
    """

    relation: str
    conditions: tuple[ColumnElement[bool], ...]
    keys: tuple[tuple[str, ColumnElement[Any]], ...]
    values: tuple[Label[Any], ...]
    having: tuple[ColumnElement[bool], ...] = ()
    order: Label[Any] | None = None
    top: int | None = None


def with_parts(question: Select[Any], parts: Grouped) -> Select[Any]:
    """The SELECT, which says of what it is made."""
    return question.execution_options(**{_OPTION: parts})


def parts_of(question: Select[Any]) -> Grouped | None:
    """Of what a SELECT is made; None where it is no plain question."""
    found = question.get_execution_options().get(_OPTION)
    return found if isinstance(found, Grouped) else None


def names_of(parts: Grouped) -> Sequence[str]:
    """The columns of the answer."""
    return [*(name for name, _ in parts.keys), *(value.name for value in parts.values)]
