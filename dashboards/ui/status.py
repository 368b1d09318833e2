"""How fresh and how complete the data is, and how far a running sync has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.ui import house
from dashboards.ui.state import PageState
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import CONFIG, blank_map
from vpcflow_core.store.sync import Progress
from vpcflow_core.times import Window
from vpcflow_core.units import humane_count


def sync_line() -> None:
    """Progress of a running sync, watched by itself; what went wrong in the last one."""
    worker = house.syncer()
    if worker.running:
        _watch(house.flows().store.generation())
    for error in worker.errors:
        st.warning(error, icon=":material/sync_problem:")


@st.fragment(run_every="500ms")
def _watch(generation: int) -> None:
    """Look twice a second; draw the page anew when there is something new to see."""
    worker = house.syncer()
    empty = house.flows().extent is None
    if not worker.running or (empty and house.flows().store.generation() != generation):
        st.rerun()
    progress = worker.progress
    if progress is None:
        st.caption(":material/sync: Looking for new logs ...")
        return
    done = min(progress.objects / max(progress.total_objects, 1), 1.0)
    st.progress(done, text=_sentence(progress))


def _sentence(progress: Progress) -> str:
    """How far a sync is, in words."""
    left = progress.seconds_left
    return (
        f"Reading logs: {progress.objects:,} of {progress.total_objects:,} objects, "
        f"{humane_count(progress.records)} records, "
        f"{humane_count(progress.records_per_second)} a second"
        + (f", {_age(timedelta(seconds=left))} left" if left is not None else "")
    )


def nothing_yet() -> None:
    """What an empty store says."""
    if house.syncer().running:
        st.info("The first logs are being read; the page fills by itself.")
        # Also loads what drawing needs, on the server and in the browser, while there is time.
        dark = st.context.theme.type == "dark"
        st.plotly_chart(blank_map(dark), config=CONFIG, key="blank-map", alt="A map without data")
        return
    st.info(
        "This store holds no records yet. Fill it with "
        "`vpcflow sync s3://bucket/prefix` or `vpcflow sync FOLDER`, then press Refresh.",
        icon=":material/inventory_2:",
    )


def freshness(logs: FlowLogs, window: Window, anchored: str, state: PageState) -> None:
    """One line: what is shown, how old the newest record is, and what is missing."""
    extent = logs.extent
    assert extent is not None  # noqa: S101  the caller shows `nothing_yet` instead
    zone = ZoneInfo(state.zone)
    parts = [
        f"**{_moment(window.start, zone)} - {_moment(window.end, zone)}** {state.zone}",
        f"newest record {_age(datetime.now(UTC) - extent.end)} ago",
        *_completeness(logs, state.source),
    ]
    if anchored == "data":
        parts.insert(1, "relative to the data's end, which lies in the past")
    st.caption(" · ".join(parts))


def _completeness(logs: FlowLogs, source: str) -> list[str]:
    """Counts over all of the store: records, those without data, lines not loaded."""
    states = [s for s in logs.store.sources() if source in ("", s.url)]
    total, skipped, malformed = (
        sum(getattr(state, name) for state in states)
        for name in ("records", "skipdata", "malformed")
    )
    parts = [f"{humane_count(total)} records in the store"]
    if skipped:
        parts.append(f"{skipped:,} SKIPDATA: some traffic was not logged")
    if malformed:
        parts.append(f"{malformed:,} lines could not be read")
    return parts


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}"


def _age(age: timedelta) -> str:
    """An age in its largest unit."""
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
