"""`vpcflow inspect` and `vpcflow read`, run as people run them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import NODATA_LINE, OK_LINE, line, packed, text
from tests.formats.samples import write_samples
from tests.formats.samples.expected import FORMATS, READINGS, Reading

RECORD = {
    "version": 2, "account_id": "123456789010", "interface_id": "eni-1235b8ca",
    "srcaddr": "172.31.16.139", "dstaddr": "172.31.16.21", "srcport": 20641, "dstport": 22,
    "protocol": 6, "packets": 20, "bytes": 4249, "start_time": "2014-12-14T04:06:50Z",
    "end_time": "2014-12-14T04:07:50Z", "action": "ACCEPT", "log_status": "OK",
}  # fmt: skip


@pytest.fixture
def folder_of_logs(tmp_path: Path) -> Path:
    (tmp_path / "b.log").write_bytes(text(OK_LINE, NODATA_LINE, "bogus"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.log.gz").write_bytes(packed(text(OK_LINE)))
    (tmp_path / ".hidden").write_bytes(b"\0\1\2")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/x.log").write_bytes(text(OK_LINE))
    return tmp_path


def test_read_prints_canonical_records_as_json(vpcflow: Any, folder_of_logs: Path) -> None:
    code, out, err = vpcflow("read", folder_of_logs / "b.log", "--output", "json")
    records = json.loads(out)
    assert (code, records[0]) == (0, RECORD)
    assert (records[1]["srcaddr"], records[1]["log_status"]) == (None, "NODATA")
    assert "1 line not read" in err
    assert "line 4: 1 field where the format has 14: bogus" in err


def test_read_walks_folders_in_order_and_leaves_hidden_files_out(
    vpcflow: Any, folder_of_logs: Path
) -> None:
    _, out, _ = vpcflow("read", folder_of_logs, "--output", "json")
    assert [row["log_status"] for row in json.loads(out)] == ["OK", "NODATA", "OK"]


@pytest.mark.parametrize(("n", "records"), [(0, 0), (1, 1), (2, 2), (99, 3)])
def test_read_stops_after_n_records(
    vpcflow: Any, folder_of_logs: Path, n: int, records: int
) -> None:
    _, out, _ = vpcflow("read", folder_of_logs, "-n", n, "--output", "json")
    assert len(json.loads(out)) == records


def test_read_as_csv_and_as_table(vpcflow: Any, folder_of_logs: Path) -> None:
    _, out, _ = vpcflow("read", folder_of_logs / "b.log", "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {name: str(value) for name, value in RECORD.items()} == rows[0]
    _, out, _ = vpcflow("read", folder_of_logs / "b.log")
    assert "20641" in out
    assert "srcaddr" in out


def test_csv_of_two_formats_has_two_headers(vpcflow: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(text(OK_LINE, "srcaddr version", "10.0.0.1 2"))
    _, out, _ = vpcflow("read", tmp_path, "--output", "csv")
    assert out.splitlines()[2:] == ["srcaddr,version", "10.0.0.1,2"]


def test_what_read_prints_reads_back(vpcflow: Any, folder_of_logs: Path) -> None:
    for form in ("json", "csv"):
        _, out, _ = vpcflow("read", folder_of_logs / "b.log", "--output", form)
        (folder_of_logs / "again").write_text(out)
        _, again, _ = vpcflow("read", folder_of_logs / "again", "--output", form)
        assert again == out


def test_read_takes_a_format(vpcflow: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"10.0.0.1 7\n")
    _, out, _ = vpcflow(
        "read", tmp_path / "x", "--format", "${srcaddr} ${bytes}", "--output", "json"
    )
    assert json.loads(out) == [{"srcaddr": "10.0.0.1", "bytes": 7}]


def test_read_refuses_an_uncertain_format_with_exit_2(vpcflow: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"10.0.0.1 7\n")
    code, _, err = vpcflow("read", tmp_path / "x", "--output", "json")
    assert code == 2
    assert err.startswith("FormatError: There is no header")
    assert "--format" in err


def test_security_groups_and_event_columns(vpcflow: Any, tmp_path: Path) -> None:
    event = {"message": OK_LINE, "security-group-ids": ["sg-1"], "timestamp": 1418530010000}
    (tmp_path / "x").write_text(json.dumps(event))
    _, out, _ = vpcflow("read", tmp_path, "--output", "json")
    assert json.loads(out) == [{**RECORD, "security_group_ids": ["sg-1"]}]


def test_inspect_tells_all_there_is(vpcflow: Any, folder_of_logs: Path) -> None:
    code, out, _ = vpcflow("inspect", folder_of_logs, "--output", "json")
    first, second = json.loads(out)
    assert code == 0
    assert list(first)[:11] == [
        "file", "kind", "fields", "fields_from", "records", "nodata", "skipdata", "malformed",
        "reasons", "first", "last",
    ]  # fmt: skip
    assert first["file"].endswith("b.log")
    assert first["reasons"] == [
        {"line": 4, "reason": "1 field where the format has 14", "text": "bogus"}
    ]
    assert (first["records"], first["nodata"], first["malformed"]) == (2, 1, 1)
    assert (first["first"], first["last"]) == ("2014-12-14T04:06:50Z", "2015-05-10T18:02:14Z")
    assert first["fields"][-4:] == ["start_time", "end_time", "action", "log_status"]
    assert (second["kind"], second["fields_from"], second["records"]) == ("text", "header", 1)


@pytest.mark.parametrize("output", ["table", "csv"])
def test_inspect_for_people(vpcflow: Any, folder_of_logs: Path, output: str) -> None:
    code, out, _ = vpcflow("inspect", folder_of_logs, "--output", output)
    assert code == 0
    assert "1 field where the format has 14" in out


def test_inspect_shows_a_refusal_as_the_files_note_and_exits_1_if_nothing_was_readable(
    vpcflow: Any, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"10.0.0.1 7\n10.0.0.2 8\n")
    code, out, _ = vpcflow("inspect", tmp_path, "--output", "json")
    [report] = json.loads(out)
    assert code == 1
    assert (report["records"], report["malformed"]) == (0, 2)
    assert "2 values" in report["reasons"][0]["reason"]
    (tmp_path / "y").write_bytes(text(line()))
    assert vpcflow("inspect", tmp_path, "--output", "json")[0] == 0


@pytest.mark.parametrize("command", ["read", "inspect"])
def test_a_missing_path_is_one_clear_sentence(vpcflow: Any, tmp_path: Path, command: str) -> None:
    code, out, err = vpcflow(command, tmp_path / "none")
    assert (code, out) == (1, "")
    assert err.startswith("MissingError: There is no file or folder")


def test_a_format_that_names_a_field_twice_is_misuse(vpcflow: Any, folder_of_logs: Path) -> None:
    code, _, err = vpcflow("read", folder_of_logs, "--format", "srcaddr srcaddr")
    assert code == 2
    assert "twice" in err


@pytest.mark.slow
def test_samples_of_every_form_are_inspected_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vpcflow_core.cli", "inspect", write_samples(tmp_path), "--output", "json"],
        capture_output=True, check=False,
    )  # fmt: skip
    reports = {Path(report["file"]).name: report for report in json.loads(done.stdout)}
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert reports.keys() == READINGS.keys()
    for name in READINGS.keys() - FORMATS.keys():
        found = [reports[name][part] for part in Reading._fields]
        assert (name, Reading(*found)) == (name, READINGS[name])
    for name in FORMATS:
        assert reports[name]["records"] == 0
        assert "no header" in reports[name]["reasons"][0]["reason"]


@pytest.mark.slow
def test_a_pipe_that_closes_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(text(*[OK_LINE] * 20_000))
    command = f"{sys.executable} -m vpcflow_core.cli read {tmp_path} --output json | head -c 100"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert done.stderr == b""
