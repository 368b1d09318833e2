"""How a series over time is drawn: as a line, or as dots where a line would fill the chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.time_axis import clock_of, places, raised

# A line that goes up and down further than this, in heights of its chart, covers half of it.
THICKET = 60
# More points than this are closer to each other than a line is wide.
MANY = 400
# Dots that fit side by side into a chart.
COLUMNS = 300
SILENT = {"hoverinfo": "skip"}


@dataclass(frozen=True, slots=True)
class Stroke:
    """What a line looks like.

    Attributes:
        colour: Of it.
        least: Where nothing is drawn; the axis is logarithmic where that is above 0.
        dash: Of the line.
        width: Of the line, in pixels; by default lines of many points are thinner.
        top: The largest value of the chart, if it is not one of the series.
    """

    colour: str
    least: float = 0.0
    dash: str = "solid"
    width: float = 0.0
    top: float = 0.0

    def fills(self, values: pd.Series) -> bool:
        """Whether a line would fill the chart."""
        return travel(values, self.least, self.top) > THICKET


def add_series(
    chart: go.Figure,
    times: pd.Series,
    zone: ZoneInfo,
    values: pd.Series,
    stroke: Stroke,
    hover: Mapping[str, Any] | None = None,
    **trace: Any,
) -> None:
    """Draw a series.

    Each dot is a shape of its own for the browser, which takes a second for a few thousand: the
    lowest and the highest of each column are drawn. An invisible line answers the mouse.

    Args:
        chart: Where.
        times: In UTC, one a point.
        zone: Whose clock the chart shows.
        values: One a point.
        stroke: What it looks like.
        hover: What answers the mouse; None: nothing does.
        trace: More of plotly's trace: its name, what it carries.
    """
    line, drawn = places(times, zone), raised(values, stroke.least)
    if not stroke.fills(values):
        width = stroke.width or (1.0 if len(values) > MANY else 1.6)
        look = {"color": stroke.colour, "width": width, "dash": stroke.dash}
        chart.add_scatter(**line, y=drawn, mode="lines", line=look, **trace, **(hover or SILENT))
        return
    group, at = {"legendgroup": trace.get("name")}, _extremes(drawn)
    chart.add_scatter(
        x=clock_of(times, zone).iloc[at],
        y=drawn[at],
        mode="markers",
        marker={"color": stroke.colour, "size": 3, "opacity": 0.7},
        **(trace | group | SILENT),
    )
    if hover:
        chart.add_scatter(
            **line,
            y=drawn,
            mode="lines",
            line={"color": stroke.colour, "width": 0},
            showlegend=False,
            **(trace | group | dict(hover)),
        )


def _extremes(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Where the lowest and the highest value of each column is; what is missing is nowhere."""
    there = np.flatnonzero(~np.isnan(values))
    columns = np.array_split(there, min(COLUMNS, len(there)) or 1)
    found = [[part[values[part].argmin()], part[values[part].argmax()]] for part in columns]
    return np.unique(np.concatenate(found).astype(np.intp)) if len(there) else there


def travel(values: pd.Series, least: float = 0.0, top: float = 0.0) -> float:
    """How far a line goes up and down, in heights of its chart.

    >>> travel(pd.Series([0, 8, 0, 4])), travel(pd.Series([1, 100, 1]), 1)
    (2.5, 2.0)
    """
    drawn = np.append(raised(values.dropna(), least), top)
    if least > 0:
        drawn = np.log10(drawn.clip(min=least) / least)
    highest = drawn.max()
    return float(np.abs(np.diff(drawn[:-1])).sum() / highest) if highest else 0.0
