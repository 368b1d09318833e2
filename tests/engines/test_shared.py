"""Questions of a page that are asked at once: one statement, and each has its own answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle

import duckdb
import numpy as np
import pandas as pd
import pytest

from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.trino.companions import Companions
from vpcflow_core.engines.trino.dialect import written_out
from vpcflow_core.engines.trino.shared import combined, is_shareable, taken_apart
from vpcflow_core.engines.trino.under_way import UnderWay
from vpcflow_core.engines.trino.windows import scans_of
from vpcflow_core.query.columns import started
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.grouped import Grouped, parts_of
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.query.spread import spreading_of
from vpcflow_core.times import Window

DAY = Window(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
COLUMNS = ("start_time", "end_time", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
           "bytes", "packets", "action", "interface_id", "log_status")  # fmt: skip
HOUR = timedelta(hours=1)
QUESTIONS = (
    Query(("bytes", "flows"), by=("srcaddr",), top=3),
    Query(("flows",), by=("srcaddr",)),
    Query(("flows", "packets"), by=("dstport",), top=4, order="bytes"),
    Query(("flows",), by=("dstaddr", "dstport"), where=(("action", "REJECT"),), top=5),
    Query(("flows",), by=("dstport", "action"), nulls=("action",)),
    Query(("flows",), every=HOUR),
    Query(("flows", "first", "last"), by=("protocol",), every=DAY.length),
    Query(("bytes", "rejected", "duration"), where=(("protocol", "6"),)),
    Query(("flows",), by=("interface_id",), least=(("flows", 9),)),
    Query(("flows",), by=("action",), where=(("dstport", "9999"),)),
    Query(("sources", "flows"), by=("dstport",), top=3),
    Query(("ports", "sources"), every=HOUR),
    Query(("destinations",)),
)
# Each of another range; a day at most lies between them.
RANGES = (
    DAY,
    Window(DAY.start - 3 * HOUR, DAY.end - 5 * HOUR),
    Window(DAY.start, DAY.start + HOUR),
)


@pytest.fixture(scope="module")
def flows_with_ties() -> duckdb.DuckDBPyConnection:
    """A relation `flows` with ties, nulls, and records outside the day."""
    random, n = np.random.default_rng(7), 600
    start = pd.Timestamp("2026-11-01 20:00") + pd.to_timedelta(random.integers(0, 110_000, n), "s")

    def some(*values: object) -> object:
        return random.choice(np.array(values, dtype=object), n)

    frame = pd.DataFrame(
        {
            "start_time": start,
            "end_time": start + pd.to_timedelta(random.integers(0, 600, n), "s"),
            "srcaddr": some("10.0.0.1", "10.0.0.2", "192.0.2.7", "2001:db8::1", None),
            "dstaddr": some("10.0.0.9", "203.0.113.5"),
            "srcport": pd.array(some(0, 50_000, 50_001), "Int32"),
            "dstport": pd.array(some(0, 22, 443, 8080, 53, None), "Int32"),
            "protocol": pd.array(some(1, 6, 17), "Int32"),
            "bytes": pd.array(some(100, 2**62, None), "Int64"),
            "packets": pd.array(some(1, 2, 7), "Int64"),
            "action": some("ACCEPT", "REJECT", None),
            "interface_id": some("eni-1", "eni-2", "eni-3"),
            "log_status": "OK",
        }
    )
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute("CREATE TABLE flows AS SELECT * FROM frame")
    return connection


def grouped(
    query: Query, filters: Filters = NO_FILTERS, window: Window = DAY
) -> tuple[Grouped, str]:
    question = select_for(query, window, filters, COLUMNS)
    parts = parts_of(question)
    assert parts
    assert is_shareable(parts)
    return parts, written_out(question)


@pytest.mark.parametrize("asked", [QUESTIONS, QUESTIONS[:1], QUESTIONS[5:6], QUESTIONS[::2]])
def test_one_statement_answers_as_the_questions_do(
    flows_with_ties: duckdb.DuckDBPyConnection, asked: tuple[Query, ...]
) -> None:
    filters = Filters.parse({"dstaddr": "10.0.0.0/8,203.0.113.0/24"})
    made = [grouped(*each) for each in zip(asked, cycle([filters]), cycle(RANGES))]
    parts = [part for part, _ in made]
    whole = started(Window(DAY.start - 3 * HOUR, DAY.end))
    table = flows_with_ties.sql(combined(parts, whole)).to_arrow_table()
    answers = taken_apart(parts, table)
    for (_, sql), answer in zip(made, answers, strict=True):
        assert answer is not None
        alone = frame_of(flows_with_ties.sql(sql).to_arrow_table())
        assert len(alone) or "9999" in sql
        pd.testing.assert_frame_equal(frame_of(answer), alone)


def test_one_row_of_nothing_is_asked_for_by_itself(
    flows_with_ties: duckdb.DuckDBPyConnection,
) -> None:
    parts = [grouped(Query(("flows",), where=(("dstport", port),)))[0] for port in ("22", "9999")]
    found = taken_apart(parts, flows_with_ties.sql(combined(parts)).to_arrow_table())
    assert found[0] is not None
    assert found[1] is None


@pytest.mark.parametrize(
    "query",
    [
        Query(("bytes",), every=HOUR, place="spread"),
        Query(("flows",), by=("srcaddr",), every=HOUR, top=3),
        Query(("last",), by=("srcaddr",), top=3),
    ],
)
def test_what_is_no_plain_question_is_asked_alone(query: Query) -> None:
    parts = parts_of(select_for(query, DAY, NO_FILTERS, COLUMNS))
    assert parts is None or not is_shareable(parts)


def test_a_quantile_is_made_for_those_alone_that_ask_for_it() -> None:
    asked = [grouped(Query((of,), every=HOUR))[0] for of in ("packets_median", "flows")]
    sql = combined(asked)
    assert "histogram(CASE WHEN (question IN (0)) THEN packets END)" in sql
    assert "histogram(packets)" in combined([asked[0], asked[0]])


def hours(start: int, end: int) -> Window:
    return Window(DAY.start + start * HOUR, DAY.start + end * HOUR)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([(0, 24, False), (0, 24, True), (3, 20, False)], [(0, 24, [0, 1, 2])]),
        # Half a day and the same of the day before: what lies between is as much again.
        ([(24, 36, False), (0, 12, False)], [(24, 36, [0]), (0, 12, [1])]),
        ([(24, 47, False), (0, 23, False), (24, 48, False)], [(0, 48, [0, 1, 2])]),
        # What is known of a range is known of no other.
        ([(0, 24, True), (0, 48, True)], [(0, 24, [0]), (0, 48, [1])]),
        ([(0, 24, True), (0, 48, False)], [(0, 24, [0]), (0, 48, [1])]),
    ],
)
def test_ranges_are_read_once_and_never_more_than_by_themselves(
    asked: list[tuple[int, int, bool]], expected: list[tuple[int, int, list[int]]]
) -> None:
    scans = scans_of([(hours(start, end), is_fixed) for start, end, is_fixed in asked])
    found = [(scan.window, sorted(scan.members)) for scan in scans]
    wanted = [(hours(start, end), members) for start, end, members in expected]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_measures_that_are_spread_in_the_same_way_are_one_statement() -> None:
    asked = []
    for name in ("packets", "bytes"):
        spread = spreading_of(select_for(spread_over(name), DAY, NO_FILTERS, COLUMNS))
        assert spread
        asked.append(spread)
    both = spreading_of(select_for(spread_over("bytes", "packets"), DAY, NO_FILTERS, COLUMNS))
    assert both
    assert written_out(asked[0].of(())) == written_out(asked[1].of(()))
    measures = [each for one in reversed(asked) for each in one.asked.measures]
    assert written_out(asked[0].of(measures)) == written_out(both.of(both.asked.measures))
    assert set(both.names) == {*asked[0].names, *asked[1].names}


def spread_over(*measures: str) -> Query:
    return Query(measures, by=("action",), every=HOUR, place="spread")


def test_questions_of_a_page_are_gathered_and_no_others() -> None:
    rounds: list[list[str]] = []

    def ask(questions: Sequence[str]) -> list[str]:
        rounds.append(sorted(questions))
        return [question.upper() for question in questions]

    companions: Companions[str, str] = Companions(wait=0.5, most=3)
    asked = [("one", "a"), ("one", "b"), ("one", "c"), ("two", "d")]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: companions.ask(*each, ask), asked))
    assert answers == ["A", "B", "C", "D"]
    assert sorted(rounds) == [["a", "b", "c"], ["d"]]


def test_an_error_is_that_of_all_who_asked() -> None:
    def ask(questions: Sequence[int]) -> list[int]:
        raise ValueError(len(questions))

    companions: Companions[int, int] = Companions(wait=5, most=2)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(companions.ask, "page", n, ask) for n in range(2)]
        errors = [future.exception() for future in futures]
    assert [str(error) for error in errors] == ["2", "2"]


def test_what_is_under_way_is_not_asked_again() -> None:
    count, begun, go_on = [0], threading.Event(), threading.Event()

    def ask() -> int:
        count[0] += 1
        begun.set()
        go_on.wait(10)
        return count[0]

    under_way: UnderWay[int] = UnderWay()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(under_way.ask, "q", ask)
        begun.wait(10)
        second = pool.submit(under_way.ask, "q", ask)
        time.sleep(0.05)
        go_on.set()
        assert (first.result(), second.result()) == (1, 1)
    assert under_way.ask("q", ask) == 2
