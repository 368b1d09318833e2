"""The way from a value in a menu to its page; menus have no links.

The browser goes there as by a link that somebody follows: one step of its history, at the same
time, without filters. Streamlit's own way to another page would refuse, as boxes are bound to the
address, and take what they hold along.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards.ui import hidden_widgets, links
from dashboards.ui.state import PageState

OPEN = "open"
# The guard allows this very text; where to go stands in an attribute.
SCRIPT = """(() => {
    const mark = document.querySelector('[data-open]');
    if (!mark || mark.dataset.done) return;
    mark.dataset.done = 'yes';
    location.assign(mark.dataset.open);
})()"""


def ask(value: str) -> None:
    """Have the page of a value opened when this page is drawn."""
    st.session_state[OPEN] = value


def draw(state: PageState) -> None:
    """Have the browser open the page that was asked for, once."""
    if value := st.session_state.pop(OPEN, ""):
        url = links.entity(st.context.url or "", value, state)
        with hidden_widgets.place("open", shown=False):
            mark = f'<span data-open="{escape(url)}"></span>'
            st.html(f"{mark}<script>{SCRIPT}</script>", unsafe_allow_javascript=True)
