"""Why connections were refused, as far as groups, network ACLs and the logs themselves say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.analysis.security_groups.accepted import (
    Accepted,
    Ints,
    during,
    numbers,
    own_ends,
    times,
)
from vpcflow_core.analysis.security_groups.acls import (
    TYPED,
    UNKNOWN,
    Entry,
    Flags,
    Packets,
    deciding,
)
from vpcflow_core.analysis.security_groups.address_keys import span_of
from vpcflow_core.analysis.security_groups.rules import (
    ICMP,
    TCP,
    Held,
    Rule,
    Sources,
    shapes_of_rules,
)
from vpcflow_core.analysis.security_groups.versions import newest, shapes
from vpcflow_core.inventory.tables import Kind

NONE = -1
WITHIN = -3  # the other end is in the subnet: no network ACL is met
WORLD = tuple(Held((span,)) for span in map(span_of, ("0.0.0.0/0", "::/0")) if span)
# Causes, and what each means.
NO_RULE, ACL, WAY_BACK, LATE = "no rule", "network ACL", "network ACL, way back", "late packet"
BPA, ENCRYPTION, NOT_KNOWN = "Block Public Access", "encryption controls", "not known"
REASONS = {"BPA": BPA, "EC": ENCRYPTION}
# Why nothing is known.
NO_INTERFACE = "No snapshot of EC2 shows the interface at that time."
NO_WAY = (
    "Neither end is an address of the interface, and the logs lack flow-direction: it is not known "
    "which way the packet went."
)
NO_ACL = (
    "Its groups do not refuse it, and no snapshot has the network ACL of the subnet at that time "
    "(ec2:DescribeNetworkAcls)."
)
ICMP_TYPE = (
    "It hangs on the type of ICMP: rules or entries are for some types alone, and flow logs do not "
    "have them."
)
UNREAD = "A rule that could let it through cannot be read (an unknown prefix list or group)."
STRAY = (
    "Its packets open no connection (no SYN), and no rule lets them through: packets of a "
    "connection that ended or began outside of the range, or a scan."
)
NO_GROUP = (
    "The interface has no security group, and the network ACL lets it through: NAT gateways and "
    "load balancers themselves refuse what belongs to no connection."
)
LET_THROUGH = (
    "Groups and network ACL, as snapshots have them, let it through: they were changed between two "
    "snapshots, or the packet came after the end of a connection that is not in the range."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Why each row was refused.

    Attributes:
        rows: The refused rows with `way` (`in`, `out`, or ""), `peer`, `cause`, `unknown` (why
            nothing is known, or ""), `answer` (whether the other way was let through before),
            `port` (of the service), `late` (whether the connection itself was seen).
        rule: Place of the nearest rule in `rules`: for the same ports, from elsewhere; -1: none.
        entry: Place in `entries` of the entry that refuses; -1: none does.
        missing: Whether no rule of the groups lets it through.
        rules, entries: What the places mean.
    """

    rows: pd.DataFrame
    rule: Ints
    entry: Ints
    missing: Flags
    rules: list[Rule]
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class _Groups:
    """What the groups of the interfaces say of each row: places of rules, or whether."""

    lets: Ints
    near: Ints
    typed: Flags
    unread: Flags
    grouped: Flags
    rules: list[Rule]


def judged(refused: pd.DataFrame, known: Mapping[Kind, pd.DataFrame]) -> Judged:
    """Find out why each row was refused.

    A packet that comes in meets the network ACL of the subnet first and then the groups; one that
    goes out meets them the other way round; within a subnet there is no network ACL. Groups let
    answers through whatever their rules say, network ACLs do not.

    Args:
        refused: As `query.connections.refused.refused_for` gives it; rows must not reach over a
            change of the tables.
        known: Tables of snapshots: interfaces, rules, security_groups, prefix_lists, subnets,
            network_acls; of one moment or with all known shapes.
    """
    rows = with_ways(refused.reset_index(drop=True), known["interfaces"])
    at = times(rows["first"])
    egress = (rows["way"] == "out").to_numpy(dtype=bool)
    groups = _by_groups(rows, egress, known)
    entries, decided = by_acls(rows, egress, at, known)
    refusing = np.array([not entry.allows for entry in entries] + [False, False])
    denied = (decided >= 0) & refusing[np.where(decided >= 0, decided, UNKNOWN)]
    answer = _answers(rows)
    causes, unknown = _causes(rows, groups, decided, denied, answer, _present(rows, at, known))
    port = np.where(answer, numbers(rows["srcport"]), numbers(rows["dstport"]))
    seen = answer | _before(rows, "same")
    rows = rows.assign(cause=causes, unknown=unknown, answer=answer, port=port, late=seen)
    missing = groups.grouped & (groups.lets == NONE) & ~answer & ~groups.typed & ~groups.unread
    return Judged(
        rows, groups.near, np.where(denied, decided, NONE), missing, groups.rules, entries
    )


def with_ways(rows: pd.DataFrame, interfaces: pd.DataFrame) -> pd.DataFrame:
    """With the way that each packet went at its interface, and the other end."""
    source, target = (own_ends(rows, interfaces, name) for name in ("srcaddr", "dstaddr"))
    said = _words(rows["flow_direction"], {"ingress": "in", "egress": "out"})
    way = np.select([target, source], ["in", "out"], said)
    peer = rows["srcaddr"].where(way != "out", rows["dstaddr"])
    return rows.assign(way=way, peer=peer)


def _words(column: pd.Series[str], words: Mapping[Any, str]) -> NDArray[np.object_]:
    """What stands for each value; "" for others."""
    return np.array([words.get(value, "") for value in column], dtype=object)


def _present(rows: pd.DataFrame, at: Any, known: Mapping[Kind, pd.DataFrame]) -> Flags:
    """Whether a snapshot shows the interface at that time."""
    table = shapes(known["interfaces"])[["interface_id", "since", "until"]]
    ids = rows["interface_id"].to_numpy(dtype=object)
    found = np.zeros(len(rows), dtype=bool)
    for id, part in table[table["interface_id"].isin(set(ids))].groupby("interface_id"):
        here = np.flatnonzero(ids == id)
        for since, until in zip(part["since"], part["until"], strict=True):
            found[here] |= during(at[here], since, until)
    return found


def _before(rows: pd.DataFrame, side: str) -> Flags:
    """Whether the connection was let through that way when the refused packet came."""
    since = pd.to_datetime(rows[f"{side}_since"], utc=True)
    return (since <= pd.to_datetime(rows["first"], utc=True)).to_numpy(dtype=bool)


def _answers(rows: pd.DataFrame) -> Flags:
    """Whether the other end opened the connection that a packet belongs to.

    Where both ways were let through, who spoke first opened it; of one moment, the end of the lower
    port serves. A SYN alone answers nothing.
    """
    back, same = (pd.to_datetime(rows[f"{side}_since"], utc=True) for side in ("back", "same"))
    lower = numbers(rows["srcport"]) < numbers(rows["dstport"])
    theirs = same.isna() | (back < same) | ((back == same) & lower)
    opens = numbers(rows["opens"], 0) > 0
    found: Flags = _before(rows, "back") & theirs.to_numpy(dtype=bool) & ~opens
    return found


def _by_groups(rows: pd.DataFrame, egress: Flags, known: Mapping[Kind, pd.DataFrame]) -> _Groups:
    sources = Sources.of(known["interfaces"], known["prefix_lists"], known["security_groups"])
    lets, near = np.full((2, len(rows)), NONE, dtype="int64")
    typed, unread, grouped = np.zeros((3, len(rows)), dtype=bool)
    rules: list[Rule] = []
    for out in (False, True):
        here = np.flatnonzero((egress == out) & (rows["way"] != "").to_numpy(dtype=bool))
        part = rows.iloc[here]
        laid = Accepted.of_all(part.assign(srcaddr=part["peer"]), known["interfaces"])
        grouped[here[laid.rows]] = True
        for rule in shapes_of_rules(known["rules"], sources, egress=out):
            around = here[laid.matching(replace(rule, unread="", sources=_anywhere(rule)))]
            if rule.unread:
                unread[around] = True
            elif rule.protocol in ICMP and rule.ports != "all":
                typed[here[laid.matching(rule)]] = True
            else:
                near[around[near[around] == NONE]] = len(rules)
                lets[here[laid.matching(rule)]] = len(rules)
            rules.append(rule)
    return _Groups(lets, near, typed, unread, grouped, rules)


def _anywhere(rule: Rule) -> tuple[Held, ...]:
    """All addresses, for the time that the rule held."""
    since = min((held.since for held in rule.sources), default=WORLD[0].since)
    return tuple(held.within(since, rule.until) for held in WORLD)


def by_acls(
    rows: pd.DataFrame, egress: Flags, at: Any, known: Mapping[Kind, pd.DataFrame]
) -> tuple[list[Entry], Ints]:
    """The entry that decides about each row; `WITHIN` where the other end is in the subnet."""
    interfaces = newest(known["interfaces"], "interface_id").set_index("interface_id")
    subnet = _words(rows["interface_id"], dict(interfaces["subnet_id"].dropna().items()))
    packets = Packets(
        subnet, egress, rows["peer"], numbers(rows["protocol"]), numbers(rows["dstport"]), at
    )
    entries, decided = deciding(known["network_acls"], packets)
    blocks = newest(known["subnets"], "subnet_id")
    for id, cidrs in zip(blocks["subnet_id"], blocks["cidrs"], strict=True):
        for cidr in cidrs:
            decided[(subnet == id) & packets.inside(span_of(cidr))] = WITHIN
    return entries, decided


def _causes(
    rows: pd.DataFrame, groups: _Groups, decided: Ints, denied: Flags, answer: Flags, present: Flags
) -> tuple[Any, Any]:
    """The cause of each row, and why it is not known; the first that holds."""
    out = (rows["way"] == "out").to_numpy(dtype=bool)
    reason = _words(rows["reject_reason"], REASONS)
    silent = _opens_nothing(rows)
    same = _before(rows, "same")
    barred = groups.grouped & (groups.lets == NONE) & ~answer
    doubtful = barred & (groups.typed | groups.unread)
    missing = barred & ~doubtful
    stray = missing & silent & ~same
    no_acl = decided == UNKNOWN
    chain: tuple[tuple[Flags, Any, Any], ...] = (
        (reason != "", reason, ""),
        ((rows["way"] == "").to_numpy(dtype=bool) & present, NOT_KNOWN, NO_WAY),
        (~present, NOT_KNOWN, NO_INTERFACE),
        (out & missing & ~stray, NO_RULE, ""),
        (denied & answer, WAY_BACK, ""),
        (denied, ACL, ""),
        (stray, NOT_KNOWN, STRAY),
        (missing, NO_RULE, ""),
        (doubtful & groups.typed, NOT_KNOWN, ICMP_TYPE),
        (doubtful, NOT_KNOWN, UNREAD),
        (decided == TYPED, NOT_KNOWN, ICMP_TYPE),
        (no_acl, NOT_KNOWN, NO_ACL),
        (answer | same, LATE, ""),
        (~groups.grouped, NOT_KNOWN, NO_GROUP),
        (silent, LATE, ""),
    )
    when = [condition for condition, _, _ in chain]
    causes = np.select(when, [cause for _, cause, _ in chain], NOT_KNOWN)
    unknown = np.select(when, [text for _, _, text in chain], LET_THROUGH)
    return causes, unknown


def _opens_nothing(rows: pd.DataFrame) -> Flags:
    """TCP whose flags were logged, and never were SYN alone."""
    tcp = numbers(rows["protocol"]) == TCP
    found: Flags = tcp & (numbers(rows["flagged"], 0) > 0) & (numbers(rows["opens"], 0) == 0)
    return found
