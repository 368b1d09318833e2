"""What the objects of a store say of coverage: usual delays, and what spans left out."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from tests.store.doubles import START, key, line, log, turn_back
from tests.store.test_spans_loaded import Slack
from vpcflow_core.flow_log_hours import DELAY
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store import covering
from vpcflow_core.store.schema import SCHEMA_VERSION
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window, floor_to

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def delivered(lags: list[float], *, by_slot: bool = True) -> Slack:
    """A file of five records every five minutes, each with its lag in minutes after the end."""
    made = Slack()
    for number, lag in enumerate(lags):
        name, slot = key(number) if by_slot else f"{number:04}.log.gz", START + number * 5 * MINUTE
        made.put(name, log(line(number * 5 + i, slot + i * MINUTE) for i in range(5)), slot)
        made.delivered[name] = slot + 5 * MINUTE + timedelta(minutes=lag)
    return made


def learnt(store: Store) -> timedelta:
    [found] = covering.read(store.ledger, None)
    return found.delay


SPREAD = [3 + 5 * n / 59 for n in range(60)]  # three to eight minutes after the end


@pytest.mark.parametrize(
    ("lags", "by_slot", "minutes"),
    [
        (SPREAD, True, 5),
        ([3 + 2 * (lag - 3) for lag in SPREAD], True, 10),  # what comes late holds a whole file
        ([50.0 * (n % 2) for n in range(60)], True, 30),
        ([4.0] * 60, False, 1),
        ([2 + 4 * (n % 2) for n in range(60)], False, 4),
        ([9.0] * 19, False, 5),  # too few to tell
        ([2000 - 5 * n for n in range(60)], False, 5),  # copied there, all at once
        ([-5.0] * 60, False, 5),
    ],
)
def test_the_delay_is_what_the_slowest_delivery_needs_beyond_the_quickest(
    store: Store, lags: list[float], by_slot: bool, minutes: float
) -> None:
    sync(store, delivered(lags, by_slot=by_slot))
    assert learnt(store) == minutes * MINUTE


def test_one_slow_delivery_in_a_hundred_is_not_usual(store: Store) -> None:
    sync(store, delivered([3.0] * 99 + [40.0], by_slot=False))
    assert learnt(store) == MINUTE


def test_sources_that_do_not_say_when_an_object_came_have_five_minutes(store: Store) -> None:
    made = delivered(SPREAD)
    made.delivered.clear()
    sync(store, made)
    assert learnt(store) == DELAY


class Events(Slack):
    """A log group: each object tells what its slowest events needed beyond the quickest."""

    def __init__(self, minutes: list[float]) -> None:
        super().__init__()
        self.minutes = minutes
        for number in range(len(minutes)):
            at = START + number * HOUR
            self.put(f"{number:02}", log([line(number, at)]), at)

    def delay(self, found: LogObject) -> timedelta | None:
        return timedelta(minutes=self.minutes[int(found.uri[-2:])])


def test_events_that_say_when_they_came_are_measured_from_their_start(store: Store) -> None:
    sync(store, Events([6.0] * 19 + [25.0]))
    assert learnt(store) == 5 * MINUTE


def test_an_hour_loaded_in_part_is_not_complete_until_the_rest_is_loaded(store: Store) -> None:
    logs = delivered([4.0] * 48)  # four hours
    cut = START + 122 * MINUTE  # within an object
    sync(store, logs, span=Window(START, cut))
    sync(store, logs, span=Window(START + 141 * MINUTE, START + 240 * MINUTE))
    hours = pd.date_range(START, periods=3, freq="h")
    assert store.coverage().complete(hours, HOUR).tolist() == [True, True, False]
    [gap] = store.coverage().gaps
    assert (gap.start, floor_to(gap.end, MINUTE)) == (cut, START + 140 * MINUTE)
    sync(store, logs)
    assert store.coverage().gaps == ()
    assert store.coverage().complete(hours, HOUR).all()


def test_a_store_of_the_version_before_knows_no_deliveries(store: Store) -> None:
    sync(store, delivered(SPREAD))
    folder = store.path
    store.close()
    turn_back(folder, SCHEMA_VERSION - 2)
    with Store.open(folder) as again:
        assert learnt(again) == DELAY
        sync(again, delivered([*SPREAD, 4.0]))
        assert again.coverage().extent == Window(
            START, START + 304 * MINUTE + timedelta(milliseconds=1)
        )
