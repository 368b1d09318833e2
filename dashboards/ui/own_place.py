"""A place on the page where nothing of the page before stands meanwhile.

What a new page shows takes the places of what the old one showed, one by one. Until then the
browser keeps the old charts, under the new title, and draws them again as wide as the new places.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_PLACE = "place-of"


def own_place(path: str) -> DeltaGenerator:
    """A place for what the page of this path shows; drawn once a page.

    Pages take the first of two places and the second in turns, and empty the other one.
    """
    before, place = st.session_state.get(_PLACE, (path, 0))
    place = place if before == path else 1 - place
    st.session_state[_PLACE] = path, place
    if place:
        st.empty()
    own = st.container(key="own-place")
    if not place:
        st.empty()
    return own
