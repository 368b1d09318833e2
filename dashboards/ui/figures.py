"""Figures of panels, cached for all sessions: building one takes longer than its answer."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import streamlit as st
from plotly.graph_objects import Figure

from dashboards.ui import notes
from dashboards.ui.answers import KEYS, own
from dashboards.ui.steady import Sent, steady
from vpcflow_core.charts import figure
from vpcflow_core.charts.notes import OVER_TIME, Mark, with_notes
from vpcflow_core.charts.value_links import with_links
from vpcflow_core.panels.catalogue import PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.panels.entity import FIELDS
from vpcflow_core.query.dimensions import BLOCKS

# Fields whose values have a page of their own.
WITH_PAGE = (*FIELDS, *BLOCKS)
# Of the line below a number, in pixels.
LINE = 64


def figure_of(request: PanelRequest, answer: PanelAnswer, zone: str, url: str = "") -> Figure:
    """The figure of a panel; of a panel of numbers, the line below them.

    Args:
        request: What the panel was asked; with the zone it says which figure it is.
        answer: The answer to it, which the figure is made from if there is none yet.
        zone: IANA name of the zone that times are shown in.
        url: Of the page of a value, up to where the value stands; "" for names without links.
    """
    dark = st.context.theme.type == "dark"
    panel = panel_of(request.slug)
    linked = not set(WITH_PAGE).isdisjoint(panel.query.by)
    return _figure(own(request), answer, zone, dark, _notes(request), url if linked else "")


def _notes(request: PanelRequest) -> tuple[Mark, ...]:
    """What happened in the panel's time, for charts that show it."""
    if panel_of(request.slug).chart not in OVER_TIME:
        return ()
    return tuple(
        Mark(one.at, f"{one.kind}: {one.text}", one.kind == "network")
        for one in notes.shown(request.window)
    )


# Streamlit leaves arguments with an underscore out of the key: equal requests have equal answers.
@st.cache_resource(show_spinner=False, max_entries=1000, hash_funcs=KEYS)
def _figure(
    request: PanelRequest,
    _answer: PanelAnswer,
    zone: str,
    dark: bool,
    noted: tuple[Mark, ...],
    url: str,
) -> Figure:
    panel = panel_of(request.slug)
    if panel.chart != "number":
        drawn = figure(panel, _answer, zone, dark)
        if url:
            with_links(drawn, panel, WITH_PAGE, url)
        shown = with_notes(drawn, noted, ZoneInfo(zone), request.window)
        return Sent(steady(shown, clicked=True))
    line = figure(panel, replace(_answer, headlines=()), zone, dark)
    line.update_yaxes(domain=[0, 1])
    line.update_layout(height=LINE, margin={"l": 0, "r": 0, "t": 4, "b": 4})
    return Sent(steady(line, clicked=False))
