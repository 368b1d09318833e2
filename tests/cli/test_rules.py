"""`vpcflow narrow` and `vpcflow replay`: narrower rules as text, replayed over the same logs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.commands import Ended, Run

BASTION = "sg-033129c11d48044c8"
# The sample's brute force, which was let in at last.
HOSTILE = "113.88.14.201"

pytestmark = [pytest.mark.slow]


@pytest.fixture
def ask_rules(sample_store: Path, monkeypatch: pytest.MonkeyPatch, vpcflow: Run) -> Run:
    def run(*words: str, given: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        return vpcflow(*words, "--store", sample_store)

    return run


def test_the_narrower_set_replayed_refuses_hostile_sources_alone(
    ask_rules: Run, tmp_path: Path
) -> None:
    code, text, err = ask_rules("narrow", "--group", BASTION, "--rules", "terraform")
    assert (code, err) == (0, "")
    assert "0.0.0.0/0" not in text
    (tmp_path / "n.tf").write_text(text)
    code, out, err = ask_rules("replay", str(tmp_path / "n.tf"), "--json")
    assert code == 3
    rows = json.loads(out)
    assert {row["peer"] for row in rows} == {HOSTILE}
    assert all(row["hostile"].startswith("refused") for row in rows)
    assert f"{sum(row['flows'] for row in rows):,} of the" in err
    code, out, _ = ask_rules("replay", "-", "--json", "--no-fail", given=text)
    assert (code, json.loads(out)) == (0, rows)


def test_a_group_or_file_that_is_not_there_is_a_sentence(ask_rules: Run, tmp_path: Path) -> None:
    code, _, err = ask_rules("narrow", "--group", "sg-033129c11d48044c9")
    assert code == 2
    assert f"Did you mean '{BASTION}'?" in err
    code, _, err = ask_rules("replay", str(tmp_path / "none.tf"))
    assert code == 1
    assert "No such file" in err


def test_filters_are_said_for_what_they_hide_looks_unused(ask_rules: Run) -> None:
    code, _, err = ask_rules("narrow", "--group", BASTION, "--where", "dstport=443", "--csv")
    assert code == 0
    assert "Filters are in force" in err
