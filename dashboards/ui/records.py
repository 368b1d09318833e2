"""The records behind a panel, in a dialog: the newest first, all fields, as they were logged."""

from __future__ import annotations

import streamlit as st

from dashboards.ui.state import PageState
from vpcflow_core.times import Window


def show_if_asked(state: PageState, window: Window, generation: int) -> None:
    """Open the dialog that a panel's menu asked for."""
    slug = st.session_state.pop("records_of", None)
    if slug:
        st.toast(slug)
