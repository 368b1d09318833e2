"""AWS's public ranges, of the file ip-ranges.json that a user put in place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.blocks import Blocks

# What all ranges are listed as, and what those of customers are listed as besides.
_ANY, _CUSTOMERS = "AMAZON", "EC2"


@dataclass(frozen=True, slots=True, eq=False)
class AwsRanges:
    """Services by block; the length of a block, the service and the region of each.

    Attributes:
        blocks: The blocks.
    """

    blocks: Blocks[tuple[int, str, str]]

    def service_of(self, address: str) -> str | None:
        """The service of the smallest block: its own name rather than EC2, EC2 than AMAZON."""
        found = self.place_of(address)
        return found[0] if found else None

    def place_of(self, address: str) -> tuple[str, str] | None:
        """The same with the region, which is GLOBAL for what lies in none."""
        found = list(self.blocks.of(address))
        services = {service: region for length, service, region in found if length == found[0][0]}
        for vague in (_ANY, _CUSTOMERS):
            if len(services) > 1:
                services.pop(vague, None)
        return min(services.items(), default=None)


def read_ranges(path: Path) -> AwsRanges:
    """The ranges of a file.

    Raises:
        SettingsError: It is missing, or is not that file.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        blocks: Blocks[tuple[int, str, str]] = Blocks()
        for key, name in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
            for item in said[key]:
                network = ip_network(item[name])
                region = str(item.get("region", ""))
                blocks.add(network, (network.prefixlen, str(item["service"]), region))
    except FileNotFoundError:
        raise SettingsError(
            f"The file of AWS's ranges {path} does not exist.", "Correct the setting aws_ranges."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{path} is not AWS's ip-ranges.json.",
            "Save https://ip-ranges.amazonaws.com/ip-ranges.json as it is.",
        ) from None
    return AwsRanges(blocks)
