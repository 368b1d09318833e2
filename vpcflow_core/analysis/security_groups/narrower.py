"""The narrowest set of rules that would have let through the same, hostile sources apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal

import numpy as np
import pandas as pd

from vpcflow_core.analysis.security_groups.accepted import Accepted, Ints
from vpcflow_core.analysis.security_groups.blocks import cover
from vpcflow_core.analysis.security_groups.hostile import NONE_HOSTILE, Hostile
from vpcflow_core.analysis.security_groups.replay import WAY
from vpcflow_core.analysis.security_groups.rules import (
    ALL,
    TCP,
    UDP,
    Rule,
    Sources,
    group_members,
    open_rules,
    shapes_of_rules,
)
from vpcflow_core.analysis.security_groups.versions import FOR_EVER, current

Change = Literal["narrow", "remove", "keep"]
# An open rule is narrowed to at most this many blocks, none wider than these: what comes from more
# places than that is open on purpose.
MOST_BLOCKS = 10
WIDEST = {4: 16, 6: 32}
# A rule for many ports is narrowed to the ports used, if there are no more than these.
MOST_PORTS = 10
# Rules that one may become; EC2 allows a group 60 of each way.
MOST_RULES = 30
COLUMNS = (
    "change", "security_group_id", "group_name", "way", "protocol", "ports", "source", "flows",
    "why", "description", "rule_id", "egress", "from_port", "to_port", "cidr", "prefix_list_id",
    "referenced_group_id",
)  # fmt: skip
ENDS = ("cidr", "prefix_list_id", "referenced_group_id")
# Protocols that have ports, or types, as EC2 calls them.
_WORDS = {TCP: "tcp", UDP: "udp", 1: "icmp", 58: "icmpv6"}
_ORDER: tuple[Change, ...] = ("narrow", "remove", "keep")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a rule let through: distinct ports, and who.

    Attributes:
        rule: Which.
        accepted: All flows.
        rows: Those that it let through.
        foe: Which of these belong to hostile sources.
    """

    rule: Rule
    accepted: Accepted
    rows: Ints
    foe: np.ndarray

    @property
    def flows(self) -> int:
        """How many."""
        return int(self.accepted.flows[self.rows].sum())

    def services(self) -> list[tuple[int, int]]:
        """Protocols and ports that others than hostile sources used; -1 where there is none."""
        rows = self.rows[~self.foe]
        protocols = self.accepted.protocol[rows]
        ports = np.where(np.isin(protocols, (TCP, UDP)), self.accepted.dstport[rows], ALL)
        pairs = np.unique(np.column_stack([protocols, ports]), axis=0)
        return [(int(protocol), int(port)) for protocol, port in pairs.tolist()]

    def blocks(self, service: tuple[int, int] | None) -> list[str]:
        """Blocks of those that used a service, or any; none if they are all over."""
        rows = self.rows[~self.foe]
        if service is not None:
            rows = rows[self.accepted.protocol[rows] == service[0]]
            if service[1] != ALL:
                rows = rows[self.accepted.dstport[rows] == service[1]]
        place, inverse = np.unique(self.accepted.address[rows], return_inverse=True)
        weights = np.bincount(inverse, self.accepted.flows[rows]).astype("float64")
        blocks, share = cover(self.accepted.addresses[place], weights, MOST_BLOCKS)
        read = [ip_network(block) for block in blocks]
        narrow = all(block.prefixlen >= WIDEST[block.version] for block in read)
        return sorted(blocks) if share == 1 and narrow else []


def narrower_rules(
    flows: pd.DataFrame,
    interfaces: pd.DataFrame,
    rules: pd.DataFrame,
    prefix_lists: pd.DataFrame,
    groups: pd.DataFrame,
    hostile: Hostile = NONE_HOSTILE,
    *,
    egress: bool = False,
) -> pd.DataFrame:
    """What the rules there are could be narrowed to, by what they let through.

    * A rule that let nothing through is removed, if its group's interfaces had any traffic of this
      way; one that let only hostile sources through, too.
    * One for several ports becomes one for each port used, if there are at most ten.
    * One that is open to the world becomes one for each block seen, hostile sources left out, if
      ten blocks hold all, none wider than /16 (/32 of IPv6).
    * All others are kept, and `why` says the reason.

    Args:
        flows: As `rules_in_use` takes them, like all others.
        interfaces: Likewise.
        rules: Likewise.
        prefix_lists: Likewise.
        groups: Likewise.
        hostile: Sources that no narrower rule is to let in.
        egress: Outbound flows and rules instead.

    Returns:
        One row for each rule of the narrower set, and for each that is removed; what changes
        first: change (`narrow`, `remove`, `keep`), security_group_id, group_name, way (`in`,
        `out`), protocol, ports and source as people read them, flows (of the rule that there is),
        why, description, rule_id (of the rule that there is); egress, from_port, to_port, cidr,
        prefix_list_id, referenced_group_id: the rule itself, as tables of snapshots have it.
    """
    sources = Sources.of(interfaces, prefix_lists, groups)
    there = _there(rules, sources, egress=egress)
    accepted = (Accepted.of_sent if egress else Accepted.of)(flows, interfaces)
    attached = set(group_members(current(interfaces, "interface_id"))["security_group_id"])
    is_open = open_rules([rule for rule, _ in there])
    foes = np.isin(accepted.addresses, hostile.keys)
    found = []
    for rule, row in there:
        rows = accepted.matching(rule)
        seen = _Seen(rule, accepted, rows, foes[accepted.address[rows]])
        reason = _kept(rule, accepted, attached)
        made = [("keep", reason, row)] if reason else _narrowed(seen, row, rule.rule_id in is_open)
        base = _base(seen, sources, egress=egress)
        found += [base | _said(new, sources) | {"change": c, "why": why} for c, why, new in made]
    return _table(found)


def _there(
    rules: pd.DataFrame, sources: Sources, *, egress: bool
) -> list[tuple[Rule, Mapping[Any, Any]]]:
    """The rules that there are, as read and as snapshots have them."""
    rows = {str(row["rule_id"]): row for row in current(rules, "rule_id").to_dict("records")}
    return [
        (rule, rows[rule.rule_id])
        for rule in shapes_of_rules(rules, sources, egress=egress)
        if rule.until == FOR_EVER and rule.rule_id in rows
    ]


def _base(seen: _Seen, sources: Sources, *, egress: bool) -> dict[str, Any]:
    """What all rules that a rule becomes have of it."""
    rule = seen.rule
    return {
        "security_group_id": rule.group_id,
        "group_name": sources.group_names.get(rule.group_id),
        "way": WAY[egress],
        "flows": None if rule.unread else seen.flows,
        "rule_id": rule.rule_id,
        "description": rule.description,
        "egress": egress,
    }


def _kept(rule: Rule, accepted: Accepted, attached: set[str]) -> str:
    """Why nothing can be said about a rule, if so."""
    if rule.unread:
        return f"it cannot be judged: {rule.unread}"
    if rule.group_id not in attached:
        return "its group is attached to nothing"
    known = accepted.groups.get(rule.group_id)
    if known is None or known.stop == known.start:
        return "no traffic of its group's interfaces: maybe no flow log watches them"
    return ""


def _narrowed(
    seen: _Seen, row: Mapping[Any, Any], is_open: bool
) -> Iterator[tuple[Change, str, Mapping[Any, Any]]]:
    """What a rule becomes."""
    if not len(seen.rows):
        yield "remove", "it let nothing through", row
        return
    if seen.foe.all():
        yield (
            "remove",
            "only sources that scanned, were refused often or are watched came through it",
            row,
        )
        return
    services = _services(seen)
    made = [
        new for service in services or (None,) for new in _with_blocks(seen, row, service, is_open)
    ]
    if len(made) > MOST_RULES:
        yield "keep", f"it would become {len(made)} rules", row
        return
    reasons = []
    if services:
        reasons.append(_used(services))
    if is_open and any(new.get("cidr") != row.get("cidr") for new in made):
        reasons.append("these blocks alone came through it")
    if not reasons:
        why = "it is used from all over" if is_open else "it is used"
        yield "keep", why, row
        return
    for new in made:
        yield "narrow", ", ".join(reasons), new


def _used(services: Sequence[tuple[int, int]]) -> str:
    """What is used of a rule.

    >>> _used([(6, 443)]), _used([(6, 443), (17, 53)]), _used([(1, -1)]), _used([(1, -1), (6, 22)])
    ('1 port is used', '2 ports are used', '1 protocol is used', '2 protocols and ports are used')
    """
    count = len(services)
    without = sum(port == ALL for _, port in services)
    word = "port" if not without else "protocol" if without == count else "protocols and port"
    return f"1 {word} is used" if count == 1 else f"{count} {word}s are used"


def _services(seen: _Seen) -> list[tuple[int, int]]:
    """Protocols and ports that a rule for several becomes; none if it stays as it is."""
    rule = seen.rule
    one_port = rule.protocol in (TCP, UDP) and rule.first_port == rule.last_port
    if one_port or rule.protocol not in (ALL, TCP, UDP):
        return []
    found = seen.services()
    unclear = any(p == ALL or (p in (TCP, UDP) and port == ALL) for p, port in found)
    return [] if unclear or len(found) > MOST_PORTS else found


def _with_blocks(
    seen: _Seen, row: Mapping[Any, Any], service: tuple[int, int] | None, is_open: bool
) -> Iterator[dict[str, Any]]:
    """A rule for one service, once for each block that used it if it is open."""
    new = dict(row)
    if service is not None:
        protocol, port = service
        new["protocol"] = _WORDS.get(protocol, str(protocol))
        new["from_port"] = new["to_port"] = port if protocol in _WORDS else None
    blocks = seen.blocks(service) if is_open and row.get("cidr") else []
    if not blocks:
        yield new
    for block in blocks:
        yield {**new, "cidr": block}


def _said(row: Mapping[Any, Any], sources: Sources) -> dict[str, Any]:
    """A rule as tables have it, and as people read it."""
    names = (*ENDS, "protocol", "from_port", "to_port")
    texts = {name: None if pd.isna(row.get(name)) else row.get(name) for name in names}
    low, high = texts["from_port"], texts["to_port"]
    whole = low is None or high is None or (int(low), int(high)) in ((0, 65535), (ALL, ALL))
    return texts | {
        "protocol": "all" if str(texts["protocol"]) == str(ALL) else str(texts["protocol"]),
        "ports": "all" if whole else f"{low}" if low == high else f"{low}-{high}",
        "source": sources.named({name: texts[name] and str(texts[name]) for name in ENDS}),
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")
    frame = frame.astype({"flows": "Int64", "from_port": "Int64", "to_port": "Int64"})
    frame = frame.astype({"egress": "bool"})
    rank = frame["change"].map({name: at for at, name in enumerate(_ORDER)})
    keys = ["rank", "flows", "security_group_id", "rule_id", "from_port", "cidr"]
    order = frame.assign(rank=rank).sort_values(keys, ascending=[True, False, *[True] * 4])
    return frame.loc[order.index].reset_index(drop=True)
