"""The smallest blocks around addresses that were seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import numpy as np
from numpy.typing import NDArray

from vpcflow_core.analysis.security_groups.address_keys import LENGTH, NO_KEY, Keys, keys_of
from vpcflow_core.errors import ParameterError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# First and last place, in the sorted keys, of the addresses that one block covers.
Run = tuple[int, int]

# The widest blocks worth a rule: IANA gave registries /8s of IPv4, and IPv6 in /12s.
WIDEST = {4: 8, 6: 16}
_BITS = {4: 32, 6: 128}
# Bits of a key for the IP version.
_VERSION_BITS = 8
_LEADING_ZEROS = np.array([8 - value.bit_length() for value in range(256)])


def smallest_blocks(
    addresses: Iterable[object], weights: Sequence[float] | Floats, most: int = 10
) -> tuple[list[str], float]:
    """At most `most` CIDR blocks that cover what was seen, as tightly as can be.

    Exactly: among all sets of at most `most` blocks, none wider than /8 (IPv4) or /16 (IPv6), the
    one that covers the greatest share of the weight; among those the one with the fewest addresses
    inside; among those the one with the fewest blocks. The number of addresses is compared to 53
    bits, which only matters where IPv6 blocks of very different sizes meet.

    All that was seen is covered unless it lies in more than `most` blocks of the widest size;
    then the heaviest of these are chosen, each drawn as tightly as what was seen in it allows.
    Found by dynamic programming over the binary tree of the addresses, level by level.

    Args:
        addresses: IPv4 and IPv6, repeated or not; what is no address is left out.
        weights: How much was seen of each (flows); an address of weight 0 was not seen.
        most: How many blocks there may be.

    Returns:
        The blocks, heaviest first, and the share of the weight they cover (0 to 1); no blocks and
        share 0 if nothing was seen.

    Raises:
        ParameterError: most < 1, or a negative weight.

    >>> smallest_blocks(["10.0.0.1", "10.0.0.2", "192.0.2.7"], [5, 1, 9], most=2)
    (['192.0.2.7/32', '10.0.0.0/30'], 1.0)
    """
    if most < 1:
        raise ParameterError(f"{most} blocks cover nothing.", "Give 1 or more.")
    keys, place = np.unique(keys_of(addresses), return_inverse=True)
    weight = np.bincount(place, np.asarray(weights, dtype="float64"), len(keys))
    if len(place) and np.min(weights) < 0:
        raise ParameterError(f"A weight of {np.min(weights)} was never seen.", "Give 0 or more.")
    kept = (keys != NO_KEY) & (weight > 0)
    return cover(keys[kept], weight[kept], most)


def cover(keys: Keys, weights: Floats, most: int) -> tuple[list[str], float]:
    """As `smallest_blocks`, of keys that are sorted, distinct and seen."""
    if not len(keys):
        return [], 0.0
    digits = np.ascontiguousarray(keys).view(np.uint8).reshape(-1, LENGTH)
    shared = shared_bits(digits[:-1], digits[1:])
    least = np.where(digits[:, 0] == 4, WIDEST[4], WIDEST[6]) + _VERSION_BITS
    starts = np.flatnonzero(np.concatenate([[True], shared < least[1:]]))
    runs = np.column_stack([starts, np.append(starts[1:], len(keys)) - 1])
    if len(runs) <= most:
        runs = np.array(_tree(digits, shared, least, most).runs())
    total = np.concatenate([[0.0], np.cumsum(weights)])
    held = total[runs[:, 1] + 1] - total[runs[:, 0]]
    bits = shared_bits(digits[runs[:, 0]], digits[runs[:, 1]])
    best = np.lexsort([_width(digits[runs[:, 0]]) - bits, -held])[:most]
    blocks = [
        _block(digits[first], int(bits[at]))
        for at, (first, _) in zip(best, runs[best], strict=True)
    ]
    return blocks, min(1.0, float(held[best].sum() / total[-1]))


def shared_bits(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> Ints:
    """How many leading bits each two keys, rows of bytes, have in common."""
    differing = left ^ right
    byte = (differing != 0).argmax(axis=1)
    at = differing[np.arange(len(differing)), byte]
    # Equal keys differ nowhere, and share what an address of their version has.
    return np.where(at == 0, _width(left), 8 * byte + _LEADING_ZEROS[at])


def _width(keys: NDArray[np.uint8]) -> Ints:
    """How many bits each key has: the version's, and the address's."""
    return np.where(keys[:, 0] == 4, _BITS[4], _BITS[6]) + _VERSION_BITS


def _block(key: NDArray[np.uint8], bits: int) -> str:
    """The block of all addresses that share the first bits of a key."""
    version = int(key[0])
    packed = key[1 : 1 + _BITS[version] // 8].tobytes()
    network = IPv4Network if version == 4 else IPv6Network
    return str(network((packed, bits - _VERSION_BITS), strict=False))


@dataclass(frozen=True, slots=True)
class _Tree:
    """The binary tree of the addresses; first their leaves, then the forks, the root last.

    Attributes:
        left, right: Children of each node; of forks alone.
        first, last: Run of addresses under each node.
        fewest: Nodes x blocks: the addresses in the tightest cover of the node by at most 1, 2, ..
            blocks; infinite where so few would have to be too wide.
    """

    left: Ints
    right: Ints
    first: Ints
    last: Ints
    fewest: Floats

    def runs(self) -> list[Run]:
        """What the blocks of the best cover of the root hold, in the order of the addresses."""
        found: list[Run] = []
        todo = [(len(self.fewest) - 1, self.fewest.shape[1])]
        while todo:
            node, most = todo.pop()
            # As many as the best cover needs, and no more: a whole block rather than its halves.
            blocks = 1 + int((self.fewest[node] == self.fewest[node, most - 1]).argmax())
            if blocks == 1:
                found.append((int(self.first[node]), int(self.last[node])))
                continue
            left, right = int(self.left[node]), int(self.right[node])
            ways = self.fewest[left, : blocks - 1] + self.fewest[right, : blocks - 1][::-1]
            of_left = 1 + int(ways.argmin())
            todo += [(right, blocks - of_left), (left, of_left)]
        return found


def _tree(digits: NDArray[np.uint8], shared: Ints, least: Ints, most: int) -> _Tree:
    """Grow the tree from the leaves: all forks of one depth at once, the deepest first.

    Two neighbours fork where their bits part, and each fork lies between two neighbours alone.
    """
    count = len(digits)
    width = _width(digits)
    left = np.full(2 * count - 1, -1)
    tree = _Tree(left, left.copy(), left.copy(), left.copy(), np.ones((2 * count - 1, most)))
    tree.first[:count] = tree.last[:count] = nodes = np.arange(count)
    gaps, made = shared, count
    for bits in np.unique(shared)[::-1]:
        at = np.flatnonzero(gaps == bits)
        new = np.arange(made, made + len(at))
        made += len(at)
        tree.left[new], tree.right[new] = nodes[at], nodes[at + 1]
        tree.first[new], tree.last[new] = tree.first[nodes[at]], tree.last[nodes[at + 1]]
        leaf = tree.first[new]
        whole = np.where(bits >= least[leaf], np.ldexp(1.0, width[leaf] - bits), np.inf)
        tree.fewest[new] = _fewest(tree.fewest[nodes[at]], tree.fewest[nodes[at + 1]], whole)
        nodes = nodes.copy()
        nodes[at] = new
        nodes, gaps = np.delete(nodes, at + 1), np.delete(gaps, at)
    return tree


def _fewest(left: Floats, right: Floats, whole: Floats) -> Floats:
    """Fewest addresses by number of blocks: one block for both sides, or the best division."""
    fewest = np.repeat(whole[:, None], left.shape[1], axis=1)
    for more in range(1, left.shape[1]):
        divided = (left[:, :more] + right[:, :more][:, ::-1]).min(axis=1)
        np.minimum(fewest[:, more], divided, out=fewest[:, more])
    return fewest
