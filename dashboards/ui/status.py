"""How fresh and how complete the data is, and how far a running sync has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.ui import (
    actions,
    answers,
    audit,
    clock,
    copy_link,
    navigation,
    report_menu,
    resources,
)
from dashboards.ui.markdown import code, inert
from dashboards.ui.moves import MOVES
from dashboards.ui.report_tables import damage_sentences, inside, repeated_sentence, why
from dashboards.ui.rights import here
from dashboards.ui.state import PageState
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import CONFIG, blank_map
from vpcflow_core.coverage import Coverage
from vpcflow_core.errors import VpcflowError
from vpcflow_core.scope import EVERYTHING
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.times import Window, ceil_to
from vpcflow_core.units import humane_count, number_of
from vpcflow_core.workspace.background import problem

EXAMPLES_SHOWN = 50
GAPS_NAMED = 3
# From here on an age in days says less than the date.
OLD = timedelta(days=60)


def sync_line(empty: bool) -> None:
    """Progress of a running sync, watched by itself; what went wrong in the last one.

    Args:
        empty: Whether the page has nothing to show yet.
    """
    worker = resources.syncer()
    if worker.running:
        _watch(empty)
    scope = resources.scope()
    for outcome in (one for one in worker.problems if scope.sees_all_of(one.url)):
        text = problem(outcome, with_paths=here().folders)
        st.warning(inert(text), icon=":material/sync_problem:")


@st.fragment(run_every="500ms")
def _watch(empty: bool) -> None:
    """Look twice a second; draw the page anew at the first records, and when all are there."""
    worker = resources.syncer()
    if not worker.running or (empty and resources.flows().extent is not None):
        st.rerun()
    progress = worker.progress
    sees_all = resources.scope() == EVERYTHING
    st.progress(progress.share, text=inert(progress.sentence) if sees_all else "Reading ...")


def refresh() -> None:
    """The button that looks for new logs; for viewers, in the store alone."""
    syncs = here().sync
    st.button(
        "Refresh",
        key="refresh-button",
        icon=":material/refresh:",
        help="Look for new logs" if syncs else "Look for what was read meanwhile",
        type="tertiary",
        on_click=_start if syncs else None,
    )


def _start() -> None:
    if not here().sync:  # the button may be older than the rights
        audit.refused("sync")
        return
    audit.note("sync-started")
    resources.syncer().start()


def nothing_yet() -> None:
    """What an empty store says."""
    refresh()
    if resources.syncer().running:
        st.info("The first logs are being read; the page fills by itself.")
        # Also loads what drawing needs, on the server and in the browser, while there is time.
        dark = st.context.theme.type == "dark"
        st.plotly_chart(
            blank_map(dark),
            config=CONFIG,
            key="blank-map",
            theme=None,
            alt="A map without data",
        )
        return
    if url := resources.elsewhere():
        st.info(f"There are no records yet at {code(url)}.", icon=":material/inventory_2:")
        return
    st.info(
        "This store holds no records yet. Add a source or upload files, or fill it with "
        "`vpcflow sync s3://bucket/prefix` or `vpcflow sync FOLDER`, then press Refresh.",
        icon=":material/inventory_2:",
    )
    navigation.link("sources", "Sources and uploads", ":material/database:")


def buttons(window: Window, extent: Window, state: PageState, page: str) -> None:
    """What can be done with the whole page: steps in time, its link, its report, new logs."""
    _moves(window, extent)
    copy_link.draw(state, window)
    report_menu.draw(page, state, window)
    refresh()


def freshness(logs: FlowLogs, window: Window, anchored: str, state: PageState) -> None:
    """One line: what is shown, how old the newest record is, and what is missing."""
    extent = logs.present_extent
    assert extent is not None  # noqa: S101  the caller shows `nothing_yet` instead
    zone = ZoneInfo(state.zone)
    source = resources.url_of(state.source)
    known = [s for s in logs.catalogue.sources() if source in ("", s.url)]
    parts = [
        _newest(extent.end, datetime.now(UTC), zone),
        f"{humane_count(sum(s.records for s in known))} records {_where()}",
    ]
    parts += _coverage(logs.coverage, window, zone)
    if anchored == "data":
        parts.insert(0, "relative to the data's end, which lies in the past")
    if strays := sum(s.stray for s in known):
        parts.append(f"left out for a time that cannot be: {number_of(strays, 'records')}")
    if skipped := sum(s.skipdata for s in known):
        parts.append(f"{skipped:,} SKIPDATA: some traffic was not logged")
    shown = f"**{moment(window.start, zone)} - {moment(window.end, zone)}** {state.zone}"
    with st.container(key="freshness"):
        st.caption(" · ".join([shown, *parts]))
    repeats(logs)
    _lists()
    damage(logs, window)
    if state.once:
        st.fragment(parallel=True, key="left-out")(_left_out)(state, window)
    _not_loaded(logs, source, known)


def _moves(window: Window, extent: Window) -> None:
    """Buttons that go through time."""
    now = ceil_to(datetime.now(UTC), timedelta(minutes=1))
    for label, icon, about, move in MOVES:
        there = move(window, extent, now)
        st.button(
            label,
            icon=icon,
            help=about,
            type="tertiary",
            key=f"move-{label}",
            disabled=there is None,
            on_click=actions.set_range,
            args=(str(there),),
        )


def _where() -> str:
    return "there" if resources.elsewhere() else "in the store"


def repeats(logs: FlowLogs) -> None:
    """A line for each flow log that logs the same traffic as another."""
    for found in logs.repeated:
        sentence = repeated_sentence(found, with_paths=here().folders)
        st.caption(f":material/content_copy: {inert(sentence)}")


def _lists() -> None:
    """That lists of addresses lack lines; which, for those who may know the server's files."""
    said = resources.list_problems()
    if said and not here().folders:
        said = ("Some lines of the lists of zones, watched addresses or names are left out.",)
    for sentence in said:
        st.caption(f":material/playlist_remove: {inert(sentence)}")


def damage(logs: FlowLogs, window: Window | None = None) -> None:
    """A line for the records that the store should have and has not, a source."""
    for sentence in damage_sentences(logs.damage(window), with_paths=here().folders):
        st.warning(inert(sentence), icon=":material/broken_image:")


def _coverage(coverage: Coverage, window: Window, zone: ZoneInfo) -> Iterator[str]:
    """Up to when the range is complete, and what is missing of it."""
    if coverage.settled_until and coverage.settled_until < window.end:
        until = clock.moment(coverage.settled_until, zone)
        yield f"complete until {until}, later records can still arrive"
    gaps = coverage.gaps_in(window)
    if not gaps:
        return
    named = ", ".join(clock.span(gap.start, gap.end, zone) for gap in gaps[:GAPS_NAMED])
    more = (
        f" and {number_of(len(gaps) - GAPS_NAMED, 'more times')}" if len(gaps) > GAPS_NAMED else ""
    )
    what = "no records" if all(gap.is_whole for gap in gaps) else "records are missing"
    yield f"{what}: {named}{more}"


def _left_out(state: PageState, window: Window) -> None:
    """What counting each flow once leaves out; asked beside the page, which need not wait."""
    try:
        count = answers.left_out(state, window)
    except VpcflowError as error:
        st.caption(f":material/looks_one: Each flow is counted once: {inert(str(error))}")
        return
    st.caption(
        f":material/looks_one: Each flow is counted once: {number_of(count, 'records')} left out, "
        "which the other end's interface logged too."
    )


def _not_loaded(logs: FlowLogs, source: str, known: list[SourceState]) -> None:
    """What of the logs could not be read, and why; nothing where all could."""
    lines, objects = sum(s.malformed for s in known), sum(s.broken for s in known)
    counts = ((lines, "lines"), (objects, "objects"))
    failed = [number_of(count, what) for count, what in counts if count]
    if not failed:
        return
    with st.popover(
        f"{' and '.join(failed)} could not be read",
        icon=":material/report:",
        type="tertiary",
        key="not-loaded",
        on_change="rerun",
    ) as shown:
        if shown.open:
            reports = logs.catalogue.reports(source or None)
            rows = [row for report in reports for row in _rows(report)]
            st.table(rows[:EXAMPLES_SHOWN])
            navigation.link("sources", "The whole parse report", ":material/database:")


def _rows(report: ObjectReport) -> Iterator[dict[str, object]]:
    """A row for the object's own problem, and one for each example of a line not loaded.

    What logs say is code: nothing in it is markup, and no image of it is fetched.
    """
    name = code(inside(report))
    if report.problem:
        problem = code(why(report, here().folders))
        yield {"object": name, "line": None, "why": problem, "text": ""}
    for kept in report.reasons if here().lines_of(report.source) else ():
        yield {"object": name, "line": kept.line, "why": code(kept.reason), "text": code(kept.text)}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time as the zone's clock shows it."""
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M}"


def _newest(end: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How old the newest record is; a date where days say little."""
    if now - end > OLD:
        return f"newest record of {end.astimezone(zone):%d %b %Y %H:%M}"
    return f"newest record {_age(now - end)} ago"


def _age(age: timedelta) -> str:
    """An age in its largest unit."""
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
