"""The Overview in a real Chromium, used as an analyst uses it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.logs import UNTIL, fill, read_with_pandas
from vpcflow_core.panels.overview import OVERVIEW

PANELS_SHOWN = [panel.slug for panel in OVERVIEW]
OpenPage = Callable[..., Page]
Serve = Callable[..., str]
# What plotly draws in a panel, its arrays decoded.
DRAWN = """panel => {
    const chart = document.querySelector(`.st-key-panel-${panel} .js-plotly-plot`);
    return chart && chart._fullData.map(t => ({
        x: Array.from(t.x || []), y: Array.from(t.y || []), labels: Array.from(t.labels || []),
        values: Array.from(t.values || []), customdata: Array.from(t.customdata || []),
        name: t.name}));
}"""


def ready(page: Page, charts: int = len(PANELS_SHOWN)) -> Page:
    """Wait until all charts are drawn and the server is idle."""
    page.wait_for_function(
        "n => document.querySelectorAll('.js-plotly-plot .main-svg').length >= n", arg=charts
    )
    idle(page)
    return page


def idle(page: Page) -> None:
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning]"
        "[data-test-connection-state=CONNECTED]"
    )
    page.wait_for_timeout(400)


def drawn(page: Page, slug: str) -> list[dict[str, Any]]:
    return list(page.evaluate(DRAWN, slug.replace("/", "-")))


def params(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


@pytest.fixture(scope="module")
def everything(logs: Path) -> pd.DataFrame:
    return read_with_pandas(logs)


@pytest.fixture(scope="module")
def records(everything: pd.DataFrame) -> pd.DataFrame:
    return everything[everything["log-status"] == "OK"]


@pytest.fixture(scope="module")
def end(everything: pd.DataFrame) -> pd.Timestamp:
    """The data's end on a whole minute: what the last 24 hours are relative to."""
    return (everything["start"].max() + timedelta(milliseconds=1)).ceil("min")


def test_every_panel_is_drawn_and_nothing_fails(app: str, open_page: OpenPage) -> None:
    page = ready(open_page(app))
    for slug in PANELS_SHOWN:
        assert drawn(page, slug), slug
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This panel failed").count() == 0


def test_the_page_says_what_it_shows_and_that_the_data_has_ended(
    app: str, open_page: OpenPage, end: pd.Timestamp
) -> None:
    page = ready(open_page(app))
    expect(page.get_by_text("relative to the data's end")).to_be_visible()
    shown = f"{end - timedelta(days=1):%a %d %b %Y %H:%M} - {end:%a %d %b %Y %H:%M}"
    expect(page.get_by_text(shown)).to_be_visible()
    expect(page.get_by_text("records in the store")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ("", lambda f: f["version"].notna()),
        ("action=REJECT", lambda f: f["action"] == "REJECT"),
        ("srcaddr=10.0.0.0/8", lambda f: f["srcaddr"].str.startswith("10.")),
        ("dstaddr=!10.0.0.0/8", lambda f: ~f["dstaddr"].str.startswith("10.")),
        ("dstport=https,22", lambda f: f["dstport"].isin([443, 22])),
        ("srcport=1024-65535", lambda f: f["srcport"] >= 1024),
        ("protocol=udp", lambda f: f["protocol"] == 17),
        ("interface_id=eni-0*&protocol=!tcp", lambda f: (f["protocol"] != 6)
            & f["interface-id"].str.startswith("eni-0")),
    ],
)  # fmt: skip
def test_each_filter_in_a_link_changes_the_numbers_to_what_pandas_says(
    app: str, open_page: OpenPage, records: pd.DataFrame, end: pd.Timestamp, query: str,
    keep: Callable[[pd.DataFrame], pd.Series],
) -> None:  # fmt: skip
    page = ready(open_page(f"{app}/?{query}"), charts=6)
    day = records[records["start"] >= end - timedelta(days=1)]
    expected = day[keep(day).fillna(False).to_numpy(dtype=bool)]
    donut, *_ = drawn(page, "overview/actions")
    shown = dict(zip(donut["labels"], donut["values"], strict=True))
    assert shown == expected["action"].value_counts().to_dict()
    (bars,) = drawn(page, "overview/top-sources")
    top = expected.groupby("srcaddr")["bytes"].sum().nlargest(10)
    assert bars["x"] == list(top)


def test_a_fixed_range_and_a_zone_in_a_link_are_restored(
    app: str, open_page: OpenPage, records: pd.DataFrame
) -> None:
    page = ready(
        open_page(f"{app}/?range=2026-11-18T00:00Z/2026-11-18T06:00Z&tz=Asia/Kolkata"), charts=8
    )
    expect(page.get_by_text("Wed 18 Nov 2026 05:30 - Wed 18 Nov 2026 11:30")).to_be_visible()
    (columns,) = drawn(page, "overview/rejections")
    inside = records["start"].between(
        pd.Timestamp("2026-11-18", tz="UTC"), pd.Timestamp("2026-11-18T05:59:59", tz="UTC")
    )
    assert sum(columns["y"]) == int((records[inside]["action"] == "REJECT").sum())
    assert columns["x"][0].startswith("2026-11-18 05:30") or "05:30" in columns["x"][0]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_browsers_in_other_zones_show_the_same_utc_truth(
    app: str, open_page: OpenPage, zone: str
) -> None:
    here = drawn(ready(open_page(app, timezone_id="UTC")), "overview/rejections")
    there = drawn(ready(open_page(app, timezone_id=zone)), "overview/rejections")
    assert here == there


def test_a_typed_filter_changes_page_address_and_chips(app: str, open_page: OpenPage) -> None:
    page = ready(open_page(app))
    box = page.locator(".st-key-dstport input")
    box.fill("22")
    box.press("Enter")
    page.wait_for_url("**/?*dstport=22*")
    page.wait_for_selector("[class*=st-key-chip-dstport]")
    idle(page)
    (bars,) = drawn(page, "overview/destination-ports")
    assert bars["y"] == ["22 (ssh)"]
    page.locator(".st-key-chip-dstport button").click()
    page.wait_for_selector(".st-key-chip-dstport", state="detached")
    assert "dstport" not in params(page)


def test_a_bad_filter_is_refused_at_its_box_and_the_page_stays(
    app: str, open_page: OpenPage
) -> None:
    page = ready(open_page(f"{app}/?dstport=22"))
    before = drawn(page, "overview/destination-ports")
    box = page.locator(".st-key-dstport input")
    box.fill("70000")
    box.press("Enter")
    expect(page.locator("[data-testid=stSidebar]").get_by_text("70000")).to_be_visible()
    expect(
        page.locator("[data-testid=stSidebar]").get_by_text("Still in force: 22")
    ).to_be_visible()
    idle(page)
    assert drawn(page, "overview/destination-ports") == before


def test_a_click_on_a_bar_narrows_the_page_and_back_undoes_it(
    app: str, open_page: OpenPage
) -> None:
    page = ready(open_page(app))
    (bars,) = drawn(page, "overview/top-sources")
    bar = page.locator(".st-key-panel-overview-top-sources .bars .point path").first
    bar.click(force=True)
    page.wait_for_url("**/?*srcaddr=*")
    assert params(page)["srcaddr"] == [bars["customdata"][0]]
    idle(page)
    (narrowed,) = drawn(page, "overview/top-sources")
    assert narrowed["customdata"] == [bars["customdata"][0]]
    page.go_back()
    page.wait_for_selector("[class*=st-key-chip-srcaddr]", state="detached")
    assert "srcaddr" not in params(page)


def test_a_panels_menu_shows_rows_sql_and_downloads_the_whole_answer(
    app: str, open_page: OpenPage
) -> None:
    page = ready(open_page(app))
    panel = page.locator(".st-key-panel-overview-destination-ports")
    panel.locator("[data-testid=stPopover] button:visible").first.click()
    body = page.locator("[data-testid=stPopoverBody]")
    expect(body.locator("[data-testid=stDataFrame]")).to_be_visible()
    expect(body.locator("[data-testid=stCode]")).to_contain_text("FROM flows")
    with page.expect_download() as download:
        body.get_by_role("button", name="Download CSV").click()
    frame = pd.read_csv(download.value.path())
    (bars,) = drawn(page, "overview/destination-ports")
    assert list(frame["dstport"]) == bars["customdata"]
    assert list(frame["flows"]) == bars["x"]


def test_nonsense_in_a_link_is_told_and_the_page_is_drawn(app: str, open_page: OpenPage) -> None:
    page = ready(open_page(f"{app}/?range=soon&tz=Mars&srcaddr=%27;drop&v=99&x=y"))
    expect(page.get_by_text("'soon' is not a length of time").first).to_be_visible()
    expect(page.get_by_text("The time zone 'Mars' is unknown")).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_empty_panel_says_why_and_the_way_out(app: str, open_page: OpenPage) -> None:
    page = open_page(f"{app}/?srcaddr=198.51.100.77")
    expect(page.get_by_text("Clear a filter or widen the time range").first).to_be_visible()
    idle(page)
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_empty_store_says_how_to_fill_it(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    url = serve(tmp_path / "store")
    page = open_page(url)
    expect(page.get_by_text("This store holds no records yet")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("vpcflow sync s3://bucket/prefix")).to_be_visible()


def test_a_store_of_few_fields_explains_the_panels_it_cannot_draw(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    (tmp_path / "logs").mkdir()
    start = int(UNTIL.timestamp())
    lines = [f"10.0.0.{i} 10.0.1.9 {100 * i} {start} {start + 50}" for i in range(1, 9)]
    (tmp_path / "logs" / "few.log").write_text(
        "\n".join(["srcaddr dstaddr bytes start end", *lines])
    )
    store = fill(tmp_path / "store", tmp_path / "logs")
    url = serve(store)
    page = ready(open_page(url), charts=2)
    expect(page.get_by_text("dstport").first).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0
    (bars,) = drawn(page, "overview/top-sources")
    assert bars["x"] == [800, 700, 600, 500, 400, 300, 200, 100]


def test_without_any_setting_the_sample_is_made_and_shown(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    url = serve()
    page = open_page(url)
    page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
    expect(page.get_by_text("newest record")).to_be_visible()


def test_a_configured_folder_is_read_when_the_app_starts(
    tmp_path: Path, logs: Path, serve: Serve, open_page: OpenPage
) -> None:
    url = serve(tmp_path / "store", {"logs": str(logs)})
    ready(open_page(url))


def test_a_source_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    url = serve(tmp_path / "store", {"gone": str(tmp_path / "nowhere")})
    page = open_page(url)
    expect(page.get_by_text("nowhere").first).to_be_visible(timeout=20_000)
    assert page.locator("[data-testid=stException]").count() == 0


def test_lines_that_could_not_be_read_can_be_seen_with_their_reason(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    (tmp_path / "logs").mkdir()
    start = int(UNTIL.timestamp())
    lines = ["srcaddr dstaddr bytes start end", f"10.0.0.1 10.0.1.9 5 {start} {start}", "too short"]
    (tmp_path / "logs" / "few.log").write_text("\n".join(lines))
    page = open_page(serve(tmp_path / "store", {"logs": str(tmp_path / "logs")}))
    page.get_by_role("button", name="1 lines could not be read").click(timeout=20_000)
    told = page.locator("[data-testid=stPopoverBody]")
    expect(told.get_by_text("2 fields where the format has 5")).to_be_visible()
    expect(told.get_by_text("too short")).to_be_visible()


def test_the_page_is_drawn_at_the_first_records_while_others_are_still_read(
    tmp_path: Path, logs: Path, serve: Serve, open_page: OpenPage
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        waiting = {"url": "s3://central/prod", "endpoint_url": address, "no_sign": True}
        page = open_page(serve(tmp_path / "store", {"logs": str(logs), "waiting": waiting}))
        ready(page)
        expect(
            page.get_by_text("Reading logs").or_(page.get_by_text("Looking for"))
        ).to_be_visible()
