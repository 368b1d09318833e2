"""Notes on the axis of a chart over time: a line each, what happened beside the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import GREY
from vpcflow_core.charts.time_axis import HOVER_TIME, wall_clock

# Charts whose horizontal axis is time.
OVER_TIME = ("columns", "stacked", "area", "band", "lines", "trend", "box")
# More lines than these are no help: the newest are drawn.
MOST = 60


def with_notes(
    chart: go.Figure, notes: Sequence[tuple[datetime, str]], zone: ZoneInfo
) -> go.Figure:
    """Draw a line at each note, and a mark above it that says what it is.

    Args:
        chart: Series over time.
        notes: When (UTC) and what, the oldest first.
        zone: Of the axis.
    """
    shown = notes[-MOST:]
    if not shown:
        return chart
    places = wall_clock(pd.Series([at for at, _ in shown]).astype("datetime64[ns, UTC]"), zone)
    lines = [
        {
            "type": "line",
            "x0": place.isoformat(),
            "x1": place.isoformat(),
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": GREY, "width": 1, "dash": "dot"},
        }
        for place in places
    ]
    marks = [
        {
            "x": place.isoformat(),
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "text": "\N{BLACK DOWN-POINTING SMALL TRIANGLE}",
            "showarrow": False,
            "hovertext": f"{place.strftime(HOVER_TIME)}<br>{escape(text)}",
        }
        for place, (_, text) in zip(places, shown, strict=True)
    ]
    # All at once: plotly checks what is there already with each one that is added.
    chart.layout.shapes = (*chart.layout.shapes, *lines)
    chart.layout.annotations = (*chart.layout.annotations, *marks)
    return chart
