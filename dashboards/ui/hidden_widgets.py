"""Boxes that a page has and does not show; what they hold stays in the address bar.

A page that lacked them would take their parameters out of it: the way to another page and back
would lose them, and be two steps of the browser's history.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place(name: str, shown: bool) -> DeltaGenerator:
    """A container; one that is not shown is found neither by eyes nor by screen readers."""
    return st.container(key=name if shown else f"unseen-{name}")
