"""Which kind of network an address belongs to.

Sources: IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates),
and the addresses that the Amazon EC2, ECS, EKS and VPC user guides name as AWS's own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from socket import AF_INET, AF_INET6, inet_pton


class AddressClass(StrEnum):
    """The kinds of network an address can belong to; only public ones have a place on a map."""

    PUBLIC = "public"
    PRIVATE = "private"
    RESERVED = "reserved"
    MULTICAST = "multicast"
    AWS = "aws"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of addresses of one class; the narrowest block around an address decides."""

    cidr: str
    kind: AddressClass
    doc: str

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The block as a network."""
        return ip_network(self.cidr)


_PUBLIC, _PRIVATE, _RESERVED, _MULTICAST, _AWS = AddressClass

BLOCKS: tuple[Block, ...] = (
    Block("0.0.0.0/0", _PUBLIC, "the Internet"),
    Block("0.0.0.0/8", _RESERVED, "this network (RFC 791)"),
    Block("10.0.0.0/8", _PRIVATE, "private use (RFC 1918)"),
    Block("100.64.0.0/10", _PRIVATE, "carrier-grade translation (RFC 6598)"),
    Block("127.0.0.0/8", _RESERVED, "loopback"),
    Block("169.254.0.0/16", _RESERVED, "link local (RFC 3927)"),
    Block("169.254.169.123/32", _AWS, "Amazon Time Sync Service"),
    Block("169.254.169.249/32", _AWS, "EC2 licence and driver services on Windows"),
    Block("169.254.169.250/31", _AWS, "Windows activation (KMS) on EC2"),
    Block("169.254.169.253/32", _AWS, "Amazon DNS server (Route 53 Resolver)"),
    Block("169.254.169.254/32", _AWS, "EC2 instance metadata"),
    Block("169.254.170.2/32", _AWS, "ECS task metadata and credentials"),
    Block("169.254.170.23/32", _AWS, "EKS Pod Identity agent"),
    Block("172.16.0.0/12", _PRIVATE, "private use (RFC 1918)"),
    Block("192.0.0.0/24", _RESERVED, "IETF protocol assignments (RFC 6890)"),
    Block("192.0.2.0/24", _RESERVED, "documentation (RFC 5737)"),
    Block("192.88.99.0/24", _RESERVED, "6to4 relays, withdrawn (RFC 7526)"),
    Block("192.168.0.0/16", _PRIVATE, "private use (RFC 1918)"),
    Block("198.18.0.0/15", _RESERVED, "benchmarks (RFC 2544)"),
    Block("198.19.0.0/16", _AWS, "used inside AWS, refused as a VPC's block"),
    Block("198.51.100.0/24", _RESERVED, "documentation (RFC 5737)"),
    Block("203.0.113.0/24", _RESERVED, "documentation (RFC 5737)"),
    Block("224.0.0.0/4", _MULTICAST, "multicast (RFC 5771)"),
    Block("240.0.0.0/4", _RESERVED, "future use (RFC 1112)"),
    Block("255.255.255.255/32", _MULTICAST, "broadcast to all on the link"),
    Block("::/0", _RESERVED, "not assigned by IANA"),
    Block("64:ff9b:1::/48", _PRIVATE, "local-use translation (RFC 8215)"),
    Block("2000::/3", _PUBLIC, "the Internet"),
    Block("2001::/23", _RESERVED, "IETF protocol assignments (RFC 2928)"),
    Block("2001:db8::/32", _RESERVED, "documentation (RFC 3849)"),
    Block("3fff::/20", _RESERVED, "documentation (RFC 9637)"),
    Block("fc00::/7", _PRIVATE, "unique local (RFC 4193)"),
    Block("fd00:ec2::/32", _AWS, "metadata, DNS, time and pod identity over IPv6"),
    Block("fe80::/10", _RESERVED, "link local (RFC 4291)"),
    Block("ff00::/8", _MULTICAST, "multicast (RFC 4291)"),
)

# An IPv4 address written as IPv6: mapped (RFC 4291), and translated by NAT64 (RFC 6052), which
# is how instances in IPv6-only subnets reach IPv4 hosts. The last 32 bits are its IPv4 address.
_CARRIERS = (bytes(10) + b"\xff\xff", b"\x00\x64\xff\x9b" + bytes(8))

Segments = tuple[list[int], list[str]]


def classify(addresses: Iterable[str | None]) -> list[str | None]:
    """Class of each address, in order; None where there is no address or it is not one.

    Costs about a microsecond an address; give distinct addresses where there are many records.

    >>> classify(["10.0.0.1", "8.8.8.8", "::1", "fd00:ec2::254", "-", None])
    ['private', 'public', 'reserved', 'aws', None, None]
    """
    return [classify_one(address) for address in addresses]


def classify_one(address: str | None) -> str | None:
    """Class of one address, None where it is not an IPv4 or IPv6 address."""
    packed = pack(address) if isinstance(address, str) else None
    if packed is None:
        return None
    starts, kinds = segments(4 if len(packed) == 4 else 6)
    return kinds[bisect_right(starts, int.from_bytes(packed)) - 1]


def pack(address: str) -> bytes | None:
    """The address as 4 or 16 bytes, 4 also for IPv4 written as IPv6; None if it is no address."""
    try:
        if ":" not in address:
            return inet_pton(AF_INET, address)
        packed = inet_pton(AF_INET6, address)
    except (OSError, ValueError):
        return None
    return packed[12:] if packed[:12] in _CARRIERS else packed


@cache
def segments(version: int) -> Segments:
    """The table of one IP version, cut into consecutive stretches of one class each.

    Returns:
        Where each stretch starts, as an integer, and its class (plain text); both sorted.
    """
    blocks = [block for block in BLOCKS if block.network.version == version]
    starts = {int(block.network.network_address) for block in blocks}
    ends = {int(block.network.broadcast_address) + 1 for block in blocks}
    edges = sorted(starts | ends)[:-1]
    return edges, [narrowest(edge, blocks).kind.value for edge in edges]


def narrowest(address: int, blocks: Iterable[Block]) -> Block:
    """The narrowest of the blocks around an address given as an integer."""
    around = (
        block
        for block in blocks
        if int(block.network.network_address) <= address <= int(block.network.broadcast_address)
    )
    return max(around, key=lambda block: block.network.prefixlen)
