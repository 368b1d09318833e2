"""Every question that a panel asks is written in Trino's words too, with SQLAlchemy's own dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlalchemy import Select, select
from trino.sqlalchemy.dialect import TrinoDialect

import vpcflow_core.engines.duckdb.compile
import vpcflow_core.engines.trino.compile  # noqa: F401  (both register their words)
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.base import Engine
from vpcflow_core.fields import FIELDS
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.constructs import (
    CONSTRUCTS,
    AddressIn,
    OneOf,
    Quantile,
    SecondsBetween,
    TimeBucket,
)
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.ends import ENDS
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.query.place import placed
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import select_for
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

DIALECT = TrinoDialect()
START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
# Every kind of term, plain and negated, on single values and on lists.
FILTERS = {
    "none": NO_FILTERS,
    "addresses": Filters.parse(
        {"srcaddr": "10.0.0.0/12", "dstaddr": "!192.0.2.1,2001:db8::/33,::/0,0.0.0.0/0,2001:DB8::1"}
    ),
    "countries": Filters.parse({"srcaddr": "!country:US"}),
    "numbers": Filters.parse({"dstport": "443,https,1024-65535,!80*", "protocol": "tcp"}),
    "words": Filters.parse({"action": "REJECT", "interface_id": 'eni-0*,"it\'s",!-'}),
    "lists": Filters.parse({"security_group_id": "sg-0*,sg-1,!-", "direction": "inbound"}),
}
# Leaves most records in, so that panels go on to ask the questions that they derive from answers;
# tests/trino asks every panel without any.
MOST = Filters.parse(
    {"dstaddr": "!country:KP,2001:db8::/33", "security_group_id": "!sg-none*", "dstport": "!80*"}
)
# All words before a bracket that Trino knows; any other one is some other engine's.
FUNCTIONS = {
    "abs", "any_match", "array_sort", "avg", "bitwise_and", "bitwise_right_shift", "cardinality", "cast", "ceiling",
    "coalesce", "concat_ws", "contains", "count", "date_add", "date_diff", "date_trunc", "element_at", "floor", "from_big_endian_64", "greatest", "histogram", "if",
    "least", "length", "lower", "map_entries", "max", "min", "nullif", "reduce", "reverse", "row", "row_number", "sequence", "split",
    "split_part", "starts_with", "strpos", "substr", "sum", "to_utf8", "transform", "try_cast", "unnest", "xxhash64",
}  # fmt: skip
KEYWORDS = {"and", "as", "by", "distinct", "filter", "from", "in", "not", "on", "or", "where",
            "when", "then", "array", "over", "else", "decimal", "members_of_security_group_id",
            "slices", "t", "select", "join", "sides", "values", "fields"}  # fmt: skip


class Recording:
    """An engine that keeps the questions it passes on."""

    def __init__(self, engine: Engine, questions: list[Select[Any]]) -> None:
        self.engine, self.questions = engine, questions
        self.columns, self.extent, self.close = engine.columns, engine.extent, engine.close
        self.coverage = engine.coverage

    def run(self, question: Select[Any], window: Window) -> QueryResult:
        self.questions.append(question)
        return self.engine.run(question, window)

    def only(self, sources: Sequence[str]) -> Recording:
        return Recording(self.engine.only(sources), self.questions)

    def once(self) -> Recording:
        return Recording(self.engine.once(), self.questions)


@pytest.fixture(scope="module")
def opened_sample(sample_store: Path) -> Iterator[Store]:
    with Store.open(sample_store) as made:
        yield made


@pytest.fixture(scope="module")
def recorded(opened_sample: Store) -> Iterator[tuple[FlowLogs, list[Select[Any]]]]:
    questions: list[Select[Any]] = []
    plain = FlowLogs(opened_sample)
    yield FlowLogs(opened_sample, engine=Recording(plain.engine, questions)), questions
    plain.engine.close()


def written(question: Any, **options: bool) -> str:
    return str(question.compile(dialect=DIALECT, compile_kwargs=options))


def assert_trino(question: Any) -> None:
    """Every check of a question that needs no Trino."""
    assert_words_of_trino(written(question, literal_binds=True))
    bound = written(question, render_postcompile=True)
    grouped = re.findall(
        r"GROUP BY(.*?)(?:HAVING|ORDER BY|LIMIT|\), \n|\)\s*SELECT|$)", bound, re.DOTALL
    )
    # Two `?` are never the same expression to Trino.
    assert not any("?" in group for group in grouped), bound


@cache  # panels ask many equal questions
def assert_words_of_trino(sql: str) -> None:
    bare = re.sub(r"'(?:[^']|'')*'|/\*.*?\*/", "''", sql)
    used = {word.lower() for word in re.findall(r"(\w+)\s*\(", bare)}
    assert used <= FUNCTIONS | KEYWORDS, used - FUNCTIONS - KEYWORDS
    # Casts, lists, lambdas, intervals and joins as DuckDB alone has them; `h[1]` is a field of a row.
    assert not re.search(
        r"::|\$\d|INTERVAL(?! '' SECOND)|lambda|(?<!ARRAY)(?<![eh])\[|ANTI|QUALIFY", bare
    ), bare
    # Trino refuses unnest among the columns of a SELECT.
    for before in re.split(r"\bunnest\(", bare, flags=re.IGNORECASE)[:-1]:
        assert before.endswith(("JOIN ", "FROM ")), bare
    # Its contains() is for lists; for texts there is strpos.
    assert not re.search(r"\bcontains\((?!security_group_ids)", bare), bare
    sqlglot.parse_one(sql, read="trino", error_level=sqlglot.ErrorLevel.RAISE)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT quantile_cont(packets, 0.5) FROM flows",
        "SELECT time_bucket(INTERVAL '60 seconds', start_time) FROM flows",
        "SELECT srcaddr FROM flows WHERE list_contains(security_group_ids, 'sg-1')",
        "SELECT srcaddr FROM flows WHERE contains(srcaddr, ':')",
        "SELECT srcaddr FROM flows WHERE starts_with(address_hex(srcaddr), '2001')",
        "SELECT * FROM (SELECT *, unnest(security_group_ids) AS m FROM flows)",
        "SELECT srcaddr FROM flows WHERE srcaddr IN (SELECT unnest($1))",
        "SELECT srcaddr FROM flows WHERE len(security_group_ids) = 0",
        "SELECT bytes::BIGINT FROM flows",
        "SELECT ['a', 'b'] FROM flows",
        "SELECT srcaddr FROM flows ANTI JOIN known USING (srcaddr)",
        "SELECT srcaddr FROM flows WHERE",
    ],
)
def test_the_check_refuses_words_that_trino_lacks(sql: str) -> None:
    with pytest.raises((AssertionError, sqlglot.ParseError)):
        assert_words_of_trino(sql)


# The sample lacks their fields; tests/panels/test_ways.py has logs with them.
ELSEWHERE = {"traffic/next-hops", "traffic/transit-loss"}


@pytest.mark.slow
@pytest.mark.parametrize("slug", [slug for slug in PANELS if slug not in ELSEWHERE])
def test_every_question_of_a_panel_compiles_for_trino(
    recorded: tuple[FlowLogs, list[Select[Any]]], slug: str
) -> None:
    logs, questions = recorded
    panel, extent = PANELS[slug], logs.extent
    assert extent is not None
    window = Window(extent.end - timedelta(hours=2), extent.end)
    questions.clear()
    panel.answer(panel.request(window, MOST), replace(logs))  # which share no bill
    assert questions
    for question in questions:
        assert_trino(question)


@pytest.mark.slow
def test_every_list_of_records_compiles_for_trino(
    recorded: tuple[FlowLogs, list[Select[Any]]],
) -> None:
    logs, questions = recorded
    questions.clear()
    for filters in FILTERS.values():
        for status in (False, True):
            logs.last("1h").records(filters=filters, status=status, limit=5)
    assert len(questions) > 2 * len(FILTERS)
    for question in questions:
        assert_trino(question)


@pytest.mark.parametrize("name", DIMENSIONS)
def test_groups_by_every_dimension_compile_for_trino(opened_sample: Store, name: str) -> None:
    columns = (*(field.name for field in FIELDS), *opened_sample.columns("records"), *ENDS)
    top = Query(("bytes",), by=(name,), top=5)
    over_time = replace(top, every=timedelta(minutes=5), nulls=(name,))
    for query in (top, over_time, replace(over_time, place="spread")):
        assert_trino(select_for(query, DAY, FILTERS["numbers"], columns))


@pytest.mark.parametrize("measure", [name for name, of in MEASURES.items() if not of.total])
def test_every_measure_compiles_for_trino(opened_sample: Store, measure: str) -> None:
    columns = opened_sample.columns("records")
    for records in (False, True):
        query = Query((measure,), by=("srcaddr",), top=5, every=timedelta(hours=1), records=records)
        for part in (query, *placed(replace(query, place="spread"))):
            assert_trino(select_for(part, DAY, NO_FILTERS, columns))


def test_shares_of_records_are_summed_as_floats(opened_sample: Store) -> None:
    query = Query(("bytes",), every=timedelta(minutes=5), place="spread")
    sql = written(select_for(query, DAY, NO_FILTERS, opened_sample.columns("flows")))
    assert "sum(CAST(bytes AS DOUBLE) / " in sql
    assert "sum(CAST(bytes AS DECIMAL(38, 0)))" in sql  # the total stays whole
    shares = sql[sql.index("AS bytes, sum(CASE") :]
    assert "DECIMAL" not in shares


def test_no_engine_lacks_a_construct() -> None:
    for construct in CONSTRUCTS:
        assert {"duckdb", "trino"} <= set(construct._compiler_dispatcher.specs), construct


TIME, ADDRESS = column_of("start_time"), column_of("srcaddr")


@pytest.mark.parametrize(
    ("construct", "expected"),
    [
        (TimeBucket(TIME, timedelta(hours=1)), "date_trunc('hour', start_time)"),
        (
            TimeBucket(TIME, timedelta(minutes=5)),
            "date_add('second', date_diff('second', TIMESTAMP '1970-01-01 00:00:00', start_time)"
            " / 300 * 300, TIMESTAMP '1970-01-01 00:00:00')",
        ),
        (SecondsBetween(TIME, column_of("end_time")), "date_diff('second', start_time, end_time)"),
        (Quantile(column_of("packets"), 0.0), "CAST(min(packets) AS double)"),
        (Quantile(column_of("packets"), 1.0), "CAST(max(packets) AS double)"),
        (AddressIn(ADDRESS, ip_network("10.0.0.0/8")), "(starts_with(srcaddr, '10.'))"),
        (
            AddressIn(ADDRESS, ip_network("172.16.0.0/12")),
            "(starts_with(srcaddr, '172.') AND "
            "TRY_CAST(split_part(srcaddr, '.', 2) AS integer) BETWEEN 16 AND 31)",
        ),
        (AddressIn(ADDRESS, ip_network("10.1.2.3/32")), "(srcaddr = '10.1.2.3')"),
        (AddressIn(ADDRESS, ip_network("0.0.0.0/0")), "(strpos(srcaddr, ':') = 0)"),
        (AddressIn(ADDRESS, ip_network("::/0")), "(strpos(srcaddr, ':') > 0)"),
        (
            AddressIn(ADDRESS, ip_network("2001:db8::/33")),
            "(strpos(srcaddr, ':') > 0 AND TRY_CAST(srcaddr AS ipaddress) BETWEEN "
            "IPADDRESS '2001:db8::' AND IPADDRESS '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff')",
        ),
        (
            OneOf(ADDRESS, ["1.1.1.1", "8.8.8.8"], "country:US"),
            "srcaddr IN /* 2 of country:US */ "
            "(SELECT a FROM UNNEST(split('1.1.1.1 8.8.8.8', ' ')) AS t(a))",
        ),
    ],
)
def test_a_construct_is_written_as_it_ran_on_a_real_trino(construct: Any, expected: str) -> None:
    assert written(construct) == expected
    assert_trino(select(construct))
