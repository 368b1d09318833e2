"""What tests do in a browser: wait, look at what is drawn, click, drag, download."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
from playwright.sync_api import FloatRect, Locator, Page
from playwright.sync_api import TimeoutError as Late

from dashboards.catalogue import DASHBOARDS
from vpcflow_core.panels.catalogue import PANELS

OpenPage = Callable[..., Page]
Serve = Callable[..., str]
# Path of each dashboard, by the first part of its panels' names.
PATHS = {page.path: "" if page is DASHBOARDS[0] else page.path for page in DASHBOARDS}

# What plotly draws in a panel, its arrays decoded.
DRAWN = """panel => {
    const chart = document.querySelector(`.st-key-panel-${panel} .js-plotly-plot`);
    return chart && chart._fullData.map(t => ({
        x: Array.from(t.x || []), y: Array.from(t.y || []),
        labels: Array.from(t.labels || (t.type == 'barpolar' ? t.customdata : [])),
        values: Array.from(t.values || t.meta || []), customdata: Array.from(t.customdata || []),
        x0: t.x0 || null, dx: t.dx || null, name: t.name}));
}"""
# Whether each of these panels shows something: a chart, a table, numbers or a sentence.
SHOWN = """panels => panels.every(panel => document.querySelector(
    `.st-key-panel-${panel} :is(.js-plotly-plot .main-svg, [data-testid=stDataFrame],
    [data-testid=stMetric], [data-testid=stAlert])`))"""
# Whether no script has been running for a third of a second.
IDLE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const rests = app && app.dataset.testScriptState == 'notRunning'
        && app.dataset.testConnectionState == 'CONNECTED';
    window.idleSince = rests ? window.idleSince || performance.now() : null;
    return rests && performance.now() - window.idleSince > 330;
}"""

# What a cell without a value must not read.
NOTHING = {"None", "nan", "NaN", "NaT", "<NA>", "null", "undefined"}


def slugs_of(page: str) -> list[str]:
    """The panels of a dashboard."""
    return [slug for slug in PANELS if slug.startswith(f"{page}/")]


def key(slug: str) -> str:
    """A panel's name in CSS classes."""
    return slug.replace("/", "-").replace("@", "-")


def ready(page: Page, charts: int) -> Page:
    """Wait until so many charts are drawn and the server is idle."""
    page.wait_for_function(
        "n => document.querySelectorAll('.js-plotly-plot .main-svg').length >= n",
        arg=charts,
        polling=50,
    )
    idle(page)
    return page


def settled(page: Page, slugs: Collection[str]) -> Page:
    """Wait until each of the panels shows something and the server is idle."""
    page.wait_for_function(SHOWN, arg=[key(slug) for slug in slugs], polling=50)
    idle(page)
    return page


def idle(page: Page) -> None:
    """Wait until the server has had nothing to do for the page for a while."""
    page.evaluate("window.idleSince = null")
    page.wait_for_function(IDLE, polling=50)


def unbroken(page: Page) -> None:
    """Nothing failed on the page, and no cell of a table reads as a language's nothing."""
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This panel failed").count() == 0
    cells = {text.strip() for text in page.locator("td").all_text_contents()}
    assert cells & NOTHING == set()


def drawn(page: Page, slug: str) -> list[dict[str, Any]]:
    """The traces of a panel's chart; nothing if it has none."""
    return list(page.evaluate(DRAWN, key(slug)) or [])


def panel(page: Page, slug: str) -> Locator:
    """A panel."""
    return page.locator(f".st-key-panel-{key(slug)}")


def chips(page: Page) -> list[str]:
    """What the chips say."""
    texts = page.locator(".st-key-chips button p").all_inner_texts()
    return [text.split("\n")[-1] for text in texts if text.strip()]


def pick(page: Page, chip: str, item: str) -> None:
    """Choose an item of a chip's menu, once the page rests: a run that draws it closes it."""
    idle(page)
    page.locator(".st-key-chips").get_by_role("button", name=chip).click()
    page.get_by_role("menuitem", name=item, exact=True).or_(
        page.get_by_role("option", name=item, exact=True)
    ).click()


def address(page: Page) -> str:
    """The address bar; Playwright's own may be old."""
    return str(page.evaluate("location.href"))


def params(page: Page) -> dict[str, str]:
    """The parameters of the address bar."""
    return dict(parse_qsl(urlsplit(address(page)).query))


def until(page: Page, **wanted: str) -> None:
    """Wait until the address bar has these parameters ("": until it has them no more)."""
    page.wait_for_function(
        """wanted => {
            const params = new URLSearchParams(location.search);
            return Object.entries(wanted).every(([n, text]) => (params.get(n) || '') === text);
        }""",
        arg=wanted,
        polling=50,
    )
    idle(page)


def resting_place(page: Page, place: Locator) -> FloatRect:
    """Where it stands once it moves no more: a redrawn chart is another element."""
    before = None
    for _ in range(100):
        with suppress(Late):  # it was replaced meanwhile
            place.scroll_into_view_if_needed(timeout=2000)
        page.wait_for_timeout(150)
        box = place.bounding_box() if place.is_visible() else None
        if box is not None and box == before:
            return box
        before = box
    raise AssertionError(f"{place} does not come to rest")


def drag(page: Page, slug: str, start: float, end: float) -> None:
    """Drag over a chart, from one share of its width to another."""
    box = resting_place(page, panel(page, slug).locator(".nsewdrag").first)
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], height + 20, steps=8)
    page.mouse.up()


def menu(page: Page, slug: str) -> Locator:
    """Open a panel's menu."""
    panel(page, slug).locator("[class*=st-key-menu-] button:visible").first.click()
    return page.locator("[data-testid=stPopoverBody]")


def saved(
    page: Page, button: Locator, press: Callable[[Page, Locator], None] | None = None
) -> Path:
    """The file that a button gives: pressed once the page rests, as each run makes it anew.

    A file whose button is drawn anew between the press and the answer is Streamlit's to lose.
    """
    idle(page)
    with page.expect_download() as download:
        press(page, button) if press else button.click()
    return Path(download.value.path())


def downloaded(page: Page, slug: str) -> pd.DataFrame:
    """The CSV of a panel."""
    file = saved(page, menu(page, slug).get_by_role("button", name="Download CSV"))
    page.keyboard.press("Escape")
    return pd.read_csv(file)
