"""Links to pages of the app, which open in the same session."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def link(path: str, label: str, params: Mapping[str, str]) -> None:
    """A link to the page of that path with these parameters in its address."""
    # Streamlit tells pages apart by their paths alone; this one is never run.
    page = st.Page(lambda: None, title=label, url_path=path or None, default=not path)
    st.page_link(page, label=label, query_params=dict(params))
