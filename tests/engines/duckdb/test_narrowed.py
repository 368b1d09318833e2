"""Answers from records that meet a filter, kept by themselves, are those of all records."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import and_, not_, or_, select, table, true

from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import narrowed, settled
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.duckdb.file_parts import FileParts
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.duckdb.narrowed import NarrowedFiles
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.select import ConnectionQuery
from vpcflow_core.query.constructs import AllOf, Members
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.store import kept
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

HOUR = timedelta(hours=1)
FILTERS = (
    "address=10.20.1.0/24", "dstport=22,3389", "port=!443", "country=DE,US", "direction=inbound",
    "interface_id=\"it's \\ % $1 {} ' OR true --\", eni-*",
)  # fmt: skip
QUESTIONS = (
    Query(("flows", "bytes"), by=("srcaddr",), top=5),
    Query(("flows",), by=("dstaddr", "dstport"), where=(("action", "REJECT"),), top=5),
    Query(("flows", "sources"), by=("security_group_id",), top=5),
    Query(("bytes", "packets"), every=HOUR, by=("direction",), place="spread"),
    Query(("flows",), every=HOUR, by=("interface_id",), top=3),
    Query(("flows", "packets_median"), by=("dst_name",), top=5),
    Query(("records",), by=("log_status",), records=True),
)  # fmt: skip


def filters_of(text: str) -> Filters:
    return Filters.parse([tuple(text.split("=", 1))])  # type: ignore[list-item]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Few records and large shares are enough, once it is called."""
    asked: dict[str, Any] = {
        "ENOUGH_RECORDS": 1,
        "ENOUGH_IN_A_FILE": 1,
        "LARGEST_SHARE": 1.0,
        "ASKED_BEFORE": 0,
    }
    return lambda: [monkeypatch.setattr(narrowed, *item) for item in asked.items()] and None


@pytest.fixture
def sampled(sample_store: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(sample_store, tmp_path / "store", ignore=shutil.ignore_patterns(kept.KEPT))
    with Store.open(tmp_path / "store") as opened:
        yield opened


def kept_files(store: Store) -> list[Path]:
    return sorted(kept.folder_of(Path(store.path)).glob("*.parquet"))


def last_day(store: Store) -> Window:
    extent = store.extent()
    assert extent
    return Window(extent.end - timedelta(days=1), extent.end)


@pytest.mark.slow
@pytest.mark.parametrize("text", FILTERS)
def test_answers_are_those_of_all_records(
    sampled: Store, narrow: Callable[[], None], text: str
) -> None:
    window, filters = last_day(sampled), filters_of(text)
    made = []
    for prepare in (lambda: None, narrow):
        prepare()
        logs = FlowLogs(sampled)
        frames = [logs.ask(query, window, filters).frame for query in QUESTIONS]
        frames.append(logs.ask_connections(ConnectionQuery(limit=5), window, filters).frame)
        frames.append(logs.once().ask(QUESTIONS[0], window, filters).frame)
        made.append(frames)
    for plain, found in zip(*made, strict=True):
        pd.testing.assert_frame_equal(plain, found)
    assert kept_files(sampled)


def test_what_is_kept_is_read_in_place_of_the_records(
    sampled: Store, narrow: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow()
    window, filters = last_day(sampled), filters_of("dstport=22")
    first = FlowLogs(sampled).ask(QUESTIONS[0], window, filters).frame
    written = {path: path.stat().st_mtime_ns for path in kept_files(sampled)}
    monkeypatch.setattr(FileParts, "_write", lambda *_: pytest.fail("written again"))
    more = FlowLogs(sampled).ask(QUESTIONS[1], window, filters).frame
    assert len(first)
    assert len(more)
    assert [path.stat().st_mtime_ns > written[path] for path in kept_files(sampled)].count(True)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 and no more")])
def test_a_kept_file_that_is_lost_costs_no_answer(
    sampled: Store, narrow: Callable[[], None], harm: Callable[[Path], Any]
) -> None:
    narrow()
    window, filters = last_day(sampled), filters_of("dstport=22")
    engine = DuckDBEngine(sampled)
    question = [select_for(query, window, filters, engine.columns()) for query in QUESTIONS[:2]]
    engine.run(question[0], window)
    expected = DuckDBEngine(sampled).run(question[1], window).frame
    read = NarrowedFiles.of

    def harmed(self: NarrowedFiles, *given: Any) -> Any:
        found = read(self, *given)
        for path in kept_files(sampled):
            harm(path)
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NarrowedFiles, "of", harmed)
        pd.testing.assert_frame_equal(engine.run(question[1], window).frame, expected)
    pd.testing.assert_frame_equal(DuckDBEngine(sampled).run(question[1], window).frame, expected)


def test_who_is_at_an_end_is_looked_up_among_all_records(
    sampled: Store, narrow: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    window, query = last_day(sampled), Query(("flows",), by=("dst_name",), top=50)
    expected = FlowLogs(sampled).ask(query, window).frame
    assert len(expected) > 5
    narrow()
    monkeypatch.setattr(settled, "LOOK_AFTER", 0)
    logs = FlowLogs(sampled)
    logs.ask(query, window, filters_of("dstport=22"))
    pd.testing.assert_frame_equal(logs.ask(query, window).frame, expected)


def test_large_shares_few_records_and_what_has_no_room_are_read_as_they_are(
    sampled: Store, narrow: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = last_day(sampled)

    def ask(text: str) -> None:
        FlowLogs(sampled).ask(QUESTIONS[0], window, filters_of(text))
        assert not kept_files(sampled)

    ask("dstport=22")
    narrow()
    for name, value in (("LARGEST", 10), ("ENOUGH_IN_A_FILE", 10**6), ("LARGEST_SHARE", 0.25)):
        with monkeypatch.context() as patched:
            patched.setattr(narrowed, name, value)
            ask("action=ACCEPT")


def test_what_is_asked_once_or_twice_is_not_kept(
    sampled: Store, narrow: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow()
    monkeypatch.setattr(narrowed, "ASKED_BEFORE", 2)
    window, filters, engine = last_day(sampled), filters_of("dstport=22"), DuckDBEngine(sampled)
    found = []
    for query in QUESTIONS[:3]:
        engine.run(select_for(query, window, filters, engine.columns()), window)
        found.append(bool(kept_files(sampled)))
    assert found == [False, False, True]


def test_a_filter_counts_where_every_use_of_the_relation_meets_it() -> None:
    flows = table("flows")
    columns = ("dstport", "action")
    one, two = conditions_of(filters_of("dstport=22") & filters_of("action=REJECT"), columns)
    port, action = "dstport = 22", "action = 'REJECT'"

    def meeting(*conditions: Any) -> Any:
        return select(column_of("bytes")).select_from(flows).where(AllOf(*conditions))

    def shared(question: Any) -> set[str]:
        return set(shared_filters(question, "flows"))

    assert shared(meeting(one, two)) == {port, action}
    assert shared(select(column_of("bytes")).select_from(flows).where(one)) == {port}
    assert shared(meeting(and_(true(), one, or_(one, two)))) == {port}
    assert shared(meeting(one).where(two)) == {port, action}
    assert shared(meeting(not_(one))) == shared(meeting(or_(one, two))) == set()
    # Somewhere else fewer conditions have to be met, or none.
    inner = meeting(one, two).cte("inner")
    assert shared(select(inner.c.bytes)) == {port, action}
    assert shared(meeting(one, column_of("bytes").in_(select(inner.c.bytes)))) == {port}
    assert shared(meeting(column_of("bytes").in_(select(inner.c.bytes)))) == set()
    twice = select(column_of("x")).select_from(flows.join(table("flows"), true())).where(one)
    assert shared(twice) == set()
    kept_rows = table("other").outerjoin(flows, true())
    assert shared(select(column_of("x")).select_from(kept_rows).where(one)) == set()
    assert shared(select(column_of("x")).select_from(flows.alias("f")).where(one)) == set()
    members = Members(flows, column_of("security_group_ids"), "security_group_id")
    assert shared(select(column_of("x")).select_from(members).where(one)) == {port}
    # What is known of records besides what they say is no condition on a file.
    known = conditions_of(filters_of("direction=inbound"), ("direction",))
    assert shared(meeting(one, *known)) == {port}
    assert shared_filters(meeting(one), "records") == {}
