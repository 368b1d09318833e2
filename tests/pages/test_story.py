"""From a spike of rejects, and from data that was sent out, to the evidence: by key and by mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.browsing import OpenPage, idle, panel, saved, settled, slugs_of, until
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.entity import entity_of
from vpcflow_core.panels.entity_panels import entity_panels

# More places than any page has before what is looked for.
MOST_TABS = 400
# Where the box of the first row of a table is, in pixels.
FIRST_ROW = {"x": 15, "y": 35 + 17}
FOCUSED = (
    "document.activeElement.closest('[class*=st-key-menu-], [class*=st-key-table-]').className"
)


def press(page: Page, place: Locator, key: str = "Enter") -> None:
    """Press a key at a place that the Tab key has led to."""
    idle(page)
    expect(place).to_be_attached()
    there = place.element_handle()
    for _ in range(MOST_TABS):
        if there.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(place).to_be_focused()
    page.keyboard.press(key)


class Mouse:
    """Clicks, and counts them."""

    def __init__(self) -> None:
        self.clicks = 0

    def __call__(self, page: Page, place: Locator, **where: Any) -> None:
        idle(page)
        place.click(**where)
        self.clicks += 1


def shown(page: Page, name: str) -> Locator:
    """A panel of the page of an entity."""
    return page.locator(f"[class*=st-key-panel-entity-{name}]").first


def rows(place: Locator) -> list[dict[str, str]]:
    """The rows of a table by its headings, as screen readers hear them; no menus."""
    expect(place.locator("tbody td").first).to_be_attached()
    names = place.locator("thead th").all_text_contents()
    texts = place.evaluate(
        "e => [...e.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    made = [dict(zip(names, row, strict=True)) for row in texts]
    return [{name: text for name, text in row.items() if name != "Menu"} for row in made]


def accepted(table: list[dict[str, str]]) -> dict[str, int]:
    """Flows that were let in, by destination port."""
    return {row["Destination port"].split(" ")[0]: int(row["Accepted"]) for row in table}


def let_in(traffic: pd.DataFrame, address: str, end: pd.Timestamp) -> dict[str, int]:
    """Flows of an address that were accepted in the last day, by destination port."""
    of_it = traffic[(traffic["srcaddr"] == address) & (traffic["action"] == "ACCEPT")]
    of_day = of_it[of_it["start"].between(end - timedelta(days=1), end, inclusive="left")]
    counts = of_day.groupby("dstport").size()
    return {str(int(port)): int(count) for port, count in counts.items()}


@pytest.mark.slow
def test_a_spike_of_rejects_is_who_what_when_whether_let_in_and_evidence_in_five_steps(
    app: str, open_page: OpenPage, traffic_records: pd.DataFrame, end: pd.Timestamp
) -> None:
    page = settled(open_page(f"{app}/rejects"), slugs_of("rejects"))
    who = rows(panel(page, "rejects/sources"))[0]["Source address"]
    # 1: the source at the top; its chip leads to its page, and the keyboard stays in the table.
    press(page, panel(page, "rejects/sources").locator("canvas[tabindex='0']"), "Shift+Space")
    until(page, srcaddr=who)
    expect(page.get_by_role("button", name=f"Source address: {who}")).to_be_visible()
    page.wait_for_function(f"{FOCUSED.replace('.className', '')} !== null", polling=50)
    assert "st-key-table-rejects-sources" in page.evaluate(FOCUSED)
    # 2: who, when, what, and what was let in.
    press(page, page.get_by_role("link", name=f"All about {who}"))
    expect(page.get_by_role("heading", name=f"Address {who}")).to_be_visible()
    expect(shown(page, "let-in").locator("canvas").first).to_be_visible()
    idle(page)
    expect(page.get_by_text("Place", exact=True)).to_be_visible()
    headings = shown(page, "ways").locator("th").all_text_contents()
    assert {"First seen", "Last seen"} <= set(headings)
    expected = let_in(traffic_records, who, end)
    assert expected
    found = accepted(rows(shown(page, "let-in")))
    assert found == {port: expected[port] for port in found}
    assert sum(found.values()) > 0
    # 3 and 4: the evidence as one file; what opened a menu has the focus again.
    button = shown(page, "let-in").locator("[class*=st-key-menu-] button:visible").first
    press(page, button)
    body = page.locator("[data-testid=stPopoverBody]")
    evidence = body.get_by_role("button", name="Download evidence")
    expect(evidence).to_be_visible()
    idle(page)
    page.keyboard.press("Tab")
    assert body.evaluate("menu => menu.contains(document.activeElement)")  # it leads into the menu
    file = saved(page, evidence, press)
    with ZipFile(file) as archive:
        kept = pd.read_csv(archive.open("rows.csv"))
        assert kept["accepted"].sum() == sum(found.values())
        (link,) = re.findall(r"Link: (\S+)", archive.read("about.txt").decode())
    # The keyboard goes on in the menu after a file was made.
    expect(evidence).to_be_focused()
    page.keyboard.press("Tab")
    expect(body.get_by_role("button", name="Records behind it")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stDataFrame")).to_be_visible()
    idle(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    # A colleague sees the same.
    other = open_page(link)
    expect(other.get_by_role("heading", name=f"Address {who}")).to_be_visible()
    assert rows(shown(other, "let-in")) == rows(shown(page, "let-in"))


@pytest.mark.slow
def test_from_the_overview_a_mouse_takes_five_clicks_to_the_evidence_of_a_spike(
    app: str, open_page: OpenPage, traffic_records: pd.DataFrame, end: pd.Timestamp
) -> None:
    page, click = settled(open_page(app), ["overview/rejections"]), Mouse()
    click(page, page.get_by_role("link", name="Rejects", exact=True))
    table = panel(settled(page, slugs_of("rejects")), "rejects/sources")
    who = rows(table)[0]["Source address"]
    click(page, table.locator(".dvn-scroller"), position=FIRST_ROW)
    until(page, srcaddr=who)
    click(page, page.get_by_role("link", name=f"All about {who}"))
    expect(page.get_by_role("heading", name=f"Address {who}")).to_be_visible()
    found = accepted(rows(shown(page, "let-in")))
    assert found
    assert found.items() <= let_in(traffic_records, who, end).items()
    click(page, shown(page, "let-in").locator("[class*=st-key-menu-] button:visible").first)
    body = page.locator("[data-testid=stPopoverBody]")
    file = saved(page, body.get_by_role("button", name="Download evidence"), click)
    assert click.clicks == 5
    assert {"rows.csv", "about.txt", "query.sql"} <= set(ZipFile(file).namelist())


@pytest.mark.slow
@pytest.mark.parametrize("act", [press, Mouse()], ids=["keyboard", "mouse"])
def test_what_was_sent_out_is_its_hosts_owner_in_two_steps_from_the_overview(
    act: Callable[[Page, Locator], None], app: str, open_page: OpenPage, sample_store: Path
) -> None:
    page = settled(open_page(app), slugs_of("overview"))
    act(page, page.get_by_role("link", name="Findings", exact=True))
    incident = page.locator("[class*=st-key-incident-]").filter(has_text="Data sent out")
    link = incident.get_by_role("link", name="All about").first
    address = link.inner_text().removeprefix("All about ")
    with page.expect_popup() as opened:
        act(page, link)
    there = opened.value
    expect(there.get_by_role("heading", name=f"Address {address}")).to_be_visible()
    with FlowLogs.open(sample_store) as logs:
        known = logs.known("interfaces")
        owner = known[[address in own for own in known["addresses"]]]["owner_id"].iloc[0]
    expect(there.locator(".st-key-facts")).to_contain_text(f"Owner {owner}")
    assert [p.title for p in entity_panels(entity_of(address))]
