"""What is known of the network beside its logs: the tables of an EC2 snapshot.

EC2 (enrich/ec2) and the sample give snapshots, the store keeps them, the
engine joins them to flows, and the analysis of security groups reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd

from vpcflow_core.times import EPOCH

# From and to when a thing holds where no other is known: whole years that any time type can hold.
EVER, FOR_EVER = EPOCH, datetime(2200, 1, 1, tzinfo=UTC)

Kind = Literal[
    "interfaces", "security_groups", "rules", "subnets", "vpcs", "prefix_lists", "flow_logs",
    "instances", "nat_gateways", "vpc_endpoints", "elastic_ips", "route_tables", "network_acls",
]  # fmt: skip
# `text` may be null; `texts` is a list, empty where there is nothing; `number` may be null.
Type = Literal["text", "texts", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of thing that a snapshot knows.

    Attributes:
        kind: Its name.
        key: Column that identifies a row within an account and region.
        columns: Type of each column, the key first; `account_id` and `region` come besides.
        doc: One sentence.
    """

    kind: Kind
    key: str
    columns: Mapping[str, Type]
    doc: str


_TABLES = (
    Table(
        "interfaces", "interface_id",
        {
            "interface_id": "text", "name": "text", "type": "text", "description": "text",
            "vpc_id": "text", "subnet_id": "text", "instance_id": "text", "owner_id": "text",
            "requester_id": "text", "addresses": "texts", "public_addresses": "texts",
            "security_group_ids": "texts", "tags": "texts", "prefixes": "texts",
            "status": "text", "attached": "text",
        },
        "Network interfaces: own addresses (primary first, secondary, IPv6), groups, owner; "
        "prefixes of IPv6; `attached` is when, in ISO 8601.",
    ),
    Table(
        "security_groups", "security_group_id",
        {
            "security_group_id": "text", "name": "text", "description": "text", "vpc_id": "text",
            "owner_id": "text", "tags": "texts",
        },
        "Security groups.",
    ),
    Table(
        "rules", "rule_id",
        {
            "rule_id": "text", "security_group_id": "text", "egress": "flag", "protocol": "text",
            "from_port": "number", "to_port": "number", "cidr": "text", "prefix_list_id": "text",
            "referenced_group_id": "text", "description": "text",
        },
        "Rules of security groups: one source or destination each; protocol as EC2 has it "
        "(`tcp`, a number, `-1` for all), ports null or -1 for all.",
    ),
    Table(
        "subnets", "subnet_id",
        {
            "subnet_id": "text", "name": "text", "vpc_id": "text", "cidrs": "texts",
            "az_id": "text", "owner_id": "text",
        },
        "Subnets: their blocks of IPv4 and IPv6.",
    ),
    Table(
        "vpcs", "vpc_id",
        {"vpc_id": "text", "name": "text", "cidrs": "texts", "owner_id": "text"},
        "VPCs: their blocks of IPv4 and IPv6.",
    ),
    Table(
        "prefix_lists", "prefix_list_id",
        {"prefix_list_id": "text", "name": "text", "cidrs": "texts"},
        "Managed prefix lists, with their blocks.",
    ),
    Table(
        "flow_logs", "flow_log_id",
        {
            "flow_log_id": "text", "resource_id": "text", "status": "text", "traffic": "text",
            "destination_type": "text", "destination": "text", "log_format": "text",
            "error": "text",
        },
        "Flow logs: what they watch, where they write, and what went wrong.",
    ),
    Table(
        "instances", "instance_id",
        {
            "instance_id": "text", "name": "text", "vpc_id": "text", "subnet_id": "text",
            "state": "text", "launched": "text", "tags": "texts",
        },
        "Instances of EC2; `launched` is when they were started last, in ISO 8601.",
    ),
    Table(
        "nat_gateways", "nat_gateway_id",
        {
            "nat_gateway_id": "text", "name": "text", "vpc_id": "text", "subnet_id": "text",
            "state": "text", "connectivity": "text", "created": "text", "interface_ids": "texts",
            "addresses": "texts", "public_addresses": "texts", "tags": "texts",
        },
        "NAT gateways: `connectivity` is `public` or `private`.",
    ),
    Table(
        "vpc_endpoints", "vpc_endpoint_id",
        {
            "vpc_endpoint_id": "text", "name": "text", "vpc_id": "text", "type": "text",
            "service": "text", "state": "text", "created": "text", "subnet_ids": "texts",
            "route_table_ids": "texts", "interface_ids": "texts", "tags": "texts",
        },
        "VPC endpoints: `type` as EC2 has it (`Interface`, `Gateway`, ...), `service` in full "
        "(`com.amazonaws.eu-central-1.s3`).",
    ),
    Table(
        "elastic_ips", "allocation_id",
        {
            "allocation_id": "text", "name": "text", "address": "text", "interface_id": "text",
            "instance_id": "text", "tags": "texts",
        },
        "Elastic IP addresses, those of nothing too.",
    ),
    Table(
        "route_tables", "route_table_id",
        {
            "route_table_id": "text", "name": "text", "vpc_id": "text", "main": "flag",
            "subnet_ids": "texts", "routes": "texts",
        },
        "Route tables: a route is `destination target`, such as `0.0.0.0/0 nat-0a1b`; those that "
        "lead nowhere are left out.",
    ),
    Table(
        "network_acls", "network_acl_id",
        {
            "network_acl_id": "text", "name": "text", "vpc_id": "text", "default": "flag",
            "subnet_ids": "texts", "entries": "texts", "tags": "texts",
        },
        "Network ACLs with the subnets they guard. An entry is `way number action protocol ports "
        "block`, such as `in 100 allow 6 443-443 0.0.0.0/0`: way `in` or `out`, protocol a number "
        "or -1, ports `all`, or of ICMP `type:code`; from 32767 on the "
        "entries that refuse what is left.",
    ),
)  # fmt: skip

TABLES: dict[Kind, Table] = {table.kind: table for table in _TABLES}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one account and region looked like at one moment.

    Attributes:
        account_id, region: Which.
        taken: When, UTC.
        tables: By kind, as `frame_of` makes them; a kind that could not be read is missing.
        notes: What could not be read, and why, in sentences.
    """

    account_id: str
    region: str
    taken: datetime
    tables: Mapping[Kind, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def frame_of(kind: Kind, rows: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Rows as the table of that kind: its columns, in their order; what a row lacks is empty.

    >>> list(frame_of("vpcs", [{"vpc_id": "vpc-1", "cidrs": ["10.0.0.0/16"]}])["name"])
    [None]
    """
    columns = TABLES[kind].columns
    empty: dict[Type, Any] = {"text": None, "texts": [], "number": None, "flag": False}
    data = [
        [row[name] if row.get(name) is not None else empty[of] for name, of in columns.items()]
        for row in rows
    ]
    frame = pd.DataFrame(data, columns=list(columns), dtype="object")
    numbers = [name for name, of in columns.items() if of == "number"]
    flags = [name for name, of in columns.items() if of == "flag"]
    return frame.astype(dict.fromkeys(numbers, "Int64") | dict.fromkeys(flags, "bool"))
