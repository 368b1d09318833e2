"""The first connections of many: only five-tuples that can hold one of them are cut.

First all five-tuples are asked what they promise, in parts that fit into memory. An engine that
hands over millions of records answers with the first connections themselves. Of another one the
best five-tuples are cut; what the last of their first connections has, any other must promise as
well to be cut in a second round. That is exact: docs/decisions/connections.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from vpcflow_core.query.connections.promises import (
    LONGEST_LIST,
    MOST_PROMISES,
    PromisesQuery,
    RecordsQuery,
    ValuesQuery,
)
from vpcflow_core.query.connections.questions import AnyQuery
from vpcflow_core.query.connections.select import ConnectionQuery
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

# Below this number of records all connections are made: quicker than to search.
FEW = 20_000
# Five-tuples that are cut first, for each connection to be listed.
TRIED = 20

Ask: TypeAlias = Callable[[AnyQuery, Window], QueryResult]


def first_connections(ask: Ask, query: ConnectionQuery, window: Window) -> list[QueryResult]:
    """What was asked for the connections of a question; the last answer has them.

    Args:
        ask: Answers a question.
        query: The question.
        window: Range of time that some record of a connection started in.
    """
    if query.limit is None or query.limit > LONGEST_LIST:
        return [ask(query, window)]
    counted = ask(RecordsQuery(query), window).frame
    records, at_a_time = (int(counted[name].iloc[0]) for name in ("records", "at_a_time"))
    if records <= FEW:
        return [ask(query, window)]
    parts = -(-records // at_a_time)
    asked = [ask(PromisesQuery(query.order, part, parts), window) for part in range(parts)]
    numbers = _numbers(ask, query, window, [result.frame for result in asked])
    if numbers is not None:
        query = replace(query, numbers=numbers)
    return [*asked, ask(query, window)]


def _numbers(
    ask: Ask, query: ConnectionQuery, window: Window, found: list[pd.DataFrame]
) -> tuple[int, ...] | None:
    """Numbers of the five-tuples that hold the first connections; None: any may."""
    promises = pd.concat(found).sort_values(
        ["value", "since"], ascending=[False, True], kind="stable"
    )
    is_all = all(len(frame) < MOST_PROMISES for frame in found)
    if len(promises) and promises["is_cut"].all():
        best = _as_good(promises, promises.head(query.limit or 1))
        return tuple(promises["number"][best].unique().tolist()) if is_all else None
    if not is_all:
        promises = promises.head(MOST_PROMISES)
    tried, needed = 0, min(TRIED * (query.limit or 1), len(promises))
    first = promises[:0]
    while needed > tried:
        tried = needed
        numbers = tuple(promises["number"].head(tried).tolist())
        first = ask(ValuesQuery(replace(query, numbers=numbers)), window).frame
        needed = _needed(promises, first, query.limit)
    # Others that were not even read may promise as much.
    if needed == len(promises) and not is_all:
        return None
    return tuple(first["number"].unique().tolist())


def _needed(promises: pd.DataFrame, first: pd.DataFrame, limit: int | None) -> int:
    """How many five-tuples promise a connection at least as good as the last one of these."""
    return int(_as_good(promises, first).sum()) if len(first) == limit else len(promises)


def _as_good(promises: pd.DataFrame, first: pd.DataFrame) -> pd.Series[bool]:
    """Which are at least as good as the last one of these."""
    last = first.iloc[-1]
    is_equal = (promises["value"] == last["value"]) & (promises["since"] <= last["since"])
    found: pd.Series[bool] = (promises["value"] > last["value"]) | is_equal
    return found
