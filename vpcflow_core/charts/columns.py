"""Columns and areas over time; may import panels and the other charts' words and axes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.groups import groups
from vpcflow_core.charts.style import faint, legend_below
from vpcflow_core.charts.time_axis import colour_of, over_time, places, shade, unfinished
from vpcflow_core.charts.time_axis import wall_clock as wall_clock
from vpcflow_core.charts.words import unit
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.units import UNITS, humane

# More columns than this are hairs; they are drawn as one stepped area.
MOST_COLUMNS = 300


def columns(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A column a bucket; those the data does not cover yet are hatched."""
    frame, colour = answer.frame, colour_of(panel)
    if len(frame) > MOST_COLUMNS:
        return _steps(panel, answer, zone)
    trace = go.Bar(
        **_bar(frame, answer, zone, panel), marker_color=colour, name=unit(panel.value),
        hovertemplate=_hover(panel, unit(panel.value)),
    )  # fmt: skip
    return _finished(go.Figure(trace), panel, answer, zone, "hatched", frame[panel.value].max())


def stacked(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Stacked columns, a colour a group; groups beyond the palette are the rest."""
    chart = go.Figure()
    for group in groups(panel, answer, panel.query.by[0]):
        chart.add_bar(
            **_bar(group.rows, answer, zone, panel), marker_color=group.colour, name=group.short,
            customdata=[group.value] * len(group.rows), hovertemplate=_hover(panel, group.name),
        )  # fmt: skip
    chart.update_layout(barmode="stack")
    return legend_below(_finished(chart, panel, answer, zone, "hatched", _highest(panel, answer)))


def area(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Stacked areas, a colour a group."""
    chart = go.Figure()
    for group in groups(panel, answer, panel.query.by[0]):
        chart.add_scatter(
            **places(group.rows["bucket"], zone), y=group.rows[panel.value], name=group.short,
            mode="lines", stackgroup="all", line={"width": 1, "color": group.colour},
            fillcolor=faint(group.colour, 0.65), **_texts(panel, group.rows, group.name),
        )  # fmt: skip
    chart.update_layout(hovermode="x unified")
    shade(chart, answer, zone, answer.frame["bucket"])
    return legend_below(_finished(chart, panel, answer, zone, "grey", _highest(panel, answer)))


def _steps(panel: Panel, answer: Answer, zone: ZoneInfo) -> go.Figure:
    """Columns so thin that they touch."""
    frame, colour = answer.frame, colour_of(panel)
    chart = go.Figure(
        go.Scatter(
            **places(frame["bucket"], zone), y=frame[panel.value], name=unit(panel.value),
            mode="lines", line={"width": 1, "color": colour, "shape": "hv"}, fill="tozeroy",
            fillcolor=faint(colour, 0.5), **_texts(panel, frame, ""),
        )
    )  # fmt: skip
    chart.update_layout(hovermode="x")
    shade(chart, answer, zone, frame["bucket"])
    return _finished(chart, panel, answer, zone, "grey", frame[panel.value].max())


def _bar(frame: pd.DataFrame, answer: Answer, zone: ZoneInfo, panel: Panel) -> dict[str, Any]:
    """Bars that begin where their bucket begins."""
    every = answer.every / timedelta(milliseconds=1) if answer.every else None
    hatched = unfinished(frame["bucket"], answer)
    return {
        "x": wall_clock(frame["bucket"], zone), "y": frame[panel.value], "offset": 0,
        "width": 0.88 * every if every else None, "marker_line_width": 0,
        "marker_pattern_shape": ["/" if open_ else "" for open_ in hatched],
    } | _humane(panel, frame)  # fmt: skip


def _humane(panel: Panel, frame: pd.DataFrame) -> dict[str, Any]:
    """Texts of values whose unit plotly does not know."""
    if panel.value not in UNITS:
        return {}
    return {"hovertext": [humane(value, panel.value) for value in frame[panel.value]]}


def _hover(panel: Panel, name: str) -> str:
    """When, what, how much."""
    text = "%{hovertext}" if panel.value in UNITS else "%{y:,}"
    return "%{x|%a %d %b %H:%M}<br>" + f"{name}: <b>{text}</b><extra></extra>"


def _texts(panel: Panel, frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """The hover of one of several series at the same time."""
    text = "%{hovertext}" if panel.value in UNITS else "%{y:,} " + unit(panel.value)
    head = f"{name}: " if name else ""
    return {"hovertemplate": f"{head}<b>{text}</b><extra></extra>"} | _humane(panel, frame)


def _highest(panel: Panel, answer: Answer) -> float:
    """The highest stack."""
    return float(answer.frame.groupby("bucket")[panel.value].sum().max())


def _finished(
    chart: go.Figure, panel: Panel, answer: Answer, zone: ZoneInfo, mark: str, top: float
) -> go.Figure:
    """With its axes."""
    open_ = unfinished(answer.frame["bucket"], answer).any()
    return over_time(chart, answer, zone, panel.value, float(top), mark if open_ else "")
