"""Writes docs/images anew: every page on the sample, in a real browser, light and dark."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import ARGUMENTS, executable
from tests.pages.server import serving

IMAGES = Path(__file__).parent / "images"
# File name, path and query, width, colour scheme.
SHOTS = (
    ("overview.png", "/?range=24h", 1440, "light"),
    ("overview-dark.png", "/?range=24h&action=REJECT", 1440, "dark"),
)
HEIGHT = 1880


def shoot(browser: Browser, url: str, name: str, width: int, scheme: str) -> None:
    """One page, as it looks when every chart is drawn."""
    page = browser.new_page(
        viewport={"width": width, "height": HEIGHT},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(url)
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 18")
    page.wait_for_timeout(2500)
    page.screenshot(path=IMAGES / name)
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
        for name, path, width, scheme in SHOTS:
            shoot(browser, url + path, name, width, scheme)
        browser.close()


if __name__ == "__main__":
    main()
