"""Pages of docs/reference about ways to ask: from the tables in the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import typer

from dashboards.ui.parameters import PARAMETERS
from dashboards.ui.state import FILTER_LABELS, MEANINGS, NAMES
from docs.tables import table
from vpcflow_core.cli.columns import columns_of
from vpcflow_core.cli.commands import COMMANDS
from vpcflow_core.cli.examples import EXAMPLES
from vpcflow_core.cli.main import app
from vpcflow_core.cli.options import AnswerOptions, QuestionOptions, SourceOptions
from vpcflow_core.mcp.tools import TOOLS

# Options that commands share, by the heading below which the page explains them.
SHARED: dict[str, type] = {
    "Which records": QuestionOptions,
    "The form of answers": AnswerOptions,
    "How to reach a source": SourceOptions,
}


def cli_page() -> str:
    """Every command with its arguments, options and examples."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group has them
    parts = [
        "# Commands\n",
        "`vpcflow COMMAND --help` says the same. Exit codes: 0 done, 1 failed, 2 misused, 3 a"
        " violation was found\n(`outliers`).\n",
    ]
    shared: dict[str, set[str]] = {}
    for heading, group in SHARED.items():
        before = set().union(*shared.values()) if shared else set()
        shared[heading] = {option.name for option in fields(group)} - before
        having = next(c for c in commands.values() if shared[heading] <= {p.name for p in c.params})
        rows = [_option(p) for p in having.params if p.name in shared[heading]]
        parts += [f"## {heading}\n", table(("option", "default", "meaning"), rows)]
    for name in COMMANDS:
        parts += _command(name, commands[name], shared)
    return "\n".join(parts)


def _command(name: str, command: Any, shared: dict[str, set[str]]) -> list[str]:
    names = {p.name for p in command.params}
    whole = {heading: options for heading, options in shared.items() if options <= names}
    common = set().union(*whole.values()) if whole else set()
    own = [p for p in command.params if p.name not in common]
    links = [f"[{heading.lower()}](#{heading.lower().replace(' ', '-')})" for heading in whole]
    parts = [f"## {name}\n", f"{command.help.strip()}\n"]
    if own:
        rows = map(_option, own)
        parts.append(table(("argument or option", "default", "meaning"), rows))
    if links:
        parts.append(f"And the options about {', '.join(links)}.\n")
    return [*parts, "\n".join(f"    {example}" for example in EXAMPLES.get(name, ())) + "\n"]


def _option(parameter: Any) -> tuple[str, str, str]:
    is_argument = type(parameter).__name__.endswith("Argument")
    name = parameter.name.upper() if is_argument else ", ".join(parameter.opts)
    metavar = parameter.metavar or ""
    written = (metavar or name) if is_argument else f"{name} {metavar}".strip()
    default = getattr(parameter.default, "value", parameter.default)
    shown = f"`{default}`" if default not in (None, "", False) and default != [] else ""
    needed = "needed" if parameter.required else shown
    return f"`{written}`", needed, _cell(parameter.help)


def _cell(text: str) -> str:
    """A text within a cell of a table."""
    return " ".join(text.replace("|", r"\|").split())


def url_page() -> str:
    """Every parameter of a page's address."""
    about = (
        "What a page shows stands in its address, so that a link shows others the same. What has\n"
        "its default is left out. Old links keep working: `v` is the version of this scheme.\n"
    )
    own = [name for name in NAMES if name not in FILTER_LABELS and name not in PARAMETERS]
    rows: Iterable[tuple[str, str, str]] = (
        (f"`{name}`", *map(_cell, MEANINGS[name])) for name in own
    )
    judging = (
        (f"`{p.name}`", f"`{p.write(p.default)}`", _cell(p.help)) for p in PARAMETERS.values()
    )
    filters = ((f"`{name}`", label) for name, label in FILTER_LABELS.items())
    heads = ("parameter", "default", "meaning")
    return "\n".join(
        [
            "# Addresses of pages\n",
            about,
            table(heads, rows),
            "## Outliers\n",
            table(heads, judging),
            "## Filters\n",
            "Written as in the sidebar: [filters](filters.md).\n",
            table(("parameter", "filter"), filters),
        ]
    )


def json_page() -> str:
    """What the rows of each command's answer have."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group has them
    parts = [
        "# Columns of answers\n",
        "`--output json` prints an array of objects, one a row; `csv`, `spreadsheet` and `parquet`"
        " have the same\ncolumns. Times are ISO 8601 in UTC, lengths of time seconds, numbers are"
        " exact, what is missing is null.\nNames in capitals stand for others.\n",
    ]
    for name in COMMANDS:
        if any(p.name == "output" for p in commands[name].params):
            rows = ((f"`{column}`", _cell(said)) for column, said in columns_of(name).items())
            parts += [f"## vpcflow {name}\n", table(("column", "meaning"), rows)]
    return "\n".join(parts)


def mcp_page() -> str:
    """Every tool of `vpcflow mcp`, and what it takes."""
    parts = ["# Tools for AI assistants\n", "What `vpcflow mcp` offers: [mcp.md](../mcp.md).\n"]
    for name, tool in TOOLS.items():
        rows = [
            (f"`{field}`", "needed" if info.is_required() else _shown(info), info.description)
            for field, info in tool.model_fields.items()
        ]
        doc = " ".join((tool.__doc__ or "").split())
        parts += [f"## {name}\n", f"{doc}\n", table(("parameter", "default", "meaning"), rows)]
    return "\n".join(parts)


def _shown(info: object) -> str:
    default = getattr(info, "default", None)
    if getattr(info, "default_factory", None) or default in (None, ""):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
