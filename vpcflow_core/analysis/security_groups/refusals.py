"""Refused connections with their reason, alike ones together, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.security_groups.acls import LAST, Entry
from vpcflow_core.analysis.security_groups.rules import Rule, labelled
from vpcflow_core.analysis.security_groups.versions import newest, shapes
from vpcflow_core.analysis.security_groups.why import (
    ACL,
    BPA,
    ENCRYPTION,
    LATE,
    NOT_KNOWN,
    WAY_BACK,
    Judged,
    judged,
)
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.reference.iana import protocol_keyword
from vpcflow_core.units import number_of

COLUMNS = (
    "cause", "why", "interface_id", "way", "peer", "peers", "protocol", "port", "flows", "bytes",
    "first", "last", "missing_rule",
)  # fmt: skip
_KEY = ["cause", "unknown", "rule", "entry", "missing", "interface_id", "way", "protocol", "port"]
# Groups named in one sentence.
_NAMED = 3
_FIXED = {
    BPA: "VPC Block Public Access refused it (reject-reason BPA).",
    ENCRYPTION: "Encryption controls of a VPC endpoint refused it (reject-reason EC).",
}
_ENDED = "It came after its connection, which was let through, had ended."
_PROBABLY_ENDED = (
    "Rules and network ACL let it through, and its packets open no connection (no SYN): they came "
    "after the end of one that began before the range."
)


def why_refused(
    refused: pd.DataFrame, known: Mapping[Kind, pd.DataFrame], top: int | None = None
) -> pd.DataFrame:
    """Refused connections with their reason; see `why.judged` for the arguments.

    Args:
        refused: Refused rows.
        known: Tables of snapshots.
        top: How many rows at most.

    Returns:
        One row for each cause, interface, way, protocol and service port, most flows first:
        `COLUMNS`. `way` is `in` or `out` of the interface; peer the other end with most flows,
        peers how many there are; port that of the service, null without one; missing_rule what a
        rule would have to say, or "". `attrs["notes"]`: how much each cause makes.
    """
    found = judged(refused, known)
    rows = found.rows.assign(rule=found.rule, entry=found.entry, missing=found.missing)
    # The nearest rule and the entry are of no matter but where they are said.
    rows["rule"] = rows["rule"].where(rows["missing"], -1)
    groups = rows.groupby(_KEY, dropna=False, sort=False)
    table = groups.agg(
        peer=("peer", "first"),
        peers=("peer", "nunique"),
        flows=("flows", "sum"),
        bytes=("bytes", "sum"),
        first=("first", "min"),
        last=("last", "max"),
        late=("late", "all"),
    ).reset_index()
    table = table.sort_values(["flows", "last"], ascending=False, kind="stable")
    shown = table.head(len(table) if top is None else top).reset_index(drop=True)
    held = _Held(known)
    words = [_sentences(row, found, held) for row in shown.to_dict("records")]
    shown["why"] = pd.Series([why for why, _ in words], dtype="object")
    shown["missing_rule"] = pd.Series([rule for _, rule in words], dtype="object")
    shown = shown.astype({"flows": "int64", "peers": "int64", "port": "Int64"})
    shown["port"] = shown["port"].where(shown["port"] >= 0)
    return noted(shown[list(COLUMNS)], *_shares(table))


def _shares(table: pd.DataFrame) -> list[str]:
    """How much of what was refused each cause makes, the largest first."""
    total = table["flows"].sum()
    if not total:
        return []
    sums = table.groupby("cause")["flows"].sum().sort_values(ascending=False, kind="stable")
    words = [f"{cause}: {int(count):,} ({_percent(count, total)})" for cause, count in sums.items()]
    return [f"Of {number_of(int(total), 'refused flows')}, by cause: {', '.join(words)}."]


def _percent(count: float, total: float) -> str:
    """Never 0 % of some, nor 100 % of not all."""
    share = 100 * count / total
    if share < 1:
        return "less than 1 %"
    return f"{share if count == total else min(share, 99):.0f} %"


class _Held:
    """The groups that interfaces had at a time, with their names."""

    def __init__(self, known: Mapping[Kind, pd.DataFrame]) -> None:
        groups = newest(known["security_groups"], "security_group_id")
        self.names = dict(zip(groups["security_group_id"], groups["name"], strict=True))
        self._interfaces = shapes(known["interfaces"])

    def groups(self, interface_id: str, at: pd.Timestamp) -> str:
        """`sg-1 (web), sg-2 (base)`."""
        own = self._interfaces[self._interfaces["interface_id"] == interface_id]
        then = own[(own["since"] <= at) & (own["until"] > at)]
        ids = (then if len(then) else own)["security_group_ids"].iloc[-1]
        named = ", ".join(labelled(id, self.names) for id in ids[:_NAMED])
        return named + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")


def _sentences(row: Mapping[Any, Any], found: Judged, held: _Held) -> tuple[str, str]:
    """Why a row was refused, and the rule that is missing."""
    cause, missing = row["cause"], _missing(row) if row["missing"] else ""
    if cause == NOT_KNOWN:
        return row["unknown"], ""
    if cause in _FIXED:
        return _FIXED[cause], ""
    if cause == LATE:
        return (_ENDED if row["late"] else _PROBABLY_ENDED), ""
    also = ""
    if cause in (ACL, WAY_BACK):
        text = _by_entry(found.entries[row["entry"]], back=cause == WAY_BACK)
        also = f" No {_bound(row)} rule of its groups lets it through either." if missing else ""
        return text + also, missing
    if row["entry"] >= 0:
        also = f" {_by_entry(found.entries[row['entry']])}"
    groups = held.groups(row["interface_id"], row["first"])
    near = _near(found.rules[row["rule"]], row["way"] == "out") if row["rule"] >= 0 else ""
    return f"No {_bound(row)} rule of {groups} lets it through.{near}{also}", missing


def _bound(row: Mapping[Any, Any]) -> str:
    return "outbound" if row["way"] == "out" else "inbound"


def _missing(row: Mapping[Any, Any]) -> str:
    """What a rule would have to say: `inbound tcp 22 from 203.0.113.9`."""
    number = row["protocol"]
    protocol = protocol_keyword(int(number)).lower() if pd.notna(number) else "?"
    port = f" {int(row['port'])}" if row["port"] >= 0 else ""
    peer = row["peer"] if row["peers"] == 1 else f"{row['peers']:,} addresses"
    return f"{_bound(row)} {protocol}{port} {'to' if row['way'] == 'out' else 'from'} {peer}"


def _near(rule: Rule, egress: bool) -> str:
    ports = "" if rule.ports == "all" else f" {rule.ports}"
    end = f"{'to' if egress else 'from'} {rule.source}"
    return f" {rule.rule_id} of {rule.group_id} is for {rule.protocol_name}{ports}, but {end}."


def _by_entry(entry: Entry, *, back: bool = False) -> str:
    """What an entry refuses."""
    acl = labelled(entry.acl_id, {entry.acl_id: entry.acl_name})
    way = "outbound" if entry.egress else "inbound"
    if entry.number >= LAST:
        text = f"No {way} entry of {acl} allows it: the last one (*) refuses the rest."
    else:
        text = f"The {way} entry {entry.number} of {acl} refuses {_extent(entry)}."
    if not back:
        return text
    return (
        f"{text} It answers a connection that was let through: network ACLs look at each way alone."
    )


def _extent(entry: Entry) -> str:
    ports = "" if entry.ports == "all" else f" {entry.ports}"
    return f"{entry.protocol_name}{ports} {'to' if entry.egress else 'from'} {entry.block}"
