"""The audit log: whole lines in order, bounded, without secrets, from several processes at once."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from vpcflow_core.store.store import Store
from vpcflow_core.workspace import audit
from vpcflow_core.workspace.audit import Actor, entries, record

ADA = Actor("ada@example.com", "admin", "203.0.113.9")


def write_many(folder: str, number: int) -> None:
    for at in range(200):
        record(Path(folder), "sql", ADA, {"sql": f"SELECT {number} {at}"})


def test_a_line_says_who_did_what_when(tmp_path: Path) -> None:
    record(tmp_path, "download", ADA, {"file": "a.csv", "bytes": 7})
    (line,) = (tmp_path / audit.NAME).read_text().splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("Z")
    assert found == {
        "event": "download",
        "who": "ada@example.com",
        "role": "admin",
        "address": "203.0.113.9",
        "file": "a.csv",
        "bytes": 7,
    }


def test_secrets_and_new_lines_do_not_get_in(tmp_path: Path) -> None:
    url = "s3://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI@logs"
    record(tmp_path, "source-added", ADA, {"url": url, "name": 'x"\n{"event": "forged"}'})
    text = (tmp_path / audit.NAME).read_text()
    assert "wJalrXUtnFEMI" not in text
    assert text.count("\n") == 1
    assert [entry["event"] for entry in entries(tmp_path)] == ["source-added"]


@pytest.mark.slow
def test_old_files_go_and_the_newest_lines_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LARGEST", 2_000)
    for number in range(400):
        record(tmp_path, "sql", ADA, {"sql": f"SELECT {number}"})
    files = list(tmp_path.glob(f"{audit.NAME}*"))
    assert len([file for file in files if not file.name.endswith(".lock")]) == audit.KEPT + 1
    assert sum(file.stat().st_size for file in files) < 2_300 * (audit.KEPT + 1)
    asked = [str(entry["sql"]) for entry in entries(tmp_path)]
    assert asked == [f"SELECT {number}" for number in range(400 - len(asked), 400)]


@pytest.mark.slow
def test_processes_write_whole_lines_at_the_same_time(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3) as pool:
        list(pool.map(write_many, [str(tmp_path)] * 3, range(3)))
    asked = [str(entry["sql"]) for entry in entries(tmp_path)]
    assert sorted(asked) == sorted(f"SELECT {n} {at}" for n in range(3) for at in range(200))


def test_what_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    record(tmp_path / "gone", "sql", ADA, {})
    assert not (tmp_path / "gone").exists()


def test_a_store_with_an_audit_log_and_no_ledger_is_still_a_place_for_a_store(
    tmp_path: Path,
) -> None:
    record(tmp_path, "sign-in", ADA, {})
    Store.open(tmp_path).close()
