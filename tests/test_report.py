"""A report of dashboards: one file, small, safe, with all that it was made of."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import main
from vpcflow_core.csv_file import csv_bytes
from vpcflow_core.errors import FailureError, ParameterError
from vpcflow_core.report.build import Report, made
from vpcflow_core.report.evidence import evidence_zip
from vpcflow_core.report.html import report_html
from vpcflow_core.report.pdf import write_pdf

EVIL = "</script><b>=cmd"
HEADER = "interface-id srcaddr dstaddr dstport protocol packets bytes start end action log-status\n"
LINE = f"{EVIL} 10.0.0.1 10.0.0.2 443 6 1 100 1793491200 1793491260 REJECT OK\n"


@pytest.fixture
def reported_flows(tmp_path: Path) -> FlowLogs:
    (tmp_path / "a.log").write_text(HEADER + LINE)
    return FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store")


@pytest.fixture
def overview(reported_flows: FlowLogs) -> Report:
    return made(reported_flows.where(dstport=443), ["overview"])


def test_a_report_holds_figures_filters_sql_and_what_draws_them(overview: Report) -> None:
    html = report_html(overview)
    assert len(html) < 5 * 2**20
    assert "dstport=443" in html
    assert "SELECT" in html
    assert "Complete until" in html
    assert "/overview?" in overview.link
    found = re.search(r'id="plotly">([^<]+)<', html)
    assert found
    assert b"newPlot" in gzip.decompress(base64.b64decode(found[1]))
    packed = re.search(r'id="figures">([^<]+)<', html)
    assert packed
    figures = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert set(figures) == set(re.findall(r'class="figure" data-slug="([^"]+)"', html))
    assert len(figures) >= 4
    # Numbers without a line of their past are words of the layout alone.
    assert all(figure["data"] or figure["layout"]["annotations"] for figure in figures.values())


def test_nothing_of_the_logs_is_markup(overview: Report) -> None:
    html = report_html(overview)
    assert "<b>=cmd" not in html
    assert html.count("</script>") == html.count("<script")


def test_a_panel_whose_fields_the_logs_lack_says_so(reported_flows: FlowLogs) -> None:
    html = report_html(made(reported_flows, ["security-groups"]))
    assert 'class="problem"' in html


def test_evidence_has_rows_sql_figure_and_report(overview: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(evidence_zip(overview, "<html>"))) as archive:
        names = set(archive.namelist())
        name = "overview/top-sources"
        assert {f"{name}.{kind}" for kind in ("csv", "parquet", "sql", "figure.json")} <= names
        read = pa.parquet.ParquetFile(pa.BufferReader(archive.read(f"{name}.parquet"))).read()
        assert read["srcaddr"].to_pylist() == ["10.0.0.1"]
        assert b"10.0.0.1" in archive.read(f"{name}.csv")
        assert json.loads(archive.read("report.json"))["filters"] == "dstport=443"
        assert archive.read("report.html") == b"<html>"


def test_no_cell_of_the_evidence_is_a_formula() -> None:
    said = csv_bytes(pd.DataFrame({"interface_id": ["=1+1"], "bytes": [-5]})).decode()
    assert said == "interface_id,bytes\n'=1+1,-5\n"


def test_a_report_of_no_page_is_refused(reported_flows: FlowLogs) -> None:
    with pytest.raises(ParameterError, match="overview"):
        made(reported_flows, ["overvew"])


def test_a_pdf_without_a_browser_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FailureError, match="Chromium or Chrome"):
        write_pdf("<html>", tmp_path / "a.pdf")


def test_the_command_line_writes_reports_parquet_and_links(
    reported_flows: FlowLogs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    reported_flows.close()
    store = ["--store", str(tmp_path / "store"), "--where", "action=REJECT"]

    def run(*words: str) -> tuple[int, bytes, bytes]:
        monkeypatch.setattr(sys, "argv", ["vpcflow", *words, *store])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfdbinary.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    code, out, err = run("top", "dstport", "--output", "parquet", "--link")
    assert code == 0, err
    read = pa.parquet.ParquetFile(pa.BufferReader(out)).read()
    assert read["dstport"].to_pylist() == [443]
    assert b"http://localhost:8501/explore?tab=build&measure=flows&chart=bars&group=dstport" in err
    assert run("open", "rejects/reasons", "--last", "7d")[0] == 0
    assert run("open", "--print", "--last", "7d")[1].startswith(b"http://localhost:8501/overview?")
    assert opened == ["http://localhost:8501/rejects?range=7d&action=REJECT&v=1"]
    assert run("report", "--html", str(tmp_path / "r.html"), "--page", "rejects")[0] == 0
    assert b"Rejects" in (tmp_path / "r.html").read_bytes()
    assert run("report")[0] == 2


def test_tables_of_a_report_read_as_those_of_the_pages(reported_flows: FlowLogs) -> None:
    html = report_html(made(reported_flows, ["rejects"]))
    heads = re.findall("<th>([^<]+)</th>", html)
    assert "Source address" in heads
    assert not {"srcaddr", "dstaddr", "bytes"} & set(heads)
    assert "<td>100 B</td>" in html
