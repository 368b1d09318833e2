"""/metrics for Prometheus, and logs as JSON."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards.ui.metrics_page import may_read
from dashboards.ui.visitor import Connection
from tests.logs import fill, write_sample
from tests.pages.server import serving
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FailureError
from vpcflow_core.json_logs import JsonLines
from vpcflow_core.metrics import Questions, exposition, timed
from vpcflow_core.monitoring import page
from vpcflow_core.query.question import Query
from vpcflow_core.store.store import Store

# A line of the format: https://prometheus.io/docs/instrumenting/exposition_formats/
LINE = re.compile(r'^[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"\})? (\d+(\.\d+)?(e[+-]\d+)?)$')


def read(text: str) -> dict[str, float]:
    """Value by name and labels; every line is in the format."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.match(line)] == []
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.slow
def test_metrics_say_how_many_records_there_are_and_how_old_the_newest_is(tmp_path: Path) -> None:
    fill(tmp_path / "store", write_sample(tmp_path / "logs", records=300, days=1))
    with FlowLogs.open(tmp_path / "store") as logs:
        records = int(logs.sql("select count(*) as n from records")["n"].iloc[0])
        settled = logs.coverage.settled_until
        logs.ask(Query(("bytes",)))
    assert settled is not None
    now = datetime(2026, 12, 1, tzinfo=UTC)
    with Store.open(tmp_path / "store") as store:
        found = read(page(store, now))
        (source,) = [state.url for state in store.sources()]
    assert found[f'vpcflow_records{{source="{source}"}}'] == records
    assert found[f'vpcflow_sync_failed{{source="{source}"}}'] == 0
    assert found["vpcflow_lag_seconds"] == pytest.approx((now - settled).total_seconds())
    assert found['vpcflow_query_seconds_bucket{le="+Inf"}'] == found["vpcflow_query_seconds_count"]
    assert found["vpcflow_query_seconds_count"] >= 2


def test_a_histogram_counts_what_is_at_most_its_bound_and_failures_by_their_kind() -> None:
    asked = Questions()
    for seconds in (0.01, 0.02, 0.3, 500):
        asked.note(seconds)
    asked.note(0.02, "FailureError")
    found = read(exposition(asked.metrics()))
    name = "vpcflow_query_seconds_bucket"
    bounds = {le: found[f'{name}{{le="{le}"}}'] for le in ("0.01", "0.05", "0.5", "120", "+Inf")}
    assert bounds == {"0.01": 1, "0.05": 3, "0.5": 4, "120": 4, "+Inf": 5}
    assert found["vpcflow_query_seconds_sum"] == pytest.approx(500.35)
    assert found['vpcflow_query_errors_total{error="FailureError"}'] == 1


def test_a_timed_question_raises_what_it_raised() -> None:
    @timed
    def failing() -> None:
        raise FailureError("no", "yes")

    with pytest.raises(FailureError):
        failing()


@pytest.mark.parametrize(
    ("peer", "headers", "token", "allowed"),
    [
        ("127.0.0.1", {"Host": "localhost:8501"}, "", True),
        ("::1", {"Host": "[::1]:8501"}, "", True),
        ("10.0.0.9", {"Host": "localhost:8501"}, "", False),
        ("127.0.0.1", {"Host": "flows.example.com"}, "", False),
        ("127.0.0.1", {"Host": "localhost:8501", "X-Forwarded-For": "1.2.3.4"}, "", False),
        ("127.0.0.1", {"Host": "localhost:8501", "Origin": "https://evil.example"}, "", False),
        ("127.0.0.1", {"Host": "localhost:8501"}, "t0ken", False),
        ("10.0.0.9", {"Host": "flows", "Authorization": "Bearer t0ken"}, "t0ken", True),
        ("10.0.0.9", {"Host": "flows", "Authorization": "Bearer t0ke"}, "t0ken", False),
        ("10.0.0.9", {"Host": "flows", "Authorization": "Bearer "}, "", False),
    ],
)
def test_metrics_are_for_this_machine_or_whoever_has_the_token(
    peer: str, headers: dict[str, str], token: str, allowed: bool
) -> None:
    asking = Connection(peer, list(headers.items()))
    assert may_read(asking, lambda: token) == allowed


@pytest.mark.slow
def test_the_app_serves_metrics_and_logs_as_json(tmp_path: Path) -> None:
    fill(tmp_path / "store", write_sample(tmp_path / "logs", records=300, days=1))
    home = tmp_path / "home"
    home.mkdir()
    with serving(home, tmp_path / "store", metrics_token="t0ken", log_format="json") as app:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{app}/metrics")
        request = urllib.request.Request(
            f"{app}/metrics", headers={"Authorization": "Bearer t0ken"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert any(name.startswith("vpcflow_records{") for name in read(answer.read().decode()))
    lines = (home / "server.log").read_text().splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert "uvicorn.error" in {line["logger"] for line in logged}


@pytest.mark.slow
def test_a_sync_logs_each_source_as_a_json_line_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("version srcaddr bytes start\n2 10.0.0.1 5 1780000000\n")
    environment = {n: v for n, v in os.environ.items() if not n.startswith("VPCFLOW")}
    environment |= {"VPCFLOW_LOG_FORMAT": "json", "VPCFLOW_STORE": str(tmp_path / "store")}
    command = [sys.executable, "-m", "vpcflow_core.cli", "sync", "a.log", "--no-ec2"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    (line,) = [json.loads(text) for text in done.stderr.splitlines()]
    assert (line["level"], line["logger"], line["message"]) == ("info", "vpcflow.sync", "read")
    assert (line["source"], line["records"]) == ("a.log", 1)
    assert datetime.fromisoformat(line["time"]).tzinfo is not None


def test_a_json_line_holds_no_secret_and_no_second_line() -> None:
    record = logging.makeLogRecord(
        {"name": "vpcflow", "msg": "read https://x/?token=s3cr3t-value\nnext", "levelname": "INFO"}
    )
    text = JsonLines().format(record)
    assert "s3cr3t" not in text
    assert "\n" not in text
