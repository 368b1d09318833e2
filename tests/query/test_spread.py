"""Bytes and packets spread over the time of a record equal a plain loop over its seconds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.query.logs import DAY, START, VERSION_2, NoLogs
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.errors import ParameterError
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.place import placed
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window, floor_to

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NOON = START + timedelta(hours=12)
WINDOW = Window(NOON, NOON + timedelta(hours=2))
MEASURES = ("bytes", "packets")
# Seconds from start to end: none, within a slice, over many, an hour; backwards, and without end.
LENGTHS = (0, 0, 1, 17, 59, 60, 61, 599, 600, 1234, 3500, -40, None)


def record(start: datetime, lasts: int | None, **values: Any) -> dict[str, Any]:
    return {
        "version": 2, "account_id": "0123", "interface_id": "eni-a", "srcaddr": "10.0.0.1",
        "dstaddr": "10.0.0.2", "srcport": 40000, "dstport": 443, "protocol": 6, "packets": 10,
        "bytes": 1000, "start_time": start, "action": "ACCEPT", "log_status": "OK",
        "end_time": None if lasts is None else start + timedelta(seconds=lasts),
    } | values  # fmt: skip


def some(rng: random.Random) -> dict[str, Any]:
    start = NOON + timedelta(seconds=rng.randrange(-3600, 3 * 3600))
    return record(
        start,
        rng.choice(LENGTHS),
        interface_id=rng.choice(["eni-a", "eni-b", "eni-c"]),
        action=rng.choice(["ACCEPT", "REJECT"]),
        packets=rng.choice([0, 1, 7, None]),
        bytes=rng.randrange(2**40),
    )


class Written(NoLogs):
    """A store of these records; the day before has a file of its own."""

    def __init__(self, folder: Path, records: list[dict[str, Any]]) -> None:
        super().__init__(folder)
        for day in sorted({r["start_time"].date() for r in records}):
            of_day = [r for r in records if r["start_time"].date() == day]
            self.write("flows", VERSION_2, of_day)


@pytest.fixture(scope="module")
def long_records() -> list[dict[str, Any]]:
    rng = random.Random(4)
    return [some(rng) for _ in range(200)]


@pytest.fixture(scope="module")
def long_flows(
    tmp_path_factory: pytest.TempPathFactory, long_records: list[dict[str, Any]]
) -> Iterator[FlowLogs]:
    with asked(tmp_path_factory.mktemp("spread"), long_records) as made:
        yield made


def asked(folder: Path, records: list[dict[str, Any]], window: Window = WINDOW) -> FlowLogs:
    logs = Written(folder, records)
    engine = DuckDBEngine(logs, threads=2)
    return FlowLogs(engine=engine, catalogue=logs, range=Range(fixed=window))


def by_seconds(
    records: list[dict[str, Any]], measure: str, every: timedelta, window: Window
) -> dict[datetime, float]:
    """The measure of each slice, second by second."""
    found: dict[datetime, float] = defaultdict(float)
    for row in records:
        start = row["start_time"]
        end = row["end_time"] or start
        minutes = start.second == end.second == 0 and start != end
        seconds = int((end - start).total_seconds()) + (0 if minutes else 1)
        for second in range(max(seconds, 1)):
            at = start + second * SECOND
            if window.start <= at < window.end:
                bucket = floor_to(at, every)
                found[bucket] += (row[measure] or 0) / max(seconds, 1)
    return found


@pytest.mark.parametrize("seconds", [7, 60, 300, 3600, 7200])
def test_each_slice_has_its_share_of_every_record(
    long_flows: FlowLogs, long_records: list[dict[str, Any]], seconds: int
) -> None:
    every = timedelta(seconds=seconds)
    window = WINDOW.snapped(every)
    query = Query(MEASURES, every=every, place="spread")
    frame = long_flows.ask(query).frame.set_index("bucket")
    for measure in MEASURES:
        expected = by_seconds(long_records, measure, every, window)
        got = frame[measure].to_dict()
        assert got == pytest.approx({at: expected.get(at, 0.0) for at in got}, rel=1e-9)


def test_a_record_of_many_hours_reaches_into_a_late_window(tmp_path: Path) -> None:
    """One of ten hours, and one that says it lasted for weeks, which a clock must have made up."""
    start = int(START.timestamp())
    lines = [f"1 eni-1 10.0.0.1 10.0.0.2 {start} {start + 36_000} 36000"]
    lines += [f"1 eni-1 10.0.0.1 10.0.0.3 {start} {start + 36_000_00} 99"]
    head = "account-id interface-id srcaddr dstaddr start end bytes"
    (tmp_path / "a.log").write_text("\n".join([head, *lines, ""]))
    with FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store") as flows:
        asked = Query(("bytes",), every=HOUR, where=(("dstaddr", "10.0.0.2"),), place="spread")
        late = Window(START + 8 * HOUR, START + 12 * HOUR)
        assert flows.ask(asked, late).frame["bytes"].tolist() == [3600, 3600, 0, 0]
        assert flows.coverage.reaching(late) == Window(START, START + 13 * HOUR)


def test_groups_filters_and_conditions_narrow_what_is_spread(
    long_flows: FlowLogs, long_records: list[dict[str, Any]]
) -> None:
    query = Query(
        ("bytes",), by=("interface_id",), every=MINUTE, where=(("action", "REJECT"),),
        place="spread",
    )  # fmt: skip
    frame = long_flows.ask(query, filters=Filters.parse({"interface_id": "eni-a,eni-b"})).frame
    assert set(frame["interface_id"]) == {"eni-a", "eni-b"}
    for name, rows in frame.groupby("interface_id"):
        mine = [r for r in long_records if (r["interface_id"], r["action"]) == (name, "REJECT")]
        expected = by_seconds(mine, "bytes", MINUTE, WINDOW)
        values = dict(zip(rows["bucket"], rows["bytes"], strict=True))
        assert values == pytest.approx({at: expected.get(at, 0.0) for at in values}, rel=1e-9)


def test_the_busiest_groups_alone_are_spread(long_flows: FlowLogs) -> None:
    query = Query(("bytes",), by=("interface_id",), every=MINUTE, top=2, place="spread")
    top = long_flows.top("interface_id", by="bytes", n=2)["interface_id"]
    assert set(long_flows.ask(query).frame["interface_id"]) == set(top)


def test_slices_of_the_whole_range_add_up_to_all_bytes(
    long_flows: FlowLogs, long_records: list[dict[str, Any]]
) -> None:
    query = Query(MEASURES, every=MINUTE, place="spread")
    frame = long_flows.ask(query, Window(START, START + DAY)).frame
    for measure in MEASURES:
        total = sum(row[measure] or 0 for row in long_records)
        assert frame[measure].sum() == pytest.approx(total, rel=1e-9)


def test_what_is_counted_stands_at_the_start_beside_bytes_that_are_spread(
    long_flows: FlowLogs,
) -> None:
    names = ("flows", "bytes", "sources", "packets_median", "first")
    query = Query(names, by=("action",), every=MINUTE, place="spread")
    both, at_start = (
        long_flows.ask(query).frame,
        long_flows.ask(replace(query, place="start")).frame,
    )
    alone = long_flows.ask(replace(query, measures=("bytes",))).frame
    assert list(both) == ["bucket", "action", *names]
    still = ["bucket", "action", *(name for name in names if name != "bytes")]
    order = ["bucket", "action"]
    pd.testing.assert_frame_equal(
        both[still].sort_values(order, ignore_index=True),
        at_start[still].sort_values(order, ignore_index=True),
    )
    pd.testing.assert_series_equal(
        both.sort_values(order, ignore_index=True)["bytes"],
        alone.sort_values(order, ignore_index=True)["bytes"],
    )


def test_a_total_without_slices_counts_records_that_start_in_the_window(
    long_flows: FlowLogs,
) -> None:
    plain, spread = (
        long_flows.ask(Query(("bytes",), place=place)) for place in ("start", "spread")
    )
    assert spread.frame.equals(plain.frame)
    assert spread.sql == plain.sql


def test_a_record_of_one_slice_stays_whole(tmp_path: Path) -> None:
    rows = [record(NOON, 59, bytes=2**40 + 1), record(NOON + MINUTE, 0, bytes=7)]
    with asked(tmp_path, rows) as logs:
        frame = logs.ask(Query(("bytes",), every=MINUTE, place="spread")).frame
    assert frame["bytes"].head(3).tolist() == [2**40 + 1, 7, 0]


def test_a_record_of_whole_minutes_ends_where_the_next_one_begins(tmp_path: Path) -> None:
    rows = [record(NOON + n * MINUTE, 60, bytes=7) for n in range(3)]
    rows += [record(NOON + 10 * MINUTE, 600, bytes=600)]
    with asked(tmp_path, rows) as logs:
        frame = logs.ask(Query(("bytes",), every=MINUTE, place="spread")).frame
    assert frame["bytes"].tolist() == [7, 7, 7, *[0] * 7, *[60] * 10, *[0] * 100]


def test_a_record_of_decades_fills_the_window_and_no_more(tmp_path: Path) -> None:
    rows = [record(NOON, 10**9 - 1, bytes=10**9)]
    with asked(tmp_path, rows) as logs:
        frame = logs.ask(Query(("bytes",), every=MINUTE, place="spread")).frame
    assert len(frame) == 120
    assert frame["bytes"].tolist() == pytest.approx([60.0] * 120)


def test_nodata_has_no_bytes_to_spread(tmp_path: Path) -> None:
    logs = Written(tmp_path, [record(NOON, 599, bytes=600)])
    logs.write("quiet", VERSION_2, [record(NOON, 599, bytes=9**9, log_status="NODATA")])
    with FlowLogs(
        engine=DuckDBEngine(logs, threads=2), catalogue=logs, range=Range(fixed=WINDOW)
    ) as flows:
        query = Query(("records", "bytes"), every=MINUTE, records=True, place="spread")
        frame = flows.ask(query).frame
    assert frame["records"].tolist() == [2, *[0] * 119]
    assert frame["bytes"].head(11).tolist() == pytest.approx([*[60.0] * 10, 0.0])


def test_a_question_of_both_kinds_is_two_selects(long_flows: FlowLogs) -> None:
    query = Query(("flows", "bytes"), by=("action",), every=MINUTE, top=3, place="spread")
    with pytest.raises(ParameterError, match="'flows' cannot be spread"):
        select_for(query, WINDOW, NO_FILTERS, long_flows.engine.columns())
    spread, rest = placed(query)
    assert (spread.measures, spread.order, spread.place) == (("bytes",), "flows", "spread")
    assert (rest.measures, rest.order, rest.place) == (("flows",), "flows", "start")
