"""What is new is what pandas finds new, whether parts of the days before are kept or not."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.query.logs import START, VERSION_2, NoLogs
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import answers
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DAYS = 4


def any_record(rng: random.Random) -> dict[str, Any]:
    start = START + rng.randrange(DAYS * 86_400) * SECOND
    made = {
        "version": 2, "account_id": "0123", "interface_id": rng.choice(["eni-a", "eni-b"]),
        "srcaddr": f"203.0.113.{int(rng.expovariate(1 / 40)) % 256}",
        "dstaddr": rng.choice([f"10.0.0.{host}" for host in range(30)] + [None]),
        "srcport": 40000, "dstport": int(rng.expovariate(1 / 9)), "packets": rng.choice([1, 7]),
        "protocol": rng.choice([1, 6, 6, 17, None]), "bytes": rng.randrange(2000),
        "start_time": start, "end_time": start + SECOND, "log_status": "OK",
        "action": rng.choice(["ACCEPT", "REJECT"]),
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def few_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[DuckDBEngine, pd.DataFrame]:
    rng, logs = random.Random(5), NoLogs(tmp_path_factory.mktemp("novelty"))
    records = [any_record(rng) for _ in range(1500)]
    for day in sorted({record["start_time"].date() for record in records}):
        logs.write("flows", VERSION_2, [r for r in records if r["start_time"].date() == day])
    return DuckDBEngine(logs, threads=2), pd.DataFrame(records)


def expected(
    records: pd.DataFrame, window: Window, before: Window, fields: list[str]
) -> tuple[pd.DataFrame, int]:
    """What is new and of how many groups, by pandas."""

    def within(span: Window) -> pd.DataFrame:
        found = records[(records["start_time"] >= span.start) & (records["start_time"] < span.end)]
        is_port = (found["dstport"] != 0) | found["protocol"].isin([6, 17])
        return found[is_port] if "dstport" in fields else found

    groups = within(window).groupby(fields)
    sums = groups.agg(bytes=("bytes", "sum"), flows=("bytes", "size")).reset_index()
    seen = set(within(before)[fields].itertuples(index=False, name=None))
    is_new = [group not in seen for group in sums[fields].itertuples(index=False, name=None)]
    order = ["bytes", *fields]
    made = sums[is_new].sort_values(order, ascending=[False, *[True] * len(fields)])
    return made.reset_index(drop=True), len(sums)


@pytest.mark.parametrize("enough", [10**12, -1], ids=["asked at once", "by parts"])
@pytest.mark.parametrize("fields", [["srcaddr"], ["dstaddr", "dstport"], ["protocol"]], ids=str)
@pytest.mark.parametrize("hours", [(72, 24, 72), (70, 5, 49), (30, 66, 30)], ids=str)
def test_what_is_new_is_what_pandas_finds_new(
    few_days: tuple[DuckDBEngine, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    hours: tuple[int, int, int],
    fields: list[str],
    enough: int,
) -> None:
    monkeypatch.setattr(answers, "MANY_RECORDS", enough)
    engine, records = few_days
    begins, lasts, back = (hour * HOUR for hour in hours)
    window = Window(START + begins, START + begins + lasts)
    before = Window(window.start - back, window.start)
    flows = FlowLogs(
        engine=engine.over(engine.store), catalogue=engine.store, range=Range(fixed=window)
    )
    answer = flows.ask_new(Query(("bytes", "flows"), by=tuple(fields), top=7), before)
    rows, groups = expected(records, window, before, fields)
    assert (answer.new, answer.groups) == (len(rows), groups)
    pd.testing.assert_frame_equal(
        answer.result.frame, rows[[*fields, "bytes", "flows"]].head(7), check_dtype=False
    )


def test_another_time_before_is_another_answer(
    few_days: tuple[DuckDBEngine, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MANY_RECORDS", -1)
    engine, _ = few_days
    window = Window(START + 3 * DAY, START + 4 * DAY)
    flows = FlowLogs(
        engine=engine.over(engine.store), catalogue=engine.store, range=Range(fixed=window)
    )
    query = Query(("flows",), by=("srcaddr",))
    new = [flows.ask_new(query, Window(START + d * DAY, window.start)).new for d in (0, 2)]
    assert new[0] < new[1]
    only = Filters.parse([("srcaddr", "203.0.113.0/26")])
    assert flows.ask_new(query, Window(START, window.start), None, only).new < new[0]


def test_parts_of_whole_days_alone_are_kept(
    few_days: tuple[DuckDBEngine, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MANY_RECORDS", -1)
    engine, _ = few_days
    window = Window(START + 3 * DAY, START + 3 * DAY + HOUR)
    flows = FlowLogs(
        engine=engine.over(engine.store), catalogue=engine.store, range=Range(fixed=window)
    )
    folder = Path(engine.store.path) / "kept"
    known = set(folder.iterdir()) if folder.is_dir() else set()
    query = Query(("packets",), by=("srcport", "dstaddr"))
    flows.ask_new(query, Window(START + 5 * HOUR, window.start))
    assert len(set(folder.iterdir()) - known) == 2
