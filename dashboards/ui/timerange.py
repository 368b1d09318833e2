"""The controls of time: range, fixed times, zone; and the window they mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from dashboards.ui import hidden_widgets
from dashboards.ui.markdown import inert
from dashboards.ui.state import DEFAULT_RANGE, QUICK_RANGES
from vpcflow_core.errors import TimeError
from vpcflow_core.query.windows import resolve_window
from vpcflow_core.times import Range, Window, ceil_to, parse_range

ZONES = ["UTC", *sorted(available_timezones() - {"UTC", "localtime", "Factory"})]
NAMES = {"1h": "Last hour", "6h": "Last 6 hours", "24h": "Last 24 hours", "7d": "Last 7 days"}
MINUTE = timedelta(minutes=1)


def controls(title: str, question: str) -> tuple[Range, str]:
    """Draw title and controls; gives the range asked for and the zone."""
    hidden_widgets.hide()
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        st.title(title, anchor=False, help=question, width="stretch")
        range_box, custom = st.container(width=230), st.container(width="content")
        # It stands right of the range's box, but a typed range is read in that zone.
        zone = st.selectbox("Time zone", _zones(), key="tz", bind="query-params", width=170)
    text = _text()
    with custom.popover("Custom"):
        _fixed_times(zone)
    with range_box:
        _quick(text, zone)
    return _read(text, zone), zone


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
        help="Pick one or type your own: `90m`, `3d`, `2026-11-01T00:00Z/2026-11-02T00:00Z`.",
    )


def _choose() -> None:
    """Make the chosen range that of the page; the first one needs no text."""
    chosen = st.session_state["quick"] or ""
    st.session_state["range"] = "" if chosen == QUICK_RANGES[0] else chosen


def window(asked: Range, extent: Window) -> tuple[Window, str]:
    """The window that is meant now, on whole minutes; and what it is relative to."""
    found, anchored = resolve_window(asked, extent, ceil_to(datetime.now(UTC), MINUTE))
    return found.snapped(MINUTE), anchored


def _zones() -> list[str]:
    """All zones; the analyst's own stands right below UTC."""
    here = st.context.timezone
    return list(dict.fromkeys(["UTC", here, *ZONES])) if here in ZONES else ZONES


def _name(text: str, zone: str) -> str:
    """A range as the box shows it: `Last 24 hours`, `1 Nov 09:00 - 2 Nov 09:00`."""
    if text in NAMES:
        return NAMES[text]
    try:
        asked = parse_range(text, ZoneInfo(zone))
    except TimeError:
        return text
    if asked.fixed is None:
        return f"Last {text}"
    ends = (asked.fixed.start, asked.fixed.end)
    return " - ".join(f"{end.astimezone(ZoneInfo(zone)):%d %b %H:%M}" for end in ends)


def _read(text: str, zone: str) -> Range:
    """The range of the box; a text that is none is refused in words, the last good one stays."""
    try:
        asked = parse_range(text, ZoneInfo(zone))
    except TimeError as error:
        asked = st.session_state.get("good_range", DEFAULT_RANGE)
        shown = f"Shown instead: {_name(str(asked), zone)}."
        st.error(inert(f"{error.what} {error.next_step} {shown}"))
    st.session_state["good_range"] = asked
    return asked


def _fixed_times(zone: str) -> None:
    """Two times and a button that makes them the range."""
    now = datetime.now(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    start = st.datetime_input(f"From ({zone})", now - timedelta(days=1), key="from", step=300)
    end = st.datetime_input(f"To ({zone})", now, key="to", step=300)
    st.button("Show these times", on_click=_fix, args=(start, end, zone), width="stretch")


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
