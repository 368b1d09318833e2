"""Two fields at once: who sends to whom, as bands or as a matrix."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go

from vpcflow_core.charts.heat import bursts, scale
from vpcflow_core.charts.labels import hover_texts, named, short_labels
from vpcflow_core.charts.style import INK, SERIES, undressed
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

BAND = "rgba(100, 130, 170, 0.35)"
ROW = 22
WIDE = 40  # letters of a line of a hover
# Of a cell, in rows and columns; what the axes of cells are without.
CELL = 0.94
BARE: dict[str, Any] = {"title": None, "showgrid": False, "zeroline": False, "fixedrange": True}


def sankey(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """A band from each value of the first field to each of the second, as wide as its value.

    What is a source and a destination stands on both sides: both ways are seen.
    """
    frame, (left, right) = answer.frame, panel.query.by[:2]
    sources, targets = (list(frame[name].unique()) for name in (left, right))
    texts = [
        *short_labels(panel, answer, left, sources),
        *short_labels(panel, answer, right, targets),
    ]
    heads = _heads(panel, answer)
    chart = undressed(
        go.Sankey(
            arrangement="fixed",  # nodes that can be dragged take clicks on their names
            node={
                "label": texts,
                "customdata": [*sources, *targets],
                "color": SERIES[0],
                "pad": 16,
                "thickness": 14,
            },
            link={
                "source": [sources.index(value) for value in frame[left]],
                "target": [len(sources) + targets.index(value) for value in frame[right]],
                "value": frame[panel.value].astype("float64"),
                "color": BAND,
                "customdata": hover_texts(panel, frame, heads),
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            textfont={"color": INK[dark][0]},
        )
    )
    return chart.update_layout(height=max(360, ROW * max(len(sources), len(targets)) + 60))


def matrix(panel: Panel, answer: PanelAnswer, _: ZoneInfo, dark: bool) -> go.Figure:
    """A row for each value of the first field, a column for each of the second.

    Each cell is a bar, as only bars hear clicks.
    """
    frame, (left, right) = answer.frame, panel.query.by[:2]
    rows, columns = (list(frame[name].unique()) for name in (left, right))
    heads = _heads(panel, answer)
    values = frame[panel.value].astype("float64")
    is_log = bursts(values)
    cells = go.Bar(
        x=[columns.index(value) for value in frame[right]],
        y=[CELL] * len(frame),
        base=[rows.index(value) - CELL / 2 for value in frame[left]],
        width=CELL,
        marker={
            "color": np.log10(values.where(values > 0)) if is_log else values,
            "coloraxis": "coloraxis",
            "line_width": 0,
        },
        customdata=[list(pair) for pair in zip(frame[left], frame[right], strict=True)],
        hovertext=hover_texts(panel, frame, heads),
        hoverinfo="text",
    )
    chart = undressed(cells)
    chart.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[f"{text}  " for text in short_labels(panel, answer, left, rows)],
        **BARE,
    )
    chart.update_xaxes(
        range=[-0.5, len(columns) - 0.5],
        tickvals=list(range(len(columns))),
        ticktext=short_labels(panel, answer, right, columns),
        **BARE,
    )
    # Streamlit hears of no click while dragging selects.
    return chart.update_layout(
        barmode="overlay",
        dragmode=False,
        height=max(420, ROW * len(rows) + 220),
        coloraxis=_scale_above(scale(panel, values, is_log, dark)),
    )


def _scale_above(colours: dict[str, Any]) -> dict[str, Any]:
    """What each colour stands for, above the cells: beside them it takes their width."""
    bar = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "len": 1}
    return colours | {"colorbar": colours["colorbar"] | bar}


def _heads(panel: Panel, answer: PanelAnswer) -> list[str]:
    """Both values of each row in full; long ones below each other, as telephones are narrow."""
    left, right = (
        [named(name, value, answer.names.get(name, {})) for value in answer.frame[name]]
        for name in panel.query.by[:2]
    )
    pairs = zip(left, right, strict=True)
    return [f"{a}{'<br>' if len(a) + len(b) > WIDE else ' '}to {b}" for a, b in pairs]
