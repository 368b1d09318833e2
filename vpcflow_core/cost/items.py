"""The paths that bytes take, and the rules by which records count for them: tables of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAT_PATH, CROSS_AZ, INTER_REGION, INTERNET_OUT = (
    "NAT processing", "cross-AZ", "inter-region", "Internet out",
)  # fmt: skip
TGW_PATH, ENDPOINT_PATH, PEERING, FREE, UNATTRIBUTED = (
    "transit gateway", "interface endpoint", "peering", "free", "unattributed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a record counts for an item.

    Attributes:
        path: The path that its bytes took.
        item: Row of the price table; "" costs nothing.
        text: Why, in words.
    """

    path: str
    item: str
    text: str


RULES: Final[dict[str, Rule]] = {
    "nat": Rule(NAT_PATH, "nat-gb", "records of the NAT gateway between client and gateway"),
    "nat-client": Rule(
        NAT_PATH, "nat-gb", "records of the client, as the NAT gateway is not logged"
    ),
    "az-nat": Rule(CROSS_AZ, "cross-az-gb", "client and NAT gateway are in different zones"),
    "az-sender": Rule(CROSS_AZ, "cross-az-gb", "records of the sender, zones differ"),
    "az-receiver": Rule(
        CROSS_AZ, "cross-az-gb", "records of the receiver, as the sender is not logged"
    ),
    "public-inside": Rule(
        CROSS_AZ, "cross-az-gb", "a public address of the same region: billed as between zones"
    ),
    "internet": Rule(INTERNET_OUT, "internet-out-gb", "sent to an address outside AWS"),
    "internet-any": Rule(
        INTERNET_OUT,
        "internet-out-gb",
        "sent to a public address; whether it is AWS's is not known",
    ),
    "region": Rule(INTER_REGION, "inter-region-gb", "sent to AWS in another region"),
    "tgw": Rule(TGW_PATH, "tgw-gb", "records that came into the transit gateway"),
    "tgw-vpc": Rule(TGW_PATH, "tgw-gb", "records that came into its interface in the source VPC"),
    "tgw-client": Rule(TGW_PATH, "tgw-gb", "records of the sender, whose route leads to it"),
    "endpoint": Rule(ENDPOINT_PATH, "endpoint-gb", "records of the endpoint's interface"),
    "endpoint-client": Rule(
        ENDPOINT_PATH, "endpoint-gb", "records of the client, as the endpoint is not logged"
    ),
    "peering-az": Rule(PEERING, "peering-az-gb", "peered VPCs, zones differ"),
    "peering-region": Rule(PEERING, "inter-region-gb", "peered VPCs of different regions"),
    "peering-free": Rule(PEERING, "", "peered VPCs, same zone"),
    "same-az": Rule(FREE, "", "same zone"),
    "no-charge": Rule(FREE, "", "a hop that AWS does not charge between zones"),
    "aws-free": Rule(FREE, "", "AWS service of the same region, or CloudFront"),
    "gateway-endpoint": Rule(FREE, "", "gateway endpoint"),
    "internet-in": Rule(FREE, "", "received from the Internet"),
    "no-direction": Rule(UNATTRIBUTED, "", "direction not known"),
    "no-zone": Rule(UNATTRIBUTED, "", "zone of one end not known"),
    "no-vpc": Rule(UNATTRIBUTED, "", "VPC of the far end not known"),
    "no-way": Rule(UNATTRIBUTED, "", "way out of the VPC not known: no route tables"),
    "vpn": Rule(UNATTRIBUTED, "", "VPN or Direct Connect, whose prices differ"),
}
PATHS = tuple(dict.fromkeys(rule.path for rule in RULES.values()))
