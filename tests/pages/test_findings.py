"""The page Findings: incidents, their links, and decisions that viewers cannot make."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.logs import fill
from tests.pages.visitors import buttons, page, text
from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.catalogue import DETECTIONS
from vpcflow_core.store.store import Store

pytestmark = [pytest.mark.slow]
FEW_FIELDS = "srcaddr dstaddr bytes start end action log-status"
START = 1_793_491_200


@pytest.mark.browser
def test_an_incident_is_shown_linked_and_muted_with_a_reason(
    sample_store: Path,
    tmp_path: Path,
    serve: Callable[..., str],
    open_page: Callable[..., Page],
) -> None:
    # The servers that other tests share write their audit log beside the sample.
    others = shutil.ignore_patterns("audit.jsonl*")
    shutil.copytree(sample_store, tmp_path / "store", ignore=others)
    app = serve(tmp_path / "store")
    shown = open_page(f"{app}/findings")
    card = shown.locator("[class*=st-key-incident-]").filter(has_text="Brute force")
    expect(card).to_contain_text("113.88.14.201 tried port 22 of prod-bastion-1")
    expect(card).to_contain_text("critical")
    link = card.get_by_role("link", name="Traffic").get_attribute("href")
    asked = parse_qs(urlsplit(link or "").query)
    assert asked["srcaddr"] == ["113.88.14.201"]
    assert asked["dstport"] == ["22"]
    assert asked["range"][0].startswith("2026-11-20T0")
    shown.get_by_text("Alerts in this range: a rehearsal").click()
    expect(shown.get_by_text("6 alerts", exact=True)).to_be_visible()
    card.get_by_role("button", name="Decide").click()
    reason = shown.get_by_label("Reason")
    reason.fill("a test of ours")
    reason.press("Tab")
    shown.get_by_role("button", name="Mute").click()
    expect(card).to_have_count(0)
    (line,) = map(json.loads, (tmp_path / "store" / "audit.jsonl").read_text().splitlines())
    assert (line["event"], line["reason"]) == ("finding-muted", "a test of ours")
    shown.reload()
    done = shown.get_by_text("Acknowledged and muted (1)")
    expect(done).to_be_visible()
    done.click()
    expect(shown.get_by_text("a test of ours")).to_be_visible()
    expect(card).to_have_count(0)
    viewer = page(app, "findings", headers={"Via": "1.1 proxy"})
    assert "a test of ours" in text(viewer)
    assert buttons(viewer) & {"Open again", "Acknowledge", "Mute"} == set()


def test_what_could_not_be_looked_for_is_not_called_absent(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    lines = [
        f"10.0.0.{n % 9} 10.0.1.5 100 {START + 60 * n} {START + 60 * n + 60} ACCEPT OK"
        for n in range(300)
    ]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("\n".join([FEW_FIELDS, *lines]))
    fill(tmp_path / "store", tmp_path / "logs")
    with Store.open(tmp_path / "store") as store, FlowLogs(store) as flows:
        found = flows.find_incidents()
        not_judged = flows.panel("outliers/violations").answer.notes
    assert [note.partition(":")[0] for note in not_judged] == [
        "Packets cannot be judged",
        "Inbound bytes, Inbound packets, Outbound bytes, Outbound packets cannot be judged",
    ]
    assert {*found.looked} < {*DETECTIONS}
    assert found.unset == ("watch-list",)
    assert len(found.looked) + len(found.missed) + len(found.unset) == len(DETECTIONS)
    assert "port-scan" not in found.looked
    assert "Add ${flow-direction} (version 5)" in found.missed["Port scan"]
    (together,) = [note for note in found.notes if "${flow-direction}" in note]
    assert together.startswith("Port scan, Data sent out, ")
    said = text(page(serve(tmp_path / "store"), "findings"))
    count = (
        f"{len(found.missed)} of {len(DETECTIONS) - 1} kinds of incident could not be looked for"
    )
    assert count in said
    (absent,) = re.findall(r"Looked for: ([^.]*)\.", said)
    assert absent == ", ".join(DETECTIONS[slug].title for slug in found.looked)
