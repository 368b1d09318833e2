"""The frame of every dashboard: title, time range, freshness, chips, and rows of panels."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.ui import house, panel, sidebar, status, timerange
from dashboards.ui.state import FILTER_LABELS, PageState, parse_state
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels import PANELS

# A row is a list of panels: slug and relative width of each.
Rows = Sequence[Sequence[tuple[str, int]]]


def dashboard(title: str, question: str, filters: Sequence[str], rows: Rows) -> None:
    """Draw a dashboard.

    Args:
        title: Its name.
        question: What it answers, one sentence.
        filters: Fields of the sidebar's filters.
        rows: Its panels.
    """
    try:
        _warn_about_link(filters)
        range_, zone = timerange.controls(title, question)
        state = PageState(range_, zone, sidebar.filters(filters), sidebar.source())
        _body(state, rows)
    except VpcflowError as error:
        st.error(f"{error.what}\n\n{error.next_step}", icon=":material/error:")


def _warn_about_link(filters: Sequence[str]) -> None:
    """Once a session: tell what of a pasted link could not be read."""
    if "link_notes" not in st.session_state:
        # Text boxes tell themselves what is wrong with their text; a choice drops it in silence.
        boxes = {"range", *filters} - {"action"}
        given = {name: text for name, text in st.query_params.items() if name not in boxes}
        st.session_state["link_notes"] = parse_state(given)[1]
    for note in st.session_state["link_notes"]:
        st.warning(f"In the link: {note}", icon=":material/link_off:")


def _body(state: PageState, rows: Rows) -> None:
    """Freshness, chips and panels; or what to do while there is nothing to show."""
    logs = house.of_source(state.source)
    extent = logs.extent
    status.sync_line(empty=extent is None)
    if extent is None:
        status.nothing_yet()
        return
    window, anchored = timerange.window(state.range, extent)
    status.freshness(logs, window, anchored, state)
    _chips(state)
    generation = logs.store.generation()
    for row in rows:
        columns = st.columns([width for _, width in row])
        for column, (slug, _) in zip(columns, row, strict=True):
            with column:
                panel.draw(PANELS[slug], state, window, generation)


def _chips(state: PageState) -> None:
    """A button for each filter in force; a click removes it."""
    if not state.filters:
        return
    with st.container(horizontal=True, key="chips"):
        for field, text in state.filters:
            st.button(
                f"{FILTER_LABELS[field]}: {text}", icon=":material/close:", key=f"chip-{field}",
                on_click=sidebar.clear, args=((field,),),
            )  # fmt: skip
