"""Numbers that say it all, above a line of their past."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from vpcflow_core.charts.style import INK, faint, undressed
from vpcflow_core.charts.time_axis import colour_of, heights, places, shade
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.units import humane

HEIGHT = 170
WITHOUT_LINE = 110


def number(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """The numbers side by side, the first of them over time below."""
    chart, colour = undressed(), colour_of(panel, dark)
    if "bucket" in answer.frame:
        chart.add_scatter(
            **places(answer.frame["bucket"], zone),
            y=heights(answer.frame[panel.value]),
            mode="lines",
            line={"width": 1.5, "color": colour},
            fill="tozeroy",
            fillcolor=faint(colour, 0.15),
            hovertemplate="%{x|%a %d %b %H:%M}: <b>%{y:,}</b><extra></extra>",
        )
        shade(chart, answer, zone, answer.frame["bucket"])
    for place, headline in enumerate(answer.headlines):
        chart.add_annotation(
            text=_text(headline, dark),
            x=place / len(answer.headlines),
            y=1,
            xref="paper",
            yref="paper",
            showarrow=False,
            font_color=INK[dark][0],
            align="left",
            xanchor="left",
            yanchor="top",
        )
    chart.update_xaxes(visible=False)
    chart.update_yaxes(visible=False, domain=[0, 0.4], rangemode="tozero")
    height = HEIGHT if "bucket" in answer.frame else WITHOUT_LINE
    return chart.update_layout(height=height, dragmode=False)


def _text(headline: Headline, dark: bool) -> str:
    """The number, what it counts, and the change."""
    weak = f'<span style="font-size:12px;color:{INK[dark][1]}">'
    change = headline.change
    large = f'<span style="font-size:28px">{humane(headline.value, headline.measure)}</span>'
    head = f"{large} {weak}{headline.label}</span>" if headline.label else large
    if change is None:
        return head
    return f"{head}<br>{weak}{change:+,.0f} % against a day before</span>"
