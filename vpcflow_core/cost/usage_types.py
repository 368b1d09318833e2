"""AWS's usage types of network traffic: their items of the price table, and the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Items of the price table by the end of a usage type, which the region's code stands before.
ITEMS: Final[dict[str, str]] = {
    "NatGateway-Bytes": "nat-gb",
    "RegionalNatGateway-Bytes": "nat-gb",
    "DataTransfer-Regional-Bytes": "cross-az-gb",
    "DataTransfer-Out-Bytes": "internet-out-gb",
    "AWS-Out-Bytes": "inter-region-gb",
    "VpcPeering-In-Bytes": "peering-az-gb",
    "VpcPeering-Out-Bytes": "peering-az-gb",
    "TransitGateway-Bytes": "tgw-gb",
    "VpcEndpoint-Bytes": "endpoint-gb",
}
# What the bill has of the network besides, and why no record shows it.
OTHERS: Final[dict[str, str]] = {
    "NatGateway-Hours": "hours",
    "RegionalNatGateway-Hours": "hours",
    "NatGateway-Prvd-Gbps": "hours",
    "TransitGateway-Hours": "hours",
    "VpcEndpoint-Hours": "hours",
    "VpcEndpoint-GWLBE-Hours": "hours",
    "VpcEndpoint-GWLBE-Bytes": "not modelled",
    "PublicIPv4:InUseAddress": "hours",
    "PublicIPv4:IdleAddress": "hours",
    "LoadBalancerUsage": "hours",
    "LCUUsage": "not modelled",
    "VendedLog-Bytes": "collection",
    "VendedLogIA-Bytes": "collection",
    "S3-Egress-Bytes": "collection",
    "S3-Egress-InputBytes": "collection",
    "FH-Egress-Bytes": "collection",
}
# Services that send from addresses of their own, not from an interface of a VPC.
NOT_IN_VPCS: Final = frozenset({
    "AmazonS3", "AmazonS3GlacierDeepArchive", "AmazonGlacier", "AmazonCloudFront",
    "AmazonApiGateway", "AmazonDynamoDB", "AWSQueueService", "AmazonSNS", "AmazonRoute53",
    "AmazonECR", "AmazonECRPublic", "AmazonKinesis", "AmazonKinesisFirehose", "AmazonCloudWatch",
    "AmazonLightsail", "AmazonSES", "AWSAppSync", "AWSGlobalAccelerator",
})  # fmt: skip
OUTSIDE = "another service"
# The code before a usage type; us-east-1 often has none.
REGIONS: Final[dict[str, str]] = {
    "": "us-east-1", "USE1": "us-east-1", "USE2": "us-east-2", "USW1": "us-west-1",
    "USW2": "us-west-2", "CAN1": "ca-central-1", "EU": "eu-west-1", "EUW1": "eu-west-1",
    "EUW2": "eu-west-2", "EUW3": "eu-west-3", "EUC1": "eu-central-1", "EUC2": "eu-central-2",
    "EUN1": "eu-north-1", "EUS1": "eu-south-1", "EUS2": "eu-south-2", "APN1": "ap-northeast-1",
    "APN2": "ap-northeast-2", "APN3": "ap-northeast-3", "APS1": "ap-southeast-1",
    "APS2": "ap-southeast-2", "APS3": "ap-south-1", "SAE1": "sa-east-1",
}  # fmt: skip
_CODE = re.compile(r"(EU|[A-Z]{2,4}\d)-")


@dataclass(frozen=True, slots=True)
class UsageType:
    """A usage type of network traffic.

    Attributes:
        region: The one whose code it has; "" where the code is not known.
        item: Item of the price table; "" where records show none of it.
        kind: Why records do not show it; "" where they do.
    """

    region: str
    item: str
    kind: str = ""


def usage_type_of(name: str, product: str = "") -> UsageType | None:
    """What a usage type is; None: nothing of the network.

    Args:
        name: As the bill has it.
        product: Code of the service that is billed; "" where it is not known.

    >>> usage_type_of("EUC1-NatGateway-Bytes")
    UsageType(region='eu-central-1', item='nat-gb', kind='')
    >>> usage_type_of("USE1-USW2-AWS-Out-Bytes").item
    'inter-region-gb'
    >>> usage_type_of("EU-DataTransfer-Out-Bytes", "AmazonS3").kind
    'another service'
    """
    codes, end = [], name
    while found := _CODE.match(end):
        codes.append(found[1])
        end = end[found.end() :]
    region = REGIONS.get(codes[0] if codes else "", "")
    if end in OTHERS:
        return UsageType(region, "", OTHERS[end])
    if end not in ITEMS:
        return None
    outside = product in NOT_IN_VPCS
    return UsageType(region, "" if outside else ITEMS[end], OUTSIDE if outside else "")
