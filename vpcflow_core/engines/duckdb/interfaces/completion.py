"""The SQL that completes records by what is known of their interface.

A column is the record's own, else the snapshot's as of the record's time; `direction` is computed
as docs/decisions/knowledge-of-interfaces.md says. A CASE looks at the records that its branches
have left over, an AND at all: tests that cost something stand in nested CASEs.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass

import pyarrow as pa

from vpcflow_core.engines.duckdb.interfaces.rows import FILLED, FOR_EVER

COMPLETED = (*FILLED, "direction")
# Names under which a question's cursor knows the tables; a person's SQL cannot say them (guard).
INTERFACES, SUBNETS = "known_interfaces", "known_subnets"
NEIGHBOURS, SENDERS = "known_neighbours", "known_senders"
_ENDS = {"srcaddr", "dstaddr"}


def knowable(present: Collection[str], filled: Collection[str]) -> frozenset[str]:
    """The columns of `COMPLETED` that are known of some record, though no record has them.

    Args:
        present: Columns that some record has.
        filled: What snapshots fill, as `InventoryCache.columns` gives it.
    """
    found = set(filled) & set(FILLED) if "interface_id" in present else set()
    computed = "flow_direction" in present or {"interface_id", *_ENDS} <= set(present)
    return frozenset((found | ({"direction"} if computed else set())) - set(present))


def needs_own(names: Collection[str]) -> bool:
    """Whether own addresses decide more directions of records with these columns."""
    located = {"interface_id", *_ENDS} <= set(names)
    # Besides flow-direction they do with the subnet alone: they tell neighbours.
    return located and ("flow_direction" not in names or "subnet_id" in names)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of the interfaces of some days.

    Attributes:
        interfaces: Rows of `known.SCHEMA`, by interface_id and time.
        subnets: Likewise, by `home`.
        neighbours: `home` and `address`: own addresses in subnets whose blocks are unknown.
        senders: `address`: own addresses of interfaces that logged something.
        has_history: Whether an interface has several rows.
        has_partial_octets: Whether a block ends inside an octet.
        has_ipv6: Whether a block is one of IPv6.
        has_secondary_addresses: Whether some interface has `own` addresses.
    """

    interfaces: pa.Table
    subnets: pa.Table
    neighbours: pa.Table
    senders: pa.Table
    has_history: bool
    has_partial_octets: bool
    has_ipv6: bool
    has_secondary_addresses: bool

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names that the SQL calls them."""
        return {
            INTERFACES: self.interfaces,
            SUBNETS: self.subnets,
            NEIGHBOURS: self.neighbours,
            SENDERS: self.senders,
        }


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to the SELECT over some files, whose records are called `r`."""

    columns: dict[str, str]
    joins: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """How a question's relation is completed.

    Attributes:
        facts: What is known.
        wanted: The columns of `COMPLETED` that the question uses.
        once: Whether the receiver's copy of a flow between two interfaces is left out.
    """

    facts: Facts
    wanted: Set[str]
    once: bool = False

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns."""
        known = self._key(names)
        columns = {}
        if known:
            columns = {name: _filled(name, names) for name in FILLED if name in self.wanted}
        joins = [known] if known else []
        located = bool(known) and names >= _ENDS
        if "direction" in self.wanted:
            columns["direction"] = self._direction(names, located)
            if located and len(self.facts.neighbours):
                joins.append(_NEIGHBOURS)
        received = self._received(names, located) if self.once else ""
        if not (columns or received):
            return Added({})
        if received:
            joins.append(f"LEFT JOIN {SENDERS} s ON s.address = r.srcaddr")
        return Added(columns, tuple(joins), f"({received}) IS NOT TRUE" if received else "")

    def _key(self, names: Set[str]) -> str:
        """The join with what is known of the interface, called `k`; "" where there is none."""
        if "interface_id" in names and len(self.facts.interfaces):
            when = "true"
            if self.facts.has_history:
                when = _AS_OF if "start_time" in names else _NEWEST
            return f"LEFT JOIN {INTERFACES} k ON k.interface_id = r.interface_id AND {when}"
        if "interface_id" not in names and "subnet_id" in names and len(self.facts.subnets):
            return f"LEFT JOIN {SUBNETS} k ON k.home = r.subnet_id"
        return ""

    def _direction(self, names: Set[str], located: bool) -> str:
        """The record's own, internal, flow-direction, own addresses; in this order."""
        cases = ["r.direction IS NOT NULL THEN r.direction"] if "direction" in names else []
        if not located:
            return _typed(_case(cases, _by_flow_direction("NULL", names)))
        if len(self.facts.neighbours):
            cases.append("n.address IS NOT NULL THEN 'internal'")
        # The own address lies in the subnet: the peer's address alone decides.
        for own, peer, word in _SIDES:
            inner = [f"{self._in4(peer)} THEN 'internal'"]
            way = _by_flow_direction(f"'{word}'", names)
            cases.append(f"r.{own} = k.own4 THEN {_case(inner, way)}")
        tests = [self._in4, self._in6] if self.facts.has_ipv6 else [self._in4]
        cases += [f"{_both(test('srcaddr'), test('dstaddr'))} THEN 'internal'" for test in tests]
        return _typed(_case(cases, _by_flow_direction(self._by_others(*_WORDS), names)))

    def _received(self, names: Set[str], located: bool) -> str:
        """Whether the record is the second copy of a flow that its sender has logged as well."""
        if not (names >= {"action", *_ENDS}) or not len(self.facts.senders):
            return ""
        if located:
            cases = [f"r.{own} = k.own4 THEN {received}" for own, received in _RECEIVED]
            mine = _case(cases, self._by_others("true", "false"))
            self_sent = f"r.srcaddr = k.own4 OR {_among_others('srcaddr')}"
        elif "flow_direction" in names:
            mine, self_sent = "false", "false"
        else:
            return ""
        by_flow = "CASE r.flow_direction WHEN 'ingress' THEN true WHEN 'egress' THEN false"
        receives = f"{by_flow} ELSE {mine} END" if "flow_direction" in names else mine
        return (
            f"s.address IS NOT NULL AND r.action = 'ACCEPT' AND {receives} "
            f"AND ({self_sent}) IS NOT TRUE"
        )

    def _by_others(self, inbound: str, outbound: str) -> str:
        """A word by secondary and public addresses and those of IPv6."""
        if not self.facts.has_secondary_addresses:
            return "NULL"
        cases = [
            f"{_among_others('dstaddr')} THEN {inbound}",
            f"{_among_others('srcaddr')} THEN {outbound}",
        ]
        return f"CASE WHEN k.own IS NOT NULL THEN {_case(cases, 'NULL')} END"

    def _in4(self, end: str) -> str:
        """Whether an address of IPv4 lies in the interface's subnet."""
        starts = f"starts_with(r.{end}, k.net)"
        if not self.facts.has_partial_octets:
            return starts
        octet = f"TRY_CAST(split_part(r.{end}, '.', k.octet) AS INTEGER) BETWEEN k.low AND k.high"
        return _both(starts, _case(["k.octet IS NULL THEN true"], octet))

    def _in6(self, end: str) -> str:
        return _both(f"contains(r.{end}, ':')", f"starts_with(address_hex(r.{end}), k.net6)")


_AS_OF = "k.since <= r.start_time AND r.start_time < k.until"
_NEWEST = f"k.until = TIMESTAMP '{FOR_EVER}'"
_SIDES = (("dstaddr", "srcaddr", "inbound"), ("srcaddr", "dstaddr", "outbound"))
_WORDS = ("'inbound'", "'outbound'")
_RECEIVED = (("dstaddr", "true"), ("srcaddr", "false"))


def _among_others(end: str) -> str:
    return f"list_contains(k.own, r.{end})"


# The peer of a record: the end that is not the interface's own.
_NEIGHBOURS = f"""LEFT JOIN {NEIGHBOURS} n ON n.home = k.home AND n.address = CASE
    WHEN r.dstaddr = k.own4 THEN r.srcaddr WHEN r.srcaddr = k.own4 THEN r.dstaddr
    WHEN {_among_others("dstaddr")} THEN r.srcaddr WHEN {_among_others("srcaddr")} THEN r.dstaddr
    END"""


def _filled(name: str, names: Set[str]) -> str:
    if name not in names:
        return f"k.{name}"
    if name == "security_group_ids":
        # The collector's word for the groups of an interface that it could not find.
        own = f"r.{name}"
        return f"coalesce(nullif({own}, ['unknown']), k.{name}, {own})"
    return f"coalesce(r.{name}, k.{name})"


def _typed(word: str) -> str:
    """Text even where it is always null."""
    return f"CAST({word} AS VARCHAR)" if word == "NULL" else word


def _both(first: str, second: str) -> str:
    """AND that looks at the second only where the first holds."""
    return f"CASE WHEN {first} THEN {second} ELSE false END"


def _case(cases: list[str], otherwise: str) -> str:
    return (
        f"CASE {' '.join(f'WHEN {case}' for case in cases)} ELSE {otherwise} END"
        if cases
        else otherwise
    )


def _by_flow_direction(otherwise: str, names: Set[str]) -> str:
    if "flow_direction" not in names:
        return otherwise
    return (
        "CASE r.flow_direction WHEN 'ingress' THEN 'inbound' WHEN 'egress' THEN 'outbound' "
        f"ELSE {otherwise} END"
    )
