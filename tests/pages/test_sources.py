"""The Sources page in a real Chromium: state, coverage, sync, adding, uploading, removing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.ui.clock import span
from tests.logs import UNTIL, fill, read_with_pandas, write_sample
from tests.pages.browsing import drawn, idle, saved, unbroken
from tests.pages.server import serving
from vpcflow_core.store.store import Store
from vpcflow_core.units import humane_count

OpenPage = Callable[..., Page]
Serve = Callable[..., str]
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
GONE = UNTIL - timedelta(hours=6)
NO_BREAK = "\N{NO-BREAK SPACE}"


def record(number: int = 0) -> str:
    start = int(UNTIL.timestamp()) - 600 + number % 500
    return f"2 123456789010 eni-1 10.0.0.1 10.0.1.{number % 200} {20641 + number} 22 6 20 4249 {start} {start + 60} ACCEPT OK"


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of two days without the objects that were delivered in one hour."""
    folder = write_sample(tmp_path_factory.mktemp("logs"), records=5000, days=2)
    for path in folder.rglob("*.gz"):
        path.unlink() if f"{GONE:%Y%m%dT%H}" in path.name or f"{GONE + timedelta(hours=1):%Y%m%dT%H}0" in path.name else None
    return folder


@pytest.fixture(scope="module")
def two_days_store(two_days: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("store"), two_days, snapshot=True)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with lines and a file that are no logs."""
    folder = tmp_path_factory.mktemp("bad")
    trap = "![seen](http://192.0.2.1/seen.png) <img src=http://192.0.2.1/x.png>"
    (folder / "few.log").write_text("\n".join([HEADER, record(), trap]))
    (folder / "photo.log").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return folder


@pytest.fixture(scope="module")
def sources_app(
    two_days_store: Path, two_days: Path, bad: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    sources = {"prod": str(two_days), "bad": str(bad)}
    with serving(tmp_path_factory.mktemp("app"), two_days_store, sources) as url:
        yield url


def opened(open_page: OpenPage, url: str, **options: object) -> Page:
    page = open_page(f"{url}/sources", **options)
    page.wait_for_selector(".st-key-sync-now, .st-key-sync-stop")
    expect(page.locator(".st-key-sync-now button").first).to_be_visible()
    idle(page)
    return page


# A source's cells by heading, read at once: the table is drawn anew while a sync goes on.
ROW = """name => {
    const texts = cells => Array.from(cells, cell => cell.innerText.trim());
    const table = document.querySelector('.st-key-source-table table');
    const row = table && [...table.rows].find(
        row => [...row.querySelectorAll('code')].some(code => code.textContent.includes(name)));
    const heads = table && texts(table.querySelectorAll('thead th'));
    return row && row.cells.length === heads.length
        && Object.fromEntries(texts(row.cells).map((text, at) => [heads[at], text]));
}"""


def row_of(page: Page, name: str) -> dict[str, str]:
    """The cells of a source, by heading."""
    return dict(page.wait_for_function(ROW, arg=name).json_value())


def fill_in(page: Page, key: str, text: str) -> None:
    box = page.locator(f".st-key-{key} input")
    box.fill(text)
    box.press("Tab")


def remove(page: Page, name: str) -> None:
    idle(page)
    page.get_by_role("button", name="Remove a source").first.click()
    box = page.locator(".st-key-removal input")
    box.fill(name)
    box.press("Enter")
    expect(box).to_have_value(re.compile(name))
    idle(page)
    page.locator(".st-key-remove-now button").first.click()
    expect(page.locator(".st-key-source-table")).not_to_contain_text(name)


def test_the_page_shows_what_the_store_holds_what_is_missing_and_what_could_not_be_read(
    sources_app: str, open_page: OpenPage, two_days_store: Path, two_days: Path
) -> None:
    page = opened(open_page, sources_app)
    table_shows_what_the_store_holds(page, two_days_store, two_days)
    coverage_draws_what_pandas_counts_and_names_the_gap(page, two_days)
    what_ec2_told_is_counted_by_account_and_region(page, two_days_store)
    parse_report_shows_objects_reasons_and_lines(page)


def table_shows_what_the_store_holds(page: Page, two_days_store: Path, two_days: Path) -> None:
    shown = row_of(page, "prod")
    with Store.open(two_days_store) as known:
        (state,) = (s for s in known.sources() if s.url.endswith(two_days.name))
    records = read_with_pandas(two_days)
    assert state.records == len(records)
    expected = {
        "Records": humane_count(len(records)).replace(" ", NO_BREAK),
        "NODATA": str((records["log-status"] == "NODATA").sum()),
        "SKIPDATA": str((records["log-status"] == "SKIPDATA").sum()),
        "Malformed": "0",
        "Objects": str(len(list(two_days.rglob("*.gz")))),
        "Broken": "0",
    }
    assert {name: shown[name] for name in expected} == expected
    assert {n: row_of(page, "bad")[n] for n in ("Records", "Malformed", "Broken")} == {
        "Records": "1", "Malformed": "1", "Broken": "1",
    }  # fmt: skip
    expect(page.get_by_text("The next one begins by itself in")).to_be_visible()
    unbroken(page)


def coverage_draws_what_pandas_counts_and_names_the_gap(page: Page, two_days: Path) -> None:
    page.wait_for_selector(".st-key-panel-sources-coverage .js-plotly-plot .main-svg")
    found = read_with_pandas(two_days)
    end = (found["start"].max() + timedelta(milliseconds=1)).ceil("min")
    found = found[found["start"] >= (end - timedelta(days=1)).floor("h")]
    found = pd.concat([found["log-status"], found["start"].dt.floor("h")], axis=1)
    bars = {bar["name"]: sum(bar["y"]) for bar in drawn(page, "sources/coverage")}
    counts = found["log-status"].value_counts().to_dict()
    counts["OK"] += 1  # the record of the folder of bad files
    assert {name: count for name, count in bars.items() if count} == counts
    empty = sorted(
        set(pd.date_range(found["start"].min(), end, freq="h", inclusive="left"))
        - set(found["start"])
    )
    assert len(empty) == 1
    gap = span(empty[0], empty[0] + timedelta(hours=1), ZoneInfo("UTC"))
    told = f"1 hour without any record: {gap}."
    expect(page.get_by_text(told)).to_be_visible()


def parse_report_shows_objects_reasons_and_lines(page: Page) -> None:
    report = page.locator(".st-key-not-read")
    expect(report.get_by_text("1 line and 1 object could not be read")).to_be_visible()
    frame = pd.read_csv(saved(page, report.get_by_role("button", name="Download CSV").first))
    assert set(frame["object"]) == {"few.log", "photo.log"}
    assert frame.set_index("object").loc["photo.log", "why"].startswith("photo.log is a PNG image")
    report.get_by_role("tab", name="Lines").click()
    lines = pd.read_csv(saved(page, report.get_by_role("button", name="Download CSV").last))
    (line,) = lines.to_dict("records")
    assert (line["object"], line["line"]) == ("few.log", 3)
    assert line["text"].startswith("![seen]")


def what_ec2_told_is_counted_by_account_and_region(page: Page, two_days_store: Path) -> None:
    table = page.locator(".st-key-ec2 table")
    with Store.open(two_days_store) as known:
        interfaces, states = known.known("interfaces"), known.snapshots()
    assert table.locator("tbody tr").count() == len(states)
    for state in states:
        row = table.locator("tr", has_text=state.account_id).filter(has_text=state.region)
        count = (interfaces["account_id"] == state.account_id) & (
            interfaces["region"] == state.region
        )
        expect(row.locator("td").nth(-5)).to_have_text(str(count.sum()))
    assert page.locator(".st-key-snapshot-now").count() == 0  # no source lies in AWS


def test_a_folder_is_added_read_and_removed_with_its_records(
    serve: Serve, open_page: OpenPage, bad: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.log").write_text("\n".join([HEADER, *map(record, range(40))]))
    page = opened(open_page, serve(tmp_path / "store", {"bad": str(bad)}))
    for wrong, told in (
        (str(tmp_path / "mroe"), "There is no"),
        ("s4://bucket", "'s4' is unknown"),
        ("s3://KEY:secret@bucket/prefix", "must not hold a password"),
        (str(tmp_path / "store"), "holds the store itself"),
        ("", "empty"),
    ):
        fill_in(page, "new-url", wrong)
        page.get_by_role("button", name="Check and add").click()
        expect(page.locator(".st-key-adding [data-testid=stAlert]")).to_contain_text(told)
        assert "secret" not in page.locator(".st-key-adding [data-testid=stAlert]").inner_text()
    fill_in(page, "new-url", str(tmp_path / "more"))
    page.get_by_role("button", name="Check and add").click()
    expect(page.get_by_text("was added")).to_be_visible()
    expect(page.locator(".st-key-source-table")).to_contain_text("more")
    wait_for_cell(page, "more", "Records", "40")
    remove(page, "more")
    with Store.open(tmp_path / "store") as known:
        assert not [s for s in known.sources() if s.url.endswith("more")]
    unbroken(page)


def wait_for_cell(page: Page, name: str, head: str, text: str) -> None:
    for _ in range(100):
        if row_of(page, name)[head] == text:
            return
        page.wait_for_timeout(200)
    assert row_of(page, name)[head] == text


def test_uploads_are_read_reported_kept_apart_and_removed(
    serve: Serve, open_page: OpenPage, bad: Path, tmp_path: Path
) -> None:
    page = opened(open_page, serve(tmp_path / "store", {"bad": str(bad)}))
    whole = "\n".join([HEADER, *map(record, range(30)), "no record", ""]).encode()
    upload(page, "../case one.log", whole)
    report = page.locator(".st-key-upload-report")
    expect(report.get_by_text("30 records")).to_be_visible()
    expect(report.get_by_text("14 fields")).to_be_visible()
    expect(report.locator("[data-testid=stDataFrame]")).to_be_visible()
    wait_for_cell(page, "case-one", "Records", "30")
    assert row_of(page, "case-one")["Where"] == "uploads://case-one"
    assert row_of(page, "case-one")["Malformed"] == "1"
    upload(page, "photo.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    expect(report.get_by_text("was not taken")).to_be_visible()
    expect(report.get_by_text("is a PNG image, not flow logs")).to_be_visible()
    upload(page, "cut.log.gz", gzip.compress(whole * 400, mtime=0)[:-400])
    expect(report.get_by_text("gzip content is cut short")).to_be_visible()
    expect(page.locator(".st-key-sync-now button").first).to_be_visible()
    for name in ("case-one", "cut"):
        remove(page, name)
    assert list((tmp_path / "store" / "uploads").glob("*/*")) == []
    with Store.open(tmp_path / "store") as known:
        assert not [s for s in known.sources() if s.url.startswith("uploads")]
    unbroken(page)


def upload(page: Page, name: str, content: bytes) -> None:
    idle(page)  # a new box takes the place of the one whose files were read
    box: Locator = page.locator(".st-key-uploading input[type=file]")
    expect(box).to_have_count(1)
    box.set_input_files([{"name": name, "mimeType": "text/plain", "buffer": content}])
    expect(page.locator(".st-key-uploading").get_by_text(name.rpartition("/")[2])).to_be_visible()
    page.get_by_role("button", name="Read files").click()


def test_a_stopped_sync_goes_on_where_it_stood_and_reads_everything_once(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    (tmp_path / "logs").mkdir()
    for number in range(2000):
        (tmp_path / "logs" / f"{number}.log").write_text(f"{HEADER}\n{record(number)}\n")
    url = serve(tmp_path / "store", {"many": str(tmp_path / "logs")}, workers="1")
    page = open_page(f"{url}/sources")
    page.locator(".st-key-sync-stop button").first.click()
    expect(page.get_by_text("The sync was stopped")).to_be_visible()
    with Store.open(tmp_path / "store") as store:
        assert sum(s.objects for s in store.sources()) < 2000
        page.locator(".st-key-sync-now button").first.click()
        expect(page.get_by_text("The next one begins by itself")).to_be_visible()
        assert sum(s.records for s in store.sources()) == 2000
        assert sum(file.rows for file in store.files("records")) == 2000


def test_visitors_from_elsewhere_learn_no_path_of_the_server_and_can_add_nothing(
    tmp_path: Path, serve: Serve, open_page: OpenPage, bad: Path
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "a.log").write_text(f"{HEADER}\n{record()}\n")
    sources = {"bad": str(bad), "gone": str(tmp_path / "nowhere"), "more": str(more)}
    url = serve(tmp_path / "store", sources, add_sources="none")
    page = open_page(f"{url}/sources")
    expect(page.get_by_text("gone: It could not be read")).to_be_visible()
    assert page.locator(".st-key-sync-now, .st-key-sync-stop").count() == 0
    expect(page.locator(".st-key-not-read [data-testid=stDataFrame]").first).to_be_visible()
    assert str(tmp_path.parent) not in page.content()
    assert bad.name not in page.content()
    page.goto(f"{url}/sources?source=bad")
    expect(page.get_by_role("combobox", name="Source")).to_have_value("bad")
    expect(page.locator(".st-key-panel-sources-coverage")).to_contain_text("The first record")
    assert str(tmp_path.parent) not in page.content() + page.url
    assert page.locator("input[type=file]").count() == 0
    assert page.locator(".st-key-new-url").count() == 0
    assert page.get_by_role("button", name="Remove a source").count() == 0
    not_read = page.locator(".st-key-not-read")
    not_read.get_by_role("tab", name="Lines").click()
    expect(not_read.get_by_text("shown to those alone who may add")).to_be_visible()
    assert not_read.get_by_role("button", name="Download CSV").count() == 0
    file = saved(page, page.get_by_role("button", name="Download CSV").first)
    assert str(bad.parent) not in file.read_text()


def test_an_empty_store_leads_here_and_here_is_the_way_out(
    tmp_path: Path, serve: Serve, open_page: OpenPage
) -> None:
    page = open_page(serve(tmp_path / "store"))
    page.get_by_role("link", name="Sources and uploads").click()
    expect(page.get_by_text("There is no source yet")).to_be_visible()
    upload(page, "first.log", "\n".join([HEADER, *map(record, range(7))]).encode())
    wait_for_cell(page, "first", "Records", "7")
    expect(page.locator(".st-key-panel-sources-coverage")).to_be_visible()
    unbroken(page)
