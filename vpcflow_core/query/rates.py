"""Rates: bits and packets a second, made of the totals that engines answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
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


def _counted(name: str) -> str:
    return measure(name).total or name


def _factor(name: str, query: Query, window: Window) -> float:
    """What a total is multiplied by."""
    of = measure(name)
    return of.times * (SECOND / (query.every or window.length)) if of.total else 1.0
