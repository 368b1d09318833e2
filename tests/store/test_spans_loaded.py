"""A sync of a span keeps the records of that span; a wider one loads the rest, once."""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.store.doubles import START, Memory, key, line, log, numbers
from tests.store.test_exactly_once import STEPS, Broken, break_at
from vpcflow_core.errors import MissingError
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.spans import EVER, common, minus, union
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

MINUTE = timedelta(minutes=1)


def minute(number: int) -> datetime:
    return START + number * MINUTE


def minutes(first: int, last: int) -> Window:
    return Window(minute(first), minute(last))


class Slack(Memory):
    """Finds objects up to an hour beside the span, as those of AWS's names are."""

    def find(self, span: Window | None):
        hour = timedelta(hours=1)
        return super().find(Window(span.start - hour, span.end + hour) if span else None)


@pytest.fixture
def six_hours() -> Slack:
    """Six hours with a record a minute, its number; five of them an object."""
    made = Slack()
    for number in range(72):
        lines = [line(number * 5 + i, minute(number * 5 + i)) for i in range(5)]
        made.put(key(number), log(lines), minute(number * 5))
    return made


def test_records_outside_the_span_are_left_out_and_counted(store: Store, six_hours: Slack) -> None:
    result = sync(store, six_hours, span=minutes(92, 103))
    assert numbers(store) == dict.fromkeys(range(92, 103), 1)
    assert (result.records, result.outside) == (11, result.objects * 5 - 11)
    [state] = store.sources()
    assert (state.records, state.outside) == (11, result.outside)
    assert (state.first, state.last) == (minute(92), minute(103))
    assert store.extent() == Window(minute(92), minute(102) + timedelta(milliseconds=1))


def test_the_same_span_again_reads_nothing_again(store: Store, six_hours: Slack) -> None:
    sync(store, six_hours, span=minutes(92, 103))
    reads = six_hours.reads.total()
    assert sync(store, six_hours, span=minutes(92, 103)).objects == 0
    assert sync(store, six_hours, span=minutes(95, 100)).objects == 0
    assert six_hours.reads.total() == reads


def test_a_wider_span_loads_the_rest_of_an_object_once(store: Store, six_hours: Slack) -> None:
    sync(store, six_hours, span=minutes(92, 103))
    result = sync(store, six_hours, span=minutes(88, 110))
    assert numbers(store) == dict.fromkeys(range(88, 110), 1)
    assert (result.objects, result.skipped) == (6, 22)  # two at the edges, and four not seen before
    sync(store, six_hours)
    assert numbers(store) == dict.fromkeys(range(360), 1)
    assert store.sources()[0].outside == 0
    assert sync(store, six_hours).objects == 0


def test_spans_that_do_not_touch_leave_what_lies_between_for_later(
    store: Store, six_hours: Slack
) -> None:
    sync(store, six_hours, span=minutes(11, 12))
    sync(store, six_hours, span=minutes(13, 14))
    assert numbers(store) == dict.fromkeys([11, 13], 1)
    sync(store, six_hours, span=minutes(10, 15))
    assert numbers(store) == dict.fromkeys(range(10, 15), 1)


def test_a_plain_sync_keeps_everything(store: Store, six_hours: Slack) -> None:
    six_hours.put(key(90), log([line(1, minute(1)), line(999, minute(9999))]), minute(450))
    assert sync(store, six_hours).outside == 0
    assert numbers(store).total() == 362


def test_the_rest_comes_though_the_listing_does_not_show_the_object_again(
    store: Store, six_hours: Slack
) -> None:
    six_hours.url = "s3://bucket/"  # listed from two days before the newest object on
    six_hours.put(key(3000), log([line(3000, minute(15000))]), minute(15000))
    sync(store, six_hours, span=Window(minute(7), minute(20000)))
    assert sorted(numbers(store)) == [*range(7, 360), 3000]
    sync(store, six_hours)
    assert numbers(store) == dict.fromkeys([*range(360), 3000], 1)


def test_an_object_that_is_gone_keeps_what_was_loaded_of_it(store: Store, six_hours: Slack) -> None:
    sync(store, six_hours, span=minutes(92, 103))

    six_hours.refused = {name: MissingError("gone") for name in six_hours.data}
    sync(store, six_hours)
    assert numbers(store) == dict.fromkeys(range(92, 103), 1)
    six_hours.refused = {}
    sync(store, six_hours)
    assert numbers(store) == dict.fromkeys(range(360), 1)


def test_files_without_aws_s_names_heed_the_span_by_their_records(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "firehose" / "2026" / "11" / "01" / "00"
    folder.mkdir(parents=True)
    (folder / "PUT-S3-1-2026-11-01-00-05-12-aa").write_bytes(
        log([line(n, minute(n)) for n in range(30)])
    )
    source = LocalSource(tmp_path / "firehose")
    assert sync(store, source, span=minutes(10, 12)).outside == 28
    assert numbers(store) == dict.fromkeys([10, 11], 1)
    assert sync(store, source, span=minutes(500, 600)).objects == 0
    sync(store, source, span=minutes(11, 99))
    assert numbers(store) == dict.fromkeys(range(10, 30), 1)


def test_a_file_that_grew_keeps_the_spans_that_were_asked_for(
    store: Store, six_hours: Slack
) -> None:
    six_hours.put("a.log", log([line(1000, minute(1000))]), minute(1000))
    sync(store, six_hours, span=minutes(999, 1010))
    six_hours.put("a.log", log([line(1000 + n, minute(1000 + n)) for n in range(40)]), minute(1000))
    sync(store, six_hours, span=minutes(1005, 1020))
    assert numbers(store) == dict.fromkeys(range(1000, 1020), 1)


def test_two_sources_of_one_object_share_it_without_doubling(store: Store, tmp_path: Path) -> None:
    inside = tmp_path / "logs" / "day"
    inside.mkdir(parents=True)
    (inside / "x.log").write_bytes(log([line(n, minute(n)) for n in range(30)]))
    outer, inner = LocalSource(tmp_path / "logs"), LocalSource(inside)
    sync(store, outer, span=minutes(5, 10))
    sync(store, inner, span=minutes(8, 20))
    assert numbers(store) == dict.fromkeys(range(5, 20), 1)
    sync(store, outer)
    sync(store, inner)
    assert numbers(store) == dict.fromkeys(range(30), 1)
    assert sync(store, outer).objects == sync(store, inner).objects == 0


def test_a_first_look_reads_its_objects_whole(store: Store, six_hours: Slack) -> None:
    first = sync(store, six_hours, look=minutes(340, 400))
    assert first.outside == 0
    sync(store, six_hours)
    assert numbers(store) == dict.fromkeys(range(360), 1)
    assert six_hours.reads.total() == 72


@pytest.mark.parametrize("at", [0, 1, 3])
@pytest.mark.parametrize("step", STEPS)
def test_a_wider_sync_that_dies_at_any_step_doubles_and_loses_nothing(
    store: Store, six_hours: Slack, monkeypatch: pytest.MonkeyPatch, step: str, at: int
) -> None:
    six_hours.data = {name: six_hours.data[name] for name in list(six_hours.data)[16:24]}
    sync(store, six_hours, span=minutes(92, 103))
    with monkeypatch.context() as patch:
        break_at(patch, step, at, after=False)
        with suppress(Broken):
            sync(store, six_hours, span=minutes(84, 112), limits=Limits(seconds=0), workers=1)
    seen = numbers(store)
    assert set(seen.values()) == {1}
    assert set(range(92, 103)) <= set(seen)
    sync(store, six_hours, span=minutes(84, 112))
    assert numbers(store) == dict.fromkeys(range(84, 112), 1)


def test_any_spans_in_any_order_give_each_record_of_them_once(tmp_path: Path) -> None:
    chance = random.Random(int(os.environ.get("PYTEST_SEED", "9")))
    for round_ in range(2):
        source, wanted = Memory("memory://"), set()
        for number in range(12):
            lines = [line(number * 5 + i, minute(number * 5 + i)) for i in range(5)]
            name = key(number) if number % 2 else f"{number}.log"
            source.put(name, log(lines), minute(number * 5))
        source.find = lambda span, find=source.find: find(None)  # any object may hold any time
        with Store.open(tmp_path / str(round_)) as store:
            for _ in range(4):
                low = chance.randrange(0, 55)
                high = chance.randrange(low + 1, 61)
                wanted |= set(range(low, high))
                sync(store, source, span=minutes(low, high))
                assert numbers(store) == Counter(wanted)
            sync(store, source)
            assert numbers(store) == Counter(range(60))


def test_sets_of_time_are_those_of_their_members() -> None:
    chance = random.Random(7)

    def some() -> tuple[tuple[int, int], ...]:
        starts = [chance.randrange(0, 30) for _ in range(chance.randrange(0, 4))]
        return union(*(((at, at + chance.randrange(1, 9)),) for at in starts))

    def members(spans: tuple[tuple[int, int], ...]) -> set[int]:
        return {n for low, high in spans for n in range(low, min(high, 50))}

    for _ in range(500):
        a, b = some(), some()
        assert members(union(a, b)) == members(a) | members(b)
        assert members(minus(a, b)) == members(a) - members(b)
        assert members(common(a, b)) == members(a) & members(b)
        assert minus(a, EVER) == ()
