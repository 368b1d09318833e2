"""Network interfaces and subnets as EC2 tells them, kept for as long as the container lives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from collector.function.blocks import Blocks

# All interfaces are listed at once: with one lookup each, thousands of interfaces and a handful of
# containers would exceed EC2's 20 requests a second.
LISTING_LASTS = 300.0
# An interface that the listing lacks is asked for by name, then not again for this many seconds.
UNKNOWN_LASTS = 60.0
# Records come minutes late, so an interface that is gone is remembered; and a listing that fails
# does no harm as long as the interfaces in question are remembered.
REMEMBERED = 3600.0
SUBNETS_LAST = 3600.0
PAGE = 1000
NAMES_A_REQUEST = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interface:
    """What records are enriched with.

    Attributes:
        vpc, subnet: Their ids.
        groups: Ids of its security groups, in EC2's order; none for NAT gateways and the like.
        addresses: Its own private ones, primary and secondary, and the prefixes delegated to it.
    """

    vpc: str
    subnet: str
    groups: tuple[str, ...]
    addresses: Blocks


class Interfaces:
    """Finds interfaces and subnets with few requests.

    Args:
        ec2: A boto3 client.
        clock: Seconds that never go back.
    """

    def __init__(self, ec2: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._ec2 = ec2
        self._clock = clock
        self._known: dict[str, tuple[float, Interface]] = {}
        self._unknown: dict[str, float] = {}
        self._listed: float | None = None
        self._subnets: dict[str, Blocks] = {}
        self._subnets_listed: float | None = None

    def find(self, names: Iterable[str]) -> dict[str, Interface]:
        """Those of the interfaces that EC2 knows, or knew within the hour.

        Raises:
            ClientError, BotoCoreError: EC2 refused or throttled to the end, and one of the
                interfaces is not remembered.
        """
        wanted = set(names)
        now = self._clock()
        try:
            if self._listed is None or now - self._listed >= LISTING_LASTS:
                self._list(now)
            missing = {n for n in wanted - self._known.keys() if not self._is_unknown(n, now)}
            if missing:
                self._ask_for(sorted(missing), now)
        except (ClientError, BotoCoreError) as error:
            if not all(name in self._known for name in wanted):
                raise
            _log.warning("Interfaces are those of an earlier listing: %s", error)
            self._listed = now - LISTING_LASTS + UNKNOWN_LASTS  # no waiting at every call
        return {name: self._known[name][1] for name in wanted if name in self._known}

    def subnet(self, name: str) -> Blocks | None:
        """The CIDR blocks of a subnet; None if EC2 does not know it.

        Raises:
            ClientError, BotoCoreError: EC2 refused or throttled to the end, and the subnet is not
                remembered.
        """
        now = self._clock()
        lasts = SUBNETS_LAST if name in self._subnets else UNKNOWN_LASTS
        if self._subnets_listed is None or now - self._subnets_listed >= lasts:
            try:
                self._subnets |= {
                    found["SubnetId"]: Blocks.of(_subnet_blocks(found))
                    for found in self._pages("describe_subnets", "Subnets")
                }
            except (ClientError, BotoCoreError) as error:
                if name not in self._subnets:
                    raise
                _log.warning("Subnets are those of an earlier listing: %s", error)
            self._subnets_listed = now
        return self._subnets.get(name)

    def _list(self, now: float) -> None:
        remembered = {n: k for n, k in self._known.items() if now - k[0] < REMEMBERED}
        self._known = remembered
        self._known = remembered | self._described(now)
        self._unknown.clear()
        self._listed = now

    def _ask_for(self, names: list[str], now: float) -> None:
        for first in range(0, len(names), NAMES_A_REQUEST):
            some = names[first : first + NAMES_A_REQUEST]
            # A filter, because NetworkInterfaceIds fails as a whole if one of them is unknown.
            wanted = [{"Name": "network-interface-id", "Values": some}]
            self._known |= self._described(now, Filters=wanted)
        self._unknown |= {name: now for name in names if name not in self._known}

    def _is_unknown(self, name: str, now: float) -> bool:
        return now - self._unknown.get(name, -UNKNOWN_LASTS) < UNKNOWN_LASTS

    def _described(self, now: float, **wanted: Any) -> dict[str, tuple[float, Interface]]:
        found = self._pages("describe_network_interfaces", "NetworkInterfaces", **wanted)
        return {each["NetworkInterfaceId"]: (now, _interface(each)) for each in found}

    def _pages(self, operation: str, what: str, **wanted: Any) -> Iterator[dict[str, Any]]:
        paginator = self._ec2.get_paginator(operation)
        for page in paginator.paginate(**wanted, PaginationConfig={"PageSize": PAGE}):
            yield from page[what]


def _interface(found: dict[str, Any]) -> Interface:
    return Interface(
        vpc=found.get("VpcId", ""),
        subnet=found.get("SubnetId", ""),
        groups=tuple(group["GroupId"] for group in found.get("Groups", ())),
        addresses=Blocks.of(_addresses(found)),
    )


def _addresses(found: dict[str, Any]) -> Iterator[str]:
    """Public addresses are left out: they never stand in a record."""
    if found.get("PrivateIpAddress"):
        yield found["PrivateIpAddress"]
    yield from (a["PrivateIpAddress"] for a in found.get("PrivateIpAddresses", ()))
    yield from (a["Ipv6Address"] for a in found.get("Ipv6Addresses", ()))
    yield from (p["Ipv4Prefix"] for p in found.get("Ipv4Prefixes", ()))
    yield from (p["Ipv6Prefix"] for p in found.get("Ipv6Prefixes", ()))


def _subnet_blocks(found: dict[str, Any]) -> Iterator[str]:
    if found.get("CidrBlock"):
        yield found["CidrBlock"]
    yield from (b["Ipv6CidrBlock"] for b in found.get("Ipv6CidrBlockAssociationSet", ()))
