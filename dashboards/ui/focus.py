"""Where the keyboard goes on when what had its focus is gone: a dialog, a table drawn anew."""

from __future__ import annotations

import re
from html import escape

import streamlit as st

from dashboards.ui import hidden_widgets

FOCUS = "focus"
# The guard allows this very text and no other script; what is wanted stands in an attribute. It
# waits up to five seconds for what is drawn, and takes no focus away from where somebody is.
SCRIPT = """(() => {
    let left = 50;
    const give = () => {
        const wanted = document.querySelector('[data-focus]')?.dataset.focus;
        const there = wanted && [...document.querySelectorAll(wanted)].find(e => e.offsetParent);
        const free = document.activeElement === document.body;
        const open = document.querySelector('[role=dialog]');
        if (free && there && !open) there.focus({preventScroll: true});
        if (left--) setTimeout(give, 100);
    };
    give();
})()"""


def to_menu(slug: str) -> None:
    """Give it to the menu of a panel."""
    _give(f".{_class(f'menu-{slug}')} button")


def to_table(slug: str) -> None:
    """Give it to the table of a panel."""
    _give(f'[class*="{_class(f"table-{slug}")}"] canvas[tabindex="0"]')


def draw() -> None:
    """Have the browser give it, where it was asked for; once a run of the page."""
    wanted = st.session_state.pop(FOCUS, "")
    with hidden_widgets.place("focus", shown=False):
        if wanted:
            number = st.session_state.get("focus-number", 0) + 1
            st.session_state["focus-number"] = number
            mark = f'<span data-focus="{escape(wanted)}" id="focus-{number}"></span>'
            st.html(f"{mark}<script>{SCRIPT}</script>", unsafe_allow_javascript=True)


def _give(selector: str) -> None:
    st.session_state[FOCUS] = selector


def _class(key: str) -> str:
    """The class that Streamlit gives to what has a key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
