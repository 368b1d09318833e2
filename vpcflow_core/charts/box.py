"""Quartiles over time."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.log_axis import decades
from vpcflow_core.charts.style import faint, undressed
from vpcflow_core.charts.time_axis import colour_of, over_time, wall_clock
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.units import humane

PARTS = ("min", "q1", "median", "q3", "max")
WORDS = ("least", "25 %", "median", "75 %", "most")
# From this ratio of the largest to the smallest value on, a log axis reads better.
SPREAD = 50


def box(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A box a bucket: the middle half of the flows; its whiskers reach to the least and the most.

    On a logarithmic axis where the values spread over decades.
    """
    colour = colour_of(panel, dark)
    stem = panel.value.rpartition("_")[0]
    frame = answer.frame[answer.frame[panel.value].notna()]
    least, q1, median, q3, most = (frame[f"{stem}_{part}"].astype("float64") for part in PARTS)
    where = {
        "x": wall_clock(frame["bucket"], zone),
        "xperiodalignment": "middle",
        "xperiod": answer.every / timedelta(milliseconds=1) if answer.every else 0,
    }
    chart = undressed(
        go.Box(
            **where,
            lowerfence=least,
            q1=q1,
            median=median,
            q3=q3,
            upperfence=most,
            hoverinfo="skip",
            line={"color": colour, "width": 1.3},
            fillcolor=faint(colour, 0.3),
            showlegend=False,
        )
    )
    chart.add_scatter(
        **where,
        y=median,
        mode="markers",
        marker={"size": 5, "color": colour},
        showlegend=False,
        hovertext=_hover(frame, stem),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    over_time(chart, answer, zone, stem, float(most.max()))
    if float(least.min()) > 0 and float(most.max() / least.min()) > SPREAD:
        decades(chart, 0.7 * float(least.min()), float(most.max()), stem)
    return chart.update_layout(hovermode="x unified")


def _hover(frame: pd.DataFrame, stem: str) -> list[str]:
    """The five numbers, from the most down."""
    columns = [[humane(v, stem) for v in frame[f"{stem}_{part}"]] for part in PARTS]
    return [
        "<br>".join(f"{word}: <b>{text}</b>" for word, text in zip(WORDS[::-1], row, strict=True))
        for row in zip(*columns[::-1], strict=True)
    ]
