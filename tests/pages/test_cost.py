"""The page Cost in Chromium: its dollars are those of FlowLogs, and a remedy leads to Explore."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.pages.browsing import OpenPage, downloaded, settled, slugs_of, unbroken
from vpcflow_core.api import FlowLogs
from vpcflow_core.units import humane

DAY = "2026-11-19T00:00Z/2026-11-20T00:00Z"


def test_the_cost_page_shows_the_dollars_of_the_logs_and_what_to_do_first(
    app: str, open_page: OpenPage, sample_store: Path
) -> None:
    page = settled(open_page(f"{app}/cost?range={DAY}"), slugs_of("cost"))
    with FlowLogs.open(sample_store) as opened:
        flows = opened.between(*DAY.split("/"))
        spent, first = flows.cost()["dollars"].sum(), flows.remedies().iloc[0]
        logs = flows.collection()["flow_log"]
    panel = page.locator(".st-key-panel-cost-total")
    expect(panel.get_by_text(humane(spent, "dollars"), exact=True)).to_be_visible()
    expect(page.get_by_text(f"Terraform: {first['remedy']}")).to_be_visible()
    rows = downloaded(page, "cost/remedies")
    assert rows["remedy"].iloc[0] == first["remedy"]
    assert rows["saving_month"].iloc[0] == first["saving_month"]
    assert downloaded(page, "cost/collection")["flow_log"].tolist() == logs.tolist()
    unbroken(page)
