"""Writes docs/images anew: every page on the sample, in a real browser, light and dark."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import ARGUMENTS, executable
from tests.pages.server import serving

IMAGES = Path(__file__).parent / "images"
PAGES = (
    "overview", "accepts", "rejects", "traffic", "security-groups", "outliers", "sources",
)  # fmt: skip
SCHEMES = {"light": "", "dark": "-dark"}
SIZE = {"width": 1440, "height": 1880}
# Long enough for the sync of a new sample, and for the charts that animate in.
PATIENCE, SETTLED = 120_000, 2_500
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
# A chart is drawn, no sync runs, and no panel is still loading.
DRAWN = """() => document.querySelector('.js-plotly-plot .main-svg')
    && !document.querySelector('[data-testid=stProgress], [data-testid=stSkeleton]')"""


def shoot(browser: Browser, url: str, name: str, scheme: str) -> None:
    """One page, as it looks when every chart is drawn."""
    page = browser.new_page(
        viewport=SIZE,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(f"{url}/{'' if name == 'overview' else name}")
    page.wait_for_function(DRAWN, timeout=PATIENCE)
    page.wait_for_timeout(SETTLED)
    page.wait_for_selector(IDLE, timeout=PATIENCE)
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=IMAGES / f"{name}{SCHEMES[scheme]}.png")
    page.close()


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as playwright,
        serving(Path(home)) as url,
    ):
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for name in PAGES:
            for scheme in SCHEMES:
                shoot(browser, url, name, scheme)
        browser.close()


if __name__ == "__main__":
    main()
