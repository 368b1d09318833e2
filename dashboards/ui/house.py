"""What all sessions share: settings, the store, answers kept for reuse, and the sync."""

from __future__ import annotations

import gc

import streamlit as st

from dashboards.ui.syncer import Syncer
from vpcflow_core.api import FlowLogs
from vpcflow_core.home import Home, find_home
from vpcflow_core.panels import Answer, panel
from vpcflow_core.query.filters import Filters
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window, parse_instant


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings, read once; `VPCFLOW_*` and `vpcflow.toml`."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def home() -> Home:
    """The store that is shown, and the sources that fill it."""
    return find_home(settings())


@st.cache_resource(show_spinner=False)
def flows() -> FlowLogs:
    """The logs every page asks."""
    logs = FlowLogs(Store.open(home().store))
    # Streamlit collects garbage after every run; what is imported by now need not be walked again.
    gc.collect()
    gc.freeze()
    return logs


@st.cache_resource(show_spinner=False)
def syncer() -> Syncer:
    """The one sync of this server; started once, then by the refresh button."""
    worker = Syncer(home(), settings())
    worker.start()
    return worker


def source_urls() -> list[str]:
    """The sources the store has records of."""
    return [source.url for source in flows().store.sources()]


@st.cache_resource(show_spinner=False, max_entries=20)
def of_source(url: str) -> FlowLogs:
    """The logs of one source; of all, for ""."""
    return flows().only(url) if url else flows()


@st.cache_data(show_spinner=False, max_entries=2000, max_size="200MiB")
def answer(
    slug: str, window: str, filters: tuple[tuple[str, str], ...], source: str, generation: int
) -> Answer:
    """The answer of a panel; kept until the store has more (`generation` has grown)."""
    start, _, end = window.partition("/")
    asked = Window(parse_instant(start), parse_instant(end))
    return panel(slug).answer(of_source(source), asked, Filters.parse(filters))
