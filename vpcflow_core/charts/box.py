"""Quartiles over time; may import panels and the other charts' axes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import MAIN, faint
from vpcflow_core.charts.time_axis import over_time, unfinished, wall_clock
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.units import humane

PARTS = ("min", "q1", "median", "q3", "max")
WORDS = ("least", "25 %", "median", "75 %", "most")
# From so many times on between the least and the most, decades read better than steps.
SPREAD = 50


def box(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A box a bucket: the middle half of the flows; its whiskers reach to the least and the most.

    On a logarithmic axis where the values spread over decades.
    """
    stem = panel.value.rpartition("_")[0]
    frame = answer.frame[answer.frame[panel.value].notna()]
    least, q1, median, q3, most = (frame[f"{stem}_{part}"].astype("float64") for part in PARTS)
    x = wall_clock(frame["bucket"], zone)
    chart = go.Figure(
        go.Box(
            x=x, lowerfence=least, q1=q1, median=median, q3=q3, upperfence=most, hoverinfo="skip",
            line={"color": MAIN, "width": 1.5}, fillcolor=faint(MAIN, 0.3), showlegend=False,
        )
    )  # fmt: skip
    chart.add_scatter(
        x=x, y=median, mode="markers", marker={"size": 5, "color": MAIN}, showlegend=False,
        hovertext=_hover(frame, stem), hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    open_ = bool(unfinished(answer.frame["bucket"], answer).any())
    top = float(most.max())
    over_time(chart, answer, zone, stem, top, "" if not open_ else "last")
    chart.update_layout(hovermode="x unified")
    if float(least.min()) > 0 and top / float(least.min()) > SPREAD:
        chart.update_yaxes(type="log", range=None, tickvals=None, ticktext=None, dtick=1)
    return chart


def _hover(frame: pd.DataFrame, stem: str) -> list[str]:
    """The five numbers, from the most down."""
    columns = [[humane(v, stem) for v in frame[f"{stem}_{part}"]] for part in PARTS]
    return [
        "<br>".join(f"{word}: <b>{text}</b>" for word, text in zip(WORDS[::-1], row, strict=True))
        for row in zip(*columns[::-1], strict=True)
    ]
