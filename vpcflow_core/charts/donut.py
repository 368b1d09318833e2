"""A ring with the share of each part; may import panels, units and the other charts' words."""

from __future__ import annotations

from textwrap import wrap
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from vpcflow_core.charts.style import COLOURS, GREY, INK, SERIES
from vpcflow_core.charts.words import hover_texts, named, short_labels, unit
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.units import humane

# There is more room beside a ring than beside bars.
LONGEST = 34
LINE = 16


def donut(panel: Panel, answer: Answer, _: ZoneInfo, dark: bool) -> go.Figure:
    """A ring with name, share and the exact number of each part."""
    frame = answer.frame
    # An analysis may have put words in the place of the field's codes.
    field = next(str(column) for column in frame if column not in panel.query.measures)
    values = list(frame[field])
    labels = short_labels(panel, answer, field, values, LONGEST)
    full = [named(field, value, answer.names.get(field, {}), panel.rest) for value in values]
    free = iter(SERIES * len(values))
    trace = go.Pie(
        labels=[_wrapped(text) for text in labels], values=frame[panel.value],
        hole=0.62, sort=False,
        direction="clockwise", automargin=True, customdata=values,
        texttemplate="%{label}<br>%{percent:.1%}", textposition="outside",
        marker={"colors": [
            GREY if text == panel.rest else COLOURS.get(text) or next(free) for text in labels
        ]},
        hovertext=hover_texts(panel, frame, full), hoverinfo="text",
    )  # fmt: skip
    chart = go.Figure(trace)
    total = humane(frame[panel.value].sum(), panel.value)
    chart.add_annotation(
        text=f"<b>{total}</b><br>{unit(panel.value)}",
        x=0.5,
        y=0.5,
        showarrow=False,
        font={"size": 18, "color": INK[dark][0]},
    )
    return chart.update_layout(showlegend=False)


def _wrapped(text: str) -> str:
    """A long label on several lines, so that it has room beside the ring."""
    return "<br>".join(wrap(text, LINE)) or text
