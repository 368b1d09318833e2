"""Addresses, and blocks of them as people write them in settings."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from vpcflow_core.errors import SettingsError

# Legacy prefix notation: `10.0.` means 10.0.0.0/16.
_BEGINNING = re.compile(r"(?:\d{1,3}\.){1,3}")


def parse_block(text: str) -> str:
    """The block in CIDR notation.

    Args:
        text: CIDR, one address, or the first one to three octets of IPv4 addresses with their dot.

    Raises:
        SettingsError: It is none of these, or an address inside a block instead of the block.

    >>> parse_block("10.0."), parse_block("10.8.0.0/16"), parse_block("10.0.0.5")
    ('10.0.0.0/16', '10.8.0.0/16', '10.0.0.5/32')
    """
    words = text.strip()
    if _BEGINNING.fullmatch(words):
        octets = words.rstrip(".").split(".")
        words = ".".join([*octets, *["0"] * (4 - len(octets))]) + f"/{8 * len(octets)}"
    try:
        block = ip_network(words, strict=False)
    except ValueError:
        raise SettingsError(
            f"'{text}' is no block of addresses.", "Write it as 10.8.0.0/16 or fd00:8::/32."
        ) from None
    if block.prefixlen < block.max_prefixlen and str(block.network_address) != _address(words):
        raise SettingsError(
            f"'{text}' is an address inside a block, not a block.", f"The block is {block}."
        )
    return str(block)


def is_address(text: str) -> bool:
    """Whether a text is one address.

    >>> is_address("10.0.0.5"), is_address("2001:db8::1"), is_address("Internet")
    (True, True, False)
    """
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _address(text: str) -> str:
    """The address before the slash, written as `ipaddress` writes it."""
    return str(ip_network(text.partition("/")[0]).network_address)
