"""Saved views and notes: whose they are, who sees them, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest

from tests.commands import exit_code
from vpcflow_core.charts.notes import Mark, with_notes
from vpcflow_core.errors import ParameterError, StoreError, TimeError
from vpcflow_core.scope import Part, Scope
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window
from vpcflow_core.workspace import notes, views
from vpcflow_core.workspace.views import View

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ACCOUNT, OTHER = "210987654321", "123456789012"


def test_a_view_is_seen_by_its_owner_and_one_for_all_by_everyone(tmp_path: Path) -> None:
    mine = View("ssh", "rejects", "range=24h&dstport=22", "Who tries SSH", "ada")
    ours = View("Overnight", "", "range=12h", owner="bo", for_all=True)
    for view in (mine, ours):
        views.save(tmp_path, view)
    assert views.views(tmp_path, "ada") == [ours, mine]
    assert views.views(tmp_path, "cy") == [ours]
    changed = View("ssh", "rejects", "range=7d", owner="ada")
    views.save(tmp_path, changed)
    assert views.views(tmp_path, "ada") == [ours, changed]
    views.remove(tmp_path, ours)
    assert views.views(tmp_path, "bo") == []


def test_a_view_for_all_does_not_take_the_place_of_anothers(tmp_path: Path) -> None:
    views.save(tmp_path, View("ssh", "", "range=1h", owner="ada", for_all=True))
    with pytest.raises(ParameterError, match="'ssh' for all already"):
        views.save(tmp_path, View("ssh", "", "range=2h", owner="bo", for_all=True))
    views.save(tmp_path, View("ssh", "", "range=2h", owner="bo"))
    assert [one.query for one in views.views(tmp_path, "cy")] == ["range=1h"]


@pytest.mark.parametrize(
    "view",
    [View(" ", "", ""), View("x" * 81, "", ""), View("a", "", "X-Amz-Signature=abc123&range=1h")],
)
def test_a_view_without_a_name_too_long_or_with_a_secret_is_refused(
    tmp_path: Path, view: View
) -> None:
    with pytest.raises(ParameterError):
        views.save(tmp_path, view)
    assert not (tmp_path / views.NAME).exists()


def test_a_damaged_list_says_which_file(tmp_path: Path) -> None:
    (tmp_path / views.NAME).write_text('[{"nom": 1}]')
    with pytest.raises(StoreError, match=r"views\.json is damaged"):
        views.views(tmp_path, "")
    (tmp_path / notes.NAME).write_text("{")
    with pytest.raises(StoreError, match=r"notes\.json cannot be read"):
        notes.notes(tmp_path)


def test_views_saved_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: views.save(tmp_path, View(f"v{n}", "", "")), range(40)))
    assert len(views.views(tmp_path, "")) == 40


def test_notes_of_an_account_are_for_those_who_see_it(tmp_path: Path) -> None:
    for_all = notes.made("2026-11-26T12:00Z", "web 2.41 out", "deploy")
    of_account = notes.made("2026-11-26T12:30Z", "database moved", "change", ACCOUNT)
    assert notes.add(tmp_path, [of_account, for_all, for_all]) == 2
    assert notes.add(tmp_path, [for_all]) == 0
    assert notes.notes(tmp_path) == [for_all, of_account]
    other, same = (Scope.of([Part(accounts=(one,))]) for one in (OTHER, ACCOUNT))
    assert notes.notes(tmp_path, scope=other) == [for_all]
    assert notes.notes(tmp_path, scope=same) == [for_all, of_account]
    window = Window(NOON, datetime(2026, 11, 26, 12, 30, tzinfo=UTC))
    assert notes.notes(tmp_path, window) == [for_all]
    notes.remove(tmp_path, for_all)
    assert notes.notes(tmp_path) == [of_account]


@pytest.mark.parametrize(
    ("time", "text", "kind", "error"),
    [
        ("soon", "x", "note", TimeError), ("2026-11-26", "", "note", ParameterError),
        ("2026-11-26", "x" * 201, "note", ParameterError), ("2026-11-26", "x", "deplo", ParameterError),
        ("2026-11-26", "password=hunter22", "note", ParameterError),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(
    time: str, text: str, kind: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        notes.made(time, text, kind)


def test_a_csv_file_is_added_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Store.open(tmp_path / "store").close()
    file = tmp_path / "deploys.csv"

    def run(*words: str) -> int:
        return exit_code(monkeypatch, *words, "--store", tmp_path / "store")

    file.write_text("time,text,kind\n2026-11-26T12:00Z,web out,deploy\nyesteryear,x,note\n")
    assert run("notes", "--csv", str(file)) == 2
    assert "line 3" in capsys.readouterr().err
    assert notes.notes(tmp_path / "store") == []
    file.write_text("time,text,kind\n2026-11-26T12:00Z,web out,deploy\n")
    assert run("notes", "--csv", str(file)) == 0
    assert run("note", "db moved", "--at", "2026-11-26T13:00Z", "--kind", "change") == 0
    capsys.readouterr()
    assert run("notes", "--output", "csv") == 0
    listed = [line.split(",")[1:3] for line in capsys.readouterr().out.splitlines()]
    assert listed[1:] == [["deploy", "web out"], ["change", "db moved"]]


def test_a_note_stands_at_its_wall_clock_and_its_text_is_no_markup() -> None:
    chart = go.Figure(go.Scatter(x=[NOON], y=[1]))
    mark = Mark(NOON, "deploy: <a href='x'>v2</a>")
    window = Window(NOON, NOON + timedelta(hours=1))
    drawn = with_notes(chart, [mark], ZoneInfo("Europe/Berlin"), window)
    (line,), (drawn_mark,) = drawn.layout.shapes, drawn.layout.annotations
    assert line.x0 == drawn_mark.x == "2026-11-26T13:00:00"
    assert "<a" not in drawn_mark.hovertext
    assert "&lt;a" in drawn_mark.hovertext
    assert with_notes(go.Figure(), [], ZoneInfo("UTC"), window).layout.shapes == ()
