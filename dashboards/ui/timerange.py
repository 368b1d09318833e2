"""The controls of time: range, fixed times, zone; and the window they mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.ui import hidden_widgets, page_css, resources
from dashboards.ui.markdown import inert
from dashboards.ui.state import QUICK_RANGES
from vpcflow_core.errors import TimeError
from vpcflow_core.links import DEFAULT_RANGE
from vpcflow_core.query.windows import resolve_window
from vpcflow_core.ranges import Range, parse_range
from vpcflow_core.times import Window, ceil_to
from vpcflow_core.units import number_of

ZONES = ["UTC", *sorted(available_timezones() - {"UTC", "localtime", "Factory"})]
NAMES = {
    "15m": "Last 15 minutes", "1h": "Last hour", "3h": "Last 3 hours", "6h": "Last 6 hours",
    "12h": "Last 12 hours", "24h": "Last 24 hours", "2d": "Last 2 days", "7d": "Last 7 days",
    "30d": "Last 30 days", "today": "Today", "yesterday": "Yesterday", "this week": "This week",
}  # fmt: skip
LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MINUTE = timedelta(minutes=1)
TYPED = (
    "The box of ranges also takes text: `90m`, `last 3 days`, `yesterday 9-10`, "
    "`2026-11-25 09:00 - 10:00`, two times of ISO 8601 or seconds since 1970."
)


def controls(title: str, question: str) -> tuple[Range, str, DeltaGenerator]:
    """Draw title and controls; gives the range asked for, the zone, and the row's other end."""
    page_css.apply()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="controls"):
        st.title(title, anchor=False, help=question, width="stretch")
        range_box = st.container(width=225, key="range-box")
        custom = st.container(width="content")
        # It stands right of the range's box, but a typed range is read in that zone.
        zone = st.selectbox(
            "Time zone",
            _zones(),
            key="tz",
            bind="query-params",
            width=120,
            label_visibility="collapsed",
        )
        row_end = st.container(
            horizontal=True, vertical_alignment="center", gap=None, width="content", key="row-end"
        )
    text = _text()
    asked = _read(text, zone)
    with custom.popover(
        "Custom", icon=":material/date_range:", key="custom-range", on_change="rerun"
    ) as opened:
        if opened.open:
            _fixed_times(asked, zone)
    with range_box:
        _quick(text, zone)
    _refused(asked, zone)
    return asked, zone, row_end


def _text() -> str:
    """The range as the address bar holds it, in a hidden box.

    The box of ranges says them in words, and would write its words into the address bar.
    """
    with hidden_widgets.place("range", shown=False):
        text = st.text_input("Range", key="range", bind="query-params")
    return text.strip() or QUICK_RANGES[0]


def _quick(text: str, zone: str) -> None:
    """The box of ranges in words."""
    st.session_state["quick"] = text
    st.selectbox(
        "Time range",
        dict.fromkeys([*QUICK_RANGES, text]),
        key="quick",
        accept_new_options=True,
        format_func=lambda choice: _name(choice, zone),
        on_change=_choose,
        args=(zone,),
        label_visibility="collapsed",
    )


def _choose(zone: str) -> None:
    """Make the chosen range that of the page; the first one needs no text.

    A text that is none is refused here, before it is in the address bar.
    """
    chosen = st.session_state["quick"] or QUICK_RANGES[0]
    try:
        text = str(parse_range(chosen, ZoneInfo(zone)))
    except TimeError as error:
        st.session_state["refused_range"] = error
        return
    st.session_state["range"] = "" if text == QUICK_RANGES[0] else text


def _refused(asked: Range, zone: str) -> None:
    """What is wrong with the text that was typed last, and what is shown instead."""
    error = st.session_state.pop("refused_range", None)
    if error is not None:
        shown = f"Shown instead: {_name(str(asked), zone)}."
        st.error(inert(f"{error.what} {error.next_step} {shown}"))


def window(asked: Range, extent: Window) -> tuple[Window, str]:
    """The window that is meant now, on whole minutes; and what it is relative to."""
    found, anchored = resolve_window(asked, extent, ceil_to(datetime.now(UTC), MINUTE))
    return found.snapped(MINUTE), anchored


def _zones() -> list[str]:
    """All zones; the analyst's own stands right below UTC."""
    here = st.context.timezone
    return list(dict.fromkeys(["UTC", here, *ZONES])) if here in ZONES else ZONES


def _name(text: str, zone: str) -> str:
    """A range as the box shows it: `Last 90 minutes`, `01 Nov 09:00-17:00`."""
    if text in NAMES:
        return NAMES[text]
    try:
        asked = parse_range(text, ZoneInfo(zone))
    except TimeError:
        return text
    if asked.days is not None:
        return str(asked.days).capitalize()
    if asked.fixed is None:
        length = str(asked)
        return f"Last {number_of(int(length[:-1]), LENGTHS[length[-1]])}"
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (asked.fixed.start, asked.fixed.end))
    # As short as can be: all of it is to be read in the box of a narrow page.
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d %b %H:%M}"
    return f"{start:%d %b %H:%M}-{until}"


def _read(text: str, zone: str) -> Range:
    """The range of the address bar; one that cannot be read is the last good one."""
    try:
        asked = parse_range(text, ZoneInfo(zone))
    except TimeError as error:
        asked = st.session_state.get("good_range", DEFAULT_RANGE)
        st.session_state["refused_range"] = error
    st.session_state["good_range"] = asked
    return asked


def _fixed_times(asked: Range, zone: str) -> None:
    """Two times, which begin with the range in force, and a button that makes them the range."""
    place, extent = ZoneInfo(zone), resources.flows().present_extent
    now = ceil_to(datetime.now(UTC), MINUTE)
    inforce = window(asked, extent)[0] if extent else asked.window(now)
    start, end = (at.astimezone(place).replace(tzinfo=None) for at in (inforce.start, inforce.end))
    # Boxes of their own for each range: else they would keep what they held before.
    name = f"{inforce}-{zone}" if asked.fixed else f"{asked}-{zone}"
    start = st.datetime_input(f"From ({zone})", start, key=f"from-{name}", step=60)
    end = st.datetime_input(f"To ({zone})", end, key=f"to-{name}", step=60)
    st.button("Show these times", on_click=_fix, args=(start, end, zone), width="stretch")
    st.caption(TYPED)


def _fix(start: datetime, end: datetime, zone: str) -> None:
    """Make the range fixed."""
    place = ZoneInfo(zone)
    try:
        fixed = Window(
            start.replace(tzinfo=place).astimezone(UTC), end.replace(tzinfo=place).astimezone(UTC)
        )
    except TimeError as error:
        st.toast(inert(f"{error.what} {error.next_step}"), icon=":material/error:")
        return
    st.session_state["range"] = str(fixed)
    st.session_state["custom-range"] = False
