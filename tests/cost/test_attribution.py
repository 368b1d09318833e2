"""Connections with known bytes cost what AWS would bill, however many interfaces logged them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pandas as pd
import pytest

from tests.cost.world import ONE_END, bill, dollars, host, record, world
from vpcflow_core.cost.items import FREE, UNATTRIBUTED
from vpcflow_core.cost.network import ENDPOINT, MANAGED, NAT, TGW, Interface, KnownNetwork
from vpcflow_core.cost.prices import GB
from vpcflow_core.inventory.blocks import Blocks

C, N, H = "10.0.0.10", "10.0.1.5", "203.0.113.9"
S3 = {"pkt_src_aws_service": "S3"}, {"pkt_dst_aws_service": "S3"}


def through_nat(
    out: float, back: float, far: str = "Internet", aws: str = ""
) -> list[dict[str, Any]]:
    """The six records of a connection through a NAT gateway."""
    to, of = ({"pkt_dst_aws_service": aws}, {"pkt_src_aws_service": aws}) if aws else ({}, {})
    return [
        record("c", C, far, out, True, **to),
        record("n", C, N, out, False, pkt_dstaddr=far, **to),
        record("n", N, far, out, True, **to),
        record("n", far, N, back, False, **of),
        record("n", N, C, back, True, pkt_srcaddr=far, **of),
        record("c", far, C, back, False, **of),
    ]


def nat_world(az: str = "az1", **more: Any) -> KnownNetwork:
    nat = host("n", az, subnet="s-nat", kind=NAT, service_id="nat-1", is_public=True)
    routes = {"s-az1": [(ip_network("0.0.0.0/0"), "nat-1")]}
    return world((C, host("c", "az1")), (N, nat), routes=routes, nats={"nat-1": ("n",)}, **more)


NAT_BILL = {"NAT processing": 0.495, "Internet out": 0.09}


@pytest.mark.parametrize("far", [H, "Internet"])
def test_a_host_of_the_internet_through_a_nat_gateway_is_counted_once(far: str) -> None:
    found = bill(through_nat(1, 10, far), nat_world())
    assert dollars(found) == NAT_BILL
    assert found.logged == 33 * GB
    assert found.copies == 22 * GB
    nat = found.charges[found.charges["path"] == "NAT processing"]
    assert set(nat["source"]) == {C}
    assert set(nat["destination"]) == {far}
    assert set(nat["source_id"]) == {"c"}


def test_a_nat_gateway_counts_without_the_records_of_its_client() -> None:
    assert dollars(bill(through_nat(1, 10)[1:5], nat_world())) == NAT_BILL


def test_a_client_counts_where_its_nat_gateway_is_not_logged() -> None:
    records = [r for r in through_nat(1, 10) if r["interface_id"] == "c"]
    found = bill(records, nat_world())
    assert dollars(found) == NAT_BILL
    assert set(found.charges["gateway"]) == {"nat-1"}


def test_a_regional_nat_gateway_counts_its_inside_legs() -> None:
    at = {"resource_id": "nat-9", "flow_direction": None, "account_id": "1"}
    legs = [(C, H, 1), ("198.51.100.7", H, 1), (H, "198.51.100.7", 10), (H, C, 10)]
    found = bill([record("-", src, dst, gb, None, **at) for src, dst, gb in legs], nat_world())
    assert dollars(found) == NAT_BILL
    assert set(found.charges["source"]) == {C}
    assert set(found.charges["destination"]) == {H}


def test_a_nat_gateway_without_the_ends_of_packets_counts_the_same() -> None:
    records = [r | {"pkt_srcaddr": None, "pkt_dstaddr": None} for r in through_nat(1, 10)]
    assert dollars(bill(records, nat_world())) == NAT_BILL


def test_a_nat_gateway_is_known_by_the_addresses_it_changes() -> None:
    """EC2 shows nothing: no interface, no zone, no routes."""
    records = [r | {"account_id": "1", "vpc_id": "v"} for r in through_nat(1, 10)]
    assert dollars(bill(records, KnownNetwork())) == NAT_BILL


@pytest.mark.parametrize(
    ("choices", "crossing"), [({}, 2.02), ({"choices": ONE_END}, 1.01)], ids=["two ends", "one"]
)
def test_s3_through_a_nat_gateway_of_another_zone(choices: Any, crossing: float) -> None:
    found = bill(through_nat(1, 100, "Internet", "S3"), nat_world("az2"), **choices)
    assert dollars(found) == {"NAT processing": 4.545, "cross-AZ": crossing}
    across = found.charges[found.charges["path"] == "cross-AZ"]
    assert across["bytes"].sum() == 101 * GB
    assert set(found.charges.loc[found.charges["path"] == "NAT processing", "service"]) == {"S3"}


def test_s3_of_another_region_through_a_nat_gateway_costs_the_way_there() -> None:
    name = "com.amazonaws.us-west-2.s3"
    network = nat_world("az2", lists={name: ("52.92.0.0/16",)})
    found = bill(through_nat(1, 100, "52.92.0.9", "S3"), network)
    assert dollars(found) == {"NAT processing": 4.545, "cross-AZ": 2.02, "inter-region": 0.02}


A, B = "10.0.0.20", "10.0.16.30"
BETWEEN = [
    record("a", A, B, 5, True), record("b", A, B, 5, False),
    record("b", B, A, 2, True), record("a", B, A, 2, False),
]  # fmt: skip


def pair(az: str = "az2", **more: Any) -> KnownNetwork:
    return world((A, host("a", "az1")), (B, host("b", az, "2", **more)))


@pytest.mark.parametrize("logged", ["ab", "a", "b"])
def test_both_accounts_pay_their_end_between_zones_whoever_is_logged(logged: str) -> None:
    found = bill([r for r in BETWEEN if r["interface_id"] in logged], pair())
    assert dollars(found, "account") == {"1": 0.07, "2": 0.07}
    assert found.charges["bytes"].sum() == 7 * GB


@pytest.mark.parametrize("logged", ["ab", "a", "b"])
def test_the_end_of_a_managed_service_costs_nothing(logged: str) -> None:
    records = [r for r in BETWEEN if r["interface_id"] in logged]
    assert dollars(bill(records, pair(kind=MANAGED)), "account") == {"1": 0.07}


def test_within_a_zone_traffic_is_free() -> None:
    found = bill(BETWEEN, pair("az1"))
    assert dollars(found) == {}
    assert found.charges.groupby("path")["bytes"].sum().to_dict() == {FREE: 7 * GB}


def test_an_unknown_zone_is_not_attributed() -> None:
    network = world((A, host("a", "az1")))
    found = bill(BETWEEN[:1], network)
    assert found.charges["path"].tolist() == [UNATTRIBUTED]
    assert found.charges["bytes"].tolist() == [5 * GB]


def test_the_next_hop_of_the_record_says_the_zone_of_the_far_end() -> None:
    network = world((A, host("a", "az1")))
    found = bill([BETWEEN[0] | {"next_hop_az_id": "az2"}], network)
    assert dollars(found) == {"cross-AZ": 0.1}


def two_vpcs(target: str, az: str = "az1") -> KnownNetwork:
    other = host("b", az, "2", vpc="w", subnet="s-w")
    routes = {
        "s-az1": [(ip_network("10.1.0.0/16"), target)],
        "s-w": [(ip_network("10.0.0.0/16"), target)],
    }
    vpcs = [(ip_network("10.0.0.0/16"), "v"), (ip_network("10.1.0.0/16"), "w")]
    gates = [
        ("10.0.9.9", host("t1", "az1", kind=TGW)),
        ("10.1.9.9", host("t2", "az1", "2", vpc="w", kind=TGW)),
    ]
    return world((A, host("a", "az1")), ("10.1.0.5", other), *gates, vpcs=vpcs, routes=routes)


THERE = "10.1.0.5"
OVER = [
    record("a", A, THERE, 8, True, traffic_path=1), record("b", A, THERE, 8, False),
    record("b", THERE, A, 3, True, traffic_path=1), record("a", THERE, A, 3, False),
]  # fmt: skip
GATES = [
    record("t1", A, "10.0.9.9", 8, False, pkt_dstaddr=THERE),
    record("t2", "10.1.9.9", THERE, 8, True, pkt_srcaddr=A),
    record("t2", THERE, "10.1.9.9", 3, False, pkt_dstaddr=A),
    record("t1", "10.0.9.9", A, 3, True, pkt_srcaddr=THERE),
]
TRANSIT = [
    {"flow_direction": "ingress", "srcaddr": src, "dstaddr": dst, "bytes": gb * GB, "packets": 1,
     "tgw_id": "tgw-1", "tgw_src_vpc_account_id": account, "tgw_src_vpc_id": vpc, "tgw_src_eni": eni,
     "tgw_src_az_id": "az1", "tgw_dst_az_id": "az2", "region": "us-east-1"}
    for src, dst, gb, account, vpc, eni in ((A, THERE, 8, "1", "v", "t1"), (THERE, A, 3, "2", "w", "t2"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("records", "transit"),
    [(OVER + GATES, TRANSIT), (OVER + GATES, None), (OVER, None)],
    ids=["its own log", "its interfaces", "the senders"],
)
def test_a_transit_gateway_costs_the_source_whatever_logs_it(records: Any, transit: Any) -> None:
    log = pd.DataFrame(transit) if transit else None
    found = bill(records, two_vpcs("tgw-1", "az2"), transit=log)
    assert dollars(found, "account") == {"1": 0.16, "2": 0.06}
    assert dollars(found) == {"transit gateway": 0.22}


@pytest.mark.parametrize(("az", "cost"), [("az1", {}), ("az2", {"peering": 0.22})])
def test_peering_is_free_within_a_zone(az: str, cost: dict[str, float]) -> None:
    records = [r | {"traffic_path": 4 if r["flow_direction"] == "egress" else None} for r in OVER]
    assert dollars(bill(records, two_vpcs("pcx-1", az))) == cost


def test_an_endpoint_counts_both_ways_at_its_interface_and_no_crossing() -> None:
    network = world((A, host("a", "az1")), (B, host("e", "az2", kind=ENDPOINT)))
    records = [record("a", A, B, 5, True), record("e", A, B, 5, False),
               record("e", B, A, 2, True), record("a", B, A, 2, False)]  # fmt: skip
    for kept in ("ae", "e", "a"):
        found = bill([r for r in records if r["interface_id"] in kept], network)
        assert dollars(found) == {"interface endpoint": 0.07}, kept
        assert set(found.charges["source"]) == {A}


def test_what_a_public_host_sends_costs_by_where_it_goes() -> None:
    network = world((A, host("a", "az1", is_public=True)), lists={"com.amazonaws.us-east-1.s3": ("3.5.0.0/16",)})  # fmt: skip
    sent = [
        record("a", A, "Internet", 1, True, traffic_path=8),
        record("a", "Internet", A, 50, False),
        record("a", A, "3.5.0.7", 10, True, traffic_path=8),
        record("a", A, "Internet", 10, True, traffic_path=8, pkt_dst_aws_service="EC2"),
        record("a", A, "Internet", 10, True, traffic_path=7),
    ]
    found = bill(sent, network)
    assert dollars(found) == {"Internet out": 0.09, "cross-AZ": 0.1}
    assert found.charges.loc[found.charges["path"] == FREE, "bytes"].sum() == 70 * GB


def test_a_vpn_is_not_attributed() -> None:
    found = bill([record("a", A, "192.168.4.4", 1, True, traffic_path=3)], pair())
    assert found.charges["rule"].tolist() == ["vpn"]
    assert dollars(found) == {}


def test_an_address_in_a_delegated_prefix_is_of_its_interface_and_owner() -> None:
    node = host("b", "az2", "2", owner="shop")
    block = Blocks[Interface]()
    block.add(ip_network("2001:db8:1:0:a::/80"), node)
    blocks = [(ip_network("10.0.0.0/16"), "v"), (ip_network("2001:db8:1::/56"), "v")]
    network = world(("2001:db8:1::4", host("a", "az1")), vpcs=blocks, prefixes={"v": block})
    found = bill([record("a", "2001:db8:1::4", "2001:db8:1:0:a::9", 5, True)], network)
    assert dollars(found, "account") == {"1": 0.05, "2": 0.05}
    assert dollars(found, "owner")["shop"] == 0.05
