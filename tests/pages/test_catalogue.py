"""Pages are data: importing one draws nothing, and the list of them is all that the app knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.catalogue import DASHBOARDS, PAGES
from dashboards.ui.dashboard import Dashboard
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.query.filters import Filters

FOLDER = Path(__file__).parents[2] / "dashboards"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
# Imports modules where every way to put something on a page fails and no store opens.
IMPORT = """
import importlib, sys
from streamlit.delta_generator import DeltaGenerator
from vpcflow_core.store.store import Store

def refuse(*args, **named):
    raise AssertionError(f"drawn at import: {args} {named}")

DeltaGenerator._enqueue = DeltaGenerator._block = refuse
Store.open = refuse
import streamlit
streamlit.set_page_config = streamlit.navigation = streamlit.switch_page = streamlit.rerun = refuse

for name in sys.argv[1:]:
    importlib.import_module(name)
print("imported")
"""


def imported(folder: Path, *modules: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORT, *modules],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_importing_pages_draws_nothing(tmp_path: Path) -> None:
    done = imported(FOLDER.parent, *(f"dashboards.{module}" for module in MODULES))
    assert done.stdout == "imported\n", done.stderr
    (tmp_path / "drawing.py").write_text("import streamlit as st\nst.title('A page')")
    assert "drawn at import" in imported(tmp_path, "drawing").stderr


def test_addresses_of_pages_stay_what_links_to_them_say() -> None:
    assert [(page.path, page.title) for page in PAGES] == [
        ("overview", "Overview"),  # the first one is the app's own address
        ("accepts", "Accepts"),
        ("rejects", "Rejects"),
        ("traffic", "Traffic"),
        ("security-groups", "Security Groups"),
        ("outliers", "Outliers"),
        ("cost", "Cost"),
        ("findings", "Findings"),
        ("rules", "Rules"),
        ("explore", "Explore"),
        ("entity", "Entity"),
        ("sources", "Sources"),
    ]


def test_every_file_of_a_page_is_in_the_list_of_pages() -> None:
    files = {page.path.replace("-", "_") for page in PAGES}
    assert set(MODULES) - {"catalogue", "decisions"} == files


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.path)
def test_a_dashboard_shows_each_of_its_panels_once(dashboard: Dashboard) -> None:
    own = [slug for slug in PANELS if slug.startswith(f"{dashboard.path}/")]
    assert sorted(dashboard.slugs) == sorted(own)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.path)
def test_a_dashboard_filters_by_fields_that_there_are(dashboard: Dashboard) -> None:
    words = {"action": "ACCEPT", "direction": "inbound", "protocol": "tcp"}
    texts = {field: words.get(field, "*") for field in dashboard.filters if field in words}
    assert len(Filters.parse(texts | dict(dashboard.fixed))) == len(texts | dict(dashboard.fixed))
    assert not set(dashboard.filters) & set(dashboard.fixed)
