"""Durations, instants and windows: read and written alike, and nonsense refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.errors import TimeError
from vpcflow_core.times import (
    Window,
    ceil_to,
    floor_to,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
    timeslice_for,
)

instants = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
steps = st.sampled_from([60, 300, 3600, 86400]).map(lambda s: timedelta(seconds=s))


@given(st.integers(1, 10**6).map(lambda s: timedelta(seconds=s)))
def test_a_duration_reads_back_as_it_was_written(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length


@given(instants)
def test_an_instant_reads_back_as_it_was_written(moment: datetime) -> None:
    assert parse_instant(format_instant(moment)) == moment


@given(instants, steps)
def test_edges_enclose_the_moment_and_lie_on_the_clock(moment: datetime, step: timedelta) -> None:
    low, high = floor_to(moment, step), ceil_to(moment, step)
    assert low <= moment <= high
    assert high - low in (timedelta(0), step)
    assert low.timestamp() % step.total_seconds() == 0


@pytest.mark.parametrize(
    "text", ["", "5", "m", "0h", "-3d", "5 years", "1h30m", "9999999h", "99999999999s"]
)
def test_nonsense_is_no_duration(text: str) -> None:
    with pytest.raises(TimeError, match="length of time"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-01T25:00", "1066-10-14", ""])
def test_nonsense_is_no_instant(text: str) -> None:
    with pytest.raises(TimeError):
        parse_instant(text)


def test_times_without_zone_are_read_in_the_zone_given() -> None:
    moment = parse_instant("2026-11-01T09:00", ZoneInfo("Asia/Kolkata"))
    assert moment == datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    assert parse_instant("2026-11-01T09:00+02:00", ZoneInfo("Asia/Kolkata")).hour == 7


def test_long_windows_take_coarser_timeslices() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for days, minutes in ((1, 1), (2, 5), (7, 15), (60, 60), (700, 24 * 60)):
        window = Window.last(timedelta(days=days), now)
        assert timeslice_for(window) == timedelta(minutes=minutes)
