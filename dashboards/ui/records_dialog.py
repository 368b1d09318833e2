"""The records behind a panel, in a dialog: the newest first, all fields, as they were logged."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboards.ui import actions, answers, focus, panel_menu, value_menu
from dashboards.ui.evidence import file_name
from dashboards.ui.markdown import inert
from dashboards.ui.refreshing import DIALOG
from dashboards.ui.rights import shown
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.charts import wall_clock
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels.catalogue import Panel, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.times import Window
from vpcflow_core.units import number_of

LIMIT = 1000


def show_if_asked(state: PageState, window: Window, generation: int) -> None:
    """Open the dialog, if a panel's menu asked for it."""
    slug = st.session_state.pop("records_of", None)
    # A run of the whole page that does not open it closes it.
    st.session_state[DIALOG] = bool(slug)
    if slug:
        dialog = st.dialog(
            "Records",
            width="large",
            icon=":material/list:",
            on_dismiss=lambda: _closed(slug),
        )
        dialog(_dialog)(state.request(panel_of(slug), window, generation), state)


def _closed(slug: str) -> None:
    st.session_state[DIALOG] = False
    focus.to_menu(slug)


def _dialog(request: PanelRequest, state: PageState) -> None:
    actions.begin_panel()  # what is chosen in a menu of a row is done with the page
    panel = panel_of(request.slug)
    try:
        found = answers.records(request, LIMIT)
    except VpcflowError as error:
        st.info(shown(error), icon=":material/info:")
        return
    frame = found.frame
    st.caption(sentence(panel, state, len(frame), _total(panel, state, request, len(frame))))
    kept = frame.dropna(axis="columns", how="all")
    hidden = len(frame.columns) - len(kept.columns)
    everything = bool(hidden) and st.toggle(
        f"Show {number_of(hidden, 'fields')} that none of these records has", key="records-all"
    )
    rows = _local(frame if everything else kept, state.zone)
    value_menu.table(
        rows,
        value_menu.of_fields(rows),
        state,
        "records",
        placeholder="",
        height=520,
        alt=f"Records behind {panel.title}",
    )
    with st.container(horizontal=True):
        name = f"records-{panel.slug.replace('/', '-')}"
        panel_menu.downloads(frame, name, file_name(name, request.window))
    with st.expander("SQL"):
        st.code(found.sql, language="sql", wrap_lines=True)


def _total(panel: Panel, state: PageState, request: PanelRequest, count: int) -> int:
    """How many records there are, of which `count` are shown; `count` where that is unknown."""
    if count < LIMIT or panel.query.records:
        return count
    try:
        return max(answers.count(state, request.window, panel.query.where), count)
    except VpcflowError:
        return count


def sentence(panel: Panel, state: PageState, count: int, total: int = 0) -> str:
    """Which records these are, in a sentence; of how many, if there are more."""
    counted = number_of(count, "records")
    all_ = f"All {counted}" if count > 1 else f"The {counted}"
    newest = f"{count:,} of {number_of(total, 'records')}" if total > count else counted
    which = f"The newest {newest}" if count == LIMIT else all_
    conditions = [
        f"{FILTER_LABELS.get(field, inert(field))} {inert(text)}"
        for field, text in (*panel.query.where, *state.filters)
    ]
    narrowed = f" with {', '.join(conditions)}" if conditions else ""
    return f"{which} behind *{panel.title}*{narrowed}; the newest first, times in {state.zone}."


def _local(frame: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The frame with the zone's wall clock in place of UTC."""
    times = frame.select_dtypes("datetimetz")
    return frame.assign(**{str(name): wall_clock(frame[name], ZoneInfo(zone)) for name in times})
