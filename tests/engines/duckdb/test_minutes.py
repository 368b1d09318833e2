"""What the minutes of a day answer is what the records answer, whatever is asked."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.query.logs import ADDRESSES, DAY, START, VERSION_2, NoLogs
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb import engine as engines
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.newest import Newest
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.minutes import fields_for
from vpcflow_core.query.question import Query
from vpcflow_core.ranges import Range
from vpcflow_core.sources.open import open_source
from vpcflow_core.store import kept
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
COLUMNS = (*VERSION_2, "flow_direction")
# Seconds from start to end: none, within a minute, whole minutes, an hour; backwards, and unknown.
LENGTHS = (0, 1, 17, 59, 60, 61, 599, 600, 1234, 3500, -40, None)
NEVER = 10**12


def any_record(rng: random.Random) -> dict[str, Any]:
    start = START + rng.randrange(3 * 86_400) * SECOND
    if rng.random() < 0.3:
        start = start.replace(second=0)
    lasts = rng.choice(LENGTHS)
    made = {
        "version": 2, "account_id": "0123", "interface_id": rng.choice(["eni-a", "eni-b"]),
        "srcaddr": rng.choice(ADDRESSES), "dstaddr": rng.choice(ADDRESSES), "srcport": 40000,
        "dstport": 443, "protocol": rng.choice([1, 6, 17]), "packets": rng.choice([0, 1, 7, None]),
        "bytes": rng.choice([None, 1, 1000, rng.randrange(2**50)]), "start_time": start,
        "end_time": None if lasts is None else start + lasts * SECOND,
        "action": rng.choice(["ACCEPT", "REJECT"]), "log_status": "OK",
        "flow_direction": rng.choice(["ingress", "egress", None]),
    }  # fmt: skip
    blank = {name for name in ("action", "protocol") if rng.random() < 1 / 8}
    return {name: None if name in blank else value for name, value in made.items()}


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    rng, logs = random.Random(11), NoLogs(tmp_path_factory.mktemp("minutes"))
    records = [any_record(rng) for _ in range(900)]
    for day in sorted({record["start_time"].date() for record in records}):
        logs.write("flows", COLUMNS, [r for r in records if r["start_time"].date() == day])
    engine = DuckDBEngine(logs, threads=2)
    yield engine
    engine.close()


@contextmanager
def from_minutes(enough: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "ENOUGH_FOR_MINUTES", enough)
        yield


def flows_of(engine: DuckDBEngine, window: Window) -> FlowLogs:
    return FlowLogs(engine=engine, catalogue=engine.store, range=Range(fixed=window))


def both(engine: DuckDBEngine, window: Window, query: Query, where: Filters) -> list[pd.DataFrame]:
    """The answer of the records, and that of the minutes, by an engine that keeps nothing yet."""
    frames = []
    for enough in (NEVER, -1):
        with from_minutes(enough):
            frames.append(
                flows_of(engine.over(engine.store), window).sparse(query, None, where).frame
            )
    return frames


instants = st.integers(0, 3 * 1440).map(lambda minute: START + minute * MINUTE)
windows = st.lists(instants, min_size=2, max_size=2, unique=True).map(lambda e: Window(*sorted(e)))
conditions = st.lists(
    st.sampled_from(
        [("action", "REJECT"), ("action", "!ACCEPT"), ("protocol", "6, 17"), ("protocol", "!1"),
         ("direction", "inbound"), ("direction", "!outbound")]
    ),
    max_size=2, unique=True,
)  # fmt: skip
fields = st.lists(st.sampled_from(["action", "protocol", "direction"]), max_size=3, unique=True)
measures = st.lists(
    st.sampled_from(["flows", "bytes", "packets", "accepted", "rejected"]),
    min_size=1, max_size=5, unique=True,
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Query:
    by, every = draw(fields), draw(st.sampled_from([None, 1, 5, 15, 60, 420, 1440]))
    return Query(
        tuple(draw(measures)),
        tuple(by),
        every and every * MINUTE,
        tuple(draw(conditions)),
        top=draw(st.sampled_from([None, 2])) if every is None else None,
        order=draw(st.sampled_from(["", "flows", "bytes"])),
        nulls=tuple(draw(st.lists(st.sampled_from(by), unique=True))) if by else (),
        place=draw(st.sampled_from(["start", "spread"])),
    )


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=questions(), window=windows, where=conditions)
def test_minutes_answer_what_the_records_answer(
    three_days: DuckDBEngine, query: Query, window: Window, where: list[tuple[str, str]]
) -> None:
    filters, columns = Filters.parse(where), three_days.columns()
    assert fields_for(query, window, filters, columns) is not None
    of_records, of_minutes = both(three_days, window, query, filters)
    # Sums that all happen to be whole are integers, and the last bits of a float may say so: those
    # of the largest share, beside which others may be of less than a byte.
    numbers = of_records.select_dtypes("number").astype("float64").abs()
    atol = max(1e-6, 4e-15 * float(numbers.max(axis=None))) if numbers.size else 1e-6
    pd.testing.assert_frame_equal(of_minutes, of_records, rtol=1e-9, atol=atol, check_dtype=False)


@pytest.mark.parametrize(
    "query",
    [
        Query(("sources",), every=MINUTE),
        Query(("duration",), every=HOUR),
        Query(("flows",), by=("dstport",)),
        Query(("flows",), every=HOUR, where=(("interface_id", "eni-a"),)),
        Query(("flows",), every=30 * SECOND),
        Query(("flows",), every=HOUR, by=("action",), top=1),
        Query(("records",), by=("log_status",), records=True),
        Query(("flows",), by=("action",), least=(("flows", 2.0),)),
        Query(("flows",), order="sources"),
    ],
    ids=str,
)
def test_what_minutes_do_not_tell_is_asked_of_the_records(
    three_days: DuckDBEngine, query: Query
) -> None:
    window = Window(START, START + DAY)
    assert fields_for(query, window, NO_FILTERS, three_days.columns()) is None


def test_parts_of_minutes_are_asked_of_the_records(three_days: DuckDBEngine) -> None:
    window = Window(START + 30 * SECOND, START + DAY)
    columns = three_days.columns()
    assert fields_for(Query(("flows",)), window, NO_FILTERS, columns) is None
    assert fields_for(Query(("flows",), every=MINUTE), window, NO_FILTERS, columns) is not None


def test_a_day_is_read_once_for_all_questions(three_days: DuckDBEngine) -> None:
    engine = three_days.over(three_days.store)
    asked: list[Window] = []
    whole = engine._asked

    def noted(*args: Any) -> Any:
        asked.append(args[0].window)
        return whole(*args)

    shutil.rmtree(kept.folder_of(Path(engine.store.path)), ignore_errors=True)
    window = Window(START, START + 2 * DAY)
    with from_minutes(-1), pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_asked", noted)
        patch.setattr(engine._answers, "_parts", Newest(10))
        flows = flows_of(engine, window)
        for measure in ("flows", "bytes", "packets"):
            flows.ask(Query((measure,), every=MINUTE, by=("action",), place="spread"))
        flows.ask(Query(("rejected",)))
        assert len(asked) == 2


def test_what_is_made_ready_is_not_read_again(three_days: DuckDBEngine, tmp_path: Path) -> None:
    engine = three_days.over(three_days.store)
    patch = pytest.MonkeyPatch()
    with from_minutes(-1), patch.context() as changed:
        changed.setattr(engine._answers, "_parts", Newest(10_000_000))
        flows_of(engine, Window(START, START + DAY)).make_ready()
        changed.setattr(engine, "_asked", lambda *_: pytest.fail("asked again"))
        changed.setattr(engine._answers.days, "get", lambda _: pytest.fail("read again"))
        flows = flows_of(engine, Window(START, START + 3 * DAY))
        found = flows.ask(Query(("bytes",), every=HOUR, by=("direction",), place="spread"))
        assert found.frame["bytes"].sum() > 0


HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"


def write_lines(folder: Path, count: int) -> None:
    at = int(START.timestamp())
    lines = [
        f"2 eni-1 10.0.0.1 10.0.0.2 1 443 6 1 {n} {at + 60 * n} {at + 60 * n + 90} ACCEPT OK"
        for n in range(count)
    ]
    (folder / "a.log").write_text("\n".join([HEADER, *lines, ""]))


def test_what_a_sync_reads_again_is_counted_once_in_minutes_too(tmp_path: Path) -> None:
    """The file grows: its earlier records are replaced, and with them the minutes."""
    logs = tmp_path / "logs"
    logs.mkdir()
    query = Query(("flows", "bytes"), every=HOUR, place="spread")
    with Store.open(tmp_path / "store") as store, from_minutes(-1):
        for count in (100, 150):
            write_lines(logs, count)
            sync(store, open_source(str(logs)))
            flows = FlowLogs(store).between(START, START + DAY)
            frame = flows.ask(query).frame
            assert frame["flows"].sum() == count
            assert frame["bytes"].sum() == pytest.approx(sum(range(count)))
