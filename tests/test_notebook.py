"""What notebooks show of logs and panels, and answers as Arrow."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import vpcflow_core
from tests.charts.frames import usual
from vpcflow_core.api import FlowLogs, RenderedPanel
from vpcflow_core.arrow import arrow_table, parquet_bytes
from vpcflow_core.notebook import PLOTLY, Bar, progress_bar
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.store.result import Progress

HEADER = "interface-id srcaddr bytes start end action log-status\n"
LINE = "<b>eni</b> 10.0.0.1 100 1793491200 1793491260 REJECT OK\n"


@pytest.fixture
def shown_flows(tmp_path: Path) -> FlowLogs:
    (tmp_path / "a.log").write_text(HEADER + LINE)
    return FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store")


def test_logs_say_what_is_in_them(shown_flows: FlowLogs) -> None:
    said = shown_flows.where(interface_id="<b>eni</b>").last("24h")._repr_html_()
    assert "<td>1</td>" in said
    assert "a.log" in said
    assert "&lt;b&gt;eni" in said
    assert "<b>eni" not in said


@pytest.mark.parametrize(
    "slug", ["overview/source-locations", "overview/protocols", "rejects/reasons"]
)
def test_a_panel_is_a_figure_that_needs_no_internet(slug: str) -> None:
    bundle = RenderedPanel(PANELS[slug], usual(PANELS[slug]))._repr_mimebundle_()
    assert bundle[PLOTLY]["data"]
    assert "//" not in str(bundle[PLOTLY]["config"])
    assert PANELS[slug].title in bundle["text/html"]


def test_a_table_and_an_empty_panel_are_rows() -> None:
    table = PANELS["traffic/longest-flows"]
    assert PLOTLY not in RenderedPanel(table, usual(table))._repr_mimebundle_()


def test_progress_is_one_bar_that_is_changed_in_its_place() -> None:
    shown: list[tuple[str, str]] = []

    class Handle:
        def update(self, bundle: dict[str, str], raw: bool) -> None:
            shown.append(("update", bundle["text/html"]))

    def display(bundle: dict[str, str], raw: bool, display_id: bool) -> Handle:
        shown.append(("display", bundle["text/html"]))
        return Handle()

    bar = Bar(display)
    bar(Progress())
    bar(Progress(2, 4, 10, 40, 12_345, 2.0, listed=True))
    assert shown == [
        ("display", "<progress></progress> Looking for new logs"),
        (
            "update",
            '<progress value="10" max="40"></progress> 2 of 4 objects, 12.3 K records, '
            "6.2 K a second, 6 s left",
        ),
    ]
    assert progress_bar() is None


def test_numbers_beyond_64_bits_are_exact_in_arrow_and_parquet() -> None:
    frame = pd.DataFrame(
        {"bytes": pd.Series([2**70, None, 5], dtype="object"), "srcaddr": ["a", None, "b"]}
    )
    found = arrow_table(frame)
    assert found["bytes"].to_pylist() == [2**70, None, 5]
    assert found["srcaddr"].to_pylist() == ["a", None, "b"]
    read = pa.parquet.ParquetFile(pa.BufferReader(parquet_bytes(frame))).read()
    assert read["bytes"].to_pylist() == [2**70, None, 5]


def test_answers_are_arrow_tables(shown_flows: FlowLogs) -> None:
    assert shown_flows.panel("overview/top-sources").arrow()["srcaddr"].to_pylist() == ["10.0.0.1"]
    assert shown_flows.ask_sql("SELECT bytes FROM flows").arrow()["bytes"].to_pylist() == [100]


def test_every_panel_is_listed(shown_flows: FlowLogs) -> None:
    listed = shown_flows.panels()
    assert set(PANELS) <= set(listed["slug"])
    assert "explore/scans" in set(listed["slug"])
    assert listed.notna().all(axis=None)


def test_public_names_are_documented_and_cost_nothing_until_used() -> None:
    assert vpcflow_core.__all__ == sorted(vpcflow_core.__all__)
    assert set(vpcflow_core.__all__) <= set(dir(vpcflow_core))
    assert all(inspect.getdoc(getattr(vpcflow_core, name)) for name in vpcflow_core.__all__)
    assert (Path(vpcflow_core.__file__).parent / "py.typed").is_file()
    asked = "import sys, vpcflow_core; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
