"""What panels show equals what an independent pandas computation finds in the same files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import geoip2.database
import pandas as pd
import pytest
from geoip2.errors import AddressNotFoundError

from tests.soundness.cases import WINDOWS, asked, inside, shown
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.catalogue import PANELS, Parameters
from vpcflow_core.panels.request import ALL_PARAMETERS
from vpcflow_core.reference.files import data_file
from vpcflow_core.times import Window


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
    if by == "dstport":  # 0 stands for none where the protocol has no ports
        found = found[(found["dstport"] != 0) | found["protocol"].isin([6, 17])]
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


def test_accounts_and_regions_have_their_exact_numbers(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    # One of the sample's flow logs has no region.
    found = inside(records, window, case).fillna({"region": "-"})
    grouped = found.groupby(["account-id", "region"])
    refused = found["action"].eq("REJECT").groupby([found["account-id"], found["region"]]).sum()
    frame = shown(flows, "overview/accounts", window, case)
    assert list(frame["flows"]) == sorted(grouped.size(), reverse=True)
    rows = frame.fillna({"region": "-"}).set_index(["account_id", "region"])
    for place, records_of in grouped:
        row = rows.loc[place]
        assert row["flows"] == len(records_of)
        assert row["accepted"] + row["rejected"] == len(records_of)
        assert row["rejected"] == refused[place]
        assert row["rejection_rate"] == pytest.approx(100 * refused[place] / len(records_of))
        assert row["bytes"] == records_of["bytes"].sum()
        assert row["interfaces"] == records_of["interface-id"].nunique()
        assert row["sources"] == records_of["srcaddr"].nunique()


def test_the_numbers_above_all_are_exact(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    found = inside(records, window, case)
    refused = (found["action"] == "REJECT").sum()
    said = {h.measure: h.value for h in asked(flows, "overview/numbers", window, case).headlines}
    assert said.pop("rejection_rate") == pytest.approx(100 * refused / len(found))
    assert said == {
        "bytes": found["bytes"].sum(),
        "interfaces": found["interface-id"].nunique(),
        "accounts": found["account-id"].nunique(),
    }


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
    answer = asked(flows, "overview/rejections", window, case)
    assert answer.every is not None
    whole = window.snapped(answer.every)
    found = inside(records, whole, case)
    buckets = found[found["action"] == "REJECT"]["start"].dt.floor(answer.every).value_counts()
    expected = buckets.reindex(
        pd.date_range(whole.start, whole.end, freq=answer.every, inclusive="left"), fill_value=0
    )
    assert list(answer.frame["bucket"]) == list(expected.index)
    unknown = expected.index > records["start"].max()
    assert list(answer.frame["flows"].fillna(0)) == list(expected)
    assert list(answer.frame["flows"].isna()) == list(unknown)


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
    answer = asked(flows, "overview/source-locations", window, case)
    frame = answer.frame.set_index("country")
    assert frame["flows"].to_dict() == located["country"].value_counts().to_dict()
    assert frame["bytes"].to_dict() == located.groupby("country")["bytes"].sum().to_dict()
    assert any("private" in note for note in answer.notes) == (len(located) < len(found))


def country_of(reader: geoip2.database.Reader, address: str) -> str | None:
    try:
        return reader.country(address).country.iso_code
    except AddressNotFoundError:
        return None


READ: set[str] = set()


class WatchedParameters(Parameters):
    """Parameters that note which of them are read."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> object:
        READ.add(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("slug", PANELS)
def test_no_panel_reads_a_parameter_that_its_cached_answer_is_not_told_apart_by(
    flows: FlowLogs, slug: str
) -> None:
    panel = PANELS[slug]
    request = panel.request(WINDOWS["from one odd minute to another"])
    READ.clear()
    try:
        panel.answer(replace(request, parameters=WatchedParameters()), flows)
    except MissingDataError:
        assert panel.slug.startswith(("security-groups/", "outliers/", "rejects/", "traffic/"))
    assert READ & set(ALL_PARAMETERS) <= set(panel.used_parameters)
