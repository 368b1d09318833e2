"""What panels show equals what an independent pandas computation finds in the same files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geoip2.database
import pandas as pd
import pytest
from geoip2.errors import AddressNotFoundError

from tests.logs import UNTIL, fill, read_with_pandas, write_sample
from vpcflow_core.api import FlowLogs
from vpcflow_core.data import data_file
from vpcflow_core.panels import PANELS
from vpcflow_core.query.filters import Filters
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

DAY = timedelta(days=1)
WINDOWS = {
    "a day": Window(UNTIL - DAY, UNTIL),
    "a week": Window(UNTIL - 7 * DAY, UNTIL),
    "from one odd minute to another": Window(
        datetime(2026, 11, 18, 22, 17, tzinfo=UTC), datetime(2026, 11, 19, 3, 41, tzinfo=UTC)
    ),
}
# What a person writes, and the same in pandas.
FILTERS = {
    "none": ((), lambda f: f["version"].notna()),
    "rejected": ((("action", "REJECT"),), lambda f: f["action"] == "REJECT"),
    "not from 10/8 to https or ssh": (
        (("srcaddr", "!10.0.0.0/8"), ("dstport", "https, 22")),
        lambda f: ~f["srcaddr"].str.startswith("10.") & f["dstport"].isin([443, 22]),
    ),
    "udp between high ports and low": (
        (("protocol", "udp"), ("dstport", "0-1023")),
        lambda f: (f["protocol"] == 17) & (f["dstport"] <= 1023),
    ),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def records(logs: Path) -> pd.DataFrame:
    return read_with_pandas(logs)


@pytest.fixture(scope="module")
def flows(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    with Store.open(fill(tmp_path_factory.mktemp("store"), logs)) as store:
        yield FlowLogs(store)


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest) -> Window:
    return WINDOWS[request.param]


@pytest.fixture(params=FILTERS)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def inside(records: pd.DataFrame, window: Window, case: str, traffic: bool = True) -> pd.DataFrame:
    found = records[(records["start"] >= window.start) & (records["start"] < window.end)]
    if traffic:
        found = found[found["log-status"] == "OK"]
    return found[FILTERS[case][1](found).astype("boolean").fillna(False).to_numpy(dtype=bool)]


def shown(flows: FlowLogs, slug: str, window: Window, case: str) -> pd.DataFrame:
    return PANELS[slug].answer(flows, window, Filters.parse(FILTERS[case][0])).frame


@pytest.mark.parametrize(
    ("slug", "by", "measure"),
    [
        ("overview/top-sources", "srcaddr", "bytes"),
        ("overview/top-destinations", "dstaddr", "bytes"),
        ("overview/interfaces", "interface-id", "flows"),
        ("overview/destination-ports", "dstport", "flows"),
    ],
)
def test_top_lists_show_the_largest_and_their_exact_numbers(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str,
    slug: str, by: str, measure: str,
) -> None:  # fmt: skip
    found = inside(records, window, case)
    grouped = found.groupby(by)
    expected = pd.DataFrame(
        {
            "flows": grouped.size(),
            "bytes": grouped["bytes"].sum(),
            "packets": grouped["packets"].sum(),
        }
    )
    frame = shown(flows, slug, window, case).set_index(by.replace("-", "_"))
    assert list(frame[measure]) == sorted(expected[measure], reverse=True)[:10]
    for name in ("flows", "bytes", "packets"):
        assert frame[name].to_dict() == expected.loc[frame.index, name].to_dict()


def test_the_donut_counts_flows_by_decision(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    expected = inside(records, window, case)["action"].value_counts().to_dict()
    frame = shown(flows, "overview/actions", window, case)
    assert dict(zip(frame["action"], frame["flows"], strict=True)) == expected


def test_the_log_status_counts_every_record(
    flows: FlowLogs, records: pd.DataFrame, window: Window
) -> None:
    expected = inside(records, window, "none", traffic=False)["log-status"].value_counts().to_dict()
    frame = shown(flows, "overview/log-status", window, "none")
    assert dict(zip(frame["log_status"], frame["records"], strict=True)) == expected
    assert set(expected) >= {"OK", "NODATA"}


def test_rejections_over_time_are_zero_filled_and_exact(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    panel = PANELS["overview/rejections"]
    answer = panel.answer(flows, window, Filters.parse(FILTERS[case][0]))
    assert answer.every is not None
    whole = window.snapped(answer.every)
    found = inside(records, whole, case)
    buckets = found[found["action"] == "REJECT"]["start"].dt.floor(answer.every).value_counts()
    expected = buckets.reindex(
        pd.date_range(whole.start, whole.end, freq=answer.every, inclusive="left"), fill_value=0
    )
    assert list(answer.frame["bucket"]) == list(expected.index)
    assert list(answer.frame["flows"]) == list(expected)


def test_protocols_per_hour_are_exact(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    found = inside(records, window.snapped(timedelta(hours=1)), case)
    expected = found.groupby([found["start"].dt.floor("h"), "protocol"]).size()
    frame = shown(flows, "overview/protocols", window, case)
    seen = frame[frame["flows"] > 0].set_index(["bucket", "protocol"])["flows"]
    assert seen.to_dict() == expected.to_dict()


def test_the_map_adds_up_flows_by_country_and_says_what_it_leaves_out(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    found = inside(records, window, case)
    with geoip2.database.Reader(data_file("country.mmdb")) as reader:
        country = {a: country_of(reader, a) for a in found["srcaddr"].unique()}
    located = found.assign(country=found["srcaddr"].map(country)).dropna(subset="country")
    answer = PANELS["overview/source-locations"].answer(
        flows, window, Filters.parse(FILTERS[case][0])
    )
    frame = answer.frame.set_index("country")
    assert frame["flows"].to_dict() == located["country"].value_counts().to_dict()
    assert frame["bytes"].to_dict() == located.groupby("country")["bytes"].sum().to_dict()
    assert any("private" in note for note in answer.notes) == (len(located) < len(found))


def country_of(reader: geoip2.database.Reader, address: str) -> str | None:
    try:
        return reader.country(address).country.iso_code
    except AddressNotFoundError:
        return None
