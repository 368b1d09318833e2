"""Answers of panels, cached for all sessions under their `PanelRequest`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards.ui import resources
from dashboards.ui.state import PageState
from vpcflow_core.panels.catalogue import PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

# How Streamlit's caches tell keys apart. Its own way with dataclasses takes 0.85 ms for a request
# with filters (repr: 0.04 ms) and leaves out the classes of the parts.
KEYS: dict[str | type, Callable[[Any], Any]] = {
    PanelRequest: repr,
    Window: repr,
    Filters: repr,
}


@st.cache_data(show_spinner=False, max_entries=2000, max_size="200MiB", hash_funcs=KEYS)
def answer(request: PanelRequest) -> PanelAnswer:
    """The answer of a panel."""
    return panel_of(request.slug).answer(request, resources.logs(request.source, request.once))


@st.cache_data(show_spinner=False, max_entries=50, max_size="100MiB", hash_funcs=KEYS)
def records(request: PanelRequest, limit: int) -> QueryResult:
    """The newest records behind a panel."""
    query = panel_of(request.slug).query
    return resources.logs(request.source, request.once).records(
        request.window, request.filters, where=query.where, status=query.records, limit=limit
    )


def count(state: PageState, window: Window, own: tuple[tuple[str, str], ...] = ()) -> int:
    """How many flows a page has.

    Args:
        state: The page's.
        window: What its range means.
        own: What besides its filters is asked of them: pairs of field and text.
    """
    generation = resources.flows().catalogue.generation()
    filters = Filters.parse(own) & state.where
    return _counted(window, filters, state.source, state.once, generation)


@st.cache_data(show_spinner=False, max_entries=500, hash_funcs=KEYS)
def _counted(window: Window, filters: Filters, source: str, once: bool, generation: int) -> int:
    result = resources.logs(source, once).ask(Query(("flows",)), window, filters)
    return int(result.frame["flows"].sum())


def left_out(state: PageState, window: Window) -> int:
    """How many records are left out where each flow counts once."""
    generation = resources.flows().catalogue.generation()
    return _left_out(window, state.where, state.source, generation)


@st.cache_data(show_spinner=False, max_entries=500, hash_funcs=KEYS)
def _left_out(window: Window, filters: Filters, source: str, generation: int) -> int:
    return resources.logs(source, False).left_out(window, filters)
