"""Colours, letters and margins that all figures share."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go
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

# The page's letters, where there are some; figures are shown in notebooks, too.
LETTERS = '"Source Sans", "Source Sans 3", sans-serif'
HEIGHT = 340
# The top margin is the place of plotly's buttons, which would cover the chart else.
MARGIN = {"l": 8, "r": 8, "t": 28, "b": 8}
# What numbers beside, times below, and a row of names below them take. Plotly draws a chart
# a second time where it has to make room itself.
ROOM_FOR_NUMBERS, ROOM_FOR_TIMES, ROOM_FOR_NAMES = 54, 66, 33

_AXIS = re.compile(r"[xy]axis\d*")
# Kinds of traces that have two axes.
ON_AXES = frozenset({"scatter", "bar", "box", "heatmap"})
# What is said where a chart has such a part.
LOOKED_FOR = frozenset({"xaxis", "yaxis", "coloraxis"})


def undressed(*traces: BaseTraceType) -> go.Figure:
    """A figure of these traces, for `dress` to finish.

    Plotly would copy the template in force into each: more work than a line of 1,440 points.
    """
    return go.Figure(list(traces), layout={"template": "none"})


def dress(chart: go.Figure, dark: bool) -> go.Figure:
    """Letters, colours and margins of the house; what the chart says itself stays.

    They are said in the figure, which has no template: a browser that is shown a template
    once more takes it for a new one, and draws all of the figure again.
    """
    layout = chart.layout
    said = layout.to_plotly_json()
    axes = {name for name in said if _AXIS.fullmatch(name)}
    if any(trace.type in ON_AXES for trace in chart.data):
        axes |= {"xaxis", "yaxis"}
    look = _look(dark)
    of_axes = {name: look[f"{name[0]}axis"] for name in axes}
    rest = {name: value for name, value in look.items() if name not in LOOKED_FOR or name in said}
    # Plotly would check each value for each chart: they are the same ones every time.
    layout._validate = False
    for name, value in (rest | of_axes).items():
        layout[name] = _filled(said.get(name), value)
    layout._validate = True
    layout["template"] = None  # unchecked, it would stay as a null that plotly's `to_html` fails on
    return chart


def _filled(said: Any, look: Any) -> Any:
    """What a chart says, and the look for all that it does not say."""
    if not isinstance(look, dict):
        return look if said is None else said
    own = said or {}
    return own | {name: _filled(own.get(name), value) for name, value in look.items()}


@cache
def _look(dark: bool) -> dict[str, Any]:
    """What all figures say of their layout; of an axis, what each of its kind says."""
    ink, weak, grid, paper = INK[dark]
    axis = {
        "gridcolor": grid,
        "zerolinecolor": grid,
        "zerolinewidth": 2,
        "ticks": "",
        "automargin": True,
        "tickfont": {"size": 12, "color": weak},
    }
    title = {"font": {"size": 14, "color": weak}}
    return {
        "height": HEIGHT,
        "margin": MARGIN | {"pad": 8},
        "separators": ".,",
        "colorway": SERIES,
        # Ports are numbers that stand for themselves: they are not put on a scale.
        "autotypenumbers": "strict",
        "hovermode": "closest",
        "paper_bgcolor": paper,
        "plot_bgcolor": paper,
        "font": {"family": LETTERS, "size": 13, "color": ink},
        "legend": {"font": {"color": weak}, "bgcolor": "rgba(0,0,0,0)"},
        "hoverlabel": {
            "namelength": -1,
            "align": "left",
            "bgcolor": paper,
            "bordercolor": grid,
            "font": {"size": 12, "color": ink},
        },
        "xaxis": {**axis, "showgrid": False, "zeroline": False, "title": {**title, "standoff": 20}},
        "yaxis": {**axis, "title": {**title, "standoff": 24}},
        "coloraxis": {
            "colorbar": {"outlinewidth": 0, "ticks": "", "tickfont": {"size": 12, "color": weak}}
        },
    }


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
            # Dots of three pixels say no colour beside a name.
            "itemsizing": "constant",
        },
    )


def faint(colour: str, share: float) -> str:
    """A colour seen through.

    >>> faint("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
