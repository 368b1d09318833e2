"""From a panel's rows to a plotly figure; may import panels, enrich.names, data, units, times.

Times are drawn as the wall clock of the chosen zone, without an offset: plotly then shows them
the same in every browser, wherever it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.data import data_file
from vpcflow_core.enrich.names import port_label, protocol_keyword
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.times import format_duration
from vpcflow_core.units import UNITS, humane

# Okabe and Ito's colour-blind-safe colours; a decision has the same colour on every page.
COLOURS = {
    "ACCEPT": "#0072B2", "REJECT": "#D55E00", "OK": "#0072B2", "NODATA": "#8a8f98",
    "SKIPDATA": "#E69F00",
}  # fmt: skip
SERIES = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6BB1", "#7F7F7F"]
MAIN = "#0072B2"
LAND = {False: ("#e2e8f0", "#ffffff"), True: ("#334155", "#0f172a")}

# plotly.js fetches the outline of the world from the Internet unless it is told of another place;
# an empty one is enough, because the land is drawn from our own outline.
_NO_TOPOLOGY = quote(json.dumps({"type": "Topology", "objects": {}, "arcs": []}))
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": False,
    "topojsonURL": f"data:application/json,{_NO_TOPOLOGY}#",
    "modeBarButtonsToRemove": [
        "lasso2d",
        "select2d",
        "autoScale2d",
        "zoomIn2d",
        "zoomOut2d",
        "pan2d",
    ],
}

LABELS: dict[str, Callable[[Any], str]] = {
    "dstport": lambda value: port_label(int(value)),
    "srcport": lambda value: port_label(int(value)),
    "protocol": lambda value: protocol_keyword(int(value)),
}


def label(field: str, value: Any) -> str:
    """A dimension's value as people read it: `443 (https)`, `TCP`."""
    return LABELS.get(field, str)(value)


def figure(panel: Panel, answer: Answer, zone: str = "UTC", dark: bool = False) -> go.Figure:
    """Draw a panel.

    Args:
        panel: What to draw.
        answer: Its rows; at least one.
        zone: IANA name of the zone times are shown in.
        dark: Whether the page is dark.
    """
    chart = DRAW[panel.chart](panel, answer, ZoneInfo(zone), dark)
    chart.update_layout(
        # The top margin is the place of plotly's buttons, which would cover the chart else.
        margin={"l": 8, "r": 8, "t": 28, "b": 8}, height=340,
        separators=".,", font={"size": 13}, hoverlabel={"namelength": -1},
    )  # fmt: skip
    return chart


def bars(panel: Panel, answer: Answer, _: ZoneInfo, dark: bool) -> go.Figure:
    """Horizontal bars, largest on top, with the value written at each."""
    field, frame = panel.query.by[0], answer.frame
    names = [label(field, value) for value in frame[field]]
    values = frame[panel.value]
    texts = [humane(value, panel.value) for value in values]
    trace = go.Bar(
        x=values, y=names, orientation="h", marker_color=MAIN, customdata=list(frame[field]),
        text=texts, textposition="auto", cliponaxis=False,
        hovertext=_hover(panel, frame, names), hoverinfo="text",
    )  # fmt: skip
    chart = go.Figure(trace)
    chart.update_yaxes(autorange="reversed", type="category", ticksuffix="  ", title=None)
    # Texts stand inside of bars that have room for them, else at the right, where some is left.
    chart.update_xaxes(visible=False, range=[0, float(values.max() or 1) * 1.15])
    return chart


def columns(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A column a bucket; those the data does not cover yet are hatched."""
    frame = answer.frame
    trace = go.Bar(
        x=wall_clock(frame["bucket"], zone), y=frame[panel.value], marker_color=_colour(panel),
        marker_pattern_shape=_incomplete(frame["bucket"], answer),
        marker_line_width=0, name=panel.value,
        hovertemplate="%{x|%a %d %b %H:%M}<br><b>%{y:,}</b> " + panel.value + "<extra></extra>",
    )  # fmt: skip
    return _over_time(go.Figure(trace), answer, zone)


def stacked(panel: Panel, answer: Answer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """Stacked columns, a colour a group; groups beyond the palette are one, "other"."""
    field = panel.query.by[0]
    chart = go.Figure()
    for place, (value, frame) in enumerate(_largest_groups(answer.frame, field, panel.value)):
        name = "other" if value is None else label(field, value)
        chart.add_bar(
            x=wall_clock(frame["bucket"], zone), y=frame[panel.value], name=name,
            customdata=[value] * len(frame), marker_color=SERIES[place], marker_line_width=0,
            marker_pattern_shape=_incomplete(frame["bucket"], answer),
            hovertemplate="%{x|%a %d %b %H:%M}<br>" + name + ": <b>%{y:,}</b><extra></extra>",
        )  # fmt: skip
    chart.update_layout(
        barmode="stack", legend={"orientation": "h", "y": -0.25, "x": 0, "traceorder": "normal"}
    )
    return _over_time(chart, answer, zone)


def donut(panel: Panel, answer: Answer, _: ZoneInfo, dark: bool) -> go.Figure:
    """A ring with name, share and the exact number of each part."""
    field, frame = panel.query.by[0], answer.frame
    names = [label(field, value) for value in frame[field]]
    trace = go.Pie(
        labels=names, values=frame[panel.value], hole=0.62, sort=False,
        direction="clockwise", automargin=True,
        customdata=list(frame[field]), textinfo="label+percent", textposition="outside",
        marker={"colors": [COLOURS.get(n, SERIES[i % len(SERIES)]) for i, n in enumerate(names)]},
        hovertext=_hover(panel, frame, names), hoverinfo="text",
    )  # fmt: skip
    chart = go.Figure(trace)
    total = humane(frame[panel.value].sum(), panel.value)
    chart.add_annotation(
        text=f"<b>{total}</b><br>{panel.value}", x=0.5, y=0.5, showarrow=False, font_size=18
    )
    chart.update_layout(showlegend=False)
    return chart


def world_map(panel: Panel, answer: Answer, _: ZoneInfo, dark: bool) -> go.Figure:
    """Circles on a map of the world: the area of a circle is proportional to its value."""
    frame, chart = answer.frame, blank_map(dark)
    largest = float(frame[panel.value].max()) if len(frame) else 1.0
    return chart.add_scattergeo(
        lon=frame["longitude"], lat=frame["latitude"], mode="markers",
        hovertext=_map_hover(frame), hoverinfo="text", customdata=list(frame["country"]),
        marker={
            "size": frame[panel.value], "sizemode": "area", "sizeref": 2 * largest / 42**2,
            "sizemin": 3, "color": MAIN, "opacity": 0.72,
            "line": {"width": 0.5, "color": LAND[dark][1]},
        },
    )  # fmt: skip


def blank_map(dark: bool = False) -> go.Figure:
    """The map of the world without anything on it."""
    land, border = LAND[dark]
    world, names = _world()
    chart = go.Figure(
        go.Choropleth(
            geojson=world,
            featureidkey="properties.name",
            locations=names,
            z=[0] * len(names),
            colorscale=[[0, land], [1, land]],
            showscale=False,
            hoverinfo="skip",
            marker_line={"color": border, "width": 0.5},
        )
    )
    chart.update_geos(
        projection_type="natural earth", bgcolor="rgba(0,0,0,0)", fitbounds=False, visible=False,
        projection_scale=1.1, center_lat=14, lataxis_range=[-58, 84], lonaxis_range=[-180, 180],
    )  # fmt: skip
    return chart.update_layout(dragmode=False, margin={"l": 8, "r": 8, "t": 28, "b": 8})


DRAW: dict[str, Callable[[Panel, Answer, ZoneInfo, bool], go.Figure]] = {
    "bars": bars, "columns": columns, "stacked": stacked, "donut": donut, "map": world_map,
}  # fmt: skip


def wall_clock(times: pd.Series, zone: ZoneInfo) -> pd.Series:
    """UTC times as the zone's clock shows them, without zone mark."""
    local: pd.Series = times.dt.tz_convert(zone).dt.tz_localize(None)
    return local


def _colour(panel: Panel) -> str:
    """The colour of the decision a panel is about, else the main one."""
    decisions = [value for name, value in panel.query.where if name == "action"]
    return COLOURS.get(decisions[0], MAIN) if decisions else MAIN


def _incomplete(buckets: pd.Series, answer: Answer) -> list[str]:
    """A pattern for each bucket: hatched where the data does not cover it to its end."""
    if answer.complete_until is None or answer.every is None:
        return [""] * len(buckets)
    return ["/" if end > answer.complete_until else "" for end in buckets + answer.every]


def _over_time(chart: go.Figure, answer: Answer, zone: ZoneInfo) -> go.Figure:
    """Axes of a chart over time: what a column stands for, and in which zone."""
    slice_text = f"per {format_duration(answer.every)}, " if answer.every else ""
    chart.update_xaxes(title={"text": f"{slice_text}{zone.key}", "font_size": 11}, type="date")
    chart.update_yaxes(title=None, rangemode="tozero", tickformat="~s", nticks=5)
    chart.update_layout(bargap=0.12)
    return chart


def _largest_groups(frame: pd.DataFrame, field: str, value: str) -> list[tuple[Any, pd.DataFrame]]:
    """The series of each group, largest first; the last colour is for all the others."""
    totals = frame.groupby(field)[value].sum().sort_values(ascending=False)
    room = len(SERIES) if len(totals) <= len(SERIES) else len(SERIES) - 1
    groups = [(name, frame[frame[field] == name]) for name in totals.index[:room]]
    rest = frame[frame[field].isin(totals.index[room:])]
    if len(rest):
        groups.append((None, rest.groupby("bucket", as_index=False)[value].sum()))
    return groups


def _hover(panel: Panel, frame: pd.DataFrame, names: list[str]) -> list[str]:
    """Name and every measure, exact and humane."""
    measures = [m for m in panel.query.measures if m in frame]
    columns = [[_measure(value, m) for value in frame[m]] for m in measures]
    return [
        "<br>".join([f"<b>{name}</b>", *parts])
        for name, *parts in zip(names, *columns, strict=True)
    ]


def _measure(value: float, measure: str) -> str:
    """`1.2 GB (1,288,490,188 bytes)` or `12,345 flows`."""
    exact = f"{int(value):,} {measure}"
    return f"{humane(value, measure)} ({exact})" if measure in UNITS else exact


def _map_hover(frame: pd.DataFrame) -> list[str]:
    """Place, the measures there are, and how many addresses."""
    return [_place_hover(row) for row in frame.to_dict("records")]


def _place_hover(row: dict[Hashable, Any]) -> str:
    named = [str(row[part]) for part in ("city", "country_name") if not pd.isna(row[part])]
    measures = [_measure(row[m], m) for m in ("flows", "bytes") if m in row]
    return "<br>".join([f"<b>{', '.join(named)}</b>", *measures, f"{row['addresses']:,} addresses"])


@cache
def _world() -> tuple[dict[str, Any], list[str]]:
    """The outline of the world's countries, and the name of each."""
    world = json.loads(data_file("world.geojson").read_text(encoding="utf-8"))
    return world, [feature["properties"]["name"] for feature in world["features"]]
