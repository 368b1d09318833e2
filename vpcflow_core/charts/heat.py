"""A heat map over time: a row a group, a cell a bucket, the darker the more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.columns import WHEN, begun
from vpcflow_core.charts.groups import Group, groups
from vpcflow_core.charts.labels import hover
from vpcflow_core.charts.log_axis import BURST, rounds
from vpcflow_core.charts.style import HEATS, HEIGHT, undressed
from vpcflow_core.charts.time_axis import heights, highest, over_time, ticks
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.units import humane

# Of a row and of its cells, in rows; what is above and below the rows, in pixels.
CELL, ROW, AROUND = 0.92, 28, 110


def heat(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A row for each value, the largest on top, time across; the rest is the last row.

    Each cell is a bar, as only bars hear clicks. Where one burst dwarfs the usual value the colours
    are those of a logarithmic scale. A cell of nothing has the colour of the paper.
    """
    shown = groups(panel, answer, panel.query.by[0], sum(answer.frame[panel.query.by[0]].notna()))
    values = answer.frame[panel.value].astype("Float64")
    is_log = bursts(values)
    chart = undressed()
    for place, group in enumerate(shown):
        _row(chart, panel, answer, zone, group, place, is_log)
    over_time(chart, answer, zone, panel.value, highest(values))
    chart.update_yaxes(
        range=[len(shown) - 0.5, -0.5],
        tickvals=list(range(len(shown))),
        ticktext=[f"{group.short}  " for group in shown],
        showgrid=False,
        zeroline=False,
    )
    # A click narrows by the value; Streamlit hears of no click while dragging selects.
    return chart.update_layout(
        barmode="overlay",
        showlegend=False,
        height=max(HEIGHT, ROW * len(shown) + AROUND),
        dragmode="zoom" if panel.drill else "select",
        coloraxis=scale(panel, values, is_log, dark),
    )


def bursts(values: pd.Series) -> bool:
    """Whether colours in proportion would show one burst and nothing else."""
    some = values[values > 0]
    return bool(len(some) and some.max() > BURST * some.median())


def _row(
    chart: go.Figure,
    panel: Panel,
    answer: PanelAnswer,
    zone: ZoneInfo,
    group: Group,
    place: int,
    is_log: bool,
) -> None:
    """The cells of one group."""
    rows = group.rows[group.rows[panel.value].fillna(0) > 0]
    values = heights(rows[panel.value])
    chart.add_bar(
        **begun(rows["bucket"], zone, answer.every or timedelta(0), gap=0),
        y=[CELL] * len(rows),
        base=place - CELL / 2,
        marker={
            "color": np.log10(values) if is_log else values,
            "coloraxis": "coloraxis",
            "line_width": 0,
        },
        name=group.short,
        meta=group.value,
        customdata=[group.value] * len(rows),
        **hover(panel.value, rows[panel.value], f"{WHEN}{group.name}: <b>{{}}</b>", written=True),
    )


def scale(panel: Panel, values: pd.Series, is_log: bool, dark: bool) -> dict[str, object]:
    """What each colour stands for."""
    top = highest(values)
    if is_log:
        low = float(values[values > 0].min())
        marks: Sequence[float] = [v for v in rounds(panel.value) if low <= v <= top]
        ends, places = [math.log10(low / 3), math.log10(top)], [math.log10(v) for v in marks]
    else:
        marks = ticks(top, panel.value)
        ends, places = [0.0, top or 1.0], list(marks)
    return {
        "colorscale": HEATS[dark],
        "cmin": ends[0],
        "cmax": ends[1],
        "colorbar": {
            "thickness": 10,
            "tickvals": places,
            "ticktext": [humane(value, panel.value) for value in marks],
        },
    }
