"""What has no value is empty or said in words: in tables, hovers and numbers, of full and few logs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import styled
from vpcflow_core.errors import VpcflowError
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.entity import entity_of
from vpcflow_core.panels.entity_panels import entity_panels
from vpcflow_core.panels.explore import READY
from vpcflow_core.store.store import Store
from vpcflow_core.units import humane

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
CHARTS = [panel.slug for panel in PANELS.values() if panel.chart != "table"]
# One of each kind: what draws it, and what makes its rows.
KINDS = {(panel.chart, panel.analysis): slug for slug, panel in PANELS.items() if slug in CHARTS}
HEADER = "srcaddr dstaddr dstport bytes start end"
NOTHING = {"None", "nan", "NaN", "NaT", "<NA>", "null"}


@pytest.fixture(scope="module")
def hours_of_sample(sample_store: Path) -> Iterator[FlowLogs]:
    with Store.open(sample_store) as store, FlowLogs(store) as flows:
        yield flows.last("12h")


@pytest.fixture(scope="module")
def five_fields(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Flows of few fields, one of them without ports and one without bytes."""
    folder, start = tmp_path_factory.mktemp("five-fields"), int(UNTIL.timestamp())
    lines = [
        f"10.0.0.{i} 192.0.2.{i} {443 if i % 3 else '-'} {100 * i if i % 4 else '-'} {start} {start + 50}"
        for i in range(1, 9)
    ]
    (folder / "few.log").write_text("\n".join([HEADER, *lines]))
    with FlowLogs.open(folder / "few.log", store=folder / "store") as flows:
        yield flows.last("1h")


@pytest.mark.slow
@pytest.mark.parametrize("slug", TABLES)
def test_no_cell_reads_as_a_languages_nothing(hours_of_sample: FlowLogs, slug: str) -> None:
    assert nothings(hours_of_sample, slug) == set()


@pytest.mark.slow
@pytest.mark.parametrize("slug", KINDS.values())
def test_no_chart_of_the_sample_says_a_languages_nothing(
    hours_of_sample: FlowLogs, slug: str
) -> None:
    assert nothings(hours_of_sample, slug) == set()


@pytest.mark.slow
def test_nothing_reads_as_a_languages_nothing_where_logs_have_few_fields(
    five_fields: FlowLogs,
) -> None:
    said, shown = {}, 0
    for slug in (*CHARTS, *TABLES):
        try:
            said[slug] = nothings(five_fields, slug)
        except VpcflowError:  # it says which field it needs
            continue
        shown += 1
    assert {slug: texts for slug, texts in said.items() if texts} == {}
    assert shown > 20


def nothings(flows: FlowLogs, slug: str) -> set[str]:
    """Texts of a panel in which a language's nothing stands."""
    shown = flows.panel(slug)
    texts = list(shown.answer.notes)
    for headline in shown.answer.headlines:
        texts += [headline.label, humane(headline.value, headline.measure)]
    if shown.panel.chart == "table":
        body = styled(shown.panel, shown.answer)._translate(False, False)["body"]
        texts += [
            str(cell["display_value"]) for row in body for cell in row if cell["type"] == "td"
        ]
    elif shown.panel.chart != "number" or shown.answer.every is not None:
        texts += said_by(shown.figure())
    return {text for text in texts if NOTHING & set(re.split(r"[\s,;:()<>/=]+", text))}


def said_by(chart: go.Figure) -> Iterator[str]:
    """The texts of a figure, and of hovers those that would name what is not there."""
    for trace in chart.data:
        yield from strings(trace.to_plotly_json())
        template = getattr(trace, "hovertemplate", None)
        if isinstance(template, str) and trace.hoverinfo != "skip":
            yield from lacking(template, trace)
    yield from strings(chart.layout.to_plotly_json())


def lacking(template: str, trace: Any) -> Iterator[str]:
    """The hover once for each point that is drawn and lacks a value that it names."""
    values, heights = trace.customdata, getattr(trace, "y", None)
    for place in re.findall(r"%{customdata(?:\[(\d+)\])?", template):
        for row, value in enumerate(values if values is not None else ()):
            drawn = heights is None or not pd.isna(heights[row])
            if drawn and pd.isna(value[int(place)] if place else value):
                yield f"{template} None"


def strings(part: Any) -> Iterator[str]:
    """All texts in a part of a figure."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from strings(value)
    elif isinstance(part, (list, tuple)) or (isinstance(part, np.ndarray) and part.dtype == object):
        for value in part:
            yield from strings(value)


def test_private_addresses_have_no_country_in_the_table(hours_of_sample: FlowLogs) -> None:
    (slug,) = (s for s in TABLES if s.startswith("entity/peers") and "10.0.0.24" in s)
    frame = hours_of_sample.panel(slug).frame
    private = frame["peer"].str.startswith("10.")
    assert private.any()
    assert frame["country_name"].eq("").tolist() == private.tolist()


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
