"""The address bar holds all that a page shows: pasted links, back and forward, page to page."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pandas as pd
from playwright.sync_api import Page, expect

from dashboards.ui.link_reading import parse_state
from tests.logs import UNTIL
from tests.pages.browsing import (
    OpenPage,
    address,
    chips,
    downloaded,
    drawn,
    idle,
    panel,
    params,
    pick,
    settled,
    slugs_of,
    unbroken,
    until,
)
from vpcflow_core.times import Window

FIXED = "2026-11-19T00:00Z/2026-11-19T12:00Z"
QUERY = {
    "range": FIXED, "tz": "Asia/Kolkata", "srcaddr": "10.0.0.0/8, !10.0.0.5", "dstport": "!22",
    "direction": "!internal", "timeslice": "5m", "window": "12", "threshold": "2.5",
    "consecutive": "2", "watch": "up", "once": "1",
}  # fmt: skip


def judged(page: Page) -> list[bool]:
    return list(downloaded(page, "outliers/packets")["violation"])


def test_a_pasted_link_shows_the_same_in_a_private_window(app: str, open_page: OpenPage) -> None:
    page = settled(open_page(f"{app}/outliers?{urlencode(QUERY)}"), slugs_of("outliers"))
    expect(page.get_by_text("Thu 19 Nov 2026 05:30 - Thu 19 Nov 2026 17:30")).to_be_visible()
    expect(page.get_by_text("Each flow is counted once")).to_be_visible()
    assert len(chips(page)) == 4
    for name, text in (("timeslice", "5m"), ("window", "12"), ("threshold", "2.5")):
        expect(page.locator(f".st-key-{name} input").first).to_have_value(text)
    seen = judged(page)
    assert len(seen) == 12 * 12
    page.get_by_role("button", name="Copy link").click()
    codes = page.locator("[data-testid=stPopoverBody] code")
    expect(codes).to_have_count(1)
    (link,) = codes.all_inner_texts()
    assert parse_state(QUERY) == parse_state(params_of(link))
    other = settled(
        open_page(link, timezone="America/New_York", private=True), slugs_of("outliers")
    )
    assert chips(other) == chips(page)
    assert judged(other) == seen
    assert drawn(other, "outliers/packets") == drawn(page, "outliers/packets")


def params_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def test_a_link_of_an_older_version_shows_what_it_says_and_both_links_of_its_page_work(
    app: str, open_page: OpenPage, end: pd.Timestamp
) -> None:
    page = settled(open_page(f"{app}/rejects?v=0&dstport=23&range=6h"), slugs_of("rejects"))
    assert chips(page) == ["Destination port: 23 (telnet)"]
    assert page.get_by_text("In the link").count() == 0
    assert "range=6h" in address(page)
    page.get_by_role("button", name="Copy link").click()
    codes = page.locator("[data-testid=stPopoverBody] code")
    expect(codes).to_have_count(2)
    moving, fixed = codes.all_inner_texts()
    assert moving == f"{app}/rejects?range=6h&dstport=23&v=1"
    state, notes = parse_state(params_of(fixed))
    assert notes == []
    assert state.range.fixed is not None
    assert state.range.fixed.end == end
    page.keyboard.press("Escape")
    before = drawn(page, "rejects/interfaces")
    page.goto(fixed)
    settled(page, ["rejects/interfaces"])
    assert drawn(page, "rejects/interfaces") == before


def test_going_from_page_to_page_and_back_keeps_what_narrows(few: str, open_page: OpenPage) -> None:
    query = "range=6h&tz=Asia/Kolkata&vpc_id=vpc-0*&threshold=4.5&action=REJECT"
    page = open_page(f"{few}/security-groups?{query}")
    # No record has a decision to filter by: the page says so, and shows no panels.
    expect(page.get_by_text("No record in this store has Decision (action)")).to_be_visible()
    idle(page)
    everywhere = {
        "range": "6h", "tz": "Asia/Kolkata", "vpc_id": "vpc-0*", "threshold": "4.5",
        "action": "REJECT",
    }  # fmt: skip
    for name, decides in (
        ("Traffic", True),
        ("Rejects", False),
        ("Overview", True),
    ):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        until(page, **everywhere)
        # What another page's filter narrows is seen: as a chip, and in a box of its own.
        assert "VPC: vpc-0*" in chips(page)
        expect(page.locator(".st-key-typed-vpc_id input")).to_have_value("vpc-0*")
        assert ("Decision: REJECT" in chips(page)) == decides
    for name in ("Rejects", "Traffic"):
        page.go_back()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        until(page, **everywhere)
    assert "VPC: vpc-0*" in chips(page)
    page.go_forward()
    expect(page.get_by_role("heading", name="Rejects", level=1)).to_be_visible()
    until(page, **everywhere)
    pick(page, "vpc-0*", "Remove")
    until(page, vpc_id="")
    assert page.locator(".st-key-typed-vpc_id").count() == 0


def test_a_page_says_what_it_shows_and_that_the_data_has_ended_and_ranges_are_chosen_and_typed(
    few: str, open_page: OpenPage
) -> None:
    end = UNTIL + timedelta(minutes=1)  # the eight records start on a whole minute
    page = settled(open_page(few), slugs_of("overview"))
    expect(page.get_by_text("relative to the data's end")).to_be_visible()
    for width in (1024, 1280):  # one row above the page, whatever the width beside the sidebar
        page.set_viewport_size({"width": width, "height": 1800})
        first = page.locator("[class*=st-key-panel-]").first.bounding_box()
        assert first is not None
        assert first["y"] <= 120, width
    shown = f"{end - timedelta(days=1):%a %d %b %Y %H:%M} - {end:%a %d %b %Y %H:%M}"
    expect(page.get_by_text(shown)).to_be_visible()
    expect(page.get_by_text("records in the store")).to_be_visible()
    box = page.get_by_role("combobox", name="Time range")
    box.click()
    page.get_by_role("option", name="Last 6 hours").click()
    until(page, range="6h")
    shown = f"{end - timedelta(hours=6):%a %d %b %Y %H:%M} - {end:%a %d %b %Y %H:%M}"
    expect(page.get_by_text(shown)).to_be_visible()
    box.fill("90m")
    box.press("Enter")
    until(page, range="90m")
    expect(box).to_have_value("Last 90 minutes")
    box.fill("soon")
    box.press("Enter")
    expect(page.get_by_text("'soon' is not a range of time")).to_be_visible()
    expect(page.get_by_text("Shown instead: Last 90 minutes")).to_be_visible()
    assert params(page)["range"] == "90m"  # a text that is refused is in no address
    box.fill("last 3 days")
    box.press("Enter")
    until(page, range="3d")
    page.get_by_role("button", name="Earlier", exact=True).click()
    earlier = Window(end - timedelta(days=6), end - timedelta(days=3))
    until(page, range=str(earlier))
    page.get_by_role("button", name="Custom").click()
    began = page.get_by_test_id("stPopoverBody").get_by_test_id("stDateTimeInput").first
    expect(began).to_contain_text(f"{earlier.start:%d}")
    page.keyboard.press("Escape")
    for text in ("3d", "90m", "6h"):
        page.go_back()
        until(page, range=text)
    expect(box).to_have_value("Last 6 hours")
    unbroken(page)


def test_nonsense_in_a_link_is_told_and_the_page_is_drawn(few: str, open_page: OpenPage) -> None:
    query = (
        "range=soon&tz=Mars&srcaddr=%27;drop&v=99&srcadr=y&threshold=-1&window=x&timeslice=2w"
        "&once=maybe&action=perhaps&source=nowhere&watch=left"
    )
    page = settled(open_page(f"{few}/?{query}"), slugs_of("overview"))
    for told in (
        "'soon' is not a range of time", "The time zone 'Mars' is unknown", "newer vpcflow (v=99)",
        "Did you mean 'srcaddr'?", "'-1'", "'x'", "A timeslice of 2w", "'maybe'", "'perhaps'",
        "'left'", "';drop' is not an address",
    ):  # fmt: skip
        expect(page.get_by_text(told)).to_have_count(1)
        expect(page.get_by_test_id("stMain").get_by_text(told)).to_be_visible()
    assert set(params(page)) <= {"srcadr"}  # none of it is passed on
    unbroken(page)
    # What is no filter stays in its box, and is not passed on by the next link.
    expect(page.locator(".st-key-typed-srcaddr input")).to_have_value("';drop")
    assert "srcaddr" not in params(page)
    pick_first = page.get_by_role("combobox", name="Time range")
    pick_first.click()
    page.get_by_role("option", name="Last hour").click()
    until(page, range="1h")
    assert page.get_by_text("newer vpcflow").count() == 0
    # The box now says itself what it refuses.
    expect(page.get_by_test_id("stSidebar").get_by_text("';drop")).to_be_visible()


def flows(page: Page) -> int:
    """All flows of the Traffic page: every one has a protocol and a decision."""
    parts = drawn(page, "traffic/protocols-by-action")
    return sum(sum(part["x"]) for part in parts if part["name"] in ("ACCEPT", "REJECT"))


def test_each_flow_once_leaves_out_copies_and_says_how_many(app: str, open_page: OpenPage) -> None:
    page = settled(open_page(f"{app}/traffic"), slugs_of("traffic"))
    all_records = flows(page)
    page.get_by_text("Count each flow once").click()
    until(page, once="true")
    said = page.get_by_text("Each flow is counted once").inner_text()
    left_out = int(said.split("once: ")[1].split(" ")[0].replace(",", ""))
    assert left_out > 0
    settled(page, slugs_of("traffic"))
    assert all_records - flows(page) == left_out
    page.get_by_role("link", name="Overview", exact=True).click()
    until(page, once="true")
    expect(page.get_by_text("Each flow is counted once")).to_be_visible()


def test_parameters_are_live_and_bad_ones_are_refused_beside_their_box(
    app: str, open_page: OpenPage
) -> None:
    page = settled(open_page(f"{app}/outliers?method=trailing"), slugs_of("outliers"))
    sidebar = page.get_by_test_id("stSidebar")
    before = sum(judged(page))
    box = page.locator(".st-key-typed-threshold input")
    box.fill("6")
    box.press("Enter")
    until(page, threshold="6")
    settled(page, slugs_of("outliers"))
    fewer = sum(judged(page))
    assert 0 < fewer < before
    box.fill("0")
    box.press("Enter")
    expect(sidebar.get_by_text("'0' is not a number above 0")).to_be_visible()
    expect(sidebar.get_by_text("Still in force: 6.")).to_be_visible()
    idle(page)
    assert sum(judged(page)) == fewer
    window = page.locator(".st-key-typed-window input")
    window.fill("1")
    window.press("Enter")
    expect(sidebar.get_by_text("Window: '1' is not a whole number from 2")).to_be_visible()
    expect(sidebar.get_by_text("Still in force: 10.")).to_be_visible()
    assert (params(page)["threshold"], params(page).get("window")) == ("6", None)
    sidebar.get_by_text("down", exact=True).click()
    until(page, watch="down")
    settled(page, slugs_of("outliers"))
    rows = downloaded(page, "outliers/packets")
    assert (rows[rows["violation"]]["error"] < 0).all()
    slices = page.locator(".st-key-typed-timeslice input")
    slices.fill("7m")
    slices.press("Enter")
    until(page, timeslice="7m")
    expect(panel(page, "outliers/bytes").get_by_text("timeslice")).to_be_visible()
    unbroken(page)
