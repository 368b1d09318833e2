"""The address book: who had an address of EC2, and when, by the snapshots that a store keeps.

An address alone says nothing: VPCs may have the same blocks, and addresses change hands. A line
holds for one VPC, or for all where no other VPC has that address. Where two owners follow each
other, the time between the last sight of one and the first of the next has no owner, unless EC2
says since when the next one was attached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import pandas as pd

from vpcflow_core.inventory.blocks import Blocks
from vpcflow_core.inventory.identity import Holder, holders
from vpcflow_core.inventory.tables import EVER, FOR_EVER, Kind

Known = Callable[[Kind], pd.DataFrame]
# A flow may start before the last sight of its address and be seen after: an aggregation window.
GRACE = timedelta(minutes=10)
HIDDEN = "hidden"  # stands for the VPC of a block that must not be shown
_LOCAL6 = ip_network("fc00::/7")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the book.

    Attributes:
        address: Whose.
        vpc: The VPC in which it holds; "" for an address that is public.
        is_alone: Whether no other known VPC has that address.
        since, until: When; `until` is not included.
        holder: Who.
    """

    address: str
    vpc: str
    is_alone: bool
    since: datetime
    until: datetime
    holder: Holder


@dataclass(frozen=True, slots=True)
class AddressBook:
    """All lines, no two of which hold for one address, VPC and time.

    Attributes:
        lines: By address, VPC and time.
        vpcs: VPCs whose blocks are known: seen from these, an address that one VPC alone has is
            that one's.
    """

    lines: tuple[Line, ...] = ()
    vpcs: frozenset[str] = field(default_factory=frozenset)


def address_book(
    known: Known,
    owner_tags: Sequence[str] = (),
    hidden: Iterable[str] = (),
    seen: Iterable[str] = (),
) -> AddressBook:
    """The book of what snapshots showed.

    Args:
        known: What is known of a kind, as `Store.known` gives it.
        owner_tags: Keys of tags that name an owner, the best first.
        hidden: Blocks of VPCs that are there and must not be shown: an address in one of them is
            not certainly another VPC's.
        seen: Addresses of a log: those within a prefix that is delegated to an interface are its.
    """
    claims: dict[tuple[str, str], list[_Claim]] = {}
    within = _Within(seen)
    for shapes in map(within.completed, holders(known, owner_tags)):
        for key, claim in _claims(shapes):
            claims.setdefault(key, []).append(claim)
    for address in [address for vpc, address in claims if vpc]:
        # An address of a VPC is never the whole world's as well: it would count twice.
        claims.pop(("", address), None)
    blocks, vpcs = _blocks_of_vpcs(known("vpcs"))
    for cidr in hidden:
        blocks.add(ip_network(cidr, strict=False), HIDDEN)
    having = _vpcs_having(claims, blocks)
    all_known = all(vpc in vpcs for vpc, _ in claims if vpc)
    lines = [
        Line(address, vpc, all_known and having.get(address, set()) <= {vpc}, since, until, who)
        for (vpc, address), found in sorted(claims.items(), key=lambda item: item[0])
        for since, until, who in _in_turn(found)
    ]
    return AddressBook(tuple(lines), vpcs)


class _Within:
    """Addresses of a log by the prefixes of interfaces, which are never spelled out: of IPv6."""

    def __init__(self, seen: Iterable[str]) -> None:
        self._seen = [address for address in seen if ":" in address]
        self._by_length: dict[int, dict[int, list[str]]] = {}

    def completed(self, shapes: list[Holder]) -> list[Holder]:
        """The shapes of an interface with the addresses of their prefixes among their own."""
        if not self._seen or not any(shape.prefixes for shape in shapes):
            return shapes
        return [
            replace(shape, addresses=tuple(dict.fromkeys([*shape.addresses, *self._of(shape)])))
            for shape in shapes
        ]

    def _of(self, shape: Holder) -> Iterator[str]:
        for prefix in shape.prefixes:
            block = ip_network(prefix, strict=False)
            if block.version == 6:
                number = int(block.network_address) >> (128 - block.prefixlen)
                yield from self._by(block.prefixlen).get(number, ())

    def _by(self, length: int) -> dict[int, list[str]]:
        if length not in self._by_length:
            found = self._by_length.setdefault(length, {})
            for address in self._seen:
                found.setdefault(int(ip_address(address)) >> (128 - length), []).append(address)
        return self._by_length[length]


@dataclass(frozen=True, slots=True)
class _Claim:
    """An interface that had an address: seen from first to last, and possibly before and after."""

    holder: Holder
    first: datetime
    last: datetime
    earliest: datetime
    latest: datetime


def _claims(shapes: Sequence[Holder]) -> Iterator[tuple[tuple[str, str], _Claim]]:
    """What one interface claimed, by VPC and address; its shapes are in the order of time."""
    for at, shape in enumerate(shapes):
        before = shapes[at - 1] if at else None
        after = shapes[at + 1] if at + 1 < len(shapes) else None
        for address in shape.addresses:
            scope = _scope(shape, address)
            if scope is None:
                continue
            earliest, latest = shape.first_seen, shape.last_seen + GRACE
            if before is None:
                earliest = shape.attached or EVER
            if after is None and not shape.gone:
                latest = FOR_EVER
            elif after is not None and address in after.addresses:
                latest = after.first_seen
            seen = shape.first_seen, max(shape.first_seen, min(shape.last_seen, latest))
            yield (
                (scope, address),
                _Claim(shape, *seen, min(earliest, shape.first_seen), latest),
            )


def _scope(shape: Holder, address: str) -> str | None:
    """The VPC that an address belongs to; "" where it is the whole world's, None if unknown."""
    if address in shape.public_addresses:
        return ""
    found = ip_address(address)
    is_global = isinstance(found, IPv6Address) and found not in _LOCAL6
    return "" if is_global else shape.vpc or None


def _in_turn(claims: Iterable[_Claim]) -> Iterator[tuple[datetime, datetime, Holder]]:
    """From when to when each claim holds: one after the other, with no owner in doubtful times."""
    ordered = sorted(claims, key=lambda claim: (claim.first, claim.last))
    for at, claim in enumerate(ordered):
        since, until = claim.earliest, claim.latest
        if at:
            before = ordered[at - 1]
            is_bound = before.last < since <= claim.first
            since = since if is_bound else claim.first
        if at + 1 < len(ordered):
            after = ordered[at + 1]
            is_bound = claim.last < after.earliest <= after.first
            until = min(until, after.earliest if is_bound else after.first)
        if since < until:
            yield since, until, claim.holder


def _blocks_of_vpcs(vpcs: pd.DataFrame) -> tuple[Blocks[str], frozenset[str]]:
    """VPCs by their blocks, those of the past too, and the VPCs that have some."""
    found: Blocks[str] = Blocks()
    having = set()
    for vpc, cidrs in zip(vpcs["vpc_id"], vpcs["cidrs"], strict=True):
        for cidr in cidrs:
            found.add(ip_network(cidr, strict=False), vpc)
            having.add(vpc)
    return found, frozenset(having)


def _vpcs_having(claims: Mapping[tuple[str, str], Any], blocks: Blocks[str]) -> dict[str, set[str]]:
    """The VPCs that have an address, by their blocks or interfaces."""
    found: dict[str, set[str]] = {}
    for vpc, address in claims:
        if vpc:
            found.setdefault(address, set(blocks.of(address))).add(vpc)
    return found
