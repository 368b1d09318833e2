"""The first of many groups by several dimensions: found among the values with the most.

No pair of source and port has more than its source has, or its port. So those values alone are
grouped together whose own total is at least what the last of the first pairs has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, runtime_checkable

from sqlalchemy import Select

from vpcflow_core.engines.asked import Asked
from vpcflow_core.engines.base import Engine
from vpcflow_core.query.dimensions import dimension
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

# Dimensions of many values, of which few have much.
KINDS = ("address", "port")
# Longer lists reach far down, where all values have alike.
LONGEST_LIST = 100
# Values of a dimension that are tried together first, for each pair to be listed.
TRIED = 2
# Values of which totals are looked at.
LOOKED_AT = 400

Chosen: TypeAlias = dict[str, Sequence[Any]]


@runtime_checkable
class CountsRows(Protocol):
    """An engine that says when several small questions save time in place of a large one."""

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window."""

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""


def run(engine: Engine, asked: Asked, window: Window) -> QueryResult | None:
    """The answer; None where the question has to be asked as it is.

    Args:
        engine: What answers.
        asked: The question.
        window: Its range.
    """
    if not (_is_first_of_pairs(asked) and isinstance(engine, CountsRows)):
        return None
    if not engine.is_worth_keeping(window):
        return None
    query, order = asked.query, _order(asked.query)
    one = replace(query, measures=(order,), order="", top=LOOKED_AT)
    totals = {}
    for name in query.by:
        alone = replace(asked, query=replace(one, by=(name,)))
        totals[name] = engine.run(*alone.within(window))
    tried = TRIED * (query.top or 1)
    chosen: Chosen = {name: made.frame[name].head(tried).tolist() for name, made in totals.items()}
    made = _among(engine, asked, window, chosen)
    needed = _needed(query, made, totals)
    if needed is None:
        return None
    if any(set(needed[name]) - set(chosen[name]) for name in query.by):
        made = _among(engine, asked, window, needed)
    seconds = made.seconds + sum(result.seconds for result in totals.values())
    return replace(made, sql=engine.text_of(asked.within(window)[0]), seconds=seconds)


def _is_first_of_pairs(asked: Asked) -> bool:
    """Whether the question is about few of many groups, of which no value has less than a pair."""
    query = asked.query
    if query.every or query.nulls or query.least or len(query.by) < 2 or not query.top:
        return False
    if query.top > LONGEST_LIST or _order(query) not in query.measures:
        return False
    kinds = {dimension(name, asked.columns).kind for name in query.by}
    return kinds <= set(KINDS) and measure(_order(query)).adds_up


def _order(query: Query) -> str:
    return query.order or query.measures[0]


def _among(engine: Engine, asked: Asked, window: Window, chosen: Chosen) -> QueryResult:
    """The answer among these values."""
    query, columns = asked.query, asked.columns
    return engine.run(select_for(query, window, asked.filters, columns, values=chosen), window)


def _needed(query: Query, made: QueryResult, totals: dict[str, QueryResult]) -> Chosen | None:
    """The values that may be in one of the first groups; None where they are too many to tell.

    Args:
        query: The question.
        made: Its answer among some of them, which the true one is no worse than.
        totals: What each value has in all, the highest first.
    """
    order = _order(query)
    if len(made.frame) < (query.top or 0):
        return None
    least = made.frame[order].iloc[-1]
    found: Chosen = {}
    for name, result in totals.items():
        rows = result.frame
        if len(rows) == LOOKED_AT and rows[order].iloc[-1] >= least:
            return None
        found[name] = rows.loc[rows[order] >= least, name].tolist()
    return found
