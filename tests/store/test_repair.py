"""What missing and damaged files of the store held is read again, exactly once."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboards.ui.report_tables import damage_sentences
from tests.store.doubles import START, Memory, key, line, log, numbers, records
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import AccessError, StoreError
from vpcflow_core.sources.local import LocalSource
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.compact import compact
from vpcflow_core.store.damage import Damage, sentences
from vpcflow_core.store.difference import Difference
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Limits, sync
from vpcflow_core.store.writer import writing

DAY = date(2026, 11, 1)


@pytest.fixture
def damaged_source() -> Memory:
    """Objects around midnight, some across it, and two files that AWS did not name."""
    damaged_source = Memory()
    for number in range(6):
        at = START + timedelta(hours=21, minutes=50 * number)
        lines = [line(100 * number + n, at + timedelta(minutes=n)) for n in range(40)]
        damaged_source.put(key(number), log([*lines, line(0, at, "NODATA")]), at)
    for number in (7, 8):
        at = START + timedelta(hours=3 * number)
        damaged_source.put(
            f"mine-{number}.log", log([line(1000 * number + n, at) for n in range(9)]), at
        )
    return damaged_source


def overwrite(file: Path, content: bytes) -> None:
    file.unlink()
    file.write_bytes(content)


def flip(file: Path, where: float, count: int = 8) -> None:
    content = bytearray(file.read_bytes())
    at = int(len(content) * where)
    for place in range(at, at + count):
        content[place] ^= 0x55
    overwrite(file, bytes(content))


def another(file: Path) -> None:
    table = pa.table({"start_time": pa.array([1], pa.timestamp("ms"))})
    pq.write_table(table, file)


def flip_footer(file: Path) -> None:
    content = file.read_bytes()
    overwrite(file, content[:-60] + bytes(40) + content[-20:])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "folder gone": lambda file: shutil.rmtree(file.parent, ignore_errors=True),
    "empty": lambda file: overwrite(file, b""),
    "short": lambda file: overwrite(file, file.read_bytes()[:-9]),
    "flipped": lambda file: flip(file, 0.3),
    "footer flipped": flip_footer,
    "another file": another,
}


def break_all(store: Store, damage: str, choose: Callable[[StoreFile], bool]) -> int:
    """Damage some files; gives the records in them."""
    files = [file for file in store.files("records") if choose(file)]
    assert files
    for file in files:
        if file.path.exists():
            DAMAGES[damage](file.path)
    return sum(file.rows for file in files)


@pytest.mark.parametrize(
    ("damage", "merged"),
    [
        ("gone", False),
        ("folder gone", True),
        ("empty", False),
        ("short", True),
        ("flipped", False),
        ("flipped", True),
        ("footer flipped", False),
        ("another file", True),
    ],
)
def test_what_a_damaged_file_held_is_read_again_once(
    store: Store, damaged_source: Memory, damage: str, merged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if merged:
        monkeypatch.setattr("vpcflow_core.store.compact.SMALL_FILES", 1)
    sync(store, damaged_source, limits=Limits(objects=1))
    whole, states = records(store), store.sources()
    broken = break_all(store, damage, lambda file: file.day == DAY)
    done = sync(store, damaged_source)
    assert (done.repaired, done.lost, done.damaged) == (broken, 0, 0)
    assert f"{broken:,} records of missing or damaged files of the store" in " ".join(done.warnings)
    assert records(store) == whole
    assert [(s.objects, s.records) for s in store.sources()] == [
        (s.objects, s.records) for s in states
    ]
    again = sync(store, damaged_source)
    assert (again.repaired, again.warnings) == (0, ())
    assert records(store) == whole


def test_until_then_pages_and_questions_say_what_is_missing(
    tmp_path: Path, damaged_source: Memory
) -> None:
    with Store.open(tmp_path / "s") as store:
        sync(store, damaged_source)
        broken = break_all(store, "another file", lambda file: file.day == DAY)
    with FlowLogs.open(tmp_path / "s") as logs:
        assert logs.damage() == [Damage("memory://", DAY, broken, False)]
        (sentence,) = [note for note in logs.notes if "damaged" in note]
        assert sentence.startswith(f"{broken:,} records of 01 Nov 2026 cannot be read")
        assert "Sync memory:// again" in sentence
        with pytest.raises(StoreError, match="01 Nov 2026 cannot be read") as caught:
            logs.top("srcaddr")
        assert "vpcflow sync" in caught.value.next_step
        other = logs.between("2026-11-02T00:00Z", "2026-11-03T00:00Z")
        assert int(other.top("srcaddr", by="flows")["flows"].sum()) > 0


@pytest.mark.parametrize("gone", ["all", "one"])
def test_what_the_source_has_no_more_is_counted_and_all_else_kept(
    store: Store, damaged_source: Memory, gone: str
) -> None:
    sync(store, damaged_source, workers=1, limits=Limits(objects=2))
    whole, before = records(store), dict(damaged_source.data)
    first = next(file for file in store.files("flows") if file.rows > 9)
    broken = break_all(store, "gone", lambda file: file.path == first.path)
    for name in [key(0)] if gone == "one" else list(damaged_source.data):
        if name != "mine-8.log":  # a listing without any object is an error of its own
            del damaged_source.data[name]
    done = sync(store, damaged_source)
    assert done.repaired + done.lost == broken
    assert done.lost == (broken if gone == "all" else 40)
    assert records(store) <= whole
    assert records(store).total() == whole.total() - done.lost
    assert store.damage() == [Damage("memory://", DAY, done.lost, True)]
    assert "does not have any more" in done.warnings[-1]
    damaged_source.data = before
    assert sync(store, damaged_source).repaired == done.lost
    assert records(store) == whole
    assert store.damage() == []


def test_blocks_that_are_left_out_hide_no_object_that_is_gone(
    store: Store, damaged_source: Memory
) -> None:
    inside = ("10.0.0.96/27", "10.0.0.192/26", "10.1.0.0/16")  # senders of the second and third
    sync(store, damaged_source, workers=1, limits=Limits(objects=2), exclude_internal=inside)
    whole = records(store)
    first, second = [file for file in store.files("flows") if file.rows > 9][:2]
    second.path.unlink()
    del damaged_source.data[key(0)]  # which only the first file has
    done = sync(store, damaged_source, exclude_internal=inside)
    assert (done.repaired, done.lost) == (second.rows, 0)
    assert records(store) == whole
    assert first.path.exists()


def test_a_tracked_object_that_is_gone_loses_what_the_file_held(
    store: Store, damaged_source: Memory
) -> None:
    sync(store, damaged_source, limits=Limits(objects=1))
    whole, before = numbers(store), dict(damaged_source.data)
    names = {"mine-7.log"}
    break_all(store, "empty", lambda file: file.rows == 9 and file.first.hour == 21)
    del damaged_source.data["mine-7.log"]
    done = sync(store, damaged_source)
    assert (done.repaired, done.lost) == (0, 9)
    assert numbers(store).total() == whole.total() - 9
    damaged_source.data |= {name: before[name] for name in names}
    assert sync(store, damaged_source).repaired == 9
    assert numbers(store) == whole
    assert store.damage() == []


def test_an_object_that_is_refused_leaves_the_damaged_file_for_the_next_sync(
    store: Store, damaged_source: Memory
) -> None:
    sync(store, damaged_source)
    whole = records(store)
    broken = break_all(store, "short", lambda file: file.day == DAY)
    damaged_source.refused = {name: AccessError("refused") for name in damaged_source.data}
    done = sync(store, damaged_source)
    assert (done.repaired, done.lost, done.damaged) == (0, 0, broken)
    assert "could not be read again" in " ".join(done.warnings)
    damaged_source.refused = {}
    assert sync(store, damaged_source).repaired == broken
    assert records(store) == whole


def test_damage_found_while_merging_stops_nothing_and_is_repaired_next(
    store: Store, damaged_source: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        at = START + timedelta(minutes=number)
        damaged_source.put(key(40 + number), log([line(5000 + number, at)]), at)
    monkeypatch.setattr("vpcflow_core.store.repair.CHECKED_BYTES", 0)
    monkeypatch.setattr("vpcflow_core.store.compact.SMALL_FILES", 99)
    sync(store, damaged_source, limits=Limits(objects=1))
    whole = records(store)
    flip(store.files("flows")[3].path, 0.3)
    monkeypatch.setattr("vpcflow_core.store.compact.SMALL_FILES", 8)
    with writing(store) as writer:
        assert compact(writer) >= 18
    assert [one.is_lost for one in store.damage()] == [False]
    assert sync(store, damaged_source).repaired > 0
    assert records(store) == whole


def test_records_are_left_out_as_often_as_others_have_them(tmp_path: Path) -> None:
    rng = random.Random(4)
    rows = [rng.choice([1, 2, 3, None]) for _ in range(200)]
    for name, some in (("a", rows), ("b", rows[:120])):
        table = pa.table({"n": pa.array(some, pa.int64()), "s": ["x"] * len(some)})
        pq.write_table(table, tmp_path / name, row_group_size=37)
    found = [v for t in Difference([tmp_path / "b"]).of(tmp_path / "a") for v in t["n"].to_pylist()]
    assert Counter(found) == Counter(rows) - Counter(rows[:120])


@pytest.mark.parametrize("ledger", ["missing", "empty"])
def test_a_store_without_its_ledger_keeps_its_files_and_says_what_to_do(
    tmp_path: Path, damaged_source: Memory, ledger: str
) -> None:
    with Store.open(tmp_path / "s") as store:
        sync(store, damaged_source)
        whole = records(store)
    for path in (tmp_path / "s").glob("ledger.sqlite*"):
        path.unlink()
    if ledger == "empty":
        (tmp_path / "s" / "ledger.sqlite").touch()
    with pytest.raises(StoreError, match=r"is (empty|missing)") as caught:
        Store.open(tmp_path / "s")
    assert "from a backup" in caught.value.next_step
    for path in (tmp_path / "s").glob("ledger.sqlite*"):
        path.unlink()
    shutil.rmtree(tmp_path / "s" / "files")
    with Store.open(tmp_path / "s") as store:
        sync(store, damaged_source)
        assert records(store) == whole


def test_a_deleted_file_is_counted_as_lost_and_the_others_are_read_again(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in ("a.log", "b.log"):
        at = START + timedelta(hours=len(name))
        (folder / name).write_bytes(log([line(ord(name[0]) * 100 + n, at) for n in range(30)]))
    sync(store, LocalSource(folder), workers=1)
    whole = numbers(store)
    (file,) = store.files("flows")
    file.path.unlink()
    (folder / "a.log").unlink()
    done = sync(store, LocalSource(folder))
    assert (done.repaired, done.lost, done.damaged) == (30, 30, 0)
    assert numbers(store) == Counter({n: c for n, c in whole.items() if n >= ord("b") * 100})
    with FlowLogs.open(store.path) as logs:
        assert logs.top("srcaddr", by="flows", n=99)["flows"].sum() == 30


def test_damage_is_named_by_source_and_kind_and_without_folders_to_visitors() -> None:
    found = [
        Damage("file:///srv/logs", DAY, 5, False),
        Damage("file:///srv/logs", date(2026, 11, 3), 7, False),
        Damage("s3://logs", DAY, 1000, True),
    ]
    waiting, lost = sentences(found)
    assert waiting.startswith("12 records of 01 Nov 2026 to 03 Nov 2026 cannot be read")
    assert "Sync file:///srv/logs again" in waiting
    assert lost.startswith("Lost with damaged files of the store: 1,000 records of 01 Nov 2026")
    assert "Sync a folder of the server again" in damage_sentences(found, with_paths=False)[0]
