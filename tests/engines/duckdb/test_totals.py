"""The first pairs found by totals of single values are those of a plain question."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from tests.query.logs import DAY, START, VERSION_2, NoLogs
from vpcflow_core.engines import by_totals
from vpcflow_core.engines.asked import Asked
from vpcflow_core.engines.duckdb import answers
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.times import Window

WINDOW = Window(START, START + DAY)
QUERIES = (
    Query(("flows", "bytes"), by=("srcaddr", "dstport"), top=3),
    Query(("flows", "bytes"), by=("srcaddr", "dstport"), top=9, order="bytes"),
    Query(("packets",), by=("srcaddr", "dstaddr", "dstport"), where=(("action", "ACCEPT"),), top=4),
    Query(("rejected",), by=("srcaddr", "dstaddr"), top=4),
    Query(("flows",), by=("srcaddr", "srcport"), top=5, records=True),
)


def any_record(rng: random.Random) -> dict[str, Any]:
    """Few values have much, many are alike, some are missing; packets are often equal."""
    made = {
        "version": 2, "account_id": "0123", "interface_id": "eni-a",
        "srcaddr": rng.choice([f"203.0.113.{int(rng.expovariate(1 / 6)) % 256}"] * 9 + [None]),
        "dstaddr": f"10.0.0.{int(rng.expovariate(1 / 3)) % 256}",
        "srcport": rng.choice([443, rng.randrange(65536)]), "packets": rng.choice([1, 7, None]),
        "dstport": rng.choice([0, 22, 22, 443, 443, 443, rng.randrange(65536)]),
        "protocol": rng.choice([1, 6, 6, 17, None]), "bytes": rng.choice([40, 2**62]),
        "start_time": START, "end_time": START, "log_status": "OK",
        "action": rng.choice(["ACCEPT", "REJECT"]),
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def totalled(tmp_path_factory: pytest.TempPathFactory) -> DuckDBEngine:
    rng, logs = random.Random(5), NoLogs(tmp_path_factory.mktemp("totals"))
    # One of the first pairs is of values that come late among the totals.
    late = {"srcaddr": "203.0.113.200", "dstaddr": "10.0.0.77", "dstport": 8443, "protocol": 6}
    records = [any_record(rng) | (late if n % 15 == 0 else {}) for n in range(3000)]
    logs.write("flows", VERSION_2, records)
    return DuckDBEngine(logs, threads=2)


@pytest.mark.parametrize("tried", [1, 2])
@pytest.mark.parametrize("filters", ["", "srcaddr=203.0.113.0/29", "dstport=!22"])
def test_the_first_pairs_are_those_of_a_plain_question(
    totalled: DuckDBEngine, monkeypatch: pytest.MonkeyPatch, filters: str, tried: int
) -> None:
    monkeypatch.setattr(answers, "MANY_RECORDS", -1)
    monkeypatch.setattr(by_totals, "TRIED", tried)
    some = Filters.parse([(n, v) for n, _, v in [filters.partition("=")] if n])
    columns, found = totalled.columns(), 0
    for query in QUERIES:
        asked = Asked(query, some, columns, lambda *_: None)
        made = by_totals.run(totalled, asked, WINDOW)
        if made is None:
            continue
        found += 1
        plain = totalled.run(select_for(query, WINDOW, some, columns), WINDOW)
        pd.testing.assert_frame_equal(made.frame, plain.frame)
        assert made.sql == plain.sql
    assert found > 2


@pytest.mark.parametrize("query", [
    Query(("flows",), by=("srcaddr",), top=3),
    Query(("flows",), by=("srcaddr", "dstport")),
    Query(("sources",), by=("dstaddr", "dstport"), top=3),
    Query(("flows",), by=("srcaddr", "dstport"), top=3, order="bytes"),
    Query(("flows",), by=("srcaddr", "dstport"), top=3, nulls=("dstport",)),
    Query(("flows",), by=("srcaddr", "dstport"), top=3, least=(("bytes", 9),)),
    Query(("flows",), by=("srcaddr", "direction"), top=3),
    # Fewer pairs than are wanted, and more values with as much than are looked at.
    Query(("flows",), by=("dstaddr", "dstport"), where=(("dstaddr", "10.9.9.9"),), top=3),
    Query(("flows",), by=("srcaddr", "srcport"), where=(("srcport", "!443"),), top=3),
], ids=str)  # fmt: skip
def test_other_questions_are_asked_as_they_are(
    totalled: DuckDBEngine, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    monkeypatch.setattr(answers, "MANY_RECORDS", -1)
    asked = Asked(query, NO_FILTERS, totalled.columns(), lambda *_: None)
    assert by_totals.run(totalled, asked, WINDOW) is None


def test_few_records_are_asked_as_they_are(totalled: DuckDBEngine) -> None:
    asked = Asked(QUERIES[0], NO_FILTERS, totalled.columns(), lambda *_: None)
    assert by_totals.run(totalled, asked, WINDOW) is None
