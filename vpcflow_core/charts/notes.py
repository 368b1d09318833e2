"""Notes on the axis of a chart over time: a line each, what happened beside the pointer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.style import GREY
from vpcflow_core.charts.time_axis import HOVER_TIME, wall_clock
from vpcflow_core.times import Window

# Charts whose horizontal axis is time.
OVER_TIME = ("columns", "stacked", "area", "band", "lines", "trend", "box", "curves", "heat")
TRIANGLE = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}"
# Notes that are closer than this part of the axis share a line: their marks would overlap.
SLOTS = 24
# Where there are more lines than these, minor notes have a mark alone.
MOST_LINES = 8
# Of those that share a line, the number that is listed beside the pointer.
LISTED = 8
# Characters of a line there.
WIDEST = 90


class Mark(NamedTuple):
    """A note as a chart shows it.

    Attributes:
        at: When, UTC.
        text: What happened.
        minor: Whether it gives way to others where not all can be listed.
    """

    at: datetime
    text: str
    minor: bool = False


def with_notes(
    chart: go.Figure, notes: Sequence[Mark], zone: ZoneInfo, window: Window
) -> go.Figure:
    """Draw a line at each note, and a mark above it that says what it is.

    Notes that are close to each other share a line at the first of them, with their number. Where
    there are many, minor ones have a mark alone.

    Args:
        chart: Series over time.
        notes: The oldest first.
        zone: Of the axis.
        window: What the axis shows.
    """
    shown = list(_close(notes, window))
    if not shown:
        return chart
    firsts = pd.Series([marks[0].at for marks in shown]).astype("datetime64[ns, UTC]")
    places = wall_clock(firsts, zone)
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
        for place, close in zip(places, shown, strict=True)
        if len(shown) <= MOST_LINES or not all(note.minor for note in close)
    ]
    marks = [
        {
            "x": place.isoformat(),
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "text": TRIANGLE if len(close) == 1 else f"{TRIANGLE}<br>{len(close)}",
            "font": {"size": 10},
            "showarrow": False,
            "hovertext": _hover(close, zone),
        }
        for place, close in zip(places, shown, strict=True)
    ]
    # All at once: plotly checks what is there already with each one that is added.
    chart.layout.shapes = (*chart.layout.shapes, *lines)
    chart.layout.annotations = (*chart.layout.annotations, *marks)
    return chart


def _close(notes: Sequence[Mark], window: Window) -> Iterator[list[Mark]]:
    """Notes by the line that they share."""
    apart = window.length / SLOTS
    group: list[Mark] = []
    for note in notes:
        if group and note.at - group[0].at >= apart:
            yield group
            group = []
        group.append(note)
    if group:
        yield group


def _hover(notes: Sequence[Mark], zone: ZoneInfo) -> str:
    """What happened, a line each; minor ones are left out first."""
    chosen = sorted(sorted(notes, key=lambda note: note.minor)[:LISTED], key=lambda note: note.at)
    lines = [
        f"{n.at.astimezone(zone).strftime(HOVER_TIME)}  {escape(_cut(n.text))}" for n in chosen
    ]
    if len(notes) > len(chosen):
        lines.append(f"and {len(notes) - len(chosen):,} more: Notes in the sidebar")
    return "<br>".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
