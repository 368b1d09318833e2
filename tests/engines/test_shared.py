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

from vpcflow_core.engines.duckdb.dialect import written_out as in_words_of_duckdb
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.cache import days_of
from vpcflow_core.engines.trino.client import Reply, TooMuchError
from vpcflow_core.engines.trino.companions import Companions
from vpcflow_core.engines.trino.shared import combined, is_shareable, taken_apart
from vpcflow_core.engines.trino.sharing import Asking, Sharing
from vpcflow_core.engines.trino.under_way import UnderWay
from vpcflow_core.engines.trino.windows import scans_of
from vpcflow_core.query.change import change_for
from vpcflow_core.query.columns import started
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.grouped import Grouped, Parts, parts_of
from vpcflow_core.query.novelty import GROUPS, NEW, new_for
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import Statement, select_for
from vpcflow_core.times import Window

DAY = Window(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
COLUMNS = ("start_time", "end_time", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
           "bytes", "packets", "action", "interface_id", "log_status",
           "security_group_ids")  # fmt: skip
HOUR = timedelta(hours=1)
GROUPS_OF = (None, ["sg-1"], ["sg-2", "sg-1"], [])
QUESTIONS = (
    Query(("bytes", "flows"), by=("srcaddr",), top=3),
    Query(("flows",), by=("srcaddr",)),
    Query(("flows", "packets"), by=("dstport",), top=4, order="bytes"),
    Query(("flows",), by=("dstaddr", "dstport"), where=(("action", "REJECT"),), top=5),
    Query(("flows",), by=("dstport", "action"), nulls=("action",)),
    Query(("flows",), every=HOUR),
    Query(("flows", "first", "last"), by=("protocol",), every=DAY.length),
    Query(("bytes", "rejected", "duration"), where=(("protocol", "6"),)),
    Query(("flows",), by=("interface_id",), least=(("flows", 3),)),
    Query(("flows",), by=("action",), where=(("dstport", "9999"),)),
    Query(("sources", "flows"), by=("dstport",), top=3),
    Query(("ports", "sources"), every=HOUR),
    Query(("destinations",)),
    Query(("flows", "bytes"), by=("security_group_id", "action"), top=4),
    Query(("flows",), by=("srcaddr",), every=HOUR, top=2),
    Query(("flows",), by=("srcaddr", "dstport"), every=HOUR, top=3, order="bytes"),
    Query(("bytes",), every=HOUR, place="spread"),
    Query(("packets", "bytes"), by=("action",), nulls=("action",), every=HOUR, place="spread"),
    Query(("bytes",), by=("dstport",), every=HOUR, top=2, place="spread"),
    Query(("packets",), by=("security_group_id",), every=HOUR, top=2, place="spread"),
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
            "security_group_ids": [GROUPS_OF[at] for at in random.integers(0, 4, n)],
        }
    )
    # The most of all, but from before the day: these reach into it.
    late = np.arange(0, n, 7)
    frame.loc[late, "start_time"] = pd.Timestamp("2026-11-01 23:50")
    frame.loc[late, "end_time"] = pd.Timestamp("2026-11-02 00:10")
    frame.loc[late, "dstport"], frame.loc[late, "bytes"] = 445, 2**62
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute("CREATE TABLE flows AS SELECT * FROM frame")
    # What DuckDB lacks of Trino's words, and knows by another name.
    connection.execute("CREATE MACRO date_add(part, n, t) AS t + to_seconds(n)")
    return connection


def shared(question: Statement) -> Parts:
    parts = parts_of(question)
    assert parts
    assert all(map(is_shareable, parts.grouped))
    return parts


def grouped(query: Query) -> Grouped:
    (one,) = shared(select_for(query, DAY, NO_FILTERS, COLUMNS)).grouped
    return one


def answers(
    connection: duckdb.DuckDBPyConnection, questions: Sequence[Statement], window: Window
) -> list[pd.DataFrame]:
    """What one statement answers to each."""
    parts = [shared(question) for question in questions]
    every = [one for of in parts for one in of.grouped]
    table = connection.sql(combined(every, started(window))).to_arrow_table()
    rows = iter(taken_apart(every, table))
    made = []
    for of in parts:
        mine = [next(rows) for _ in of.grouped]
        assert all(each is not None for each in mine)
        made.append(of.finish([frame_of(each) for each in mine]))
    return made


def alone(connection: duckdb.DuckDBPyConnection, question: Statement) -> pd.DataFrame:
    """What the question is answered by itself."""
    return frame_of(connection.sql(in_words_of_duckdb(question)).to_arrow_table())


def assert_equal(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, check_dtype=False)


@pytest.mark.parametrize("asked", [QUESTIONS, QUESTIONS[:1], QUESTIONS[5:6], QUESTIONS[::2]])
def test_one_statement_answers_as_the_questions_do(
    flows_with_ties: duckdb.DuckDBPyConnection, asked: tuple[Query, ...]
) -> None:
    filters = Filters.parse({"dstaddr": "10.0.0.0/8,203.0.113.0/24"})
    made = [
        select_for(query, window, filters, COLUMNS)
        for query, window in zip(asked, cycle(RANGES), strict=False)
    ]
    whole = Window(DAY.start - 4 * HOUR, DAY.end)
    found = answers(flows_with_ties, made, whole)
    for query, question, answer in zip(asked, made, found, strict=True):
        expected = alone(flows_with_ties, question)
        assert len(expected) or query.where == (("dstport", "9999"),)
        assert_equal(answer, expected)


@pytest.mark.parametrize("top", [3, 40])
def test_what_is_new_is_found_by_the_same_statement(
    flows_with_ties: duckdb.DuckDBPyConnection, top: int
) -> None:
    before = Window(DAY.start - 4 * HOUR, DAY.start)
    query = Query(("flows", "bytes"), by=("srcaddr", "dstport", "interface_id"), top=top)
    plain = select_for(Query(("flows",)), DAY, NO_FILTERS, COLUMNS)
    question = new_for(query, DAY, NO_FILTERS, COLUMNS, before)
    _, found = answers(flows_with_ties, [plain, question], Window(before.start, DAY.end))
    expected = alone(flows_with_ties, question)
    new = int(expected[NEW].iloc[0])
    assert 3 < new < int(expected[GROUPS].iloc[0])
    assert_equal(found.head(new), expected.head(new))


def test_what_changed_is_found_by_the_same_statement(
    flows_with_ties: duckdb.DuckDBPyConnection,
) -> None:
    halves = Window(DAY.start, DAY.start + 6 * HOUR), Window(DAY.start - 6 * HOUR, DAY.start)
    fields = ("srcaddr", "dstport", "interface_id")
    question = change_for(Query(("bytes",)), fields, halves, NO_FILTERS, COLUMNS, 2)
    plain = select_for(Query(("flows",)), DAY, NO_FILTERS, COLUMNS)
    window = Window(DAY.start - 6 * HOUR, DAY.end)
    _, found = answers(flows_with_ties, [plain, question], window)
    expected = alone(flows_with_ties, question)
    assert len(expected) == 6
    assert_equal(found, expected)


def test_one_row_of_nothing_is_asked_for_by_itself(
    flows_with_ties: duckdb.DuckDBPyConnection,
) -> None:
    parts = [grouped(Query(("flows",), where=(("dstport", port),))) for port in ("22", "9999")]
    found = taken_apart(parts, flows_with_ties.sql(combined(parts)).to_arrow_table())
    assert found[0] is not None
    assert found[1] is None


def test_what_needs_too_much_together_is_asked_in_two_parts(
    flows_with_ties: duckdb.DuckDBPyConnection,
) -> None:
    asked: list[str] = []

    def ask(sql: str) -> Reply:
        asked.append(sql)
        if "2026-11-01" in sql:
            raise TooMuchError("The query needs more memory than there is.")
        return Reply(flows_with_ties.sql(sql).to_arrow_table())

    sharing = Sharing()
    asking = Asking(("page",), False, lambda text, *_: text, ask, 10**6)
    before = Window(DAY.start - 4 * HOUR, DAY.end)
    pairs = [(Query(("flows",), by=("action",)), DAY), (Query(("flows",)), DAY),
             (Query(("bytes",)), before)]  # fmt: skip
    asks = []
    for query, window in pairs:
        question = select_for(query, window, NO_FILTERS, COLUMNS)
        found = sharing.asks(question, in_words_of_duckdb(question), window, asking)
        assert found
        asks.append(found)
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(each) for each in asks]
        errors = [future.exception() for future in futures]
    assert [error is None for error in errors] == [True, True, False]
    assert len(asked) == 3
    assert futures[1].result()[0]["flows"][0] > 100


def test_questions_that_differ_in_their_values_alone_are_one() -> None:
    asked = [grouped(Query((of,), every=HOUR, place="spread")) for of in ("bytes", "packets")]
    assert "ARRAY[0]" in combined(asked)


def test_what_is_sorted_by_time_is_asked_alone() -> None:
    query = Query(("last",), by=("srcaddr",), top=3)
    parts = parts_of(select_for(query, DAY, NO_FILTERS, COLUMNS))
    assert parts
    assert not is_shareable(parts.grouped[0])


def test_a_quantile_is_made_for_those_alone_that_ask_for_it() -> None:
    asked = [
        grouped(query)
        for query in (
            Query(("packets_median",), every=HOUR),
            Query(("flows",), by=("action",)),
        )
    ]
    sql = combined(asked)
    assert "histogram(CASE WHEN (question IN (0)) THEN packets END)" in sql
    assert "histogram(packets)" in combined([asked[0], asked[0]])


def hours(start: int, end: int) -> Window:
    return Window(DAY.start + start * HOUR, DAY.start + end * HOUR)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([(0, 24, False), (0, 24, True), (3, 20, False)], [(0, 24, [0, 1, 2])]),
        # Two days, and the same of the week before: what lies between is more again.
        ([(168, 216, False), (0, 48, False)], [(168, 216, [0]), (0, 48, [1])]),
        ([(24, 47, False), (0, 23, False), (24, 48, False)], [(0, 48, [0, 1, 2])]),
        # A minute costs as much as its day.
        ([(3, 4, False), (20, 21, False)], [(3, 21, [0, 1])]),
        # What is known of some days is known of no others.
        ([(0, 24, True), (0, 48, True)], [(0, 24, [0]), (0, 48, [1])]),
        ([(0, 24, True), (0, 48, False)], [(0, 24, [0]), (0, 48, [1])]),
        ([(1, 20, True), (3, 24, True), (2, 22, False)], [(1, 24, [0, 1, 2])]),
    ],
)
def test_ranges_are_read_once_and_never_more_than_by_themselves(
    asked: list[tuple[int, int, bool]], expected: list[tuple[int, int, list[int]]]
) -> None:
    windows = [(hours(start, end), is_known) for start, end, is_known in asked]
    scans = scans_of([(window, days_of(window) if known else None) for window, known in windows])
    found = [(scan.window, sorted(scan.members)) for scan in scans]
    wanted = [(hours(start, end), members) for start, end, members in expected]
    assert sorted(found, key=str) == sorted(wanted, key=str)


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
