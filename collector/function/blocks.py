"""Blocks of addresses: CIDR blocks, and prefixes of an address as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TEXT_PREFIX = re.compile(r"\d{1,3}(?:\.\d{0,3}){0,3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){1,8}")


@lru_cache(maxsize=65536)
def address(text: str) -> Address | None:
    """The address that a field of a record holds; None for `-` and what else is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Blocks:
    """Some blocks of addresses.

    Attributes:
        networks: CIDR blocks.
        prefixes: What the text of an address may begin with, such as `10.1.`.
    """

    networks: tuple[Network, ...] = ()
    prefixes: tuple[str, ...] = ()

    @staticmethod
    def of(blocks: Iterable[str]) -> Blocks:
        """The CIDR blocks, as the EC2 API spells them."""
        return Blocks(tuple(ip_network(block) for block in blocks))

    @staticmethod
    def parse(text: str) -> Blocks:
        """Blocks as people write them, with commas or blanks between.

        With a slash they are CIDR blocks, which may have bits set behind the mask; a whole address
        is itself; all else is compared with the beginning of the address's text.

        Raises:
            ValueError: One of them is no block; names it.

        >>> Blocks.parse("10.0.0.0/8, 192.168.").prefixes
        ('192.168.',)
        """
        networks: list[Network] = []
        prefixes: list[str] = []
        for word in text.lower().replace(",", " ").split():
            if "/" in word or address(word) is not None:
                networks.append(_network(word))
            elif _TEXT_PREFIX.fullmatch(word):
                prefixes.append(word)
            else:
                raise ValueError(_refusal(word))
        return Blocks(tuple(networks), tuple(prefixes))

    def hold(self, text: str) -> bool:
        """Whether the address lies in one of the blocks; what is no address does not."""
        return _hold(self, text)


# One record has two addresses, and few of them are new.
@lru_cache(maxsize=65536)
def _hold(blocks: Blocks, text: str) -> bool:
    found = address(text)
    if found is None:
        return False
    if str(found).startswith(blocks.prefixes):
        return True
    return any(found in network for network in blocks.networks)


def _network(word: str) -> Network:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        raise ValueError(_refusal(word)) from None


def _refusal(word: str) -> str:
    return (
        f"VpcCidrPrefix holds '{word}', which is no block of addresses. "
        "Write CIDR blocks (10.0.0.0/16) or beginnings of addresses (10.0.)."
    )
