"""A ring with the share of each part."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.colours import colours
from vpcflow_core.charts.labels import hover_texts, named, short_labels, unit
from vpcflow_core.charts.style import INK, undressed
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.units import humane, humane_percent

# There is more room beside a ring than beside bars.
LONGEST = 34
# The ring's inner edge and the place of its labels, in radii.
HOLE, BESIDE = 0.62, 1.08
LINE = 16
# Where a pie stands, in parts of the chart: around it is room for labels. Margins that plotly finds
# by itself change the pie, and with it the labels, and it gives up after some rounds.
PIE = {"x": [0.28, 0.72], "y": [0.14, 0.86]}
# Degrees between two labels.
LEAST = 24


def donut(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """A ring with name, share and the exact number of each part."""
    frame = answer.frame
    # An analysis may have put words in the place of the field's codes.
    field = next(str(column) for column in frame if column not in panel.query.measures)
    values = list(frame[field])
    labels = short_labels(panel, answer, field, values, LONGEST)
    full = [named(field, value, answer.names.get(field, {}), panel.rest) for value in values]
    shades = colours(
        field,
        [None if text == panel.rest else v for v, text in zip(values, labels, strict=True)],
    )
    hover = {"hovertext": hover_texts(panel, frame, full), "hoverinfo": "text"}
    parts = [_wrapped(text) for text in labels]
    draw = _clickable if panel.drill else _pie
    chart = draw(parts, frame[panel.value], shades, customdata=values, **hover)
    total = frame[panel.value].sum()
    chart.add_annotation(
        text=f"<b>{humane(total, panel.value)}</b><br>{unit(panel.value, total)}",
        x=0.5,
        y=0.5,
        showarrow=False,
        font={"size": 18, "color": INK[dark][0]},
    )
    return chart.update_layout(showlegend=False)


def _pie(labels: list[str], values: pd.Series, colours: list[str], **rest: Any) -> go.Figure:
    """The ring as a pie, whose labels keep out of each other's way."""
    return undressed(
        go.Pie(
            labels=labels,
            values=values,
            hole=HOLE,
            sort=False,
            direction="clockwise",
            domain=PIE,
            automargin=False,
            texttemplate="%{label}<br>%{text}",
            text=_percents(values),
            textposition="outside",
            marker={"colors": colours},
            **rest,
        )
    )


def _clickable(labels: list[str], values: pd.Series, colours: list[str], **rest: Any) -> go.Figure:
    """The ring as bars on a circle: plotly reports clicks on them, but none on a pie's."""
    share = _shares(values)
    middle = 360 * (share.cumsum() - share / 2)
    chart = undressed(
        go.Barpolar(
            r=[1 - HOLE] * len(share),
            base=[HOLE] * len(share),
            theta=middle,
            width=360 * share,
            marker={"color": colours, "line_width": 0},
            meta=list(values),
            **rest,
        )
    )
    texts = [f"{name}<br>{said}" for name, said in zip(labels, _percents(values), strict=True)]
    chart.add_scatterpolar(
        r=[BESIDE] * len(share),
        theta=middle,
        mode="text",
        text=_apart(texts, middle),
        hoverinfo="skip",
        textposition=[_side(angle) for angle in middle],
        cliponaxis=False,
    )
    return chart.update_layout(
        # Clicks are heard in this mode alone; there is nothing to zoom.
        dragmode="zoom",
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {"visible": False, "range": [0, 1.6]},
            "angularaxis": {"visible": False, "rotation": 90, "direction": "clockwise"},
        },
    )


def _shares(values: pd.Series) -> pd.Series:
    return values / (values.sum() or 1)


def _percents(values: pd.Series) -> list[str]:
    """The share of each part; what is more than nothing never looks like nothing."""
    return [escape(humane_percent(100 * share)) for share in _shares(values)]


def _apart(texts: list[str], angles: Iterable[float]) -> list[str]:
    """The labels without those that would stand on one before them, which the hover box has."""
    kept: list[str] = []
    places: list[float] = []
    for text, angle in zip(texts, angles, strict=True):
        if free := all(LEAST <= abs(angle - place) <= 360 - LEAST for place in places):
            places.append(angle)
        kept.append(text if free else "")
    return kept


def _side(angle: float) -> str:
    """On which side of its point a label stands, so that it does not lie on the ring."""
    if 45 <= angle < 135:
        return "middle right"
    if 225 <= angle < 315:
        return "middle left"
    return "bottom center" if 135 <= angle < 225 else "top center"


def _wrapped(text: str) -> str:
    """A long label on several lines, so that it has room beside the ring."""
    return "<br>".join(wrap(text, LINE)) or text
