"""README and docs: links lead somewhere, commands and panels exist, Python runs."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.main import app
from vpcflow_core.panels.catalogue import panel
from vpcflow_core.store.store import Store

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def test_every_internal_link_leads_to_a_file() -> None:
    lost = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert lost == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.slow
def test_every_command_of_the_docs_exists_with_its_options() -> None:
    options: dict[str, set[str]] = {}
    for line in re.findall(r"^ {4}(vpcflow .*)$", "\n".join(map(Path.read_text, PAGES)), re.M):
        words = shlex.split(line, comments=True)
        command = words[1]
        if command not in options:
            assert command in COMMANDS, line
            found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
            options[command] = {name for each in found.params for name in each.opts}
        used = {word for word in words[2:] if re.fullmatch("--?[a-z][a-z-]*", word)}
        assert used <= options[command] | {"--help"}, line
    assert len(options) > 8


def test_every_panel_of_the_pci_page_exists() -> None:
    named = re.findall(r"`([a-z-]+/[a-z-]+)`", (ROOT / "docs" / "pci-dss.md").read_text())
    assert len(named) > 12
    assert all(panel(slug) for slug in named)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/identity.md"])
def test_the_python_of_the_docs_runs_on_the_sample(
    page: str, sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = FlowLogs(Store.open(sample_store))
    monkeypatch.setattr(FlowLogs, "open", lambda *_, **__: flows)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S):
        exec(compile(ast.parse(block), page, "exec"), names)
    flows.close()
