"""FlowLogs stands on an Engine and a Catalogue alone: here on SQLite, without store or DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Select, StaticPool, create_engine
from sqlalchemy.ext.compiler import compiles

from vpcflow_core.api import FlowLogs
from vpcflow_core.coverage import Coverage
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.open import KINDS, open_engine
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.tables import Kind, frame_of
from vpcflow_core.query.constructs import TimeBucket
from vpcflow_core.query.result import QueryResult
from vpcflow_core.settings import Settings
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
RECORDS = pd.DataFrame(
    [
        ("10.0.0.1", "10.0.0.9", 443, "ACCEPT", 100, 1, START),
        ("10.0.0.1", "10.0.0.9", 22, "REJECT", 40, 1, START + timedelta(minutes=10)),
        ("10.0.0.2", "10.0.0.9", 443, "ACCEPT", 700, 3, START + timedelta(minutes=125)),
    ],
    columns=["srcaddr", "dstaddr", "dstport", "action", "bytes", "packets", "start_time"],
)


@compiles(TimeBucket, "sqlite")
def _bucket(element: TimeBucket, compiler: Any, **kw: Any) -> str:
    (column,) = element.clauses
    seconds = f"CAST(strftime('%s', {compiler.process(column, **kw)}) AS INTEGER)"
    return f"strftime('%Y-%m-%d %H:%M:%f000', {seconds} / {element.seconds} * {element.seconds}, 'unixepoch')"


class SmallCatalogue:
    """Knows the records and one source; there was never a snapshot."""

    closed = False

    def generation(self) -> int:
        return 7

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        return tuple(RECORDS.columns)

    def extent(
        self, relation: str = "flows", sources: Sequence[str] | None = None
    ) -> Window | None:
        return Window(
            RECORDS["start_time"].min(), RECORDS["start_time"].max() + timedelta(seconds=1)
        )

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        extent = self.extent()
        return Coverage(extent, extent and extent.end)

    def sources(self) -> list[SourceState]:
        return [SourceState("memory://", 1, 3, 0, 0, 0, 0, None, None, None, None, 0, "")]

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        return []

    def known(self, kind: Kind) -> pd.DataFrame:
        return frame_of(kind, []).assign(until=pd.Series(dtype="datetime64[us, UTC]"))

    def hidden_blocks(self) -> tuple[str, ...]:
        return ()

    def snapshots(self) -> list[Any]:
        return []

    def close(self) -> None:
        self.closed = True


class SQLiteEngine:
    """Answers SELECTs over the records; has heard of no snapshot and no copies."""

    def __init__(self, catalogue: SmallCatalogue) -> None:
        self.catalogue = catalogue
        self.database = create_engine("sqlite://", poolclass=StaticPool)
        plain = RECORDS.assign(start_time=RECORDS["start_time"].dt.tz_localize(None))
        plain.to_sql("flows", self.database, index=False)

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        return self.catalogue.columns(relation)

    def extent(self, relation: str = "flows", until: datetime | None = None) -> Window | None:
        return self.catalogue.extent(relation)

    def coverage(self) -> Coverage:
        return self.catalogue.coverage()

    def run(self, question: Select[Any], window: Window) -> QueryResult:
        with self.database.connect() as connection:
            frame = pd.read_sql(question, connection)
        times = frame.select_dtypes("datetime").columns
        return QueryResult(
            frame.assign(**{t: frame[t].dt.tz_localize("UTC") for t in times}),
            str(question.compile(self.database)),
            0.0,
        )

    def run_text(self, *args: Any, **kw: Any) -> QueryResult:
        raise NotImplementedError

    def only(self, sources: Sequence[str]) -> SQLiteEngine:
        return self

    def once(self) -> SQLiteEngine:
        return self

    def close(self) -> None:
        self.database.dispose()


@pytest.fixture
def small_logs() -> Iterator[FlowLogs]:
    catalogue = SmallCatalogue()
    with FlowLogs(engine=SQLiteEngine(catalogue), catalogue=catalogue) as made:
        yield made
    assert catalogue.closed


def test_another_engine_answers_a_top_list(small_logs: FlowLogs) -> None:
    found = small_logs.top("srcaddr", by="bytes")
    assert found.values.tolist() == [["10.0.0.2", 700, 1, 3], ["10.0.0.1", 140, 2, 2]]
    assert small_logs.where(action="REJECT").top("dstport")["dstport"].tolist() == [22]


def test_another_engine_answers_a_series_and_empty_buckets_are_zero(small_logs: FlowLogs) -> None:
    found = small_logs.series("bytes", every="1h")
    assert found["value"].tolist() == [140, 0, 700]
    assert found["bucket"].iloc[0] == START


def test_another_engine_answers_a_panel_with_its_figure(small_logs: FlowLogs) -> None:
    panel = small_logs.panel("overview/top-sources")
    assert panel.frame["srcaddr"].tolist() == ["10.0.0.2", "10.0.0.1"]
    assert panel.figure().data


def test_what_is_known_comes_from_the_catalogue(small_logs: FlowLogs) -> None:
    assert small_logs.catalogue.generation() == 7
    assert small_logs.store is None
    assert small_logs.names("vpc_id") == {}
    assert small_logs.known("vpcs").empty


def test_a_store_is_its_own_catalogue_and_duckdb_answers(tmp_path: Path) -> None:
    with FlowLogs(Store.open(tmp_path / "store")) as logs:
        assert logs.catalogue is logs.store
        assert isinstance(logs.engine, DuckDBEngine)


def test_the_limits_of_the_settings_reach_the_engine(tmp_path: Path) -> None:
    limits = Settings(memory_limit="1GB", query_timeout=timedelta(seconds=9))
    with Store.open(tmp_path / "store") as store:
        engine = open_engine(limits, store)
        assert isinstance(engine, DuckDBEngine)
        assert (engine.memory_limit, engine.timeout) == ("1GB", timedelta(seconds=9))
        engine.close()


def test_a_catalogue_that_no_engine_reads_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        ParameterError, match=r"reads the records of a SmallCatalogue\.\s+Engines: duckdb \(Store\)"
    ):
        open_engine(Settings(), SmallCatalogue())


def test_flow_logs_without_a_store_or_catalogue_are_refused_in_a_sentence() -> None:
    with pytest.raises(ParameterError, match="needs a store"):
        FlowLogs()


def test_every_kind_of_engine_has_a_folder_of_its_name() -> None:
    import vpcflow_core.engines

    (root,) = map(Path, vpcflow_core.engines.__path__)
    for kind in KINDS:
        assert (root / kind.name / "engine.py").is_file()
        assert (root / kind.name / "compile.py").is_file()
