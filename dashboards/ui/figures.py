"""Figures kept for reuse: building one takes longer than finding a kept answer."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from plotly.graph_objects import Figure

from dashboards.ui import resources
from dashboards.ui.resources import Texts
from dashboards.ui.state import PageState
from vpcflow_core.charts import figure
from vpcflow_core.panels.catalogue import PANELS, Panel
from vpcflow_core.times import Window

# Of the line below a number, in pixels.
LINE = 64


def figure_of(panel: Panel, state: PageState, window: Window, generation: int) -> Figure:
    """The figure of a panel; of a panel of numbers, the line below them."""
    dark = st.context.theme.type == "dark"
    return _figure(*resources.question(panel, state, window, generation), state.zone, dark)


@st.cache_resource(show_spinner=False, max_entries=250)
def _figure(
    slug: str,
    window: str,
    filters: Texts,
    parameters: Texts,
    source: str,
    once: bool,
    generation: int,
    zone: str,
    dark: bool,
) -> Figure:
    panel = PANELS[slug]
    given = resources.kept(slug, window, filters, parameters, source, once, generation)
    if panel.chart != "number":
        return figure(panel, given, zone, dark)
    line = figure(panel, replace(given, headlines=()), zone, dark)
    line.update_yaxes(domain=[0, 1])
    return line.update_layout(height=LINE, margin={"l": 0, "r": 0, "t": 4, "b": 4})
