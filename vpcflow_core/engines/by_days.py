"""A question over time, asked by days where the engine keeps the answers of days that are over.

Buckets of one day depend on no record of another one (`query.spread` looks back as far as records
last), so the answers of days, one after the other, are the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol, TypeAlias, runtime_checkable

import pandas as pd
from sqlalchemy import Select

from vpcflow_core.engines.base import Engine
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET, snapped
from vpcflow_core.times import Window, floor_to

DAY = timedelta(days=1)
# Longer ranges have so many days that asking each costs more than it saves.
MOST_DAYS = 40

# The SELECT of a question for a window, and the window of the records that it touches.
Asked: TypeAlias = Callable[[Window], tuple[Select[Any], Window]]


@runtime_checkable
class KeepsDays(Protocol):
    """An engine that keeps its answers about days that are over."""

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""


def run(engine: Engine, query: Query, window: Window, asked: Asked) -> QueryResult:
    """Answer a question; by days where that can be done and saves time.

    Args:
        engine: What answers.
        query: The question.
        window: Its range of time.
        asked: Its SELECT for a window.
    """
    question, touched = asked(window)
    days = _days(query, snapped(query, window))
    if not (days and isinstance(engine, KeepsDays) and engine.is_worth_keeping(touched)):
        return engine.run(question, touched)
    results = [engine.run(*asked(day)) for day in days]
    frame = pd.concat([result.frame for result in results], ignore_index=True)
    inside = frame[BUCKET] >= pd.Timestamp(snapped(query, window).start)
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
