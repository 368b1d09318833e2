"""Rules of security groups, read: what each lets in, and how people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vpcflow_core.analysis.security_groups.address_keys import Span, covers_world, span_of
from vpcflow_core.analysis.security_groups.versions import (
    EVER,
    FOR_EVER,
    begun,
    current,
    newest,
    owners,
    timed,
)
from vpcflow_core.reference.iana import protocol_keyword, protocol_number

ALL = -1
TCP, UDP = 6, 17
# EC2's words where they are not IANA's.
_EC2_WORDS = {ALL: "all", 58: "icmpv6"}
ICMP = (1, 58)


@dataclass(frozen=True, slots=True)
class Held:
    """Addresses that a source meant for some time.

    Attributes:
        spans: The addresses, as keys; they may overlap.
        since, until: From when to when (not included), UTC.
    """

    spans: tuple[Span, ...]
    since: pd.Timestamp = EVER
    until: pd.Timestamp = FOR_EVER

    def within(self, since: pd.Timestamp, until: pd.Timestamp) -> Held:
        """The part of the time that lies in another one."""
        return Held(self.spans, max(self.since, since), min(self.until, until))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, in one of its shapes.

    Attributes:
        rule_id, group_id, description: As EC2 has them.
        protocol: Number; -1 for all.
        protocol_name: As EC2 calls it: `tcp`, `icmpv6`, `all`; IANA's keyword for the others.
        first_port, last_port: Of TCP and UDP; all ports for everything else, as EC2 does.
        sources: The addresses it lets in, or of an outbound one lets out to, each for the time
            that it did.
        ports, source: For people.
        unread: Why nothing can be said about it; empty for nearly all.
        until: When this shape ended, UTC.
    """

    rule_id: str
    group_id: str
    protocol: int
    protocol_name: str
    first_port: int
    last_port: int
    sources: tuple[Held, ...]
    ports: str
    source: str
    description: str | None = None
    unread: str = ""
    until: pd.Timestamp = FOR_EVER

    @property
    def spans(self) -> tuple[Span, ...]:
        """The addresses that it let in last."""
        last = max((held.until for held in self.sources), default=FOR_EVER)
        return tuple(span for held in self.sources if held.until == last for span in held.spans)

    @property
    def open(self) -> bool:
        """Whether it alone lets in the whole IPv4 or IPv6 Internet."""
        return covers_world(self.spans)

    def covers(self, other: Rule) -> bool:
        """Whether it lets in all protocols and ports of another rule of its group."""
        return (
            self.group_id == other.group_id
            and not self.unread
            and self.protocol in (ALL, other.protocol)
            and self.first_port <= other.first_port
            and other.last_port <= self.last_port
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom the sources of rules mean.

    Attributes:
        group_names: Of the known groups.
        members: Private addresses of the interfaces of each group, as keys, and when.
        prefix_names: Of the known prefix lists.
        prefixes: Blocks of each prefix list, as keys, and when; what is no block is left out.
        malformed: What is left out, by prefix list.
    """

    group_names: Mapping[str, str | None]
    members: Mapping[str, tuple[Held, ...]]
    prefix_names: Mapping[str, str | None]
    prefixes: Mapping[str, tuple[Held, ...]]
    malformed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, interfaces: pd.DataFrame, prefix_lists: pd.DataFrame, groups: pd.DataFrame
    ) -> Sources:
        """Facts of the tables, as `timed` reads them."""
        members = owners(interfaces).explode("security_group_ids")
        members = members.rename(columns={"security_group_ids": "key", "addresses": "block"})
        lists = timed(prefix_lists).explode("cidrs")
        lists = lists.rename(columns={"prefix_list_id": "key", "cidrs": "block"})
        now = current(prefix_lists, "prefix_list_id").explode("cidrs").dropna(subset=["cidrs"])
        broken = now[now["cidrs"].map(span_of).isna()]
        return cls(
            _names(newest(groups, "security_group_id"), "security_group_id"),
            _held(members.dropna(subset=["key", "block"])),
            _names(newest(prefix_lists, "prefix_list_id"), "prefix_list_id"),
            _held(lists.dropna(subset=["key", "block"])),
            {
                str(key): tuple(sorted({str(cidr) for cidr in part}))
                for key, part in broken.groupby("prefix_list_id")["cidrs"]
            },
        )

    def held(self, row: Mapping[str, str | None]) -> tuple[tuple[Held, ...], str]:
        """The addresses that a rule's source means, and why if they are unknown."""
        if cidr := row["cidr"]:
            span = span_of(cidr)
            return ((Held((span,)),), "") if span else ((), f"'{cidr}' is no block of addresses")
        if group := row["referenced_group_id"]:
            known = group in self.group_names or group in self.members
            return self.members.get(group, ()), "" if known else f"{group} is not known"
        if prefix := row["prefix_list_id"]:
            return self.prefixes.get(prefix, ()), self._unread_list(prefix)
        return (), "it names no source"

    def _unread_list(self, prefix: str) -> str:
        if prefix not in self.prefix_names:
            return f"the blocks of {prefix} are not known"
        broken = prefix in self.malformed and prefix not in self.prefixes
        return f"no block of {prefix} can be read" if broken else ""

    def named(self, row: Mapping[str, str | None]) -> str:
        """The source for people: `10.0.0.0/8`, `pl-1 (name)`, `sg-1 (name)`."""
        if row["cidr"]:
            return row["cidr"]
        if group := row["referenced_group_id"]:
            return labelled(group, self.group_names)
        return labelled(row["prefix_list_id"] or "", self.prefix_names)


def group_members(interfaces: pd.DataFrame) -> pd.DataFrame:
    """One row for each interface and group of it: security_group_id, interface_id, addresses."""
    columns = interfaces[["security_group_ids", "interface_id", "addresses"]]
    rows = columns.explode("security_group_ids").dropna(subset=columns.columns[:2])
    rows = rows.rename(columns={"security_group_ids": "security_group_id"})
    return rows.drop_duplicates(["security_group_id", "interface_id"], ignore_index=True)


def inbound_rules(rules: pd.DataFrame, sources: Sources) -> list[Rule]:
    """The inbound rules that there are, each once, as they are."""
    return [_read(row, sources) for row in _of_way(current(rules, "rule_id"), egress=False)]


def shapes_of_rules(rules: pd.DataFrame, sources: Sources, *, egress: bool = False) -> list[Rule]:
    """Every shape of every rule of a way, with the time that it held; those that are gone too."""
    held = begun(rules).dropna(subset=["rule_id"]).drop_duplicates(["rule_id", "since"])
    return [_read(row, sources) for row in _of_way(held, egress)]


def _of_way(rules: pd.DataFrame, egress: bool) -> list[dict[Any, Any]]:
    found = rules[rules["egress"].astype(bool) == egress]
    found = found.astype("object").where(found.notna(), None)
    return found.to_dict("records")


def open_rules(rules: Sequence[Rule]) -> set[str]:
    """The rules that open their ports to the world, alone or with others: 0.0.0.0/1, 128.0.0.0/1.

    Rules of one group for the same ports belong together; one that adds nothing is not open.
    """
    found = {rule.rule_id for rule in rules if rule.open}
    by_group: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.rule_id not in found:
            by_group.setdefault(rule.group_id, []).append(rule)
    for rule in (rule for group in by_group.values() for rule in group):
        others = [o for o in by_group[rule.group_id] if o is not rule and o.covers(rule)]
        around = [span for other in others for span in other.spans]
        if covers_world((*rule.spans, *around)) and _adds(rule.spans, around):
            found.add(rule.rule_id)
    return found


def _adds(spans: Sequence[Span], around: Sequence[Span]) -> bool:
    """Whether some addresses do not lie in a wider one of the spans around."""
    return any(
        not any(
            low <= start and end <= high and (low, high) != (start, end) for low, high in around
        )
        for start, end in spans
    )


def labelled(name: str, names: Mapping[str, str | None]) -> str:
    """An id with its name where it has one: `sg-1 (web)`."""
    known = names.get(name)
    return f"{name} ({known})" if known else name


def _read(row: Mapping[Any, Any], sources: Sources) -> Rule:
    texts = {name: str(value) if value else None for name, value in row.items()}
    protocol, name, unread = _protocol(texts["protocol"])
    held, no_source = sources.held(texts)
    since, until = row.get("since") or EVER, row.get("until") or FOR_EVER
    first, last = (_port(row[name]) for name in ("from_port", "to_port"))
    if protocol not in (TCP, UDP) or ALL in (first, last):
        low, high = 0, 65535
    else:
        low, high = first, last
    return Rule(
        rule_id=str(row["rule_id"]),
        group_id=str(row["security_group_id"]),
        protocol=protocol,
        protocol_name=name,
        first_port=low,
        last_port=high,
        sources=tuple(one.within(since, until) for one in held),
        ports=_icmp(first, last) if protocol in ICMP else _ports(low, high),
        source=sources.named(texts),
        description=texts["description"],
        unread=unread or no_source,
        until=until,
    )


def _protocol(word: str | None) -> tuple[int, str, str]:
    """Number and name of a protocol as EC2 has it, and why if there is none."""
    number = ALL if word == str(ALL) else protocol_number(word or "")
    if number is None:
        return ALL, word or "", f"'{word}' is no protocol" if word else "it has no protocol"
    return number, _EC2_WORDS.get(number, protocol_keyword(number).lower()), ""


def _port(value: Any) -> int:
    return int(value) if value is not None else ALL


def _ports(low: int, high: int) -> str:
    if (low, high) == (0, 65535):
        return "all"
    return str(low) if low == high else f"{low}-{high}"


def _icmp(kind: int, code: int) -> str:
    """ICMP has a type and a code where others have ports."""
    if kind == ALL:
        return "all"
    return f"type {kind}" if code == ALL else f"type {kind} code {code}"


def _names(table: pd.DataFrame, key: str) -> dict[str, str | None]:
    names = table["name"].astype("object").where(table["name"].notna(), None)
    return dict(zip(table[key], names, strict=True))


def _held(rows: pd.DataFrame) -> dict[str, tuple[Held, ...]]:
    """What is held by `key`, of the addresses or blocks in `block`, together where at one time."""
    read = {block: span_of(block) for block in rows["block"].unique()}
    found: dict[str, dict[tuple[pd.Timestamp, pd.Timestamp], list[Span]]] = {}
    for key, block, *times in rows[["key", "block", "since", "until"]].itertuples(index=False):
        if (span := read[block]) is not None:
            found.setdefault(key, {}).setdefault((times[0], times[1]), []).append(span)
    return {
        key: tuple(Held(tuple(dict.fromkeys(spans)), *times) for times, spans in parts.items())
        for key, parts in found.items()
    }
