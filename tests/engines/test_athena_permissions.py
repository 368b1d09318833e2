"""docs/engines.md grants what vpcflow calls in AWS, and nothing that neither it nor Athena needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from typer.testing import CliRunner

from tests.engines.test_athena_tables import make_table
from tests.test_docs import TEXTS, blocks_of
from tests.trino.look_alike import Answer, LookAlike, serving
from tests.trino.objects import START, write_objects
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.engines.trino.athena import AthenaClient
from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.errors import FailureError, ParameterError
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.lake.upkeep import keep_up
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.times import Window

pytestmark = pytest.mark.slow
PAGE = "docs/engines.md"
URL = "athena://AwsDataCatalog.flowlogs?workgroup=vpcflow&region=eu-central-1"
TESTS = "of-the-tests-themselves"
# What Athena does with the rights of whoever asks: AWS's guide of it lists these.
ATHENAS = {
    "glue:GetDatabase": "what a query names", "glue:GetDatabases": "information_schema",
    "glue:GetTable": "what a query names", "glue:GetPartitions": "tables whose partitions are kept",
    "s3:GetBucketLocation": "of the results", "s3:PutObject": "results",
    "s3:AbortMultipartUpload": "results", "s3:ListMultipartUploadParts": "results",
}  # fmt: skip
# Which right a request to S3 wants, by its method, whether it names a key, and its parameter.
OF_S3 = {
    ("GET", False, "location"): "s3:GetBucketLocation", ("GET", False, ""): "s3:ListBucket",
    ("HEAD", False, ""): "s3:ListBucket", ("POST", False, "delete"): "s3:DeleteObject",
    ("GET", True, ""): "s3:GetObject", ("HEAD", True, ""): "s3:GetObject",
    ("PUT", True, ""): "s3:PutObject", ("POST", True, ""): "s3:PutObject",
    ("DELETE", True, ""): "s3:DeleteObject", ("DELETE", True, "uploadId"): "s3:AbortMultipartUpload",
}  # fmt: skip
MARKED = ("location", "delete", "uploadId")
ACCOUNT = "eu-central-1:123456789012"
COLUMNS = ("start_time", "end_time", "action", "protocol", "bytes", "packets", "srcaddr")
TIME, NUMBER = ("timestamp(3)", START.replace(tzinfo=None)), ("bigint", 1)
# What the log has of an hour.
HOUR = {"flow_log": ("varchar", "fl-1"), "hour": TIME, "records": NUMBER, "first": TIME, "last": TIME,
        "longest": NUMBER, "reach": NUMBER, "until": TIME, "nodata": NUMBER, "skipdata": NUMBER}  # fmt: skip


@dataclass
class Called:
    """The rights that requests wanted, each with the resource."""

    rights: set[tuple[str, str]] = field(default_factory=set)

    @property
    def actions(self) -> set[str]:
        return {action for action, _ in self.rights}

    def note(self, request: dict[str, Any]) -> None:
        """Note a request to moto's server, unless a test made it itself."""
        signed = re.search(r"/([a-z0-9-]+)/aws4_request", request.get("HTTP_AUTHORIZATION", ""))
        if signed is None or TESTS in request.get("HTTP_USER_AGENT", ""):
            return
        if signed[1] == "glue":
            action = request["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
            self.rights.add((f"glue:{action}", f"arn:aws:glue:{ACCOUNT}:database/flowlogs"))
        elif signed[1] == "s3":
            asked = parse_qs(request["QUERY_STRING"], keep_blank_values=True)
            mark = next((name for name in MARKED if name in asked), "")
            bucket, _, key = request["PATH_INFO"].strip("/").partition("/")
            how = (request["REQUEST_METHOD"], bool(key), mark)
            if how[0] in ("PUT", "POST") and key:
                how = (how[0], True, "")  # a part of an upload, or its beginning or end
            self.rights.add((OF_S3[how], f"arn:aws:s3:::{bucket}{f'/{key}' if key else ''}"))
        else:
            self.rights.add((f"{signed[1]}:?", request["PATH_INFO"]))


@pytest.fixture
def called(aws: str, monkeypatch: pytest.MonkeyPatch) -> Called:
    called, respond = Called(), DomainDispatcherApplication.__call__

    def noting(self: Any, request: dict[str, Any], start: Any) -> Any:
        called.note(request)
        return respond(self, request, start)

    monkeypatch.setattr(DomainDispatcherApplication, "__call__", noting)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return called


def client(service: str) -> Any:
    return boto3.client(service, config=Config(user_agent_extra=TESTS))


@pytest.fixture
def logs_at_athena(
    called: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LookAlike]:
    """Logs in S3, and an Athena that makes tables in Glue and has one record."""
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    client("s3").create_bucket(Bucket="central-logs", **where)
    write_objects(tmp_path)
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            key = path.relative_to(tmp_path).as_posix().replace("lake/", "prod/", 1)
            client("s3").put_object(Bucket="central-logs", Key=key, Body=path.read_bytes())
    client("glue").create_database(DatabaseInput={"Name": "flowlogs"})

    def answer(sql: str) -> Answer:
        if sql.startswith("CREATE EXTERNAL"):
            make_table(client("glue"), sql)
        if "information_schema.columns" in sql:
            rows = [[table, name] for table in ("flows", "records") for name in COLUMNS]
            return [("table_name", "varchar"), ("column_name", "varchar")], rows
        if "information_schema.tables" in sql:
            return [("table_name", "varchar")], []
        if "AS reach" in sql:
            return [(name, kind) for name, (kind, _) in HOUR.items()], [
                [v for _, v in HOUR.values()]
            ]
        if "AS is_filled" in sql:
            return [("hour", "timestamp(3)"), ("is_filled", "boolean"), ("flows", "bigint")], []
        return [("srcaddr", "varchar"), ("flows", "bigint"), ("bytes", "bigint")], [
            ["10.0.0.1", 1, 5]
        ]

    like = LookAlike(answer, polls=0)
    with serving(like) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", endpoint)
        yield like


def test_a_new_table_of_minutes_wants_a_place(logs_at_athena: LookAlike) -> None:
    done = CliRunner().invoke(app, ["summarize", URL])
    assert isinstance(done.exception, ParameterError)
    assert not any("CREATE" in query["sql"] for query in logs_at_athena.queries.values())


def run(*words: str) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (words, done.output, done.exception)


def ask(like: LookAlike) -> None:
    """What pages ask, and a query that takes too long: it is stopped as one is by who asked."""
    with FlowLogs.open(URL) as logs:
        logs.sql("SELECT 1 FROM flows")
        panel = PANELS["overview/top-sources"]
        panel.answer(panel.request(Window(START, START + timedelta(hours=1))), logs)
    like.polls = 10**9
    client = AthenaClient(AthenaLocation.parse(URL), sleep=lambda seconds: None)
    with pytest.raises(FailureError, match="took longer"):
        client.run("SELECT 'long'", timedelta(seconds=0.05))
    client.close()


def test_who_asks_needs_what_the_policy_grants_and_no_more(
    logs_at_athena: LookAlike, called: Called
) -> None:
    run("tables", URL, "--logs", "s3://central-logs/prod", "--since", "all", "--apply")
    run("check", URL)
    run("top", "srcaddr", "--source", URL)
    run("summarize", URL, "--at", "s3://central-logs/minutes")
    ask(logs_at_athena)
    for name in logs_at_athena.names():
        called.rights.add((f"athena:{name}", f"arn:aws:athena:{ACCOUNT}:workgroup/vpcflow"))
    (text,) = blocks_of(PAGE, "json")
    granted = [
        (action, resource)
        for statement in json.loads(text)["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]
    needed = {right for right in called.rights if right[0] != "sts:?"}
    lacking = {
        (action, resource)
        for action, resource in needed
        if not any(action == of and fnmatchcase(resource, at) for of, at in granted)
    }
    assert lacking == set()
    assert {action for action, _ in granted} == called.actions - {"sts:?"} | ATHENAS.keys()


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_a_writer_of_the_shared_table_needs_what_the_table_of_its_permissions_lists(
    called: Called, tmp_path: Path
) -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    client("s3").create_bucket(Bucket="lake", **where)
    logs = write_objects(tmp_path / "logs")
    halves = list(logs.rglob("*_a1*.log.gz"))
    for path in halves:  # which come later
        path.rename(path.with_suffix(".later"))
    run("sync", str(logs), "--into", "s3://lake/flows")
    for path in halves:
        path.with_suffix(".later").rename(path)
    run("sync", str(logs), "--into", "s3://lake/flows")
    keep_up(open_lake("s3://lake/flows"), (), datetime.now(UTC) + timedelta(days=4))
    section = TEXTS[PAGE].partition("Permissions of a writer")[2]
    rows = re.findall(r"^\| `(glue|s3):(.*?) \|", section, re.M)[:2]
    listed = {f"{of}:{name.strip(' `')}" for of, names in rows for name in names.split(",")}
    # An upload in parts that fails is given up.
    assert called.actions - {"sts:?"} | {"s3:AbortMultipartUpload"} == listed
