"""What is known of when, from the hours of each flow log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from vpcflow_core.coverage import Coverage, Gap, coverage_of
from vpcflow_core.flow_log_hours import DELAY, FlowLogHours, Silence
from vpcflow_core.times import EPOCH, Window

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def flow_log(starts: list[datetime], name: str = "fl-1", lasted: int = 59, **more) -> FlowLogHours:  # type: ignore[no-untyped-def]
    """A flow log with records at these times."""
    ms = pd.Series([(start - EPOCH) // timedelta(milliseconds=1) for start in sorted(starts)])
    found = ms.groupby(ms // 3_600_000).agg(["count", "min", "max"])
    numbers = (found[column].to_numpy("int64") for column in ("count", "min", "max"))
    longest = np.full(len(found), lasted * 1000)
    return FlowLogHours(name, found.index.to_numpy("int64"), *numbers, longest, **more)


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    return [start + n * step for n in range((end - start) // step)]


def buckets(start: datetime, count: int, step: timedelta) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq=step)


@pytest.mark.parametrize(("lasted", "minutes"), [(59, 6), (599, 15)])
def test_settled_is_what_lies_the_longest_record_and_the_delay_back(
    lasted: int, minutes: int
) -> None:
    made = coverage_of([flow_log(every(MINUTE, NOON - 5 * HOUR, NOON), lasted=lasted)])
    assert made.extent == Window(NOON - 5 * HOUR, NOON - MINUTE + timedelta(milliseconds=1))
    assert made.settled_until == NOON - MINUTE - DELAY - timedelta(seconds=lasted)
    last = buckets(NOON - 20 * MINUTE, 20, MINUTE)
    assert made.complete(last, MINUTE).tolist() == [True] * (19 - minutes) + [False] * (minutes + 1)
    assert made.known(buckets(NOON - 2 * MINUTE, 4, MINUTE), MINUTE).tolist() == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_source_that_shows_all_that_was_delivered_is_settled_once_it_is_silent() -> None:
    stopped = flow_log(every(MINUTE, NOON - 5 * HOUR, NOON), is_live=True, synced=NOON + HOUR)
    assert coverage_of([stopped]).settled_until == NOON - MINUTE + timedelta(milliseconds=1)
    soon = coverage_of([replace(stopped, synced=NOON + 10 * MINUTE)])
    assert soon.settled_until == NOON - MINUTE - DELAY - timedelta(seconds=59)


def test_times_without_a_record_are_known_of_each_flow_log() -> None:
    steady = every(10 * MINUTE, NOON - 2 * DAY, NOON - 5 * HOUR)
    last, newest = NOON - 5 * HOUR - 10 * MINUTE, NOON - 10 * MINUTE
    other = flow_log(every(10 * MINUTE, NOON - 2 * DAY, NOON), "fl-2")
    beside = coverage_of([flow_log(steady), other])
    assert beside.silences == (
        Silence("fl-1", last, None, 6.0), Silence("fl-2", newest, None, 6.0)
    )  # fmt: skip
    back = flow_log([*steady, *every(10 * MINUTE, NOON - HOUR, NOON)])
    assert coverage_of([back]).silences == (
        Silence("fl-1", last, NOON - HOUR, 6.0), Silence("fl-1", newest, None, 6.0)
    )  # fmt: skip


def test_where_all_flow_logs_stopped_it_is_known_up_to_the_last_sync_that_nothing_came() -> None:
    steady = every(10 * MINUTE, NOON - 2 * DAY, NOON - 5 * HOUR)
    other = flow_log(every(10 * MINUTE, NOON - 2 * DAY, NOON), "fl-2", is_live=True, synced=NOON)
    read = flow_log(steady, is_live=True, synced=NOON)
    assert coverage_of([read]).nothing_until == NOON - DELAY - timedelta(seconds=59)
    assert coverage_of([read, other]).nothing_until is None
    assert coverage_of([flow_log(steady)]).nothing_until is None  # may be a copy of another moment


def test_hours_without_a_record_are_a_hole_from_the_last_to_the_next_one() -> None:
    starts = every(MINUTE, NOON - 2 * DAY, NOON - DAY) + every(MINUTE, NOON - 20 * HOUR, NOON)
    made = coverage_of([flow_log(starts)])
    assert made.gaps == (Gap(NOON - DAY - MINUTE, NOON - 20 * HOUR, True, ("fl-1",)),)
    hours = buckets(NOON - 26 * HOUR, 8, HOUR)
    assert made.complete(hours, HOUR).tolist() == [True, *[False] * 5, True, True]
    assert made.known(hours, HOUR).tolist() == [True, True, *[False] * 4, True, True]


@pytest.mark.parametrize(
    ("step", "silent", "missing"),
    [
        (10 * MINUTE, HOUR, True),  # an interface alone, with NODATA every ten minutes
        (HOUR, 4 * HOUR, False),  # a record an hour: four without may be chance
        (HOUR, 9 * HOUR, True),
        (3 * HOUR, DAY, False),  # now and then a record: silence is its way
        (30 * MINUTE, HOUR, False),
    ],
)
def test_a_silence_is_a_hole_where_records_would_have_come(
    step: timedelta, silent: timedelta, missing: bool
) -> None:
    starts = every(step, NOON - 3 * DAY, NOON - DAY) + every(step, NOON - DAY + silent, NOON)
    assert bool(coverage_of([flow_log(starts)]).gaps) == missing


def test_nights_without_a_record_are_no_holes() -> None:
    days = [every(MINUTE, NOON - n * DAY, NOON - n * DAY + 8 * HOUR) for n in range(10)]
    assert coverage_of([flow_log([start for day in days for start in day])]).gaps == ()


@pytest.mark.parametrize("name", ["fl-1", "fl-2"])
def test_a_single_record_long_before_makes_nothing_known_in_between(name: str) -> None:
    good, stray = every(MINUTE, NOON - 5 * HOUR, NOON), NOON - 8 * DAY
    logs = (
        [flow_log([stray, *good])] if name == "fl-1" else [flow_log(good), flow_log([stray], name)]
    )
    made = coverage_of(logs)
    assert made.extent is not None
    assert made.extent.start == stray
    assert not made.reaches(Window(NOON - DAY, NOON - DAY + 2 * HOUR))
    assert not made.reaches(Window(NOON - 7 * DAY, NOON - 7 * DAY + 2 * HOUR))
    assert made.complete(buckets(NOON - 2 * HOUR, 90, MINUTE), MINUTE).all()


def test_a_flow_log_that_stopped_holds_nothing_back_and_is_missed_for_a_day() -> None:
    good = flow_log(every(MINUTE, NOON - 9 * DAY, NOON))
    gone = flow_log(every(MINUTE, NOON - 9 * DAY, NOON - 7 * DAY), "fl-2", lasted=599)
    made = coverage_of([good, gone])
    assert made.settled_until == good.settled_until
    silent = NOON - 7 * DAY - MINUTE
    assert made.gaps == (Gap(silent, silent + DAY, False, ("fl-2",)),)
    assert made.known(buckets(NOON - 7 * DAY, 24, HOUR), HOUR).all()
    assert not made.complete(buckets(NOON - 7 * DAY, 23, HOUR), HOUR).any()


def test_the_slowest_flow_log_that_is_awaited_decides() -> None:
    quick = flow_log(every(MINUTE, NOON - 5 * HOUR, NOON))
    slow = flow_log(every(MINUTE, NOON - 5 * HOUR, NOON - 20 * MINUTE), "fl-2", lasted=599)
    assert coverage_of([quick, slow]).settled_until == slow.settled_until
    unread = flow_log(
        every(MINUTE, NOON - 9 * HOUR, NOON - 5 * HOUR), "fl-3", synced=NOON - 5 * HOUR
    )
    assert coverage_of([quick, unread]).settled_until == unread.settled_until


def test_what_a_sync_of_a_span_left_out_is_not_complete_but_known() -> None:
    at = [(NOON - n * HOUR - EPOCH) // timedelta(milliseconds=1) for n in (30, 5, 3)]
    rest = tuple((start, start + 20 * 60_000) for start in at)
    made = coverage_of([flow_log(every(MINUTE, NOON - 5 * HOUR, NOON), left_out=rest)])
    assert made.gaps == tuple(
        Gap(NOON - n * HOUR, NOON - n * HOUR + 20 * MINUTE, False, ("fl-1",)) for n in (5, 3)
    )
    hours = buckets(NOON - 5 * HOUR, 4, HOUR)
    assert made.complete(hours, HOUR).tolist() == [False, True, False, True]
    assert made.known(hours, HOUR).all()


def test_what_was_left_out_before_the_first_record_cuts_the_first_bucket() -> None:
    start = (NOON - 6 * HOUR - EPOCH) // timedelta(milliseconds=1)
    rest = ((start, start + 30 * 60_000),)
    made = coverage_of([flow_log(every(MINUTE, NOON - 5 * HOUR, NOON), left_out=rest)])
    assert [(gap.start, gap.end) for gap in made.gaps] == [
        (NOON - 6 * HOUR, NOON - 6 * HOUR + 30 * MINUTE)
    ]
    assert not made.complete(buckets(NOON - 8 * HOUR, 1, 4 * HOUR), 4 * HOUR).any()
    assert made.complete(buckets(NOON - 5 * HOUR, 1, HOUR), HOUR).all()


def test_records_of_many_hours_tell_how_far_a_window_reaches() -> None:
    log = flow_log(every(MINUTE, NOON - 9 * HOUR, NOON))
    reach = log.longest.copy()
    reach[2] = 5 * 3_600_000  # one of 05:00 to 05:59
    made = coverage_of([replace(log, reach=reach)])
    assert made.settled_until == log.settled_until
    two = NOON - 2 * HOUR
    assert made.reaching(Window(two, two + MINUTE)) == Window(NOON - 7 * HOUR, two + 61 * MINUTE)
    assert made.reaching(Window(NOON, NOON + HOUR)).start == NOON - HOUR


def test_without_records_nothing_is_known() -> None:
    hours = buckets(NOON, 3, HOUR)
    assert coverage_of([]) == Coverage()
    assert not Coverage().known(hours, HOUR).any()
    assert not Coverage().complete(hours, HOUR).any()
    assert not Coverage().reaches(Window(NOON, NOON + HOUR))
