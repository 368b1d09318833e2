"""The page Explore: ready questions, questions put together, SQL."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import dashboard, panel, records_dialog, resources, sql
from dashboards.ui.choices import choice
from dashboards.ui.rights import shown
from dashboards.ui.state import EITHER_FILTERS, EXPLORE, FLOW_FILTERS
from dashboards.ui.words import NONE, PREFIX, left_out
from vpcflow_core.errors import MisuseError
from vpcflow_core.panels.built import DRAWN, GROUPED_OVER_TIME, MOST, Built
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.panels.grouping import grouped
from vpcflow_core.query.dimensions import DIMENSIONS, GROUPED_ONLY

# What a question is put together from.
BUILT = ("measure", "group", "group2", "group3", "chart")
# Pixels of a menu and of the number beside them.
MENU, NUMBER = 172, 96


def draw(title: str, question: str) -> None:
    """Draw the page."""
    fields = (*EITHER_FILTERS, *FLOW_FILTERS, "action")
    state, row_end = dashboard.begin(title, question, fields, used=("baseline", "compare"))
    ready = dashboard.freshness(state, row_end)
    if ready is None:
        return
    window, generation = ready
    tab = choice("tab", draw=st.segmented_control, label_visibility="collapsed", required=True)
    if tab == "sql":
        sql.draw(state, window)
        return
    slug = _built() if tab == "build" else _ready()
    if slug:
        asked = grouped(panel_of(slug), state.parameters.grouping)
        panel.draw(state.request(asked, window, generation), state)
    records_dialog.show_if_asked(state, window, generation)


def _ready() -> str:
    """The ready question that is chosen."""
    return PREFIX + choice("ask")


def _built() -> str:
    """The question that was put together; "" where it cannot be asked, which is said."""
    columns = set(resources.flows().engine.columns())
    known = (DIMENSIONS | GROUPED_ONLY).items()
    lacking = [name for name, of in known if of.column not in columns]
    # A row that wraps where menus would be narrower than their words.
    with st.container(horizontal=True):
        chosen = [choice(name, lacking, width=MENU) for name in BUILT]
        top = st.number_input("Top", 1, MOST, 10, key="top", bind="query-params", width=NUMBER)
    measure, *groups, chart = chosen
    by = tuple(dict.fromkeys(name for name in groups if name != NONE))
    if unused := left_out(by, chart):
        st.caption(unused)
    limit = _limit() if chart in GROUPED_OVER_TIME else EXPLORE["limit_by"]
    try:
        # A chart takes as many of the fields as it can show.
        return Built(measure, by[: DRAWN[chart][2]], chart, int(top), limit).slug  # type: ignore[index, arg-type]  # of DRAWN and LIMITS
    except MisuseError as error:
        st.info(shown(error), icon=":material/info:")
        return ""


def _limit() -> str:
    """Which groups over time are shown."""
    return choice("limit_by", draw=st.segmented_control, required=True)
