"""The page draws itself anew every few minutes, if asked to; what is open stays open."""

from __future__ import annotations

import streamlit as st

from dashboards.ui.choices import choice
from vpcflow_core.times import parse_duration

OFF = "off"
# Whether a dialog is open: it would close as the page is drawn anew.
DIALOG = "dialog-open"


def draw() -> None:
    """The choice, and what draws the page anew."""
    chosen = choice("refresh", help="The page is drawn anew so often; what is open or typed stays.")
    if chosen != OFF:
        # The first run is that of the page; later ones come by the clock.
        st.session_state["drawn-by-clock"] = False
        st.fragment(run_every=parse_duration(chosen))(_again)()


def _again() -> None:
    if st.session_state.get("drawn-by-clock") and not st.session_state.get(DIALOG):
        st.rerun()
    st.session_state["drawn-by-clock"] = True
