"""A question answered from the minutes of its days, which the engine keeps; see `query.minutes`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol, TypeAlias, runtime_checkable

from sqlalchemy import Select, SelectBase

from vpcflow_core.engines.asked import KEPT, Asked
from vpcflow_core.engines.base import Engine
from vpcflow_core.query.filters import NO_FILTERS
from vpcflow_core.query.minutes import DIRECTION, Earliest, fields_for, minutes_of, over_minutes
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window, floor_to

DAY = timedelta(days=1)
# Days of which minutes are joined: of longer ranges hours would do.
MOST_DAYS = 40


Part: TypeAlias = Callable[[Window], tuple[SelectBase, Window]]


@runtime_checkable
class KeepsMinutes(Protocol):
    """An engine that keeps what was in each minute of a day."""

    def are_minutes_worth_keeping(self, window: Window, fields: Sequence[str]) -> bool:
        """Whether it saves time to ask minutes by these fields, as there is much in the window."""

    def run_over_minutes(self, question: Select[Any], window: Window, part: Part) -> QueryResult:
        """Answer a SELECT over the relation `minutes`.

        Args:
            question: The SELECT.
            window: Its range of time.
            part: Gives what the minutes of a range of whole minutes are: a SELECT, and where its
                records start.
        """

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""


def run(engine: Engine, asked: Asked, span: Window, whole: Window) -> QueryResult | None:
    """The answer; None where minutes do not tell it, or save no time.

    Args:
        engine: What answers.
        asked: The question.
        span: Where the records start that it needs.
        whole: Its range, in whole timeslices.
    """
    query, filters, columns = asked.query, asked.filters, asked.columns
    fields = fields_for(query, whole, filters, columns)
    if fields is None or whole.length > MOST_DAYS * DAY:
        return None
    if not (isinstance(engine, KeepsMinutes) and engine.are_minutes_worth_keeping(span, fields)):
        return None
    made = engine.run_over_minutes(
        _over_minutes(query, whole, filters, tuple(columns)),
        whole,
        lambda part: minutes_of(part, fields, asked.earliest),
    )
    return replace(made, sql=engine.text_of(asked.within(whole)[0]))


_over_minutes = lru_cache(maxsize=KEPT)(over_minutes)


def make_ready(
    engine: Engine, window: Window, columns: Collection[str], earliest: Earliest
) -> None:
    """Have the minutes of a window's days made, the newest first, if the engine keeps them."""
    if not isinstance(engine, KeepsMinutes):
        return
    for day in reversed(list(days_touched(window))):
        for by in ((), (DIRECTION,)):
            query = Query(("flows",), by=by)
            if set(by) <= set(columns):
                run(engine, Asked(query, NO_FILTERS, columns, earliest), window, day)


def days_touched(window: Window) -> Iterator[Window]:
    """The days that a window touches, whole."""
    start = floor_to(window.start, DAY)
    while start < window.end:
        yield Window(start, start + DAY)
        start += DAY
