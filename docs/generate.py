"""Writes docs/reference from the tables in the code; `--check` only tells whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel

from docs.interfaces import cli_page, json_page, mcp_page, url_page
from docs.tables import table
from vpcflow_core import errors
from vpcflow_core.alert_settings import AlertSetting, ChannelSetting, ReportSetting
from vpcflow_core.fields import COLLECTOR_FIELDS, TRANSIT_FIELDS, VPC_FIELDS, Field
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.explore import READY
from vpcflow_core.query.dimensions import DIMENSIONS, EITHER_END
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.settings import CostSetting, Settings
from vpcflow_core.source_settings import DnsLogSetting, SourceSetting, TrailSetting
from vpcflow_core.team import Grant, SignIn

REFERENCE = Path(__file__).parent / "reference"


def fields_page() -> str:
    """Every field, by the logs that have it."""
    parts = ["# Fields\n"]
    for title, about, fields in (
        ("VPC flow logs", "Record versions 2 to 11, in AWS's order.", VPC_FIELDS),
        ("Transit gateway flow logs", "Record version 6.", TRANSIT_FIELDS),
        ("Added by collectors", "From VPC-JSON records.", COLLECTOR_FIELDS),
    ):
        parts += [f"## {title}\n", f"{about}\n", table(FIELD_HEADS, map(_field_row, fields))]
    return "\n".join(parts)


FIELD_HEADS = ("field", "column", "version", "type", "role", "other end", "meaning")


def _field_row(field: Field) -> tuple[object, ...]:
    mirror = f"`{field.mirror}`" if field.mirror else ""
    version = field.version or ""
    return f"`{field.aws}`", f"`{field.name}`", version, field.sql, field.role, mirror, field.doc


# Sections of the page of settings: heading, what they are, and each table's first column and rows.
SETTINGS: tuple[tuple[str, str, tuple[tuple[str, type[BaseModel]], ...]], ...] = (
    (
        "Sources",
        "Each is a table `[sources.NAME]` of the file, or variables\n"
        "`VPCFLOW_SOURCES__NAME__URL` and so on.\n",
        (("setting", SourceSetting),),
    ),
    (
        "Trails of CloudTrail",
        "Each is a table `[trails.NAME]` of the file: [notes](../team.md#views-and-notes).\n",
        (("setting", TrailSetting),),
    ),
    (
        "Query logs of Route 53 Resolver",
        "Each is a table `[dns_logs.NAME]` of the file.\n",
        (("setting", DnsLogSetting),),
    ),
    (
        "Prices",
        "In the table `[cost]` of the file, or as `VPCFLOW_COST__FACTOR` and so on.\n",
        (("setting", CostSetting),),
    ),
    (
        "Alerts",
        "Channels are tables `[channels.NAME]` of the file, rules of `vpcflow watch` tables\n"
        "`[alerts.NAME]`, its reports tables `[reports.NAME]`: [alerts](../how-to/alerts.md).\n",
        (
            ("setting of a channel", ChannelSetting),
            ("setting of a rule", AlertSetting),
            ("setting of a report", ReportSetting),
        ),
    ),
    (
        "Sign-in",
        "A table `[sign_in]` of the file. The provider sends people back to `app_url` with\n"
        "`/oauth2callback` behind it. Each grant is a table `[[sign_in.grants]]`.\n",
        (("setting", SignIn), ("setting of a grant", Grant)),
    ),
)


def settings_page() -> str:
    """Every setting, with its default."""
    rows = [
        (f"`{name}`", f"`VPCFLOW_{name.upper()}`", _default(info), info.description)
        for name, info in Settings.model_fields.items()
    ]
    parts = [
        "# Settings\n",
        "From `vpcflow.toml` in the working directory (or the file that `VPCFLOW_CONFIG`",
        "names) and from the environment, which wins.\n",
        table(("setting", "variable", "default", "meaning"), rows),
    ]
    for heading, about, tables in SETTINGS:
        parts += [f"## {heading}\n", about]
        for column, model in tables:
            fields = model.model_fields.items()
            described = [(f"`{name}`", info.description) for name, info in fields]
            parts.append(table((column, "meaning"), described))
    return "\n".join(parts)


def _default(info: object) -> str:
    factory = getattr(info, "default_factory", None)
    if factory is not None:
        return {"default_store": "`~/.local/share/vpcflow`"}.get(factory.__name__, "none")
    default = getattr(info, "default", None)
    return "none" if default in (None, "") else f"`{default}`"


def panels_page() -> str:
    """Every panel, with what it shows."""
    rows = [(f"`{p.slug}`", p.title, p.help, p.chart) for p in (*PANELS.values(), *READY.values())]
    return "# Panels\n\n" + table(("panel", "title", "what it shows", "drawn as"), rows)


def filters_page() -> str:
    """Every filter of the pages; `--where` and `FlowLogs.where` take all fields."""
    rows = [
        (f"`{row.name}`", row.title, row.filter_help)
        for row in (*EITHER_END.values(), *DIMENSIONS.values())
        if row.filter_help
    ]
    about = "The names are those of a page's address; `--where` takes every field in the same way."
    heads = ("filter", "title", "how to write it")
    return f"# Filters\n\n{about}\n\n{table(heads, rows)}"


def dimensions_page() -> str:
    """Everything that a question can be grouped by."""
    about = (
        "What `top`, `--by` and Explore group by: the columns of `flows` that are no number to\n"
        "add up. Lists of ids are grouped by their members.\n"
    )
    rows = [(f"`{row.name}`", row.title, row.kind, row.doc) for row in DIMENSIONS.values()]
    return f"# Dimensions\n\n{about}\n{table(('dimension', 'title', 'kind', 'meaning'), rows)}"


def measures_page() -> str:
    """Every measure."""
    rows = [(f"`{m.name}`", m.unit, _yes(m.adds_up), m.doc) for m in MEASURES.values()]
    return "# Measures\n\n" + table(
        ("measure", "unit", "adds up over time", "what it counts"), rows
    )


def _yes(what: bool) -> str:
    return "yes" if what else "no"


def errors_page() -> str:
    """The tree of errors."""
    return f"# Errors\n\n```\n{errors.__doc__}```\n"


def reference_index() -> str:
    """The list of the pages above."""
    pages = {name: PAGES[name]() for name in PAGES if not name.endswith("README.md")}
    about = "Written by `make docs` from the tables in the code.\n"
    return "\n".join(["# Reference\n", about, *sorted(_linked(pages))]) + "\n"


def decisions_index() -> str:
    """The list of the decisions."""
    files = (REFERENCE.parent / "decisions").glob("*.md")
    pages = {path.name: _read(path) for path in files if path.name != "README.md"}
    return "\n".join(["# Decisions\n", *sorted(_linked(pages))]) + "\n"


def _linked(pages: Mapping[str, str]) -> list[str]:
    """A line for each page: its title, linked."""
    return [f"* [{text.splitlines()[0].lstrip('# ')}]({name})" for name, text in pages.items()]


PAGES: dict[str, Callable[[], str]] = {
    "fields.md": fields_page,
    "settings.md": settings_page,
    "panels.md": panels_page,
    "filters.md": filters_page,
    "measures.md": measures_page,
    "errors.md": errors_page,
    "mcp.md": mcp_page,
    "dimensions.md": dimensions_page,
    "cli.md": cli_page,
    "url.md": url_page,
    "json.md": json_page,
    "README.md": reference_index,
    "../decisions/README.md": decisions_index,
}


def main() -> int:
    """Write the pages, or with `--check` name those that are out of date."""
    stale = [name for name, page in PAGES.items() if _read(REFERENCE / name) != page()]
    if "--check" in sys.argv:
        for name in stale:
            print(f"docs/reference/{name} is out of date: make docs")
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
