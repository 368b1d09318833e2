"""Circles on a map of the world, drawn without the Internet."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.labels import measured
from vpcflow_core.charts.style import LAND, MARGIN, dress, undressed
from vpcflow_core.charts.time_axis import colour_of
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.reference.files import data_file
from vpcflow_core.units import number_of


def world_map(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """Circles on a map of the world: the area of a circle is proportional to its value."""
    frame, chart = answer.frame, _empty(dark)
    largest = float(frame[panel.value].max()) if len(frame) else 1.0
    return chart.add_scattergeo(
        lon=frame["longitude"],
        lat=frame["latitude"],
        mode="markers",
        hovertext=_map_hover(frame),
        hoverinfo="text",
        customdata=list(frame["country"]),
        marker={
            "size": frame[panel.value],
            "sizemode": "area",
            "sizeref": 2 * largest / 42**2,
            "sizemin": 3,
            "color": colour_of(panel),
            "opacity": 0.72,
            "line": {"width": 0.5, "color": LAND[dark][1]},
        },
    )


def blank_map(dark: bool = False) -> go.Figure:
    """The map of the world without anything on it."""
    return dress(_empty(dark), dark)


def _empty(dark: bool) -> go.Figure:
    land, border = LAND[dark]
    world, names = _world()
    chart = undressed(
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
        projection_type="natural earth",
        bgcolor="rgba(0,0,0,0)",
        fitbounds=False,
        visible=False,
        projection_scale=1.1,
        center_lat=14,
        lataxis_range=[-58, 84],
        lonaxis_range=[-180, 180],
    )
    return chart.update_layout(dragmode=False, margin=MARGIN)


def _map_hover(frame: pd.DataFrame) -> list[str]:
    """Place, the measures there are, and how many addresses."""
    return [_place_hover(row) for row in frame.to_dict("records")]


def _place_hover(row: dict[Hashable, Any]) -> str:
    named = [str(row[part]) for part in ("city", "country_name") if not pd.isna(row[part])]
    measures = [measured(row[m], m) for m in ("flows", "bytes") if m in row]
    return "<br>".join(
        [f"<b>{', '.join(named)}</b>", *measures, number_of(row["addresses"], "addresses")]
    )


class _Outline(dict[str, Any]):
    """An outline that never changes: plotly would copy its 10,000 points for every map, twice."""

    def __deepcopy__(self, _: dict[int, Any]) -> _Outline:
        return self


@cache
def _world() -> tuple[_Outline, list[str]]:
    """The outline of the world's countries, and the name of each."""
    world = _Outline(json.loads(data_file("world.geojson").read_text(encoding="utf-8")))
    return world, [feature["properties"]["name"] for feature in world["features"]]
