"""A measure beside its past, and where it is heading; may import panels, times and units."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import INK, MAIN, faint, legend_below
from vpcflow_core.charts.time_axis import (
    colour_of,
    finite,
    over_time,
    places,
    shade,
    unfinished,
    wall_clock,
)  # fmt: skip
from vpcflow_core.charts.words import amount, hover, unit
from vpcflow_core.panels.base import Answer, Panel

# Column, its name in a window of a day and in any other, colour, dash, width.
PAST = (
    ("value_7d", "last week", "a week before", "#8C6BB1", "dot", 1.2),
    ("value_1d", "yesterday", "a day before", "#E69F00", "dash", 1.2),
    ("value", "today", "this time", MAIN, "solid", 2),
)
AHEAD = "#E69F00"


def lines(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line for now and for each time before that there is."""
    frame, chart = answer.frame, go.Figure()
    length = frame["bucket"].max() - frame["bucket"].min()
    a_day = timedelta(hours=23) <= length <= timedelta(hours=25)
    for column, name, other, colour, dash, width in PAST:
        if column not in frame or frame[column].isna().all():
            continue
        chart.add_scatter(
            **places(frame["bucket"], zone), y=finite(frame[column]), mode="lines",
            name=name if a_day else other, line={"color": colour, "dash": dash, "width": width},
            **_told(panel, frame[column], name if a_day else other),
        )  # fmt: skip
    top = max(float(frame[column].max()) for column, *_ in PAST if _there(frame, column))
    open_ = unfinished(frame["bucket"], answer).any()
    shade(chart, answer, zone, frame["bucket"])
    chart.update_layout(hovermode="x unified")
    legend_below(over_time(chart, answer, zone, panel.value, top, "grey" if open_ else ""))
    return chart.update_layout(legend_traceorder="reversed")


def trend(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line, the model's dashed one, and the interval in which the future is expected."""
    frame, colour = answer.frame, colour_of(panel)
    future = frame[frame["value"].isna()]
    chart = go.Figure()
    if len(future) and future["lower"].notna().any():
        _interval(chart, panel, future, zone)
    known = frame[frame["value"].notna()]
    chart.add_scatter(
        **places(known["bucket"], zone), y=finite(known["value"]), mode="lines",
        name=unit(panel.value), line={"color": colour, "width": 1.5},
        **hover(panel.value, known["value"]),
    )  # fmt: skip
    if frame["predicted"].notna().any():
        chart.add_scatter(
            **places(frame["bucket"], zone), y=finite(frame["predicted"]), mode="lines",
            name="predicted", line={"color": AHEAD, "width": 2, "dash": "dash"},
            **_told(panel, frame["predicted"], "predicted"),
        )  # fmt: skip
    if len(future):
        _today(chart, wall_clock(future["bucket"], zone).iloc[0], dark)
    top = float(frame[["value", "predicted"]].max().max())
    upper = float(future["upper"].max()) if len(future) else 0.0
    top = max(top, min(upper, 2 * top)) if upper == upper else top
    open_ = unfinished(known["bucket"], answer).any()
    shade(chart, answer, zone, known["bucket"])
    chart.update_layout(hovermode="x unified")
    return legend_below(over_time(chart, answer, zone, panel.value, top, "grey" if open_ else ""))


def _interval(chart: go.Figure, panel: Panel, future: pd.DataFrame, zone: ZoneInfo) -> None:
    """Where the future lies with 95 %."""
    where = places(future["bucket"], zone)
    edge = {"mode": "lines", "line": {"width": 0, "color": AHEAD}, "legendgroup": "interval"}
    lower, upper = finite(future["lower"].clip(lower=0)), finite(future["upper"])
    chart.add_scatter(**where, **edge, y=lower, hoverinfo="skip", showlegend=False)
    chart.add_scatter(
        **where, **edge, y=upper, fill="tonexty", fillcolor=faint(AHEAD, 0.22), name="interval",
        hovertext=[
            f"{amount(low, panel.value)} to {amount(high, panel.value)}"
            for low, high in zip(lower, upper, strict=True)
        ],
        hovertemplate="interval: %{hovertext}<extra></extra>",
    )  # fmt: skip


def _today(chart: go.Figure, at: pd.Timestamp, dark: bool) -> None:
    """A thin line where the data ends."""
    weak = INK[dark][1]
    where = {"xref": "x", "yref": "paper"}
    chart.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, line={"width": 1, "color": weak}, **where
    )
    chart.add_annotation(
        x=at, y=1, text="data ends", showarrow=False, xanchor="right", yanchor="bottom",
        font={"size": 11, "color": weak}, **where,
    )  # fmt: skip


def _told(panel: Panel, values: pd.Series, name: str) -> dict[str, Any]:
    """A series that says its name."""
    return hover(panel.value, values, f"{name}: <b>{{}}</b>", with_unit=False)


def _there(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())
