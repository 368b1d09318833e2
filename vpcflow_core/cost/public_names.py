"""Names that stand for AWS's public addresses, by its ranges: `com.amazonaws.REGION.SERVICE`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from vpcflow_core.inventory.aws_ranges import AwsRanges

# Billed as the Internet is, with a premium that is not modelled.
AS_INTERNET = ("GLOBALACCELERATOR",)


def named_by(ranges: AwsRanges, addresses: Iterable[str]) -> dict[str, list[str]]:
    """Those of the addresses that are AWS's, by region and service, in the form of prefix lists."""
    found: dict[str, list[str]] = defaultdict(list)
    for address in sorted(addresses):
        place = ranges.place_of(address)
        if place and place[0] not in AS_INTERNET:
            service, region = place
            found[f"com.amazonaws.{region}.{service}".lower()].append(address)
    return dict(found)
