"""The list of addresses that are watched: a file of the user's, read and checked."""

from __future__ import annotations

import csv
import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.block_sets import BlockSets

# Blocks wider than these, or of addresses that stand for no one host of the Internet, would make
# everyday traffic incidents.
WIDEST = {4: 8, 6: 19}
MOST_BYTES = 64 * 2**20
NOT_OF_THE_INTERNET = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "::/8", "fc00::/7", "fe80::/10",
            "ff00::/8",
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WatchList:
    """Ranges of addresses that do not overlap, as numbers in order, by IP version.

    Attributes:
        starts, ends: First and last address of each range.
        count: Entries of the file.
    """

    starts: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    ends: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    count: int = 0

    def meets(self, network: str) -> bool:
        """Whether some address of a block, or an address, is on the list."""
        try:
            block = ipaddress.ip_network(network, strict=False)
        except ValueError:
            return False
        version = block.version == 6
        at = bisect_right(self.starts[version], int(block.broadcast_address)) - 1
        return at >= 0 and self.ends[version][at] >= int(block.network_address)


NO_LIST = WatchList()


def read_watch_list(path: Path) -> WatchList:
    """Read a list: an address or block a line, or a CSV whose first column is one.

    Blank lines, and what stands after `#` or `;`, are left out; so is a first line of titles.

    Raises:
        SettingsError: The file cannot be read, or a line holds something else: names the line.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise SettingsError(
            f"The watch list {path} cannot be read: {error.strerror}.", "See watch_list."
        ) from None
    if stat.st_size > MOST_BYTES:
        raise SettingsError(
            f"The watch list {path} is larger than {MOST_BYTES >> 20} MB.", "Give a shorter one."
        )
    return _read(path, stat.st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _: int) -> WatchList:
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        for number, line in enumerate(lines, 1):
            text = _first_cell(line)
            if text and (network := _network(text, f"{path}, line {number}", number)):
                networks.append(network)
    if not networks:
        raise SettingsError(f"The watch list {path} holds no address.", "Write one a line.")
    return _made(networks)


def with_sets(own: WatchList, sets: BlockSets) -> WatchList:
    """A list with what other lists have of the Internet; see `NOT_OF_THE_INTERNET`."""
    inside = [(int(b.version == 6), int(b[0]), int(b[-1])) for b in NOT_OF_THE_INTERNET]
    more = [
        (version, first, last)
        for version, first, last in sets.spans()
        if not any(v == version and low <= last and first <= high for v, low, high in inside)
    ]
    kept = [
        (version, first, last)
        for version in (0, 1)
        for first, last in zip(own.starts[version], own.ends[version], strict=True)
    ]
    return _merged([*kept, *more], own.count + sum(sets.counts)) if more else own


def _first_cell(line: str) -> str:
    plain = line.partition("#")[0].partition(";")[0].strip()
    return next(iter(next(csv.reader([plain]), [])), "").strip() if plain else ""


def _network(
    text: str, place: str, number: int
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        if number == 1 and not any(character.isdigit() for character in text):
            return None  # titles of a CSV
        raise SettingsError(
            f"{place}: '{text[:60]}' is no address or block.", "Write 198.51.100.7 or a block."
        ) from None
    inside = next((b for b in NOT_OF_THE_INTERNET if _overlaps(b, network)), None)
    if inside is not None or network.prefixlen < WIDEST[network.version]:
        why = f"lies in {inside}, which is not of the Internet" if inside else "is too wide"
        raise SettingsError(
            f"{place}: {text} {why}.", "Leave it out: it would match everyday traffic."
        )
    return network


def _overlaps(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network,
    other: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    return one.version == other.version and one.overlaps(other)


def _made(networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> WatchList:
    spans = [
        (int(n.version == 6), int(n.network_address), int(n.broadcast_address)) for n in networks
    ]
    return _merged(spans, len(networks))


def _merged(spans: list[tuple[int, int, int]], count: int) -> WatchList:
    """The list of ranges: whether of IPv6, first and last address."""
    starts: list[tuple[int, ...]] = []
    ends: list[tuple[int, ...]] = []
    for version in (0, 1):
        merged: list[list[int]] = []
        for _, first, last in sorted(span for span in spans if span[0] == version):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        starts.append(tuple(first for first, _ in merged))
        ends.append(tuple(last for _, last in merged))
    return WatchList((starts[0], starts[1]), (ends[0], ends[1]), count)
