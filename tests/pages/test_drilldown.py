"""Clicks narrow the page, drags the range, violations lead on, panels show what is behind them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
from playwright.sync_api import Page, expect

from dashboards.ui.link_reading import parse_state
from tests.pages.browsing import (
    OpenPage,
    chips,
    downloaded,
    drag,
    drawn,
    idle,
    menu,
    panel,
    params,
    pick,
    saved,
    settled,
    slugs_of,
    until,
)
from vpcflow_core.times import Window, parse_instant


def click_row(page: Page, slug: str, row: int) -> None:
    """Choose a row of a table; it is painted, not made of elements."""
    table = panel(page, slug).get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + 35 * row + 52)


def click_bar(page: Page, slug: str) -> None:
    """Click on a bar, or a part of one, that is high enough to be hit."""
    panel(page, slug).scroll_into_view_if_needed()
    for bar in panel(page, slug).locator(".bars .point path").all():
        box = bar.bounding_box()
        if box and min(box["height"], box["width"]) > 3:
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            return
    raise AssertionError(f"{slug} has no bar to click")


def a_bar_narrows_and_its_chip_excludes_and_removes(page: Page) -> None:
    (bars,) = drawn(page, "overview/top-sources")
    first = bars["customdata"][0]
    link = panel(page, "overview/top-sources").locator(".ytick a").first
    assert str(link.get_attribute("xlink:href")).endswith(f"&entity={first}")
    click_bar(page, "overview/top-sources")
    until(page, srcaddr=first)
    settled(page, ["overview/top-sources"])
    assert chips(page) == [f"Source address: {first}"]
    assert drawn(page, "overview/top-sources")[0]["customdata"] == [first]
    pick(page, first, "Exclude")
    until(page, srcaddr=f"!{first}")
    assert chips(page) == [f"Source address: not {first}"]
    assert first not in drawn(page, "overview/top-sources")[0]["customdata"]
    pick(page, f"not {first}", "Only this")
    until(page, srcaddr=first)
    page.go_back()
    until(page, srcaddr=f"!{first}")
    assert chips(page) == [f"Source address: not {first}"]
    pick(page, f"not {first}", "Only this")
    until(page, srcaddr=first)
    pick(page, first, "Either end")
    until(page, srcaddr="", address=first)
    pick(page, f"either end: {first}", "Copy")
    expect(page.locator("[data-copy]")).to_have_text(f"Copied: {first}")
    pick(page, first, "Remove")
    until(page, address="")
    assert chips(page) == []
    assert drawn(page, "overview/top-sources") == [bars]


def slices_markers_and_parts_narrow_too(page: Page) -> None:
    panel(page, "overview/actions").locator(".bars .point path").nth(1).click(force=True)
    until(page, action="REJECT")
    settled(page, ["overview/source-locations"])
    countries = drawn(page, "overview/source-locations")[-1]["customdata"]
    panel(page, "overview/source-locations").locator(".scattergeo .point").first.click(force=True)
    until(page, srcaddr=f"country:{countries[0]}")
    assert set(drawn(page, "overview/source-locations")[-1]["customdata"]) == {countries[0]}
    click_bar(page, "overview/protocols")
    page.wait_for_function("new URLSearchParams(location.search).has('protocol')")
    idle(page)
    assert [chip.split(":")[0] for chip in chips(page)] == [
        "Source address", "Protocol", "Decision",
    ]  # fmt: skip
    page.get_by_role("button", name="Clear all filters").click()
    until(page, srcaddr="", protocol="", action="")
    settled(page, slugs_of("overview"))


def a_menu_groups_addresses_in_one_step_and_a_bar_narrows_to_its_block(page: Page) -> None:
    before = page.evaluate("history.length")
    title = panel(page, "overview/top-sources")
    title.get_by_role("button", name="by address").click()
    page.get_by_role("menuitem", name="/24 (IPv6: /64)").click()
    until(page, grouping="24")
    settled(page, ["overview/top-sources@24", "overview/top-destinations@24"])
    assert page.evaluate("history.length") == before + 1
    (bars,) = drawn(page, "overview/top-sources@24")
    block = bars["customdata"][0]
    assert block.endswith("/24")
    click_bar(page, "overview/top-sources@24")
    until(page, srcaddr=block, grouping="24")
    assert chips(page) == [f"Source address: {block}"]


def test_clicks_on_charts_narrow_and_a_panels_menu_groups(app: str, open_page: OpenPage) -> None:
    page = settled(open_page(app), slugs_of("overview"))
    a_bar_narrows_and_its_chip_excludes_and_removes(page)
    slices_markers_and_parts_narrow_too(page)
    a_menu_groups_addresses_in_one_step_and_a_bar_narrows_to_its_block(page)


def a_menu_shows_rows_and_sql_and_downloads_the_whole_answer(page: Page) -> None:
    body = menu(page, "rejects/outliers")
    expect(body.get_by_test_id("stDataFrame")).to_be_visible()
    body.get_by_test_id("stDataFrame").hover()
    expect(body.get_by_label("Search").first).to_be_visible()
    own = body.get_by_label("Download as CSV").first  # Streamlit's: it would save formulas
    expect(own).to_be_attached()
    expect(own).to_be_hidden()
    expect(body.get_by_test_id("stCode")).to_contain_text("FROM flows")
    expect(body.get_by_text("The first 1,000 of 1,440 rows")).to_be_visible()
    for kind, read in (("CSV", pd.read_csv), ("Parquet", pd.read_parquet)):
        frame = read(saved(page, body.get_by_role("button", name=f"Download {kind}")))
        assert len(frame) == 1_440
        assert {"bucket", "value", "lower", "upper", "violation"} <= set(frame.columns)
    page.keyboard.press("Escape")
    expect(body).to_have_count(0)


def test_a_panels_menu_gives_its_answer_and_rows_and_parts_of_bars_narrow_by_all_their_fields(
    app: str, open_page: OpenPage
) -> None:
    page = settled(open_page(f"{app}/rejects?timeslice=1m"), slugs_of("rejects"))
    a_menu_shows_rows_and_sql_and_downloads_the_whole_answer(page)
    rows = downloaded(page, "rejects/interface-destinations")
    click_row(page, "rejects/interface-destinations", 1)
    until(page, interface_id=rows["interface_id"][1], dstaddr=rows["dstaddr"][1])
    assert len(chips(page)) == 2
    # What was chosen is chosen no more: on the way back the same row is another choice.
    # Two fields are one step.
    page.go_back()
    until(page, interface_id="", dstaddr="")
    settled(page, ["rejects/interface-destinations"])
    click_row(page, "rejects/interface-destinations", 1)
    until(page, interface_id=rows["interface_id"][1], dstaddr=rows["dstaddr"][1])
    page.get_by_role("link", name="Traffic").click()
    settled(page, slugs_of("traffic"))
    assert len(chips(page)) == 2
    page.get_by_role("button", name="Clear all filters").click()
    until(page, interface_id="", dstaddr="")
    settled(page, ["traffic/ports-by-action"])
    traces = drawn(page, "traffic/ports-by-action")
    click_bar(page, "traffic/ports-by-action")
    port, action = traces[0]["customdata"][0]
    until(page, dstport=str(port), action=action)


def test_a_drag_over_a_time_chart_is_the_range_and_back_undoes_it(
    app: str, open_page: OpenPage, traffic_records: pd.DataFrame
) -> None:
    # A page about one decision says that a filter on it is not in force.
    url = f"{app}/accepts?tz=Asia/Kolkata&action=REJECT"
    page = settled(open_page(url), slugs_of("accepts"))
    expect(page.get_by_text("Decision: REJECT is not in force here")).to_be_visible()
    assert chips(page) == []
    assert drawn(page, "accepts/interfaces")[0]["x"]
    for slug in ("accepts/outliers", "accepts/bytes-compared"):
        drag(page, slug, 0.3, 0.6)
        page.wait_for_function("new URLSearchParams(location.search).has('range')")
        idle(page)
        (state, notes) = parse_state(params(page))
        assert notes == []
        assert state.range.fixed is not None
        assert timedelta(hours=5) < state.range.fixed.length < timedelta(hours=9)
        if slug == "accepts/outliers":
            rows = downloaded(page, "accepts/interfaces")
            inside = traffic_records[
                (traffic_records["start"] >= state.range.fixed.start)
                & (traffic_records["start"] < state.range.fixed.end)
                & (traffic_records["action"] == "ACCEPT")
            ]
            assert list(rows["flows"]) == list(inside["interface-id"].value_counts().head(10))
        page.go_back()
        until(page, range="")
        expect(page.get_by_role("combobox", name="Time range")).to_have_value("Last 24 hours")
        settled(page, slugs_of("accepts"))


def test_a_violation_leads_to_its_minute_on_the_traffic_page(app: str, open_page: OpenPage) -> None:
    page = settled(
        open_page(f"{app}/outliers?timeslice=10m&threshold=4.5&srcaddr=!192.0.2.1"),
        slugs_of("outliers"),
    )
    worst = downloaded(page, "outliers/rejected").query("violation").copy()
    worst["far"] = worst["error"].abs() / (worst["upper"] - worst["lower"])
    bucket = parse_instant(worst.sort_values("far").iloc[-1]["bucket"])
    panel(page, "outliers/rejected").get_by_role("button", name="Traffic at a violation").click()
    with page.context.expect_page() as opened:
        page.locator("[data-testid=stPopoverBody] a").first.click()
    there = settled(opened.value, slugs_of("traffic"))
    state, notes = parse_state(params(there))
    assert notes == []
    assert state.filters == (("srcaddr", "!192.0.2.1"), ("action", "REJECT"))
    assert state.parameters.threshold == 4.5
    assert state.range.fixed == Window(
        bucket - timedelta(minutes=150), bucket + timedelta(minutes=160)
    )
    judged = downloaded(there, "traffic/flows-outliers")
    at = judged[judged["bucket"] == f"{bucket:%Y-%m-%dT%H:%M:%SZ}"]
    assert at["violation"].tolist() == [True]
    # The table of all violations, as screen readers hear it, leads there too.
    cells = panel(page, "outliers/violations").locator("td").all_text_contents()
    links = [dict(parse_qsl(urlsplit(cell).query)) for cell in cells if "/traffic?" in cell]
    (first, notes) = parse_state(links[0])
    assert notes == []
    assert first.range.fixed is not None
    assert first.range.fixed.length == timedelta(minutes=310)
    assert ("srcaddr", "!192.0.2.1") in first.filters


def fills_the_screen(page: Page, slug: str) -> None:
    """A chart or table is enlarged and made small again by keyboard."""
    panel(page, slug).get_by_role("button", name="Fullscreen").first.focus()
    page.keyboard.press("Enter")
    close = page.get_by_role("button", name="Close fullscreen").first
    expect(close).to_be_visible()
    close.press("Enter")
    expect(close).to_have_count(0)


def test_panels_fill_the_screen_and_the_records_behind_are_the_newest_with_all_their_fields(
    app: str, open_page: OpenPage, everything: pd.DataFrame, end: pd.Timestamp
) -> None:
    page = settled(open_page(f"{app}/rejects?dstport=22&tz=Asia/Kolkata"), slugs_of("rejects"))
    fills_the_screen(page, "rejects/interfaces")
    fills_the_screen(page, "rejects/destinations")
    menu(page, "rejects/interfaces").get_by_role("button", name="Records behind it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stDataFrame")).to_be_visible()
    expect(dialog.get_by_text("with Decision REJECT, Destination port 22")).to_be_visible()
    frame = pd.read_csv(saved(page, dialog.get_by_role("button", name="Download CSV")))
    inside = everything[
        (everything["start"] >= end - timedelta(days=1))
        & (everything["action"] == "REJECT")
        & (everything["dstport"] == 22)
    ]
    assert len(frame) == min(len(inside), 1000)
    assert frame["start_time"].is_monotonic_decreasing
    assert frame["start_time"][0] == f"{inside['start'].max():%Y-%m-%dT%H:%M:%SZ}"
    assert sorted(frame["bytes"]) == sorted(inside["bytes"])
    assert {"srcaddr", "log_status", "vpc_id", "pkt_srcaddr"} <= set(frame.columns)
    dialog.get_by_text("SQL").click()
    expect(dialog.get_by_test_id("stCode")).to_contain_text("ORDER BY start_time DESC")


def test_an_empty_page_says_why_once_and_offers_only_what_helps(
    app: str, open_page: OpenPage
) -> None:
    query = "?srcaddr=198.51.100.77&tz=Asia/Kolkata"
    page = open_page(f"{app}/accepts{query}")
    notice = page.locator(".st-key-nothing-found")
    expect(notice.get_by_text("No ACCEPT records between")).to_contain_text("Asia/Kolkata")
    expect(page.get_by_text("Nothing to show.")).to_have_count(len(slugs_of("accepts")))
    idle(page)
    expect(page.get_by_text("No ACCEPT records between")).to_have_count(1)
    expect(page.get_by_role("button", name="Last 7 days")).to_have_count(0)  # nor was it then
    notice.get_by_role("button", name="Clear filters").click()
    until(page, srcaddr="")
    settled(page, slugs_of("accepts"))
    assert drawn(page, "accepts/interfaces")
