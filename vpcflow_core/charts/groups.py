"""The series of a chart with groups: their order, colours and names, and the rest in grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vpcflow_core.charts.colours import colours
from vpcflow_core.charts.labels import named, short_labels
from vpcflow_core.charts.style import GREY, SERIES
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

# Groups with an order of their own, the same on every page.
ORDERS = {
    "action": ("ACCEPT", "REJECT"),
    "direction": ("internal", "inbound", "outbound"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One series.

    Attributes:
        value: Its value; None for the rest.
        name: In full.
        short: For the legend.
        colour: Of its bars.
        rows: Its rows of the answer; the rest is added up.
    """

    value: Any
    name: str
    short: str
    colour: str
    rows: pd.DataFrame


def groups(panel: Panel, answer: PanelAnswer, field: str, most: int = len(SERIES)) -> list[Group]:
    """The groups of a field, the largest first; what has no value or no colour is the rest.

    Args:
        panel: Whose groups.
        answer: Its rows.
        field: A column of them.
        most: How many there are beside the rest; more than there are colours share some.
    """
    frame = answer.frame
    totals = frame.groupby(field)[panel.value].sum().sort_values(ascending=False, kind="stable")
    order = ORDERS.get(field, ())
    values = [v for v in order if v in totals] + [v for v in totals.index if v not in order]
    shown = values[:most]
    short = short_labels(panel, answer, field, shown)
    names = answer.names.get(field, {})
    found = [
        Group(
            value,
            named(field, value, names, panel.rest),
            text,
            colour,
            frame[(frame[field] == value).fillna(False)],
        )
        for value, text, colour in zip(shown, short, colours(field, shown), strict=True)
    ]
    rest = _rest(frame[~frame[field].isin(shown)], field, panel)
    return [*found, Group(None, panel.rest, panel.rest, GREY, rest)] if len(rest) else found


def _rest(frame: pd.DataFrame, field: str, panel: Panel) -> pd.DataFrame:
    """The rows of the rest, added up over the other columns."""
    measures = [m for m in panel.query.measures if m in frame]
    by = [column for column in frame if column not in (*measures, field)]
    return frame.groupby(by, as_index=False, sort=False)[measures].sum(min_count=1)
