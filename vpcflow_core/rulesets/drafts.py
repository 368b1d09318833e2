"""Rules as a text has them, before their groups are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pandas as pd

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.inventory.tables import frame_of
from vpcflow_core.reference.iana import protocol_number

# Where a rule leads from or to: columns of the table of rules.
ENDS = ("cidr", "prefix_list_id", "referenced_group_id")
_ALL = ("-1", "all")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Name:
    """A group that a text names other than by its id.

    Attributes:
        text: Its name in EC2.
    """

    text: str


Group = str | Name


@dataclass(frozen=True, slots=True)
class Draft:
    """One rule of a text.

    Attributes:
        place: Where in the text, for messages.
        group: The group that has it.
        egress: Whether it is outbound.
        protocol: As EC2 has it, or a word for it.
        ports: First and last; None for all.
        end: Column of `ENDS`.
        value: What the rule lets in or out.
        description: The writer's.
    """

    place: str
    group: Group
    egress: bool
    protocol: Any
    ports: tuple[Any, Any]
    end: str
    value: Group
    description: Any = None


def several(
    place: str,
    group: Group,
    egress: bool,
    rule: Mapping[str, Any],
    ends: Mapping[str, Sequence[Group]],
) -> Iterator[Draft]:
    """The rules of one text that names several ends.

    Args:
        place: As `Draft` has it, like the next two.
        group: Likewise.
        egress: Likewise.
        rule: protocol, from_port, to_port, description.
        ends: Values by column of `ENDS`.

    Raises:
        ParameterError: It names no end.
    """
    if not any(ends.values()):
        raise ParameterError(f"{place} names no source or destination.", "Give it one.")
    for end, values in ends.items():
        for value in values:
            ports = rule.get("from_port"), rule.get("to_port")
            described = rule.get("description")
            yield Draft(place, group, egress, rule.get("protocol"), ports, end, value, described)


def table_of(drafts: Iterable[Draft], groups: pd.DataFrame) -> pd.DataFrame:
    """Rules as the table `rules` of snapshots has them, each once.

    Args:
        drafts: The rules.
        groups: Table `security_groups` of snapshots, which names are looked up in.

    Raises:
        ParameterError: A group is not known, or something is no port, block or protocol.
    """
    known = _ids_by_name(groups)
    rows = []
    for draft in drafts:
        group = _id_of(draft.group, known, draft.place)
        value = _id_of(draft.value, known, draft.place)
        first, last = _ports(draft)
        row = {
            "security_group_id": group,
            "egress": draft.egress,
            "protocol": _protocol(draft),
            "from_port": first,
            "to_port": last,
            draft.end: _block(value, draft.place) if draft.end == "cidr" else value,
        }
        id_ = "/".join("-" if word is None else str(word) for word in row.values())
        described = None if draft.description is None else str(draft.description)
        rows.append(row | {"rule_id": id_, "description": described})
    return frame_of("rules", {row["rule_id"]: row for row in rows}.values())


def _ids_by_name(groups: pd.DataFrame) -> dict[str, list[str]]:
    there = groups[~groups["gone"].astype(bool)] if "gone" in groups else groups
    named = there.dropna(subset=["name"])
    return {str(n): sorted(set(ids)) for n, ids in named.groupby("name")["security_group_id"]}


def _id_of(group: Group, known: Mapping[str, list[str]], place: str) -> str:
    if isinstance(group, str):
        return group
    ids = known.get(group.text, [])
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise ParameterError(
            f"{place}: the name '{group.text}' belongs to {', '.join(ids)}.", "Give the id."
        )
    raise ParameterError(
        f"{place}: no security group of the snapshots has the name '{group.text}'.",
        closest(group.text, known) or "Give its id: sg-0123456789abcdef0.",
    )


def _protocol(draft: Draft) -> str:
    word = str(draft.protocol if draft.protocol is not None else "").strip().lower()
    if word in _ALL:
        return _ALL[0]
    if protocol_number(word) is None:
        raise ParameterError(
            f"{draft.place}: '{draft.protocol}' is no protocol.", "Give tcp, udp, icmp, 47 or -1."
        )
    return word


def _ports(draft: Draft) -> tuple[int | None, int | None]:
    first, last = (_whole(port, draft.place) for port in draft.ports)
    if _protocol(draft) == _ALL[0]:
        return None, None
    first, last = (last if first is None else first), (first if last is None else last)
    if first is not None and last is not None and -1 not in (first, last) and first > last:
        raise ParameterError(f"{draft.place}: port {first} is greater than {last}.", "Swap them.")
    return first, last


def _whole(port: Any, place: str) -> int | None:
    if port is None or port == "":
        return None
    text = str(port)
    if text.removeprefix("-").isdecimal() and len(text) <= 5 and -1 <= int(text) <= _LAST_PORT:
        return int(text)
    raise ParameterError(f"{place}: '{port}' is no port.", "Give a number from 0 to 65535.")


def _block(text: str, place: str) -> str:
    try:
        return str(ip_network(str(text).strip(), strict=False))
    except ValueError:
        raise ParameterError(
            f"{place}: '{text}' is no block of addresses.", "Give 10.0.0.0/16 or 2001:db8::/32."
        ) from None


def listed(value: Any, make: Callable[[Any], Group] = str) -> list[Group]:
    """One value, or a list of them, or nothing, as a list."""
    values = value if isinstance(value, list) else [value]
    return [make(one) for one in values if one not in (None, "", False)]
