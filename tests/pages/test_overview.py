"""The Overview in a real Chromium, used as an analyst uses it."""

from __future__ import annotations

import socket
from pathlib import Path

import pandas as pd
from playwright.sync_api import expect

from tests.logs import UNTIL
from tests.pages.browsing import (
    OpenPage,
    Serve,
    chips,
    drawn,
    idle,
    key,
    params,
    pick,
    ready,
    settled,
    slugs_of,
    unbroken,
    until,
)

PANELS = slugs_of("overview")
# Whether all panels are on the page, and wide enough to read.
FITS = """panels => panels.every(panel => {
    const box = document.querySelector(`.st-key-panel-${panel}`).getBoundingClientRect();
    return box.width >= 300 && box.right <= 1024;
})"""


def test_a_fixed_range_and_a_zone_in_a_link_are_restored_and_typed_filters_change_or_are_refused(
    app: str, open_page: OpenPage, traffic_records: pd.DataFrame
) -> None:
    page = settled(
        open_page(f"{app}/?range=2026-11-18T00:00Z/2026-11-18T06:00Z&tz=Asia/Kolkata"), PANELS
    )
    expect(page.get_by_text("Wed 18 Nov 2026 05:30 - Wed 18 Nov 2026 11:30")).to_be_visible()
    (columns,) = drawn(page, "overview/rejections")
    inside = traffic_records["start"].between(
        pd.Timestamp("2026-11-18", tz="UTC"), pd.Timestamp("2026-11-18T05:59:59", tz="UTC")
    )
    assert sum(columns["y"]) == int((traffic_records[inside]["action"] == "REJECT").sum())
    assert (columns["x0"] or columns["x"][0]).replace("T", " ").startswith("2026-11-18 05:30")
    box = page.locator(".st-key-typed-dstport input")
    box.fill("22")
    box.press("Enter")
    until(page, dstport="22")
    assert chips(page) == ["Destination port: 22 (ssh)"]
    before = drawn(page, "overview/destination-ports")
    assert before[0]["y"] == ["22 (ssh)"]
    box.fill("70000")
    box.press("Enter")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("70000")).to_be_visible()
    expect(sidebar.get_by_text("Still in force: 22")).to_be_visible()
    idle(page)
    assert drawn(page, "overview/destination-ports") == before
    expect(box).to_have_value("70000")  # to be mended, and in no link
    assert params(page)["dstport"] == "22"
    pick(page, "22 (ssh)", "Remove")
    until(page, dstport="")
    assert chips(page) == []
    # On a narrow page the panels stand below each other, wide enough to read.
    page.set_viewport_size({"width": 1024, "height": 800})
    page.wait_for_function(FITS, arg=[key(slug) for slug in PANELS], polling=50)


def test_without_any_setting_the_sample_is_made_and_shown(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    url = serve()
    page = open_page(url)
    settled(page, PANELS)
    expect(page.get_by_text("newest record")).to_be_visible()


def test_a_source_and_lines_that_cannot_be_read_are_told_with_their_reason(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    (tmp_path / "logs").mkdir()
    start = int(UNTIL.timestamp())
    lines = ["srcaddr dstaddr bytes start end", f"10.0.0.1 10.0.1.9 5 {start} {start}", "too short"]
    (tmp_path / "logs" / "few.log").write_text("\n".join(lines))
    sources = {"gone": str(tmp_path / "nowhere"), "logs": str(tmp_path / "logs")}
    page = open_page(serve(tmp_path / "store", sources))
    expect(page.get_by_text("nowhere").first).to_be_visible()
    unbroken(page)
    page.get_by_role("button", name="1 line could not be read").click()
    told = page.locator("[data-testid=stPopoverBody]")
    expect(told.get_by_text("2 fields where the format has 5")).to_be_visible()
    expect(told.get_by_text("too short")).to_be_visible()


def test_the_page_is_drawn_at_the_first_records_while_others_are_still_read(
    tmp_path: Path, sample: Path, serve: Serve, open_page: OpenPage
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        waiting = {"url": "s3://central/prod", "endpoint_url": address, "no_sign": True}
        page = open_page(serve(tmp_path / "store", {"logs": str(sample), "waiting": waiting}))
        ready(page, charts=9)
        expect(page.get_by_text(" records, ").or_(page.get_by_text("Looking for"))).to_be_visible()
