"""Two fields at once: who sends to whom, as bands or as a matrix."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from vpcflow_core.charts.labels import hover_texts, named, short_labels
from vpcflow_core.charts.style import INK, SERIES, undressed
from vpcflow_core.panels.base import Panel, PanelAnswer

BAND = "rgba(100, 130, 170, 0.35)"
ROW = 22


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
    heads = [f"{a} to {b}" for a, b in zip(*_heads(panel, answer), strict=True)]
    chart = undressed(
        go.Sankey(
            node={"label": texts, "color": SERIES[0], "pad": 12, "thickness": 14},
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
    """A row for each value of the first field, a column for each of the second."""
    frame, (left, right) = answer.frame, panel.query.by[:2]
    rows, columns = (list(frame[name].unique()) for name in (left, right))
    heads = [f"{a} to {b}" for a, b in zip(*_heads(panel, answer), strict=True)]
    values = frame.assign(text=hover_texts(panel, frame, heads), row=frame[left].map(rows.index))
    values["column"] = frame[right].map(columns.index)
    z = values.pivot(index="row", columns="column", values=panel.value).astype("float64")
    text = values.pivot(index="row", columns="column", values="text").fillna("")
    chart = undressed(
        go.Heatmap(
            z=z.to_numpy(),
            x=short_labels(panel, answer, right, columns),
            y=short_labels(panel, answer, left, rows),
            text=text.to_numpy(),
            hovertemplate="%{text}<extra></extra>",
            hoverongaps=False,
            colorscale=[[0, "#1e3a5f" if dark else "#dbeafe"], [1, SERIES[0]]],
            colorbar={"thickness": 10},
            xgap=1,
            ygap=1,
        )
    )
    chart.update_yaxes(autorange="reversed", type="category", title=None)
    chart.update_xaxes(type="category", title=None)
    return chart.update_layout(height=max(360, ROW * len(rows) + 140))


def _heads(panel: Panel, answer: PanelAnswer) -> list[list[str]]:
    """Both values of each row in full."""
    return [
        [named(name, value, answer.names.get(name, {})) for value in answer.frame[name]]
        for name in panel.query.by[:2]
    ]
