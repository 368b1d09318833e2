"""Names of values in a chart as links to what there is to know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.panels.base import Chart, Panel

# What makes a link of a name: it is given the name and the value, and whether its field has pages.
Linked = Callable[[str, Any], str]
Field = tuple[str, Linked]


def with_links(chart: go.Figure, panel: Panel, fields: Iterable[str], url: str) -> go.Figure:
    """Make each name of a value in a panel's chart a link.

    Args:
        chart: Of the panel; it has each value in `customdata`, or in the `meta` of its series.
        panel: The panel.
        fields: Fields whose values have pages.
        url: Of the page of a value, up to where the value stands.
    """
    having = set(fields)

    def linked(field: str) -> Linked:
        return lambda name, value: _link(name, value, url) if field in having else name

    place = NAMES.get(panel.chart)
    if place and not having.isdisjoint(panel.query.by):
        place(chart, *(linked(field) for field in panel.query.by))
    return chart


def _link(name: str, value: Any, url: str) -> str:
    """The name as a link; the rest, which has no value, as it is."""
    if not name or pd.isna(value):
        return name
    return f'<a href="{url}{quote(str(value), safe=":/")}" target="_blank">{name}</a>'


def _beside_bars(chart: go.Figure, linked: Linked, *parts: Linked) -> None:
    texts: dict[str, str] = {}
    for bar in chart.select_traces({"type": "bar"}):
        for name, data in zip(bar.y, bar.customdata, strict=True):
            value = data[0] if isinstance(data, (list, tuple)) else data
            texts[name] = f"{linked(name, value)}  "
    chart.update_yaxes(tickvals=list(texts), ticktext=list(texts.values()))
    if parts:
        _legend(chart, *parts)


def _legend(chart: go.Figure, linked: Linked, *_: Linked) -> None:
    for series in chart.data:
        if series.meta is not None:
            series.name = linked(series.name, series.meta)


def _rows(chart: go.Figure, linked: Linked, *_: Linked) -> None:
    texts = [f"{linked(row.name, row.meta)}  " for row in chart.data]
    chart.update_yaxes(ticktext=texts)


def _both_axes(chart: go.Figure, down: Linked, across: Linked) -> None:
    (cells,) = chart.data
    rows, columns = (dict.fromkeys(pair[end] for pair in cells.customdata) for end in (0, 1))
    chart.update_yaxes(ticktext=_texts(chart.layout.yaxis.ticktext, rows, down))
    chart.update_xaxes(ticktext=_texts(chart.layout.xaxis.ticktext, columns, across))


def _bands(chart: go.Figure, left: Linked, right: Linked) -> None:
    (bands,) = chart.data
    first = min(bands.link.target)  # the nodes on the left stand before it
    names, values = list(bands.node.label), list(bands.node.customdata)
    bands.node.label = [
        *_texts(names[:first], values[:first], left),
        *_texts(names[first:], values[first:], right),
    ]


def _parts(chart: go.Figure, linked: Linked) -> None:
    ring, *beside = chart.data
    for names in beside:
        names.text = _texts(names.text, ring.customdata, linked)


def _texts(names: Iterable[str], values: Iterable[Any], linked: Linked) -> list[str]:
    return [linked(name, value) for name, value in zip(names, values, strict=True)]


# Where the names stand in each kind of chart.
NAMES: dict[Chart, Callable[..., None]] = {
    "bars": _beside_bars,
    "split": _beside_bars,
    "heat": _rows,
    "matrix": _both_axes,
    "sankey": _bands,
    "donut": _parts,
    **dict.fromkeys(("stacked", "area", "curves"), _legend),
}
