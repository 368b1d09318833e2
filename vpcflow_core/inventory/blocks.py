"""What holds of blocks of addresses: the most specific block that holds an address comes first."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Generic, TypeVar

V = TypeVar("V")
Network = IPv4Network | IPv6Network


class Blocks(Generic[V]):
    """Values by block; several may have one block, in the order they were added."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, int, int], list[V]] = {}
        self._lengths: dict[int, list[int]] = {4: [], 6: []}

    def add(self, network: Network, value: V) -> None:
        """A value for all addresses of a block."""
        bits, length = network.max_prefixlen, network.prefixlen
        key = network.version, length, int(network.network_address) >> (bits - length)
        self._values.setdefault(key, []).append(value)
        lengths = self._lengths[network.version]
        if length not in lengths:
            lengths.append(length)
            lengths.sort(reverse=True)

    def of(self, address: str) -> Iterator[V]:
        """The values for an address, those of the smallest block first; none for what is none.

        >>> from ipaddress import ip_network
        >>> blocks = Blocks()
        >>> for text in ("10.0.0.0/8", "10.1.0.0/16"):
        ...     blocks.add(ip_network(text), text)
        >>> list(blocks.of("10.1.2.3")), list(blocks.of("fd00::1"))
        (['10.1.0.0/16', '10.0.0.0/8'], [])
        """
        try:
            found = ip_address(address)
        except ValueError:
            return
        number, bits = int(found), found.max_prefixlen
        for length in self._lengths[found.version]:
            yield from self._values.get((found.version, length, number >> (bits - length)), ())

    def __len__(self) -> int:
        return len(self._values)
