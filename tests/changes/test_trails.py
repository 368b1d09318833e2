"""Network changes of CloudTrail: what is read of its files, once, and who sees it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import plotly.graph_objects as go
import pytest
from typer.testing import CliRunner

from vpcflow_core.changes import reading, records
from vpcflow_core.changes.reading import read_trails
from vpcflow_core.changes.records import read
from vpcflow_core.charts.notes import Mark, with_notes
from vpcflow_core.checks import check_trails
from vpcflow_core.cli.main import app
from vpcflow_core.scope import Part, Scope
from vpcflow_core.source_settings import TrailSetting
from vpcflow_core.store.backup import back_up
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window
from vpcflow_core.workspace.notes import notes

OURS, OTHERS = "123456789012", "210987654321"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ANN = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{OURS}:assumed-role/Ops/ann@example.com",
    "accountId": OURS,
}


def event(name: str, asked: Any, **more: Any) -> dict[str, Any]:
    """A record of CloudTrail."""
    record = {
        "eventVersion": "1.10",
        "eventTime": "2026-11-26T11:58:03Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "userIdentity": ANN,
        "requestParameters": asked,
        "responseElements": None,
        "eventID": f"{name}-{json.dumps(asked)[:20]}",
        "recipientAccountId": OURS,
    }
    return record | more


SSH = {
    "groupId": "sg-0123abcd",
    "ipPermissions": {
        "items": [
            {
                "ipProtocol": "tcp",
                "fromPort": 22,
                "toPort": 22,
                "groups": {},
                "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0", "description": "x"}]},
                "ipv6Ranges": {},
                "prefixListIds": {},
            }
        ]
    },
}
ENTRY = {
    "networkAclId": "acl-0123abcd",
    "ruleNumber": 90,
    "egress": False,
    "ruleAction": "deny",
    "icmpTypeCode": {},
    "portRange": {"from": 3389, "to": 3390},
    "aclProtocol": "6",
    "cidrBlock": "198.51.100.0/24",
}
ROUTE = {
    "routeTableId": "rtb-0123abcd",
    "destinationCidrBlock": "10.9.0.0/16",
    "transitGatewayId": "tgw-0123abcd",
}
FLOW_LOG = {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-0123abcd"}}}
BY_ANN = "ann@example.com as Ops"


@pytest.mark.parametrize(
    ("name", "asked", "text"),
    [
        ("AuthorizeSecurityGroupIngress", SSH,
         f"Inbound rule added: sg-0123abcd (tcp 22, 0.0.0.0/0), {BY_ANN}"),
        ("CreateNetworkAclEntry", ENTRY,
         "Network ACL entry added: acl-0123abcd (inbound 90 deny tcp 3389-3390, 198.51.100.0/24), "
         + BY_ANN),
        ("CreateRoute", ROUTE,
         f"Route added: rtb-0123abcd, tgw-0123abcd (10.9.0.0/16), {BY_ANN}"),
        ("DeleteFlowLogs", FLOW_LOG, f"Flow log deleted: fl-0123abcd, {BY_ANN}"),
        ("AttachNetworkInterface",
         {"networkInterfaceId": "eni-0123abcd", "instanceId": "i-0123abcd", "deviceIndex": 1},
         f"Interface attached: eni-0123abcd, i-0123abcd, {BY_ANN}"),
    ],
)  # fmt: skip
def test_a_change_says_what_was_changed_and_who_did_it(name: str, asked: Any, text: str) -> None:
    (change,) = read(json.dumps({"Records": [event(name, asked)]}).encode()).changes
    assert (change.text, change.account) == (text, OURS)
    assert change.at == datetime(2026, 11, 26, 11, 58, 3, tzinfo=UTC)


def test_what_changes_no_network_is_left_out_and_what_cannot_be_read_is_counted() -> None:
    listed: list[Any] = [
        event("RunInstances", {}),
        event("AuthorizeSecurityGroupIngress", SSH, errorCode="Client.DryRunOperation"),
        event("AuthorizeSecurityGroupIngress", SSH, errorCode="Client.UnauthorizedOperation"),
        event("AuthorizeSecurityGroupIngress", SSH, eventSource="rds.amazonaws.com"),
        event("ModifyInstanceAttribute", {"instanceId": "i-0123abcd", "instanceType": {}}),
        event("ModifyInstanceAttribute", {"instanceId": "i-0123abcd", "groupSet": {}}),
        event("CreateRoute", ROUTE, recipientAccountId=None),
        event("CreateRoute", ROUTE, eventTime="yesterday"),
        {"eventTime": "2026-11-26T11:58:03Z"},
        "text",
    ]
    found = read(gzip.compress(json.dumps({"Records": listed}).encode()))
    assert [change.text for change in found.changes] == [
        f"Instance's network changed: i-0123abcd, {BY_ANN}"
    ]
    assert found.records == 10
    assert sorted(found.malformed.values()) == [2, 2]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"Records": 1', gzip.compress(b"x" * 100)[:20], b"[" * 100_000,
     gzip.compress(b" " * (2 << 20))],
    ids=["nothing", "open", "a list", "cut", "cut gzip", "deep", "too large"],
)  # fmt: skip
def test_a_broken_file_is_one_malformed_thing(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LARGEST", 1 << 20)
    found = read(content)
    assert (found.records, sum(found.malformed.values())) == (0, 1)


def key(account: str, at: datetime, end: str, region: str = "eu-central-1") -> str:
    name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{end}.json.gz"
    return f"org/AWSLogs/o-abcdefghij/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"


@pytest.fixture
def trail_bucket(aws: str) -> Iterator[Any]:
    """An organization's trail: two accounts, other services beside them; gives `put`."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="trail")
    s3.put_object(Bucket="trail", Key=f"org/AWSLogs/{OURS}/Config/x.json", Body=b"{")

    def put(name: str, *events: Any) -> None:
        body = gzip.compress(json.dumps({"Records": list(events)}).encode())
        s3.put_object(Bucket="trail", Key=name, Body=body)

    return put


@pytest.mark.slow
def test_each_file_of_a_bucket_is_read_once_and_late_ones_too(
    trail_bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    trail_bucket(key(OURS, now - timedelta(hours=2), "a"), event("CreateRoute", ROUTE))
    trail_bucket(key(OTHERS, now - timedelta(hours=1), "b"),
                 event("DeleteFlowLogs", FLOW_LOG, recipientAccountId=OTHERS))  # fmt: skip
    trail_bucket(key(OURS, now - timedelta(days=40), "old"), event("DeleteVpc", {}))
    trails = {"main": TrailSetting(url="s3://trail/org")}

    def run() -> tuple[int, int, bool]:
        (outcome,) = read_trails(tmp_path, trails)
        assert outcome.error is None
        return outcome.files, outcome.changes, outcome.more

    assert run() == (2, 2, False)
    assert run() == (0, 0, False)
    # Delivered late, under a name before one that was read; and the same event by another file.
    late = event("CreateNetworkAclEntry", ENTRY)
    trail_bucket(key(OURS, now - timedelta(hours=2, minutes=30), "c"), late)
    trail_bucket(key(OURS, now, "d"), late, event("CreateRoute", ROUTE))
    assert run() == (2, 1, False)
    for number in range(3):
        trail_bucket(key(OURS, now, f"e{number}"), event("CreateRoute", {"n": number}))
    monkeypatch.setattr(reading, "MOST_FILES", 2)
    assert [run(), run()] == [(2, 2, True), (1, 1, False)]
    ours = Scope.of([Part(accounts=(OURS,))])
    assert len(notes(tmp_path)) == 6
    assert {note.account for note in notes(tmp_path, scope=ours)} == {OURS}
    assert notes(tmp_path, scope=Scope.of([Part(sources=("s3://web",))])) == []
    window = Window(NOON, NOON + timedelta(hours=1))
    assert notes(tmp_path, window) == []


def test_a_bucket_that_refuses_or_has_no_trail_is_one_sentence(
    trail_bucket: Any, tmp_path: Path
) -> None:
    trails = {
        "gone": TrailSetting(url="s3://nowhere/x"),
        "empty": TrailSetting(url="s3://trail/org/AWSLogs/333333333333"),
        "web": TrailSetting(url="https://example.com/trail"),
    }
    errors = [str(outcome.error) for outcome in read_trails(tmp_path, trails)]
    assert "There is no bucket 'nowhere'" in errors[0]
    assert "holds no log files of CloudTrail" in errors[1]
    assert "names no" in errors[2]
    assert [found.state for found in check_trails(trails)] == ["warning"] * 3


@pytest.mark.slow
def test_sync_reads_the_trails_of_the_settings_and_check_looks_at_them(
    trail_bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    trail_bucket(key(OURS, now, "a"), event("CreateRoute", ROUTE))
    (tmp_path / "logs").mkdir()
    line = f"2 {OURS} eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1780000000 1780000060 ACCEPT OK\n"
    (tmp_path / "logs" / "a.log").write_text(line)
    (tmp_path / "vpcflow.toml").write_text(
        'store = "store"\n[sources.here]\nurl = "logs"\n[trails.main]\nurl = "s3://trail/org"\n'
    )
    synced = CliRunner().invoke(app, ["sync"])
    assert synced.exit_code == 0
    assert "CloudTrail main: 1 file, 1 network change." in synced.output
    checked = CliRunner().invoke(app, ["check", "here", "--output", "csv"])
    rows = [line for line in checked.output.splitlines() if line.startswith("CloudTrail")]
    assert "1 record in the newest file, 1 network change" in rows[1]
    listed = CliRunner().invoke(app, ["notes", "--output", "json"])
    assert json.loads(listed.output)[0]["kind"] == "network"
    copied = back_up(tmp_path / "store", tmp_path / "copy")
    assert [note.text for note in notes(copied.path)] == [
        f"Route added: rtb-0123abcd, tgw-0123abcd (10.9.0.0/16), {BY_ANN}"
    ]


def test_files_of_a_folder_are_read_once_and_links_out_of_it_are_not(tmp_path: Path) -> None:
    Store.open(tmp_path / "store").close()
    folder, secret = tmp_path / "trail", tmp_path / "secret.json"
    folder.mkdir()
    secret.write_text(json.dumps({"Records": [event("DeleteVpc", {})]}))
    (folder / "link.json").symlink_to(secret)
    (folder / "a.json").write_text(json.dumps({"Records": [event("CreateRoute", ROUTE)]}))
    words = ["notes", "--trail", str(folder), "--store", str(tmp_path / "store")]
    first, second = (CliRunner().invoke(app, words).output for _ in range(2))
    assert "1 file, 1 network change" in first
    assert "0 files, 0 network changes" in second


def test_notes_that_are_close_share_a_line_and_people_s_come_first() -> None:
    window = Window(NOON, NOON + timedelta(days=1))  # a line an hour
    swarm = [Mark(NOON + timedelta(minutes=n), f"network: {n}", minor=True) for n in range(35)]
    deploy = Mark(NOON + timedelta(minutes=34, seconds=30), "deploy: web <b>")
    later = Mark(NOON + timedelta(hours=2), "note: alone")
    chart = with_notes(go.Figure(), [*swarm, deploy, later], ZoneInfo("Europe/Berlin"), window)
    first, second = chart.layout.annotations
    assert len(chart.layout.shapes) == 2
    assert first.x == "2026-11-26T13:00:00"
    assert first.text.endswith("<br>36")
    assert first.hovertext.splitlines() == [first.hovertext]
    lines = first.hovertext.split("<br>")
    assert len(lines) == 9
    assert lines[7] == "Thu 26 Nov 13:34  deploy: web &lt;b&gt;"
    assert lines[8].startswith("and 28 more")
    assert "note: alone" in second.hovertext
    year = Window(NOON - timedelta(days=365), NOON)
    many = [Mark(year.start + timedelta(hours=n), "x") for n in range(8_760)]
    drawn = with_notes(go.Figure(), many, ZoneInfo("UTC"), year)
    assert 20 <= len(drawn.layout.shapes) == len(drawn.layout.annotations) <= 25
    minor = [mark._replace(minor=True) for mark in many]
    minor.append(Mark(year.end - timedelta(minutes=1), "deploy: web"))
    drawn = with_notes(go.Figure(), minor, ZoneInfo("UTC"), year)
    assert (len(drawn.layout.shapes), len(drawn.layout.annotations) >= 20) == (1, True)
