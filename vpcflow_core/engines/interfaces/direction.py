"""The SQL that decides the direction of a record, and which end of it the interface is.

Seen from the interface that logged the record, called `k`; the record is called `r`. The rules are
those of docs/decisions/knowledge-of-interfaces.md. A CASE looks at the records that its branches
have left over, an AND at all: tests that cost something stand in nested CASEs.
"""

from __future__ import annotations

from collections.abc import Set

from vpcflow_core.engines.interfaces.facts import NEIGHBOURS, Facts

_SIDES = (("dstaddr", "srcaddr", "inbound"), ("srcaddr", "dstaddr", "outbound"))
_WORDS = ("'inbound'", "'outbound'")
_RECEIVED = (("dstaddr", "true"), ("srcaddr", "false"))


def direction(facts: Facts, names: Set[str], located: bool) -> str:
    """The record's own direction, internal, flow-direction, own addresses; in this order.

    Args:
        facts: What is known of interfaces.
        names: Columns of the records.
        located: Whether they have both ends and are joined to their interface.
    """
    cases = ["r.direction IS NOT NULL THEN r.direction"] if "direction" in names else []
    if not located:
        return _typed(_case(cases, _by_flow_direction("NULL", names)))
    if len(facts.neighbours):
        cases.append("n.address IS NOT NULL THEN 'internal'")
    # The own address lies in the subnet: the peer's address alone decides.
    for own, peer, word in _SIDES:
        inner = [f"{_in4(peer, facts)} THEN 'internal'"] if facts.has_ipv4 else []
        way = _by_flow_direction(f"'{word}'", names)
        cases.append(f"r.{own} = k.own4 THEN {_case(inner, way)}")
    inside = (
        [_both(*(_in4(end, facts) for end in ("srcaddr", "dstaddr")))] if facts.has_ipv4 else []
    )
    inside += [_both(_in6("srcaddr"), _in6("dstaddr"))] if facts.has_ipv6 else []
    cases += [f"{test} THEN 'internal'" for test in inside]
    return _typed(_case(cases, _by_flow_direction(_by_others(facts, *_WORDS), names)))


def is_received(facts: Facts, names: Set[str], located: bool) -> str:
    """Whether the interface received the record's packets, and sent them to itself least of all.

    Args:
        facts: What is known of interfaces.
        names: Columns of the records.
        located: Whether they have both ends and are joined to their interface.

    Returns:
        A condition, null where that is not known; "" where it never is.
    """
    received = _received(facts, names, located, "true", "false")
    if not (received and located):
        return received
    own = f"r.srcaddr = k.own4 OR {_among_others('srcaddr')}"
    return f"{received} AND NOT coalesce({own}, false)"


def is_sent(facts: Facts, names: Set[str], located: bool) -> str:
    """Whether the interface sent the record's packets; arguments and answer as `is_received`."""
    return _received(facts, names, located, "false", "true")


def _received(facts: Facts, names: Set[str], located: bool, yes: str, no: str) -> str:
    """One word for records that the interface received, another for those that it sent."""
    mine = ""
    if located:
        words = {"true": yes, "false": no}
        cases = [f"r.{own} = k.own4 THEN {words[received]}" for own, received in _RECEIVED]
        mine = _case(cases, _by_others(facts, yes, no))
    if "flow_direction" not in names:
        return mine
    by_flow = f"CASE r.flow_direction WHEN 'ingress' THEN {yes} WHEN 'egress' THEN {no}"
    return f"{by_flow} ELSE {mine or 'false'} END"


def _by_others(facts: Facts, inbound: str, outbound: str) -> str:
    """A word by secondary and public addresses and those of IPv6."""
    if not facts.has_secondary_addresses:
        return "NULL"
    cases = [
        f"{_among_others('dstaddr')} THEN {inbound}",
        f"{_among_others('srcaddr')} THEN {outbound}",
    ]
    return f"CASE WHEN k.own IS NOT NULL THEN {_case(cases, 'NULL')} END"


def _in4(end: str, facts: Facts) -> str:
    """Whether an address of IPv4 lies in the interface's subnet."""
    starts = f"starts_with(r.{end}, k.net)"
    if not facts.has_partial_octets:
        return starts
    octet = f"TRY_CAST(split_part(r.{end}, '.', k.octet) AS INTEGER) BETWEEN k.low AND k.high"
    return _both(starts, _case(["k.octet IS NULL THEN true"], octet))


def _in6(end: str) -> str:
    return _both(f"strpos(r.{end}, ':') > 0", f"starts_with(address_hex(r.{end}), k.net6)")


def _among_others(end: str) -> str:
    return f"contains(k.own, r.{end})"


# The peer of a record: the end that is not the interface's own.
JOIN_NEIGHBOURS = f"""LEFT JOIN {NEIGHBOURS} n ON n.home = k.home AND n.address = CASE
    WHEN r.dstaddr = k.own4 THEN r.srcaddr WHEN r.srcaddr = k.own4 THEN r.dstaddr
    WHEN {_among_others("dstaddr")} THEN r.srcaddr WHEN {_among_others("srcaddr")} THEN r.dstaddr
    END"""


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
