"""What all sessions share: settings, the store, answers kept for reuse, and the sync."""

from __future__ import annotations

import gc
from threading import Timer
from typing import TypeAlias

import streamlit as st

from dashboards.ui.parameters import heeded, read_parameters
from dashboards.ui.sources.source_rows import labels
from dashboards.ui.state import PageState
from vpcflow_core.analysis.forecast import prepare
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.base import QueryResult
from vpcflow_core.panels.catalogue import Panel, PanelAnswer, panel
from vpcflow_core.query.filters import Filters
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window, parse_instant
from vpcflow_core.workspace.background import Syncer
from vpcflow_core.workspace.workspace import Workspace, find_workspace

Texts: TypeAlias = tuple[tuple[str, str], ...]
Question: TypeAlias = tuple[str, str, Texts, Texts, str, bool, int]
# Seconds until what forecasts need is imported: by then the first page is drawn.
PREPARE_AFTER = 8.0


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings, read once; `VPCFLOW_*` and `vpcflow.toml`."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The store that is shown, and the sources that fill it."""
    return find_workspace(settings())


@st.cache_resource(show_spinner=False)
def flows() -> FlowLogs:
    """The logs every page asks."""
    logs = FlowLogs(Store.open(workspace().store))
    # Streamlit collects garbage after every run; what is imported by now need not be walked again.
    gc.collect()
    gc.freeze()
    soon = Timer(PREPARE_AFTER, prepare)
    soon.daemon = True
    soon.start()
    return logs


@st.cache_resource(show_spinner=False)
def syncer() -> Syncer:
    """The one sync of this server; started once, then by the refresh button."""
    worker = Syncer(workspace(), settings())
    worker.start()
    return worker


def source_urls() -> list[str]:
    """The sources the store has records of."""
    return [source.url for source in flows().store.sources()]


def url_of(source: str) -> str:
    """The URL of a source that a page may call otherwise; "" for all of them."""
    return labels(workspace(), source_urls(), with_paths=False).get(source, source)


@st.cache_resource(show_spinner=False, max_entries=40)
def logs(source: str, once: bool) -> FlowLogs:
    """The logs of one source, of all for ""; each flow counted once, if asked for."""
    chosen = flows().only(url_of(source)) if source else flows()
    return chosen.once() if once else chosen


def question(panel_: Panel, state: PageState, window: Window, generation: int) -> Question:
    """What an answer depends on, small and hashable; grows old with the store (`generation`)."""
    return (
        panel_.slug,
        str(window),
        state.filters,
        heeded(panel_, state.parameters),
        state.source,
        state.once,
        generation,
    )


def answer(panel_: Panel, state: PageState, window: Window, generation: int) -> PanelAnswer:
    """The answer of a panel; kept until the store has more."""
    return kept(*question(panel_, state, window, generation))


@st.cache_data(show_spinner=False, max_entries=2000, max_size="200MiB")
def kept(
    slug: str,
    window: str,
    filters: Texts,
    parameters: Texts,
    source: str,
    once: bool,
    generation: int,
) -> PanelAnswer:
    """The answer to a question."""
    return panel(slug).answer(
        logs(source, once),
        _window(window),
        Filters.parse(filters),
        read_parameters(dict(parameters))[0],
    )


def records(
    panel_: Panel, state: PageState, window: Window, generation: int, limit: int
) -> QueryResult:
    """The newest records behind a panel."""
    return _records(
        str(window),
        state.filters,
        panel_.query.where,
        panel_.query.records,
        state.source,
        state.once,
        generation,
        limit,
    )


@st.cache_data(show_spinner=False, max_entries=50, max_size="100MiB")
def _records(
    window: str,
    filters: Texts,
    where: Texts,
    status: bool,
    source: str,
    once: bool,
    generation: int,
    limit: int,
) -> QueryResult:
    return logs(source, once).records(
        _window(window), Filters.parse(filters), where=where, status=status, limit=limit
    )


def left_out(state: PageState, window: Window) -> int:
    """How many records are left out where each flow counts once."""
    generation = flows().store.generation()
    return _count_left_out(str(window), state.filters, state.source, generation)


@st.cache_data(show_spinner=False, max_entries=500)
def _count_left_out(window: str, filters: Texts, source: str, generation: int) -> int:
    return logs(source, False).left_out(_window(window), Filters.parse(filters))


def _window(text: str) -> Window:
    start, _, end = text.partition("/")
    return Window(parse_instant(start), parse_instant(end))
