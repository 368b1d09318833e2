"""What EC2 is asked for a snapshot, and how its answers become rows.

Tables of data alone: a column is a key of EC2's answer, or a function of one item of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from vpcflow_core.inventory.tables import Kind

Item = Mapping[str, Any]  # one thing of an answer, as botocore gives it
Row = dict[str, Any]  # one row of a snapshot's table
Column = str | Callable[[Item], Any]

# An interface's IPv4 prefixes are /28 (EC2 guide, "Assign prefixes to network interfaces"): sixteen
# addresses each. Anything larger is not listed address by address.
_LISTED_BITS = 24
_NOT_ITS_OWN = ("disassociated", "failing", "failed")


@dataclass(frozen=True, slots=True)
class Call:
    """One question to EC2, with as many answers as it has pages.

    Attributes:
        operation: AWS's name; the permission is `ec2:` and this name.
        result: Key of the answer that holds the items.
        page: Items asked for at a time, the most that EC2 allows.
        wishes: Further arguments, left out where EC2 does not know them.
    """

    operation: str
    result: str
    page: int = 1000
    wishes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """The permission it needs."""
        return f"ec2:{self.operation}"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing of a snapshot: what to ask, and what each column holds."""

    kind: Kind
    call: Call
    columns: Mapping[str, Column]


def row(columns: Mapping[str, Column], item: Item) -> Row:
    """An item of an answer as a row.

    >>> row({"vpc_id": "VpcId", "short": lambda item: item["VpcId"][-1]}, {"VpcId": "vpc-7"})
    {'vpc_id': 'vpc-7', 'short': '7'}
    """
    return {
        name: item.get(column) if isinstance(column, str) else column(item)
        for name, column in columns.items()
    }


def _tags(item: Item) -> list[str]:
    tags = item.get("TagSet") or item.get("Tags") or ()
    return sorted(f"{tag['Key']}={tag.get('Value', '')}" for tag in tags)


def _name(item: Item) -> str | None:
    return next((tag[5:] for tag in _tags(item) if tag.startswith("Name=") and tag[5:]), None)


def _distinct(words: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))


def _addresses(item: Item) -> list[str]:
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


def _public_addresses(item: Item) -> list[str]:
    holders = [item, *item.get("PrivateIpAddresses", ())]
    found = [holder.get("Association") or {} for holder in holders]
    return _distinct(one.get(key) for one in found for key in ("PublicIp", "CarrierIp"))


def _type(item: Item) -> str | None:
    """The interface's type in one way of writing: EC2 has `natGateway` beside `load_balancer`.

    >>> _type({"InterfaceType": "natGateway"}), _type({"InterfaceType": "efa-only"})
    ('nat_gateway', 'efa_only')
    """
    word = item.get("InterfaceType")
    return re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", word).lower() if word else None


def _blocks(item: Item) -> list[str]:
    """The blocks of a subnet or VPC, without those that were taken away."""
    found = [item.get("CidrBlock")]
    for version in ("", "Ipv6"):
        for one in item.get(f"{version}CidrBlockAssociationSet", ()):
            state = (one.get(f"{version}CidrBlockState") or {}).get("State")
            found += [] if state in _NOT_ITS_OWN else [one.get(f"{version}CidrBlock")]
    return _distinct(found)


INTERFACES = Part(
    "interfaces",
    # Interfaces that a service manages may be hidden unless asked for; they are in the logs.
    Call(
        "DescribeNetworkInterfaces", "NetworkInterfaces", wishes={"IncludeManagedResources": True}
    ),
    {
        "interface_id": "NetworkInterfaceId",
        "name": _name,
        "type": _type,
        "description": "Description",
        "vpc_id": "VpcId",
        "subnet_id": "SubnetId",
        "instance_id": lambda item: (item.get("Attachment") or {}).get("InstanceId"),
        "owner_id": "OwnerId",
        "requester_id": "RequesterId",
        "addresses": _addresses,
        "public_addresses": _public_addresses,
        "security_group_ids": lambda item: sorted(g["GroupId"] for g in item.get("Groups", ())),
        "tags": _tags,
    },
)
SECURITY_GROUPS = Part(
    "security_groups",
    Call("DescribeSecurityGroups", "SecurityGroups"),
    {
        "security_group_id": "GroupId",
        "name": "GroupName",
        "description": "Description",
        "vpc_id": "VpcId",
        "owner_id": "OwnerId",
        "tags": _tags,
    },
)
RULES = Part(
    "rules",
    Call("DescribeSecurityGroupRules", "SecurityGroupRules"),
    {
        "rule_id": "SecurityGroupRuleId",
        "security_group_id": "GroupId",
        "egress": "IsEgress",
        "protocol": "IpProtocol",
        "from_port": "FromPort",
        "to_port": "ToPort",
        "cidr": lambda item: item.get("CidrIpv4") or item.get("CidrIpv6"),
        "prefix_list_id": "PrefixListId",
        "referenced_group_id": lambda item: (item.get("ReferencedGroupInfo") or {}).get("GroupId"),
        "description": "Description",
    },
)
SUBNETS = Part(
    "subnets",
    Call("DescribeSubnets", "Subnets"),
    {
        "subnet_id": "SubnetId",
        "name": _name,
        "vpc_id": "VpcId",
        "cidrs": _blocks,
        "az_id": "AvailabilityZoneId",
    },
)
VPCS = Part(
    "vpcs", Call("DescribeVpcs", "Vpcs"), {"vpc_id": "VpcId", "name": _name, "cidrs": _blocks}
)
FLOW_LOGS = Part(
    "flow_logs",
    Call("DescribeFlowLogs", "FlowLogs"),
    {
        "flow_log_id": "FlowLogId",
        "resource_id": "ResourceId",
        "status": "FlowLogStatus",
        "traffic": "TrafficType",
        "destination_type": "LogDestinationType",
        "destination": lambda item: item.get("LogDestination") or item.get("LogGroupName"),
        "log_format": "LogFormat",
        "error": lambda item: (
            item.get("DeliverLogsErrorMessage")
            or (item.get("DeliverLogsStatus") == "FAILED" and "delivery failed")
            or None
        ),
    },
)
PREFIX_LISTS = Part(
    "prefix_lists",
    Call("DescribeManagedPrefixLists", "PrefixLists", page=100),
    {"prefix_list_id": "PrefixListId", "name": "PrefixListName"},
)
# Asked for each prefix list; an item is one of its blocks.
ENTRIES = Call("GetManagedPrefixListEntries", "Entries", page=100)

# In the order they are asked; rules come behind the groups they may have to be derived from.
PARTS: tuple[Part, ...] = (
    INTERFACES, SECURITY_GROUPS, RULES, SUBNETS, VPCS, PREFIX_LISTS, FLOW_LOGS,
)  # fmt: skip

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
