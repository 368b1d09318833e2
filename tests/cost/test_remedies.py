"""Remedies save what their bytes cost, each byte once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from tests.cost.test_attribution import BETWEEN, GATES, OVER, nat_world, pair, through_nat, two_vpcs
from tests.cost.world import bill, host, record, world
from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.network import NAT, KnownNetwork
from vpcflow_core.cost.prices import shipped
from vpcflow_core.cost.remedies import remedies_of
from vpcflow_core.cost.remedy import Remedy
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = Window(START, START + timedelta(hours=730))


def advised(
    records: list[dict[str, Any]], network: KnownNetwork, **services: float
) -> list[Remedy]:
    made = Bill(bill(records, network), MONTH, shipped(), network, ())
    found = remedies_of(made, lambda hosts: services if "10.0.0.10" in hosts else {})
    for remedy in found:  # each has what shows it, whose records do, and text to paste
        assert remedy.evidence
        assert remedy.interface_id
        assert remedy.template.count("{") == remedy.template.count("}") > 0
    return found


def test_s3_through_a_nat_gateway_of_another_zone_is_saved_whole() -> None:
    (first,) = advised(through_nat(1, 100, "Internet", "S3"), nat_world("az2"))
    assert first.saving == pytest.approx(6.565)
    assert "gateway endpoint" in first.text
    assert first.talkers == f"{'10.0.0.10'} (100 %)"
    assert "aws_vpc_endpoint" in first.template
    assert '"com.amazonaws.us-east-1.s3"' in first.template


def test_a_vpc_with_the_endpoint_needs_its_routes_alone() -> None:
    known = {
        "gateways": {("v", "com.amazonaws.us-east-1.s3"): "vpce-1"},
        "tables": {"s-az1": "rtb-7"},
    }
    (first,) = advised(through_nat(1, 100, "Internet", "S3"), nat_world("az2", **known))
    assert "aws_vpc_endpoint_route_table_association" in first.template
    assert '"vpce-1"' in first.template
    assert '"rtb-7"' in first.template


def test_s3_of_another_region_gets_no_gateway_endpoint() -> None:
    network = nat_world("az1", lists={"com.amazonaws.us-west-2.s3": ("52.92.0.0/16",)})
    assert advised(through_nat(1, 100, "52.92.0.9", "S3"), network) == []


@pytest.mark.parametrize(("gb", "saving"), [(208, None), (1000, 27.7)])
def test_an_interface_endpoint_pays_past_its_hours(gb: int, saving: float | None) -> None:
    """One zone: 1000 GB x (0.045 - 0.01) - 730 x 0.01; even at 208.6 GB."""
    found = advised(through_nat(0, gb, "Internet", "AMAZON"), nat_world("az1"))
    assert [round(remedy.saving, 6) for remedy in found] == ([saving] if saving else [])


def test_each_service_whose_name_is_known_has_an_endpoint_if_it_pays_by_itself() -> None:
    """Of 1000 GB: 700 x 0.035 - 7.30 and 240 x 0.035 - 7.30; 60 GB of others do not pay."""
    found = advised(
        through_nat(0, 1000, "Internet", "AMAZON"), nat_world("az1"), sqs=0.7, logs=0.24
    )
    assert [round(remedy.saving, 6) for remedy in found] == [17.2, 1.1]
    for remedy, service in zip(found, ("sqs", "logs"), strict=True):
        assert remedy.text.startswith(f"Reach {service} by an interface endpoint in ")
        assert f'"com.amazonaws.us-east-1.{service}"\n' in remedy.template
        assert "SERVICE" not in remedy.template
    whole = advised(through_nat(0, 1000, "Internet", "AMAZON"), nat_world("az1"), sqs=0.7)
    assert ["SERVICE" in remedy.template for remedy in whole] == [False, True]
    assert sum(remedy.bytes_month for remedy in whole) == pytest.approx(1000 * 2**30)


@pytest.mark.parametrize(("gb", "saving"), [(1824, None), (2825, 20.0)])
def test_a_nat_gateway_of_the_own_zone_pays_from_1825_gb(gb: int, saving: float | None) -> None:
    found = advised(through_nat(0, gb), nat_world("az2"))
    assert [round(remedy.saving, 6) for remedy in found] == ([saving] if saving else [])


def test_a_pair_of_hosts_in_two_zones_is_named_once() -> None:
    (first,) = advised(BETWEEN, pair())
    assert first.saving == pytest.approx(0.14)
    assert "10.0.0.20" in first.text
    assert "10.0.16.30" in first.text
    assert "az1" in first.template


@pytest.mark.parametrize(("zone", "saving"), [("az1", 0.22), ("az2", None)])
def test_peering_saves_the_transit_gateway_within_a_zone_alone(zone: str, saving: Any) -> None:
    """Between zones peering costs two ends of 0.01: as much as the transit gateway."""
    found = advised(OVER, two_vpcs("tgw-1", zone))
    assert round(sum(remedy.saving for remedy in found), 6) == (saving or 0)
    peered = [remedy for remedy in found if remedy.text.startswith("Peer")]
    assert len(peered) == (1 if saving else 0)  # one connection carries both ways
    for remedy in peered:
        assert 'vpc_id      = "v"' in remedy.template
        assert 'peer_vpc_id = "w"' in remedy.template
        assert remedy.template.count('resource "aws_route"') == 2
    assert GATES


def test_an_idle_nat_gateway_costs_its_hours_and_its_address() -> None:
    idle = host("n", "az1", kind=NAT, name="spare")
    talker = ("10.0.0.9", host("a", "az1", is_public=True))
    network = world(("10.0.1.5", idle), talker, nats={"nat-1": ("n",)},
                    routes={"s-az1": [(ip_network("0.0.0.0/0"), "igw-1")]})  # fmt: skip
    (first,) = advised([record("a", "10.0.0.9", "Internet", 0.01, True)], network)
    assert first.text == "Delete the NAT gateway spare"
    assert first.saving == pytest.approx(730 * 0.05)
    assert "aws_nat_gateway" in first.template
