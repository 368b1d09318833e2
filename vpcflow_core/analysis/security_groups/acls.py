"""Network ACLs, read: which entry decides about a packet.

Entries are tried by number, and the first one that matches decides; what none matches is refused
(VPC User Guide, "Network ACL rules"). They know no connections: each way is looked at by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.analysis.security_groups.accepted import Ints, during
from vpcflow_core.analysis.security_groups.address_keys import Keys, Span, keys_of, span_of
from vpcflow_core.analysis.security_groups.rules import ALL, ICMP, TCP, UDP
from vpcflow_core.analysis.security_groups.versions import begun
from vpcflow_core.reference.iana import protocol_keyword

# The entry that refuses the rest; that of IPv6 is one more.
LAST = 32767
Flags = NDArray[np.bool_]
# What is not the number of an entry.
UNKNOWN, TYPED = -1, -2


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a network ACL, in one of the ACL's shapes.

    Attributes:
        acl_id, acl_name: Whose it is.
        egress: Whether it is about what leaves the subnet.
        number: Its place in the order; 32767 is the one that refuses the rest.
        allows: Whether it lets through.
        protocol: Number; -1 for all.
        first_port, last_port: Destination ports; all where the protocol has none.
        typed: Whether it is for some types of ICMP alone.
        span: Addresses of the other end, as keys; None: none can be read.
        block: The same for people.
    """

    acl_id: str
    acl_name: str | None
    egress: bool
    number: int
    allows: bool
    protocol: int
    first_port: int
    last_port: int
    typed: bool
    span: Span | None
    block: str

    @property
    def protocol_name(self) -> str:
        """`tcp`, `icmpv6`, `all`."""
        return "all" if self.protocol == ALL else protocol_keyword(self.protocol).lower()

    @property
    def ports(self) -> str:
        """`443`, `1024-65535`, `all`; of some types of ICMP `some types`."""
        if self.typed:
            return "some types"
        if (self.first_port, self.last_port) == (0, 65535):
            return "all"
        low, high = self.first_port, self.last_port
        return str(low) if low == high else f"{low}-{high}"


@dataclass(frozen=True)
class Packets:
    """Packets at interfaces, as network ACLs see them: arrays of one length.

    Attributes:
        subnet: Id of the interface's subnet; "" if it is not known.
        egress: Whether they leave the interface.
        peer: Address of the other end.
        protocol, port: Numbers; the port is the destination's; -1 without one.
        at: When, UTC.
    """

    subnet: NDArray[np.object_]
    egress: Flags
    peer: pd.Series[str]
    protocol: Ints
    port: Ints
    at: NDArray[np.datetime64]

    @cached_property
    def _peers(self) -> tuple[Keys, Ints]:
        codes, distinct = pd.factorize(self.peer, use_na_sentinel=False)
        return keys_of(distinct), codes

    def inside(self, span: Span | None) -> Flags:
        """Which ones have their other end in a block."""
        keys, codes = self._peers
        if span is None:
            return np.zeros(len(codes), dtype=bool)
        low, high = (np.array(edge, dtype=keys.dtype) for edge in span)
        found: Flags = ((keys >= low) & (keys <= high))[codes]
        return found


def entry_of(text: str, acl_id: str, acl_name: str | None = None) -> Entry:
    """An entry as snapshots write it.

    >>> entry = entry_of("in 100 deny 6 20-22 203.0.113.0/24", "acl-1")
    >>> entry.number, entry.allows, entry.first_port, entry.last_port
    (100, False, 20, 22)
    """
    way, number, action, word, extent, block = (*text.split(" "), "")[:6]
    protocol, low, high, typed = int(word), 0, 65535, False
    if protocol in (TCP, UDP) and extent != "all":
        low, high = map(int, extent.split("-"))
    elif protocol in ICMP:
        typed = extent not in ("all", "-1:-1")
    return Entry(
        acl_id,
        acl_name,
        way == "out",
        int(number),
        action == "allow",
        protocol,
        low,
        high,
        typed,
        span_of(block),
        block,
    )


def deciding(acls: pd.DataFrame, packets: Packets) -> tuple[list[Entry], Ints]:
    """Which entry decides about each packet.

    Args:
        acls: Table of snapshots, of one moment or with all known shapes.
        packets: What arrives at or leaves the subnets.

    Returns:
        The entries that decide about some, and for each packet the place of its entry among them;
        `UNKNOWN` where no network ACL of the subnet is known, `TYPED` where it hangs on the type
        of ICMP, which flow logs do not have.
    """
    entries: list[Entry] = []
    decided = np.full(len(packets.protocol), UNKNOWN, dtype="int64")
    for row in begun(acls).to_dict("records"):
        here = np.isin(packets.subnet, list(row["subnet_ids"]))
        here &= during(packets.at, row["since"], row["until"])
        if not here.any():
            continue
        read = [entry_of(text, row["network_acl_id"], row["name"]) for text in row["entries"]]
        for egress in (False, True):
            own = [entry for entry in read if entry.egress == egress]
            own = [*own, _refusing_the_rest(row["network_acl_id"], row["name"], egress)]
            rows = np.flatnonzero(here & (packets.egress == egress))
            decided[rows] = _first_match(own, packets, rows, len(entries))
            entries += own
    return entries, decided


def _refusing_the_rest(acl_id: str, name: str | None, egress: bool) -> Entry:
    return Entry(acl_id, name, egress, LAST, False, ALL, 0, 65535, False, None, "")


def _first_match(entries: list[Entry], packets: Packets, rows: Ints, offset: int) -> Ints:
    """The place of the first entry that matches each of the rows; the last one matches all."""
    found = np.full(len(rows), offset + len(entries) - 1, dtype="int64")
    is_open = np.ones(len(rows), dtype=bool)
    may_allow, may_deny = np.zeros((2, len(rows)), dtype=bool)
    for place, entry in enumerate(entries[:-1]):
        matching = is_open & packets.inside(entry.span)[rows]
        if entry.protocol != ALL:
            matching &= packets.protocol[rows] == entry.protocol
        if (entry.first_port, entry.last_port) != (0, 65535):
            port = packets.port[rows]
            matching &= (entry.first_port <= port) & (port <= entry.last_port)
        if entry.typed:
            may_allow |= matching & entry.allows
            may_deny |= matching & (not entry.allows)
            continue
        found[matching] = offset + place
        is_open &= ~matching
    allowed = np.array([entry.allows for entry in entries])[found - offset]
    found[np.where(allowed, may_deny, may_allow)] = TYPED
    return found
