"""What an event of CloudTrail says in one line: what was changed, and who did it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Ids of what a network is made of.
_ID = re.compile(
    r"(sg|sgr|acl|rtb|igw|eigw|nat|eni|fl|pcx|tgw|tgw-attach|tgw-rtb|vpce|vpc|vpc-bpa-exclude"
    r"|subnet|i|eipalloc|vgw|vpn|cgw|cvpn-endpoint|eice|pl)-[0-9a-f]{8,17}"
)
_ARN = re.compile(r"arn:[\w-]+:(elasticloadbalancing|network-firewall):[^\s]{1,400}")
MOST_IDS = 4
MOST_RULES = 3
LONGEST = 200
# Where a rule's other end stands, in requests old and new and in answers.
_ENDS = (
    "cidrIp", "cidrIpv6", "cidrIpv4", "CidrIpv4", "CidrIpv6", "groupId", "referencedGroupId",
    "ReferencedGroupId", "prefixListId", "PrefixListId",
)  # fmt: skip
_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
_PROTOCOLS = {"-1": "all traffic", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def what(phrase: str, asked: Any, answered: Any) -> str:
    """What was changed.

    Args:
        phrase: What the event is called.
        asked: Its `requestParameters`.
        answered: Its `responseElements`.

    >>> what("Route added", {"routeTableId": "rtb-0123abcd", "destinationCidrBlock": "0.0.0.0/0",
    ...     "natGatewayId": "nat-0123abcd"}, None)
    'Route added: rtb-0123abcd, nat-0123abcd (0.0.0.0/0)'
    """
    details = "; ".join(_details(asked))
    ids = [name for name in _ids(asked, answered) if name not in details]
    named = ", ".join(ids[:MOST_IDS]) + (", ..." if len(ids) > MOST_IDS else "")
    return phrase + (f": {named}" if named else "") + (f" ({details})" if details else "")


def who(identity: Any) -> str:
    """Who asked for it, from `userIdentity`.

    >>> who({"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Ops/ann",
    ...     "invokedBy": "cloudformation.amazonaws.com"})
    'ann as Ops, by cloudformation'
    >>> who({"type": "Root", "accountId": "123456789012"})
    'root'
    """
    if not isinstance(identity, dict):
        return "unknown"
    by = str(identity.get("invokedBy") or "").removesuffix(".amazonaws.com")
    name = _name(identity)
    if not name:
        return by or "unknown"
    return f"{name}, by {by}" if by and by != name else name


def _name(identity: dict[str, Any]) -> str:
    kind = identity.get("type")
    parts = str(identity.get("arn") or "").partition(":assumed-role/")[2].split("/")
    if len(parts) >= 2:
        return f"{parts[-1]} as {parts[0]}"
    if kind == "Root":
        return "root"
    return str(identity.get("userName") or identity.get("arn") or identity.get("accountId") or "")


def note_text(changed: str, by: str) -> str:
    """One line of at most 200 characters; the end of what was changed gives way.

    >>> len(note_text("x" * 300, "ann")), note_text("x" * 300, "ann")[-8:]
    (200, '..., ann')
    """
    by = by[:60]
    room = LONGEST - len(by) - 2
    line = changed if len(changed) <= room else changed[: room - 3] + "..."
    return " ".join(f"{line}, {by}".split())


def named(text: str, names: Mapping[str, str], *, with_ids: bool = False) -> str:
    """A line with names in the place of ids, or before them.

    Args:
        text: What `note_text` made.
        names: Names by id.
        with_ids: Whether ids stay, in parentheses.

    >>> line = "Inbound rule added: sg-0123abcd (tcp 22, 0.0.0.0/0), ann"
    >>> named(line, {"sg-0123abcd": "bastion"})
    'Inbound rule added: bastion (tcp 22, 0.0.0.0/0), ann'
    >>> named(line, {"sg-0123abcd": "bastion"}, with_ids=True)
    'Inbound rule added: bastion (sg-0123abcd) (tcp 22, 0.0.0.0/0), ann'
    """

    def called(found: re.Match[str]) -> str:
        name = names.get(found[0])
        if not name:
            return found[0]
        return f"{name} ({found[0]})" if with_ids else name

    return _ID.sub(called, text)


def _details(asked: Any) -> Iterator[str]:
    """Rules, entries and destinations of a request."""
    rules = list(_rules(asked))
    yield from dict.fromkeys(rules[:MOST_RULES])
    if len(rules) > MOST_RULES:
        yield f"and {len(rules) - MOST_RULES} more"
    for part in _parts(asked):
        if "ruleNumber" in part:
            yield _entry(part)
        for name in _DESTINATIONS:
            if isinstance(part.get(name), str):
                yield part[name]


def _rules(asked: Any) -> Iterator[str]:
    """Rules of security groups, an end each."""
    for part in _parts(asked):
        protocol = part.get("ipProtocol", part.get("IpProtocol"))
        if protocol is None:
            continue
        first, last = (part.get(a, part.get(a.capitalize())) for a in ("fromPort", "toPort"))
        if first is None and last is None:  # spelled `FromPort` in newer requests
            first, last = part.get("FromPort"), part.get("ToPort")
        traffic = _traffic(protocol, first, last)
        ends = list(dict.fromkeys(_ends(part)))
        yield from (f"{traffic}, {end}" for end in ends)
        if not ends:
            yield traffic


def _entry(part: dict[str, Any]) -> str:
    """An entry of a network ACL."""
    given = part.get("portRange")
    ports: dict[str, Any] = given if isinstance(given, dict) else {}
    way = "outbound" if part.get("egress") else "inbound"
    words = [f"{way} {part['ruleNumber']}"]
    if part.get("ruleAction"):
        words.append(str(part["ruleAction"]))
    if part.get("aclProtocol") is not None:
        words.append(_traffic(part["aclProtocol"], ports.get("from"), ports.get("to")))
    end = part.get("cidrBlock") or part.get("ipv6CidrBlock")
    return " ".join(words) + (f", {end}" if end else "")


def _traffic(protocol: Any, first: Any, last: Any) -> str:
    name = _PROTOCOLS.get(str(protocol), str(protocol))
    if first is None or first == -1 or name == "all traffic":
        return name
    return f"{name} {first}" if first == last or last is None else f"{name} {first}-{last}"


def _ends(rule: dict[str, Any]) -> Iterator[str]:
    for part in _parts(rule):
        yield from (part[name] for name in _ENDS if isinstance(part.get(name), str))


def _ids(*values: Any) -> list[str]:
    """Ids in the order in which they stand, each once."""
    found: dict[str, None] = {}
    for value in values:
        for part in _parts(value):
            for text in part.values():
                if isinstance(text, str) and _ID.fullmatch(text):
                    found[text] = None
                elif isinstance(text, str) and _ARN.fullmatch(text):
                    found[text.split(":", 5)[5]] = None
    return list(found)


def _parts(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """All objects inside of a value, the outer ones first; as deep as requests of EC2 go."""
    if depth > 12:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner, depth + 1)
