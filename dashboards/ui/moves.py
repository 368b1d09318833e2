"""Steps in time from the range in force: earlier, later, wider, all of the data; no Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from vpcflow_core.times import Window

MINUTE = timedelta(minutes=1)


def earlier(window: Window, _: Window, __: datetime) -> Window:
    """The time right before, of the same length."""
    return window.moved(-window.length)


def later(window: Window, _: Window, now: datetime) -> Window | None:
    """The time right after; None where it has not come yet."""
    moved = window.moved(window.length)
    return moved if moved.start < now else None


def wider(window: Window, _: Window, now: datetime) -> Window | None:
    """Twice as long around the same middle, up to the present; None for a range of years."""
    half = window.length / 2
    if window.length > timedelta(days=3660):
        return None
    end = max(min(window.end + half, now), window.end)
    return Window(end - 2 * window.length, end).snapped(MINUTE)


def whole(window: Window, extent: Window, _: datetime) -> Window | None:
    """From the first to the last record; None where that is shown."""
    all_ = extent.snapped(MINUTE)
    return all_ if all_ != window else None


Move = Callable[[Window, Window, datetime], Window | None]
# What each button says, its icon and its help.
MOVES: tuple[tuple[str, str, str, Move], ...] = (
    ("Earlier", ":material/chevron_left:", "The time right before, of the same length", earlier),
    ("Later", ":material/chevron_right:", "The time right after, of the same length", later),
    ("Zoom out", ":material/zoom_out:", "Twice as long, around the same time", wider),
    ("All data", ":material/fit_width:", "From the first record to the last", whole),
)
