"""What an engine beyond this machine asks, says and refuses; the answers are a stand-in's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import sqlglot

from vpcflow_core.api import FlowLogs
from vpcflow_core.checks import check_elsewhere
from vpcflow_core.engines.base import StoredTable
from vpcflow_core.engines.open import KINDS, open_catalogue
from vpcflow_core.engines.trino.catalogue import TrinoCatalogue
from vpcflow_core.engines.trino.client import Reply, table_of
from vpcflow_core.engines.trino.engine import TrinoEngine
from vpcflow_core.engines.trino.location import REFRESH, Location
from vpcflow_core.engines.trino.minutes import COLUMNS as MINUTE_COLUMNS
from vpcflow_core.engines.trino.minutes import ddl
from vpcflow_core.engines.trino.relations import inlined
from vpcflow_core.errors import (
    AccessError,
    FailureError,
    MissingError,
    ParameterError,
    QueryError,
    SettingsError,
)
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.schemes import SCHEMES
from vpcflow_core.times import Window
from vpcflow_core.workspace.workspace import Workspace

URL = "trino://ann@data.example:8443/hive/logs"
START = datetime(2026, 11, 2, 10)
COLUMNS = (
    "interface_id", "srcaddr", "dstaddr", "bytes", "start_time", "end_time", "log_status",
    "flow_direction", "log_day",
)  # fmt: skip


class StandIn:
    """Keeps what it is asked, and answers what every schema says of itself."""

    longest, is_shared, wants_place = 100_000, False, False

    def __init__(self, columns: tuple[str, ...] = COLUMNS) -> None:
        self.asked: list[str] = []
        self.columns, self.closed = columns, False

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        self.asked.append(sql)
        if "information_schema" in sql:
            rows = [(table, name) for table in ("flows", "records") for name in self.columns]
            return Reply(table_of(("table_name", "column_name"), ("varchar",) * 2, rows))
        if "AS longest" in sql:
            row = (None, START, 7, START, START + timedelta(minutes=9), 60_000, 60_000, START, 2, 1)
            names = ("flow_log", "hour", "records", "first", "last", "longest", "reach", "until",
                     "nodata", "skipdata")  # fmt: skip
            kinds = ("varchar", "timestamp(3)", "bigint", "timestamp(3)", "timestamp(3)", "bigint",
                     "bigint", "timestamp(3)", "bigint", "bigint")  # fmt: skip
            return Reply(table_of(names, kinds, [row]))
        return Reply(table_of(("srcaddr", "flows"), ("varchar", "bigint"), [("10.0.0.1", 7)]))

    def close(self) -> None:
        self.closed = True


def logs(client: StandIn, **options: timedelta) -> FlowLogs:
    return FlowLogs(catalogue=TrinoCatalogue(client, URL, "hive", "logs", **options))


def test_an_address_of_a_trino_has_its_parts() -> None:
    assert Location.parse(URL) == Location("data.example", 8443, "ann", "hive", "logs", tls=True)
    plain = Location.parse("trino://ann@data.example/hive/logs?since=8d&refresh=1m")
    assert (plain.port, plain.tls, plain.since) == (8080, False, timedelta(days=8))
    assert (plain.refresh, Location.parse(URL).refresh) == (timedelta(minutes=1), REFRESH)
    assert Location.parse("trino://ann@[2001:db8::7]:81/hive/logs").url == (
        "trino://ann@[2001:db8::7]:81/hive/logs"
    )
    assert plain.shared
    assert not Location.parse("trino://ann@data.example/hive/logs?shared=false").shared


def test_a_password_means_an_encrypted_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_PASSWORD", "secret")
    assert Location.parse("trino://ann@data.example/hive/logs").tls
    assert Location.parse("trino://ann@data.example/hive/logs").port == 443


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("trino://ann@data.example/hive", "a host, a catalog and a schema"),
        ("trino:///hive/logs", "a host, a catalog and a schema"),
        ("trino://data.example:x/hive/logs", "no number"),
        ("trino://data.example/hive/logs?sinse=1d", "(?s)'sinse' is no parameter.*'since'"),
        ("trino://data.example:70000/hive/logs", "no number up to 65535"),
        ("trino://[::1/hive/logs", "its host is none"),
        ("trino://data.example/hive/logs?tls=maybe", "tls is true or false, not 'maybe'"),
        ("trino://data.example/hive/logs?tls", "tls has no value"),
        ("trino://data.example/hive/logs?since=0d", "since is no length of time"),
    ],
)
def test_a_wrong_address_is_refused_in_a_sentence(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        Location.parse(url)


def test_a_password_in_an_address_is_refused_and_not_quoted() -> None:
    for give in (open_catalogue, FlowLogs.open, open_source):
        with pytest.raises(SettingsError) as caught:
            give("trino://ann:hunter2@data.example/hive/logs")
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "trino://ann%3Ahunter2@data.example/hive/logs",
        "trino://ann@data.example/hive/logs?password=hunter2",
        "trino://ann@data.example/hive/logs#token=hunter2",
        "athena://c.d?endpoint=https%3A%2F%2Fann%3Ahunter2%40data.example",
        "athena://c.d?profile=AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_secrets_in_other_forms_are_refused_and_not_quoted_either(url: str) -> None:
    with pytest.raises(SettingsError, match="must not hold") as caught:
        open_source(url)
    assert "hunter2" not in str(caught.value)


def test_the_name_of_the_user_is_no_secret_but_a_key_is() -> None:
    assert open_source(URL).url == URL
    with pytest.raises(SettingsError):
        open_source("trino://AKIAIOSFODNN7EXAMPLE@data.example/hive/logs")


def test_flow_logs_open_at_a_trino_without_asking_it() -> None:
    with FlowLogs.open(URL) as opened:
        assert isinstance(opened.engine, TrinoEngine)
        assert opened.store is None


def test_every_engine_beyond_this_machine_is_a_source_too() -> None:
    named = {scheme for kind in KINDS for scheme in kind.schemes}
    assert named == {row.name for row in SCHEMES.values() if row.is_engine}


def test_nothing_is_synced_from_an_engine() -> None:
    with pytest.raises(SettingsError, match="nothing is synced"):
        open_source(URL).find(None)
    place = Workspace(Path("none"), {"lake": SourceSetting(url=URL)})
    assert place.engine_url == URL
    assert list(place.each_source()) == []


def test_an_engine_beside_other_sources_is_refused() -> None:
    both = {"lake": SourceSetting(url=URL), "prod": SourceSetting(url="s3://logs")}
    with pytest.raises(SettingsError, match="stands alone"):
        _ = Workspace(Path("none"), both).engine_url
    assert Workspace(Path("none"), {"prod": both["prod"]}).engine_url == ""


def test_a_question_reads_the_partitions_of_its_window_and_a_day_around() -> None:
    client = StandIn()
    logs(client).between("2026-11-02", "2026-11-03").top("srcaddr")
    asked = next(sql for sql in client.asked if "LIMIT 10" in sql)
    assert """r."log_day" BETWEEN '2026/11/01' AND '2026/11/04'""" in asked
    assert 'FROM "hive"."logs"."flows" r' in asked


def test_what_is_known_of_when_comes_from_one_scan() -> None:
    client = StandIn()
    flows = logs(client)
    assert flows.extent
    assert flows.extent.start == START.replace(tzinfo=UTC)
    assert len(client.asked) == 2
    (state,) = flows.catalogue.sources()
    assert (state.url, state.records, state.nodata, state.skipdata) == (URL, 7, 2, 1)
    assert flows.coverage.gaps == ()
    assert len(client.asked) == 2


def test_only_the_most_recent_time_is_looked_at_if_asked_for() -> None:
    client = StandIn()
    assert logs(client, since=timedelta(days=8)).extent
    assert "AND log_day >= '" in client.asked[-1]


def test_columns_of_partitions_are_none_of_the_logs() -> None:
    columns = logs(StandIn()).engine.columns()
    assert "log_day" not in columns
    assert "direction" in columns  # it follows from flow-direction


def test_another_source_is_refused_and_its_own_is_itself() -> None:
    engine = logs(StandIn()).engine
    assert engine.only([URL]) is engine
    with pytest.raises(ParameterError, match="no source"):
        engine.only(["s3://logs"])


@pytest.mark.parametrize("sql", ["DROP TABLE flows", "INSERT INTO flows SELECT 1", "CALL x()", ""])
def test_what_is_no_select_is_refused(sql: str) -> None:
    client = StandIn()
    with pytest.raises(QueryError, match="not one SELECT"):
        logs(client).sql(sql)
    assert not any("DROP" in asked for asked in client.asked)


def test_a_persons_select_sees_narrowed_relations_alone() -> None:
    client = StandIn()
    narrowed = logs(client).filtered(Filters.parse({"srcaddr": "10.0.0.0/8"}))
    narrowed.sql("WITH mine AS (SELECT * FROM flows) SELECT * FROM mine -- end")
    asked = client.asked[-1]
    assert asked.startswith("WITH known_interfaces AS (")
    assert "WHERE (starts_with(srcaddr, '10.'))" in asked
    assert asked.endswith("mine AS (SELECT * FROM flows) SELECT * FROM mine -- end")


def test_a_query_that_is_too_long_is_not_sent() -> None:
    client = StandIn()
    client.longest = 500
    with pytest.raises(FailureError, match="more than the 500"):
        logs(client).top("srcaddr")


def test_small_tables_travel_as_json_without_empty_columns() -> None:
    table = pa.table({
        "id": ["eni-1", "it's"],
        "own": pa.array([["10.0.0.1"], None], pa.list_(pa.string())),
        "octet": pa.array([None, None], pa.int32()),
        "since": pa.array([datetime(2026, 1, 1), None], pa.timestamp("us")),
    })  # fmt: skip
    sql = inlined(table)
    assert """'[["eni-1",["10.0.0.1"],"2026-01-01 00:00:00.000000"],["it''s",null,null]]'""" in sql
    assert "row(id varchar, own array(varchar), since varchar)" in sql
    assert "CAST(NULL AS integer) AS octet, CAST(since AS timestamp(6)) AS since" in sql


def test_answers_have_the_types_of_their_columns() -> None:
    kinds = ("bigint", "decimal(38,0)", "timestamp(3)", "array(varchar)", "json", "double")
    table = table_of("abcdef", kinds, [(1, "5", START, ["x"], {"k": 1}, None)])
    (row,) = table.to_pylist()
    assert row == {"a": 1, "b": 5, "c": START, "d": ["x"], "e": "{'k': 1}", "f": None}
    assert table_of(("a", "a"), ("bigint", "varchar"), []).num_rows == 0


def test_without_snapshots_nothing_is_known_of_the_network() -> None:
    known = logs(StandIn()).known("vpcs")
    assert isinstance(known, pd.DataFrame)
    assert known.empty
    assert {"until", "gone", "region"} <= set(known.columns)


def test_closing_lets_go_of_the_client() -> None:
    client = StandIn()
    logs(client).close()
    assert client.closed


def test_a_check_says_what_is_there_and_what_pages_will_miss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = StandIn()
    made = TrinoCatalogue(client, URL, "hive", "logs")
    monkeypatch.setattr("vpcflow_core.checks.elsewhere.open_catalogue", lambda url: made)
    found = {(finding.part, finding.state): finding for finding in check_elsewhere(URL)}
    assert "dstport" in found["fields", "warning"].found
    assert "7 records" in found["logs", "warning"].found
    assert client.closed


class Bare(StandIn):
    """A stand-in with schemas, but without tables in them."""

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        if "schemata" in sql:
            return Reply(table_of(("schema_name",), ("varchar",), [("logs",), ("raw",)]))
        return Reply(table_of(("table_name", "column_name"), ("varchar",) * 2, []))


@pytest.mark.parametrize(
    ("schema", "what", "next_step"),
    [
        ("logs", "no tables or views `flows` and `records` that the user may see", "SELECT on"),
        ("log", "there is no schema 'log' that the user may see", "Schemas there: logs, raw."),
    ],
)
def test_a_schema_that_is_not_there_is_told_from_one_without_tables(
    schema: str, what: str, next_step: str
) -> None:
    with pytest.raises(MissingError) as caught:
        TrinoCatalogue(Bare(), URL, "hive", schema).columns("flows")
    assert what in caught.value.what
    assert next_step in caught.value.next_step
    assert "vpcflow tables" in caught.value.next_step


class Refusing(StandIn):
    """A stand-in whose tables cost money; they are seen, but no right is given."""

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        if "AS longest" in sql:
            raise AccessError("No SELECT.")
        return super().run(sql, timeout, most)

    def limit(self) -> int | None:
        return 10**9

    def stored(self) -> list[StoredTable]:
        raise AccessError("No GetTables.")


def test_a_check_names_each_right_that_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = TrinoCatalogue(Refusing(), URL, "hive", "logs")
    monkeypatch.setattr("vpcflow_core.checks.elsewhere.open_catalogue", lambda url: made)
    failed = [(f.part, f.found) for f in check_elsewhere(URL) if f.state == "failed"]
    assert failed == [("tables", "No GetTables."), ("logs", "No SELECT.")]


def test_a_check_of_what_is_not_there_fails_in_a_sentence() -> None:
    (finding,) = check_elsewhere("trino://ann@127.0.0.1:1/hive/logs")
    assert finding.state == "failed"
    assert finding.found.endswith("cannot be reached: Connection refused.")


def test_the_table_of_minutes_is_made_in_the_words_of_trino_and_of_athena() -> None:
    made = TrinoCatalogue(StandIn(), URL, "ice", "logs")
    there = sqlglot.parse_one(ddl(made), dialect="trino")
    at_athena = sqlglot.parse_one(ddl(made, "s3://lake/it's"), dialect="athena")
    for parsed in (there, at_athena):
        names = [column.name for column in parsed.find_all(sqlglot.exp.ColumnDef)]
        assert names == list(MINUTE_COLUMNS)
    assert "LOCATION 's3://lake/it''s'" in ddl(made, "s3://lake/it's")


class SharedTable(StandIn):
    """A stand-in with one table of all records, whose newest snapshot can be set."""

    snapshot = 5

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        if "$refs" in sql:
            self.asked.append(sql)
            return Reply(table_of(("snapshot_id",), ("bigint",), [(self.snapshot,)]))
        return super().run(sql, timeout, most)


def test_answers_about_an_iceberg_table_hold_until_its_snapshot_is_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("vpcflow_core.engines.trino.catalogue.seconds", lambda: now)
    client = SharedTable((*COLUMNS[:-1], "log_part"))
    made = TrinoCatalogue(client, URL, "ice", "logs", refresh=timedelta(minutes=5))
    relation = made.relation("flows")
    assert relation
    assert "log_part IN ('flows')" in relation.name
    assert "log_part" not in relation.columns
    first = made.generation()
    now += 3600
    assert made.generation() == first
    asked = len(client.asked)
    assert made.generation() == first
    assert len(client.asked) == asked
    client.snapshot = 6
    now += 3600
    assert made.generation() > first


def test_a_question_is_not_asked_again_while_nothing_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("vpcflow_core.engines.trino.catalogue.seconds", lambda: now)
    client = StandIn()
    flows = logs(client)
    query = Query(("flows",), by=("srcaddr",), top=3)
    window = Window(START.replace(tzinfo=UTC), START.replace(hour=11, tzinfo=UTC))

    def counts() -> int:
        flows.ask(query, window)
        return sum("GROUP BY srcaddr" in sql for sql in client.asked)

    assert (counts(), counts()) == (1, 1)
    now += 3600
    assert counts() == 2
