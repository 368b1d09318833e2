"""`vpcflow findings`: incidents in every form, and the exit code for cron."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.commands import Run


@pytest.fixture
def ask_findings(sample_store: Path, vpcflow: Run) -> Run:
    return partial(vpcflow, "findings", "--store", sample_store, "--last", "24h")


@pytest.mark.slow
def test_incidents_end_with_3_and_json_has_all_of_them(ask_findings: Run) -> None:
    code, out, _ = ask_findings("--only", "exfiltration", "--json")
    (found,) = json.loads(out)
    assert code == 3
    assert found["names"] == {"srcaddr": "prod-app-3"}
    assert found["who"]["dstaddr"] == "178.66.158.19"
    assert found["since"] == "2026-11-20T02:00:00Z"
    assert found["evidence"]["flows"] == 60


@pytest.mark.slow
def test_without_incidents_and_with_no_fail_it_ends_with_0(
    ask_findings: Run,
) -> None:
    assert ask_findings("--only", "beacon")[0] == 0
    code, out, err = ask_findings("--only", "exfiltration", "--no-fail")
    assert code == 0
    assert "prod-app-3" in out
    assert err.count("Looked at until 20 Nov 2026 11:00 UTC") == 1


@pytest.mark.slow
def test_what_is_looked_for_can_be_listed(ask_findings: Run) -> None:
    code, out, _ = ask_findings("--detections", "--output", "json")
    listed = {row["slug"]: row for row in json.loads(out)}
    assert code == 0
    assert listed["port-scan"]["thresholds"] == {"ports": 20}


@pytest.mark.slow
def test_a_detection_that_is_unknown_is_misuse(ask_findings: Run) -> None:
    code, _, err = ask_findings("--only", "portscan")
    assert code == 2
    assert "port-scan" in err
