"""The page Explore: its link says what is asked; SQL runs under the page's range and filters."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.pages.browsing import OpenPage, idle, panel, params, settled, unbroken, until
from vpcflow_core.panels.built import Built
from vpcflow_core.panels.explore import READY


def test_questions_are_ready_or_built_or_sql(app: str, open_page: OpenPage) -> None:
    page = open_page(f"{app}/explore?tab=build&measure=flows&group2=dstport&chart=sankey&top=5")
    title = Built("flows", ("srcaddr", "dstport"), "sankey", 5).panel.title
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator(".js-plotly-plot .sankey-link")).to_have_count(5)
    page.get_by_role("button", name="Narrow to one of these").click()
    page.get_by_role("menuitem").first.click()
    page.wait_for_function("location.search.includes('dstport=')")
    idle(page)
    expect(page.locator(".js-plotly-plot .sankey-link")).to_have_count(1)
    page.get_by_text("Questions", exact=True).click()
    until(page, tab="")
    page.get_by_role("button", name="Clear all filters").click()
    until(page, dstport="")
    page.get_by_role("combobox", name="Question", exact=True).click()
    page.get_by_role("option", name=READY["explore/scans"].title, exact=True).click()
    until(page, ask="scans")
    expect(page.get_by_role("heading", name=READY["explore/scans"].title)).to_be_visible()
    page.get_by_text("SQL", exact=True).first.click()
    until(page, tab="sql")
    box = page.get_by_role("textbox", name="SQL")
    box.fill("SELECT count(*) AS flows FROM flows LIMIT 1")
    box.press("Control+Enter")
    idle(page)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 row in")).to_be_visible()
    box.fill("SELECT * FROM read_csv('/etc/passwd')")
    box.press("Control+Enter")
    idle(page)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    expect(page.get_by_text("1 row in")).to_have_count(0)
    box.fill("SELECT count(*) FROM range(1000000000) a, range(1000000000) b")
    box.press("Control+Enter")
    idle(page)
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("The query was stopped")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    unbroken(page)


def test_a_chip_leads_to_the_page_of_its_address_which_shows_both_ways_and_all_of_it(
    app: str, open_page: OpenPage
) -> None:
    page = open_page(f"{app}/rejects?srcaddr=10.0.0.24&dstport=443&range=12h")
    page.get_by_role("link", name="All about 10.0.0.24").click()
    expect(page.get_by_role("heading", name="Address 10.0.0.24")).to_be_visible()
    asked = params(page)
    assert asked.pop("v", "1") == "1"
    assert asked == {"entity": "10.0.0.24", "range": "12h"}
    page.goto(f"{app}/entity?entity=10.0.0.24&srcaddr=10.0.0.24")
    expect(page.get_by_text("is not in force here")).to_be_visible()
    for title in ("Accepted and refused, both ways", "Whom it talks to", "What is new"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.goto(f"{app}/entity")
    expect(page.get_by_text("Type an address, block, port, id or name above")).to_be_visible()
    idle(page)
    unbroken(page)


def test_the_menu_of_a_row_leads_to_a_page_at_the_same_time_and_its_box_refuses_nonsense(
    app: str, open_page: OpenPage
) -> None:
    page = settled(open_page(f"{app}/rejects?range=12h&action=REJECT"), ["rejects/destinations"])
    table = panel(page, "rejects/destinations").get_by_test_id("stDataFrame")
    expect(table.locator("tbody td").first).to_be_attached()
    # By keys: to the second row's menu, and in it to the third choice; then back in the table.
    menu = page.get_by_role("menu", name="Button action menu")
    idle(page)
    table.locator("canvas[tabindex='0']").focus()
    for key, cell in (("ArrowRight", "2-0"), ("ArrowDown", "2-1"), ("ArrowLeft", "1-1")):
        page.keyboard.press(key)
        page.wait_for_function(f"document.activeElement.id == 'glide-cell-{cell}'", polling=50)
    page.keyboard.press("Enter")
    first = menu.get_by_role("menuitem").first
    expect(first).to_be_focused()
    second_row = first.inner_text().removeprefix("All about ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name=f"Exclude {second_row}")).to_be_focused()
    page.keyboard.press("Enter")
    until(page, dstaddr=f"!{second_row}")
    page.wait_for_function("document.activeElement.closest('[data-testid=stDataFrame]')")
    page.get_by_role("button", name="Clear all filters").click()
    until(page, dstaddr="")
    idle(page)
    place = table.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 60, place["y"] + 52)  # the first row's, right of its tick box
    items = page.get_by_test_id("stDataFrameButtonActionMenu").get_by_text("All about")
    address = items.first.inner_text().removeprefix("All about ")
    items.first.click()
    expect(page.get_by_role("heading", name=f"Address {address}")).to_be_visible()
    assert {name: params(page).get(name, "") for name in ("entity", "range", "action")} == {
        "entity": address, "range": "12h", "action": "",
    }  # fmt: skip
    box = page.locator(".st-key-typed-entity input")
    box.fill("nonsense.")
    box.press("Enter")
    expect(page.get_by_text("is nothing that has a page")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Address {address}")).to_be_visible()
    assert params(page)["entity"] == address
    idle(page)
    unbroken(page)


def test_the_page_of_an_address_without_records_says_so_once(app: str, open_page: OpenPage) -> None:
    page = open_page(f"{app}/entity?entity=203.0.113.254")
    expect(page.get_by_text("No records of 203.0.113.254 between")).to_have_count(1)
    expect(page.get_by_text("There are none at any other time of the data either.")).to_be_visible()
    expect(page.get_by_role("heading", name="Whom it talks to")).to_have_count(0)
    idle(page)
    unbroken(page)
