"""Analyses of the Overview: the numbers above all, and the accounts and regions behind them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.measures import measure

RATE = "rejection_rate"


def key_numbers(context: PanelContext) -> PanelAnswer:
    """The measures of the whole window as numbers, and how much of the flows was refused.

    The rate stands in the place of the refused flows; it needs flows to be a rate of.
    """
    result = context.ask(context.query)
    found = result.frame.iloc[0]
    headlines = []
    for name in context.query.measures:
        if name == "flows":
            continue
        if name != "rejected":
            headlines.append(Headline(measure(name).title, int(found[name]), name))
        elif found["flows"]:
            rate = float(100 * found["rejected"] / found["flows"])
            headlines.append(Headline("Rejection rate", rate, RATE))
    return context.answer(result, headlines=tuple(headlines))


def accounts_and_regions(context: PanelContext) -> PanelAnswer:
    """A row an account and region, with the share of its flows that was refused.

    Logs without a region are by account alone; what is missing is empty.
    """
    columns = context.logs.engine.columns()
    by = tuple(name for name in context.query.by if name in columns)
    result = context.ask(replace(context.query, by=by or context.query.by, nulls=by))
    frame = result.frame
    if {"rejected", "flows"} <= set(frame.columns):
        rate = 100 * frame["rejected"].astype("float64") / frame["flows"].where(frame["flows"] > 0)
        frame = frame.assign(**{RATE: rate})
        after = frame.columns.get_loc("rejected")
        order = [name for name in frame.columns if name != RATE]
        order.insert(int(after) + 1, RATE)  # type: ignore[arg-type]
        frame = frame[order]
    return context.answer(result, frame=pd.DataFrame(frame))
