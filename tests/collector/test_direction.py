"""Internal, inbound or outbound: as the interface that logged the record saw it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from collector.function.blocks import Blocks
from collector.function.enrich import Enricher
from collector.function.interfaces import Interface

MINE = Interface(
    "vpc-1", "subnet-1", ("sg-1", "sg-2"),
    Blocks.of(["10.0.0.5", "10.0.0.6", "2001:db8::5", "10.0.0.64/28"]),
)  # fmt: skip
INTERNET, NEAR, FAR = "93.184.216.34", "10.0.0.9", "10.0.7.9"


class Known:
    """One interface, in a subnet of its own."""

    def find(self, names: Iterable[str]) -> dict[str, Interface]:
        return {"eni-1": MINE} if "eni-1" in set(names) else {}

    def subnet(self, name: str) -> Blocks | None:
        return Blocks.of(["10.0.0.0/24", "2001:db8::/64"]) if name == "subnet-1" else None


def added(blocks: str = "", stream: str = "s", **fields: str) -> dict[str, object]:
    record = {"interface-id": "eni-1", "log-status": "OK"}
    record |= {name.replace("_", "-"): value for name, value in fields.items()}
    record = {name: value for name, value in record.items() if value}
    enricher = Enricher(Known(), "eu-central-1", Blocks.parse(blocks) if blocks else None)
    return enricher.additions([record], stream)[0]


def direction(source: str, target: str, **more: str) -> object:
    return added(srcaddr=source, dstaddr=target, **more).get("direction")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (INTERNET, "10.0.0.5", "inbound"),
        ("10.0.0.5", INTERNET, "outbound"),
        (INTERNET, "10.0.0.6", "inbound"),
        ("10.0.0.6", FAR, "outbound"),
        ("10.0.0.70", FAR, "outbound"),
        ("2600::1", "2001:db8:0::5", "inbound"),
        ("2001:db8::5", "2600::1", "outbound"),
        (NEAR, "10.0.0.5", "internal"),
        ("10.0.0.5", NEAR, "internal"),
        ("2001:db8::9", "2001:db8::5", "internal"),
        (FAR, "10.0.0.5", "inbound"),
        (INTERNET, FAR, None),
    ],
)
def test_by_the_addresses_of_the_interface_and_its_subnet(
    source: str, target: str, expected: str | None
) -> None:
    assert direction(source, target) == expected


@pytest.mark.parametrize("blocks", ["10.0.0.0/16", "10.0.", "172.16.,10.0.7.0/24,10.0.0."])
def test_given_blocks_take_the_place_of_the_subnet(blocks: str) -> None:
    assert direction(FAR, "10.0.0.5", blocks=blocks) == "internal"
    assert direction("10.0.0.5", INTERNET, blocks=blocks) == "outbound"


def test_near_addresses_outside_the_given_blocks_are_not_internal() -> None:
    assert direction(NEAR, "10.0.0.5", blocks="10.0.7.0/24") == "inbound"


@pytest.mark.parametrize(("word", "expected"), [("ingress", "inbound"), ("egress", "outbound")])
def test_flow_direction_decides_where_the_format_has_it(word: str, expected: str) -> None:
    assert direction(INTERNET, FAR, flow_direction=word) == expected
    assert direction("10.0.0.5", INTERNET, flow_direction=word) == expected
    assert direction(NEAR, "10.0.0.5", flow_direction=word) == "internal"


def test_traffic_to_the_internet_through_a_nat_gateway_is_not_internal() -> None:
    assert direction("10.0.0.5", NEAR, pkt_srcaddr="10.0.0.5", pkt_dstaddr=INTERNET) == "outbound"
    assert direction(NEAR, "10.0.0.5", pkt_srcaddr=INTERNET, pkt_dstaddr="10.0.0.5") == "inbound"


def test_an_address_that_only_the_packets_name_is_the_interface_s_too() -> None:
    assert direction(FAR, "100.64.0.1", pkt_dstaddr="10.0.0.6") == "inbound"


@pytest.mark.parametrize("status", ["NODATA", "SKIPDATA"])
def test_records_without_traffic_have_no_direction(status: str) -> None:
    assert "direction" not in added(log_status=status)
    assert "direction" not in added(
        log_status=status, srcaddr=NEAR, dstaddr="10.0.0.5", flow_direction="ingress"
    )


def test_a_known_interface_adds_all_its_fields() -> None:
    assert added(srcaddr=INTERNET, dstaddr="10.0.0.5") == {
        "vpc-id": "vpc-1", "subnet-id": "subnet-1", "aws-region": "eu-central-1",
        "security-group-ids": ["sg-1", "sg-2"], "direction": "inbound",
    }  # fmt: skip


def test_the_record_s_own_fields_are_left_alone() -> None:
    assert "vpc-id" not in added(vpc_id="vpc-9")


def test_an_unknown_interface_is_marked() -> None:
    assert added(interface_id="eni-9", srcaddr=INTERNET, dstaddr="10.0.0.5") == {
        "aws-region": "eu-central-1", "security-group-ids": ["unknown"],
    }  # fmt: skip


def test_flows_of_an_unknown_interface_have_the_direction_that_the_record_tells() -> None:
    unknown = {"interface_id": "eni-9"}
    assert direction(INTERNET, FAR, flow_direction="ingress", **unknown) == "inbound"
    assert direction(FAR, NEAR, blocks="10.", **unknown) == "internal"
    assert direction(FAR, INTERNET, blocks="10.", **unknown) is None


def test_the_stream_names_the_interface_where_the_format_does_not() -> None:
    assert added(interface_id="", stream="eni-1-all")["vpc-id"] == "vpc-1"


def test_a_gateway_without_interface_is_not_marked_unknown() -> None:
    assert "security-group-ids" not in added(interface_id="", stream="nat-1")
