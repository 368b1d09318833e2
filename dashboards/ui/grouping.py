"""The menu of a panel of addresses that groups them; what is chosen holds for every panel."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import actions, resources
from vpcflow_core.panels.catalogue import Panel
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.panels.grouping import ADDRESS, MARK, is_groupable, possible

KEY = "grouping"


def ungrouped(panel: Panel) -> Panel:
    """The panel as it is without the choice of the menu, which says how it is grouped."""
    return panel_of(panel.slug.partition(MARK)[0])


def draw(panel: Panel) -> None:
    """The menu; nothing for panels without addresses."""
    _, mark, way = panel.slug.partition(MARK)
    if not is_groupable(ungrouped(panel)):
        return
    titles = possible(resources.flows().engine.columns())
    chosen = way if mark else ADDRESS
    key = f"group-{panel.slug}"
    st.menu_button(
        f"by {titles.get(chosen, chosen).partition(' ')[0]}",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        on_click=_choose,
        args=(key,),
        type="tertiary",
        help="Group the addresses of this page's panels",
    )


def _choose(key: str) -> None:
    chosen = st.session_state[key]
    st.session_state[KEY] = "" if chosen == ADDRESS else chosen
    actions.redraw()
