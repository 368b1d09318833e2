"""What a change costs, as CONTRIBUTING.md has it: each kind of change is made and then used.

The changes are made in a process of their own, before anything else is imported, for tables are
read at import. There each function below adds one row and then asks for all that should follow.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def a_field(folder: Path) -> None:
    """One row of the field table: parsed, stored, filtered, grouped, titled and documented."""
    from vpcflow_core import fields

    row = fields.Field(
        "tea-break", "Tea break", 12, "word", "dimension", "Tea that was served.",
        filter_help="A tea: `green` or `black`.", words=("green", "black"),
    )  # fmt: skip
    fields.VPC_FIELDS += (row,)
    fields.FIELDS += (row,)

    from docs.generate import fields_page, filters_page
    from vpcflow_core import FlowLogs
    from vpcflow_core.charts import title

    (folder / "teas.log").write_text(
        "srcaddr bytes start end action log-status tea-break\n"
        "10.0.0.1 100 1780000000 1780000060 ACCEPT OK green\n"
        "10.0.0.2 250 1780000000 1780000060 ACCEPT OK black\n"
        "10.0.0.3 999 1780000000 1780000060 ACCEPT OK -\n"
    )
    logs = FlowLogs.open(folder / "teas.log", store=folder / "store")
    top = logs.top("tea_break", by="bytes", n=5)
    assert dict(zip(top["tea_break"], top["bytes"], strict=True))["black"] == 250
    assert list(logs.where(tea_break="GREEN").top("srcaddr")["srcaddr"]) == ["10.0.0.1"]
    assert title("tea_break") == "Tea break"
    assert "| `tea-break` | `tea_break` | 12 |" in fields_page()
    assert "| `tea_break` | Tea break |" in filters_page()
    _page_filters_by("tea_break", "green", "Tea break", row.filter_help)


def a_filter(_: Path) -> None:
    """The help text of a field: a box, a chip, a parameter of links, a line of the reference."""
    from dataclasses import replace

    from vpcflow_core import fields

    fields.FIELDS = tuple(
        replace(row, filter_help="An id: `i-0a1b`.") if row.aws == "instance-id" else row
        for row in fields.FIELDS
    )
    from docs.generate import filters_page

    assert "| `instance_id` | Instance | An id: `i-0a1b`. |" in filters_page()
    _page_filters_by("instance_id", "i-0a*", "Instance", "An id: `i-0a1b`.")


def _page_filters_by(name: str, text: str, title: str, written: str) -> None:
    """Pages read the filter from a link, and draw its box and its chip."""
    from dashboards.ui import chips
    from dashboards.ui.filter_text import chips_of
    from dashboards.ui.link_reading import parse_state
    from tests.pages.test_sidebar import sidebar, typed

    state, notes = parse_state({name: text})
    assert (state.filters, notes) == (((name, text),), [])
    assert [chips.label(chip) for chip in chips_of(name, text)] == [f"{title}: {text}"]
    (box,) = typed(sidebar(name))
    assert (box.label, box.help) == (title, written)


def a_panel(folder: Path) -> None:
    """One entry in a page's panels: answered, drawn and documented."""
    from vpcflow_core.panels import overview
    from vpcflow_core.panels.base import Panel
    from vpcflow_core.query.question import Query

    overview.OVERVIEW += (
        Panel(
            "overview/by-vpc", "Bytes by VPC", "Bytes of each VPC.",
            Query(("bytes",), by=("vpc_id",), top=5), "bars", drill=("vpc_id",),
        ),
    )  # fmt: skip

    from docs.generate import panels_page
    from tests.logs import fill, write_sample
    from vpcflow_core import FlowLogs

    store = fill(folder / "store", write_sample(folder / "logs", 3000, 1), snapshot=True)
    found = FlowLogs.open(store).panel("overview/by-vpc")
    assert found.frame["bytes"].sum() > 0
    assert found.figure().data
    assert "| `overview/by-vpc` | Bytes by VPC |" in panels_page()


def a_source(folder: Path) -> None:
    """A module and one row of the schemes: opened, listed in texts, synced, guarded."""
    from tests.store import doubles
    from vpcflow_core.sources.schemes import SCHEMES, Scheme

    def open_url(url: str, options: Any, store: Any) -> doubles.Memory:
        source = doubles.Memory(url)
        source.put("a.log.gz", doubles.log([doubles.line(7, doubles.START)]))
        return source

    module = ModuleType("vpcflow_core.sources.memory")
    module.open_url = open_url  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    SCHEMES["memory"] = Scheme("memory", "memory", "memory://name", "all", fixed=True)

    from dashboards.ui.rights import Rights
    from dashboards.ui.sources.adding import addable
    from vpcflow_core import FlowLogs
    from vpcflow_core.errors import SettingsError
    from vpcflow_core.source_settings import SourceSetting
    from vpcflow_core.sources.open import open_source

    logs = FlowLogs.open("memory://teas", store=folder / "store")
    assert list(logs.top("srcaddr", by="bytes")["bytes"]) == [7]
    assert "`memory://name`" in str(SourceSetting.model_fields["url"].description)
    with pytest.raises(SettingsError, match="memory://name"):
        open_source("memry://teas")
    assert "memory://name" in _command_line("sync", "--help")
    assert "memory://name" in _command_line("check", "--help")
    assert SCHEMES["memory"] in addable(Rights("all"))
    assert SCHEMES["memory"] not in addable(Rights("aws"))


def an_engine(_: Path) -> None:
    """A folder, here tests/engines/test_open.py, and one row: it answers for its catalogues.

    One that has addresses has a row among those of sources as well, for --help and settings.
    """
    from tests.engines.test_open import SmallCatalogue, SQLiteEngine
    from vpcflow_core import FlowLogs
    from vpcflow_core.checks import check_elsewhere
    from vpcflow_core.engines import open as engines
    from vpcflow_core.sources.schemes import SCHEMES, Scheme

    def opened(settings: Any, catalogue: Any) -> Any:
        return SQLiteEngine(catalogue)

    def at(url: str, since: Any, inventory: Any) -> Any:
        return SmallCatalogue()

    engines.KINDS += (engines.EngineKind("sqlite", lambda: SmallCatalogue, opened, ("small",), at),)
    with FlowLogs(catalogue=SmallCatalogue()) as logs:
        assert list(logs.top("srcaddr", by="bytes")["bytes"]) == [700, 140]
        assert logs.panel("overview/top-sources").figure().data
    SCHEMES["small"] = Scheme("small", "elsewhere", "small://name", "all", is_engine=True)
    with FlowLogs.open("small://teas") as logs:
        assert list(logs.top("srcaddr", by="bytes")["bytes"]) == [700, 140]
    assert "small://name" in _command_line("check", "--help")
    assert "700" in _command_line("top", "srcaddr", "--source", "small://teas")
    assert {found.state for found in check_elsewhere("small://teas")} <= {"ok", "warning"}
    assert "has no table of minutes" in _refusal("summarize", "small://teas")
    assert "no engine that tables" in _refusal("tables", "small://teas", "--logs", "sample://")


def a_command(_: Path) -> None:
    """A function among the commands."""
    from vpcflow_core.cli.commands import COMMANDS

    def tea(cups: int = 1) -> None:
        """Make tea."""
        print("tea " * cups)

    COMMANDS["tea"] = tea
    assert "Make tea." in _command_line("--help")
    assert "tea tea" in _command_line("tea", "--cups", "2")


def a_page(_: Path) -> None:
    """A value that a file declares, and one entry in the list of pages: it has an address."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    from dashboards import catalogue
    from dashboards.ui.navigation import FreePage

    def draw(title: str, question: str) -> None:
        st.title(title, help=question)

    catalogue.PAGES += (FreePage("teas", "Teas", ":material/coffee:", "Which tea?", draw),)
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    app._page_hash = calc_hash("teas")  # AppTest itself turns only to pages that are scripts
    app.run()
    assert not app.exception
    assert [(title.value, title.help) for title in app.title] == [("Teas", "Which tea?")]


def _command_line(*words: str) -> str:
    """What `vpcflow` prints."""
    from typer.testing import CliRunner

    from vpcflow_core.cli.main import app

    done = CliRunner().invoke(app, words, env={"COLUMNS": "400", "TERM": "dumb"})
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def _refusal(*words: str) -> str:
    """The error that `vpcflow` ends with."""
    from typer.testing import CliRunner

    from vpcflow_core.cli.main import app

    return str(CliRunner().invoke(app, words).exception)


CHANGES: tuple[Callable[[Path], None], ...] = (
    a_field,
    a_filter,
    a_panel,
    a_source,
    an_engine,
    a_command,
    a_page,
)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_costs_what_contributing_says(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    name = change.__name__
    code = f"from pathlib import Path; from tests.test_costs import {name}; {name}(Path('.'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_contributing_has_a_line_for_each_change() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(f"| {change.__name__.replace('_', ' ')} |" in text for change in CHANGES)
