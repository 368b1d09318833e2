"""Steps in time: earlier, later, wider, all of the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboards.ui.moves import earlier, later, whole, wider
from vpcflow_core.ranges import parse_range
from vpcflow_core.times import Window

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
EXTENT = Window(
    datetime(2026, 11, 20, 0, 0, 30, tzinfo=UTC), datetime(2026, 11, 26, 11, tzinfo=UTC)
)


def window(text: str) -> Window:
    return parse_range(text).window(NOW)


def test_earlier_and_later_undo_each_other_and_later_ends_at_the_present() -> None:
    day = window("2026-11-24")
    before = earlier(day, EXTENT, NOW)
    assert before == window("2026-11-23")
    assert later(before, EXTENT, NOW) == day
    assert later(window("24h"), EXTENT, NOW) is None


def test_zooming_out_keeps_the_middle_but_not_beyond_the_present() -> None:
    wide = wider(window("2026-11-24"), EXTENT, NOW)
    assert wide == window("2026-11-23 12:00 - 2026-11-25 12:00")
    assert wider(window("24h"), EXTENT, NOW) == window("48h")
    assert wider(Window(NOW - timedelta(days=4000), NOW), EXTENT, NOW) is None


def test_all_data_is_offered_unless_it_is_shown() -> None:
    shown = whole(window("24h"), EXTENT, NOW)
    assert shown == window("2026-11-20 00:00 - 2026-11-26 11:00")
    assert whole(shown, EXTENT, NOW) is None
