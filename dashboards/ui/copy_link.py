"""Copy link: the page as it is, to be pasted elsewhere."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import clipboard, links
from dashboards.ui.state import PageState
from vpcflow_core.times import Window


def draw(state: PageState, window: Window) -> None:
    """A button that opens the links; each has a button that copies it, which the page says."""
    with st.popover(
        "Copy link",
        icon=":material/link:",
        type="tertiary",
        key="copy-link",
        help="A link that shows this page to others",
    ):
        url, more = st.context.url or "", links.own(st.query_params)
        if moving := links.moving(url, state, more):
            _link("Moving", "always the newest data", moving)
        _link("Fixed", "this very time", links.fixed(url, state, window, more))


def _link(kind: str, about: str, url: str) -> None:
    st.markdown(f"**{kind}**: {about}")
    st.code(url, language=None, wrap_lines=True)
    st.button(
        f"Copy {kind.lower()} link",
        key=f"copy-{kind}",
        icon=":material/content_copy:",
        on_click=clipboard.copy,
        args=(url,),
    )
