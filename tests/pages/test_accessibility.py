"""Every page, light and dark, far east and far west: all can read it, and all read the same."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from dashboards.ui.drill import TIME_CHARTS
from tests.pages.browsing import PATHS, OpenPage, idle, panel, settled, slugs_of, unbroken
from tests.pages.sent import Sent
from tests.pages.visitors import page as visited
from vpcflow_core.charts.style import INK
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
# Whether the paper of the page is dark: red, green and blue together.
DARK = """(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
    .match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 200)"""
# Whether all charts have that colour, some at least.
PAPER = """paper => {
    const charts = [...document.querySelectorAll('.js-plotly-plot')];
    return charts.length && charts.every(chart => chart.layout.paper_bgcolor === paper);
}"""
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
    return [{part: trace.get(part) for part in ("name", "x", "x0", "dx", "y")} for trace in traces]


# Half of the pages are opened light and half dark, near and far; then each is looked at as the other.
EYES = (("light", "America/New_York"), ("dark", "Asia/Kolkata"))


@pytest.mark.parametrize(("name", "eyes"), [*zip(PATHS, cycle(EYES), strict=False)])
def test_a_page_is_drawn_and_can_be_read_light_and_dark(
    name: str, eyes: tuple[str, str], app: str, open_page: OpenPage
) -> None:
    scheme, zone = eyes
    slugs = slugs_of(name)
    url = f"{app}/{PATHS[name]}"
    page = settled(open_page(url, color_scheme=scheme, timezone=zone), slugs)
    unbroken(page)
    told = {slug for slug in slugs if panel(page, slug).get_by_test_id("stAlert").count()}
    assert told == LACKING & set(slugs)
    assert barriers(page) == []
    # On the other paper words have other colours, and are the same otherwise.
    for other in {"light", "dark"} - {scheme}:
        assert page.evaluate(DARK) == (scheme == "dark")
        page.emulate_media(color_scheme=other)
        page.wait_for_function(f"dark => {DARK} == dark", arg=other == "dark", polling=50)
        page.wait_for_function(PAPER, arg=INK[other == "dark"][-1], polling=50)
        idle(page)
        assert barriers(page, "color-contrast") == []


@pytest.mark.parametrize("name", PATHS)
def test_charts_show_the_same_times_to_all_eyes_everywhere(name: str, app: str) -> None:
    over_time = [slug for slug in slugs_of(name) if PANELS[slug].chart in TIME_CHARTS]
    seen, specs = [], []
    for scheme, zone in EYES:
        page = Sent(visited(app, PATHS[name], scheme=scheme, zone=zone))
        assert page.unbroken()
        assert all(page.drawn(slug) for slug in over_time)
        seen.append({slug: str(places(page.drawn(slug))) for slug in over_time})  # nan is nan
        specs.append([chart.spec for chart in page.elements("plotly_chart")])
    assert over_time
    assert seen[0] == seen[1]
    assert specs[0] != specs[1]  # other colours


def test_a_page_can_be_used_on_a_telephone_and_by_keyboard(app: str, open_page: OpenPage) -> None:
    size = {"width": 400, "height": 800}
    page = settled(open_page(f"{app}/rejects?dstport=!4444", viewport=size), slugs_of("rejects"))
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert barriers(page) == []
    chart = panel(page, "rejects/interfaces")
    chart.scroll_into_view_if_needed()
    chart.locator("[class*=st-key-menu-] button:visible").focus()
    page.keyboard.press("Enter")
    body = page.locator("[data-testid=stPopoverBody]")
    expect(body.get_by_role("button", name="Download CSV")).to_be_visible()
    assert barriers(page, "region", "landmark-unique") == []
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
