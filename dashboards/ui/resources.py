"""What all sessions share: settings, the workspace, its logs, and the sync."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer
from typing import Any, TypeAlias

import streamlit as st

from dashboards.ui.shared import renew, shared
from dashboards.ui.source_labels import source_labels
from vpcflow_core.analysis.forecast import prepare
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.open import naming_of
from vpcflow_core.errors import SettingsError
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.settings import Settings, load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.background import Syncer
from vpcflow_core.workspace.workspace import Workspace, find_workspace

Generation: TypeAlias = tuple[int, str]
# How Streamlit's caches tell scopes apart.
SCOPES: dict[str | type, Callable[[Any], Any]] = {Scope: repr}
# Seconds until what forecasts need is imported: by then the first page is drawn.
PREPARE_AFTER = 8.0
# Of fewer records the first look at Findings is quick as it is.
ENOUGH_TO_LOOK_BACK = 300_000
_LOOKED = Event()


@shared
def settings() -> Settings:
    """The settings, read once; `VPCFLOW_*` and `vpcflow.toml`."""
    return load_settings()


@shared
def workspace() -> Workspace:
    """The store that is shown, and the sources that fill it."""
    return find_workspace(settings())


@shared
def store() -> Store:
    """The workspace's store, for what changes it; questions go to `flows` and its catalogue."""
    return Store.open(workspace().store)


def elsewhere() -> str:
    """The URL of the engine beyond this machine that answers; "" where the store does."""
    return workspace().engine_url


@shared
def everything() -> FlowLogs:
    """The logs as a whole; pages ask `flows`."""
    url = elsewhere()
    logs = FlowLogs.open(url, store=store().path) if url else FlowLogs(store())
    # Streamlit collects garbage after every run; what is imported by now need not be walked again.
    gc.collect()
    gc.freeze()
    soon = Timer(PREPARE_AFTER, prepare)
    soon.daemon = True
    soon.start()
    return logs


@shared
def syncer() -> Syncer:
    """The one sync of this server; started once, then by the refresh button."""
    worker = Syncer(workspace(), settings(), _make_ready)
    worker.start()
    return worker


def _make_ready() -> None:
    """Make what pages stand on, so that the first one that is opened need not wait for it."""
    everything().make_ready()
    # Once a server: what detections look back on, for the page Findings. Not `shared`, which would
    # have all pages wait for it.
    records = sum(source.records for source in everything().catalogue.sources())
    if not _LOOKED.is_set() and records > ENOUGH_TO_LOOK_BACK:
        _LOOKED.set()
        everything().last("24h").find_incidents()


@shared
def _ledger() -> tuple[int, int]:
    """The ledger's file as it was when the store was opened."""
    return _file(store().ledger.path)


def _file(path: Path) -> tuple[int, int]:
    """Which file lies there: device and number; zeros for none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def notice_deleted_store() -> None:
    """Open the store anew if its ledger was deleted or replaced while the app runs."""
    opened = _ledger()
    if _file(store().ledger.path) != opened:
        close()


def close() -> None:
    """End the sync and forget store, logs and their answers: the next page opens all anew."""
    syncer().close()
    renew()
    st.cache_data.clear()
    st.cache_resource.clear()


def scope() -> Scope:
    """What may be seen by who looks at the page now."""
    from dashboards.ui import people  # it asks for the settings and the workspace here

    return people.scope()


def flows() -> FlowLogs:
    """The logs every page asks: what its visitor may see of them."""
    return _within(scope())


def _within(seen: Scope) -> FlowLogs:
    return everything() if seen == EVERYTHING else _narrowed(seen)


@st.cache_resource(show_spinner=False, max_entries=40, hash_funcs=SCOPES)
def _narrowed(scope: Scope) -> FlowLogs:
    return everything().within(scope)


def lists() -> str:
    """The state of the files that name addresses: answers of another state may be others."""
    return repr(naming_of(settings()).version)


def list_problems() -> tuple[str, ...]:
    """What could not be read of the lists of zones, watched addresses and names."""
    try:
        return naming_of(settings()).problems
    except SettingsError as error:
        return (f"{error.what} {error.next_step}",)


def generation() -> Generation:
    """What answers stand on: the store's generation, and the state of the lists."""
    return flows().catalogue.generation(), lists()


def source_urls() -> list[str]:
    """The sources the store has records of that the visitor may see."""
    return _urls(flows())


def _urls(logs: FlowLogs) -> list[str]:
    return [source.url for source in logs.catalogue.sources()]


def url_of(source: str) -> str:
    """The URL of a source that a page may call otherwise; "" for all of them."""
    return _url(flows(), source)


def _url(logs: FlowLogs, source: str) -> str:
    return source_labels(workspace(), _urls(logs), with_paths=False).get(source, source)


def logs(source: str, once: bool) -> FlowLogs:
    """The visitor's logs of one source, of all for ""; each flow counted once, if asked for."""
    return logs_within(scope(), source, once)


@st.cache_resource(show_spinner=False, max_entries=80, hash_funcs=SCOPES)
def logs_within(scope: Scope, source: str, once: bool) -> FlowLogs:
    """The same of a scope, for what is cached under it."""
    seen = _within(scope)
    chosen = seen.only(_url(seen, source)) if source else seen
    return chosen.once() if once else chosen
