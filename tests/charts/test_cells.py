"""A cell without a value is empty, in every table of the sample and wherever the app shows rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import styled
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.entity import entity_of, entity_panels
from vpcflow_core.panels.explore import READY
from vpcflow_core.store.store import Store

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
# An address with peers in private blocks, which lie in no country, and a port.
ENTITIES = ("10.0.0.24", "443")
# The sample has no transit gateway: tests/panels/test_ways.py has logs of one.
OF_TRANSIT_GATEWAYS = {"traffic/transit-loss"}
TABLES = [
    panel.slug
    for panel in (
        *PANELS.values(),
        *READY.values(),
        *(panel for text in ENTITIES for panel in entity_panels(entity_of(text))),
    )
    if panel.chart == "table" and panel.slug not in OF_TRANSIT_GATEWAYS
]
NOTHING = {"None", "nan", "NaN", "NaT", "<NA>", "null"}


@pytest.fixture(scope="module")
def hours_of_sample(sample_store: Path) -> Iterator[FlowLogs]:
    with Store.open(sample_store) as store, FlowLogs(store) as flows:
        yield flows.last("12h")


@pytest.mark.slow
@pytest.mark.parametrize("slug", TABLES)
def test_no_cell_reads_as_a_languages_nothing(hours_of_sample: FlowLogs, slug: str) -> None:
    shown = hours_of_sample.panel(slug)
    body = styled(shown.panel, shown.answer)._translate(False, False)["body"]
    texts = {str(cell["display_value"]) for row in body for cell in row if cell["type"] == "td"}
    assert {t for t in texts if NOTHING & set(t.replace(",", " ").split())} == set()


def test_private_addresses_have_no_country_in_the_table(hours_of_sample: FlowLogs) -> None:
    (slug,) = (s for s in TABLES if s.startswith("entity/peers") and "10.0.0.24" in s)
    frame = hours_of_sample.panel(slug).frame
    private = frame["peer"].str.startswith("10.")
    assert private.any()
    assert frame["country_name"].isna().tolist() == private.tolist()


def test_rows_in_the_app_say_what_stands_for_a_missing_value() -> None:
    """Streamlit writes None where it is not told what to write."""
    found = [
        (path.name, node.lineno, {word.arg for word in node.keywords})
        for path in DASHBOARDS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "dataframe"
    ]
    assert len(found) >= 8
    assert [one for one in found if "placeholder" not in one[2]] == []
