"""The page Findings: incidents, what to do about each, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.ui import actions, answers, audit, dashboard, drill, links, rehearsal, resources
from dashboards.ui.chips import all_about, has_page
from dashboards.ui.filter_text import chips_of
from dashboards.ui.finding_text import COLORS, evidence, lasting, technique, threshold
from dashboards.ui.markdown import inert
from dashboards.ui.rights import here, shown
from dashboards.ui.state import FILTER_LABELS, FLOW_FILTERS, PageState
from vpcflow_core.detections.catalogue import DETECTIONS, NOT_LOOKED_FOR, Findings
from vpcflow_core.detections.incidents import FILTERS, Incident
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels.lacking import sentences
from vpcflow_core.query.dimensions import filterable
from vpcflow_core.times import Window
from vpcflow_core.units import number_of
from vpcflow_core.workspace.audit import Event
from vpcflow_core.workspace.reviews import Kind, Review, review, reviews, withdraw

MOST = 50
EVENTS: Mapping[Kind, Event] = {"acknowledged": "finding-acknowledged", "muted": "finding-muted"}
# The page with an incident begins a little before it, so that what was usual is seen as well.
BEFORE = timedelta(minutes=10)


def draw(title: str, question: str) -> None:
    """Draw the page."""
    state, row_end = dashboard.begin(title, question, (*FLOW_FILTERS, "action"))
    ready = dashboard.freshness(state, row_end)
    if ready is None:
        return
    with st.spinner("Looking for incidents ...", show_time=True):
        found = answers.findings(state, ready[0])
    decided = _decided(found)
    open_ = [each for each in found.incidents if each.id not in decided]
    _head(found, open_)
    for each in open_[:MOST]:
        _incident(each, state)
    if len(open_) > MOST:
        st.caption(f"The first {MOST} of {len(open_):,} are shown: choose a shorter range.")
    _reviewed(found, decided, state)
    rehearsal.draw(state, ready[0])
    _asked(found)


def _decided(found: Findings) -> dict[str, Review]:
    """The decisions that are about incidents of the page, by their id."""
    try:
        kept = reviews(resources.store().path)
    except VpcflowError as error:
        st.warning(shown(error), icon=":material/error:")
        return {}
    return {
        each.id: kept[each.id]
        for each in found.incidents
        if each.id in kept and kept[each.id].holds_for(each.since)
    }


def _head(found: Findings, open_: Sequence[Incident]) -> None:
    """How many there are, or what was looked for in vain."""
    missed = sentences(found.missed, NOT_LOOKED_FOR)
    for note in found.notes:
        if note not in missed:
            st.caption(inert(note))
    _missed(found)
    if not found.looked:
        return
    if not open_:
        titles = ", ".join(DETECTIONS[slug].title for slug in found.looked)
        st.success(
            f"No open incident in this range. Looked for: {inert(titles)}.",
            icon=":material/check_circle:",
        )
        return
    going = sum(each.going for each in open_)
    text = number_of(len(open_), "incidents")
    st.header(f"{text}, {going:,} still going on", anchor=False)


def _missed(found: Findings) -> None:
    """What could not be looked for: no incident of that kind means nothing."""
    if not found.missed:
        return
    count, of = len(found.missed), len(found.missed) + len(found.looked)
    st.warning(
        f"{count:,} of {of:,} kinds of incident could not be looked for: these logs lack fields.",
        icon=":material/visibility_off:",
    )
    with st.expander("Which, and what they need", icon=":material/manage_search:"):
        st.markdown(
            "\n".join(f"* {inert(note)}" for note in sentences(found.missed, NOT_LOOKED_FOR))
        )


def _incident(each: Incident, state: PageState) -> None:
    """One incident."""
    with st.container(border=True, gap="xsmall", key=f"incident-{each.id}-{each.since:%d%H}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(each.severity, color=COLORS[each.severity])
            st.markdown(f"**{each.title}**", width="content")
            if each.going:
                st.badge("still going on", icon=":material/sensors:", color="blue")
        st.markdown(inert(each.what))
        st.caption(f"{lasting(each, ZoneInfo(state.zone))} · {evidence(each)}{technique(each)}")
        st.markdown(f"*What to do:* {inert(each.next_step)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_links(each, state), width="content")
            if here().reviews:
                _decide(each)


def _links(each: Incident, state: PageState) -> str:
    """The pages that show it, at its time and narrowed to it; and all about whom it concerns."""
    window = Window(each.since - BEFORE, each.until + timedelta(minutes=1))
    texts = {name: text for name, text in each.filters if name in FILTER_LABELS}
    there = drill.narrowed_to(state, window.snapped(timedelta(minutes=1)), texts)
    url = st.context.url or ""
    pages = dict.fromkeys((each.page, "traffic"))
    found = [f"[{page.capitalize()}]({links.beside(url, page, there)})" for page in pages]
    own = {FILTERS.get(key, key) for key in each.who}
    values = {name: chips_of(name, text) for name, text in texts.items() if name in own}
    # Of a scan's ports each would be a link.
    linked = [of for name, of in values.items() if len(of) == 1 or not filterable(name).is_number]
    ends = [chip for of in linked for chip in of if has_page(chip)]
    for value in dict.fromkeys(chip.value for chip in ends):
        found.append(f"[{inert(all_about(value))}]({links.entity(url, value, there)})")
    return " · ".join(found)


def _decide(each: Incident) -> None:
    """The reason, and the buttons that note it."""
    key = f"{each.id}-{each.since:%d%H}-{st.session_state.get('reviews', 0)}"
    with st.popover("Decide", icon=":material/task_alt:", type="tertiary", key=f"decide-{key}"):
        reason = st.text_input("Reason", key=f"reason-{key}", max_chars=500)
        for label, kind, about in (
            ("Acknowledge", "acknowledged", "This incident is done with; a later one is shown."),
            ("Mute", "muted", "Incidents of this kind and key are not shown any more."),
        ):
            st.button(
                label,
                key=f"{kind}-{key}",
                disabled=not (reason or "").strip(),
                on_click=_note,
                args=(each.id, kind, reason),
            )
            st.caption(about)


def _note(incident: str, kind: Kind, reason: str) -> None:
    """Keep a decision; the rights are asked again, as a button may be older than they are."""
    if here().reviews:
        review(resources.store().path, incident, kind, reason)
        audit.note(EVENTS[kind], finding=incident, reason=reason)
        st.session_state["reviews"] = st.session_state.get("reviews", 0) + 1
        actions.redraw()


def _reviewed(found: Findings, decided: Mapping[str, Review], state: PageState) -> None:
    """What was decided on, folded."""
    if not decided:
        return
    with st.expander(f"Acknowledged and muted ({len(decided):,})", icon=":material/task_alt:"):
        for each in found.incidents:
            if each.id not in decided:
                continue
            made = decided[each.id]
            when = f"{made.at.astimezone(ZoneInfo(state.zone)):%d %b %H:%M}"
            st.markdown(f"**{each.title}**: {inert(each.what)}")
            st.caption(f"{made.kind} {when}: {inert(made.reason)}")
            if here().reviews:
                st.button(
                    "Open again",
                    key=f"open-{each.id}-{each.since:%d%H}",
                    type="tertiary",
                    on_click=_open,
                    args=(each.id,),
                )


def _open(incident: str) -> None:
    if here().reviews:
        withdraw(resources.store().path, incident)
        audit.note("finding-reopened", finding=incident)
        actions.redraw()


def _asked(found: Findings) -> None:
    """What is looked for, with thresholds and their reasons, folded."""
    with st.expander(
        "What is looked for", icon=":material/manage_search:", key="looked-for", on_change="rerun"
    ) as more:
        if not more.open:
            return
        for each in DETECTIONS.values():
            numbers = list(map(threshold, each.thresholds.values()))
            st.markdown(f"**{each.title}**: {inert(each.question)}")
            lacks = "Not looked for: the settings have no watch list. "
            head = lacks if each.slug in found.unset else ""
            st.caption(inert(head + (" ".join(numbers) or "Each one is an incident.")))
