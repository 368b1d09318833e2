"""The arrows of the house: which room may import which, read from the imports themselves."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A room may import itself and what stands here; "*" is everything in vpcflow_core.
BASE = {
    "errors",
    "redaction",
    "times",
    "ranges",
    "units",
    "fields",
    "addresses",
    "coverage",
    "flow_log_hours",
    "clock_changes",
    "scope",
    "newest",
    "metrics",
    "asker",
    "stopping",
    "ending",
}
ALLOWED: dict[str, set[str]] = {
    "redaction": set(),
    "errors": {"redaction"},
    "times": {"errors"},
    "ranges": {"errors", "times"},
    "units": set(),
    "metrics": set(),
    "asker": set(),
    "stopping": {"errors"},
    "ending": {"errors"},
    "metrics_listener": {"errors", "metrics"},
    "json_logs": {"redaction", "times"},
    "plain_text": set(),
    "arrow": set(),
    "csv_file": {"plain_text"},
    "json_rows": set(),
    "fields": {"errors"},
    "flow_log_hours": {"times"},
    "coverage": {"flow_log_hours", "times"},
    "scope": set(),
    "newest": set(),
    "clock_changes": {"times"},
    "addresses": {"errors"},
    "setting_types": {"errors", "times", "addresses"},
    "team": {"errors", "scope", "setting_types"},
    "alert_settings": {"setting_types"},
    "source_settings": {"redaction", "setting_types", "sources"},
    "settings": {"errors", "redaction", "times", "setting_types", "team"}
    | {"alert_settings", "json_logs", "source_settings"},
    "variables": {"settings"},
    "bounded": {
        "errors",
        "redaction",
        "stopping",
        "__init__",
    },  # the package itself for where it lies
    "reference": {"errors", "redaction"},
    "inventory": {"errors", "times", "addresses"},
    "sources": BASE | {"inventory"},
    "formats": BASE,
    "intake": BASE | {"bounded", "formats"},
    "store": BASE | {"inventory", "formats", "sources"},
    "lake": BASE | {"formats", "sources", "store"},
    "query": BASE | {"arrow", "reference"},
    "engines": BASE | {"bounded", "settings", "inventory", "formats", "query", "sources", "store"},
    "analysis": BASE | {"inventory", "reference"},
    "series": BASE | {"query", "analysis"},
    "connections": BASE | {"query"},
    "cost": BASE | {"reference", "inventory", "query"},
    "refusals": BASE | {"inventory", "query", "analysis"},
    "rulesets": BASE | {"inventory", "plain_text", "query", "reference", "analysis"},
    "panels": BASE
    | {"reference", "inventory", "query", "analysis", "series", "connections", "cost"}
    | {"refusals", "rulesets"},
    "detections": BASE | {"inventory", "query", "panels"},
    "alerts": BASE
    | {"alert_settings", "settings", "sources", "query", "analysis", "panels", "detections"}
    | {"workspace", "links", "api", "report"},
    "monitoring": BASE | {"alerts", "store"},
    "charts": BASE | {"reference", "query", "panels"},
    "links": BASE | {"panels", "query"},
    "notebook": BASE | {"api", "charts", "flow_logs", "plain_text", "store"},
    "flow_logs": BASE
    | {"arrow", "reference", "inventory", "settings", "store", "query", "engines", "analysis"}
    | {"series", "connections", "cost", "refusals", "panels", "detections", "charts", "links"}
    | {"notebook", "rulesets"},
    "report": BASE
    | {"api", "arrow", "csv_file", "charts", "links", "notebook", "panels", "plain_text"},
    "mcp": BASE
    | {
        "analysis",
        "api",
        "json_rows",
        "links",
        "panels",
        "plain_text",
        "query",
        "series",
        "cost",
        "rulesets",
    },
    "changes": BASE | {"source_settings", "sources"},
    "workspace": BASE
    | {"changes", "inventory", "plain_text", "settings", "source_settings", "sources"}
    | {"formats", "store"},
    "checks": BASE
    | {"inventory", "source_settings", "sources", "formats", "store", "query", "panels"}
    | {"workspace", "changes", "engines"},
    "api": {"*"},
    "cli": {"*"},
    "__init__": {"*"},
}
# Libraries that only some rooms may use.
CONFINED = {
    "boto3": {"sources", "inventory", "checks", "engines"},
    "botocore": {"sources", "inventory", "checks", "engines", "alerts"},
    "sqlalchemy": {"query", "engines", "lake"},  # lake: its errors, of a catalog in SQL
    "pyiceberg": {"lake"},
    "trino": {"engines"},
    "mcp": {"mcp"},
    "plotly": {"charts", "flow_logs", "report"},
    "statsmodels": {"analysis"},
    "streamlit": set(),
}
MODULES = sorted((ROOT / "vpcflow_core").rglob("*.py"))


def room(path: Path) -> str:
    part = path.relative_to(ROOT / "vpcflow_core").parts[0]
    return part.removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> set[str]:
    """Dotted names of all modules the file imports, late imports too."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_room_knows_only_the_rooms_above_it(path: Path) -> None:
    mine = room(path)
    assert mine in ALLOWED, f"{mine} is a new room: say in ALLOWED what it may import"
    used = {n.split(".")[1] for n in imports(path) if n.startswith("vpcflow_core.")}
    known = {room(module) for module in MODULES}
    if "*" not in ALLOWED[mine]:
        assert used & known - ALLOWED[mine] - {mine} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_confined_libraries_stay_in_their_rooms(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)}
    for library, rooms in CONFINED.items():
        assert library not in used or room(path) in rooms, f"{library} in {room(path)}"


# Within a room: what each file or folder may import of the others; "*" stands for those not named.
INSIDE: dict[str, dict[str, set[str]]] = {
    "sources": {
        "spellings": set(),
        "base": set(),
        "schemes": {"base", "open", "spellings"},  # the base for types, `open` when one is opened
        "open": {"base", "schemes", "spellings"},
        "query_logs": {"base", "open", "schemes", "spellings", "s3"},
        "aws": {"open"},
        # Folders have AWS's layout too where somebody has copied a bucket.
        "local": {"base", "open", "s3"},
        "trails": {"base", "open", "s3", "schemes", "spellings"},
        "uploads": {"base", "open", "local"},
        "sample": {"base", "open", "local", "s3"},
        "*": {"base", "open", "aws"},
    },
    "engines": {
        "base": set(),
        "frames": set(),
        "named": set(),
        "once": set(),
        "asked": set(),
        "kept": set(),
        "by_minutes": {"base", "asked"},
        "by_days": {"base", "asked", "by_minutes", "by_totals"},
        "by_novelty": {"base", "asked", "by_days"},
        "by_promises": {"base"},
        "by_totals": {"base", "asked"},
        "open": {"*"},
        "interfaces": {"base"},
        "*": {"base", "by_minutes", "by_novelty", "by_promises", "frames", "kept", "named", "once"}
        | {"interfaces"},
    },
    "analysis": {
        "buckets": set(),
        "bands": set(),
        "models": set(),
        "outliers": {"bands", "buckets"},
        "forecast": {"models", "buckets"},
        "*": {"buckets"},
    },
    "flow_logs": {
        "by_country": set(),
        "selection": set(),
        "rendered": set(),
        "notes": {"selection"},
        "sets": set(),
        "questions": {"by_country", "selection", "sets"},
        "paths": {"questions"},
        "*": {"questions", "paths", "rendered"},
    },
    "panels": {
        "request": set(),
        "filter_texts": set(),
        "answer": set(),
        "log_queries": set(),
        "base": {"answer", "log_queries", "request"},
        "analyses": {"answer", "base", "log_queries", "request"},
        "decisions": {"base", "analyses", "filter_texts"},
        "catalogue": {"*"},
        "entity": set(),
        "entity_facts": {"entity", "log_queries"},
        "entity_panels": {"base", "analyses", "entity", "filter_texts"},
        "lacking": set(),
        "*": {"answer", "base", "request", "analyses", "decisions", "filter_texts", "lacking"},
    },
    "workspace": {
        "opening": set(),
        "shared_file": set(),
        "source_list": {"shared_file"},
        "inventory": {"opening"},
        "workspace": {"source_list"},
        "reviews": {"shared_file"},
        "domains": set(),
        "sync": {"domains", "inventory", "opening"},
        "background": {"domains", "sync", "workspace"},
        "audit": set(),
        "shared_list": {"shared_file"},
        "views": {"shared_list"},
        "notes": {"shared_list"},
    },
}


@pytest.mark.parametrize("within", INSIDE)
def test_files_of_a_room_know_only_those_below_them(within: str) -> None:
    known = INSIDE[within]
    for path in (ROOT / "vpcflow_core" / within).rglob("*.py"):
        mine = path.relative_to(ROOT / "vpcflow_core" / within).parts[0].removesuffix(".py")
        if mine == "__init__":
            continue
        prefix = f"vpcflow_core.{within}."
        used = {n.removeprefix(prefix).split(".")[0] for n in imports(path) if n.startswith(prefix)}
        allowed = known.get(mine, known.get("*"))
        assert allowed is not None, f"{path.name} is new in {within}: say in INSIDE what it knows"
        assert "*" in allowed or used - {mine} <= allowed, f"{path}: {used - {mine} - allowed}"


ENGINES = ROOT / "vpcflow_core" / "engines"
APP = [*(ROOT / "dashboards").rglob("*.py"), ROOT / "streamlit_app.py"]


def test_only_the_table_of_engines_names_an_engine() -> None:
    for folder in (entry for entry in ENGINES.iterdir() if (entry / "engine.py").is_file()):
        package = f"vpcflow_core.engines.{folder.name}"
        for path in [*MODULES, *APP]:
            named = any(f"{name}.".startswith(f"{package}.") for name in imports(path))
            assert not named or path == ENGINES / "open.py" or folder in path.parents, path


def test_duckdb_is_used_in_its_own_room_alone() -> None:
    for path in [*MODULES, *APP]:
        used = {name.split(".")[0] for name in imports(path)}
        assert "duckdb" not in used or ENGINES / "duckdb" in path.parents, path


def test_pages_ask_the_catalogue_and_not_the_store() -> None:
    asks = re.compile(r"\b(logs|flows\(\))\.store\b")
    for path in APP:
        assert not asks.search(path.read_text(encoding="utf-8")), path


def test_sources_hand_the_store_their_base_and_table_alone() -> None:
    for path in (ROOT / "vpcflow_core" / "store").rglob("*.py"):
        names = {n for n in imports(path) if n.startswith("vpcflow_core.sources")}
        shared = ("vpcflow_core.sources.base", "vpcflow_core.sources.schemes")
        assert all(n.startswith(shared) for n in names), path


# The app: pages declare, dashboards/ui draws, and only its folder sources/ is about one page.
PAGES = sorted((ROOT / "dashboards").glob("*.py"))
UI = sorted((ROOT / "dashboards" / "ui").rglob("*.py"))
# Files of dashboards/ui that hold plain functions and data, testable without a browser.
WITHOUT_STREAMLIT = sorted(
    path for path in UI if "no Streamlit" in (ast.get_docstring(ast.parse(path.read_text())) or "")
)


def names_of(paths: list[Path]) -> dict[str, Path]:
    """Files by the dotted names of their modules."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in names.items()}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_knows_the_ui_and_the_core_alone(path: Path) -> None:
    siblings = {f"dashboards.{page.stem}" for page in PAGES}
    for name in imports(path):
        package, _, inside = name.partition(".")
        own = package == "dashboards" and (
            inside.split(".")[0] == "ui" or any(name.startswith(sibling) for sibling in siblings)
        )
        assert own or package in ("vpcflow_core", *sys.stdlib_module_names), name


@pytest.mark.parametrize("path", UI, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_ui_knows_no_page_and_shares_no_part_of_one(path: Path) -> None:
    inside = path.is_relative_to(ROOT / "dashboards" / "ui" / "sources")
    for name in (name for name in imports(path) if name.startswith("dashboards")):
        assert name.startswith("dashboards.ui"), name
        assert inside or not name.startswith("dashboards.ui.sources"), name


def test_streamlit_is_used_in_its_own_room_alone() -> None:
    rest = [*PAGES, *WITHOUT_STREAMLIT, *MODULES]  # streamlit_app.py makes Streamlit's server
    assert [
        str(path) for path in rest if any(n.startswith("streamlit") for n in imports(path))
    ] == []


def test_files_that_know_no_streamlit_use_none_that_does() -> None:
    assert len(WITHOUT_STREAMLIT) > 5
    drawing = {n for n, path in names_of(UI).items() if path not in WITHOUT_STREAMLIT}
    used = {path.name: imports(path) & (drawing - {"dashboards.ui"}) for path in WITHOUT_STREAMLIT}
    assert {name: wrong for name, wrong in used.items() if wrong} == {}


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    modules = names_of([*MODULES, *PAGES, *UI])
    graph = {name: at_once(path, set(modules)) - {name} for name, path in modules.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError


def at_once(path: Path, modules: set[str]) -> set[str]:
    """The modules that are imported as soon as the file is; not in functions, not for types."""
    found = set()
    for node in parsed(path).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in modules else node.module for name in names}
    return found & modules


def test_relative_imports_are_not_used() -> None:
    for path in [*MODULES, *PAGES, *UI]:
        for node in ast.walk(parsed(path)):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


def test_the_core_names_no_outside_host_a_browser_might_call() -> None:
    for path in [*MODULES, *APP]:
        text = path.read_text(encoding="utf-8")
        assert not any(f"//{host}" in text for host in ("cdn", "fonts", "unpkg", "basemaps"))
