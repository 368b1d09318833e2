"""A measure, the band it was expected in, and what left it."""

from __future__ import annotations

from math import isnan
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.labels import amount, at_points, hover, unit
from vpcflow_core.charts.log_axis import floor_of
from vpcflow_core.charts.strokes import Stroke, add_series
from vpcflow_core.charts.style import ALARM, INK, faint, legend_below, undressed
from vpcflow_core.charts.time_axis import (
    colour_of,
    highest,
    lacking,
    over_time,
    places,
    raised,
    wall_clock,
)
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

# What is drawn as lines.
DRAWN = ("value", "lower", "upper")
# Said where no band is known: the first timeslices have nothing before them.
UNKNOWN = "not known what to expect: too little before it"


def band(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line before its band; violations are diamonds.

    On a logarithmic axis where a burst dwarfs all else, or what else left its band would be lost.
    """
    rows, colour = answer.frame, colour_of(panel, dark)
    least = floor_of(rows["value"])
    # Fewer than none cannot be; and none has no place of its own on a logarithmic axis.
    frame = rows.assign(**{name: raised(rows[name], least) for name in DRAWN})
    chart = undressed()
    _expected(chart, frame, zone, colour)
    _line(chart, panel, frame, zone, colour, least)
    _violations(chart, frame[frame["violation"]], zone, dark)
    # One series alone answers the mouse: plotly would add the nearest diamond, of another bucket.
    chart.add_scatter(
        **places(rows["bucket"], zone),
        y=frame["value"],
        mode="lines",
        showlegend=False,
        line={"width": 0, "color": colour},
        customdata=_texts(panel, rows, lacking(rows["bucket"], answer)),
        **hover(panel.value, rows["value"], "<b>{}</b><br>%{customdata}", written=least > 0),
    )
    chart.update_layout(hovermode="x unified")
    over_time(chart, answer, zone, panel.value, _top(frame), least)
    return legend_below(chart)


def _top(frame: pd.DataFrame) -> float:
    """After a huge value the band is huge for a while: it may leave the picture, the values not."""
    largest = highest(frame["value"])
    return max(largest, min(highest(frame["upper"]), 1.5 * largest))


def _line(
    chart: go.Figure, panel: Panel, frame: pd.DataFrame, zone: ZoneInfo, colour: str, least: float
) -> None:
    """The values."""
    look, name = Stroke(colour, least), unit(panel.value)
    add_series(chart, frame["bucket"], zone, frame["value"], look, name=name)


def _expected(chart: go.Figure, frame: pd.DataFrame, zone: ZoneInfo, colour: str) -> None:
    """The band."""
    where = places(frame["bucket"], zone)
    edge = {
        "mode": "lines",
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "legendgroup": "band",
    }
    lower, upper = frame["lower"], frame["upper"]
    chart.add_scatter(**where, **edge, y=lower.astype("float32"), showlegend=False)
    chart.add_scatter(
        **where,
        **edge,
        y=upper.astype("float32"),
        fill="tonexty",
        fillcolor=faint(colour, 0.2),
        name="expected",
    )


def _violations(chart: go.Figure, out: pd.DataFrame, zone: ZoneInfo, dark: bool) -> None:
    """A diamond for each; it carries its bucket in UTC, to be opened by."""
    if out.empty:
        return
    chart.add_scatter(
        x=wall_clock(out["bucket"], zone),
        y=out["value"],
        mode="markers",
        hoverinfo="skip",
        name="outside the band",
        customdata=[f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in out["bucket"]],
        marker={
            "symbol": "diamond",
            "size": 8,
            "color": ALARM[dark],
            "line": {"width": 1, "color": INK[dark][3]},
        },
    )


def _texts(panel: Panel, frame: pd.DataFrame, lacks: pd.Series) -> np.ndarray[Any, Any]:
    """What was expected, and the verdict where there is one to tell."""
    verdicts = frame["error"].gt(0).map({True: "above the band", False: "below the band"})
    verdicts = verdicts.where(frame["violation"], "").mask(lacks != "", lacks)

    def expected(low: float, high: float) -> str:
        if isnan(low):
            return UNKNOWN
        return f"expected {amount(low, panel.value)} to {amount(high, panel.value)}"

    bounds = zip(frame["lower"].clip(lower=0), frame["upper"].clip(lower=0), verdicts, strict=True)
    return at_points(
        expected(low, high) + (f"<br><b>{verdict}</b>" if verdict else "")
        for low, high, verdict in bounds
    )
