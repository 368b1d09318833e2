"""Answers from sums that are kept with each file are those of all records."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb.noting import kept_files_read
from tests.engines.duckdb.test_totals import any_record
from tests.query.logs import DAY, START, VERSION_2, NoLogs
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import summed_files
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.file_parts import PartSelect
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.summed_files import SummedFiles
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.store import kept
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)
WHOLE = Window(START, START + DAY)
SUMS = (
    Query(("flows", "bytes", "packets"), by=("srcaddr",), top=5),
    Query(("rejected", "flows"), by=("dstaddr",), top=5, order="flows"),
    Query(("bytes",), by=("dstport", "action"), top=9),
    Query(("flows",), by=("protocol",), where=(("action", "REJECT"),), nulls=("protocol",)),
    Query(("flows", "bytes", "rejected")),
    Query(("flows", "sources"), by=("dstaddr",), top=5),
    Query(("ports", "destinations"), by=("action",), order="ports"),
    Query(("flows", "packets"), by=("dstport",), where=(("dstport", "!443"),), least=(("flows", 9),)),
)  # fmt: skip
RECORDS = (
    Query(("flows",), every=HOUR),
    Query(("first", "flows"), by=("srcaddr",), top=5),
    Query(("packets_median",), by=("dstport",), top=5),
    Query(("flows",), by=("srcaddr",), where=(("dstport", "443"),), top=5),
    Query(("records",), by=("log_status",), records=True),
    Query(("flows",), by=("direction",)),
)


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"ENOUGH_RECORDS": 1, "ENOUGH_IN_A_FILE": 1, "LARGEST_SHARE": 1.0}
    for item in asked.items():
        monkeypatch.setattr(summed_files, *item)


@pytest.fixture(scope="module")
def hourly_logs(tmp_path_factory: pytest.TempPathFactory) -> NoLogs:
    """A file for each of six hours; one lacks protocols, numbers exceed 64 bits in sum."""
    rng, logs = random.Random(7), NoLogs(tmp_path_factory.mktemp("sums"))
    for hour in range(6):
        begin = START + hour * HOUR
        names = [name for name in VERSION_2 if hour != 4 or name != "protocol"]
        logs.write("flows", names, [
            any_record(rng) | {"start_time": begin + timedelta(seconds=rng.randrange(3600))}
            for _ in range(400)
        ])  # fmt: skip
    return logs


@pytest.mark.parametrize("window", [
    WHOLE, Window(START + HOUR / 3, START + 5.5 * HOUR), Window(START, START + 4 * HOUR)
], ids=["whole files", "cut files", "some files"])  # fmt: skip
@pytest.mark.parametrize("filters", ["", "srcaddr=203.0.113.0/29", "action=ACCEPT"])
def test_sums_are_those_of_the_records(
    hourly_logs: NoLogs,
    few_are_enough: None,
    monkeypatch: pytest.MonkeyPatch,
    window: Window,
    filters: str,
) -> None:
    some = Filters.parse([(n, v) for n, _, v in [filters.partition("=")] if n])
    engine = DuckDBEngine(hourly_logs)
    asked = [select_for(query, window, some, engine.columns()) for query in SUMS]
    with monkeypatch.context() as patched:
        patched.setattr(SummedFiles, "of", lambda *_: None)
        plain = [DuckDBEngine(hourly_logs).run(one, window).frame for one in asked]
    seen = kept_files_read(monkeypatch, SummedFiles)
    for expected, question in zip(plain, asked, strict=True):
        pd.testing.assert_frame_equal(engine.run(question, window).frame, expected)
    assert sum(map(bool, seen)) >= (1 if "srcaddr" in filters else 6)


def test_what_depends_on_single_records_is_asked_of_them(
    hourly_logs: NoLogs, few_are_enough: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, seen = DuckDBEngine(hourly_logs), kept_files_read(monkeypatch, SummedFiles)
    for query in RECORDS:
        engine.run(select_for(query, WHOLE, Filters(()), engine.columns()), WHOLE)
    assert seen == [0] * len(RECORDS)


def test_many_groups_and_few_records_are_read_as_they_are(
    hourly_logs: NoLogs, few_are_enough: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept_files_read(monkeypatch, SummedFiles)
    for name, value in (("LARGEST_SHARE", 0.1), ("LARGEST", 10), ("ENOUGH_RECORDS", 10_000)):
        with monkeypatch.context() as patched:
            patched.setattr(summed_files, name, value)
            engine = DuckDBEngine(hourly_logs)
            engine.run(select_for(SUMS[0], WHOLE, Filters(()), engine.columns()), WHOLE)
    assert seen == [0, 0, 0]


@pytest.mark.parametrize(("share", "is_kept"), [(1.5, True), (0.5, False)])
def test_the_room_of_sums_is_that_of_their_files(
    hourly_logs: NoLogs,
    few_are_enough: None,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    is_kept: bool,
) -> None:
    kept.forget_all(hourly_logs.path)
    engine, seen = DuckDBEngine(hourly_logs), kept_files_read(monkeypatch, SummedFiles)
    question = select_for(SUMS[0], WHOLE, Filters(()), engine.columns())
    engine.run(question, WHOLE)
    files = (hourly_logs.path / "kept").glob("*.parquet")
    sums = sum(file.stat().st_size for file in files)
    monkeypatch.setattr(summed_files, "LARGEST", share * sums)
    DuckDBEngine(hourly_logs).run(question, WHOLE)
    assert [bool(files) for files in seen] == [True, is_kept]


def test_where_nothing_can_be_kept_records_are_read_once(
    hourly_logs: NoLogs, few_are_enough: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget_all(hourly_logs.path)
    monkeypatch.setattr(KeptDays, "write", lambda *_: False)
    engine, made = DuckDBEngine(hourly_logs), []
    over = PartSelect.over
    monkeypatch.setattr(PartSelect, "over", lambda *given: made.append(1) or over(*given))
    for query in SUMS:
        engine.run(select_for(query, WHOLE, Filters(()), engine.columns()), WHOLE)
    assert len(made) == 1


@pytest.fixture
def sampled_copy(sample_store: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(sample_store, tmp_path / "store", ignore=shutil.ignore_patterns(kept.KEPT))
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 no more")])
def test_sums_that_are_lost_cost_no_answer(
    sampled_copy: Store,
    few_are_enough: None,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Path], Any],
) -> None:
    extent = sampled_copy.extent()
    assert extent
    expected = FlowLogs(sampled_copy).ask(SUMS[0], extent).frame
    files = sorted(kept.folder_of(Path(sampled_copy.path)).glob("*.parquet"))
    assert files
    of = SummedFiles.of

    def harmed(self: SummedFiles, *given: Any) -> Any:
        found = of(self, *given)
        for path in files:
            harm(path)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(SummedFiles, "of", harmed)
        pd.testing.assert_frame_equal(FlowLogs(sampled_copy).ask(SUMS[0], extent).frame, expected)
    assert not any(path.exists() for path in files)
