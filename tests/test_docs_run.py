"""Commands and Python of README and docs run, on the sample and a made-up AWS."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.aws import CREDENTIALS
from tests.test_docs import RUN_ELSEWHERE, TEXTS, blocks_of, commands_of, pages_with
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.store.store import Store

# Where the commands of the docs write.
PLACES = re.compile("^/srv|^/(?=backups/|store-new)")
# What `vpcflow narrow --rules terraform` may have written.
RULES = """
resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = "sg-033129c11d48044c8"
  cidr_ipv4         = "203.0.113.10/32"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}
"""


QUERY = (
    '{"account_id": "111111111111", "vpc_id": "vpc-1", "query_timestamp": "2026-11-20T10:00:00Z", '
    '"query_name": "a.example.", "rcode": "NOERROR", "srcaddr": "10.0.0.4", '
    '"answers": [{"Rdata": "203.0.113.9", "Type": "A", "Class": "IN"}]}'
)


@pytest.fixture
def docs_home(
    aws: str, sample: Path, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder, a store and an AWS in which the commands of the docs make sense."""
    log = next(sample.rglob("*.log.gz"))
    (tmp_path / "logs").mkdir()
    for place in ("logs/flows.log.gz", "flows.log.gz"):
        shutil.copy(log, tmp_path / place)
    s3 = boto3.client("s3")
    for bucket in ("central-logs", "BUCKET"):
        s3.create_bucket(Bucket=bucket.lower())
        s3.put_object(Bucket=bucket.lower(), Key=f"prod/{log.name}", Body=log.read_bytes())
    s3.create_bucket(Bucket="central-trail")
    day = "prefix/AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/26/"
    s3.put_object(Bucket="central-trail", Key=day + "a.json", Body=b'{"Records": []}')
    logs = boto3.client("logs", region_name="eu-central-1")
    logs.create_log_group(logGroupName="/vpc/flow-logs")
    for name in ("eni-0123abcd", "eni-4567cdef"):
        stream = {"logGroupName": "/vpc/flow-logs", "logStreamName": f"{name}-all"}
        logs.create_log_stream(**stream)
        line = f"2 123456789012 {name} 10.0.0.1 10.0.0.2 1 2 6 1 40 1780000000 1780000060 ACCEPT OK"
        logs.put_log_events(**stream, logEvents=[{"timestamp": 1780000060000, "message": line}])
    keys = ("aws_access_key_id", "aws_secret_access_key")
    audit = "\n".join(["[profile audit]", *(f"{key} = {CREDENTIALS[key.upper()]}" for key in keys)])
    (tmp_path / "aws.ini").write_text(audit)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws.ini"))
    (tmp_path / "deploys.csv").write_text("time,text,kind,account\n2026-11-20T10:00Z,out,deploy,\n")
    with FlowLogs.open(sample_store) as flows:
        assert flows.extent
        hour = (flows.extent.start + timedelta(hours=2)).replace(minute=0)
    report = {
        "line_item_usage_type": "DataTransfer-Out-Bytes", "line_item_usage_amount": 1.0,
        "line_item_unblended_cost": 0.09, "line_item_usage_start_date": hour,
        "line_item_usage_end_date": hour + timedelta(hours=1),
    }  # fmt: skip
    pd.DataFrame([report]).to_csv(tmp_path / "cur.csv.gz", index=False)
    monkeypatch.chdir(tmp_path)
    for place in ("narrow.tf", "n.tf"):
        (tmp_path / place).write_text(RULES)
    for folder in ("reports", "backups", "dns"):
        (tmp_path / folder).mkdir()
    (tmp_path / "dns" / "queries.log").write_text(QUERY)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VPCFLOW_STORE", str(sample_store))
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    return tmp_path


def copied_store(home: Path) -> Path:
    """The sample's store, to write to."""
    place = home / "copied"
    if not place.is_dir():
        shutil.copytree(os.environ["VPCFLOW_STORE"], place)
    return place


def run(words: list[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints; it must not fail."""
    with monkeypatch.context() as patched:
        if words[0] in ("sync", "note", "notes"):  # which write: not to what all tests read
            patched.setenv("VPCFLOW_STORE", str(home / "own"))
            sources = {"prod": {"url": "s3://central-logs/prod"}}
            patched.setenv("VPCFLOW_SOURCES", json.dumps(sources))
        if words[0] == "watch":  # keeps its state in the store's folder
            patched.setenv("VPCFLOW_STORE", str(copied_store(home)))
        words = [PLACES.sub(f"{home}/", w).replace("BUCKET", "bucket") for w in words]
        done = CliRunner().invoke(app, words)
    assert done.exit_code in (0, 3), (words, done.output, done.exception)
    return done.output


def shorter(words: list[str]) -> list[str]:
    """A command that is as right or wrong, and takes less."""
    # A million records, and what a week's alerts would have been, take ten seconds each.
    words = [w.replace("sample://", "sample://?records=3000") for w in words]
    words = ["6h" if words[n - 1] == "--rehearse" else w for n, w in enumerate(words)]
    if words[0] == "report":  # of one page; all take ten seconds: tests/test_report.py
        words = [w for w in words if w not in ("--page", "overview", "outliers", "rejects")]
        words += ["--page", "rejects"]
    return once(words)


def alike(words: list[str]) -> list[str]:
    """What a command does, whatever the file is called that it writes."""
    words = " ".join(words).replace("--output json", "--json").split(" ")
    return ["" if words[n - 1] in ("--html", "--evidence") else w for n, w in enumerate(words)]


def once(words: list[str]) -> list[str]:
    """A command without what has it go on until it is stopped: tests/cli/test_repeating.py."""
    goes_on = ("--every", "--metrics-port")
    if words[0] not in ("sync", "watch"):
        return words
    return [w for n, w in enumerate(words) if w not in goes_on and words[n - 1] not in goes_on]


def to_run() -> dict[str, list[list[str]]]:
    """The commands that are run here, by page; what several do alike, once."""
    found: dict[str, list[list[str]]] = {}
    seen: list[list[str]] = []
    for page in TEXTS:
        for words in commands_of(page):
            of_engine = any(re.match("(trino|athena)://", word) for word in words)
            words = shorter(words)
            if words[0] not in RUN_ELSEWHERE and not of_engine and alike(words) not in seen:
                seen.append(alike(words))
                found.setdefault(page, []).append(words)
    return found


TO_RUN = to_run()


@pytest.mark.slow
@pytest.mark.parametrize("page", TO_RUN)
def test_the_commands_of_a_page_run(
    page: str, docs_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [run(words, docs_home, monkeypatch) for words in TO_RUN[page]]
    if page == "docs/tutorial.md":  # what the text says is found is found
        named = re.findall(r"`(\d+\.\d+\.\d+\.\d+)`", TEXTS[page])
        assert len(named) > 3
        assert [address for address in named if address not in "".join(said)] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with("python"))
def test_the_python_of_the_docs_runs_on_the_sample(
    page: str, sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = FlowLogs(Store.open(sample_store))
    monkeypatch.setattr(FlowLogs, "open", lambda *_, **__: flows)
    names: dict[str, Any] = {"FlowLogs": FlowLogs, "flows": flows, "__name__": "docs"}
    for block in blocks_of(page, "python"):
        exec(compile(ast.parse(block), page, "exec", dont_inherit=True), names)
    flows.close()
