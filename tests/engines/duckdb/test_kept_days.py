"""Days that are over are asked once, whoever asks later; the answer is the same as in one go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb import networks
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import answers
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.relations import Relations
from vpcflow_core.engines.interfaces.snapshot_facts import SnapshotFacts
from vpcflow_core.query.question import Query
from vpcflow_core.scope import Part, Scope
from vpcflow_core.store import kept
from vpcflow_core.store.store import Store
from vpcflow_core.store.writer import writing
from vpcflow_core.times import Window

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Whatever time questions there are: counts, sums where they start and spread, distinct values,
# quantiles, the first moment; by a field, filtered, of all records.
QUESTIONS = (
    Query(("flows",), every=MINUTE),
    Query(("bytes", "packets", "flows"), every=MINUTE, place="spread"),
    Query(("bytes",), every=timedelta(minutes=15), by=("direction",), place="spread"),
    Query(("packets",), every=HOUR, by=("action", "protocol")),
    Query(("sources", "ports", "first", "packets_median"), every=HOUR),
    Query(("rejected",), every=timedelta(minutes=30), where=(("dstport", "22,3389"),)),
    Query(("records", "flows"), every=HOUR, records=True),
    Query(("flows",), every=HOUR, by=("dstport",), top=3),
    Query(("bytes", "packets"), every=HOUR, by=("interface_id",), top=4, place="spread"),
    Query(("flows",), every=HOUR, by=("srcaddr", "dstport"), top=5, order="bytes"),
    Query(("flows",), every=HOUR, by=("instance_id",), top=9, nulls=("instance_id",)),
    Query(("sources",), every=HOUR, by=("dstport",), top=2),
    Query(("duration",), every=timedelta(hours=24)),
)


@pytest.fixture(scope="module")
def copied_store(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("days") / "store"
    shutil.copytree(sample_store, folder)
    with Store.open(folder) as opened:
        yield opened


def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few records are enough."""
    for name in ("MANY_RECORDS", "ENOUGH_FOR_A_FILE"):
        monkeypatch.setattr(answers, name, 0)


def many_days(copied_store: Store) -> FlowLogs:
    """Days, and parts of the first and the last one."""
    extent = copied_store.extent()
    assert extent is not None
    return FlowLogs(copied_store).between(extent.end - timedelta(days=5, minutes=77), extent.end)


@pytest.mark.slow
@pytest.mark.parametrize("query", QUESTIONS, ids=lambda query: f"{query.measures} {query.by}")
def test_asked_by_days_it_is_the_answer_in_one_go(
    copied_store: Store, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = many_days(copied_store).ask(query)
    keep_all(monkeypatch)
    first, again = (many_days(copied_store).ask(query) for _ in range(2))
    for found in (first, again):
        pd.testing.assert_frame_equal(found.frame, alone.frame)
        assert found.sql == alone.sql


@pytest.mark.slow
def test_another_process_does_not_ask_about_days_that_are_over(
    copied_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_all(monkeypatch)
    query = Query(("flows", "bytes"), every=timedelta(minutes=10))
    asked: list[Window] = []
    make = Relations.make

    def noted(relations: Relations, *args: Any) -> None:
        assert relations.window
        asked.append(relations.window)
        make(relations, *args)

    monkeypatch.setattr(Relations, "make", noted)
    first = many_days(copied_store).ask(query).frame
    assert len(asked) == 6
    pd.testing.assert_frame_equal(many_days(copied_store).ask(query).frame, first)
    assert len(asked) == 7  # the day that goes on
    for path in kept.folder_of(copied_store.path).iterdir():
        path.write_bytes(b"damaged")
    pd.testing.assert_frame_equal(many_days(copied_store).ask(query).frame, first)
    assert len(asked) == 13


def test_what_is_forgotten_of_the_records_is_forgotten_of_the_answers(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_all(monkeypatch)
    shutil.copytree(sample_store, tmp_path / "s")
    with Store.open(tmp_path / "s") as copied_store:
        flows = many_days(copied_store)
        flows.ask(Query(("flows",), every=HOUR))
        folder = kept.folder_of(copied_store.path)
        ends = days_in(folder)
        assert len(ends) == 5
        day = flows.window.start.date() + timedelta(days=3)
        with writing(copied_store) as writer:
            writer.forget_before(day)
            assert days_in(folder) == ends[3:]
            for source in copied_store.sources():
                writer.forget_source(writer.source_id(source.url))
        assert not folder.exists()


@pytest.mark.slow
def test_hours_of_which_all_records_have_come_are_kept_and_no_others(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ENOUGH_FOR_A_FILE", 0)
    shutil.copytree(sample_store, tmp_path / "s")
    query = Query(("flows",), by=("dstport",))
    with Store.open(tmp_path / "s") as store:
        folder = kept.folder_of(store.path)
        shutil.rmtree(folder, ignore_errors=True)
        settled = store.coverage().settled_until
        assert settled is not None
        end = settled.replace(minute=0, second=0, microsecond=0)
        for since, until, count in (
            (5 * HOUR, HOUR, 0),  # after what is settled
            (5 * HOUR, -30 * MINUTE, 0),  # half of an hour
            (5 * HOUR, timedelta(0), 1),
            (5 * HOUR, timedelta(0), 1),
            (30 * HOUR, -7 * HOUR, 2),
        ):
            FlowLogs(store).between(end - since, end + until).ask(query)
            assert len(days_in(folder)) == count


def days_in(folder: Path) -> list[str]:
    return sorted(path.name[:10] for path in folder.glob("20*"))


def test_which_columns_snapshots_fill_is_read_once_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [networks.flow("eni-a", "10.0.0.4", "10.0.20.4")]
    store = networks.stored(tmp_path / "s", (networks.V2, records)).catalogue
    assert isinstance(store, Store)
    assert {"vpc_id", "src_name"}.isdisjoint(DuckDBEngine(store).columns())
    store.remember(networks.snapshot())
    known = DuckDBEngine(store).columns()
    assert {"vpc_id", "security_group_ids", "dst_subnet"} <= set(known)
    hidden = store.within(Scope.of([Part(accounts=("999999999999",))]))
    assert "vpc_id" not in DuckDBEngine(hidden).columns()
    monkeypatch.setattr(SnapshotFacts, "rows", property(lambda _: pytest.fail("read again")))
    assert DuckDBEngine(store).columns() == known


def test_a_ledger_that_begins_anew_knows_other_columns(tmp_path: Path) -> None:
    records = [networks.flow("eni-a", "10.0.0.4", "10.0.20.4")]
    later = networks.snapshot(networks.NOON + HOUR)
    nameless = networks.snapshot(eni_a={"security_group_ids": []}, eni_b=None, eni_d=None)
    known = []
    for shot in (nameless, later):
        store = networks.stored(tmp_path / "s", (networks.V2, records), shots=[shot]).catalogue
        assert isinstance(store, Store)
        known.append("security_group_ids" in DuckDBEngine(store).columns())
        store.close()
        for path in (tmp_path / "s").glob("ledger.sqlite*"):
            path.unlink()
        shutil.rmtree(tmp_path / "s" / "files", ignore_errors=True)
    assert known == [False, True]


def test_room_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", {".arrow": 2500, ".parquet": 1500})
    names = [f"{name}.{kind}" for name in "abcd" for kind in ("arrow", "parquet")]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(bytes(1000))
        os.utime(tmp_path / name, (number, number))
    kept.sweep(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["c.arrow", "d.arrow", "d.parquet"]
