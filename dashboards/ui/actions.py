"""What parts of a page do to the whole of it: they note it here, and the page is drawn anew.

Panels run by themselves, beside the page; only the page may change filters and range,
or open a dialog.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboards.ui import drill, focus, one_step
from dashboards.ui.state import NAMES, PageState, at_rest
from vpcflow_core.panels.catalogue import Panel, PanelAnswer
from vpcflow_core.times import Window

# Boxes that were changed since the page was drawn last.
CHANGED = "changed-boxes"


def narrow(state: PageState, panel: Panel, values: object) -> None:
    """Narrow the page by what was clicked."""
    texts = drill.clicked(panel, values)
    after = dict(drill.narrowing(state, texts).filters)
    for field in texts:
        set_filter(field, after.get(field, ""))


def choose_row(panel: Panel, given: PanelAnswer, state: PageState, key: str) -> None:
    """Narrow the page by what the chosen row of a table is about."""
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state["choices"] = st.session_state.get("choices", 0) + 1
        narrow(state, panel, drill.of_row(panel, given.frame.iloc[rows[0]]))
        focus.to_table(panel.slug)


def unchosen(name: str) -> str:
    """The key of a table in which no row is chosen.

    A row's place means another row once the page is narrowed, widened or left by the way back: so
    no table keeps what was chosen in it. Each choice makes tables of their own.
    """
    return f"{name}-{st.session_state.get('choices', 0)}"


def set_filter(field: str, text: str) -> None:
    """Give a filter this text."""
    st.session_state[field] = (text or None) if field == "action" else text
    changed(field)
    redraw()


def clear_filters(fields: Iterable[str]) -> None:
    """Empty the filters of these fields."""
    for field in fields:
        set_filter(field, "")


def set_range(text: str) -> None:
    """Show this range: `7d`, or `FROM/TO`."""
    st.session_state["range"] = text
    changed("range")
    redraw()


def show_records(slug: str) -> None:
    """Open the records behind a panel."""
    st.session_state["records_of"] = slug
    st.session_state[f"menu-{slug}"] = False  # it would cover the dialog
    redraw()


def choose_window(window: Window) -> None:
    """Show a fixed range."""
    set_range(str(window))


def changed(name: str) -> None:
    """A box of the page was given another value: with others one step of the history."""
    st.session_state.setdefault(CHANGED, set()).add(name)


def redraw() -> None:
    """The page is to be drawn anew."""
    st.session_state["redraw"] = True


def begin_page() -> None:
    """What was asked of the page is being done.

    Who turns to another page while this one is still being drawn takes an incomplete address
    along; what is set again is written into it again.
    """
    st.session_state.pop("redraw", None)
    one_step.together(sorted(st.session_state.pop(CHANGED, ())))
    for name in NAMES:
        value = st.session_state.get(name)
        if name not in st.query_params and not at_rest(name, value):
            st.session_state[name] = value


def begin_panel() -> None:
    """Draw the page, not the panel, if what was done in the panel is for all to see."""
    if st.session_state.pop("redraw", False):
        st.rerun()
