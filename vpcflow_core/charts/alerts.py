"""Alerts by the day, stacked by what gave them."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.colours import colours
from vpcflow_core.charts.style import dress, legend_below, undressed

DAY_MS = 86_400_000
# Up to this many days, each has a label.
FEW_DAYS = 14


def alerts_by_day(frame: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Columns of days.

    Args:
        frame: Columns `day` (at midnight, as a clock shows it), `name` and `alerts`; every day.
        dark: Whether the page is dark.
    """
    chart = undressed()
    totals = frame.groupby("name")["alerts"].sum().sort_values(ascending=False, kind="stable")
    for name, colour in zip(totals.index, colours("name", list(totals.index)), strict=True):
        rows = frame[frame["name"] == name]
        chart.add_bar(
            x=rows["day"],
            y=rows["alerts"],
            name=name,
            marker_color=colour,
            hovertemplate="%{x|%a %d %b}: <b>%{y}</b>",
        )
    chart.update_layout(barmode="stack", bargap=0.3)
    chart.update_xaxes(
        tickformat="%d %b", dtick=86_400_000 if frame["day"].nunique() <= 14 else None
    )
    chart.update_yaxes(tickformat=",d", rangemode="tozero", title="alerts")
    return dress(legend_below(chart), dark)
