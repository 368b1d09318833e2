"""The DDL for logs where they lie: learnt from their names and headers, for Trino and Athena."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlglot

from tests.trino.objects import LOGS, V5, write_objects
from vpcflow_core.engines.open import tables_for
from vpcflow_core.engines.trino.logs import Tree, trees_of
from vpcflow_core.engines.trino.tables import statements
from vpcflow_core.errors import EmptyError, ParameterError, SettingsError
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.s3.layout import describe, key_for

URL = "trino://ann@data.example/hive/lake"


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> list[Tree]:
    folder = write_objects(tmp_path_factory.mktemp("objects"))
    return trees_of(open_source(str(folder)), None)


def test_layouts_forms_and_services_are_trees_of_their_own(trees: list[Tree]) -> None:
    assert [(tree.layout, tree.is_parquet) for tree in trees] == [
        ("default", False), ("hive", False), ("hourly", False), ("default", True), ("hive-hourly", True),
    ]  # fmt: skip
    assert {log.id for tree in trees for log in tree.flow_logs} == {row[0] for row in LOGS}
    assert [log.id for tree in trees for log in tree.flow_logs if log.is_transit] == ["fl-0f01"]
    assert trees[0].first == date(2026, 11, 2)


def test_columns_of_a_line_follow_from_the_flow_log(trees: list[Tree]) -> None:
    made = "\n".join(statements(trees, "hive.lake", "trino"))
    assert (
        "nullif(CASE fl WHEN 'fl-0a01' THEN c4 WHEN 'fl-0a02' THEN "
        f"c{V5.index('srcaddr') + 1} WHEN 'fl-0a03' THEN c3 END, '-') AS \"srcaddr\"" in made
    )
    assert (
        "WHERE fl IN ('fl-0a01', 'fl-0a02', 'fl-0a03', 'fl-0a04')" in made
    )  # without the transit gateway's
    assert "c64 varchar" in made.replace('"', "")


def test_partitions_are_computed_in_every_layout(trees: list[Tree]) -> None:
    made = "\n".join(statements(trees, "hive.lake", "trino", first=date(2026, 1, 5)))
    assert "AWSLogs/${log_account}/vpcflowlogs/${log_region}/${log_day}/'" in made
    assert (
        "AWSLogs/aws-account-id=${log_account}/aws-service=vpcflowlogs/aws-region=${log_region}"
        "/${log_day_}/'" in made
    )
    assert "'''year=''yyyy''/month=''MM''/day=''dd''/hour=''HH'" in made
    assert "ARRAY['2026/01/05/00', 'NOW']" in made
    assert "ARRAY['year=2026/month=01/day=05', 'NOW']" in made


def test_views_are_the_relations_and_run_in_trino(trees: list[Tree]) -> None:
    made = statements(trees, "hive.lake", "trino")
    views = [sql for sql in made if sql.startswith("CREATE OR REPLACE VIEW")]
    names = [sql.split()[4] for sql in views]
    assert names == [
        f"hive.lake.{n}" for n in ("records", "flows", "transit_records", "transit_flows")
    ]
    for sql in views:
        sqlglot.parse_one(sql, read="trino", error_level=sqlglot.ErrorLevel.RAISE)


def test_traffic_of_flow_logs_without_log_status_is_what_says_something(trees: list[Tree]) -> None:
    flows = next(s for s in statements(trees, "hive.lake", "trino") if ".flows AS" in s)
    tests = flows.partition("WHERE ")[2]
    assert tests.startswith("(log_status = 'OK' OR flow_log_id IN ('fl-0a03') AND (srcaddr IS NOT")
    assert " OR flow_log_id IN ('fl-0a04')) AND start_time >=" in tests


def test_athena_has_hives_words_for_tables(trees: list[Tree]) -> None:
    made = statements(trees, "awsdatacatalog.lake", "athena")
    assert made[0] == "CREATE DATABASE IF NOT EXISTS lake"
    text = next(sql for sql in made if "ROW FORMAT" in sql)
    assert "CREATE EXTERNAL TABLE lake.logs_text_1 (\n  `c1` string," in text
    assert "PARTITIONED BY (`log_account` string, `log_region` string, `log_day` string)" in text
    assert "'projection.log_account.values'='111111111111'" in text
    assert "'projection.log_day.range'='2026/11/02,NOW'" in text
    assert "'skip.header.line.count'='1'" in text
    parquet = next(sql for sql in made if "STORED AS PARQUET" in sql)
    assert "`start` bigint,\n  `end` bigint" in parquet
    for sql in made:
        sqlglot.parse_one(sql, read="athena", error_level=sqlglot.ErrorLevel.RAISE)


@pytest.mark.parametrize("name", ["flow-logs", "2026", "select", "a'b"])
def test_schemas_may_have_any_name(trees: list[Tree], name: str) -> None:
    for flavour, dialect in (("trino", "trino"), ("athena", "athena")):
        for sql in statements(trees, f"hive.{name}", flavour):  # type: ignore[arg-type]
            parsed = sqlglot.parse_one(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
            tables = {table.db for table in parsed.find_all(sqlglot.exp.Table)} - {""}
            assert tables <= {name}, sql
            assert name in sql


def test_text_and_parquet_in_the_same_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    write_objects(tmp_path)
    text = next(tmp_path.rglob("*fl-0a01*"))
    facts = describe(str(text))
    assert facts
    key = key_for(
        account="555555555555",
        region="eu-west-1",
        flow_log_id="fl-0e02",
        time=facts.time,
        unique="b",
        prefix="lake/",
    )
    (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / key).write_bytes(text.read_bytes())
    with pytest.raises(SettingsError, match="Text and Parquet lie in the same folders"):
        trees_of(open_source(str(tmp_path)), None)


def test_a_folder_without_awss_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2 - - -\n")
    with pytest.raises(EmptyError, match="AWSLogs/ACCOUNT"):
        trees_of(open_source(str(tmp_path)), None)


def test_tables_are_made_at_an_engine_alone(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no engine"):
        tables_for("s3://logs", open_source(str(write_objects(tmp_path))))
    made, _ = tables_for(URL, open_source(str(tmp_path)))
    assert made[0] == "CREATE SCHEMA IF NOT EXISTS hive.lake"
