"""The shared table has each object's records exactly once, whoever writes and whoever is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread

import boto3
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from tests.logs import fill
from tests.trino.objects import LOGS, write_objects
from vpcflow_core.cli.main import app
from vpcflow_core.errors import AccessError, SettingsError, VpcflowError
from vpcflow_core.lake import ledger, upkeep
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.lake.sync import sync
from vpcflow_core.lake.table import LakeTable
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.base import PART_COLUMN
from vpcflow_core.store.store import Store

pytestmark = pytest.mark.slow
OBJECTS = 12 * len(LOGS)
EACH = 20  # records of an object
ORDER = [(n, "ascending") for n in ("start_time", "srcaddr", PART_COLUMN, "flow_log_id", "dstport")]


@pytest.fixture(scope="module")
def lake_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_objects(tmp_path_factory.mktemp("lake-logs"))


def records(lake: LakeTable) -> pa.Table:
    lake.table.refresh()
    return lake.table.scan().to_arrow()


def test_every_record_of_a_store_is_in_the_table_once(lake_logs: Path, tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    first = sync(lake, open_source(str(lake_logs)))
    again = sync(lake, open_source(str(lake_logs)))
    assert (first.objects, first.skipped, again.objects, again.skipped) == (OBJECTS, 0, 0, OBJECTS)
    there = records(lake)
    assert len(there) == OBJECTS * EACH
    with Store.open(fill(tmp_path / "store", lake_logs)) as store:
        files = [str(f.path) for name in ("records", "transit_records") for f in store.files(name)]
        columns = {*store.columns("records"), *store.columns("transit_records")}
    assert set(there.column_names) == columns | {PART_COLUMN}
    names = ", ".join(sorted(columns))
    sql = f"SELECT {names} FROM {{}} ORDER BY ALL"
    here = f"read_parquet({files}, union_by_name = true)"
    assert duckdb.sql(sql.format("there")).fetchall() == duckdb.sql(sql.format(here)).fetchall()


def test_writers_at_the_same_time_add_each_object_once(lake_logs: Path, tmp_path: Path) -> None:
    def write(_: int) -> int:
        return sync(open_lake(str(tmp_path / "lake")), open_source(str(lake_logs))).records

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(records(open_lake(str(tmp_path / "lake")))) == OBJECTS * EACH


KILLED = """
import os, signal, sys
from pyiceberg.catalog.sql import SqlCatalog
from vpcflow_core.lake import sync as module
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.sources.open import open_source

commit, when, module.OBJECTS = SqlCatalog.commit_table, sys.argv[3], 30

def killed(*args):
    has_records = any(type(update).__name__ == "AddSnapshotUpdate" for update in args[3])
    if has_records and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    made = commit(*args)
    if has_records:
        os.kill(os.getpid(), signal.SIGKILL)
    return made

SqlCatalog.commit_table = killed
module.sync(open_lake(sys.argv[1]), open_source(sys.argv[2]))
"""


@pytest.mark.parametrize(("when", "landed"), [("before", 0), ("after", 30)])
def test_a_writer_that_is_killed_loses_and_doubles_nothing(
    lake_logs: Path, tmp_path: Path, when: str, landed: int
) -> None:
    place = str(tmp_path / "lake")
    command = [sys.executable, "-c", KILLED, place, str(lake_logs), when]
    assert subprocess.run(command, check=False).returncode == -9
    lake = open_lake(place)
    done = sync(lake, open_source(str(lake_logs)))
    assert (done.skipped, done.objects) == (landed, OBJECTS - landed)
    assert len(records(lake)) == OBJECTS * EACH


def test_columns_that_come_later_are_null_before(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    for name, columns, line in [("a", "version srcaddr start", "2 10.0.0.1 1793491200"),
                                ("b", "version srcaddr start vpc-id", "5 10.0.0.2 1793491300 vpc-1")]:  # fmt: skip
        (tmp_path / f"{name}.log").write_text(f"{columns}\n{line}\n")
        sync(lake, open_source(str(tmp_path / f"{name}.log")))
    rows = records(lake).sort_by("srcaddr").to_pydict()
    assert rows["vpc_id"] == [None, "vpc-1"]


def test_an_object_that_breaks_off_is_left_to_the_next_sync(
    lake_logs: Path, tmp_path: Path
) -> None:
    logs = Path(copytree(lake_logs, tmp_path / "logs"))
    broken = next(logs.rglob("*fl-0a01*.gz"))
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-20])
    lake = open_lake(str(tmp_path / "lake"))
    first = sync(lake, open_source(str(logs)))
    assert (first.objects, first.failed) == (OBJECTS - 1, 1)
    assert len(records(lake)) == (OBJECTS - 1) * EACH
    broken.write_bytes(whole)
    assert sync(lake, open_source(str(logs))).objects == 1
    assert len(records(lake)) == OBJECTS * EACH


def test_small_files_are_joined_and_what_no_snapshot_needs_is_swept(
    lake_logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vpcflow_core.lake.sync.OBJECTS", 6)
    monkeypatch.setattr(upkeep, "FEW", 1000)
    lake = open_lake(str(tmp_path / "lake"))
    sync(lake, open_source(str(lake_logs)))
    before = records(lake).sort_by(ORDER)
    many = len(list(lake.table.scan().plan_files()))
    monkeypatch.setattr(upkeep, "FEW", 2)
    days = {row["start_time"].date() for row in before.select(["start_time"]).to_pylist()}
    for part in pc.unique(before[PART_COLUMN]).to_pylist():
        for day in days:
            upkeep.compact(lake, part, day)
    lake.table.refresh()
    few = len(list(lake.table.scan().plan_files()))
    assert few == 4 * 2 < many  # parts, days
    after = records(lake).sort_by(ORDER)
    assert after.select(before.column_names).to_pylist() == before.to_pylist()

    def on_disk() -> int:
        return len(list((tmp_path / "lake" / "data").rglob("*.parquet")))

    assert on_disk() == many + few
    assert upkeep.sweep(lake, datetime.now(UTC) + timedelta(days=4)) < many
    assert on_disk() == many + few  # snapshots still name them
    later = datetime.now(UTC) + timedelta(days=4)
    upkeep.expire(lake, later)
    assert upkeep.sweep(lake, later) > many
    assert on_disk() == few
    assert sync(lake, open_source(str(lake_logs))).objects == 0
    assert len(records(lake)) == OBJECTS * EACH


def test_days_that_are_too_old_are_dropped(lake_logs: Path, tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    sync(lake, open_source(str(lake_logs)))
    lake.forget_before(datetime(2026, 11, 3, tzinfo=UTC).date())
    starts = records(lake)["start_time"]
    assert 0 < len(starts) < OBJECTS * EACH
    assert pc.min(starts).as_py() >= datetime(2026, 11, 3)


def test_the_ledger_has_few_files_however_many_commits(tmp_path: Path) -> None:
    from vpcflow_core.sources.base import LogObject

    lake = open_lake(str(tmp_path / "lake"))
    listed: list[ledger.Segment] = []
    objects = [LogObject(f"s3://bucket/{number}", 1) for number in range(60)]
    for found in objects:
        listed = ledger.grown(lake.table.io, lake.location, listed, [(found, 7)])
    assert len(listed) <= 6
    assert sum(segment.rows for segment in listed) == 60
    assert len(ledger.held(lake.table.io, listed, objects)) == 60
    assert not ledger.held(lake.table.io, listed, [LogObject("s3://bucket/60", 1)])


@pytest.fixture
def glue_place(aws: str) -> str:
    boto3.client("s3").create_bucket(Bucket="lake")
    return "s3://lake/flows"


def test_the_command_writes_to_s3_by_glue(lake_logs: Path, glue_place: str) -> None:
    def run() -> dict[str, int]:
        done = CliRunner().invoke(
            app, ["sync", str(lake_logs), "--into", glue_place, "--output", "json"]
        )
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)[0]  # type: ignore[no-any-return]

    assert (run()["objects"], run()["skipped"]) == (OBJECTS, OBJECTS)
    made = boto3.client("glue").get_table(DatabaseName="flowlogs", Name="records")["Table"]
    assert made["Parameters"]["table_type"] == "ICEBERG"
    assert len(records(open_lake(glue_place))) == OBJECTS * EACH


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--into", "gs://lake"], "'gs://lake' is no place for a table"),
        (["--into", "{0}/lake", "--store", "{0}/s"], "--into and --store contradict each other"),
    ],
)
def test_what_is_wrong_with_the_place_is_said(
    lake_logs: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    done = CliRunner().invoke(
        app, ["sync", str(lake_logs), *(word.format(tmp_path) for word in words)]
    )
    assert isinstance(done.exception, VpcflowError)
    assert sentence in str(done.exception)


def test_a_table_that_lies_elsewhere_is_not_taken_for_this_one(tmp_path: Path) -> None:
    catalog = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    open_lake(str(tmp_path / "one"), catalog)
    with pytest.raises(SettingsError, match="lies at file://"):
        open_lake(str(tmp_path / "two"), catalog)


def test_a_catalog_that_lacks_its_driver_or_refuses_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match="needs its Python driver") as lacking:
        open_lake(str(tmp_path), "postgresql://lake@127.0.0.1:9/lake")
    assert "psycopg" in str(lacking.value)
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(AccessError, match="no such token"):
            open_lake(str(tmp_path), f"http://127.0.0.1:{server.server_port}/")


class Refusing(BaseHTTPRequestHandler):
    """A catalog of REST that wants another token."""

    def do_GET(self) -> None:
        error = {"message": "no such token", "type": "NotAuthorizedException", "code": 401}
        self.send_response(401)
        self.end_headers()
        self.wfile.write(json.dumps({"error": error}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_events_of_a_log_group_are_refused(tmp_path: Path, aws: Callable[[], None]) -> None:
    group = open_source("cloudwatch://eu-west-1/flows")
    with pytest.raises(SettingsError, match="its events have no files"):
        sync(open_lake(str(tmp_path / "lake")), group)
