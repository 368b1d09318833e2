"""A measure, the band it was expected in, and what left it; may import panels and units."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import ALARM, INK, faint, legend_below
from vpcflow_core.charts.time_axis import colour_of, over_time, places, unfinished
from vpcflow_core.charts.words import unit
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.units import UNITS, humane


def band(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line before its band; violations are diamonds, what is not complete is dashed."""
    frame, colour = answer.frame, colour_of(panel)
    open_ = unfinished(frame["bucket"], answer)
    chart = go.Figure()
    _expected(chart, panel, frame, zone, colour)
    complete = frame["value"].where(~open_)
    chart.add_scatter(
        **places(frame["bucket"], zone), y=complete.to_numpy("float64", na_value=float("nan")),
        mode="lines", name=unit(panel.value), line={"color": colour, "width": 1.5},
        **_hover(panel, frame["value"]),
    )  # fmt: skip
    if open_.any():
        _dashed(chart, panel, frame, zone, open_, colour)
    _violations(chart, panel, frame, zone, dark)
    # After a huge value the band is huge for a while: it may leave the picture, the values not.
    largest = float(frame["value"].max())
    top = max(largest, min(float(frame["upper"].max()), 1.5 * largest))
    mark = "dashed" if open_.any() else ""
    chart.update_layout(hovermode="x unified")
    return legend_below(over_time(chart, answer, zone, panel.value, top, mark))


def _expected(
    chart: go.Figure, panel: Panel, frame: pd.DataFrame, zone: ZoneInfo, colour: str
) -> None:
    """The band, from 0 at the lowest: fewer than none cannot be."""
    lower, upper = frame["lower"].clip(lower=0), frame["upper"].clip(lower=0)
    where = places(frame["bucket"], zone)
    edge = {"mode": "lines", "line": {"width": 0, "color": colour}, "legendgroup": "band"}
    chart.add_scatter(**where, **edge, y=lower, hoverinfo="skip", showlegend=False)
    texts = [
        f"{_number(low, panel.value)} to {_number(high, panel.value)}"
        for low, high in zip(lower, upper, strict=True)
    ]
    chart.add_scatter(
        **where, **edge, y=upper, fill="tonexty", fillcolor=faint(colour, 0.18), name="expected",
        hovertext=texts, hovertemplate="expected: %{hovertext}<extra></extra>",
    )  # fmt: skip


def _dashed(
    chart: go.Figure, panel: Panel, frame: pd.DataFrame, zone: ZoneInfo, open_: pd.Series,
    colour: str,
) -> None:  # fmt: skip
    """The end of the line that is not complete, from the last complete bucket on."""
    tail = frame[open_ | open_.shift(-1, fill_value=False)]
    chart.add_scatter(
        **places(tail["bucket"], zone), y=tail["value"], mode="lines", showlegend=False,
        line={"color": colour, "width": 1.5, "dash": "dot"}, name="not complete yet",
        **_hover(panel, tail["value"], "so far: "),
    )  # fmt: skip


def _violations(
    chart: go.Figure, panel: Panel, frame: pd.DataFrame, zone: ZoneInfo, dark: bool
) -> None:
    """A diamond for each; it carries its bucket in UTC."""
    out = frame[frame["violation"]]
    if out.empty:
        return
    chart.add_scatter(
        x=places(out["bucket"], zone).get("x"), y=out["value"], mode="markers",
        name="outside the band", customdata=[f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in out["bucket"]],
        marker={
            "symbol": "diamond", "size": 8, "color": ALARM[dark],
            "line": {"width": 1, "color": INK[dark][3]},
        },
        hovertext=["above" if error > 0 else "below" for error in out["error"]],
        hovertemplate="<b>%{hovertext} the band</b><extra></extra>",
    )  # fmt: skip


def _hover(panel: Panel, values: pd.Series, head: str = "") -> dict[str, Any]:
    """The value with its unit."""
    if panel.value not in UNITS:
        return {"hovertemplate": f"{head}<b>%{{y:,}} {unit(panel.value)}</b><extra></extra>"}
    texts = [humane(value, panel.value) for value in values]
    return {"hovertext": texts, "hovertemplate": f"{head}<b>%{{hovertext}}</b><extra></extra>"}


def _number(value: float, measure: str) -> str:
    """A bound: small ones are no whole numbers."""
    return humane(value, measure) if measure in UNITS or value >= 100 else f"{value:.3g}"
