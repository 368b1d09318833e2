"""Evidence: one file with the rows, the figure, the SQL, the filters and the link."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pandas as pd

from dashboards.ui.evidence import about, file_name, packed, packed_page
from dashboards.ui.state import PageState
from tests.charts.frames import usual
from vpcflow_core.charts import figure
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer
from vpcflow_core.ranges import parse_range
from vpcflow_core.times import Window

DAY: Window = parse_range("2026-11-25").window(parse_range("2026-11-25").fixed.end)  # type: ignore[union-attr]
PANEL = PANELS["rejects/sources"]
STATE = PageState(filters=(("srcaddr", "203.0.113.0/24"),), once=True)


def test_evidence_says_what_was_asked_and_holds_it_all() -> None:
    frame = pd.DataFrame({"srcaddr": ["=1+1", "203.0.113.9"], "flows": [3, 2]})
    given = PanelAnswer(frame, "SELECT 1", 0.1, ("A note.",))
    said = about(PANEL, given, STATE, DAY, "http://localhost/rejects?v=1")
    for part in (
        "rejects/sources", "From: 2026-11-25T00:00Z", "To (not included): 2026-11-26T00:00Z",
        "Filter, Source address: 203.0.113.0/24", "action: REJECT", "counts once", "Rows: 2",
        "A note.", "http://localhost/rejects?v=1",
    ):  # fmt: skip
        assert part in said
    drawn = figure(PANELS["overview/protocols"], usual(PANELS["overview/protocols"]))
    with ZipFile(io.BytesIO(packed(given, said, drawn))) as archive:
        assert set(archive.namelist()) == {
            "about.txt", "rows.csv", "rows.parquet", "query.sql", "figure.html",
        }  # fmt: skip
        assert archive.read("query.sql") == b"SELECT 1"
        assert b"\n=1+1" not in archive.read("rows.csv")  # no formula of a spreadsheet
        assert pd.read_parquet(io.BytesIO(archive.read("rows.parquet"))).equals(frame)
    with ZipFile(io.BytesIO(packed(given, said, None))) as archive:
        assert "figure.html" not in archive.namelist()


def test_evidence_of_a_page_has_a_folder_for_each_panel_and_says_why_one_is_missing() -> None:
    given = PanelAnswer(pd.DataFrame({"flows": [3]}), "SELECT 1", 0.1)
    parts = [("peers", "About it.", given, None), ("why", "No snapshot.", None, None)]
    with ZipFile(io.BytesIO(packed_page(parts))) as archive:
        assert set(archive.namelist()) == {
            "peers/about.txt", "peers/rows.csv", "peers/rows.parquet", "peers/query.sql",
            "why/about.txt",
        }  # fmt: skip
        assert archive.read("why/about.txt") == b"No snapshot."


def test_files_are_named_after_page_panel_and_range() -> None:
    assert file_name("rejects/sources", DAY) == "rejects-sources_20261125T0000Z-20261126T0000Z"
    odd = file_name("explore/built?measure=bytes&by=srcaddr", DAY)
    assert odd.startswith("explore-built-measure-bytes-by-srcaddr_")
