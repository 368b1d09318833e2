"""SQL by hand ends in a sentence, wherever DuckDB would run on; answers are the same as before."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.query.logs import Logs
from vpcflow_core.bounded.base import StoppedError
from vpcflow_core.engines.duckdb import by_hand
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.errors import FailureError, QueryError
from vpcflow_core.stopping import Stopper, under


@pytest.fixture(scope="module")
def hand_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    logs = Logs(tmp_path_factory.mktemp("hand"), rows=20)
    made = DuckDBEngine(logs, threads=2, memory_limit="200MB", timeout=timedelta(minutes=2))
    yield made
    made.close()


TYPES = (
    "SELECT 1::HUGEINT AS a, 170141183460469231731687303715884105727 AS b, 1.25::DECIMAL(9, 2) AS c,"
    " DATE '2026-11-01' AS d, INTERVAL 3 DAY AS e, [1, NULL] AS f, {'x': 1, 'y': 'z'} AS g,"
    " MAP {'k': 2} AS h, 'b'::BLOB AS i, '00000000-0000-0000-0000-000000000001'::UUID AS j, NULL AS k, 1::UTINYINT AS l,"
    " TIMESTAMPTZ '2026-11-01 00:00:00+00' AS m, 'a'::ENUM('a', 'b') AS n, TIME '01:02:03' AS o,"
    " 'nan'::DOUBLE AS p, true AS q, union_value(num := 2) AS s"
)


def test_every_type_comes_back_as_it_does_without_a_process(hand_engine: DuckDBEngine) -> None:
    expected = frame_of(hand_engine._database.sql(TYPES).to_arrow_reader(10).read_all())
    found = hand_engine.run_text(TYPES).frame
    assert found.dtypes.equals(expected.dtypes)
    assert found.astype(str).equals(expected.astype(str))


ENDLESS = [
    "lpad('x', 2000000000, 'y')",
    "list_resize([1], 2000000000)",
    "(repeat('[', 100000) || repeat(']', 100000))::JSON::VARIANT",
]


@pytest.mark.slow
@pytest.mark.parametrize("call", ENDLESS)
def test_a_call_that_looks_at_no_limit_ends_in_a_sentence(
    hand_engine: DuckDBEngine, call: str
) -> None:
    hasty = copy(hand_engine)
    hasty._place = replace(hand_engine._place, timeout=timedelta(seconds=1))
    with pytest.raises(FailureError) as caught:
        hasty.run_text(f"SELECT {call}")
    assert "\n" not in caught.value.what
    assert hand_engine.run_text("SELECT count(*) AS n FROM flows").frame["n"][0] == 180


@pytest.mark.slow
def test_who_asked_may_stop_it_at_any_moment(hand_engine: DuckDBEngine) -> None:
    stopper, began = Stopper(), time.monotonic()
    threading.Timer(0.5, stopper.stop).start()
    with under(stopper), pytest.raises(FailureError, match="The query was stopped"):
        hand_engine.run_text("SELECT count(*) FROM range(1000000000) a, range(1000000000) b")
    with under(stopper), pytest.raises(FailureError, match="The query was stopped"):
        hand_engine.run_text("SELECT 1")  # and whatever it asks later
    assert time.monotonic() - began < 30
    assert hand_engine.run_text("SELECT count(*) AS n FROM flows").frame["n"][0] == 180


@pytest.mark.slow
def test_a_large_answer_is_refused(hand_engine: DuckDBEngine) -> None:
    with pytest.raises(FailureError, match=r"larger than 47\.7 MB"):
        hand_engine.run_text("SELECT i FROM range(1000000000000) t(i)")
    assert len(hand_engine.run_text("FROM range(1000000000000)", max_rows=3).frame) == 3


def test_a_mistyped_column_is_answered_with_the_names_like_it(hand_engine: DuckDBEngine) -> None:
    with pytest.raises(QueryError, match='"bites" not found') as refused:
        hand_engine.run_text("SELECT bites FROM (SELECT 1 AS bytes)")
    assert refused.value.next_step == "Did you mean bytes?"


def test_rows_that_need_too_much_memory_are_a_sentence(hand_engine: DuckDBEngine) -> None:
    with pytest.raises(FailureError, match="more memory than 200MB"):
        hand_engine.run_text("SELECT repeat('x', 1000000) FROM range(100000)")
    with pytest.raises(QueryError, match="Conversion Error"):
        hand_engine.run_text("SELECT ('x' || i)::INTEGER FROM range(100000) t(i)")
    with pytest.raises(QueryError, match="no reason"):
        hand_engine.run_text("SELECT if(i > 50000, error('no reason'), i) FROM range(90000) t(i)")


def test_a_text_that_takes_long_to_read_is_refused(
    hand_engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "CHECK_SECONDS", 0.0)  # less than the whole time
    with pytest.raises(QueryError, match="too intricate"):
        hand_engine.run_text("SELECT 1")


def test_an_answer_that_is_no_arrow_is_a_sentence() -> None:
    for data in (b"", b"ARROW1", b"\xff\xff\xff\xff\x10\x00\x00\x00" + b"\0" * 16):
        with pytest.raises(FailureError, match="cannot be read"):
            by_hand._table(by_hand.Reply({}, memoryview(data)))


@pytest.mark.parametrize("why", by_hand._SAID)
def test_every_limit_has_its_sentence(why: by_hand.Why, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise StoppedError(why)

    monkeypatch.setattr(by_hand.WORKERS, "ask", stopped)
    place = by_hand.Place(Path(), None, "4GB", None)
    checked = by_hand.guard.Checked("SELECT 1", frozenset(), None, False)
    with pytest.raises(FailureError) as caught:
        by_hand.Statement("SELECT 1", place).run(checked, by_hand.Setup(), None)
    assert "{" not in str(caught.value)
    assert caught.value.next_step


def test_threads_share_few_processes(hand_engine: DuckDBEngine) -> None:
    found: list[int] = []
    sql = "SELECT count(*) AS n FROM flows"
    threads = [
        threading.Thread(target=lambda: found.append(hand_engine.run_text(sql).frame["n"][0]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [180] * 6
    assert len(by_hand.WORKERS._waiting) == 1


def test_the_temporary_folder_of_an_engine_cannot_be_foreseen_and_goes(tmp_path: Path) -> None:
    engine = DuckDBEngine(Logs(tmp_path, rows=1))
    sql = "SELECT current_setting('temp_directory')"
    [folder] = engine._database.execute(sql).fetchone() or [""]
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    engine.close()
    assert not Path(folder).exists()
