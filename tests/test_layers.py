"""The arrows of the house: which room may import which, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A room may import itself and what stands here; "*" is everything in vpcflow_core.
BASE = {"errors", "fields", "times", "units", "data", "snapshot"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "units": set(),
    "data": {"errors"},
    "fields": {"errors"},
    "times": {"errors"},
    "snapshot": set(),
    "output": {"fields"},
    "cidr": {"errors"},
    "settings": {"errors", "times", "cidr"},
    "sources": BASE,
    "formats": BASE,
    "store": BASE | {"formats", "sources"},
    "enrich": BASE,
    "query": BASE | {"enrich"},
    "engines": BASE | {"query", "store"},
    "analysis": BASE | {"enrich"},
    "panels": BASE | {"query", "analysis", "enrich"},
    "charts": BASE | {"panels", "query", "enrich"},
    "survey": BASE | {"sources", "store", "enrich"},
    "update": BASE | {"settings", "sources", "formats", "store", "survey"},
    "added": BASE | {"settings", "store"},
    "home": BASE | {"settings", "store", "added"},
    "over_time": BASE | {"query", "engines", "analysis"},
    "checks": {"*"},
    "api": {"*"},
    "commands": {"*"},
    "cli": {"*"},
    "__init__": {"*"},
}
# Libraries that only some rooms may use.
CONFINED = {
    "boto3": {"sources", "enrich", "engines"},
    "botocore": {"sources", "enrich", "engines"},
    "duckdb": {"engines", "store", "commands"},
    "sqlalchemy": {"query", "engines"},
    "plotly": {"charts", "api"},
    "statsmodels": {"analysis"},
    "streamlit": set(),
}
MODULES = sorted((ROOT / "vpcflow_core").rglob("*.py"))


def room(path: Path) -> str:
    part = path.relative_to(ROOT / "vpcflow_core").parts[0]
    return part.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names of all modules the file imports, late imports too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


def test_sources_hand_the_store_their_base_alone() -> None:
    for path in (ROOT / "vpcflow_core" / "store").rglob("*.py"):
        names = {n for n in imports(path) if n.startswith("vpcflow_core.sources")}
        assert all(n.startswith("vpcflow_core.sources.base") for n in names), path


def test_relative_imports_are_not_used() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


def test_the_core_names_no_outside_host_a_browser_might_call() -> None:
    for path in [*MODULES, *(ROOT / "dashboards").rglob("*.py"), ROOT / "streamlit_app.py"]:
        text = path.read_text(encoding="utf-8")
        assert not any(f"//{host}" in text for host in ("cdn", "fonts", "unpkg", "basemaps"))
