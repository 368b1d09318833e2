"""What a click takes until all of the page is there: `python -m benchmarks.browser`.

The real app on the sample, in a real Chromium of 1440 x 900: pages are changed and filtered, a row
is chosen, a threshold is set. What counts is the time from the click until every panel shows
something and the server has nothing left to do; and how long the browser's main thread was busy
for it, which a busy machine does not change.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.sessions import serving
from tests.browser import ARGUMENTS, executable
from tests.pages.browsing import key
from tests.pages.test_drilldown import click_row
from vpcflow_core.panels.catalogue import PANELS

PAGES = ("accepts", "rejects", "traffic", "security-groups", "outliers", "overview")
# Ports that a page is filtered by: new ones each time.
PORTS = {"rejects": ("22", "23", "445"), "traffic": ("443", "80", "53")}
TABLE = "rejects/interface-destinations"
THRESHOLDS = ("2.5", "3.5", "4")
BOX = "input[aria-label='{label}']:visible"
SIZE = {"width": 1440, "height": 900}
# When the first panel and when all of them showed something, in milliseconds after the click. Right
# after it the server has not begun yet.
SETTLED = """panels => new Promise(done => {
    const app = document.querySelector('[data-testid=stApp]');
    const shows = panel => document.querySelector(`.st-key-panel-${panel} :is(
        .js-plotly-plot .main-svg, [data-testid=stDataFrame], [data-testid=stMetric],
        [data-testid=stAlert])`);
    let [first, since, ran] = [0, 0, false];
    const look = () => {
        const now = performance.now(), seen = panels.filter(shows).length;
        const runs = app.dataset.testScriptState !== 'notRunning';
        ran ||= runs || now - window.clicked > 2000;
        if (seen) first ||= now;
        const rests = ran && !runs && seen === panels.length
            && !document.querySelector('[data-stale=true]');
        since = rests ? since || now : 0;
        if (since && now - since > 330) done([first - window.clicked, since - window.clicked]);
        else setTimeout(look, 10);
    };
    look();
})"""


@dataclass(frozen=True, slots=True)
class Took:
    """What a click took, in seconds: until the first panel, until all, of the main thread."""

    first: float
    settled: float
    busy: float


def took(page: Page, cdp: CDPSession, slugs: list[str], click: Callable[[], None]) -> Took:
    """Click, and wait until the page has settled."""
    before = _busy(cdp)
    page.evaluate("window.clicked = performance.now()")
    click()
    first, settled = page.evaluate(SETTLED, [key(slug) for slug in slugs])
    return Took(first / 1000, settled / 1000, _busy(cdp) - before)


def _busy(cdp: CDPSession) -> float:
    """Processor seconds of the page's main thread so far."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of the app, which notes what each click takes."""

    page: Page
    cdp: CDPSession
    found: dict[str, list[Took]]

    def take(self, said: str, name: str, click: Callable[[], None]) -> None:
        """Click; note what it takes until the page of that name has settled, unless untitled."""
        made = took(self.page, self.cdp, _shown(name), click)
        if said:
            self.found.setdefault(said, []).append(made)

    def go(self, name: str, said: str = "") -> None:
        """Change to a page."""
        self.take(said, name, self.page.get_by_role("link", name=_title(name), exact=True).click)

    def enter(self, label: str, text: str, name: str, said: str = "") -> None:
        """Type into a box of a page."""
        self.page.locator(BOX.format(label=label)).first.fill(text)
        self.take(said, name, lambda: self.page.keyboard.press("Enter"))


def measured(url: str, rounds: int) -> dict[str, list[Took]]:
    """What each click took, by what was clicked; the first round, which loads much, left out."""
    found: dict[str, list[Took]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.set_default_timeout(120_000)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(url)
        page.locator("[class*=st-key-panel-]").first.wait_for()
        visit = Visit(page, cdp, found)
        _change_pages(visit, rounds)
        _filter(visit)
        _click_rows(visit, rounds)
        _set_thresholds(visit)
        browser.close()
    return found


def _change_pages(visit: Visit, rounds: int) -> None:
    for number in range(rounds + 1):
        for name in PAGES:
            visit.go(name, f"to {_title(name)}" if number else "")


def _filter(visit: Visit) -> None:
    for name, ports in PORTS.items():
        visit.go(name)
        for said in ("new filter", "filter once more"):
            for text in (*ports, ""):
                visit.enter(
                    "Destination port", text, name, f"{_title(name)}, {said}" if text else ""
                )


def _click_rows(visit: Visit, rounds: int) -> None:
    """Choose a row of a table, which filters by both of its fields, and go back."""
    visit.go("rejects")
    for row in range(1, rounds + 1):
        visit.take("Rejects, a row", "rejects", lambda row=row: click_row(visit.page, TABLE, row))
        visit.take("", "rejects", visit.page.go_back)


def _set_thresholds(visit: Visit) -> None:
    visit.go("outliers")
    for threshold in THRESHOLDS:
        visit.enter("Threshold", threshold, "outliers", "Outliers, a threshold")


def _title(page: str) -> str:
    return page.replace("-", " ").title()


def _shown(page: str) -> list[str]:
    return [slug for slug in PANELS if slug.startswith(f"{page}/")]


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--store", type=Path, help="Folder of a store; the sample if not given.")
    parser.add_argument("--rounds", type=int, default=3, help="How often each page is opened (3).")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vpcflow-bench-browser-") as folder:
        store = options.store or Path(folder) / "store"
        if options.store is None:
            environment = os.environ | {"VPCFLOW_STORE": str(store)}
            command = [sys.executable, "-m", "vpcflow_core.cli", "sync", "sample://"]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        with serving(store.absolute()) as server:
            found = measured(f"http://localhost:{server.port}", options.rounds)
    print(f"{'':28}{'first panel':>12}{'settled':>9}{'main thread':>13}  seconds, medians")
    for name, all_of in found.items():
        first = f"{_median(all_of, 'first'):.2f}" if name.startswith("to ") else ""
        numbers = f"{_median(all_of, 'settled'):>9.2f}{_median(all_of, 'busy'):>13.2f}"
        print(f"{name:28}{first:>12}{numbers}")


def _median(all_of: list[Took], part: str) -> float:
    return statistics.median(getattr(one, part) for one in all_of)


if __name__ == "__main__":
    main()
