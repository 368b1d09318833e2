"""Answers of panels, cached for all sessions under their `PanelRequest`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.ui import resources
from dashboards.ui.resources import Generation
from dashboards.ui.state import PageState
from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.catalogue import Findings
from vpcflow_core.panels.catalogue import PanelAnswer, PanelRequest
from vpcflow_core.panels.catalogue import panel as panel_of
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.ranges import Range
from vpcflow_core.scope import Scope
from vpcflow_core.times import Window

# How Streamlit's caches tell keys apart. Its own way with dataclasses takes 0.85 ms for a request
# with filters (repr: 0.04 ms) and leaves out the classes of the parts.
KEYS: dict[str | type, Callable[[Any], Any]] = {
    PanelRequest: repr,
    Window: repr,
    Filters: repr,
    Scope: repr,
}


def answer(request: PanelRequest) -> PanelAnswer:
    """The answer of a panel, of what the visitor may see."""
    return answer_of(own(request))


def answer_of(request: PanelRequest) -> PanelAnswer:
    """The answer to a request that `own` has made; it needs no session."""
    return _answer(request)


def records(request: PanelRequest, limit: int) -> QueryResult:
    """The newest records behind a panel, of those that the visitor may see."""
    return _records(own(request), limit)


def own(request: PanelRequest) -> PanelRequest:
    """A request as its visitor may ask it, whatever scope it names."""
    return replace(request, scope=resources.scope(), lists=resources.lists())


@st.cache_data(show_spinner=False, max_entries=2000, max_size="200MiB", hash_funcs=KEYS)
def _answer(request: PanelRequest) -> PanelAnswer:
    return panel_of(request.slug).answer(request, _logs(request))


@st.cache_data(show_spinner=False, max_entries=50, max_size="100MiB", hash_funcs=KEYS)
def _records(request: PanelRequest, limit: int) -> QueryResult:
    query = panel_of(request.slug).query
    return _logs(request).records(
        request.window, request.filters, where=query.where, status=query.records, limit=limit
    )


def _logs(request: PanelRequest) -> FlowLogs:
    return resources.logs_within(request.scope, request.source, request.once)


def _in_range(scope: Scope, window: Window, filters: Filters, source: str) -> FlowLogs:
    """The logs of a page's range that meet its filters."""
    logs = resources.logs_within(scope, source, False).filtered(filters)
    return replace(logs, range=Range(fixed=window))


def findings(state: PageState, window: Window) -> Findings:
    """The incidents of a page's range, among the records that meet its filters."""
    generation = resources.generation()
    return _found(resources.scope(), window, state.where, state.source, generation)


@st.cache_data(show_spinner=False, max_entries=50, hash_funcs=KEYS)
def _found(
    scope: Scope, window: Window, filters: Filters, source: str, generation: Generation
) -> Findings:
    return _in_range(scope, window, filters, source).find_incidents()


def narrower_rules(state: PageState, window: Window) -> pd.DataFrame:
    """What the rules there are could be narrowed to, by the records of a page's range."""
    generation = resources.generation()
    return _narrower(resources.scope(), window, state.where, state.source, generation)


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs=KEYS)
def _narrower(
    scope: Scope, window: Window, filters: Filters, source: str, generation: Generation
) -> pd.DataFrame:
    return _in_range(scope, window, filters, source).narrower_rules()


def replay(state: PageState, window: Window, rules: str) -> pd.DataFrame:
    """What proposed rules would have refused of the records of a page's range."""
    generation = resources.generation()
    return _replayed(resources.scope(), window, state.where, state.source, generation, rules)


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs=KEYS)
def _replayed(
    scope: Scope, window: Window, filters: Filters, source: str, generation: Generation, rules: str
) -> pd.DataFrame:
    return _in_range(scope, window, filters, source).replay(rules)


def count(state: PageState, window: Window, own: tuple[tuple[str, str], ...] = ()) -> int:
    """How many flows a page has.

    Args:
        state: The page's.
        window: What its range means.
        own: What besides its filters is asked of them: pairs of field and text.
    """
    generation = resources.generation()
    filters = Filters.parse(own) & state.where
    scope = resources.scope()
    return _counted(scope, window, filters, state.source, state.once, generation)


@st.cache_data(show_spinner=False, max_entries=500, hash_funcs=KEYS)
def _counted(
    scope: Scope, window: Window, filters: Filters, source: str, once: bool, generation: Generation
) -> int:
    result = resources.logs_within(scope, source, once).ask(Query(("flows",)), window, filters)
    return int(result.frame["flows"].sum())


def left_out(state: PageState, window: Window) -> int:
    """How many records are left out where each flow counts once."""
    generation = resources.generation()
    return _left_out(resources.scope(), window, state.where, state.source, generation)


@st.cache_data(show_spinner=False, max_entries=500, hash_funcs=KEYS)
def _left_out(
    scope: Scope, window: Window, filters: Filters, source: str, generation: Generation
) -> int:
    return resources.logs_within(scope, source, False).left_out(window, filters)
