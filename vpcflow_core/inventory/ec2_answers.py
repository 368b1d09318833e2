"""What is read out of one item of an answer of EC2, for the tables in `ec2_calls`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any

Item = Mapping[str, Any]  # one thing of an answer, as botocore gives it
Row = dict[str, Any]  # one row of a snapshot's table

# An interface's IPv4 prefixes are /28 (EC2 guide, "Assign prefixes to network interfaces"): sixteen
# addresses each. Anything larger is not listed address by address.
_LISTED_BITS = 24
_NOT_ITS_OWN = ("disassociated", "failing", "failed")
# A route has one of each.
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId",
    "NetworkInterfaceId", "InstanceId", "EgressOnlyInternetGatewayId", "LocalGatewayId",
    "CarrierGatewayId", "CoreNetworkArn",
)  # fmt: skip


def tags(item: Item) -> list[str]:
    """Its tags as `key=value`, sorted."""
    found = item.get("TagSet") or item.get("Tags") or ()
    return sorted(f"{tag['Key']}={tag.get('Value', '')}" for tag in found)


def name(item: Item) -> str | None:
    """Its tag Name; None without one, or where it is blank."""
    return next((tag[5:] for tag in tags(item) if tag.startswith("Name=") and tag[5:]), None)


def _distinct(words: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))


def addresses(item: Item) -> list[str]:
    """Own addresses: the primary one, secondary ones, those of IPv4 prefixes, IPv6 ones."""
    own = sorted(item.get("PrivateIpAddresses", ()), key=lambda address: not address.get("Primary"))
    six = sorted(
        item.get("Ipv6Addresses", ()), key=lambda address: not address.get("IsPrimaryIpv6")
    )
    return _distinct(
        [
            item.get("PrivateIpAddress"),
            *(address.get("PrivateIpAddress") for address in own),
            *(a for prefix in item.get("Ipv4Prefixes", ()) for a in _inside(prefix["Ipv4Prefix"])),
            *(address.get("Ipv6Address") for address in six),
        ]
    )


def _inside(prefix: str) -> Iterator[str]:
    block = IPv4Network(prefix)
    return map(str, block if block.prefixlen >= _LISTED_BITS else ())


def public_addresses(item: Item) -> list[str]:
    """The public addresses of an interface, those of carriers too."""
    holders = [item, *item.get("PrivateIpAddresses", ())]
    found = [holder.get("Association") or {} for holder in holders]
    return _distinct(one.get(key) for one in found for key in ("PublicIp", "CarrierIp"))


def interface_type(item: Item) -> str | None:
    """The interface's type in one way of writing: EC2 has `natGateway` beside `load_balancer`.

    >>> interface_type({"InterfaceType": "natGateway"})
    'nat_gateway'
    >>> interface_type({"InterfaceType": "efa-only"})
    'efa_only'
    """
    word = item.get("InterfaceType")
    return re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", word).lower() if word else None


def blocks(item: Item) -> list[str]:
    """The blocks of a subnet or VPC, without those that were taken away."""
    found = [item.get("CidrBlock")]
    for version in ("", "Ipv6"):
        for one in item.get(f"{version}CidrBlockAssociationSet", ()):
            state = (one.get(f"{version}CidrBlockState") or {}).get("State")
            found += [] if state in _NOT_ITS_OWN else [one.get(f"{version}CidrBlock")]
    return _distinct(found)


def moment(time: datetime | None) -> str | None:
    """A time as text, in UTC."""
    return time.astimezone(UTC).isoformat(timespec="seconds") if time else None


def of_nat_gateway(item: Item, key: str) -> list[str]:
    """Something of each address of a NAT gateway, the primary one first."""
    found = sorted(item.get("NatGatewayAddresses", ()), key=lambda one: not one.get("IsPrimary"))
    return _distinct(one.get(key) for one in found)


def route(item: Item) -> str:
    """A route as `destination target`; "" for one that leads nowhere."""
    ends = [
        next((item[key] for key in keys if item.get(key)), "") for keys in (_DESTINATIONS, _TARGETS)
    ]
    return " ".join(ends) if all(ends) and item.get("State") != "blackhole" else ""


def acl_entries(item: Item) -> list[str]:
    """The entries of a network ACL in the order they are tried: those of each way by number.

    >>> acl_entries({"Entries": [{"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow",
    ...     "Egress": False, "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 1, "To": 99}}]})
    ['in 100 allow 6 1-99 10.0.0.0/8']
    """
    entries = sorted(item.get("Entries", ()), key=lambda one: (one["Egress"], one["RuleNumber"]))
    return [_acl_entry(entry) for entry in entries]


def _acl_entry(entry: Item) -> str:
    block = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock") or ""
    ports, icmp = entry.get("PortRange"), entry.get("IcmpTypeCode")
    extent = "all"
    if ports:
        extent = f"{ports['From']}-{ports['To']}"
    elif icmp:
        extent = f"{icmp.get('Type', -1)}:{icmp.get('Code', -1)}"
    way = "out" if entry["Egress"] else "in"
    number, action, protocol = entry["RuleNumber"], entry["RuleAction"], entry["Protocol"]
    return f"{way} {number} {action} {protocol} {extent} {block}"


# Where a security group of DescribeSecurityGroups names the other end of its rules: the list of a
# permission, the key of its items, and the column of `rules` it belongs to.
_ENDS = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr"),
    ("PrefixListIds", "PrefixListId", "prefix_list_id"),
    ("UserIdGroupPairs", "GroupId", "referenced_group_id"),
)


def rules_of(group: Item) -> Iterator[Row]:
    """The rules of a security group as DescribeSecurityGroups lists them.

    They carry no id there; theirs is made of what they say, so that it stays the same.
    """
    for egress, key in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
        for permission in group.get(key, ()):
            for ends, name, column in _ENDS:
                for end in permission.get(ends, ()):
                    yield _rule(group, permission, egress, column, end[name], end)


def _rule(group: Item, permission: Item, egress: bool, column: str, value: str, end: Item) -> Row:
    ports = permission.get("FromPort"), permission.get("ToPort")
    way = "egress" if egress else "ingress"
    words = (group["GroupId"], way, permission["IpProtocol"], *ports, value)
    return {
        "rule_id": "/".join("-" if word is None else str(word) for word in words),
        "security_group_id": group["GroupId"],
        "egress": egress,
        "protocol": permission["IpProtocol"],
        "from_port": ports[0],
        "to_port": ports[1],
        column: value,
        "description": end.get("Description"),
    }
