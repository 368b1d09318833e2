"""An object is known by what it is: whatever leads to it, its records are there once, never less."""

from __future__ import annotations

import gzip
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.doubles import START, Memory, key, line, log, numbers, turn_back
from vpcflow_core.errors import AccessError
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import SyncResult, forget, sync
from vpcflow_core.times import Window

FOLDER, _, NAME = key(7).rpartition("/")
HIVE = "AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-central-1/year=2026/month=11"


@pytest.fixture
def copied_logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log.gz").write_bytes(log([line(1, START), line(2, START)]))
    return folder


def synced(store: Store, folder: Path) -> SyncResult:
    """The sync of a folder with one thread, so that its files come in order."""
    return sync(store, LocalSource(folder), workers=1)


@pytest.mark.parametrize("other", ["hard link", "copy"])
def test_a_file_with_the_content_of_another_is_counted_once_and_named(
    store: Store, copied_logs: Path, other: str
) -> None:
    make = os.link if other == "hard link" else shutil.copy
    make(copied_logs / "a.log.gz", copied_logs / "z.gz")
    result = synced(store, copied_logs)
    assert (result.objects, result.records, result.copies) == (1, 2, 1)
    assert "Counted once, as the content is the same: 1 object" in result.warnings[0]
    (report,) = store.reports()
    assert (report.state, report.records) == ("copy", 0)
    first, second = sorted(copied_logs.iterdir(), key=lambda path: report.uri.endswith(path.name))
    assert report.uri == f"file://{second}"
    assert report.notes == (f"Same content as file://{first}, counted once.",)
    assert numbers(store) == {1: 1, 2: 1}
    again = synced(store, copied_logs)
    assert (again.objects, again.skipped, again.copies, again.warnings) == (0, 2, 0, ())
    state = store.sources()[0]
    assert (state.objects, state.broken, state.copies) == (2, 0, 1)


def test_an_object_of_aws_is_the_same_under_every_key(store: Store) -> None:
    source = Memory("s3://bucket/")
    for name in (f"{FOLDER}/{NAME}", f"{FOLDER}/12/{NAME}", f"{HIVE}/{NAME}"):
        source.put(name, log([line(1, START)]))
    source.put(f"unpacked/{NAME.removesuffix('.gz')}", b"not read")
    result = sync(store, source)
    assert (result.objects, result.skipped, result.failed) == (1, 3, 0)
    assert numbers(store) == {1: 1}
    # In another account it is another object, and so is another delivery of the same records.
    source.put(key(7, account="210987654321"), log([line(1, START)]))
    source.put(key(8), log([line(1, START)]))
    assert sync(store, source).objects == 2
    assert numbers(store) == {1: 3}


def test_two_files_of_equal_lines_in_other_order_are_no_copies(
    store: Store, copied_logs: Path
) -> None:
    (copied_logs / "b.log").write_bytes(log([line(2, START), line(1, START)]))
    assert synced(store, copied_logs).objects == 2


def test_another_source_takes_over_what_a_forgotten_one_held(store: Store, tmp_path: Path) -> None:
    inside = tmp_path / "logs" / "2026"
    inside.mkdir(parents=True)
    (inside / "a.log").write_bytes(log([line(1, START)]))
    (tmp_path / "logs" / "copy.log").write_bytes(log([line(1, START)]))
    synced(store, inside)
    assert synced(store, tmp_path / "logs").objects == 0
    forget(store, LocalSource(inside).url)
    assert numbers(store) == {}
    result = synced(store, tmp_path / "logs")
    assert result.objects == 1
    assert numbers(store) == {1: 1}
    assert store.sources()[0].copies == 1


def test_objects_of_a_bucket_that_is_listed_from_its_end_are_taken_over_too(store: Store) -> None:
    whole, part = Memory("s3://bucket/"), Memory("s3://bucket/AWSLogs/")
    for number in range(0, 2000, 500):
        time = START.replace(day=1 + number // 288)
        whole.put(key(number), log([line(number, time)]), time)
        part.put(key(number).removeprefix("AWSLogs/"), log([line(number, time)]), time)
    sync(store, part)
    result = sync(store, whole)
    assert "Found, but in the store already from s3://bucket/AWSLogs/: 4 objects." in (
        result.warnings
    )
    forget(store, part.url)
    assert sync(store, whole).objects == 4
    assert set(numbers(store).values()) == {1}


def test_a_rotated_file_is_no_copy_of_what_took_its_name(store: Store, copied_logs: Path) -> None:
    synced(store, copied_logs)
    (copied_logs / "a.log.gz").rename(copied_logs / "a.log.gz.1")
    (copied_logs / "a.log.gz").write_bytes(log([line(3, START)]))
    synced(store, copied_logs)
    assert numbers(store) == {1: 1, 2: 1, 3: 1}
    assert synced(store, copied_logs).objects == 0


def test_a_copy_of_what_was_rewritten_counts_by_itself(store: Store, copied_logs: Path) -> None:
    synced(store, copied_logs)
    shutil.copy(copied_logs / "a.log.gz", copied_logs / "z.gz")
    synced(store, copied_logs)
    (copied_logs / "a.log.gz").write_bytes(log([line(3, START)]))
    result = synced(store, copied_logs)
    assert (result.objects, result.records) == (2, 3)
    assert numbers(store) == {1: 1, 2: 1, 3: 1}


def test_a_file_that_becomes_a_copy_loses_its_old_records(store: Store, copied_logs: Path) -> None:
    (copied_logs / "b.log.gz").write_bytes(log([line(3, START)]))
    synced(store, copied_logs)
    (copied_logs / "b.log.gz").write_bytes((copied_logs / "a.log.gz").read_bytes())
    assert synced(store, copied_logs).copies == 1
    assert numbers(store) == {1: 1, 2: 1}


def test_a_copy_of_what_could_not_be_read_is_read_itself(store: Store) -> None:
    source = Memory()
    for name in ("a.log", "b.log"):
        source.put(name, log([line(1, START)]))
    source.refused["a.log"] = AccessError("no")
    assert sync(store, source).failed == 1
    assert numbers(store) == {1: 1}
    source.refused.clear()
    assert sync(store, source).copies == 1
    assert numbers(store) == {1: 1}


def cut(data: bytes) -> bytes:
    """The object without its end; some records are in what is left."""
    plain = gzip.decompress(data)
    return gzip.compress(plain, 0, mtime=0)[: len(plain) * 2 // 3]


BROKEN, WHOLE = f"{FOLDER}/{NAME}", f"{HIVE}/{NAME}"
LINES = log([line(number, START) for number in range(30)])


@pytest.mark.parametrize("names", [(BROKEN, WHOLE), (WHOLE, BROKEN)])
@pytest.mark.parametrize("together", [True, False])
def test_a_whole_copy_wins_over_a_broken_object_of_the_same_source(
    store: Store, names: tuple[str, str], together: bool
) -> None:
    source = Memory("s3://bucket/")
    source.put(names[0], cut(LINES))
    if not together:
        assert sync(store, source).failed == 1
        assert 0 < len(numbers(store)) < 30
    source.put(names[1], LINES)
    sync(store, source)
    assert numbers(store) == dict.fromkeys(range(30), 1)
    state = store.sources()[0]
    assert (state.objects, state.broken, state.copies) == (2, 0, 1)
    reads = source.reads.copy()
    assert sync(store, source).objects == 0
    assert source.reads == reads


def test_a_whole_copy_wins_over_a_broken_object_of_another_source(store: Store) -> None:
    broken, whole = Memory("s3://a/"), Memory("s3://b/")
    broken.put(BROKEN, cut(LINES))
    broken.put(key(8), log([line(100, START)]))
    whole.put(BROKEN, LINES)
    sync(store, broken)
    sync(store, whole)
    assert numbers(store) == dict.fromkeys([*range(30), 100], 1)
    assert [state.broken for state in store.sources()] == [0, 0]
    for source in (broken, whole, broken):
        assert sync(store, source).objects == 0
    assert numbers(store) == dict.fromkeys([*range(30), 100], 1)
    forget(store, whole.url)
    sync(store, broken)  # what is left is read again
    assert 0 < len(numbers(store)) < 31


@pytest.mark.parametrize("other", [cut(LINES)[:-30], cut(LINES), log([line(1, START)]), b""])
def test_a_copy_that_is_no_better_than_a_broken_object_is_read_once_and_not_counted(
    store: Store, other: bytes
) -> None:
    source, second = Memory("s3://a/"), Memory("s3://b/")
    source.put(BROKEN, cut(LINES))
    second.put(BROKEN, other)
    sync(store, source)
    before = numbers(store)
    assert set(before.values()) == {1}
    for _ in range(2):
        sync(store, second)
        assert numbers(store) == before
    assert second.reads[BROKEN] == 1


def test_a_whole_copy_that_is_read_for_a_span_keeps_what_was_there(store: Store) -> None:
    source, second = Memory("s3://a/"), Memory("s3://b/")
    hours = [START + timedelta(minutes=number) for number in range(30)]
    lines = log([line(number, at) for number, at in enumerate(hours)])
    source.put(BROKEN, cut(lines))
    second.put(BROKEN, lines)
    sync(store, source)
    before = set(numbers(store))
    sync(store, second, span=Window(START, START + timedelta(minutes=2)))
    assert before <= set(numbers(store))
    sync(store, second)
    assert numbers(store) == dict.fromkeys(range(30), 1)


def test_a_copy_that_was_no_better_and_becomes_whole_wins(store: Store) -> None:
    source, second = Memory("s3://a/"), Memory("s3://b/")
    source.put(BROKEN, cut(LINES))
    second.put(BROKEN, cut(LINES)[:-30])
    sync(store, source)
    sync(store, second)
    second.put(BROKEN, LINES)
    sync(store, second)
    assert numbers(store) == dict.fromkeys(range(30), 1)


@pytest.mark.parametrize("version", [1, 5, 7])
def test_a_store_of_an_earlier_version_knows_its_files_without_their_links(
    store: Store, copied_logs: Path, version: int
) -> None:
    link = copied_logs.parent / "linked"
    link.symlink_to(copied_logs)
    synced(store, link)
    store.close()
    turn_back(store.path, version)
    with Store.open(store.path) as old:
        assert synced(old, link).objects == 0
        assert synced(old, copied_logs).objects == 0
        assert numbers(old) == {1: 1, 2: 1}
        (copied_logs / "a.log.gz").write_bytes(log([line(1, START)]))
        synced(old, link)
        assert numbers(old) == {1: 1}
