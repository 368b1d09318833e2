"""Rates: bits and packets a second, made of the totals that engines answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import is_spread
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import BUCKET
from vpcflow_core.query.spread import SHARES
from vpcflow_core.times import Window

SECOND = timedelta(seconds=1)


def totals_of(query: Query, window: Window) -> Query:
    """The question with the totals of its rates in their place, each asked once.

    Args:
        query: The question.
        window: The range of time that it is asked for.

    Returns:
        The same object where there is no rate.

    Raises:
        FieldError: No such measure.
    """
    names = {*query.measures, *(name for name, _ in query.least), query.order or ""} - {""}
    if not any(measure(name).total for name in names):
        return query
    return replace(
        query,
        measures=tuple(dict.fromkeys(map(_counted, query.measures))),
        order=_counted(query.order or query.measures[0]),
        least=tuple((_counted(n), least / _factor(n, query, window)) for n, least in query.least),
    )


def with_rates(frame: pd.DataFrame, query: Query, window: Window) -> pd.DataFrame:
    """The answer of a question's totals as that of the question.

    Args:
        frame: What `totals_of(query)` was answered.
        query: The question.
        window: The range of time that it was asked for.

    Returns:
        The keys, then the measures of the question; rates are floats.
    """
    totals = totals_of(query, window).measures
    rates = {
        name: frame[_counted(name)].astype("float64") * _factor(name, query, window)
        for name in query.measures
        if measure(name).total
    }
    keys = [name for name in frame.columns if name not in totals]
    return frame.assign(**rates)[[*keys, *query.measures]]


def divided(sql: str, query: Query, window: Window) -> str:
    """The SQL of a question's totals with the division around it, as what was answered.

    Args:
        sql: What `totals_of(query)` was answered by: one SELECT, or several with what is spread
            first, as rates always are where some measure is.
        query: The question.
        window: The range of time that it was asked for.
    """
    first, *others = sql.split(";\n\n")
    lies = is_spread(query)
    shown = [name for name in query.measures if not lies or measure(name).spreads]
    keys = [*([BUCKET] if query.every else []), *query.by]
    values = [_divided(name, lies, query, window) for name in shown]
    order = _counted(query.order or query.measures[0])
    down = f"{order} DESC" if order in map(_counted, shown) and not query.every else ""
    by = ", ".join(filter(None, [down, *keys]))
    around = f"SELECT {', '.join([*keys, *values])}\nFROM (\n{first}\n) AS totals"
    return ";\n\n".join([f"{around}\nORDER BY {by}" if keys else around, *others])


def _divided(name: str, lies: bool, query: Query, window: Window) -> str:
    """A measure of the outer SELECT; of what is spread the shares are added first."""
    total = _counted(name)
    whole = f"({total} + coalesce({total}{SHARES}, 0))" if lies else total
    if not (of := measure(name)).total:
        return f"{whole} AS {name}" if lies else total
    seconds = (query.every or window.length) / SECOND
    times = f" * {of.times:g}" if of.times != 1 else ""
    return f"CAST({whole} AS DOUBLE){times} / {seconds:.15g} AS {name}"


def _counted(name: str) -> str:
    return measure(name).total or name


def _factor(name: str, query: Query, window: Window) -> float:
    """What a total is multiplied by."""
    of = measure(name)
    return of.times * (SECOND / (query.every or window.length)) if of.total else 1.0
