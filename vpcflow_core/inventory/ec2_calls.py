"""What EC2 is asked for a snapshot, and how its answers become rows.

Tables of data alone: a column is a key of EC2's answer, or a function of one item of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vpcflow_core.inventory import ec2_answers as answers
from vpcflow_core.inventory.ec2_answers import Item, Row
from vpcflow_core.inventory.tables import Kind

Column = str | Callable[[Item], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One question to EC2, with as many answers as it has pages.

    Attributes:
        operation: AWS's name; the permission is `ec2:` and this name.
        result: Key of the answer that holds the items.
        page: Items asked for at a time, the most that EC2 allows; 0: it gives all at once.
        wishes: Further arguments, left out where EC2 does not know them.
        inner: Key of each item that holds the items proper; "" where they are these.
    """

    operation: str
    result: str
    page: int = 1000
    wishes: Mapping[str, Any] = field(default_factory=dict)
    inner: str = ""

    def items(self, page: Mapping[str, Any]) -> Iterator[Item]:
        """The items of a page of its answer."""
        for item in page.get(self.result, ()):
            yield from item.get(self.inner, ()) if self.inner else (item,)

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


INTERFACES = Part(
    "interfaces",
    # Interfaces that a service manages may be hidden unless asked for; they are in the logs.
    Call(
        "DescribeNetworkInterfaces", "NetworkInterfaces", wishes={"IncludeManagedResources": True}
    ),
    {
        "interface_id": "NetworkInterfaceId",
        "name": answers.name,
        "type": answers.interface_type,
        "description": "Description",
        "vpc_id": "VpcId",
        "subnet_id": "SubnetId",
        "instance_id": lambda item: (item.get("Attachment") or {}).get("InstanceId"),
        "owner_id": "OwnerId",
        "requester_id": "RequesterId",
        "addresses": answers.addresses,
        "public_addresses": answers.public_addresses,
        "security_group_ids": lambda item: sorted(g["GroupId"] for g in item.get("Groups", ())),
        "tags": answers.tags,
        "prefixes": lambda item: [p["Ipv6Prefix"] for p in item.get("Ipv6Prefixes", ())],
        "status": "Status",
        "attached": lambda item: answers.moment((item.get("Attachment") or {}).get("AttachTime")),
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
        "tags": answers.tags,
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
        "name": answers.name,
        "vpc_id": "VpcId",
        "cidrs": answers.blocks,
        "az_id": "AvailabilityZoneId",
        "owner_id": "OwnerId",
    },
)
VPCS = Part(
    "vpcs",
    Call("DescribeVpcs", "Vpcs"),
    {"vpc_id": "VpcId", "name": answers.name, "cidrs": answers.blocks, "owner_id": "OwnerId"},
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

INSTANCES = Part(
    "instances",
    Call("DescribeInstances", "Reservations", inner="Instances"),
    {
        "instance_id": "InstanceId",
        "name": answers.name,
        "vpc_id": "VpcId",
        "subnet_id": "SubnetId",
        "state": lambda item: (item.get("State") or {}).get("Name"),
        "launched": lambda item: answers.moment(item.get("LaunchTime")),
        "tags": answers.tags,
    },
)
NAT_GATEWAYS = Part(
    "nat_gateways",
    Call("DescribeNatGateways", "NatGateways"),
    {
        "nat_gateway_id": "NatGatewayId",
        "name": answers.name,
        "vpc_id": "VpcId",
        "subnet_id": "SubnetId",
        "state": "State",
        "connectivity": "ConnectivityType",
        "created": lambda item: answers.moment(item.get("CreateTime")),
        "interface_ids": lambda item: answers.of_nat_gateway(item, "NetworkInterfaceId"),
        "addresses": lambda item: answers.of_nat_gateway(item, "PrivateIp"),
        "public_addresses": lambda item: answers.of_nat_gateway(item, "PublicIp"),
        "tags": answers.tags,
    },
)
VPC_ENDPOINTS = Part(
    "vpc_endpoints",
    Call("DescribeVpcEndpoints", "VpcEndpoints"),
    {
        "vpc_endpoint_id": "VpcEndpointId",
        "name": answers.name,
        "vpc_id": "VpcId",
        "type": "VpcEndpointType",
        "service": "ServiceName",
        "state": "State",
        "created": lambda item: answers.moment(item.get("CreationTimestamp")),
        "subnet_ids": lambda item: sorted(item.get("SubnetIds", ())),
        "route_table_ids": lambda item: sorted(item.get("RouteTableIds", ())),
        "interface_ids": lambda item: sorted(item.get("NetworkInterfaceIds", ())),
        "tags": answers.tags,
    },
)
ELASTIC_IPS = Part(
    "elastic_ips",
    Call("DescribeAddresses", "Addresses", page=0),
    {
        "allocation_id": lambda item: item.get("AllocationId") or item.get("PublicIp"),
        "name": answers.name,
        "address": "PublicIp",
        "interface_id": "NetworkInterfaceId",
        "instance_id": "InstanceId",
        "tags": answers.tags,
    },
)
ROUTE_TABLES = Part(
    "route_tables",
    Call("DescribeRouteTables", "RouteTables", page=100),
    {
        "route_table_id": "RouteTableId",
        "name": answers.name,
        "vpc_id": "VpcId",
        "main": lambda item: any(one.get("Main") for one in item.get("Associations", ())),
        "subnet_ids": lambda item: sorted(
            one["SubnetId"] for one in item.get("Associations", ()) if one.get("SubnetId")
        ),
        "routes": lambda item: sorted(filter(None, map(answers.route, item.get("Routes", ())))),
    },
)
NETWORK_ACLS = Part(
    "network_acls",
    Call("DescribeNetworkAcls", "NetworkAcls"),
    {
        "network_acl_id": "NetworkAclId",
        "name": answers.name,
        "vpc_id": "VpcId",
        "default": lambda item: bool(item.get("IsDefault")),
        "subnet_ids": lambda item: sorted(one["SubnetId"] for one in item.get("Associations", ())),
        "entries": answers.acl_entries,
        "tags": answers.tags,
    },
)

# In the order they are asked; rules come behind the groups they may have to be derived from.
PARTS: tuple[Part, ...] = (
    INTERFACES, SECURITY_GROUPS, RULES, SUBNETS, VPCS, PREFIX_LISTS, FLOW_LOGS,
    INSTANCES, NAT_GATEWAYS, VPC_ENDPOINTS, ELASTIC_IPS, ROUTE_TABLES,
    NETWORK_ACLS,
)  # fmt: skip
