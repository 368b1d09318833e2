"""Why a page or a panel is empty, in words, and the ways out that help; said once a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.ui import actions, answers, resources, timerange
from dashboards.ui.markdown import inert
from dashboards.ui.rights import shown
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.errors import MissingDataError, VpcflowError
from vpcflow_core.query.dimensions import require
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

# What a page itself asks of its records, as pairs of field and text.
Own = tuple[tuple[str, str], ...]
# Fields of which nothing but the records themselves tells.
RECORDED = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "action", "interface_id")
WIDER = "7d"
WEEK = timedelta(days=7)


def lacks_fields(own: Own, filters: Own) -> bool:
    """Say once that no record has a field that all of the page needs; whether that is so.

    What is nearest is a button: to remove the filters by such fields.

    Args:
        own: What the page itself asks of its records.
        filters: What its filters ask.
    """
    filtered = [(field, text) for field, text in filters if field in RECORDED]
    columns = resources.flows().engine.columns()
    try:
        require([field for field, _ in (*own, *filtered)], columns)
    except MissingDataError as error:
        st.info(shown(error), icon=":material/info:")
        lacking = [(field, text) for field, text in filtered if field not in columns]
        with st.container(horizontal=True, key="lacking"):
            for field, text in lacking:
                st.button(
                    f"Remove {FILTER_LABELS[field]}: {inert(text)}",
                    key=f"remove-{field}",
                    icon=":material/filter_alt_off:",
                    on_click=actions.set_filter,
                    args=(field, ""),
                )
        return True
    return False


def notice(state: PageState, window: Window, own: Own) -> None:
    """Say once that no panel of the page has anything to show; nothing where some may have."""
    if not (state.filters or own) and _reaches(window):
        return
    with st.container(key="nothing-found"):
        st.fragment(parallel=True, key="nothing")(_notice)(state, window, own)


def _notice(state: PageState, window: Window, own: Own) -> None:
    if is_empty(state, window, own):
        actions.begin_panel()
        explain(about(own), state, window, "page", own)


def is_empty(state: PageState, window: Window, own: Own) -> bool:
    """Whether a page has no flows at all."""
    return _count(state, window, own) == 0


def about(own: Own) -> str:
    """What the records of a page are called: `REJECT records`."""
    return " ".join([*(text for _, text in own), "records"])


def sentence(what: str, state: PageState, window: Window) -> str:
    """Why there is nothing to show: when nothing was, and under which filters."""
    start, end = (at.astimezone(ZoneInfo(state.zone)) for at in (window.start, window.end))
    year = "" if start.year == end.year else f" {start:%Y}"
    began = f"{start:%d %b}{year} {start:%H:%M}"
    why = f"No {what} between {began} and {end:%d %b %Y %H:%M} {state.zone}"
    if not state.filters:
        return f"{why}."
    texts = ", ".join(f"{FILTER_LABELS[field]}: {inert(text)}" for field, text in state.filters)
    return f"{why} with the {'filter' if len(state.filters) == 1 else 'filters'} {texts}."


def explain(what: str, state: PageState, window: Window, name: str, own: Own) -> None:
    """Why there is nothing, and the ways out.

    Args:
        what: What there is none of.
        state: The page's.
        window: What its range means.
        name: Name of the place, for its buttons.
        own: What besides the filters is asked of the records.
    """
    st.info(sentence(what, state, window), icon=":material/search_off:")
    # Where there are records, in which nothing was found, no range is known to have more.
    searched = bool(_count(state, window, own))
    ranges = [] if searched else list(_ranges(state, window, own))
    with st.container(horizontal=True):
        if state.filters:
            fields = [field for field, _ in state.filters]
            st.button(
                "Clear filters",
                key=f"clear-{name}",
                on_click=actions.clear_filters,
                args=(fields,),
            )
        for label, text in ranges:
            st.button(label, key=f"widen-{name}-{label}", on_click=actions.set_range, args=(text,))
    if not (ranges or searched):
        st.caption("There are none at any other time of the data either.")


def _ranges(state: PageState, window: Window, own: Own) -> Iterator[tuple[str, str]]:
    """Other ranges that have something to show, by what their buttons say."""
    extent = resources.flows().present_extent
    if extent is None:
        return
    week, _ = timerange.window(Range(length=WEEK), extent)
    wider = week.start < window.start or week.end > window.end
    if wider and _count(state, week, own) != 0:
        yield "Last 7 days", WIDER
    everything = extent.snapped(timerange.MINUTE)
    if not _reaches(window) or (
        not _covers(week, everything) and _count(state, everything, own) != 0
    ):
        yield "Show all data", str(everything)


def _covers(outer: Window, inner: Window) -> bool:
    return outer.start <= inner.start and outer.end >= inner.end


def _reaches(window: Window) -> bool:
    return resources.flows().coverage.reaches(window)


def _count(state: PageState, window: Window, own: Own) -> int | None:
    """The flows there are; None where they cannot be counted, which panels say themselves."""
    try:
        return answers.count(state, window, own)
    except VpcflowError:
        return None
