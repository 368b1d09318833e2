"""Figures of panels, cached for all sessions: building one takes longer than its answer."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from plotly.graph_objects import Figure

from dashboards.ui.answers import KEYS
from vpcflow_core.charts import figure
from vpcflow_core.panels.catalogue import PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of

# Of the line below a number, in pixels.
LINE = 64


def figure_of(request: PanelRequest, answer: PanelAnswer, zone: str) -> Figure:
    """The figure of a panel; of a panel of numbers, the line below them.

    Args:
        request: What the panel was asked; with the zone it says which figure it is.
        answer: The answer to it, which the figure is made from if there is none yet.
        zone: IANA name of the zone that times are shown in.
    """
    return _figure(request, answer, zone, st.context.theme.type == "dark")


# Streamlit leaves arguments with an underscore out of the key: equal requests have equal answers.
@st.cache_resource(show_spinner=False, max_entries=250, hash_funcs=KEYS)
def _figure(request: PanelRequest, _answer: PanelAnswer, zone: str, dark: bool) -> Figure:
    panel = panel_of(request.slug)
    if panel.chart != "number":
        return figure(panel, _answer, zone, dark)
    line = figure(panel, replace(_answer, headlines=()), zone, dark)
    line.update_yaxes(domain=[0, 1])
    return line.update_layout(height=LINE, margin={"l": 0, "r": 0, "t": 4, "b": 4})
