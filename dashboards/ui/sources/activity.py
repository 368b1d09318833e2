"""What the sync does now, and the state of every source; looks again by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from dashboards.ui import audit, panel_menu, resources
from dashboards.ui.markdown import code, inert
from dashboards.ui.rights import Rights, here
from dashboards.ui.sources.source_rows import Row, exact_table, humane_table, length, rows_of
from vpcflow_core.scope import EVERYTHING
from vpcflow_core.workspace.background import Syncer, problem
from vpcflow_core.workspace.sync import SyncOutcome


def draw(rights: Rights) -> None:
    """Buttons, progress and table: looked at each second while a sync runs, else now and then."""
    running = resources.syncer().running
    st.fragment(_body, run_every="1s" if running else "15s")(rights, running)


def rows() -> list[Row]:
    """Every source that the visitor may see."""
    found, scope = rows_of(resources.workspace(), resources.store()), resources.scope()
    if scope == EVERYTHING:
        return found
    states = {state.url: state for state in resources.flows().catalogue.sources()}
    return [replace(row, state=states.get(row.url)) for row in found if scope.sees(row.url)]


def problems() -> list[SyncOutcome]:
    """What went wrong in the last sync, of sources that the visitor may see."""
    scope = resources.scope()
    return [one for one in resources.syncer().problems if scope.sees_all_of(one.url)]


def _body(rights: Rights, was_running: bool) -> None:
    worker = resources.syncer()
    if worker.running != was_running:
        st.rerun()  # the whole page: panels have more to show, and the pace of looking changes
    with st.container(horizontal=True, vertical_alignment="center", key="sync"):
        if rights.sync:
            _button(worker)
        st.markdown(_sentence(worker, datetime.now(UTC)), width="stretch")
    if worker.running:
        sees_all = resources.scope() == EVERYTHING
        text = inert(worker.progress.sentence) if sees_all else "Reading ..."
        st.progress(worker.progress.share, text=text)
    for outcome in problems():
        text = problem(outcome, with_paths=rights.folders)
        st.warning(inert(text), icon=":material/sync_problem:")
    _table(rows(), rights)


def _button(worker: Syncer) -> None:
    if worker.running:
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key="sync-stop",
            on_click=_stop,
            disabled=worker.stopping,
            help="Ends after the objects at hand; what was read stays.",
        )
        return
    st.button(
        "Sync now",
        icon=":material/sync:",
        key="sync-now",
        on_click=start,
        help="Look for new logs at every source.",
    )


def start() -> None:
    """Begin a sync, and write down who did; a button may be older than the rights."""
    if not here().sync:
        audit.refused("sync")
        return
    audit.note("sync-started")
    resources.syncer().start()


def _stop() -> None:
    if not here().sync:
        audit.refused("sync")
        return
    audit.note("sync-stopped")
    resources.syncer().cancel()


def _sentence(worker: Syncer, now: datetime) -> str:
    """What the sync does, or when it did and will."""
    if worker.stopping:
        return "Stopping after the objects at hand ..."
    if worker.running:
        named = worker.source and resources.scope() == EVERYTHING
        return f"Reading {code(worker.source)} ..." if named else "Beginning ..."
    if worker.stopped:
        return "The sync was stopped. What was read stays; **Sync now** reads the rest."
    ended = f"Last sync {length(now - worker.finished)} ago." if worker.finished else ""
    if worker.next is None:
        return f"{ended} No sync begins by itself."
    return f"{ended} The next one begins by itself in {length(worker.next - now)}."


def _table(found: list[Row], rights: Rights) -> None:
    """The sources, humane; the file has every number exact."""
    if not found:
        st.info("There is no source yet: add one below, or upload files.", icon=":material/add:")
        return
    with st.container(key="source-table"):
        frame = humane_table(found, datetime.now(UTC), with_paths=rights.folders)
        st.table(frame, border="horizontal", hide_index=True, alt="The state of every source")
    for row in found:
        _problem(row, rights)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Malformed: lines that are no record. Broken: objects that could not be read whole. "
            "Numbers are rounded; the download has them exact.",
            width="stretch",
        )
        panel_menu.downloads(exact_table(found, with_paths=rights.folders), "sources")


def _problem(row: Row, rights: Rights) -> None:
    """Why a source cannot be opened, or what went wrong at a sync of another process."""
    problem = row.problem or (row.state.error if row.state else "")
    if problem and not any(outcome.name == row.name for outcome in problems()):
        shown = problem if rights.folders or row.scheme.in_aws else "It could not be read."
        st.warning(f"{code(row.name or row.url)}: {inert(shown)}", icon=":material/sync_problem:")
