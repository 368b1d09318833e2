"""Columns and areas over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.groups import groups
from vpcflow_core.charts.labels import hover, unit
from vpcflow_core.charts.log_axis import floor_of
from vpcflow_core.charts.strokes import Stroke, add_series
from vpcflow_core.charts.style import faint, legend_below, undressed
from vpcflow_core.charts.time_axis import (
    HOVER_TIME,
    colour_of,
    heights,
    highest,
    over_time,
    places,
    wall_clock,
)
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

# More columns than this are hairs; they are drawn as one stepped area.
MOST_COLUMNS = 300
WHEN = "%{x|" + HOVER_TIME + "}<br>"


def columns(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A column a bucket; those that are not complete are grey."""
    frame, colour = answer.frame, colour_of(panel)
    if len(frame) > MOST_COLUMNS:
        return _steps(panel, answer, zone, dark)
    trace = go.Bar(
        **_bar(frame, answer, zone, panel),
        marker_color=colour,
        name=unit(panel.value),
        **hover(panel.value, frame[panel.value], WHEN + "<b>{}</b>"),
    )
    return over_time(undressed(trace), answer, zone, panel.value, highest(frame[panel.value]))


def stacked(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Stacked columns, a colour a group; groups beyond the palette are the rest."""
    chart = undressed()
    for group in groups(panel, answer, panel.query.by[0]):
        # A column without height cannot be seen, and is a shape for the browser all the same.
        rows = group.rows[group.rows[panel.value].fillna(0) != 0]
        chart.add_bar(
            **_bar(rows, answer, zone, panel),
            marker_color=group.colour,
            name=group.short,
            meta=group.value,
            customdata=[group.value] * len(rows),
            **hover(panel.value, rows[panel.value], f"{WHEN}{group.name}: <b>{{}}</b>"),
        )
    over_time(chart, answer, zone, panel.value, _highest(panel, answer))
    # A click narrows by the group; Streamlit hears of no click while dragging selects.
    chart.update_layout(barmode="stack", dragmode="zoom" if panel.drill else "select")
    return legend_below(chart)


def area(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Stacked areas, a colour a group."""
    chart = undressed()
    for group in groups(panel, answer, panel.query.by[0]):
        chart.add_scatter(
            **places(group.rows["bucket"], zone),
            y=heights(group.rows[panel.value]),
            name=group.short,
            meta=group.value,
            mode="lines",
            stackgroup="all",
            line={"width": 1, "color": group.colour},
            fillcolor=faint(group.colour, 0.65),
            **hover(panel.value, group.rows[panel.value], f"{group.name}: <b>{{}}</b>"),
        )
    chart.update_layout(hovermode="x unified")
    return legend_below(over_time(chart, answer, zone, panel.value, _highest(panel, answer)))


def curves(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line a group; groups beyond the palette are the rest.

    The axis is logarithmic where one burst would press all else flat.
    """
    values = answer.frame[panel.value].astype("Float64")
    least = floor_of(values.dropna())
    chart, top = undressed(), highest(values)
    for group in groups(panel, answer, panel.query.by[0]):
        rows = group.rows[panel.value]
        look = Stroke(group.colour, least, top=top)
        answers = hover(panel.value, rows, f"{group.name}: <b>{{}}</b>", written=True)
        more = {"name": group.short, "meta": group.value}
        add_series(chart, group.rows["bucket"], zone, rows, look, answers, **more)
    chart.update_layout(hovermode="x unified")
    return legend_below(over_time(chart, answer, zone, panel.value, top, least))


def _steps(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Columns so thin that they touch."""
    frame, colour = answer.frame, colour_of(panel, dark)
    chart = undressed(
        go.Scatter(
            **places(frame["bucket"], zone),
            y=heights(frame[panel.value]),
            name=unit(panel.value),
            mode="lines",
            line={"width": 1, "color": colour, "shape": "hv"},
            fill="tozeroy",
            fillcolor=faint(colour, 0.5),
            **hover(panel.value, frame[panel.value]),
        )
    )
    chart.update_layout(hovermode="x unified")
    return over_time(chart, answer, zone, panel.value, highest(frame[panel.value]))


def _bar(frame: pd.DataFrame, answer: PanelAnswer, zone: ZoneInfo, panel: Panel) -> dict[str, Any]:
    """Bars that begin where their bucket begins, as high as their value."""
    placed = begun(frame["bucket"], zone, answer.every or timedelta(0))
    return {**placed, "y": heights(frame[panel.value]), "marker_line_width": 0}


def begun(
    buckets: pd.Series, zone: ZoneInfo, every: timedelta, gap: float = 0.12
) -> dict[str, Any]:
    """Where bars begin and how wide they are.

    Args:
        buckets: Begin of each.
        zone: Of the axis.
        every: Their length; 0 where it is not known.
        gap: Of a bucket, what is left free to the next one.
    """
    x = wall_clock(buckets, zone)
    # What a clock shows twice stands side by side, each time in half the width.
    twice, again = x.duplicated(keep=False), x.duplicated()
    width = (1 - gap) * every / timedelta(milliseconds=1)
    widths = [width / 2 if half else width for half in twice] if twice.any() else width
    return {"x": x.mask(again, x + every / 2), "offset": 0, "width": widths if every else None}


def _highest(panel: Panel, answer: PanelAnswer) -> float:
    """The highest stack."""
    return float(answer.frame.groupby("bucket")[panel.value].sum().max())
