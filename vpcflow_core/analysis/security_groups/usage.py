"""Which rules of security groups are in use.

That needs the tables of a snapshot, as `vpcflow_core.inventory.tables` describes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.security_groups.accepted import Accepted, Ints
from vpcflow_core.analysis.security_groups.blocks import cover
from vpcflow_core.analysis.security_groups.hostile import NONE_HOSTILE, Hostile
from vpcflow_core.analysis.security_groups.rules import (
    Rule,
    Sources,
    group_members,
    open_rules,
    shapes_of_rules,
)
from vpcflow_core.analysis.security_groups.services import worst
from vpcflow_core.analysis.security_groups.unexplained import sentences, unexplained
from vpcflow_core.analysis.security_groups.versions import FOR_EVER, current

UNEXPLAINED = "unexplained"
MOST_BLOCKS = 10

_COLUMNS = (
    "security_group_id", "group_name", "rule_id", "protocol", "ports", "source", "description",
    "flows", "bytes", "first", "last", "shared", "open", "seen_blocks", "seen_share", "attached",
)  # fmt: skip
_TYPES = {
    "flows": "Int64", "bytes": "Int64", "shared": "Int64", "open": "bool",
    "seen_share": "Float64", "attached": "int64",
}  # fmt: skip


def rules_in_use(
    flows: pd.DataFrame,
    interfaces: pd.DataFrame,
    rules: pd.DataFrame,
    prefix_lists: pd.DataFrame,
    groups: pd.DataFrame,
    hostile: Hostile | None = None,
    *,
    egress: bool = False,
) -> pd.DataFrame:
    """What each inbound rule let in, or each outbound one let out.

    A flow matches a rule of one of its interface's groups if protocol, destination port and source
    address do. Several rules may match a flow: security groups allow what any rule allows, so it
    counts fully for each, and `shared` says how much that is. As EC2 reads rules: ports matter
    for TCP and UDP alone; a referenced group means the private addresses of its interfaces; IPv4
    rules never match IPv6. Flow logs have no ICMP type, so ICMP matches by protocol.

    Security groups are stateful: answers to connections that an interface opened come in without a
    rule. They are left out where `reply` marks them; the dstport of an answer is not read, and may
    be null, which joins their rows.

    Args:
        flows: Accepted flows, inbound and internal, added up: interface_id, srcaddr, protocol
            (number), dstport, flows, bytes, first, last (UTC). Maybe `reply` (bool); maybe
            security_group_ids (list): the interface's groups when the flow was logged, which come
            before those of the table where there are any. What comes from an address of the
            interface itself was sent, and is left out. Each row is judged as things were at its
            `first`: rows must not reach over a change.
        interfaces: Table of snapshots, like the next ones: of several accounts and regions, of
            one moment or with all known shapes (see `versions.shapes`).
        rules: Likewise; outbound ones are left out.
        prefix_lists: Likewise.
        groups: Likewise.
        hostile: Sources that are in no block of `seen_blocks`, for whoever narrows a rule to these
            would let them in.
        egress: Outbound rules instead: flows have dstaddr in place of srcaddr, `source` is where
            a rule lets out to, and answers to what others asked of the interface need no rule.

    Returns:
        One row for each inbound rule that there is, as it is, and for each that is gone but let
        something in, as it was; those that let hostile sources in first, then never matched
        ones, then those open to the world, then by flows. security_group_id, group_name, rule_id,
        protocol (`tcp`, `all`), ports (`443`,
        `1024-65535`, `all`), source, description; flows, bytes, first, last; shared (flows that
        other rules matched too); open (to all of IPv4 or IPv6, alone or with other rules of its
        group); of open ones seen_blocks (at most 10, see `blocks.smallest_blocks`) and seen_share
        (percent of the rule's flows in them), where hostile ones are given also `hostile`, those
        that it let in with what they did; attached (interfaces of the group). A rule about
        which nothing can be said (a word that is no protocol, an unknown prefix list) has null
        counts and comes last. `attrs`: `notes` has sentences, `unexplained` the counts of
        `unexplained`.
    """
    sources = Sources.of(interfaces, prefix_lists, groups)
    read = shapes_of_rules(rules, sources, egress=egress)
    accepted = (Accepted.of_sent if egress else Accepted.of)(flows, interfaces)
    matches = _matches(read, accepted)
    matched = _times_matched(accepted, list(matches.values()))
    shown = _shown(read, rules, matches)
    is_open = open_rules([rule for rule in shown if rule.until == FOR_EVER])
    rows = []
    for rule in shown:
        counts: dict[str, Any] = {}
        if not rule.unread:
            counts = _counted(rule, matches[rule.rule_id], accepted, matched, is_open, hostile)
        rows.append(_description(rule, is_open) | counts)
    members = group_members(current(interfaces, "interface_id"))
    attached = Counter(members["security_group_id"])
    frame = _sorted(_typed(rows, sources.group_names, attached, hostile is not None))
    frame.attrs[UNEXPLAINED] = counts = unexplained(accepted, matched)
    return noted(frame, *sentences(counts, shown, sources, "reply" in flows, egress=egress))


def _matches(read: Sequence[Rule], accepted: Accepted) -> dict[str, Ints]:
    """Rows of flows that each rule matched, in any of its shapes."""
    found: dict[str, Ints] = {}
    for rule in read:
        rows = accepted.matching(rule)
        found[rule.rule_id] = np.union1d(found.get(rule.rule_id, rows), rows)
    return found


def _shown(read: Sequence[Rule], rules: pd.DataFrame, matches: Mapping[str, Ints]) -> list[Rule]:
    """The rules that there are, and those that are gone but let something in; as they were last."""
    now = set(current(rules, "rule_id")["rule_id"])
    last = {rule.rule_id: rule for rule in sorted(read, key=lambda rule: rule.until)}
    return [rule for id, rule in last.items() if id in now or len(matches[id])]


def _times_matched(accepted: Accepted, matches: Sequence[Ints]) -> Ints:
    """How many rules matched each row of flows."""
    matched = np.zeros(len(accepted.flows), dtype="int64")
    for rows in matches:
        matched[rows] += 1
    return matched


def _description(rule: Rule, is_open: Collection[str]) -> dict[str, Any]:
    """What a rule says."""
    return {
        "security_group_id": rule.group_id,
        "rule_id": rule.rule_id,
        "protocol": rule.protocol_name,
        "ports": rule.ports,
        "source": rule.source,
        "description": rule.description,
        "open": rule.rule_id in is_open,
    }


def _counted(
    rule: Rule,
    rows: Ints,
    accepted: Accepted,
    matched: Ints,
    is_open: Collection[str],
    hostile: Hostile | None,
) -> dict[str, Any]:
    """What a rule let in."""
    flows = accepted.flows[rows]
    counts: dict[str, Any] = {
        "flows": flows.sum(),
        "bytes": accepted.bytes[rows].sum(),
        "shared": flows[matched[rows] > 1].sum(),
    }
    if not len(rows):
        return counts
    first, last = np.fmin.reduce(accepted.first[rows]), np.fmax.reduce(accepted.last[rows])
    seen = _seen(rows, accepted, hostile or NONE_HOSTILE) if rule.rule_id in is_open else {}
    return counts | {"first": first, "last": last} | seen


def _seen(rows: Ints, accepted: Accepted, hostile: Hostile) -> dict[str, Any]:
    """The blocks that what came through an open rule came from, without hostile addresses."""
    place, inverse = np.unique(accepted.address[rows], return_inverse=True)
    weights = np.bincount(inverse, accepted.flows[rows]).astype("float64")
    keys = accepted.addresses[place]
    foe = np.isin(keys, hostile.keys)
    blocks, share = cover(keys[~foe], weights[~foe], MOST_BLOCKS)
    return {
        "seen_blocks": ", ".join(blocks),
        "seen_share": 100 * share * weights[~foe].sum() / weights.sum(),
        "hostile": hostile.named(keys[foe], weights[foe]),
    }


def _typed(
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[str, str | None],
    attached: Counter[str],
    with_hostile: bool,
) -> pd.DataFrame:
    """Rows as a table whose columns have one type each, also if it is empty."""
    columns = [*_COLUMNS, *(["hostile"] if with_hostile else [])]
    frame = pd.DataFrame(rows, columns=columns, dtype="object")
    groups = frame["security_group_id"].tolist()
    frame["group_name"] = pd.Series([names.get(group) for group in groups], dtype="object")
    frame["attached"] = [attached[group] for group in groups]
    for name in {"seen_blocks", "hostile"} & set(columns):
        frame[name] = frame[name].where(frame[name].notna(), "")
    for name in ("first", "last"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.as_unit("us")
    wide = any(value >= 2**63 for value in frame["bytes"].dropna())
    return frame.astype(_TYPES | ({"bytes": "object"} if wide else {}))


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """The worst first: what let hostile sources in (SSH before HTTPS), then what nothing used."""
    harmless = frame.get("hostile", pd.Series("", frame.index)).fillna("") == ""
    order = frame.assign(
        never=frame["flows"].isna() * 2 - (frame["flows"] == 0).fillna(False),
        harmless=harmless,
        service=worst(frame).mask(harmless, 0),
    )
    keys = ["harmless", "service", "never", "open", "flows", "security_group_id", "rule_id"]
    order = order.sort_values(keys, ascending=[True, True, True, False, False, True, True])
    return frame.loc[order.index].reset_index(drop=True)
