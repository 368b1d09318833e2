"""`vpcflow sync`: summary, spans, settings, progress and errors."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from tests.commands import exit_code
from tests.store.doubles import HEADER, START, key, line, log
from vpcflow_core.cli import progress
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.store.lock import writer_lock
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress
from vpcflow_core.workspace.source_list import add


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    for number in range(3):
        path = folder / key(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [line(number, START), line(0, START, "NODATA"), line(0, START, "SKIPDATA"), "odd"]
        path.write_bytes(log(lines))
    return folder


@pytest.fixture(autouse=True)
def sync_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of the test alone, and a store that goes with it."""
    path = tmp_path / "vpcflow.toml"
    path.write_text(f'store = "{tmp_path / "default"}"\n')
    monkeypatch.setenv("VPCFLOW_CONFIG", str(path))
    monkeypatch.delenv("VPCFLOW_STORE", raising=False)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `vpcflow sync` with these arguments."""
    return exit_code(monkeypatch, "sync", *arguments)


def test_the_summary_counts_every_line(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, log_folder, "--store", tmp_path / "s") == 0
    said = capsys.readouterr().out
    assert "3 objects, 9 records" in said
    assert "NODATA 3, SKIPDATA 3, malformed 3" in said
    assert "3 lines: " in said
    assert run(monkeypatch, log_folder, "--store", tmp_path / "s") == 0
    assert "nothing new, loaded already: 3 objects" in capsys.readouterr().out


def test_json_is_an_array_of_results(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (log_folder / "odd.log").write_text("what is this\n")
    assert run(monkeypatch, log_folder, "--store", tmp_path / "s", "--output", "json") == 0
    [result] = json.loads(capsys.readouterr().out)
    assert {"objects": 3, "records": 9, "nodata": 3, "skipdata": 3, "malformed": 3}.items() <= (
        result.items()
    )
    assert result["failures"][0]["uri"].endswith("odd.log")
    assert sum(result["reasons"].values()) == 3
    assert result["unread"] == 1


def test_csv_has_one_line_a_source(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, log_folder, "--store", tmp_path / "s", "--output", "csv") == 0
    head, row = capsys.readouterr().out.strip().splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["records"] == "9"


def test_a_given_format_reads_lines_without_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bare.log").write_text(f"x {int(START.timestamp())} 10.0.0.1 y\n")
    assert run(monkeypatch, tmp_path / "bare.log", "--store", tmp_path / "s") == 1
    assert "--format" in capsys.readouterr().out
    given = ["--format", "mine start srcaddr other"]
    assert run(monkeypatch, tmp_path / "bare.log", "--store", tmp_path / "s", *given) == 0
    assert "1 object, 1 record in" in capsys.readouterr().out


def test_sources_of_the_settings_are_synced_by_name_or_all_together(
    log_folder: Path, sync_settings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with sync_settings.open("a") as file:
        file.write(f'[sources.prod]\nurl = "{log_folder}"\n')
    assert run(monkeypatch) == 0
    with Store.open(tmp_path / "default", create=False) as store:
        assert [state.records for state in store.sources()] == [9]
    assert run(monkeypatch, "prod", "--store", tmp_path / "other") == 0
    with Store.open(tmp_path / "other", create=False) as store:
        assert [state.records for state in store.sources()] == [9]


def test_sources_that_an_engine_answers_are_left_out_unless_they_are_named(
    log_folder: Path,
    sync_settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with sync_settings.open("a") as file:
        file.write('[sources.lake]\nurl = "trino://me@localhost:1/hive/logs"\n')
    assert run(monkeypatch) == 2
    assert "asked where their records lie" in capsys.readouterr().err
    with sync_settings.open("a") as file:
        file.write(f'[sources.prod]\nurl = "{log_folder}"\n')
    assert run(monkeypatch) == 0
    assert "lake" not in capsys.readouterr().out
    assert run(monkeypatch, "lake") == 2


def test_without_any_source_the_next_step_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 2
    assert "vpcflow sync s3://bucket/prefix" in capsys.readouterr().err


def test_days_older_than_keep_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    path = tmp_path / "logs.log"
    path.write_text("\n".join([HEADER, line(1, datetime.now(UTC)), line(2, old), ""]))
    assert run(monkeypatch, path, "--store", tmp_path / "s") == 0
    assert run(monkeypatch, path, "--store", tmp_path / "s", "--keep", "30d") == 0
    with Store.open(tmp_path / "s") as store:
        assert sum(file.rows for file in store.files("flows")) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--since", "8d", "--from", "2026-11-01"], 2, "contradict"),
        (["--since", "soon"], 2, "not a length of time"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], 2, "before it has begun"),
        (["--keep", "0d"], 2, "not a length of time"),
        (["--format", "start start"], 2, "twice"),
    ],
)
def test_misuse_is_told_in_one_sentence(
    log_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert run(monkeypatch, log_folder, *arguments) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_missing_folder_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path / "nowhere", "--store", tmp_path / "s") == 1
    assert "nowhere" in capsys.readouterr().err


def test_a_second_writer_learns_who_is_at_work(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Store.open(tmp_path / "s").close()
    with writer_lock(tmp_path / "s"):
        assert run(monkeypatch, log_folder, "--store", tmp_path / "s") == 1
    error = capsys.readouterr().err
    assert "is being written to by process" in error
    assert "--wait" in error


def test_progress_is_told_in_plain_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0)
    show = progress._lines()
    show("memory://", Progress(2, 4, 10, 40, 1000, 2.0))
    show("memory://", Progress(2, 4, 10, 40, 1000, 2.0, listed=True))
    assert capsys.readouterr().err.splitlines() == [
        "memory://: 2 of 4+ objects, 1 K records, 500 a second",
        "memory://: 2 of 4 objects, 1 K records, 500 a second, 6 s left",
    ]


def test_progress_on_a_terminal_is_a_bar(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert run(monkeypatch, log_folder, "--store", tmp_path / "s") == 0
    assert "3 objects, 9 records" in capsys.readouterr().out


def test_what_a_source_left_out_is_told_beside_what_it_gave(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=key(0), Body=log([line(1, START)]))
    words = ("s3://logs", "--store", tmp_path / "s", "--no-ec2")
    assert run(monkeypatch, *words, "--from", "2020-01-01", "--to", "2020-01-02") == 0
    assert "holds flow logs, but none in" in capsys.readouterr().out
    assert run(monkeypatch, *words, "--output", "json") == 0
    assert json.loads(capsys.readouterr().out)[0]["warnings"] == []


def test_sources_added_in_the_app_are_synced_too(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "s"
    add(store, SourceSetting(url=str(log_folder)), "mine")
    assert run(monkeypatch, "--store", store) == 0
    assert "3 objects, 9 records" in capsys.readouterr().out
    assert run(monkeypatch, "mine", "--store", store) == 0
    assert "nothing new" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize("order", [("missing", "logs"), ("logs", "missing")])
def test_each_source_is_tried_and_one_that_fails_makes_the_exit_code_1(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    form: str,
    order: tuple[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *order, "--store", tmp_path / "s", "--output", form) == 1
    with Store.open(tmp_path / "s", create=False) as store:
        assert [state.records for state in store.sources()] == [9]
    said = capsys.readouterr()
    assert said.err.startswith("missing: MissingError: ")
    assert "Traceback" not in said.err
    assert _sources_said(said.out, form) == {"missing": "error", "logs": "9 records"}


def _sources_said(text: str, form: str) -> dict[str, str]:
    """By the last part of the source's URL: how many records there were, or that it failed."""
    if form == "table":
        assert "missing: could not be read (MissingError)." in text
        assert "logs: 3 objects, 9 records in " in text
        return {"missing": "error", "logs": "9 records"}
    entries = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
    return {
        Path(entry["source"]).name: "error" if entry.get("error") else f"{entry['records']} records"
        for entry in entries
    }


def test_json_and_csv_name_the_error_and_the_next_step(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("gopher://x", log_folder, "--store", tmp_path / "s", "--output")
    assert run(monkeypatch, *words, "json") == 1
    wrong, good = json.loads(capsys.readouterr().out)
    assert set(wrong) == {"source", "error", "next_step"}
    assert wrong["source"] == "gopher://x"
    assert wrong["error"] == "'gopher://x' names no source: 'gopher' is unknown."
    assert "Sources are: " in wrong["next_step"]
    assert good["records"] == 9
    assert run(monkeypatch, *words, "csv") == 1
    wrong, good = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert list(wrong) == list(good)
    assert (wrong["error"], wrong["records"]) == (
        "'gopher://x' names no source: 'gopher' is unknown.",
        "",
    )
    assert (good["error"], good["skipped"]) == ("", "3")


@pytest.mark.parametrize(
    ("sources", "code"),
    [(["gopher://x"], 2), (["gopher://x", ""], 2), (["gopher://x", "gone"], 1),
     (["gopher://x", "logs"], 1), (["logs", "logs"], 0)],
)  # fmt: skip
def test_it_is_misuse_where_no_source_is_named_rightly(
    log_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *sources, "--store", tmp_path / "s") == code


def test_a_wrong_format_on_the_command_line_stops_before_anything_is_read(
    log_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["--format", "start start"]
    assert run(monkeypatch, log_folder, "gone", "--store", tmp_path / "s", *given) == 2
    assert not (tmp_path / "s").exists()


def test_a_failing_source_of_the_settings_leaves_the_others_alone(
    log_folder: Path, sync_settings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with sync_settings.open("a") as file:
        file.write(f'[sources.gone]\nurl = "{tmp_path / "gone"}"\n')
        file.write(f'[sources.odd]\nurl = "{log_folder}"\nlog_format = "start start"\n')
    add(tmp_path / "default", SourceSetting(url=str(log_folder)), "mine")
    assert run(monkeypatch) == 1
    with Store.open(tmp_path / "default", create=False) as store:
        assert [state.records for state in store.sources()] == [9]


def test_another_writer_is_reported_for_each_source(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Store.open(tmp_path / "s").close()
    with writer_lock(tmp_path / "s"):
        assert (
            run(monkeypatch, log_folder, log_folder, "--store", tmp_path / "s", "--output", "json")
            == 1
        )
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_dropped_records_are_counted_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    lines = [line(n, now - age) for n in range(3) for age in (timedelta(0), timedelta(days=40))]
    (tmp_path / "logs.log").write_text("\n".join([HEADER, *lines, ""]))
    words = (tmp_path / "logs.log", "--store", tmp_path / "s")
    assert run(monkeypatch, *words, "--keep", "30d") == 0
    said = capsys.readouterr().out
    assert "1 object, 3 records" in said
    assert "  dropped as too old: 3 records\n" in said


def test_records_that_leave_the_store_are_counted_where_nothing_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    (tmp_path / "logs.log").write_text("\n".join([HEADER, line(1, old), ""]))
    words = (tmp_path / "logs.log", "--store", tmp_path / "s")
    assert run(monkeypatch, *words) == 0
    capsys.readouterr()
    assert run(monkeypatch, *words, "--keep", "30d", "--output", "json") == 0
    [result] = json.loads(capsys.readouterr().out)
    assert (result["objects"], result["records"], result["dropped"]) == (0, 0, 1)


def test_progress_on_a_terminal_begins_anew_with_each_source(
    log_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert (
        run(monkeypatch, log_folder, tmp_path / "gone", log_folder, "--store", tmp_path / "s") == 1
    )
    said = capsys.readouterr().out
    assert "3 objects, 9 records" in said
    assert "nothing new" in said


def test_notes_on_records_and_those_outside_of_the_span_are_printed_and_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "timeless"
    folder.mkdir()
    for name, size in (("a.log", 8), ("b.log", 9)):
        rows = ["srcaddr dstaddr bytes", *(f"10.0.0.1 10.0.0.2 {size}" for _ in range(600))]
        (folder / name).write_text("\n".join(rows))
    assert run(monkeypatch, folder, "--store", tmp_path / "s") == 0
    assert "  1,200 records without any time: placed at" in capsys.readouterr().out
    words = (folder, "--store", tmp_path / "t", "--from", "2026-01-01", "--to", "2026-01-02")
    assert run(monkeypatch, *words) == 0
    shown = capsys.readouterr().out
    assert "left out: 1,200 records outside of the span" in shown
    assert run(monkeypatch, folder, "--store", tmp_path / "u", "--output", "json") == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert "1,200 records without any time" in " ".join(entry["notes"])
    assert (entry["records"], entry["outside"], entry["archived"]) == (1200, 0, 0)
