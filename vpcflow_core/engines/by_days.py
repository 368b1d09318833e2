"""A question over time, asked by days where the engine keeps the answers of days that are over.

Buckets of one day depend on no record of another one (`query.spread` looks back as far as records
last), so the answers of days, one after the other, are the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import pandas as pd
from sqlalchemy import Select

from vpcflow_core.engines.base import Engine
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET, select_for, snapped, touched
from vpcflow_core.times import Window, floor_to

DAY = timedelta(days=1)
# Longer ranges have so many days that asking each costs more than it saves.
MOST_DAYS = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, for any window.

    Attributes:
        query: The question.
        filters: Conditions besides its own.
        columns: The columns that some record of the store has.
        earliest: Gives the start of the first record that reaches into a window.
    """

    query: Query
    filters: Filters
    columns: Collection[str]
    earliest: Callable[[Query, Window], datetime | None]

    def within(self, window: Window) -> tuple[Select[Any], Window]:
        """The SELECT for a window, and the window of the records that it touches."""
        since = self.earliest(self.query, window)
        question = select_for(self.query, window, self.filters, self.columns, since)
        return question, touched(self.query, window, since)


@runtime_checkable
class KeepsDays(Protocol):
    """An engine that keeps its answers about days that are over."""

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""


def run(engine: Engine, asked: Asked, window: Window) -> QueryResult:
    """Answer a question; by days where that can be done and saves time."""
    question, span = asked.within(window)
    whole = snapped(asked.query, window)
    days = _days(asked.query, whole)
    if not (days and isinstance(engine, KeepsDays) and engine.is_worth_keeping(span)):
        return engine.run(question, span)
    results = [engine.run(*asked.within(day)) for day in days]
    frame = pd.concat([result.frame for result in results], ignore_index=True)
    inside = frame[BUCKET] >= pd.Timestamp(whole.start)
    return replace(
        results[0],
        frame=frame[inside].reset_index(drop=True),
        sql=engine.text_of(question),
        seconds=sum(result.seconds for result in results),
    )


def _days(query: Query, window: Window) -> Sequence[Window]:
    """Whole days, and what is there of the last one; none if the question cannot be cut."""
    ranked = query.by and query.top
    if not query.every or ranked or DAY % query.every or window.length < 2 * DAY:
        return []
    first = floor_to(window.start, DAY)
    count = -(-(window.end - first) // DAY)
    if count > MOST_DAYS:
        return []
    starts = [first + DAY * number for number in range(count)]
    return [Window(start, min(start + DAY, window.end)) for start in starts]
