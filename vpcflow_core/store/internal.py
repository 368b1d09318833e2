"""Leaves out traffic inside blocks of no interest.

Addresses are judged once for each distinct one of a table: IPv4 by one regular expression for all
blocks, IPv6 as a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network, ip_network
from socket import AF_INET6, inet_pton

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import Report
from vpcflow_core.store.base import Part
from vpcflow_core.store.placing import Placed

ENDS = ("srcaddr", "dstaddr")
# NODATA and SKIPDATA records have no traffic, so none that is internal.
_TRAFFIC: tuple[Part, ...] = ("flows", "transit_flows")


class Internal:
    """The blocks inside which traffic is left out.

    Args:
        blocks: In CIDR notation; an end of a flow may lie in any of them.
    """

    def __init__(self, blocks: Iterable[str]) -> None:
        networks = [ip_network(block) for block in blocks]
        four = [_pattern(network) for network in networks if isinstance(network, IPv4Network)]
        self._four = f"^(?:{'|'.join(four)})" if four else ""
        self._six = tuple(
            (128 - network.prefixlen, int(network.network_address) >> (128 - network.prefixlen))
            for network in networks
            if network.version == 6
        )

    def leave_out(self, placed: Placed, report: Report) -> Placed:
        """Without the records both of whose ends lie in the blocks; the report says how many."""
        table = placed.table
        if placed.part not in _TRAFFIC or not set(ENDS) <= set(table.column_names):
            return placed
        inside = pc.and_(*(self.inside(table[end]) for end in ENDS))
        count = pc.sum(inside).as_py() or 0
        if not count:
            return placed
        report.internal += count
        report.records -= count
        return replace(placed, table=table.filter(pc.invert(inside)))

    def inside(self, addresses: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of the addresses lie in a block; a missing one lies in none."""
        chunks = [self._judged(chunk) for chunk in addresses.chunks]
        return pa.chunked_array(chunks, pa.bool_())

    def _judged(self, chunk: pa.Array) -> pa.Array:
        words = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        return pc.fill_null(self._among(words.dictionary).take(words.indices), False)

    def _among(self, distinct: pa.Array) -> pa.Array:
        inside = pa.repeat(pa.scalar(False), len(distinct))
        if self._four:
            inside = pc.match_substring_regex(distinct, self._four)
        if self._six and pc.any(colons := pc.match_substring(distinct, ":")).as_py():
            six = pa.array([self._in_six(word) for word in distinct.filter(colons).to_pylist()])
            inside = pc.replace_with_mask(inside, colons, six)
        return inside

    def _in_six(self, address: str) -> bool:
        try:
            number = int.from_bytes(inet_pton(AF_INET6, address))
        except OSError:  # no address: its record is kept
            return False
        return any(number >> shift == start for shift, start in self._six)


def _pattern(block: IPv4Network) -> str:
    r"""Regular expression for the texts of a block's addresses.

    >>> _pattern(IPv4Network("10.0.0.0/8")), _pattern(IPv4Network("10.8.0.0/15"))
    ('10\\.', '10\\.(?:8|9)\\.')
    """
    octets, whole, bits = block.network_address.packed, *divmod(block.prefixlen, 8)
    words = [str(octet) for octet in octets[:whole]]
    if bits:
        first = octets[whole]
        words.append(f"(?:{'|'.join(map(str, range(first, first + 2 ** (8 - bits))))})")
    end = "$" if len(words) == len(octets) else r"\."
    return r"\.".join(words or [r"\d+"]) + end
