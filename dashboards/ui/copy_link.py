"""Copy link: the page as it is, to be pasted elsewhere."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import links
from dashboards.ui.state import PageState
from vpcflow_core.times import Window


def draw(state: PageState, window: Window) -> None:
    """A button that shows the links; each has a button that copies it."""
    with st.popover(
        "Copy link",
        icon=":material/link:",
        type="tertiary",
        key="copy-link",
        help="A link that shows this page to others",
    ):
        url, more = st.context.url or "", links.own(st.query_params)
        if moving := links.moving(url, state, more):
            st.markdown("**Moving**: always the newest data")
            st.code(moving, language=None, wrap_lines=True)
        st.markdown("**Fixed**: this very time")
        st.code(links.fixed(url, state, window, more), language=None, wrap_lines=True)
