"""The switch in the title of tables of rules: only those that are open to the world."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import actions
from dashboards.ui.parameters import PARAMETERS
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import Panel

KEY = "open_only"


def draw(panel: Panel, state: PageState) -> None:
    """The switch; nothing for panels that list no rules."""
    if KEY not in panel.used_parameters:
        return
    key = f"open-only-{panel.slug}"
    # The address bar decides, for all panels with the switch.
    st.session_state[key] = state.parameters.open_only
    st.toggle(
        PARAMETERS[KEY].label,
        key=key,
        on_change=_choose,
        args=(key,),
    )


def _choose(key: str) -> None:
    st.session_state[KEY] = "true" if st.session_state[key] else ""
    actions.redraw()
