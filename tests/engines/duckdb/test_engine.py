"""The engine over files of several column sets, in threads, against time and trouble."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from tests.query.logs import DAY, START, STRANGER, VERSION_2, WIDER, Logs, NoLogs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.files import table_fields
from vpcflow_core.errors import FailureError, ParameterError, QueryError, StoreError
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

EVER = Window(START, START + 3 * DAY)
SELF_JOIN = (
    "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range % 7 = b.range % 5"
)


@pytest.fixture
def few_logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path, rows=20)


@pytest.fixture
def small_engine(few_logs: Logs) -> DuckDBEngine:
    return DuckDBEngine(few_logs, threads=2)


def test_relations_have_the_field_tables_columns_then_the_strangers(
    small_engine: DuckDBEngine,
) -> None:
    for relation in ("flows", "records"):
        found = small_engine.run_text(f"DESCRIBE {relation}").frame
        expected = [(field.name, field.sql) for field in table_fields(relation)]
        named = list(zip(found["column_name"], found["column_type"], strict=True))
        assert named == [*expected, ("my_field", "VARCHAR")]
    transit = small_engine.run_text("DESCRIBE transit_flows").frame
    assert "tgw_id" in set(transit["column_name"])
    assert "action" not in set(transit["column_name"])


def test_an_empty_store_has_the_same_columns_and_no_rows(tmp_path: Path) -> None:
    engine = DuckDBEngine(NoLogs(tmp_path))
    frame = engine.run_text("SELECT * FROM flows").frame
    assert list(frame.columns) == [field.name for field in table_fields("flows")]
    assert frame.empty
    assert engine.extent() is None
    assert set(engine.columns()) == set(frame.columns)
    select = select_for(Query(("flows",), by=("vpc_id",)), EVER, Filters(), engine.columns())
    assert engine.run(select, EVER).frame.empty


def test_every_record_and_value_comes_back(few_logs: Logs, small_engine: DuckDBEngine) -> None:
    found = small_engine.run_text("SELECT * FROM records").frame
    names = [name for name in (*WIDER, "my_field") if name != "start_time"]
    key = ["start_time", "bytes", "srcport", "dstport", "packets", "srcaddr", "dstaddr", "vpc_id"]
    expected = few_logs.frame.sort_values(key, key=lambda c: c.map(str)).reset_index()
    found = found.astype("object").where(found.notna(), None)
    for row, (_, record) in zip(
        sorted(found.to_dict("records"), key=_key), expected.iterrows(), strict=True
    ):
        assert row["start_time"] == record["start_time"]
    for name in names:
        assert sorted(map(_plain, found[name])) == sorted(map(_plain, expected[name]))


def _key(row: dict[str, object]) -> str:
    return str(row["start_time"])


def _plain(value: object) -> str:
    return str(value) if isinstance(value, list) or not pd.isna(value) else ""  # type: ignore[call-overload]


def test_times_are_utc_and_whole_numbers_stay_whole(small_engine: DuckDBEngine) -> None:
    frame = small_engine.run_text("SELECT start_time, end_time, bytes, dstport FROM flows").frame
    assert str(frame["start_time"].dtype) == "datetime64[us, UTC]"
    assert str(frame["end_time"].dtype) == "datetime64[us, UTC]"
    assert str(frame["bytes"].dtype) == "Int64"
    assert str(frame["dstport"].dtype) == "Int32"


def test_files_outside_the_window_are_not_opened(
    few_logs: Logs, small_engine: DuckDBEngine
) -> None:
    for file in few_logs.written:
        if file.first >= START + DAY:
            file.path.unlink()
    first_day = Window(START, START + DAY)
    select = select_for(Query(("flows",)), first_day, Filters(), small_engine.columns())
    assert small_engine.run(select, first_day).frame["flows"][0] == 60


def test_a_file_that_has_gone_is_told_in_one_sentence(
    few_logs: Logs, small_engine: DuckDBEngine
) -> None:
    few_logs.written[0].path.unlink()
    select = select_for(Query(("flows",)), EVER, Filters(), small_engine.columns())
    with pytest.raises(StoreError) as caught:
        small_engine.run(select, EVER)
    assert "\n" not in caught.value.what


def test_sources_can_be_told_apart(few_logs: Logs, small_engine: DuckDBEngine) -> None:
    assert small_engine.only(["test"]).run_text("FROM flows").frame.shape[0] == 180
    none = small_engine.only(["other"])
    assert none.run_text("FROM flows").frame.empty
    assert none.extent() is None


def test_many_threads_get_their_own_answers(small_engine: DuckDBEngine) -> None:
    answers: dict[int, list[int]] = {n: [] for n in range(6)}

    def work(n: int) -> None:
        window = Window(START + n * DAY / 2, START + (n + 1) * DAY / 2)
        select = select_for(Query(("flows",)), window, Filters(), small_engine.columns())
        answers[n] = [int(small_engine.run(select, window).frame["flows"][0]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(n,)) for n in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(set(counts)) == 1 for counts in answers.values())
    assert sum(counts[0] for counts in answers.values()) == 180


@pytest.mark.slow
def test_a_query_that_takes_too_long_is_stopped(few_logs: Logs) -> None:
    engine = DuckDBEngine(few_logs, timeout=timedelta(seconds=1))
    with pytest.raises(FailureError, match="longer than 1s"):
        engine.run_text(SELF_JOIN)
    assert engine.run_text("SELECT 1").frame.shape == (1, 1)


def test_a_query_whose_answer_is_read_for_too_long_is_stopped_with_the_same_words(
    few_logs: Logs,
) -> None:
    cursors = DuckDBEngine(few_logs, timeout=timedelta(seconds=9))._cursors

    def read() -> None:
        with cursors.failures(cast(Any, None), None), cursors.one() as cursor:
            batches = cursor.sql("SELECT range FROM range(100_000_000)").to_arrow_reader(1000)
            next(batches)
            cursor.interrupt()
            for _ in batches:
                pass

    with pytest.raises(FailureError, match="longer than 9s"):
        read()


def test_a_query_that_needs_too_much_memory_is_told(few_logs: Logs) -> None:
    engine = DuckDBEngine(few_logs, memory_limit="20MB")
    with pytest.raises(FailureError, match="more memory than 20MB"):
        engine.run_text("SELECT list(a.range) FROM range(100000000) a")


def test_wrong_settings_are_refused(few_logs: Logs) -> None:
    with pytest.raises(ParameterError, match="DuckDB refuses"):
        DuckDBEngine(few_logs, memory_limit="lots")
    with pytest.raises(ParameterError):
        DuckDBEngine(few_logs).run_text("SELECT 1", max_rows=0)


def test_wrong_sql_is_told_in_one_sentence(small_engine: DuckDBEngine) -> None:
    with pytest.raises(QueryError, match="byts") as caught:
        small_engine.run_text("SELECT byts FROM flows")
    assert "\n" not in caught.value.what


@pytest.mark.parametrize("columns", [VERSION_2, WIDER, STRANGER])
def test_one_column_set_alone_works(tmp_path: Path, columns: tuple[str, ...]) -> None:
    engine = DuckDBEngine(Logs(tmp_path, rows=4, column_sets=[columns]))
    assert engine.run_text("SELECT count(*) AS n FROM records").frame["n"][0] == 18


def test_files_of_one_column_set_may_carry_columns_of_the_stores_own(few_logs: Logs) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = few_logs.written[1].path
    table = pq.ParquetFile(path).read()
    pq.write_table(table.append_column("_object", pa.repeat(pa.scalar(1), len(table))), path)
    frame = DuckDBEngine(few_logs).run_text("SELECT * FROM records").frame
    assert "_object" not in frame.columns
    assert len(frame) == len(few_logs.frame)
