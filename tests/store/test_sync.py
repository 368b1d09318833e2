"""What a sync loads, counts, tries again, replaces and drops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.doubles import START, Memory, key, line, log, numbers
from vpcflow_core.errors import AccessError, CredentialsError, EmptyError, LockedError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.lock import writer_lock
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, forget, sync
from vpcflow_core.times import Window

HEADERLESS = "a {second} 10.0.0.1 x"
UNKNOWN = LogFormat.parse("what start srcaddr else")


@pytest.fixture
def source() -> Memory:
    """Five objects of ten records each, and one NODATA record in the first."""
    made = Memory()
    for number in range(5):
        at = START + timedelta(minutes=5 * number)
        lines = [line(number * 10 + i, at) for i in range(10)]
        made.put(key(number), log([*lines, line(0, at, "NODATA")] if number == 0 else lines), at)
    return made


def test_every_record_is_loaded_and_counted(store: Store, source: Memory) -> None:
    result = sync(store, source)
    assert (result.objects, result.records, result.nodata, result.skipped) == (5, 51, 1, 0)
    assert result.bytes == sum(map(len, source.data.values()))
    assert numbers(store) == dict.fromkeys(range(50), 1)


def test_a_second_sync_reads_nothing_again(store: Store, source: Memory) -> None:
    sync(store, source)
    generation = store.generation()
    result = sync(store, source)
    assert (result.objects, result.records, result.skipped) == (0, 0, 5)
    assert source.reads.total() == 5
    assert store.generation() > generation  # last_sync is news, too
    assert len(numbers(store)) == 50


def test_late_objects_are_found_by_listing_the_last_two_days_again(store: Store) -> None:
    source = Memory("s3://bucket/")
    for number in (0, 900, 1000):
        source.put(key(number), log([line(number, START)]), START + timedelta(minutes=5 * number))
    sync(store, source)
    source.put(key(950), log([line(950, START)]), START + timedelta(minutes=5 * 950))
    sync(store, source)
    newest = START + timedelta(minutes=5000)
    assert source.spans[0] is None
    assert source.spans[1] is not None
    assert source.spans[1].start == newest - timedelta(hours=48)
    assert sorted(numbers(store)) == [0, 900, 950, 1000]


def test_a_longer_span_than_before_is_listed_whole(store: Store) -> None:
    source = Memory("s3://bucket/")
    for number in (0, 1000, 2000):
        at = START + timedelta(minutes=5 * number)
        source.put(key(number), log([line(number, at)]), at)
    end = START + timedelta(days=30)
    sync(store, source, span=Window(START + timedelta(days=2), end))
    assert sorted(numbers(store)) == [1000, 2000]
    sync(store, source, span=Window(START, end))
    assert sorted(numbers(store)) == [0, 1000, 2000]
    sync(store, source, span=Window(START, end))
    assert source.spans[-1] == Window(START + timedelta(minutes=10000) - timedelta(hours=48), end)


def test_a_cancelled_sync_is_not_taken_for_a_whole_one(store: Store) -> None:
    source = Memory("s3://bucket/")
    for number in range(3):
        source.put(key(number), log([line(number, START)]), START + timedelta(minutes=5 * number))
    result = sync(store, source, cancelled=lambda: True)
    assert not result.complete
    sync(store, source)
    assert source.spans[-1] is None
    assert numbers(store) == dict.fromkeys(range(3), 1)


def test_an_object_cut_short_is_loaded_so_far_and_completed_later(
    store: Store, source: Memory
) -> None:
    whole = log([line(1000 + i, START) for i in range(20000)])
    source.put(key(9), whole[: len(whole) // 2])
    result = sync(store, source)
    assert result.failed == 1
    some = len(numbers(store)) - 50
    assert 0 < some < 20000
    assert store.sources()[0].broken == 1
    assert store.reports()[0].state == "broken"

    source.put(key(9), whole)
    assert sync(store, source).failed == 0
    assert numbers(store) == dict.fromkeys([*range(50), *range(1000, 21000)], 1)
    assert store.sources()[0].broken == 0
    assert store.sources()[0].records == 20051
    assert store.reports() == []


def test_a_local_file_that_grew_replaces_its_earlier_records(store: Store, source: Memory) -> None:
    source.put("a.log", log([line(100, START)]))
    source.put("b.log", log([line(200, START)]))
    sync(store, source)
    source.put("a.log", log([line(100, START), line(101, START)]))
    result = sync(store, source)
    assert (result.objects, result.records, result.skipped) == (1, 2, 6)
    assert numbers(store) == dict.fromkeys([*range(50), 100, 101, 200], 1)


def test_a_copy_of_an_aws_object_with_a_new_etag_is_not_loaded_twice(
    store: Store, source: Memory
) -> None:
    sync(store, source)
    source.put(key(0), log([line(7, START)]), START)
    assert sync(store, source).objects == 0


def test_an_object_of_unknown_format_waits_for_one(store: Store, source: Memory) -> None:
    second = int(START.timestamp())
    source.put("odd.log", f"a {second} 10.0.0.1 x\n".encode())
    result = sync(store, source)
    assert (result.objects, result.failed, result.unread) == (5, 1, 1)
    assert "odd.log" in result.failures[0].uri
    assert sync(store, source).unread == 1
    assert source.reads["odd.log"] == 1
    result = sync(store, source, given=UNKNOWN)
    assert (result.objects, result.records, result.unread) == (1, 1, 0)
    assert "what" in store.columns("flows")


def test_one_refused_object_does_not_stop_the_others(store: Store, source: Memory) -> None:
    source.refused[key(2)] = AccessError("no")
    result = sync(store, source)
    assert (result.objects, result.failed) == (4, 1)
    assert result.failures[0].problem == "no"
    assert store.reports()[0].problem == "no"
    source.refused.clear()
    assert sync(store, source).objects == 1
    assert numbers(store) == dict.fromkeys(range(50), 1)


def test_what_a_broken_object_gave_stays_when_it_cannot_be_read_again(
    store: Store, source: Memory
) -> None:
    whole = log([line(1000 + i, START) for i in range(5000)])
    source.put(key(9), whole[: len(whole) // 2])
    sync(store, source)
    before = numbers(store)
    source.refused[key(9)] = AccessError("no")
    assert sync(store, source).failed == 1
    assert numbers(store) == before


def test_expired_credentials_stop_the_sync_and_are_remembered(store: Store, source: Memory) -> None:
    sync(store, source)
    source.put(key(5), log([line(50, START)]))
    source.refused[key(5)] = CredentialsError("expired")
    with pytest.raises(CredentialsError):
        sync(store, source)
    assert store.sources()[0].error == "expired"
    source.refused.clear()
    sync(store, source)
    assert store.sources()[0].error == ""


class Empty(Memory):
    def find(self, span):
        raise EmptyError("nothing there")


def test_an_empty_source_is_an_error_and_leaves_no_trace(store: Store) -> None:
    with pytest.raises(EmptyError):
        sync(store, Empty())
    assert store.sources() == []


def test_nothing_new_in_a_known_source_is_no_error(store: Store, source: Memory) -> None:
    sync(store, source)
    assert sync(store, Empty(source.url)).objects == 0


def test_days_older_than_keep_are_dropped_and_not_loaded_again(store: Store) -> None:
    source, now = Memory(), datetime.now(UTC)
    for days in (0, 1, 5, 40):
        at = now - timedelta(days=days)
        source.put(f"x{days}.log", log([line(days, at)]), at)
    sync(store, source)
    result = sync(store, source, keep=timedelta(days=5))
    assert result.dropped == 1
    assert sorted(numbers(store)) == [0, 1, 5]
    assert sync(store, source).objects == 0
    assert store.extent().start.date() == (now - timedelta(days=5)).date()


def test_old_records_in_new_objects_are_not_kept_either(store: Store) -> None:
    source, now = Memory(), datetime.now(UTC)
    source.put("x.log", log([line(1, now), line(2, now - timedelta(days=9))]), now)
    sync(store, source, keep=timedelta(days=3))
    assert list(numbers(store)) == [1]


def test_records_that_are_too_old_are_counted_apart_from_those_in_the_store(store: Store) -> None:
    source, now = Memory(), datetime.now(UTC)
    old = now - timedelta(days=9)
    for number, name in enumerate(("x.log", "y.log", "z.log"), start=1):
        lines = [line(number, now), line(2, old), line(0, old, "NODATA"), line(0, now, "SKIPDATA")]
        source.put(name, log(lines), now)
    result = sync(store, source, keep=timedelta(days=3))
    assert sum(file.rows for file in store.files("records")) == 6
    assert (result.records, result.dropped, result.nodata, result.skipdata) == (6, 6, 0, 3)
    [state] = store.sources()
    assert (state.records, state.dropped, state.nodata, state.skipdata) == (6, 6, 0, 3)
    assert state.first is not None
    assert state.first.date() == now.date()


def test_records_that_grow_too_old_in_the_store_move_to_the_dropped_ones(store: Store) -> None:
    source, now = Memory(), datetime.now(UTC)
    for days in (0, 1, 40):
        at = now - timedelta(days=days)
        source.put(f"x{days}.log", log([line(days, at)]), at)
    assert sync(store, source).records == 3
    assert [(s.records, s.dropped) for s in store.sources()] == [(3, 0)]
    sync(store, source, keep=timedelta(days=5))
    [state] = store.sources()
    assert (state.objects, state.records, state.dropped) == (3, 2, 1)
    assert state.first is not None
    assert state.first.date() == (now - timedelta(days=1)).date()


def test_a_source_whose_records_are_all_too_old_has_no_first_and_no_last(store: Store) -> None:
    source, old = Memory(), datetime.now(UTC) - timedelta(days=9)
    source.put("x.log", log([line(1, old)]))
    source.put("y.log", log([line(2, old)]), datetime.now(UTC))
    result = sync(store, source, keep=timedelta(days=3))
    assert (result.objects, result.records, result.dropped) == (1, 0, 1)
    [state] = store.sources()
    assert (state.records, state.dropped, state.first, state.last) == (0, 1, None, None)


def test_a_second_writer_is_told_who_holds_the_lock(store: Store, source: Memory) -> None:
    import os

    with writer_lock(store.path), pytest.raises(LockedError, match=f"process {os.getpid()} on"):
        sync(store, source)
    sync(store, source)


def test_progress_ends_with_everything_done(store: Store, source: Memory) -> None:
    seen: list[Progress] = []
    sync(store, source, progress=seen.append)
    last = seen[-1]
    assert last.listed
    assert (last.objects, last.total_objects, last.records) == (5, 5, 51)
    assert last.bytes == last.total_bytes > 0
    assert last.seconds_left == 0


def test_an_object_listed_twice_is_loaded_once(store: Store, source: Memory) -> None:
    class Twice(Memory):
        def find(self, span):
            yield from source.find(span)
            yield from source.find(span)

        def read(self, found):
            return source.read(found)

    for limits in (Limits(), Limits(seconds=0)):
        sync(store, Twice(), limits=limits)
        assert numbers(store) == dict.fromkeys(range(50), 1)


def test_an_object_larger_than_memory_allows_goes_to_the_disk_piece_by_piece(
    store: Store, source: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vpcflow_core.store.load.WAITING_BYTES", 1000)
    sync(store, source, limits=Limits(rows=3, bytes=500))
    assert numbers(store) == dict.fromkeys(range(50), 1)
    assert sync(store, source).objects == 0


def test_a_forgotten_source_is_gone_and_may_come_back(store: Store, source: Memory) -> None:
    other = Memory("memory://other/")
    other.put("x.log", log([line(999, START)]))
    sync(store, other)
    sync(store, source)
    assert forget(store, source.url) == 51
    assert list(numbers(store)) == [999]
    assert [state.url for state in store.sources()] == [other.url]
    assert forget(store, source.url) == 0
    sync(store, source)
    assert numbers(store) == dict.fromkeys([*range(50), 999], 1)


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (Progress(), 0.0),
        (Progress(objects=1, total_objects=4), 0.25),
        (Progress(objects=1, total_objects=4, bytes=30, total_bytes=40), 0.75),
        (Progress(objects=4, total_objects=4, bytes=50, total_bytes=40), 1.0),
    ],
)
def test_the_share_is_of_bytes_or_of_objects_whose_size_is_unknown(
    progress: Progress, share: float
) -> None:
    assert progress.share == share


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (Progress(), "Looking for new logs"),
        (Progress(2, 4, records=1000, seconds=2.0), "2 of 4+ objects, 1 K records, 500 a second"),
        (
            Progress(2, 4, 10, 40, 1000, 50.0, listed=True),
            "2 of 4 objects, 1 K records, 20 a second, 2 m 30 s left",
        ),
        (
            Progress(4, 4, 40, 40, 1000, 2.0, listed=True),
            "4 of 4 objects, 1 K records, 500 a second",
        ),
    ],
)
def test_progress_is_one_sentence(progress: Progress, sentence: str) -> None:
    assert progress.sentence == sentence


def test_a_span_asked_for_on_purpose_is_listed_whole(tmp_path: Path) -> None:
    source = Memory("s3://logs/")
    for account in ("123456789012", "210987654321"):
        for number in (0, 300, 900, 2000):
            at = START + timedelta(minutes=5 * number)
            source.put(key(number, account), log([line(number, at)]), at)
    late = {name: source.data.pop(name) for name in list(source.data) if "210987654321" in name}
    span = Window(START, START + timedelta(days=30))
    with Store.open(tmp_path / "s") as store:
        assert sync(store, source).objects == 4
        source.data |= late
        assert sync(store, source, span=span, list_all=True).objects == 4


def test_an_object_that_two_sources_reach_is_loaded_once(tmp_path: Path) -> None:
    inside = tmp_path / "logs" / "2026"
    inside.mkdir(parents=True)
    (inside / "a.log").write_bytes(log([line(1, START), line(2, START)]))
    (inside / "b.log").symlink_to(inside / "a.log")
    (tmp_path / "linked").symlink_to(tmp_path / "logs")
    with Store.open(tmp_path / "s") as store:
        results = [
            sync(store, LocalSource(tmp_path / name))
            for name in ("logs/2026/a.log", "logs/2026", "logs", "linked", "linked/2026/b.log")
        ]
        assert sum(file.rows for file in store.files("flows")) == 2
        assert [r.objects for r in results] == [1, 0, 0, 0, 0]
        assert "in the store already from file://" in results[1].warnings[-1]
        (inside / "a.log").write_bytes(log([line(1, START)]))
        sync(store, LocalSource(inside / "a.log"))
        assert sum(file.rows for file in store.files("flows")) == 1


@pytest.mark.parametrize("damage", ["gone", "short", "zeros"])
def test_a_sync_repairs_files_of_the_store_that_are_damaged(
    store: Store, source: Memory, damage: str
) -> None:
    assert sync(store, source, workers=1).warnings == ()
    (file,) = store.files("flows")
    content = file.path.read_bytes()
    file.path.unlink()
    if damage != "gone":
        file.path.write_bytes(content[:-9] if damage == "short" else bytes(len(content)))
    (warning,) = sync(store, source).warnings
    assert "50 records of missing or damaged files of the store" in warning
