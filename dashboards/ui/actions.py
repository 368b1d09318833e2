"""What parts of a page do to the whole of it: they note it here, and the page is drawn anew.

Panels run by themselves, beside the page; only the page may change filters, turn to another page
or open a dialog.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import streamlit as st

from dashboards.ui import drill
from dashboards.ui.state import PageState
from vpcflow_core.panels import Panel
from vpcflow_core.times import Window

TRAFFIC = "dashboards/traffic.py"


def narrow(state: PageState, panel: Panel, values: object) -> None:
    """Narrow the page by what was clicked."""
    texts = drill.clicked(panel, values)
    after = dict(drill.narrowing(state, texts).filters)
    for field in texts:
        set_filter(field, after.get(field, ""))


def set_filter(field: str, text: str) -> None:
    """Give a filter this text."""
    st.session_state[field] = (text or None) if field == "action" else text
    redraw()


def clear_filters(fields: Iterable[str]) -> None:
    """Empty the filters of these fields."""
    for field in fields:
        set_filter(field, "")


def set_range(text: str) -> None:
    """Show this range: `7d`, or `FROM/TO`."""
    st.session_state["range"] = text
    redraw()


def look_at(state: PageState, panel: Panel, bucket: datetime, every: timedelta) -> None:
    """Open the Traffic page on what a panel judged in a timeslice."""
    st.session_state["turn_to"] = (TRAFFIC, drill.looking_at(state, panel, bucket, every).params())
    redraw()


def show_records(slug: str) -> None:
    """Open the records behind a panel."""
    st.session_state["records_of"] = slug
    redraw()


def choose_window(window: Window) -> None:
    """Show a fixed range."""
    set_range(str(window))


def redraw() -> None:
    """The page is to be drawn anew."""
    st.session_state["redraw"] = True


def begin_page() -> None:
    """Turn to another page, if that was asked for; what was asked of this page is being done."""
    st.session_state.pop("redraw", None)
    if turn := st.session_state.pop("turn_to", None):
        page, params = turn
        st.switch_page(page, query_params=params)


def begin_panel() -> None:
    """Draw the page, not the panel, if what was done in the panel is for all to see."""
    if st.session_state.pop("redraw", False):
        st.rerun()
