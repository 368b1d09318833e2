"""Each page has an address and a title in the browser's tab, however it is reached."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from dashboards.catalogue import DASHBOARDS, PAGES
from dashboards.sources import SOURCES
from dashboards.ui.navigation import Page as Entry
from tests.pages.browsing import OpenPage, address, until


def test_each_page_has_its_own_browser_title_by_click_by_address_and_on_the_way_back(
    few: str, open_page: OpenPage
) -> None:
    page = open_page(f"{few}/?dstport=!4444")
    expect(page).to_have_title("Overview · vpcflow")
    until(page, dstport="!4444")  # the title is there first; the boxes must be, too
    for dashboard in DASHBOARDS[1:]:
        _turn_to(page, dashboard)
        until(page, dstport="!4444")
    page.go_back()
    expect(page).to_have_title(f"{DASHBOARDS[-2].title} · vpcflow")
    until(page, dstport="!4444")
    _turn_to(page, SOURCES)
    for entry in PAGES[1:]:
        page.goto(f"{few}/{entry.path}")
        expect(page).to_have_title(f"{entry.title} · vpcflow")
        expect(page.get_by_role("heading", name=entry.title, level=1, exact=True)).to_be_visible()
    page.goto(f"{few}/{PAGES[0].path}?dstport=!4444")  # whose address is the app's own
    expect(page).to_have_title("Overview · vpcflow")
    until(page, dstport="!4444")
    assert urlsplit(address(page)).path == "/"


def _turn_to(page: Page, entry: Entry) -> None:
    page.get_by_role("link", name=entry.title, exact=True).click()
    expect(page.get_by_role("heading", name=entry.title, level=1, exact=True)).to_be_visible()
    expect(page).to_have_title(f"{entry.title} · vpcflow")
    assert urlsplit(address(page)).path == f"/{entry.path}"
