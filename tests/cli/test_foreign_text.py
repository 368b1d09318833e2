"""Text of logs and file names changes no terminal: tables and complaints show it as it is."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from vpcflow_core.cli.main import main
from vpcflow_core.cli.output import Output, write
from vpcflow_core.csv_file import csv_bytes
from vpcflow_core.plain_text import defused, without_folders

HOSTILE = "[red]x[/red]\x1b[2J\x1b]8;;http://evil.test\x07y\u202ez\x9b1m\r\n"
SHOWN = r"[red]x[/red]\x1b[2J\x1b]8;;http://evil.test\x07y\u202ez\x9b1m\r\n"


def test_cells_and_titles_are_neither_markup_nor_orders(capsys: pytest.CaptureFixture[str]) -> None:
    write(pd.DataFrame({HOSTILE: [HOSTILE, "[/]"]}), Output.table, HOSTILE)
    printed = capsys.readouterr().out
    assert printed.count(SHOWN) == 3
    assert "[/]" in printed
    assert not set(printed) & {"\x1b", "\x07", "\u202e", "\x9b", "\r"}


def test_lines_and_names_of_files_alter_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "\x1b[31m\u202e.log"
    header = "version account-id interface-id srcaddr dstaddr bytes start end log-status"
    path.write_text(
        f"{header}\n2 1 eni-1 10.0.0.1 10.0.0.2 5 1763640000 1763640060 OK\n\x1b[2J bad\n"
    )
    for command in ("inspect", "read"):
        monkeypatch.setattr(sys, "argv", ["vpcflow", command, str(path)])
        with suppress(SystemExit):
            main()
        printed = "".join(capsys.readouterr())
        assert r"\x1b[31m\u202e" in printed
        assert not set(printed) & {"\x1b", "\u202e"}


@pytest.mark.parametrize(
    "text",
    ["\u00a0=1", "\uff1d1+1", "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1"],
)
def test_what_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert defused(text) == f"'{text}"


def test_downloads_of_the_app_hold_no_formula() -> None:
    frame = pd.DataFrame({"=tag": ["=1+1", "web", None], "bytes": [-5, 1, 2]})
    assert csv_bytes(frame).decode().splitlines() == ["'=tag,bytes", "'=1+1,-5", "web,1", ",2"]


def test_the_command_line_defuses_cells_and_names_of_columns_on_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    frame = pd.DataFrame({"@sum": ["=1+1", "web", None], "bytes": [-5, 1, 2]})
    write(frame, Output.spreadsheet)
    assert capsys.readouterr().out.splitlines() == ["'@sum,bytes", "'=1+1,-5", "web,1", ",2"]
    write(frame, Output.csv)
    assert capsys.readouterr().out.splitlines() == ["@sum,bytes", "=1+1,-5", "web,1", ",2"]


@pytest.mark.parametrize(("form", "tag"), [("spreadsheet", "'=cmd()"), ("csv", "=cmd()")])
def test_records_for_a_spreadsheet_hold_no_formula(
    form: str,
    tag: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "tags.log"
    path.write_text("srcaddr dstaddr bytes instance-tag\n10.0.0.1 10.0.0.2 5 =cmd()\n")
    monkeypatch.setattr(sys, "argv", ["vpcflow", "read", str(path), "--output", form])
    with suppress(SystemExit):
        main()
    assert capsys.readouterr().out.splitlines()[1] == f"10.0.0.1,10.0.0.2,5,{tag}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("There is no /home/ann lee/vpc logs/may.log.", "There is no may.log."),
        ("/srv/a b/c d/e.log and /srv/a b/f.log", "e.log and f.log"),
        ("'/srv/x y/a.log', '/srv/x y/b.log'", "'a.log', 'b.log'"),
        ("/srv/a.log, nor s3://b/c d/e", "a.log, nor s3://b/c d/e"),
        ("file:///mnt/my disk/a.log: cut short", "a.log: cut short"),
    ],
)
def test_visitors_see_no_folder_with_blanks_in_its_name(text: str, shown: str) -> None:
    assert without_folders(text) == shown
