"""First groups, found among those that are kept with each file, are those of all records."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.engines.duckdb.noting import done_at_once, kept_files_read
from tests.engines.duckdb.test_totals import any_record
from tests.query.logs import DAY, START, VERSION_2, NoLogs
from vpcflow_core.engines.duckdb import busy_groups, by_file, summed_files
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.busy_groups import BusyGroups
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.summed_files import SummedFiles
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.store import kept
from vpcflow_core.times import Window

LATER = Behind.later
HOUR = timedelta(hours=1)
WHOLE = Window(START, START + DAY)
FIRST = (
    Query(("flows", "bytes", "packets"), by=("dstaddr", "dstport"), top=3),
    Query(("flows", "bytes"), by=("srcaddr", "dstport"), where=(("action", "ACCEPT"),), top=1),
    Query(("flows", "rejected"), by=("dstport",), top=2),
    Query(("rejected",), by=("dstport",), top=2),
    Query(("flows",), by=("dstport", "protocol"), top=2, nulls=("protocol",)),
)
RECORDS = (
    Query(("bytes", "flows"), by=("dstaddr", "dstport"), top=3),
    Query(("flows",), by=("dstaddr", "dstport")),
    Query(("flows",), by=("dstaddr", "dstport"), where=(("interface_id", "eni-a"),), top=3),
    Query(("flows", "first"), by=("dstaddr", "dstport"), top=3),
    Query(("flows",), by=("dstport",), least=(("flows", 9),), top=2),
    Query(("flows",), by=("dstport", "direction"), top=2),
    Query(("flows",), by=("dstport",), every=HOUR, top=2),
)


@pytest.fixture(autouse=True)
def groups_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (summed_files, "ENOUGH_RECORDS", 1), (summed_files, "ENOUGH_IN_A_FILE", 1),
        (by_file, "ENOUGH_RECORDS", 1), (busy_groups, "MORE", 3), (busy_groups, "BUSY", 3),
        (Behind, "later", done_at_once),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    # Groups of so few records are as many as sums.
    monkeypatch.setattr(SummedFiles, "of", lambda *_: None)


@pytest.fixture(scope="module")
def busy_logs(tmp_path_factory: pytest.TempPathFactory) -> NoLogs:
    """A file for each of five hours."""
    rng, logs = random.Random(17), NoLogs(tmp_path_factory.mktemp("busy"))
    for hour in range(5):
        begin = START + hour * HOUR
        logs.write("flows", VERSION_2, [
            any_record(rng) | {"start_time": begin + timedelta(seconds=rng.randrange(3600))}
            for _ in range(500)
        ])  # fmt: skip
    return logs


def both_answers(
    logs: NoLogs, monkeypatch: pytest.MonkeyPatch, query: Query, window: Window
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answer of kept groups, if these are enough, and that of the records."""
    engine = DuckDBEngine(logs)
    question = select_for(query, window, Filters(()), engine.columns())
    found = engine.run(question, window).frame
    with monkeypatch.context() as patched:
        patched.setattr(BusyGroups, "of", lambda *_: None)
        return found, DuckDBEngine(logs).run(question, window).frame


@pytest.mark.parametrize("window", [
    WHOLE, Window(START + HOUR / 3, START + 4.5 * HOUR)
], ids=["whole files", "cut files"])  # fmt: skip
@pytest.mark.parametrize("query", FIRST)
def test_the_first_groups_are_those_of_the_records(
    busy_logs: NoLogs, monkeypatch: pytest.MonkeyPatch, query: Query, window: Window
) -> None:
    seen = kept_files_read(monkeypatch, BusyGroups)
    found, expected = both_answers(busy_logs, monkeypatch, query, window)
    pd.testing.assert_frame_equal(found, expected)
    assert seen == [5 if window == WHOLE else 3]


@pytest.mark.parametrize("query", RECORDS)
def test_other_lists_are_asked_of_the_records(
    busy_logs: NoLogs, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    seen = kept_files_read(monkeypatch, BusyGroups)
    both_answers(busy_logs, monkeypatch, query, WHOLE)
    assert not any(seen)


def test_a_long_list_that_cannot_be_proved_is_asked_of_the_records(
    busy_logs: NoLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept_files_read(monkeypatch, BusyGroups)
    for top in (10, 40, busy_groups.LONGEST + 1):
        query = Query(("flows",), by=("srcaddr", "dstaddr", "dstport"), top=top)
        found, expected = both_answers(busy_logs, monkeypatch, query, WHOLE)
        pd.testing.assert_frame_equal(found, expected)
    assert seen == [0, 0, 0]


@pytest.mark.parametrize("often", [2, 3])
def test_groups_of_a_few_records_in_each_file_are_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, often: int
) -> None:
    """One that is kept of one file alone may be the first, also before one that is kept of all."""
    one = any_record(random.Random(3)) | {"protocol": 6}
    spread, leads = ([one | {"dstport": port, "srcaddr": "10.0.0.9"}] for port in (7, 8))
    logs = NoLogs(tmp_path)
    for half in range(30):
        records = 2 * spread + often * leads + (40 * spread if half == 4 else [])
        at = START + half * HOUR / 2
        logs.write("flows", VERSION_2, [record | {"start_time": at} for record in records])
    query = Query(("flows",), by=("srcaddr", "dstport"), top=1)
    found, expected = both_answers(logs, monkeypatch, query, WHOLE)
    pd.testing.assert_frame_equal(found, expected)
    assert expected["flows"].tolist() == [60 + 40]


def test_groups_are_made_behind_the_question_that_would_gain_from_them(
    busy_logs: NoLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget_all(busy_logs.path)
    monkeypatch.setattr(Behind, "later", LATER)
    engine, seen = DuckDBEngine(busy_logs), kept_files_read(monkeypatch, BusyGroups)
    question = select_for(FIRST[0], WHOLE, Filters(()), engine.columns())
    slow = engine.run(question, WHOLE).frame
    assert not list(kept.folder_of(busy_logs.path).glob("*.parquet"))
    engine.finish_behind()
    pd.testing.assert_frame_equal(DuckDBEngine(busy_logs).run(question, WHOLE).frame, slow)
    assert seen == [0, 5]
