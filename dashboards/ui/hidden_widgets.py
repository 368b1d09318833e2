"""What a page has and does not show: places for boxes, and Streamlit's own button of CSV files.

What the boxes hold stays in the address bar.
A page that lacked them would take their parameters out of it: the way to another page and back
would lose them, and be two steps of the browser's history.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place(name: str, shown: bool) -> DeltaGenerator:
    """A container; one that is not shown is found neither by eyes nor by screen readers."""
    return st.container(key=name if shown else f"unseen-{name}")


# Tables have a small button that saves cells as they are: a spreadsheet would run those that begin
# a formula. Our own downloads do not. It is known by its label; an option of Streamlit that takes
# it away would take copying, too.
_HIDDEN = ("[class*=st-key-unseen-]", 'button[aria-label^="Download as CSV"]')


def hide() -> None:
    """Tell the browser; once on every page."""
    st.html(f"<style>{', '.join(_HIDDEN)} {{ display: none }}</style>")
