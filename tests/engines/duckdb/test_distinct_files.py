"""Distinct values that are kept with each file are those of all records."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.engines.duckdb.noting import done_at_once, kept_files_read
from tests.engines.duckdb.test_totals import any_record
from tests.query.logs import DAY, START, VERSION_2, NoLogs
from vpcflow_core.engines.duckdb import by_file, distinct_files, summed_files
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.distinct_files import DistinctFiles
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
BUSY = "203.0.113.0,203.0.113.1,203.0.113.3"
# A question, and the groups that it asks for.
DISTINCT = (
    (Query(("destinations", "ports"), by=("srcaddr",)), (("srcaddr", BUSY),)),
    (Query(("ports",), by=("srcaddr", "action")), (("srcaddr", BUSY), ("action", "REJECT"))),
    (Query(("ports", "destinations"), by=("srcaddr", "srcport")),
     (("srcport", "443"), ("srcaddr", BUSY))),
    (Query(("sources", "destinations"), by=("dstport",)), (("dstport", "22,443"),)),
    (Query(("sources",), by=("dstaddr", "dstport"), where=(("action", "ACCEPT"),)),
     (("dstport", "0,443"), ("dstaddr", "10.0.0.0,10.0.0.1"))),
)  # fmt: skip
RECORDS = (
    (Query(("destinations", "flows"), by=("srcaddr",)), (("srcaddr", BUSY),)),
    (Query(("destinations",), by=("srcaddr",)), ()),
    (Query(("destinations",), by=("srcaddr",)), (("srcaddr", "!203.0.113.0,!203.0.113.1"),)),
    (Query(("destinations",), by=("srcaddr",)), (("srcaddr", "203.0.113.0/30"),)),
    (Query(("destinations",), by=("srcaddr",)), (("srcaddr", "203.0.113.0,203.0.113.8/29"),)),
    (Query(("destinations",), by=("srcaddr",)), (("srcaddr", BUSY), ("interface_id", "eni-a"))),
    (Query(("destinations",), by=("srcaddr",), every=HOUR), (("srcaddr", BUSY),)),
    (Query(("destinations",), by=("srcaddr", "direction")), (("srcaddr", BUSY),)),
)


@pytest.fixture(autouse=True)
def distinct_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (summed_files, "ENOUGH_RECORDS", 1), (summed_files, "ENOUGH_IN_A_FILE", 1),
        (by_file, "ENOUGH_RECORDS", 1), (distinct_files, "LARGEST_SHARE", 2.0),
        (Behind, "later", done_at_once), (distinct_files, "BUSIEST", 10),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    # Groups of so few records are as many as sums.
    monkeypatch.setattr(SummedFiles, "of", lambda *_: None)


@pytest.fixture(scope="module")
def logs_by_hour(tmp_path_factory: pytest.TempPathFactory) -> NoLogs:
    """A file for each of eight hours; one lacks protocols, in one a busy source is rare."""
    rng, logs = random.Random(11), NoLogs(tmp_path_factory.mktemp("distinct"))
    for hour in range(8):
        begin = START + hour * HOUR
        names = [name for name in VERSION_2 if hour != 4 or name != "protocol"]
        records = [
            any_record(rng) | {"start_time": begin + timedelta(seconds=rng.randrange(3600))}
            for _ in range(400)
        ]
        if hour == 6:
            for record in records[3:]:
                if record["srcaddr"] == "203.0.113.1":
                    record["srcaddr"] = "203.0.113.99"
        logs.write("flows", names, records)
    return logs


def asked_of(logs: NoLogs, query: Query, groups: Any, window: Window) -> Any:
    return select_for(query, window, Filters.parse(groups), DuckDBEngine(logs).columns())


@pytest.mark.parametrize("window", [
    WHOLE, Window(START + HOUR / 3, START + 8 * HOUR), Window(START, START + 4 * HOUR)
], ids=["whole files", "cut files", "some files"])  # fmt: skip
@pytest.mark.parametrize(("query", "groups"), DISTINCT)
def test_distinct_values_are_those_of_the_records(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch, query: Query, groups: Any, window: Window
) -> None:
    question = asked_of(logs_by_hour, query, groups, window)
    with monkeypatch.context() as patched:
        patched.setattr(DistinctFiles, "of", lambda *_: None)
        expected = DuckDBEngine(logs_by_hour).run(question, window).frame
    assert len(expected) >= 2
    seen = kept_files_read(monkeypatch, DistinctFiles)
    found = DuckDBEngine(logs_by_hour).run(question, window).frame
    pd.testing.assert_frame_equal(found, expected)
    assert seen[0] >= 3


@pytest.mark.parametrize(("query", "groups"), RECORDS)
def test_other_questions_are_asked_of_the_records(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch, query: Query, groups: Any
) -> None:
    seen = kept_files_read(monkeypatch, DistinctFiles)
    DuckDBEngine(logs_by_hour).run(asked_of(logs_by_hour, query, groups, WHOLE), WHOLE)
    assert not any(seen)


def test_a_file_in_which_a_group_is_not_among_the_busiest_is_read_itself(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept_files_read(monkeypatch, DistinctFiles)
    query, groups = DISTINCT[0]
    rare = (("srcaddr", f"{BUSY},203.0.113.99"),)
    for some in (groups, rare):
        DuckDBEngine(logs_by_hour).run(asked_of(logs_by_hour, query, some, WHOLE), WHOLE)
    # Two values of each file; hour 4 lacks the protocols of ports, hour 6 a busy source.
    assert seen == [2 * 6, 0]


def test_values_are_made_behind_the_question_that_would_gain_from_them(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget_all(logs_by_hour.path)
    monkeypatch.setattr(Behind, "later", LATER)
    question = asked_of(logs_by_hour, *DISTINCT[0], WHOLE)
    engine, seen = DuckDBEngine(logs_by_hour), kept_files_read(monkeypatch, DistinctFiles)
    slow = engine.run(question, WHOLE).frame
    assert len(slow) == 3
    assert not list(kept.folder_of(logs_by_hour.path).glob("*.parquet"))
    engine.finish_behind()
    pd.testing.assert_frame_equal(DuckDBEngine(logs_by_hour).run(question, WHOLE).frame, slow)
    assert seen == [0, 2 * 6]


@pytest.mark.parametrize(("name", "value"), [
    ("LARGEST_SHARE", 0.1), ("LARGEST", 10), ("ENOUGH_RECORDS", 10_000)
])  # fmt: skip
def test_many_values_and_few_records_are_read_as_they_are(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    monkeypatch.setattr(by_file if name == "ENOUGH_RECORDS" else distinct_files, name, value)
    seen = kept_files_read(monkeypatch, DistinctFiles)
    DuckDBEngine(logs_by_hour).run(asked_of(logs_by_hour, *DISTINCT[0], WHOLE), WHOLE)
    assert not any(seen)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 no more")])
def test_values_that_are_lost_cost_no_answer(
    logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], Any]
) -> None:
    question = asked_of(logs_by_hour, *DISTINCT[0], WHOLE)
    expected = DuckDBEngine(logs_by_hour).run(question, WHOLE).frame
    files = sorted(kept.folder_of(logs_by_hour.path).glob("*.parquet"))
    assert files
    of = DistinctFiles.of

    def harmed(self: DistinctFiles, *given: Any) -> Any:
        found = of(self, *given)
        for path in files:
            harm(path)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(DistinctFiles, "of", harmed)
        pd.testing.assert_frame_equal(
            DuckDBEngine(logs_by_hour).run(question, WHOLE).frame, expected
        )
    # Those that say which groups are busy too.
    for path in kept.folder_of(logs_by_hour.path).glob("*.parquet"):
        path.write_bytes(b"PAR1 no more")
    pd.testing.assert_frame_equal(DuckDBEngine(logs_by_hour).run(question, WHOLE).frame, expected)


def test_what_is_half_made_is_used(logs_by_hour: NoLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.forget_all(logs_by_hour.path)
    question = asked_of(logs_by_hour, *DISTINCT[0], WHOLE)
    expected = DuckDBEngine(logs_by_hour).run(question, WHOLE).frame
    for path in sorted(kept.folder_of(logs_by_hour.path).glob("*.parquet")):
        if "distinct_0" in pq.read_schema(path).names:
            path.unlink()
            break
    monkeypatch.setattr(Behind, "later", lambda *_: None)
    seen = kept_files_read(monkeypatch, DistinctFiles)
    pd.testing.assert_frame_equal(DuckDBEngine(logs_by_hour).run(question, WHOLE).frame, expected)
    assert seen == [2 * 5]


def test_sorted_numbers_take_little_room(logs_by_hour: NoLogs) -> None:
    kept.forget_all(logs_by_hour.path)
    DuckDBEngine(logs_by_hour).run(asked_of(logs_by_hour, *DISTINCT[0], WHOLE), WHOLE)
    encodings = set()
    for path in kept.folder_of(logs_by_hour.path).glob("*.parquet"):
        group = pq.read_metadata(path).row_group(0)
        for number in range(group.num_columns):
            column = group.column(number)
            if column.path_in_schema == "distinct_0" and column.physical_type == "INT32":
                encodings |= set(column.encodings) - {"RLE"}
    assert encodings == {"DELTA_BINARY_PACKED"}
