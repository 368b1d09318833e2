"""What parts of a page do to the whole of it: they note it here, and the page is drawn anew.

Panels run by themselves, beside the page; only the page may change filters and range,
or open a dialog.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboards.ui import drill
from dashboards.ui.state import PageState
from vpcflow_core.panels import Panel
from vpcflow_core.times import Window


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


def show_records(slug: str) -> None:
    """Open the records behind a panel."""
    st.session_state["records_of"] = slug
    st.session_state[f"menu-{slug}"] = False  # it would cover the dialog
    redraw()


def choose_window(window: Window) -> None:
    """Show a fixed range."""
    set_range(str(window))


def redraw() -> None:
    """The page is to be drawn anew."""
    st.session_state["redraw"] = True


def begin_page() -> None:
    """What was asked of the page is being done."""
    st.session_state.pop("redraw", None)


def begin_panel() -> None:
    """Draw the page, not the panel, if what was done in the panel is for all to see."""
    if st.session_state.pop("redraw", False):
        st.rerun()
