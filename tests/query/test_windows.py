"""What "the last 24 h" means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vpcflow_core.query.windows import STALE_AFTER, resolve_window
from vpcflow_core.ranges import Range, parse_range
from vpcflow_core.times import Window

NOW = datetime(2026, 11, 1, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_fresh_data_is_relative_to_now_in_whole_minutes() -> None:
    window, relative_to = resolve_window(
        Range(HOUR), Window(NOW - 2 * HOUR, NOW - STALE_AFTER), NOW
    )
    assert str(window) == "2026-11-01T11:01Z/2026-11-01T12:01Z"
    assert relative_to == "now"


def test_data_that_has_stopped_is_relative_to_its_end() -> None:
    end = NOW - STALE_AFTER - timedelta(seconds=1)
    window, relative_to = resolve_window(Range(HOUR), Window(NOW - 9 * HOUR, end), NOW)
    assert str(window) == "2026-11-01T10:01Z/2026-11-01T11:01Z"
    assert relative_to == "data"


def test_without_data_and_with_fixed_times_nothing_moves() -> None:
    assert resolve_window(Range(HOUR), None, NOW)[1] == "now"
    asked = parse_range("2026-01-01T00:00:30Z/2026-01-02")
    old = Window(NOW - 90 * HOUR, NOW - 80 * HOUR)
    assert resolve_window(asked, old, NOW) == (asked.fixed, "now")
