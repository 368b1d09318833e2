"""Charts follow the theme of the browser when it changes while a page is open.

Figures say their colours themselves, so they are drawn anew; Streamlit changes all else by itself.
"""

from __future__ import annotations

import streamlit as st

from dashboards.ui import hidden_widgets

KEY = "theme-changed"
# The guard allows this very text. Streamlit tells its server of the new theme with the next click,
# and learns of it a moment later than this.
SCRIPT = """(() => {
    if (window.followsTheme) return;
    window.followsTheme = true;
    const again = () => document.querySelector('.st-key-theme-changed button')?.click();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        setTimeout(again, 500);
    });
})()"""


def draw() -> None:
    """Have the page drawn anew when the theme changes; once a run of the page."""
    with hidden_widgets.place("theme", shown=False):
        st.button("Draw charts in the new theme", key=KEY)
        st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True)
