"""What readers see of a store."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.doubles import START, Memory, key, line, log, numbers, records
from vpcflow_core.alerts import outbox, reports
from vpcflow_core.changes import kept as kept_changes
from vpcflow_core.errors import ParameterError, StoreError
from vpcflow_core.store import domains
from vpcflow_core.store.batch import Limits
from vpcflow_core.store.ledger import LEDGER_NAME
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.store.writer import writing
from vpcflow_core.times import Window
from vpcflow_core.workspace import audit, notes, reviews, source_list, views

HOUR = timedelta(hours=1)


def filled(
    path: Path, url: str = "memory://", count: int = 4, account: str = "123456789012"
) -> Store:
    source = Memory(url)
    for number in range(count):
        at = START + timedelta(days=number, hours=2)
        source.put(key(number, account), log([line(number, at), line(0, at, "SKIPDATA")]), at)
    store = Store.open(path)
    sync(store, source)
    return store


def test_an_empty_store_has_nothing_and_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        assert store.files("flows") == []
        assert store.extent() is None
        assert store.columns("records") == ()
        assert store.sources() == []
        assert store.reports() == []
        assert store.generation() == 0


def test_only_files_that_touch_the_window_are_given(tmp_path: Path) -> None:
    with filled(tmp_path / "s") as store:
        day = START + timedelta(days=1)
        inside = store.files("flows", Window(day, day + timedelta(days=1)))
        assert [file.day for file in inside] == [day.date()]
        assert inside[0].rows == 1
        assert inside[0].size == inside[0].path.stat().st_size
        at = inside[0].first
        assert store.files("flows", Window(at - HOUR, at)) == []  # the end is not included
        assert len(store.files("flows", Window(at, at + HOUR))) == 1


def test_quiet_records_are_in_records_and_not_in_flows(tmp_path: Path) -> None:
    with filled(tmp_path / "s") as store:
        assert sum(file.rows for file in store.files("flows")) == 4
        assert sum(file.rows for file in store.files("records")) == 8
        assert store.files("transit_records") == []


def test_files_come_by_the_start_of_their_records(tmp_path: Path) -> None:
    with filled(tmp_path / "s") as store:
        starts = [file.first for file in store.files("records")]
        assert starts == sorted(starts)


def test_sources_are_kept_apart(tmp_path: Path) -> None:
    filled(tmp_path / "s", "memory://a/", 1).close()
    with filled(tmp_path / "s", "memory://b/", 3, "210987654321") as store:
        assert [(s.url, s.objects, s.records, s.skipdata) for s in store.sources()] == [
            ("memory://a/", 1, 2, 1),
            ("memory://b/", 3, 6, 3),
        ]
        assert {file.source for file in store.files("flows", sources=["memory://a/"])} == {
            "memory://a/"
        }
        assert store.extent(sources=["memory://nowhere/"]) is None


def test_the_extent_holds_the_last_record(tmp_path: Path) -> None:
    with filled(tmp_path / "s") as store:
        extent = store.extent()
        assert extent is not None
        assert extent.start == START + 2 * HOUR
        assert extent.end == START + timedelta(days=3, hours=2, milliseconds=1)


def test_columns_are_in_the_field_tables_order_whatever_the_logs_order(tmp_path: Path) -> None:
    source = Memory()
    second = int(START.timestamp())
    source.put("a.log", log([f"OK {second} 10.0.0.1 z"], "log-status start srcaddr my-own"))
    source.put("b.log", log([f"{second} 443 OK"], "start dstport log-status"))
    with Store.open(tmp_path / "s") as store:
        sync(store, source)
        expected = ("srcaddr", "dstport", "start_time", "log_status", "my_own")
        assert store.columns("flows") == expected
        assert {file.columns for file in store.files("flows")} == {
            ("srcaddr", "start_time", "log_status", "my_own"),
            ("dstport", "start_time", "log_status"),
        }


def test_an_unknown_relation_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store, pytest.raises(ParameterError, match="flow"):
        store.files("flow")


def test_a_missing_store_is_not_made_unless_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path / "s", create=False)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("name", [
    audit.NAME, notes.NAME, reviews.FILE, source_list.ADDED, views.NAME, outbox.FILE,
    outbox.ENGINES, reports.WAITING, kept_changes.NAME, domains.FILE_NAME,
])  # fmt: skip
def test_what_is_kept_beside_the_records_may_be_there_before_them(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / f"{name}.lock").touch()
    with Store.open(tmp_path) as store:
        assert store.sources() == []


@pytest.mark.parametrize("create", [True, False])
def test_a_folder_of_other_things_is_refused(tmp_path: Path, create: bool) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(StoreError, match="not a store"):
        Store.open(tmp_path, create=create)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "s").close()
    connection = sqlite3.connect(tmp_path / "s" / LEDGER_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        Store.open(tmp_path / "s")


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 50])
def test_a_damaged_ledger_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LEDGER_NAME).write_bytes(content)
    with pytest.raises(StoreError, match="cannot be used") as caught:
        Store.open(tmp_path)
    assert "from a backup" in caught.value.next_step


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / LEDGER_NAME)
    connection.execute("CREATE TABLE a (b)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(StoreError, match="not a ledger"):
        Store.open(tmp_path)


def test_many_may_make_and_open_one_store_at_once(tmp_path: Path) -> None:
    problems: list[Exception] = []

    def work() -> None:
        try:
            with Store.open(tmp_path / "s") as store:
                store.generation()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


@pytest.mark.slow
def test_readers_see_whole_commits_only(tmp_path: Path) -> None:
    """Each object has ten records of two days; no reader ever sees a part of one."""
    source = Memory()
    for number in range(60):
        lines = [line(number, START + timedelta(days=i % 2, minutes=number)) for i in range(10)]
        source.put(key(number), log(lines), START + timedelta(minutes=number))
    done = threading.Event()
    wrong: list[object] = []
    looks = 0

    def read() -> None:
        nonlocal looks
        with Store.open(tmp_path / "s") as reader:
            while not done.is_set():
                looks += 1
                wrong.extend(item for item in numbers(reader).items() if item[1] != 10)

    with Store.open(tmp_path / "s") as store:
        thread = threading.Thread(target=read)
        thread.start()
        sync(store, source, limits=Limits(seconds=0))
        done.set()
        thread.join()
        assert wrong == []
        assert looks > 0
        assert set(numbers(store).values()) == {10}


def test_replaced_files_stay_readable_until_the_grace_is_over(tmp_path: Path) -> None:
    source = Memory()
    source.put("a.log", log([line(1, START)]))
    with Store.open(tmp_path / "s") as store:
        sync(store, source)
        old = store.files("flows")[0].path
        source.put("a.log", log([line(1, START), line(2, START)]))
        sync(store, source)
        assert old not in {file.path for file in store.files("flows")}
        assert old.exists()
        sync(store, source)
        assert old.exists()
        with writing(store) as writer:
            from datetime import UTC, datetime

            writer.sweep(datetime.now(UTC) + timedelta(minutes=11))
        assert not old.exists()
        assert len(records(store)) == 2


def test_files_that_never_counted_are_swept(tmp_path: Path) -> None:
    with filled(tmp_path / "s") as store:
        lost = store.files("flows")[0].path.with_name("lost.writing")
        lost.touch()
        with writing(store):
            assert not lost.exists()
        assert len(records(store)) == 8


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=10)])
def test_the_extent_up_to_a_time_leaves_out_later_records(tmp_path: Path, ahead: timedelta) -> None:
    last = START + timedelta(hours=2)
    source = Memory()
    source.put("a.log", log([line(1, START), line(2, last), line(3, last + ahead)]))
    with Store.open(tmp_path / "s") as store:
        sync(store, source)
        until = last + timedelta(hours=1)
        extent = store.extent("records", until=until)
        assert extent == Window(START, last + timedelta(milliseconds=1))
        assert store.extent("records").end == last + ahead + timedelta(milliseconds=1)
        assert store.extent("records", until=START) is None
