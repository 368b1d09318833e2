"""What the sample costs equals sums that pandas makes of its files, and its waste comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.logs import read_with_pandas
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.cost import billing
from vpcflow_core.cost.attribution import attributed
from vpcflow_core.cost.prices import GB
from vpcflow_core.errors import ParameterError
from vpcflow_core.sources.sample.source import sample_interfaces

pytestmark = pytest.mark.slow
INSIDE = [ip_network(block) for block in ("10.0.0.0/8", "2a05:d014::/32")]
MANAGED = ("db", "cache")


@pytest.fixture(scope="module")
def billed_sample(sample_store: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(sample_store) as opened:
        yield opened


@pytest.fixture(scope="module")
def let_through(sample: Path) -> pd.DataFrame:
    """Accepted records with role and zone of both ends, by the sample's own list of hosts."""
    records = read_with_pandas(sample)
    rows = records[records["action"] == "ACCEPT"].copy()
    net = sample_interfaces().assign(
        role=lambda f: f["instance_name"].str.extract(r"-([a-z]+)-\d+$")
    )
    by_id = net.set_index("interface_id")
    by_address = pd.concat([net.set_index("address"), net.set_index("ipv6")])
    rows["own_role"] = rows["interface-id"].map(by_id["role"])
    for end in ("src", "dst"):
        rows[f"{end}_zone"] = rows[f"{end}addr"].map(by_address["az_id"])
        rows[f"{end}_role"] = rows[f"{end}addr"].map(by_address["role"])
        rows[f"{end}_in"] = rows[f"{end}addr"].map(
            {a: any(ip_address(a) in b for b in INSIDE) for a in rows[f"{end}addr"].unique()}
        )
    own = rows["interface-id"].map(by_id["address"]), rows["interface-id"].map(by_id["ipv6"])
    rows["sent"] = (rows["srcaddr"] == own[0]) | (rows["srcaddr"] == own[1])
    return rows


def of_path(flows: FlowLogs) -> pd.DataFrame:
    return flows.cost().set_index("path")


def test_nat_gateways_processed_what_passed_between_them_and_their_clients(
    billed_sample: FlowLogs, let_through: pd.DataFrame
) -> None:
    at_nat = let_through[let_through["own_role"] == "nat"]
    legs = at_nat[at_nat["src_in"] & at_nat["dst_in"]]
    assert of_path(billed_sample)["bytes"]["NAT processing"] == legs["bytes"].sum()
    price = legs["interface-id"].map(
        sample_interfaces()
        .set_index("interface_id")["region"]
        .map({"eu-central-1": 0.052, "us-east-1": 0.045})
    )
    dollars = (legs["bytes"].astype(float) / GB * price).sum()
    assert of_path(billed_sample)["dollars"]["NAT processing"] == pytest.approx(dollars)


def test_between_zones_the_senders_records_count_and_those_of_nat_gateways(
    billed_sample: FlowLogs, let_through: pd.DataFrame
) -> None:
    inside = let_through[let_through["src_in"] & let_through["dst_in"]]
    across = inside[inside["src_zone"] != inside["dst_zone"]]
    gates = ("nat", "endpoint")
    hosts = across[~across["src_role"].isin(gates) & ~across["dst_role"].isin(gates)]
    sent = hosts[hosts["sent"]]
    ends = (
        2 - sent["src_role"].isin(MANAGED).astype(int) - sent["dst_role"].isin(MANAGED).astype(int)
    )
    legs = across[across["own_role"] == "nat"]
    found = billed_sample.cost("rule").set_index("rule")
    assert found["bytes"]["az-sender"] == sent["bytes"].sum()
    assert found["billed_bytes"]["az-sender"] == (sent["bytes"] * ends).sum()
    assert found["billed_bytes"]["az-nat"] == 2 * legs["bytes"].sum()


def test_all_that_left_for_the_internet_is_billed_once(
    billed_sample: FlowLogs, let_through: pd.DataFrame
) -> None:
    """Records of NAT gateways to public addresses, and of public hosts; what AWS's names hold not."""
    out = let_through[let_through["sent"] & ~let_through["dst_in"]]
    aws = out["pkt-dst-aws-service"].notna() | out["dstaddr"].isin(("52.216.8.21", "52.217.96.4"))
    own = out["own_role"].isin(("nat", "web", "bastion"))
    expected = out[own & ~aws]["bytes"].sum()
    # eu-central-1's S3 addresses name no service in the other region's default format.
    found = of_path(billed_sample)["bytes"]["Internet out"]
    assert found == pytest.approx(expected, rel=0.001)


def test_lists_by_owner_account_and_pair_add_up_to_the_same(billed_sample: FlowLogs) -> None:
    total = of_path(billed_sample)["dollars"].sum()
    for by in ("owner", "account", "pair", "service", "rule"):
        assert billed_sample.cost(by)["dollars"].sum() == pytest.approx(total), by
    assert set(billed_sample.cost("owner")["owner"]) >= {"data", "shop", "platform"}


def test_pairs_have_the_names_of_their_hosts(billed_sample: FlowLogs) -> None:
    pairs = billed_sample.cost("pair")
    assert list(pairs)[:4] == ["source", "destination", "source_name", "destination_name"]
    to_s3 = pairs[pairs["destination"].eq("com.amazonaws.eu-central-1.s3")].iloc[0]
    assert to_s3["source_name"].startswith("prod-batch-"), to_s3["source"]
    assert to_s3["destination_name"] == ""


def test_the_month_is_the_range_at_its_pace(billed_sample: FlowLogs) -> None:
    two_days = billed_sample.last("48h").cost().set_index("path")
    ratio = two_days["dollars_month"]["NAT processing"] / two_days["dollars"]["NAT processing"]
    assert ratio == pytest.approx(730 / 48, rel=0.01)


def test_the_planted_waste_is_named_first(billed_sample: FlowLogs) -> None:
    first = billed_sample.remedies().iloc[0]
    assert first["remedy"] == "S3 by a gateway endpoint in prod, not by its NAT gateway"
    assert first["talkers"].startswith("prod-batch-3")
    assert "another zone" in first["evidence"]
    assert first["template"].count("aws_vpc_endpoint_route_table_association") == 1


def test_each_remedy_of_the_sample_has_evidence_a_way_to_explore_and_terraform(
    billed_sample: FlowLogs,
) -> None:
    """The page leads to Explore by the interface and the address of a row."""
    found = billed_sample.remedies()
    assert found["saving_month"].is_monotonic_decreasing
    assert len(found) > 1
    for row in found.to_dict("records"):
        assert (
            any(sign.isdigit() for sign in row["evidence"]) or "nothing passed" in row["evidence"]
        )
        assert row["interface_id"].startswith(("eni-", "nat-"))
        assert row["template"].count("{") == row["template"].count("}") > 0
        if row["talkers"]:
            shown = billed_sample.where(interface_id=row["interface_id"], address=row["address"])
            assert shown.top("srcaddr", by="bytes", n=1)["bytes"].sum() > 0, row["remedy"]
    idle = found[found["talkers"].eq("")]["remedy"]
    assert idle.str.contains("Delete the NAT gateway").all()


def test_costs_are_narrowed_by_filters(billed_sample: FlowLogs) -> None:
    nat = sample_interfaces().query("instance_name == 'prod-nat-1'")["interface_id"].item()
    only = billed_sample.where(interface_id=nat).cost().set_index("path")
    assert only["dollars"]["NAT processing"] > 0
    assert only["dollars"]["interface endpoint"] == 0


def test_a_list_that_there_is_not_is_refused(billed_sample: FlowLogs) -> None:
    with pytest.raises(ParameterError, match="owner"):
        billed_sample.cost("owners")


def test_the_command_prints_paths_for_scripts_and_the_date_of_the_prices(
    sample_store: Path,
) -> None:
    made = CliRunner().invoke(app, ["cost", "--store", str(sample_store), "--json"])
    rows = json.loads(made.stdout)
    assert rows[0].keys() >= {"path", "bytes", "billed_bytes", "dollars", "dollars_month", "rule"}
    assert sum(row["dollars"] for row in rows) > 0
    assert "List prices of 02 Oct 2026" in made.stderr
    first = json.loads(
        CliRunner()
        .invoke(app, ["cost", "--remedies", "--store", str(sample_store), "--json"])
        .stdout
    )[0]
    assert first["saving_month"] > 0


def test_costs_over_time_are_those_that_rules_find_in_each_timeslice(
    billed_sample: FlowLogs,
) -> None:
    flows, every = billed_sample.last("24h"), timedelta(hours=3)
    found = billing.bill(flows, flows.window)
    shown = billing.over_time(flows, found, every, flows.window)
    # The rules once more, over records added up by timeslice.
    paths, _ = flows.ask_paths(replace(found.query, every=every), flows.window)
    rows = attributed(paths.frame, found.network, found.prices, flows.price_choices).charges
    rows["bucket"] = paths.frame["bucket"].reindex(rows["way"]).to_numpy()
    paid = rows[rows["dollars"] > 0]
    expected = paid.groupby(["bucket", "path"], as_index=False)[["dollars", "bytes"]].sum()
    assert len(expected) > 20
    pd.testing.assert_frame_equal(
        shown, expected.sort_values(["bucket", "path"]).reset_index(drop=True), rtol=1e-9
    )
    assert shown["dollars"].sum() == pytest.approx(billing.total(found))
