"""Every page, light and dark, far east and far west: all can read it, and all read the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from dashboards.ui.drill import TIME_CHARTS
from tests.pages.browsing import PATHS, OpenPage, drawn, idle, panel, settled, slugs_of, unbroken
from vpcflow_core.panels.catalogue import PANELS

BARRIERS = ("moderate", "serious", "critical")
# Pages that are no dashboards, and what shows that each is drawn.
OTHERS = {
    "explore?tab=build": ".js-plotly-plot .main-svg",
    "entity?entity=10.0.0.1": "[data-testid=stDataFrame]",
    "findings": "[data-testid=stExpander]",
    "rules": "h2, [data-testid=stAlert]",
    "sources": ".js-plotly-plot .main-svg",
}
# Panels that say which fields they would need: these logs have none of transit gateways, nor of
# version 11.
LACKING = {"traffic/next-hops", "traffic/transit-loss"}


def barriers(page: Page, *rules: str) -> list[str]:
    """What axe calls moderate or worse: rule, place, why; by these rules, or by all."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in BARRIERS
        for node in rule["nodes"]
    ]


def places(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where a chart's points are; colours differ between light and dark."""
    return [{part: trace[part] for part in ("name", "x", "x0", "dx", "y")} for trace in traces]


def dark(page: Page) -> bool:
    """Whether the paper of the page is dark."""
    paper = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    return sum(map(int, re.findall(r"\d+", page.evaluate(paper))[:3])) < 200


@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_drawn_for_all_eyes_and_shows_the_same_times_everywhere(
    name: str, app: str, open_page: OpenPage
) -> None:
    slugs = slugs_of(name)
    over_time = [slug for slug in slugs if PANELS[slug].chart in TIME_CHARTS]
    page = open_page("about:blank")
    cdp, links = page.context.new_cdp_session(page), []
    page.on("websocket", lambda link: links.append(link))
    seen = {}
    for zone, scheme in (("America/New_York", "light"), ("Asia/Kolkata", "dark")):
        cdp.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
        page.emulate_media(color_scheme=scheme)
        if links:  # the page is there: to draw it anew is quicker than to open it again
            with links[0].expect_event("framesent"):
                page.keyboard.press("r")
        else:
            page.goto(f"{app}/{PATHS[name]}?dstport=!4444")
        settled(page, slugs)
        unbroken(page)
        assert dark(page) == (scheme == "dark")
        told = {slug for slug in slugs if panel(page, slug).get_by_test_id("stAlert").count()}
        assert told == LACKING & set(slugs)
        # What is drawn anew has other colours, and is the same otherwise.
        assert barriers(page, *(["color-contrast"] if seen else [])) == [], scheme
        seen[scheme] = {slug: places(drawn(page, slug)) for slug in over_time}
    assert seen["light"] == seen["dark"]
    assert over_time
    assert all(seen["light"].values())


def test_a_page_can_be_used_on_a_telephone_and_by_keyboard(app: str, open_page: OpenPage) -> None:
    size = {"width": 400, "height": 800}
    page = settled(open_page(f"{app}/rejects", viewport=size), slugs_of("rejects"))
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert barriers(page) == []
    chart = panel(page, "rejects/interfaces")
    chart.scroll_into_view_if_needed()
    chart.locator("[class*=st-key-menu-] button:visible").focus()
    page.keyboard.press("Enter")
    body = page.locator("[data-testid=stPopoverBody]")
    expect(body.get_by_role("button", name="Download CSV")).to_be_visible()
    page.keyboard.press("Escape")
    expect(body).to_have_count(0)


def test_pages_that_are_no_dashboards_can_be_read_by_all(few: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", color_scheme="dark")
    found = {}
    for name, drawn_ in OTHERS.items():
        page.goto(f"{few}/{name}")
        expect(page.locator(drawn_).first).to_be_visible()
        idle(page)
        found[name] = barriers(page)
    assert found == {name: [] for name in OTHERS}
