"""Rules of security groups, read: what each lets in, and how people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vpcflow_core.analysis.security_groups.address_keys import WORLD, Span, span_of
from vpcflow_core.analysis.security_groups.replies import TCP, UDP
from vpcflow_core.analysis.security_groups.versions import current, newest
from vpcflow_core.reference.iana import protocol_keyword, protocol_number

ALL = -1
# EC2's words where they are not IANA's.
_EC2_WORDS = {ALL: "all", 58: "icmpv6"}
_ICMP = (1, 58)


@dataclass(frozen=True, slots=True)
class Rule:
    """One inbound rule.

    Attributes:
        rule_id, group_id, description: As EC2 has them.
        protocol: Number; -1 for all.
        protocol_name: As EC2 calls it: `tcp`, `icmpv6`, `all`; IANA's keyword for the others.
        first_port, last_port: Of TCP and UDP; all ports for everything else, as EC2 does.
        spans: The addresses it lets in, as keys; they may overlap.
        ports, source: For people.
        unread: Why nothing can be said about it; empty for nearly all.
    """

    rule_id: str
    group_id: str
    protocol: int
    protocol_name: str
    first_port: int
    last_port: int
    spans: tuple[Span, ...]
    ports: str
    source: str
    description: str | None = None
    unread: str = ""

    @property
    def open(self) -> bool:
        """Whether it lets in the whole IPv4 or IPv6 Internet."""
        return any(span in WORLD for span in self.spans)


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom the sources of rules mean.

    Attributes:
        group_names: Of the known groups.
        members: Private addresses of the interfaces of each group, as keys.
        prefix_names: Of the known prefix lists.
        prefixes: Blocks of each prefix list, as keys; what is no block is left out.
        malformed: What is left out, by prefix list.
    """

    group_names: Mapping[str, str | None]
    members: Mapping[str, tuple[Span, ...]]
    prefix_names: Mapping[str, str | None]
    prefixes: Mapping[str, tuple[Span, ...]]
    malformed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, interfaces: pd.DataFrame, prefix_lists: pd.DataFrame, groups: pd.DataFrame
    ) -> Sources:
        """Facts of the tables: the given interfaces, the prefix lists, and all groups."""
        prefix_lists = current(prefix_lists, "prefix_list_id")
        members = group_members(interfaces)[["security_group_id", "addresses"]]
        blocks = prefix_lists[["prefix_list_id", "cidrs"]].explode("cidrs").dropna()
        broken = blocks[blocks["cidrs"].map(span_of).isna()]
        return cls(
            _names(newest(groups, "security_group_id"), "security_group_id"),
            _spans(members.explode("addresses").dropna()),
            _names(prefix_lists, "prefix_list_id"),
            _spans(blocks),
            {
                str(key): tuple(sorted({str(cidr) for cidr in part}))
                for key, part in broken.groupby("prefix_list_id")["cidrs"]
            },
        )

    def spans(self, row: Mapping[str, str | None]) -> tuple[tuple[Span, ...], str]:
        """The addresses that a rule's source means, and why if they are unknown."""
        if cidr := row["cidr"]:
            span = span_of(cidr)
            return ((span,), "") if span else ((), f"'{cidr}' is no block of addresses")
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
    """The inbound rules that there are, each once."""
    rules = current(rules, "rule_id")
    inbound = rules[~rules["egress"].astype(bool)]
    inbound = inbound.astype("object").where(inbound.notna(), None)
    return [_read(row, sources) for row in inbound.to_dict("records")]


def labelled(name: str, names: Mapping[str, str | None]) -> str:
    """An id with its name where it has one: `sg-1 (web)`."""
    known = names.get(name)
    return f"{name} ({known})" if known else name


def _read(row: Mapping[Any, Any], sources: Sources) -> Rule:
    texts = {name: str(value) if value else None for name, value in row.items()}
    protocol, name, unread = _protocol(texts["protocol"])
    spans, no_source = sources.spans(texts)
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
        spans=spans,
        ports=_icmp(first, last) if protocol in _ICMP else _ports(low, high),
        source=sources.named(texts),
        description=texts["description"],
        unread=unread or no_source,
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


def _spans(pairs: pd.DataFrame) -> dict[str, tuple[Span, ...]]:
    """Spans by the first column, of the addresses or blocks in the second."""
    read = {block: span_of(block) for block in pairs.iloc[:, 1].unique()}
    found: dict[str, list[Span]] = {}
    for key, block in zip(pairs.iloc[:, 0], pairs.iloc[:, 1], strict=True):
        if (span := read[block]) is not None:
            found.setdefault(key, []).append(span)
    return {key: tuple(spans) for key, spans in found.items()}
