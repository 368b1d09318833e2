"""The report of a page: what the page shows, as one file, for whoever may see it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest

from dashboards.catalogue import DASHBOARDS
from dashboards.ui import report_menu
from dashboards.ui.report_menu import alone, evidence, report_of
from dashboards.ui.state import PageState
from tests.logs import read_with_pandas
from tests.pages.browsing import OpenPage, saved, settled, slugs_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FailureError
from vpcflow_core.ranges import parse_range
from vpcflow_core.report.build import PAGES
from vpcflow_core.report.html import report_html
from vpcflow_core.times import Window

DAY = "2026-11-19T00:00Z/2026-11-20T00:00Z"
FIELDS = "interface-id srcaddr dstaddr dstport protocol packets bytes start end action log-status"
LINE = "eni-1 10.0.0.1 10.0.0.2 443 6 1 100 1793491200 1793491260 REJECT OK"


def test_a_page_gives_its_report_and_evidence_of_its_range_and_filters(
    app: str, open_page: OpenPage, sample: Path
) -> None:
    asked = f"range={DAY}&dstport=22"
    page = settled(open_page(f"{app}/rejects?{asked}"), slugs_of("rejects"))
    page.get_by_role("button", name="Report").click()
    html = saved(page, page.get_by_role("button", name="HTML", exact=True)).read_text()
    assert "dstport=22" in html
    assert DAY in html
    assert all(f'id="{slug}"' in html for slug in slugs_of("rejects"))
    assert 'id="overview/' not in html
    evidence = saved(page, page.get_by_role("button", name="Evidence", exact=True))
    with zipfile.ZipFile(evidence) as archive:
        rows = pd.read_csv(archive.open("rejects/interfaces.csv"))
        link = json.loads(archive.read("report.json"))["link"]
    assert link.startswith(f"{app}/rejects?")
    assert dict(parse_qsl(urlsplit(link).query)) == {"range": DAY, "dstport": "22", "v": "1"}
    records = read_with_pandas(sample)
    day = records[records["start"].dt.strftime("%Y-%m-%d") == "2026-11-19"]
    refused = day[(day["action"] == "REJECT") & (day["dstport"] == 22)]
    counted = refused["interface-id"].value_counts()
    shown = rows.set_index("interface_id")["flows"]
    assert len(shown) > 3
    assert shown.to_dict() == {name: counted[name] for name in shown.index}


@pytest.fixture
def reported_page(tmp_path: Path) -> FlowLogs:
    """One record of a folder."""
    (tmp_path / "a.log").write_text(f"{FIELDS}\n{LINE}\n")
    return FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store")


@pytest.mark.slow
def test_who_may_not_know_the_servers_folders_finds_none_in_a_report(
    reported_page: FlowLogs, tmp_path: Path
) -> None:
    window: Window = parse_range("2026-11-01").window(parse_range("2026-11-01").fixed.end)  # type: ignore[union-attr]
    asked = (reported_page, "overview", PageState(), window, "http://localhost/overview")
    known = report_html(report_of(*asked, with_folders=True))
    hidden = report_of(*asked, with_folders=False)
    assert str(tmp_path) in known
    assert str(tmp_path.parent) not in report_html(hidden)
    with zipfile.ZipFile(io.BytesIO(evidence(hidden))) as archive:
        assert all(str(tmp_path.parent).encode() not in archive.read(n) for n in archive.namelist())
    assert "a.log" in report_html(hidden)


def test_every_dashboard_of_panels_has_a_report() -> None:
    assert {page.path for page in DASHBOARDS if page.slugs} - {"sources"} <= set(PAGES)


def test_one_report_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_menu, "PATIENCE", 0.05)

    def inner() -> bytes:
        with pytest.raises(FailureError, match="Other reports"):
            alone(lambda: b"second")
        return b"first"

    assert alone(inner) == b"first"
    assert alone(lambda: b"third") == b"third"
