"""What is new, from what was seen on each day before, which an engine may keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Select, SelectBase

from vpcflow_core.engines.asked import Asked
from vpcflow_core.engines.base import Engine
from vpcflow_core.engines.by_days import cut_at_midnight
from vpcflow_core.query.novelty import (
    GROUPS,
    NEW,
    SEEN,
    NewGroups,
    new_for,
    seen_for,
    seen_relation,
)
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that another question is asked over.

    Attributes:
        question: The SELECT that gives them.
        window: Where its records start; what a whole day gives is kept.
    """

    question: SelectBase
    window: Window


@dataclass(frozen=True, slots=True)
class OverParts:
    """A question that is asked over a relation of parts as well as over the records.

    Attributes:
        question: The SELECT.
        window: Where the records start that it reads besides.
        relation: The name of the relation.
        parts: What is in it.
    """

    question: Select[Any]
    window: Window
    relation: str
    parts: Sequence[Part]


@runtime_checkable
class KeepsParts(Protocol):
    """An engine that keeps what other questions are asked over."""

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""

    def run_over_parts(self, question: Select[Any], window: Window, over: OverParts) -> QueryResult:
        """Answer a SELECT by another one that has the same answer.

        Args:
            question: The SELECT, over the records alone.
            window: Its range of time.
            over: What is run.
        """


def run(engine: Engine, asked: Asked, window: Window, before: Window) -> NewGroups:
    """What is new in a window, compared with an earlier one."""
    query, filters, columns = asked.query, asked.filters, asked.columns
    both = Window(before.start, window.end)
    plain = new_for(query, window, filters, columns, before)
    if isinstance(engine, KeepsParts) and engine.is_worth_keeping(before):
        over = new_for(query, window, filters, columns, seen_relation())
        parts = [_seen(asked, day) for day in cut_at_midnight(before)]
        made = engine.run_over_parts(plain, both, OverParts(over, window, SEEN, parts))
    else:
        made = engine.run(plain, both)
    counts = made.frame[[GROUPS, NEW]].iloc[0]
    frame = made.frame.drop(columns=[GROUPS, NEW]).head(int(counts[NEW]))
    return NewGroups(replace(made, frame=frame), int(counts[NEW]), int(counts[GROUPS]))


def _seen(asked: Asked, window: Window) -> Part:
    return Part(seen_for(asked.query, window, asked.filters, asked.columns), window)
