"""README and docs: links lead somewhere, commands run, blocks of code run, panels exist."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import typer
from pydantic import BaseModel

from docs.conf import contents
from docs.generate import SETTINGS
from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.main import app
from vpcflow_core.panels.catalogue import panel
from vpcflow_core.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)]*))?\)")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
# Commands of a page: in blocks of code, behind what cron wants, joined by &&.
COMMAND = re.compile(r"^ {4,}(?:[\d*]+ (?:[\d*]+ ){4})?(vpcflow .*)$", re.MULTILINE)
# Each of them is looked up with its options, and run elsewhere.
RUN_ELSEWHERE = {
    "serve": "a server: tests/pages and tests/cli/test_serve.py",
    "demo": "a server: tests/cli/test_serve.py",
    "mcp": "a server: tests/mcp",
    "tables": "needs a Trino: make test-trino",
}


def commands_of(page: str) -> Iterator[list[str]]:
    """The words of each command of a page."""
    for line in COMMAND.findall(TEXTS[page].replace("\\\n", " ")):
        for part in line.split(" && "):
            words = shlex.split(part, comments=True)[1:]
            yield words[: words.index(">")] if ">" in words else words


def blocks_of(page: str, kind: str) -> list[str]:
    """The blocks of a page that are of a language, without their indentation."""
    found = BLOCK.findall(TEXTS[page])
    return [re.sub(f"^{indent}", "", text, flags=re.M) for indent, of, text in found if of == kind]


def pages_with(kind: str) -> list[str]:
    return [page for page in TEXTS if blocks_of(page, kind)]


def anchors_of(path: Path) -> set[str]:
    """What a forge calls the headings of a page."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


def test_every_page_stands_in_the_table_of_contents() -> None:
    """The site is not made of a page that nothing leads to."""
    contents = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "how-to").glob("*.md")]
    names = {page.relative_to(ROOT / "docs").as_posix() for page in pages} - {"README.md"}
    assert {name for name in names if f"({name})" not in contents} == set()
    assert len(names) > 25


def test_every_internal_link_leads_to_a_file_and_its_heading() -> None:
    lost = []
    for page in PAGES:
        for link, anchor in LINK.findall(page.read_text(encoding="utf-8")):
            target = page.parent / link if link else page
            if "://" in link or "://" in anchor:
                continue
            if not target.exists() or (anchor and anchor not in anchors_of(target)):
                lost.append(f"{page.relative_to(ROOT)}: {link}#{anchor}")
    assert lost == []


def test_every_page_is_reached_from_the_index() -> None:
    reached, waiting = set(), [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = (page.parent / link for link, _ in LINK.findall(page.read_text()) if link)
        waiting += {p.resolve() for p in links if p.suffix == ".md" and p.exists()} - reached
    assert set(PAGES) - reached - {ROOT / "README.md"} == set()


@pytest.mark.parametrize("index", ["README", "reference/README", "decisions/README"])
def test_the_navigation_of_the_site_has_every_page_of_an_index(index: str) -> None:
    text = TEXTS[f"docs/{index}.md"]
    linked = [link.removesuffix(".md") for link, _ in LINK.findall(text)]
    assert re.findall(r"^[a-z][\w/-]+$", contents(text), re.M) == linked
    assert len(linked) > 8


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.slow
def test_every_command_of_the_docs_exists_with_its_options() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    seen = set()
    for page in TEXTS:
        for command, *words in commands_of(page):
            assert command in COMMANDS, (page, command)
            options = {name for each in known[command].params for name in each.opts} | {"--help"}
            used = {word for word in words if re.fullmatch("--?[a-z][a-z0-9-]*", word)}
            assert used <= options, (page, command)
            seen.add(command)
    assert set(COMMANDS) <= seen


def test_every_panel_of_the_pci_page_exists() -> None:
    named = re.findall(r"`([a-z-]+/[a-z-]+)`", TEXTS["docs/pci-dss.md"])
    assert len(named) > 12
    assert all(panel(slug) for slug in named)


@pytest.mark.parametrize("page", pages_with("toml"))
def test_the_settings_of_the_docs_are_settings(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in blocks_of(page, "toml"):
        wanted = tomllib.loads(block)
        (tmp_path / "vpcflow.toml").write_text(block)
        monkeypatch.setenv("VPCFLOW_CONFIG", str(tmp_path / "vpcflow.toml"))
        found = Settings()
        assert set(found.sources) == set(wanted.get("sources", {}))


def test_every_table_of_the_settings_is_explained() -> None:
    explained = {model for _, _, tables in SETTINGS for _, model in tables}
    assert models_in(Settings) == explained


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The tables that a table of settings holds, and those in them."""
    waiting = [info.annotation for info in model.model_fields.values()]
    found: set[type[BaseModel]] = set()
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= {kind} | models_in(kind)
    return found


@pytest.mark.parametrize("page", pages_with("json"))
def test_the_json_of_the_docs_is_json(page: str) -> None:
    for block in blocks_of(page, "json"):
        if "..." not in block:
            json.loads(block)
