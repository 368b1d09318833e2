"""A real Chromium, and a page that fails the test when anything leaves the machine or breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser import ARGUMENTS, executable
from tests.logs import UNTIL, fill, read_with_pandas
from tests.pages.server import PATIENCE, serving, serving_the_run
from tests.sample import folder_of_run, once_a_run

VIEWPORT: ViewportSize = {"width": 1280, "height": 1800}
# All that pages may keep in the browser but its cache.
KEPT_BY_PAGES = {"origin": "*", "storageTypes": "local_storage,indexeddb,service_workers"}

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), headless=True, args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts the app for one test."""
    with ExitStack() as stack:
        yield lambda *a, **settings: stack.enter_context(serving(tmp_path, *a, **settings))


@pytest.fixture(scope="session")
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """Where pages open one after the other: from the second on their scripts are compiled."""
    with patient(chromium) as context:
        yield context


@pytest.fixture
def open_page(
    chromium: Browser, visitor: BrowserContext, serve: object
) -> Iterator[Callable[..., Page]]:
    """Opens pages as someone who was never there; at the end none may have misbehaved.

    Asks for `serve` so that pages close before their server does.
    """
    faults: list[str] = []
    others: list[BrowserContext] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
        page.on("console", lambda m: faults.append(m.text) if is_fault(m) else None)
        page.on("request", lambda r: faults.append(r.url) if leaves(r.url) else None)

    def open_(
        url: str,
        viewport: ViewportSize = VIEWPORT,
        color_scheme: Literal["dark", "light"] = "light",
        timezone: str = "",
        private: bool = False,
    ) -> Page:
        if private:
            others.append(patient(chromium))
        page = (others[-1] if private else visitor).new_page()
        watch(page)
        page.set_viewport_size(viewport)
        # Waiting animations cost half a processor while they are drawn, which is what is waited for.
        page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
        if timezone:
            devtools(page).send("Emulation.setTimezoneOverride", {"timezoneId": timezone})
        page.goto(url)
        return page

    yield open_
    for context in others:
        context.close()
    for page in visitor.pages:
        devtools(page).send("Storage.clearDataForOrigin", KEPT_BY_PAGES)
        page.close()
    visitor.clear_cookies()
    assert faults == []


def patient(chromium: Browser) -> BrowserContext:
    """A place of pages, which keep nothing of those in others."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    return context


def devtools(page: Page) -> CDPSession:
    """What Playwright has no words for."""
    return page.context.new_cdp_session(page)


def is_fault(message: ConsoleMessage) -> bool:
    """Whether the browser complains; Streamlit looks for its server below the page's path first."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def leaves(url: str) -> bool:
    """Whether a request goes to another machine."""
    return not url.startswith(("data:", "blob:", "http://localhost:", "ws://localhost:"))


@pytest.fixture(scope="session")
def everything(sample: Path) -> pd.DataFrame:
    """Every record of the sample."""
    return read_with_pandas(sample)


@pytest.fixture(scope="session")
def traffic_records(everything: pd.DataFrame) -> pd.DataFrame:
    """Those that tell of traffic."""
    return everything[everything["log-status"] == "OK"]


@pytest.fixture(scope="session")
def end(everything: pd.DataFrame) -> pd.Timestamp:
    """The data's end on a whole minute: what the last 24 hours are relative to."""
    return (everything["start"].max() + timedelta(milliseconds=1)).ceil("min")


@pytest.fixture(scope="session")
def app(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the app on the sample, which ended in the past."""
    with serving_the_run(folder_of_run(tmp_path_factory) / "shared-app", sample_store) as url:
        yield url


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the app on eight records of five fields: pages of sentences, drawn in no time."""
    store = once_a_run(tmp_path_factory, "few-store", fill_with_few)
    with serving_the_run(folder_of_run(tmp_path_factory) / "shared-few", store) as url:
        yield url


def fill_with_few(store: Path) -> None:
    """Eight records of five fields."""
    logs = store.with_name(f"{store.name}-logs")
    logs.mkdir()
    start = int(UNTIL.timestamp())
    lines = [f"10.0.0.{i} 10.0.1.9 {100 * i} {start} {start + 50}" for i in range(1, 9)]
    (logs / "few.log").write_text("\n".join(["srcaddr dstaddr bytes start end", *lines]))
    fill(store, logs)
