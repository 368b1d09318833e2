"""The parts of a plain question: groups of one relation, and what adds up in them.

An engine that several of these are asked of at once may read the records once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
from sqlalchemy import ColumnElement, Label, Select

# Under this name a SELECT carries its parts, among its execution options.
_OPTION = "vpcflow_grouped"


@dataclass(frozen=True, slots=True)
class Busiest:
    """Rows of the busiest groups alone, each of which has several rows: one for each timeslice.

    Attributes:
        by: Names of the keys that make a group; `Grouped.top` counts these groups, and
            `Grouped.order` is added up over the rows of each.
        since: Only rows whose first key is not before this count for that, and groups without
            such a row are none; None: all rows.
    """

    by: tuple[str, ...]
    since: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True)
class Grouped:
    """A question over one relation, whose SELECT has just these parts.

    Attributes:
        relation: Its name.
        conditions: Which records count; all of them hold.
        keys: What rows are grouped by, each with its name; none: one row.
        values: Counts, sums, first and last times.
        having: Which groups are shown.
        order: The value whose highest come first, and those without one last; None: rows stand in
            the order of the keys.
        top: Largest number of rows; None: all.
        members: Columns of lists by the key that has a row for each of their members.
        busiest: Whose rows these are; None: each row is a group.
        counted: What columns are called that say of each row how many groups there are, and how
            many of them have an `order`; None: there are none.
    """

    relation: str
    conditions: tuple[ColumnElement[bool], ...]
    keys: tuple[tuple[str, ColumnElement[Any]], ...]
    values: tuple[Label[Any], ...]
    having: tuple[ColumnElement[bool], ...] = ()
    order: Label[Any] | None = None
    top: int | None = None
    members: tuple[tuple[str, ColumnElement[Any]], ...] = ()
    busiest: Busiest | None = None
    counted: tuple[str, str] | None = None


# Makes the answer of a question of the answers of its parts.
Finish: TypeAlias = Callable[[Sequence[pd.DataFrame]], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Parts:
    """Of what a question is made: one part, or several whose answers make the one of it."""

    grouped: tuple[Grouped, ...]
    finish: Finish


def the_only(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The answer of a question of one part."""
    (frame,) = frames
    return frame


def with_parts(question: Select[Any], *grouped: Grouped, finish: Finish = the_only) -> Select[Any]:
    """The SELECT, which says of what it is made."""
    return question.execution_options(**{_OPTION: Parts(grouped, finish)})


def parts_of(question: Select[Any]) -> Parts | None:
    """Of what a SELECT is made; None where it is no plain question."""
    found = question.get_execution_options().get(_OPTION)
    return found if isinstance(found, Parts) else None


def names_of(parts: Grouped) -> Sequence[str]:
    """The columns of the answer."""
    return [
        *(name for name, _ in parts.keys),
        *(value.name for value in parts.values),
        *(parts.counted or ()),
    ]
