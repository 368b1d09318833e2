"""Horizontal bars, whole or in parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.groups import Group, groups
from vpcflow_core.charts.labels import hover_texts, named, short_labels
from vpcflow_core.charts.style import legend_below, undressed
from vpcflow_core.charts.time_axis import colour_of
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.units import humane

# Fewer bars than this would be blocks.
FEW = 6
# Width of a letter of the number behind a bar, in pixels, with some air.
LETTER = 8
# Of the names before the bars, and of the air around them; what is wider makes room for itself.
NAME_LETTER, NAME_GAP = 5.8, 30


def bars(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """Horizontal bars, largest on top, with the value written at each."""
    field, frame = panel.query.by[0], answer.frame
    values = frame[panel.value]
    trace = go.Bar(
        x=values,
        y=short_labels(panel, answer, field, frame[field]),
        orientation="h",
        marker_color=colour_of(panel),
        customdata=list(frame[field]),
        text=[humane(value, panel.value) for value in values],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="text",
        hovertext=hover_texts(panel, frame, _heads(panel, answer, field, frame[field])),
    )
    return _upright(undressed(trace), float(values.max()), trace.text, trace.y)


def split(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """Horizontal bars in parts: the query's first field is the bar, its second the parts."""
    frame, (bar, part) = answer.frame, panel.query.by[:2]
    whole = frame.groupby(bar, sort=False)[panel.value].sum()
    shown = dict(zip(whole.index, short_labels(panel, answer, bar, whole.index), strict=True))
    chart = undressed()
    for group in groups(panel, answer, part):
        chart.add_trace(_part(panel, answer, group, shown))
    numbers = [f" {humane(value, panel.value)}" for value in whole]
    chart.add_scatter(
        x=whole,
        y=[shown[value] for value in whole.index],
        mode="text",
        showlegend=False,
        text=numbers,
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    # The order of the bars would else be the one in which the parts happen to come.
    chart.update_yaxes(categoryorder="array", categoryarray=list(shown.values()))
    chart.update_layout(barmode="stack")
    return legend_below(_upright(chart, float(whole.max()), numbers, list(shown.values())))


def _part(panel: Panel, answer: PanelAnswer, group: Group, shown: dict[Any, str]) -> go.Bar:
    """One part of every bar."""
    rows, bar = group.rows, panel.query.by[0]
    heads = [f"{head}<br>{group.name}" for head in _heads(panel, answer, bar, rows[bar])]
    return go.Bar(
        x=rows[panel.value],
        y=[shown[value] for value in rows[bar]],
        orientation="h",
        name=group.short,
        meta=group.value,
        marker_color=group.colour,
        marker_line_width=0,
        customdata=[[value, group.value] for value in rows[bar]],
        hovertext=hover_texts(panel, rows, heads),
        hoverinfo="text",
    )


def _heads(panel: Panel, answer: PanelAnswer, field: str, values: pd.Series) -> list[str]:
    """Values in full, for the hover text."""
    names = answer.names.get(field, {})
    return [named(field, value, names, panel.rest) for value in values]


def _upright(
    chart: go.Figure, largest: float, numbers: Sequence[str], names: Sequence[str]
) -> go.Figure:
    """The first bar on top; room for names and for numbers behind bars; few bars stay slim."""
    chart.update_yaxes(
        autorange="reversed",
        type="category",
        ticksuffix="  ",
        title=None,
        fixedrange=True,
        showgrid=False,
    )
    chart.update_xaxes(visible=False, fixedrange=True, range=[0, largest or 1])
    slim = 1 - 0.75 * min(1, len(numbers) / FEW)
    after, before = (max(map(len, texts), default=0) for texts in (numbers, names))
    margin = {"r": LETTER * after, "l": NAME_GAP + NAME_LETTER * before}
    return chart.update_layout(dragmode=False, bargap=slim, margin=margin)
