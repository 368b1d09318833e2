"""Ranges of time: read as people type them, written as links have them, and nonsense refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.errors import TimeError
from vpcflow_core.ranges import Range, parse_moment, parse_range
from vpcflow_core.times import (
    Window,
    parse_duration,
)

instants = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(instants, st.integers(1, 10**7))
def test_a_fixed_range_reads_back_as_it_was_written(start: datetime, seconds: int) -> None:
    asked = Range(fixed=Window(start, start + timedelta(seconds=seconds)))
    assert parse_range(str(asked)) == asked


@pytest.mark.parametrize("text", ["24h", "7d", "90m"])
def test_quick_ranges_keep_their_form(text: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    asked = parse_range(text)
    assert asked.window(now) == Window(now - parse_duration(text), now)


def test_a_day_is_written_as_24h() -> None:
    assert str(Range(length=timedelta(days=1))) == "24h"
    assert str(Range(length=timedelta(days=7))) == "7d"


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(TimeError, match="before it has begun"):
        parse_range("2026-11-02/2026-11-01")


NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # a Thursday; 02:30 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "window"),
    [
        ("last 3 days", None, "2026-11-23T01:30Z/2026-11-26T01:30Z"),
        ("2 hours", None, "2026-11-25T23:30Z/2026-11-26T01:30Z"),
        ("Last week", None, "2026-11-19T01:30Z/2026-11-26T01:30Z"),
        ("today", None, "2026-11-26T00:00Z/2026-11-26T01:30Z"),
        ("today", BERLIN, "2026-11-25T23:00Z/2026-11-26T01:30Z"),
        ("Yesterday", BERLIN, "2026-11-24T23:00Z/2026-11-25T23:00Z"),
        ("this week", None, "2026-11-23T00:00Z/2026-11-26T01:30Z"),
        ("this month", None, "2026-11-01T00:00Z/2026-11-26T01:30Z"),
        ("1h30m", None, "2026-11-26T00:00Z/2026-11-26T01:30Z"),
        ("last 1 day and 30 minutes", None, "2026-11-25T01:00Z/2026-11-26T01:30Z"),
        ("yesterday 9-10", BERLIN, "2026-11-25T08:00Z/2026-11-25T09:00Z"),
        ("yesterday 9:30am to 11pm", None, "2026-11-25T09:30Z/2026-11-25T23:00Z"),
        ("yesterday 22-2", None, "2026-11-25T22:00Z/2026-11-26T02:00Z"),
        ("2026-11-25", BERLIN, "2026-11-24T23:00Z/2026-11-25T23:00Z"),
        ("2026-11-25 09:00 - 10:00", None, "2026-11-25T09:00Z/2026-11-25T10:00Z"),
        ("2026-11-25 9-10", BERLIN, "2026-11-25T08:00Z/2026-11-25T09:00Z"),
        ("2026-11-25 9:00 \N{EN DASH} 24:00", None, "2026-11-25T09:00Z/2026-11-26T00:00Z"),
        ("2026-11-24 09:00 - 2026-11-25 10:00", None, "2026-11-24T09:00Z/2026-11-25T10:00Z"),
        ("2026-11-24T09:00+02:00/2026-11-25T10:00", BERLIN, "2026-11-24T07:00Z/2026-11-25T09:00Z"),
        ("1780000000-1780003600", BERLIN, "2026-05-28T20:26:40Z/2026-05-28T21:26:40Z"),
        ("1780000000000/1780003600000", None, "2026-05-28T20:26:40Z/2026-05-28T21:26:40Z"),
    ],
)
def test_ranges_are_read_as_people_type_them(text: str, zone: ZoneInfo | None, window: str) -> None:
    asked = parse_range(text, zone)
    assert str(asked.window(NOW)) == window
    assert parse_range(str(asked), zone) == asked


@pytest.mark.parametrize(
    "text",
    ["soon", "", "5", "5 years", "tomorrow", "this week 9-10", "this month 9-10", "0h0m", "1h30", "99999w 1d", "yesterday 25-26", "9:70-10",
     "13pm-14", "2026-11-31", "2026-11-26/2026-11-25", "2026-11-25 09:00"],
)  # fmt: skip
def test_what_is_no_range_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(TimeError) as refused:
        parse_range(text)
    assert refused.value.next_step


def test_a_lone_moment_in_seconds_is_refused_with_a_range_that_begins_there() -> None:
    with pytest.raises(TimeError) as refused:
        parse_range("1780000000")
    assert "one moment, 2026-05-28T20:26:40Z" in refused.value.what
    written = refused.value.next_step.removesuffix(".").rpartition(": ")[2]
    assert parse_range(written) == parse_range("1780000000/1780003600")


def test_yesterday_is_a_day_of_its_zone_where_clocks_change() -> None:
    monday = datetime(2026, 10, 26, 12, tzinfo=UTC)
    assert parse_range("yesterday", BERLIN).window(monday).length == timedelta(hours=25)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("yesterday 9:30", datetime(2026, 11, 25, 9, 30, tzinfo=UTC)),
        ("today", datetime(2026, 11, 26, tzinfo=UTC)),
        ("2026-11-25 9:00", datetime(2026, 11, 25, 9, tzinfo=UTC)),
        ("1780000000", datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_people_type_them(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment
