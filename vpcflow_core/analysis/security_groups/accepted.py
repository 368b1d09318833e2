"""Accepted inbound flows, laid out so that each rule finds its own in a slice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.analysis.security_groups.address_keys import Keys, keys_array, keys_of
from vpcflow_core.analysis.security_groups.rules import ALL, Held, Rule
from vpcflow_core.analysis.security_groups.versions import shapes

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Flows at interfaces with security groups.

    Attributes:
        flows, bytes, protocol, dstport: Of each row; -1 for no protocol or port.
        first, last: Times of each row, UTC; the first decides which groups and rules there were.
        reply: Rows known to be answers, which are no match of any rule.
        address: Place of each row's source address in `addresses`.
        addresses: Distinct source addresses, as sorted keys.
        groups: Slice of `rows` for each security group.
        rows: Rows at an interface of a group that are no answers, by address; one after the other
            for all groups.
    """

    flows: Ints
    bytes: NDArray[Any]
    protocol: Ints
    dstport: Ints
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]
    reply: NDArray[np.bool_]
    address: Ints
    addresses: Keys
    groups: dict[str, slice]
    rows: Ints

    @classmethod
    def of(cls, flows: pd.DataFrame, interfaces: pd.DataFrame) -> Accepted:
        """Lay out the flows, as `rules_in_use` takes them, without those that were sent."""
        return cls.of_all(received(flows, interfaces), interfaces)

    @classmethod
    def of_sent(cls, flows: pd.DataFrame, interfaces: pd.DataFrame) -> Accepted:
        """Likewise for what interfaces sent, to `dstaddr`; without what they received."""
        sent = flows[~own_ends(flows, interfaces, "dstaddr")]
        return cls.of_all(sent.rename(columns={"dstaddr": "srcaddr"}), interfaces)

    @classmethod
    def of_all(cls, flows: pd.DataFrame, interfaces: pd.DataFrame) -> Accepted:
        """Lay out flows as they are: `srcaddr` is the other end of each."""
        codes, distinct = pd.factorize(flows["srcaddr"], use_na_sentinel=False)
        addresses, place = np.unique(keys_of(distinct), return_inverse=True)
        address, reply = place[codes], known_replies(flows)
        groups, rows = _by_group(flows, interfaces, address, reply)
        return cls(
            flows=numbers(flows["flows"], 0),
            bytes=_sums(flows["bytes"]),
            protocol=numbers(flows["protocol"]),
            dstport=numbers(flows["dstport"]),
            first=times(flows["first"]),
            last=times(flows["last"]),
            reply=reply,
            address=address,
            addresses=addresses,
            groups=groups,
            rows=rows,
        )

    def matching(self, rule: Rule) -> Ints:
        """The rows that a rule lets in, each once; none for a rule that could not be read."""
        rows = self.rows[self.groups.get(rule.group_id, slice(0))]
        if rule.unread or not len(rows):
            return rows[:0]
        parts = [self._from(held, rows) for held in rule.sources if held.spans]
        # Periods of one source may overlap: a row counts once.
        rows = parts[0] if len(parts) == 1 else np.unique(np.concatenate([rows[:0], *parts]))
        if rule.protocol != ALL:
            rows = rows[self.protocol[rows] == rule.protocol]
        if (rule.first_port, rule.last_port) != (0, 65535):
            ports = self.dstport[rows]
            rows = rows[(rule.first_port <= ports) & (ports <= rule.last_port)]
        return rows

    def _from(self, held: Held, rows: Ints) -> Ints:
        """Those of the rows, sorted by address, that came from a source while it was meant."""
        low, high = (keys_array(span[side] for span in held.spans) for side in (0, 1))
        starts = self.addresses.searchsorted(low, side="left")
        stops = self.addresses.searchsorted(high, side="right")
        edges = (starts.min(), stops.max())
        first, last = np.searchsorted(self.address[rows], edges, side="left")
        rows = rows[first:last]
        rows = rows[during(self.first[rows], held.since, held.until)]
        if len(held.spans) == 1:
            return rows
        # How many spans each address lies in: one more at each start, one less at each stop.
        change = np.zeros(len(self.addresses) + 1, dtype="int64")
        np.add.at(change, starts, 1)
        np.add.at(change, stops, -1)
        return rows[np.cumsum(change)[self.address[rows]] > 0]


def during(
    times: NDArray[np.datetime64], since: pd.Timestamp, until: pd.Timestamp
) -> NDArray[np.bool_]:
    """Which times lie in a period; one that is missing lies in any."""
    first, last = (moment.tz_localize(None).to_datetime64() for moment in (since, until))
    return ~(times < first) & ~(times >= last)


def received(flows: pd.DataFrame, interfaces: pd.DataFrame) -> pd.DataFrame:
    """Without the flows that come from an address of the interface itself.

    Both ends log traffic inside a subnet, and the sender's copy is internal as much as the
    receiver's: inbound rules have to do with the latter alone.
    """
    return flows[~own_ends(flows, interfaces, "srcaddr")]


def own_ends(flows: pd.DataFrame, interfaces: pd.DataFrame, end: str) -> NDArray[np.bool_]:
    """Which rows have an address of their own interface at an end: `srcaddr` or `dstaddr`."""
    own = interfaces[["interface_id", "addresses"]].explode("addresses").dropna()
    at, ids = pd.factorize(flows["interface_id"])
    ends, addresses = pd.factorize(flows[end])
    # Each pair is one number: a MultiIndex of 500,000 pairs costs a second.
    owner = ids.get_indexer(pd.Index(own["interface_id"]))
    address = addresses.get_indexer(pd.Index(own["addresses"]))
    pairs = (owner * len(addresses) + address)[(owner >= 0) & (address >= 0)]
    found: NDArray[np.bool_] = (at >= 0) & (ends >= 0)
    return found & np.isin(at * len(addresses) + ends, pairs)


def known_replies(flows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are answers: by column `reply`, else none is known to be."""
    if "reply" not in flows:
        return np.zeros(len(flows), dtype=bool)
    return flows["reply"].astype("boolean").fillna(False).to_numpy(dtype=bool)


def _by_group(
    flows: pd.DataFrame, interfaces: pd.DataFrame, address: Ints, reply: NDArray[np.bool_]
) -> tuple[dict[str, slice], Ints]:
    """The rows of each group, by address: slices, and what they are slices of."""
    rows = pd.DataFrame(
        {
            "row": np.arange(len(flows)),
            "interface_id": flows["interface_id"].array,
            "at": pd.to_datetime(flows["first"], utc=True).array,
        }
    )
    own = pd.Series(None, index=rows.index, dtype="object")
    if "security_group_ids" in flows:
        own = pd.Series(list(flows["security_group_ids"]), index=rows.index, dtype="object")
    has_groups = (own.str.len() > 0).to_numpy(dtype=bool)
    found = [
        _members(rows[~has_groups & ~reply], interfaces),
        rows[has_groups & ~reply].assign(security_group_id=own).explode("security_group_id"),
    ]
    pairs = pd.concat([part[["row", "security_group_id"]] for part in found])
    pairs = pairs.dropna().drop_duplicates()
    code, groups = pd.factorize(pairs["security_group_id"])
    row = pairs["row"].to_numpy(dtype="int64")
    order = np.lexsort([address[row], code])
    edges = np.searchsorted(code[order], np.arange(len(groups) + 1)).tolist()
    slices = [slice(*pair) for pair in pairwise(edges)]
    return dict(zip(groups.tolist(), slices, strict=True)), row[order]


def _members(rows: pd.DataFrame, interfaces: pd.DataFrame) -> pd.DataFrame:
    """The rows with each group that their interface had at that time."""
    known = shapes(interfaces)[["interface_id", "security_group_ids", "since", "until"]]
    known = known.explode("security_group_ids").dropna(
        subset=["security_group_ids", "interface_id"]
    )
    found = rows.merge(known, on="interface_id")
    held = ~(found["at"] < found["since"]) & ~(found["at"] >= found["until"])
    return found[held].rename(columns={"security_group_ids": "security_group_id"})


def numbers(column: pd.Series[int], missing: int = -1) -> NDArray[np.int64]:
    """A column of whole numbers, with what stands for the missing ones."""
    return pd.to_numeric(column).fillna(missing).to_numpy(dtype="int64")


def _sums(column: pd.Series[int]) -> NDArray[Any]:
    """Sums, exact: as Python's numbers where they do not fit into 64 bits."""
    return column.fillna(0).to_numpy() if column.dtype == object else numbers(column, 0)


def times(column: pd.Series[pd.Timestamp]) -> NDArray[np.datetime64]:
    """A column of times as numpy has them, UTC."""
    moments = pd.to_datetime(column, utc=True).dt.tz_localize(None)
    return moments.to_numpy(dtype="datetime64[us]")
