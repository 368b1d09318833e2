"""How many accepted flows no rule explains, and why that can be.

Sentences that go with the table of rules in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from vpcflow_core.analysis.security_groups.accepted import Accepted, Ints
from vpcflow_core.analysis.security_groups.rules import TCP, UDP, Rule, Sources
from vpcflow_core.units import number_of

# Ports below are the system's (RFC 6335): a service listens there, not a client.
SYSTEM_PORTS = 1024
# Whose connections are answered, and which way; by whether it is about what interfaces sent.
OPENER = {False: "the interface itself", True: "others"}
WAY = {False: "in", True: "out"}
# Things named in one sentence, before it says how many more there are.
NAMED = 5
MATCH = "A flow that several rules let through counts for each of them, and as shared."
BLIND = (
    "Without source ports answers cannot be recognised: a rule open to many ports may also count "
    "answers to connections that the interface itself opened."
)
ICMP = (
    "Flow logs have no ICMP types: rules for ICMP count every ICMP flow but answers to what the "
    "interface sent a second before or more."
)


def unexplained(accepted: Accepted, matched: Ints) -> dict[str, int]:
    """Count the flows that no rule explains.

    Args:
        accepted: The flows.
        matched: How many rules matched each row.

    Returns:
        Flows: `total`; `replies`, known to be answers; `unmatched` of the rest, and of these
        `groupless` (the interface has no known security group), `high_ports` (TCP and UDP, 1024
        and up, where answers arrive) and `other`. The last three add up to `unmatched`.
    """
    grouped = np.zeros(len(matched), dtype=bool)
    grouped[accepted.rows] = True
    left = ~accepted.reply & (matched == 0)
    ports = np.isin(accepted.protocol, (TCP, UDP)) & (accepted.dstport >= SYSTEM_PORTS)
    parts = {
        "total": np.ones(len(matched), dtype=bool),
        "replies": accepted.reply,
        "unmatched": left,
        "groupless": left & ~grouped,
        "high_ports": left & grouped & ports,
        "other": left & grouped & ~ports,
    }
    return {name: int(accepted.flows[rows].sum()) for name, rows in parts.items()}


def sentences(
    counts: Mapping[str, int],
    rules: Sequence[Rule],
    sources: Sources,
    answers_known: bool,
    *,
    egress: bool = False,
) -> tuple[str, ...]:
    """What to know about the table of rules in use.

    Args:
        counts: As `unexplained` gives them.
        rules: All that were looked at.
        sources: Whom they mean.
        answers_known: Whether the flows show which of them are answers.
        egress: Whether it is about what interfaces sent.
    """
    opener = OPENER[egress]
    notes = [MATCH] if rules else []
    if rules and not answers_known:
        notes.append(BLIND)
    if any(rule.protocol_name.startswith("icmp") for rule in rules):
        notes.append(ICMP)
    if counts["replies"]:
        notes.append(
            f"{_share(counts, 'replies', egress)} answer connections that {opener} opened; "
            f"security groups are stateful and let them {WAY[egress]} without a rule."
        )
    return (*notes, *_unmatched(counts, rules, egress), *_unread(rules), *_malformed(sources))


def _unmatched(counts: Mapping[str, int], rules: Sequence[Rule], egress: bool) -> list[str]:
    if not counts["unmatched"]:
        return []
    changed = "rules or groups have changed since, or it answers what the interface itself sent"
    if any(rule.unread for rule in rules):
        changed += ", or a rule that could not be read let it in"
    why = {
        "high_ports": "went to ports from 1024 up, and most likely answer connections that "
        f"{OPENER[egress]} opened",
        "groupless": f"{'left' if egress else 'came to'} interfaces without a known security group "
        "(deleted ones, NAT and transit gateways)",
        "other": f"remain: {changed}",
    }
    reasons = "; ".join(f"{counts[name]:,} {text}" for name, text in why.items() if counts[name])
    return [f"{_share(counts, 'unmatched', egress)} match no rule of the snapshot: {reasons}."]


def _unread(rules: Sequence[Rule]) -> list[str]:
    unread = [f"{rule.rule_id} ({rule.unread})" for rule in rules if rule.unread]
    return [f"Nothing can be said about {_some(unread)}."] if unread else []


def _malformed(sources: Sources) -> list[str]:
    return [
        f"Left out of {name}, as no blocks of addresses: {_some([repr(cidr) for cidr in cidrs])}."
        for name, cidrs in sources.malformed.items()
    ]


def _some(names: Iterable[str]) -> str:
    first, *rest = [list(names)[:NAMED], *list(names)[NAMED:]]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")


def _share(counts: Mapping[str, int], part: str, egress: bool) -> str:
    """`1,234 of the accepted inbound flows (12 %)`; never 0 % of some, nor 100 % of not all."""
    percent = 100 * counts[part] / counts["total"]
    if percent < 1:
        text = "less than 1 %"
    else:
        text = f"{percent if counts[part] == counts['total'] else min(percent, 99):.0f} %"
    way = "outbound" if egress else "inbound"
    return f"{number_of(counts[part], f'accepted {way} flows')} ({text})"
