"""A question over time, asked by days where the engine keeps the answers of days that are over.

Buckets of one day depend on no record of another one (`query.spread` looks back as far as records
last), so the answers of days, one after the other, are the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

import pandas as pd
from sqlalchemy import Select

from vpcflow_core.engines import by_minutes, by_totals
from vpcflow_core.engines.asked import Asked, Groups
from vpcflow_core.engines.base import Engine
from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET
from vpcflow_core.times import Window, floor_to

DAY = timedelta(days=1)
# In longer ranges asking each day costs more than it saves.
MOST_DAYS = 40


@runtime_checkable
class KeepsDays(Protocol):
    """An engine that keeps its answers about days that are over."""

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""


def run(engine: Engine, asked: Asked, window: Window, among: Groups | None = None) -> QueryResult:
    """Answer a question; from minutes or by days where that can be done and saves time.

    Args:
        engine: What answers.
        asked: The question.
        window: Its range.
        among: The groups that are kept of a question over time, where they are known already.
    """
    question, span = asked.within(window, among)
    whole = snapped(asked.query, window)
    made = by_minutes.run(engine, asked, span, whole) if among is None else None
    made = made or (by_totals.run(engine, asked, window) if among is None else None)
    if made:
        return made
    if not (isinstance(engine, KeepsDays) and _can_be_cut(asked.query, whole, among)):
        return engine.run(question, span)
    if not engine.is_worth_keeping(span):
        return engine.run(question, span)
    return replace(_by_days(engine, asked, whole, among), sql=engine.text_of(question))


def _by_days(engine: Engine, asked: Asked, whole: Window, among: Groups | None) -> QueryResult:
    """The answers of the days of a window as one."""
    top, seconds = asked.query.top if asked.query.by else None, 0.0
    if among is None and top is not None:
        among, seconds = _busiest(engine, asked, whole, top)
    # The first day is asked for as a whole as well: its answer is kept.
    first = replace(whole, start=floor_to(whole.start, DAY))
    results = [engine.run(*asked.within(day, among)) for day in cut_at_midnight(first)]
    frame = pd.concat([result.frame for result in results], ignore_index=True)
    inside = frame[BUCKET] >= pd.Timestamp(whole.start)
    return replace(
        results[0],
        frame=frame[inside].reset_index(drop=True),
        seconds=seconds + sum(result.seconds for result in results),
    )


def _can_be_cut(query: Query, window: Window, among: Groups | None) -> bool:
    """Whether the answers of days are the answer, and the days not too many."""
    if not query.every or DAY % query.every or not 2 * DAY <= window.length <= MOST_DAYS * DAY:
        return False
    is_ranked = bool(query.by and query.top) and among is None
    return not is_ranked or measure(_order(query)).adds_up


def cut_at_midnight(window: Window) -> Iterator[Window]:
    """The window, cut at midnight."""
    start = window.start
    while start < window.end:
        end = min(floor_to(start, DAY) + DAY, window.end)
        yield Window(start, end)
        start = end


def _busiest(engine: Engine, asked: Asked, window: Window, top: int) -> tuple[Groups, float]:
    """The top groups of the window, by what they have in all of its days; and the seconds taken."""
    query, order = asked.query, _order(asked.query)
    by_day = replace(query, measures=(order,), every=None, top=None, order="", place="start")
    results = [
        engine.run(*replace(asked, query=by_day).within(day)) for day in cut_at_midnight(window)
    ]
    groups = list(query.by)
    rows = pd.concat([result.frame for result in results], ignore_index=True)
    totals = rows.groupby(groups, dropna=False, sort=False)[order].sum().reset_index()
    down = [order, *groups]
    totals = totals.sort_values(down, ascending=[name != order for name in down])
    first = totals.head(top)[groups].dropna().astype("object")  # null is in no list of values
    return list(first.itertuples(index=False, name=None)), sum(r.seconds for r in results)


def _order(query: Query) -> str:
    return query.order or query.measures[0]
