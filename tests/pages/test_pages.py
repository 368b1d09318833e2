"""Every dashboard on the sample, on little data, on none; with every filter.

What a link draws is read as the server sends it; that a browser draws it: test_accessibility.py.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import reduce
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pytest

from dashboards.catalogue import DASHBOARDS
from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import FLOW_FILTERS, NETWORK_FILTERS
from tests.logs import UNTIL, fill
from tests.pages.browsing import PATHS, slugs_of
from tests.pages.sent import Sent
from tests.pages.server import serving
from tests.pages.visitors import page as visited
from vpcflow_core.api import FlowLogs
from vpcflow_core.fields import DEFAULT_VPC_FORMAT, find_field
from vpcflow_core.panels.catalogue import PANELS

# Where a page's filters can be seen at work: a panel, and the measure of its bars.
SEEN = {
    "overview": ("overview/interfaces", "flows"),
    "accepts": ("accepts/interfaces", "flows"),
    "rejects": ("rejects/interfaces", "flows"),
    "traffic": ("traffic/source-ports", "flows"),
}
ACTIONS = {"accepts": "ACCEPT", "rejects": "REJECT"}


def aws(field: str) -> str:
    found = find_field(field)
    assert found is not None
    return found.aws


@pytest.fixture(scope="module")
def day(traffic_records: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """The records of the last 24 hours."""
    return traffic_records[traffic_records["start"] >= end - timedelta(days=1)]


def filters_that_matter(
    day: pd.DataFrame, decision: bool
) -> tuple[dict[str, str], dict[str, pd.Series]]:
    """A filter for every field, each of which leaves out records that no other leaves out.

    Returns:
        Text of the filter, and which records it keeps, by field.
    """
    for rank in range(1, 20):
        gone = {f: day[aws(f)].value_counts().index[rank % day[aws(f)].nunique()]
                for f in FLOW_FILTERS}  # fmt: skip
        texts = {field: f"!{value}" for field, value in gone.items()}
        kept = {field: day[aws(field)].ne(value).fillna(True) for field, value in gone.items()}
        if decision:
            texts["action"], kept["action"] = "ACCEPT", day["action"] == "ACCEPT"
        left_out = sum((~mask).astype(int) for mask in kept.values())
        if all((~mask & (left_out == 1)).any() for mask in kept.values()):
            return texts, kept
    raise AssertionError("no such filters")


@pytest.mark.parametrize("name", SEEN)
def test_every_filter_of_a_page_changes_its_numbers_to_what_pandas_says(
    name: str, app: str, day: pd.DataFrame
) -> None:
    slug, measure = SEEN[name]
    if name in ACTIONS:
        day = day[day["action"] == ACTIONS[name]]
    texts, kept = filters_that_matter(day, decision=name not in ACTIONS)
    inside = day[reduce(operator.and_, kept.values())]
    page = Sent(visited(app, PATHS[name], query=urlencode(texts)))
    (by,) = PANELS[slug].query.by
    if by.endswith("port"):  # 0 stands for none where the protocol has no ports
        inside = inside[(inside[by] != 0) | inside["protocol"].isin([6, 17])]
    expected = inside.groupby(aws(by)).size().nlargest(10)
    (bars,) = page.drawn(slug)
    assert bars["x"] == list(expected), measure
    assert page.unbroken()


@pytest.fixture(scope="module")
def last_day(sample_store: Path) -> Iterator[FlowLogs]:
    """The last 24 hours, asked from Python."""
    with FlowLogs.open(sample_store) as opened:
        yield opened.last("24h")


@pytest.fixture(scope="module")
def exclusions(last_day: FlowLogs) -> dict[str, str]:
    """As `filters_that_matter`, for every field that any page filters by."""
    accepted = last_day.where(action="ACCEPT")
    values = {f: list(accepted.top(f, n=None)[f]) for f in (*FLOW_FILTERS, *NETWORK_FILTERS)}
    for rank in range(1, 20):
        texts = {f: f"!{values[f][-rank % len(values[f])]}" for f in values}
        wanted = {"action": "ACCEPT", **texts}
        left = total(last_day.where(**wanted))
        if all(total(last_day.where(**{n: t for n, t in wanted.items() if n != field})) > left > 0
               for field in wanted):  # fmt: skip
            return wanted
    raise AssertionError("no such filters")


@pytest.mark.parametrize("name", ["security-groups", "outliers"])
def test_every_filter_of_a_page_about_the_network_does_what_it_does_in_python(
    name: str, app: str, last_day: FlowLogs, exclusions: dict[str, str]
) -> None:
    narrowed = last_day.where(**exclusions)
    page = Sent(visited(app, name, query=urlencode(exclusions)))
    if name == "security-groups":
        (bars,) = page.drawn("security-groups/top-groups")
        top = narrowed.top("security_group_id", by="packets", n=5)
        assert bars["x"] == list(top["packets"])
    else:
        (line,) = [trace for trace in page.drawn("outliers/bytes") if trace.get("name") == "bytes"]
        spread = narrowed.series("bytes", every="1m", place="spread")
        assert sum(line["y"]) == pytest.approx(spread["value"].sum())
    assert page.unbroken()


def total(flows: FlowLogs) -> int:
    return int(flows.series("flows", every="1d")["value"].sum())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("empty")
    with serving(folder, folder / "store", watch_lsit="watched.txt") as url:
        while any("being read" in said for said in Sent(visited(url, "")).alerts()):
            time.sleep(0.1)
        yield url


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.path)
def test_an_empty_store_says_on_every_page_how_to_fill_it(empty: str, dashboard: Dashboard) -> None:
    page = Sent(visited(empty, PATHS[dashboard.path]))
    said = "\n".join(page.alerts())
    assert "This store holds no records yet" in said
    assert "vpcflow sync s3://bucket/prefix" in said
    assert "Sources and uploads" in {link.label for link in page.elements("page_link")}
    assert page.unbroken()


@pytest.fixture(scope="module")
def version_2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on logs of AWS's 14 default fields, without any snapshot."""
    folder = tmp_path_factory.mktemp("version-2")
    (folder / "logs").mkdir()
    lines = [" ".join(DEFAULT_VPC_FORMAT)]
    for minute in range(180):
        start = int(UNTIL.timestamp()) - 60 * minute
        for host in range(1, 9):
            action = "REJECT" if host == 8 else "ACCEPT"
            lines.append(
                f"2 123456789012 eni-{host % 3} 198.51.100.{host} 10.0.0.{host} {40000 + host} 443 6 "
                f"{host} {100 * host} {start} {start + 50} {action} OK"
            )
    (folder / "logs" / "plain.log").write_text("\n".join(lines))
    with serving(folder, fill(folder / "store", folder / "logs")) as url:
        yield url


@pytest.mark.parametrize("name", PATHS)
def test_a_format_that_lacks_fields_explains_on_every_page_the_panels_it_cannot_draw(
    name: str, version_2: str
) -> None:
    page = Sent(visited(version_2, PATHS[name], query="range=3h"))
    assert page.unbroken()
    assert [slug for slug in slugs_of(name) if not page.shows(slug)] == []
    if name == "security-groups":
        assert "vpc-id" in " ".join(page.alerts("security-groups/top-vpcs"))
        assert page.alerts("security-groups/rules-in-use")
    if name == "rejects":
        assert "add ${reject-reason} (version 8)" in page.text()
    if name == "traffic":
        assert sum(page.drawn("traffic/destination-ports")[0]["x"]) == 180 * 8


def test_sources_names_a_variable_that_is_nearly_a_setting(empty: str) -> None:
    said = "\n".join(Sent(visited(empty, "sources")).alerts()).replace("`", "")
    assert "VPCFLOW_WATCH_LSIT is no setting and has no effect; VPCFLOW_WATCH_LIST is one." in said


def test_a_filter_by_a_field_that_no_record_has_is_explained_once(few: str) -> None:
    page = Sent(visited(few, PATHS["overview"], query="action=REJECT"))
    assert page.unbroken()
    (said,) = page.alerts()
    assert (
        "No record in this store has Decision (action): add ${action} (version 2)"
        in said.replace("`", "")
    )
    assert "Remove Decision: REJECT" in page.text()


def test_a_format_of_five_fields_still_shows_what_it_can(few: str) -> None:
    page = Sent(visited(few, PATHS["overview"]))
    assert page.unbroken()
    assert all(page.shows(slug) for slug in slugs_of("overview"))
    assert "dstport" in " ".join(page.alerts("overview/destination-ports"))
    (bars,) = page.drawn("overview/top-sources")
    assert bars["x"] == [800, 700, 600, 500, 400, 300, 200, 100]


@pytest.mark.parametrize("query", ["dstaddr=10.0.1.9", "srcaddr=!10.0.0.1&range=nonsense"])
def test_what_is_said_above_the_panels_leaves_them_in_their_places(few: str, query: str) -> None:
    """The browser would draw them anew, and until then show the old ones among the chips."""
    plain, said = (Sent(visited(few, PATHS["overview"], query=q)) for q in ("", query))
    assert said.places == plain.places != {}
