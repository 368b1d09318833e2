"""What a check of Athena says before anything is asked: limits, tables, partitions, costs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.trino.look_alike import LookAlike, serving
from tests.trino.objects import START, write_objects
from vpcflow_core.checks import check_elsewhere
from vpcflow_core.engines.trino.athena import AthenaClient
from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.engines.trino.athena_tables import stored
from vpcflow_core.engines.trino.logs import trees_of
from vpcflow_core.engines.trino.tables import statements
from vpcflow_core.errors import VpcflowError
from vpcflow_core.sources.open import open_source

pytestmark = pytest.mark.slow
URL = "athena://AwsDataCatalog.flowlogs?workgroup=vpcflow&region=us-east-1"


def make_table(glue: Any, ddl: str) -> None:
    """Make the table in Glue that Athena makes of a statement of ours."""
    (name,) = re.findall(r"CREATE EXTERNAL TABLE flowlogs\.(\w+)", ddl)
    keys = re.findall(r"`(\w+)` string", ddl[ddl.index("PARTITIONED BY") : ddl.index("\nLOC")])
    text = "TextInputFormat" if "DELIMITED" in ddl else "MapredParquetInputFormat"
    glue.create_table(
        DatabaseName="flowlogs",
        TableInput={
            "Name": name,
            "StorageDescriptor": {"InputFormat": f"org.apache.hadoop.mapred.{text}"},
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "Parameters": dict(re.findall(r"'([^']+)'='((?:[^']|'')*)'", ddl)),
        },
    )


@pytest.fixture
def in_glue(aws: str, tmp_path: Path) -> dict[str, int]:
    """Objects in S3, and the tables of our own DDL in Glue; bytes of the first day by folder."""
    s3, glue = boto3.client("s3"), boto3.client("glue")
    s3.create_bucket(Bucket="central-logs")
    write_objects(tmp_path)
    sizes: dict[str, int] = {}
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            key = path.relative_to(tmp_path).as_posix()
            s3.put_object(Bucket="central-logs", Key=key, Body=path.read_bytes())
            if f"{START:%Y/%m/%d}" in key or f"{START:year=%Y/month=%m/day=%d}" in key:
                account = re.findall(r"\d{12}", key)[0]
                sizes[account] = sizes.get(account, 0) + path.stat().st_size
    glue.create_database(DatabaseInput={"Name": "flowlogs"})
    trees = trees_of(open_source("s3://central-logs/lake"), None)
    for ddl in statements(trees, "AwsDataCatalog.flowlogs", "athena"):
        if ddl.startswith("CREATE EXTERNAL TABLE"):
            make_table(glue, ddl)
    return sizes


def test_sizes_and_costs_are_those_of_the_day_before(in_glue: dict[str, int]) -> None:
    made = stored(AthenaLocation.parse(URL), date(2026, 11, 3))
    assert sum(table.size for table in made) == sum(in_glue.values()) > 0
    assert {table.form for table in made} == {"text", "Parquet"}
    for table in made:
        assert table.partitions[:2] == ("log_account", "log_region")
        assert table.day == START.date()
        # 10 MB at least are billed, at 5 USD a TB.
        assert table.cost == pytest.approx(0.00005)
    assert not any(table.size for table in stored(AthenaLocation.parse(URL), date(2026, 11, 1)))
    # An endpoint of Athena is none of Glue or S3.
    elsewhere = AthenaLocation.parse(f"{URL}&endpoint=http://127.0.0.1:9")
    assert stored(elsewhere, date(2026, 11, 3)) == made


def test_a_check_says_what_a_page_costs_before_anything_is_asked(
    in_glue: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("table_name", "column_name", "schema_name")
    like = LookAlike(lambda sql: ([(name, "varchar") for name in names], []))
    with serving(like) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", endpoint)
        found = list(check_elsewhere(URL))
    assert (found[0].part, found[0].found) == ("limit", "A query may scan 1.0 GB.")
    text = next(f.found for f in found if f.part == "tables" and f.found.startswith("text"))
    assert "a page of 9 questions" in text
    assert "by log_account, log_region, log_day" in text


def test_a_database_that_is_not_there_is_a_sentence(aws: str) -> None:
    client = AthenaClient(AthenaLocation.parse(URL))
    with pytest.raises(VpcflowError, match=r"Glue lacks what .*Database flowlogs not found"):
        client.stored()
