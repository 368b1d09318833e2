"""A measure, the band it was expected in, and what left it; may import panels and units."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import ALARM, INK, faint, legend_below
from vpcflow_core.charts.time_axis import (
    colour_of,
    finite,
    over_time,
    places,
    thin,
    unfinished,
    wall_clock,
)  # fmt: skip
from vpcflow_core.charts.words import amount, hover, unit
from vpcflow_core.panels.base import Answer, Panel


def band(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line before its band; violations are diamonds, what is not complete is dotted."""
    frame, colour = answer.frame, colour_of(panel)
    where, open_ = places(frame["bucket"], zone), unfinished(frame["bucket"], answer)
    chart = go.Figure()
    _expected(chart, where, frame, colour)
    line = {"color": colour, "width": thin(len(frame))}
    chart.add_scatter(
        **where, y=finite(frame["value"].where(~open_)), mode="lines", name=unit(panel.value),
        line=line, hoverinfo="skip",
    )  # fmt: skip
    if open_.any():
        # From the last complete bucket on, or there would be a gap.
        tail = frame[open_ | open_.shift(-1, fill_value=False)]
        chart.add_scatter(
            **places(tail["bucket"], zone), y=tail["value"], mode="lines", hoverinfo="skip",
            line={**line, "dash": "dot"}, showlegend=False,
        )  # fmt: skip
    _violations(chart, frame[frame["violation"]], zone, dark)
    # One series alone answers the mouse: plotly would add the nearest diamond, of another bucket.
    chart.add_scatter(
        **where, y=frame["value"], mode="lines", line={"width": 0, "color": colour},
        showlegend=False, customdata=_texts(panel, frame, open_),
        **hover(panel.value, frame["value"], "<b>{}</b><br>expected %{customdata}"),
    )  # fmt: skip
    # After a huge value the band is huge for a while: it may leave the picture, the values not.
    largest = float(frame["value"].max())
    top = max(largest, min(float(frame["upper"].max()), 1.5 * largest))
    chart.update_layout(hovermode="x unified")
    over_time(chart, answer, zone, panel.value, top, "dotted" if open_.any() else "")
    return legend_below(chart)


def _expected(chart: go.Figure, where: dict[str, Any], frame: pd.DataFrame, colour: str) -> None:
    """The band, from 0 at the lowest: fewer than none cannot be."""
    edge = {
        "mode": "lines", "line": {"width": 0, "color": colour}, "hoverinfo": "skip",
        "legendgroup": "band",
    }  # fmt: skip
    lower, upper = frame["lower"].clip(lower=0), frame["upper"].clip(lower=0)
    chart.add_scatter(**where, **edge, y=finite(lower).astype("float32"), showlegend=False)
    chart.add_scatter(
        **where, **edge, y=finite(upper).astype("float32"), fill="tonexty",
        fillcolor=faint(colour, 0.2), name="expected",
    )  # fmt: skip


def _violations(chart: go.Figure, out: pd.DataFrame, zone: ZoneInfo, dark: bool) -> None:
    """A diamond for each; it carries its bucket in UTC, to be opened by."""
    if out.empty:
        return
    chart.add_scatter(
        x=wall_clock(out["bucket"], zone), y=out["value"], mode="markers", hoverinfo="skip",
        name="outside the band", customdata=[f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in out["bucket"]],
        marker={
            "symbol": "diamond", "size": 8, "color": ALARM[dark],
            "line": {"width": 1, "color": INK[dark][3]},
        },
    )  # fmt: skip


def _texts(panel: Panel, frame: pd.DataFrame, open_: pd.Series) -> list[str]:
    """What was expected, and the verdict where there is one to tell."""
    verdicts = frame["error"].gt(0).map({True: "above the band", False: "below the band"})
    verdicts = verdicts.where(frame["violation"], "").mask(open_, "not complete yet")
    bounds = zip(frame["lower"].clip(lower=0), frame["upper"].clip(lower=0), verdicts, strict=True)
    return [
        f"{amount(low, panel.value)} to {amount(high, panel.value)}"
        + (f"<br><b>{verdict}</b>" if verdict else "")
        for low, high, verdict in bounds
    ]
