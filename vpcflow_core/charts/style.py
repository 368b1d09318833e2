"""Colours, letters and margins that all figures share."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go
import plotly.io as pio
from plotly.basedatatypes import BaseTraceType

# Okabe and Ito's colour-blind-safe colours; what is known has the same colour on every page.
MAIN, REFUSED, GREY = "#0072B2", "#D55E00", "#8a8f98"
COLOURS = {
    "ACCEPT": MAIN, "REJECT": REFUSED, "OK": MAIN, "NODATA": GREY, "SKIPDATA": "#E69F00",
    "internal": "#009E73", "inbound": "#56B4E9", "outbound": "#CC79A7",
    "TCP": MAIN, "UDP": "#E69F00", "ICMP": "#009E73", "IPv6-ICMP": "#66A61E", "GRE": "#8C6BB1",
    "ESP": "#A6761D",
}  # fmt: skip
SERIES = [
    MAIN, "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#8C6BB1", "#A6761D", "#66A61E", "#5F7FBF",
    REFUSED,
]  # fmt: skip
# Of values that have no colour of their own. That of refusals is not among them, and there are
# more than a chart has groups: few then have to take another's.
PALETTE = [c for c in SERIES if c != REFUSED] + ["#1BA3A8", "#A8A11E", "#A0457E", "#E5848F"]
# Thin lines on dark paper need more light than bars.
LIT = {MAIN: "#4aa3df", REFUSED: "#f0843e"}
ALARM = {False: "#b5179e", True: "#ff5ec4"}
LAND = {False: ("#e2e8f0", "#ffffff"), True: ("#334155", "#0f172a")}
# From little to much, in cells of a heat map: little must be seen on the paper.
HEATS = {
    False: [[0, "#dbeafe"], [0.5, "#4f94cd"], [1, "#0b3a63"]],
    True: [[0, "#1e3a5f"], [0.5, "#3f88c5"], [1, "#cfe8ff"]],
}
# Letters, weaker letters, lines of the grid, paper.
INK = {
    False: ("#0f172a", "#475569", "#e2e8f0", "#ffffff"),
    True: ("#e5e7eb", "#a3b0c2", "#334155", "#0f172a"),
}

# plotly.js fetches the outline of the world from the Internet unless it is given another place;
# an empty one is enough, because the land is drawn from our own outline.
_NO_TOPOLOGY = quote(json.dumps({"type": "Topology", "objects": {}, "arcs": []}))
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": False,
    "topojsonURL": f"data:application/json,{_NO_TOPOLOGY}#",
    "modeBarButtonsToRemove": [
        "lasso2d",
        "autoScale2d",
        "zoomIn2d",
        "zoomOut2d",
        "pan2d",
    ],
}

HEIGHT = 340
# The top margin is the place of plotly's buttons, which would cover the chart else.
MARGIN = {"l": 8, "r": 8, "t": 28, "b": 8}
# What numbers beside, times below, and a row of names below them take. Plotly draws a chart
# a second time where it has to make room itself.
ROOM_FOR_NUMBERS, ROOM_FOR_TIMES, ROOM_FOR_NAMES = 54, 66, 33


def undressed(*traces: BaseTraceType) -> go.Figure:
    """A figure of these traces, for `dress` to finish.

    Plotly would copy the template in force into each: more work than a line of 1,440 points.
    """
    return go.Figure(list(traces), layout={"template": "none"})


def dress(chart: go.Figure, dark: bool) -> go.Figure:
    """Letters, colours and margins of the house; what the chart says itself stays.

    Streamlit lays its own theme over the template, so the page's colours win there.
    """
    # One value at a time: `update_layout` takes three times as long.
    layout = chart.layout
    layout.height = layout.height or HEIGHT
    layout.margin = MARGIN | layout.margin.to_plotly_json()
    layout.separators = ".,"
    layout.font.size = 13
    layout.hoverlabel.update(namelength=-1, align="left")
    # Checked when it was made: plotly would check and copy its 900 values for each chart again.
    layout._validate = False
    layout.template = _template(dark)
    layout._validate = True
    return chart


@cache
def _template(dark: bool) -> dict[str, Any]:
    """The house's template: plotly's own with our colours."""
    ink, weak, grid, paper = INK[dark]
    axis = {"gridcolor": grid, "linecolor": grid, "zerolinecolor": grid, "automargin": True}
    own = {
        "height": HEIGHT,
        "margin": MARGIN,
        "separators": ".,",
        "colorway": SERIES,
        "paper_bgcolor": paper,
        "plot_bgcolor": paper,
        "font": {"size": 13, "color": ink},
        "hoverlabel": {
            "namelength": -1,
            "align": "left",
            "bgcolor": paper,
            "bordercolor": grid,
            "font": {"color": ink},
        },
        "xaxis": {**axis, "showgrid": False, "tickfont": {"color": weak}},
        "yaxis": {**axis, "tickfont": {"color": weak}},
    }
    whole: dict[str, Any] = deepcopy(pio.templates["plotly"]).update(layout=own).to_plotly_json()
    return whole


def legend_below(chart: go.Figure) -> go.Figure:
    """The names of the series in rows at the lower edge, as many as they need at any width."""
    below = chart.layout.margin.b or MARGIN["b"]
    return chart.update_layout(
        showlegend=True,
        margin_b=below + ROOM_FOR_NAMES,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            # Below the axis, plotly would count in heights of the plot, which it does not know yet.
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "traceorder": "normal",
            "title": None,
            "font": {"size": 12},
        },
    )


def faint(colour: str, share: float) -> str:
    """A colour seen through.

    >>> faint("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
