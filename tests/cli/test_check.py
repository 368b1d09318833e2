"""`vpcflow check`: what can be read, what not and why, and what the logs will not tell."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.commands import Run
from tests.inventory.ec2_server import serving
from vpcflow_core.checks.lacking import lacking
from vpcflow_core.fields import VPC_FIELDS
from vpcflow_core.sources.s3.layout import key_for

Found = list[dict[str, Any]]
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture(autouse=True)
def check_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vpcflow.toml"
    path.write_text("")
    monkeypatch.setenv("VPCFLOW_CONFIG", str(path))


@pytest.fixture
def check(vpcflow: Run) -> Any:
    def run(*arguments: object) -> tuple[int, Found]:
        ended = vpcflow("check", *arguments, "--output", "json")
        return ended.code, json.loads(ended.out)

    return run


def of(found: Found, part: str, subject: str) -> dict[str, Any]:
    (row,) = [r for r in found if (r["part"], r["subject"]) == (part, subject)]
    return row


def lines(minutes: int = 5, count: int = 3, header: bool = True) -> str:
    """Version-2 records that ended so long ago."""
    end = int((NOW - timedelta(minutes=minutes)).timestamp())
    rows = [
        f"2 123456789012 eni-0{n} 10.0.0.{n} 10.0.1.1 40000 443 6 5 500 {end - 50} {end} ACCEPT OK"
        for n in range(count)
    ]
    head = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes"
    return "\n".join([*([f"{head} start end action log-status"] if header else []), *rows])


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "flows.log.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_good_logs_pass_and_say_what_they_lack(tmp_path: Path, check: Any) -> None:
    code, found = check(write(tmp_path / "logs", lines()))
    assert code == 0
    assert of(found, "logs", "newest record")["state"] == "ok"
    assert (
        "14 fields (text, known from their header); 3 records"
        in (of(found, "format", "newest objects")["found"])
    )
    vpc = of(found, "fields", "vpc-id")
    assert "an EC2 snapshot has it" in vpc["found"]


def test_old_logs_are_a_warning(tmp_path: Path, check: Any) -> None:
    code, found = check(write(tmp_path / "logs", lines(minutes=60 * 50)))
    assert code == 0
    newest = of(found, "logs", "newest record")
    assert newest["state"] == "warning"
    assert "2 d ago" in newest["found"]


def test_missing_fields_name_the_pages_and_the_version(tmp_path: Path, check: Any) -> None:
    end = int(NOW.timestamp())
    text = f"srcaddr dstaddr bytes start end\n10.0.0.1 10.0.0.2 5 {end - 9} {end}"
    _, found = check(write(tmp_path / "logs", text))
    row = of(found, "fields", "dstport")
    assert row["state"] == "warning"
    assert "overview" in row["found"]
    assert row["remedy"] == "Add ${dstport} (version 2) to the flow log's format."


def test_lines_that_are_no_records_are_told(tmp_path: Path, check: Any) -> None:
    code, found = check(write(tmp_path / "logs", lines() + "\nodd"))
    assert code == 0
    row = of(found, "format", "newest objects")
    assert row["state"] == "warning"
    assert "1 line not read: " in row["found"]
    assert "vpcflow inspect" in row["remedy"]


def test_an_unknown_format_says_how_to_give_it(tmp_path: Path, check: Any) -> None:
    text = "\n".join(f"10.0.0.{n} 10.0.0.{n + 1} 443 99" for n in range(9))
    folder = write(tmp_path / "logs", text)
    _, found = check(folder)
    assert "--format" in of(found, "format", "newest objects")["remedy"]
    _, found = check(folder, "--format", "srcaddr dstaddr dstport bytes")
    assert of(found, "format", "newest objects")["state"] == "ok"


def test_a_folder_that_is_not_there_fails(tmp_path: Path, check: Any) -> None:
    code, found = check(tmp_path / "nowhere")
    assert code == 1
    (row,) = found
    assert row["state"] == "failed"


def put(bucket: str, text: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    key = key_for(
        account="123456789012", region="us-east-1", flow_log_id="fl-0a", time=NOW, unique="1"
    )
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(text.encode()))


@pytest.mark.slow
def test_a_bucket_is_checked_permission_by_permission(aws: str, check: Any) -> None:
    put("logs", lines())
    code, found = check("s3://logs")
    assert code == 0
    for action in ("credentials", "s3:ListBucket", "s3:GetObject"):
        assert of(found, "permission", action)["state"] == "ok"
    assert "arn:aws:" in of(found, "permission", "credentials")["found"]
    assert of(found, "logs", "layout")["found"] == "AWS's: default folders, text"
    assert of(found, "logs", "accounts and regions")["found"] == "123456789012 us-east-1"
    assert "in us-east-1" in of(found, "EC2", "interfaces")["found"]
    assert not any("secret" in str(row) for row in found)


@pytest.mark.slow
def test_a_bucket_is_read_though_sts_is_out_of_reach(
    aws: str, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    put("logs", lines())
    code, found = check("s3://logs")
    identity = of(found, "permission", "credentials")
    assert (code, identity["state"]) == (0, "warning")
    assert identity["found"].startswith(
        "STS, which says whose the credentials are, is out of reach"
    )
    assert of(found, "permission", "s3:GetObject")["state"] == "ok"


@pytest.mark.slow
def test_a_role_that_sts_cannot_give_blames_sts(
    aws: str, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    put("logs", lines())
    role = "arn:aws:iam::123456789012:role/reader"
    code, found = check("s3://logs", "--role", role)
    assert code == 1
    assert "STS is out of reach" in of(found, "permission", "s3:ListBucket")["found"]


def test_a_bucket_that_is_not_there_fails_with_the_closest_name(aws: str, check: Any) -> None:
    put("central-logs", lines())
    code, found = check("s3://central-log")
    assert code == 1
    listed = of(found, "permission", "s3:ListBucket")
    assert listed["state"] == "failed"
    assert "central-logs" in listed["remedy"]


def test_an_empty_bucket_fails(aws: str, check: Any) -> None:
    boto3.client("s3").create_bucket(Bucket="empty")
    code, found = check("s3://empty")
    assert code == 1
    assert any(row["state"] == "failed" and row["part"] == "logs" for row in found)


@pytest.mark.slow
def test_a_log_group_is_checked_permission_by_permission(aws: str, check: Any) -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/vpc/flows")
    logs.create_log_stream(logGroupName="/vpc/flows", logStreamName="eni-01-all")
    at = int((NOW - timedelta(minutes=5)).timestamp() * 1000)
    events = [{"timestamp": at, "message": text} for text in lines(header=False).splitlines()]
    logs.put_log_events(logGroupName="/vpc/flows", logStreamName="eni-01-all", logEvents=events)
    code, found = check("cloudwatch://us-east-1/vpc/flows")
    assert code == 0
    for action in ("logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:FilterLogEvents"):
        assert of(found, "permission", action)["state"] == "ok"
    assert "3 records" in of(found, "format", "newest objects")["found"]


@pytest.mark.slow
def test_a_log_group_that_is_not_there_fails(aws: str, check: Any) -> None:
    boto3.client("logs").create_log_group(logGroupName="/vpc/flows")
    code, found = check("cloudwatch://us-east-1/vpc/flow")
    assert code == 1
    row = of(found, "permission", "logs:DescribeLogGroups")
    assert row["state"] == "failed"
    assert "/vpc/flows" in row["remedy"]


def test_logs_of_every_field_lack_nothing() -> None:
    columns = {field.name for field in VPC_FIELDS} | {"security_group_ids", "direction"}
    (row,) = lacking(columns)
    assert row.state == "ok"


def test_what_is_learnt_by_the_interface_is_missing_where_that_is() -> None:
    columns = {field.name for field in VPC_FIELDS} - {"vpc_id", "interface_id"}
    without = {row.subject: row for row in lacking(columns)}
    for subject in ("vpc-id", "direction", "security-group-ids"):
        assert without[subject].state == "warning"
        assert without[subject].remedy.startswith("Add ${interface-id} (version 2)")
    learnt = {row.subject: row for row in lacking(columns | {"interface_id"})}
    assert {row.state for row in learnt.values()} == {"ok"}
    assert learnt["vpc-id"].found.startswith("The records lack vpc-id, which 2 panels ")


def test_one_panel_stays_empty() -> None:
    columns = {field.name for field in VPC_FIELDS} | {"security_group_ids", "direction"}
    (row,) = lacking(columns - {"traffic_path"})
    assert row.found == "No record has traffic-path: 1 panel (traffic) stays empty."


def test_lines_of_the_own_list_that_cannot_be_read_are_named(check: Any, tmp_path: Path) -> None:
    book = "block,name\n192.0.2.0/24,Berlin\n192.0.2.300,Bonn\n10.0.0.1,\n"
    (tmp_path / "book.csv").write_text(book)
    (tmp_path / "vpcflow.toml").write_text(
        f'address_book = "{tmp_path}/book.csv"\naws_ranges = "{tmp_path}/none.json"\n'
    )
    code, found = check(write(tmp_path / "logs", lines()))
    own = of(found, "names", "address_book")
    assert own["state"] == "warning"
    assert own["found"].startswith("1 line names addresses; left out: line 3: ")
    assert "line 4: it names nothing" in own["found"]
    assert "does not exist" in of(found, "names", "aws_ranges")["found"]
    assert [row for row in found if row["state"] == "failed"] == []
    assert code == 0


@pytest.mark.slow
def test_accounts_whose_role_is_refused_are_named(
    aws: str, check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("logs", lines())
    boto3.client("organizations").create_organization(FeatureSet="ALL")
    made = [
        boto3.client("organizations").create_account(AccountName=name, Email=f"{name}@example.com")
        for name in ("one", "two")
    ]
    first, second = sorted(one["CreateAccountStatus"]["AccountId"] for one in made)
    for named in (f'["{first}", "{second}"]', '["organization"]'):
        (tmp_path / "vpcflow.toml").write_text(
            f'[sources.all]\nurl = "s3://logs"\nec2_role = "reader"\nec2_accounts = {named}\n'
        )
        with serving(aws) as sts:
            sts.refuse("AssumeRole", "AccessDenied", times=1)
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
            code, found = check("all")
        assert code == 0
        states = {
            row["subject"]: row
            for row in found
            if row["subject"] in (f"account {first}", f"account {second}")
        }
        assert sorted(row["state"] for row in states.values()) == ["ok", "warning"]
        (warned,) = [row for row in states.values() if row["state"] == "warning"]
        assert f"iam::{warned['subject'].split()[1]}:role/reader" in warned["remedy"]
    assert of(found, "EC2", "organization")["found"] == "3 active accounts."
