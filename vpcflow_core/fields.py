"""The one table of flow-log fields; parsing, store, engines, filters and docs all read it.

May import errors and pyarrow alone.

Sources: Amazon VPC User Guide, "Flow log records" (fields of versions 2 to 11) and Amazon VPC
Transit Gateways, "Transit Gateway Flow Log records" (version 6), as of November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pyarrow as pa

from vpcflow_core.errors import FieldError, closest

Kind = Literal["text", "word", "address", "small", "port", "int", "count", "time", "texts"]
Role = Literal["dimension", "measure", "time"]
Relation = Literal["vpc", "transit", "both", "collector"]

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
ACCOUNT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class KindOfValue:
    """How values of one kind are stored, and which numbers are valid."""

    arrow: pa.DataType
    sql: str
    lowest: int | None = None
    highest: int | None = None


# "word" is text of few distinct values (kept dictionary-encoded while parsing).
# Times are stored in UTC without a zone mark, because Parquet readers then agree on them.
KINDS: dict[Kind, KindOfValue] = {
    "text": KindOfValue(pa.string(), "VARCHAR"),
    "word": KindOfValue(pa.string(), "VARCHAR"),
    "address": KindOfValue(pa.string(), "VARCHAR"),
    "small": KindOfValue(pa.int32(), "INTEGER", 0, 255),
    "port": KindOfValue(pa.int32(), "INTEGER", 0, 65535),
    "int": KindOfValue(pa.int32(), "INTEGER", 0, INT32_MAX),
    "count": KindOfValue(pa.int64(), "BIGINT", 0, INT64_MAX),
    "time": KindOfValue(pa.timestamp("ms"), "TIMESTAMP", 0, 10**14),
    "texts": KindOfValue(pa.list_(pa.string()), "VARCHAR[]"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the flow-log record.

    Attributes:
        aws: AWS's name (`interface-id`).
        version: Record version that brought it; 0 for fields a collector adds.
        kind: Key of `KINDS`: type, and range of valid numbers.
        role: What it is good for in a query.
        doc: One sentence for people.
        mirror: AWS's name of the same fact about the other end, if any.
        relation: Which logs have it: VPC, transit gateway, both, or collector-made ones.
    """

    aws: str
    version: int
    kind: Kind
    role: Role
    doc: str
    mirror: str | None = None
    relation: Relation = "vpc"

    @property
    def name(self) -> str:
        """Column name: AWS's with `_` for `-`; `start` and `end` become times of their own name."""
        return {"start": "start_time", "end": "end_time"}.get(self.aws, self.aws.replace("-", "_"))

    @property
    def arrow(self) -> pa.DataType:
        """Type of the stored column."""
        return KINDS[self.kind].arrow

    @property
    def sql(self) -> str:
        """Type of the column in every engine's `flows`."""
        return KINDS[self.kind].sql

    @property
    def is_number(self) -> bool:
        """Whether the text of the field must be a whole number."""
        return KINDS[self.kind].lowest is not None


def _dimension(
    aws: str,
    version: int,
    kind: Kind,
    doc: str,
    mirror: str | None = None,
    relation: Relation = "vpc",
) -> Field:
    return Field(aws, version, kind, "dimension", doc, mirror, relation)


def _measure(aws: str, version: int, doc: str, relation: Relation) -> Field:
    return Field(aws, version, "count", "measure", doc, None, relation)


def _time(aws: str, doc: str) -> Field:
    return Field(aws, 2, "time", "time", doc, None, "both")


# fmt: off
VPC_FIELDS: tuple[Field, ...] = (
    _dimension("version", 2, "small", "Record version: the highest version among the fields of the log's format.", relation="both"),
    _dimension("account-id", 2, "word", "Account that owns the source network interface; `unknown` for some interfaces made by AWS services.", relation="both"),
    _dimension("interface-id", 2, "word", "Network interface that logged the record."),
    _dimension("srcaddr", 2, "address", "Source address; for outgoing traffic the interface's private address.", "dstaddr", "both"),
    _dimension("dstaddr", 2, "address", "Destination address; for incoming traffic the interface's private address.", "srcaddr", "both"),
    _dimension("srcport", 2, "port", "Source port; 0 for protocols without ports, such as ICMP.", "dstport", "both"),
    _dimension("dstport", 2, "port", "Destination port; 0 for protocols without ports, such as ICMP.", "srcport", "both"),
    _dimension("protocol", 2, "small", "IANA protocol number: 6 is TCP, 17 UDP, 1 ICMP, 58 IPv6-ICMP.", relation="both"),
    _measure("packets", 2, "Packets of the flow in this aggregation interval.", "both"),
    _measure("bytes", 2, "Bytes of the flow in this aggregation interval.", "both"),
    _time("start", "When the first packet of the interval was seen, to within 60 seconds (UTC)."),
    _time("end", "When the last packet of the interval was seen, to within 60 seconds (UTC)."),
    _dimension("action", 2, "word", "ACCEPT: let through. REJECT: refused by a security group, a network ACL, or sent after the connection closed."),
    _dimension("log-status", 2, "word", "OK: traffic. NODATA: no traffic in the interval. SKIPDATA: records were lost.", relation="both"),
    _dimension("vpc-id", 3, "word", "VPC of the interface."),
    _dimension("subnet-id", 3, "word", "Subnet of the interface."),
    _dimension("instance-id", 3, "word", "Instance the interface is attached to, if you own it."),
    _dimension("tcp-flags", 3, "small", "TCP flags seen, added up: FIN 1, SYN 2, RST 4, SYN-ACK 18; 0 when none of them was seen.", relation="both"),
    _dimension("type", 3, "word", "Kind of traffic: IPv4, IPv6 or EFA.", relation="both"),
    _dimension("pkt-srcaddr", 3, "address", "Original source address of the packets, before an intermediate layer such as a NAT gateway.", "pkt-dstaddr"),
    _dimension("pkt-dstaddr", 3, "address", "Original destination address of the packets.", "pkt-srcaddr"),
    _dimension("region", 4, "word", "Region of the interface.", relation="both"),
    _dimension("az-id", 4, "word", "Id of the interface's Availability Zone."),
    _dimension("sublocation-type", 4, "word", "Kind of sublocation: wavelength, outpost or localzone."),
    _dimension("sublocation-id", 4, "word", "Id of the sublocation."),
    _dimension("pkt-src-aws-service", 5, "word", "AWS service whose address range holds the source.", "pkt-dst-aws-service", "both"),
    _dimension("pkt-dst-aws-service", 5, "word", "AWS service whose address range holds the destination.", "pkt-src-aws-service", "both"),
    _dimension("flow-direction", 5, "word", "ingress or egress, seen from the interface that logged the record.", relation="both"),
    _dimension("traffic-path", 5, "small", "Path of egress traffic: 1 same VPC, 2 internet gateway or gateway endpoint, 3 virtual private gateway, 4 peering in the region, 5 peering between regions, 6 Local or Wavelength Zone, 7 gateway endpoint, 8 internet gateway."),
    _dimension("ecs-cluster-arn", 7, "word", "ARN of the ECS cluster of a running task."),
    _dimension("ecs-cluster-name", 7, "word", "Name of the ECS cluster."),
    _dimension("ecs-container-instance-arn", 7, "word", "ARN of the ECS container instance, for tasks on EC2."),
    _dimension("ecs-container-instance-id", 7, "word", "Id of the ECS container instance, for tasks on EC2."),
    _dimension("ecs-container-id", 7, "word", "Docker id of the task's first container."),
    _dimension("ecs-second-container-id", 7, "word", "Docker id of the task's second container."),
    _dimension("ecs-service-name", 7, "word", "ECS service that started the task."),
    _dimension("ecs-task-definition-arn", 7, "word", "ARN of the ECS task definition."),
    _dimension("ecs-task-arn", 7, "word", "ARN of the running ECS task."),
    _dimension("ecs-task-id", 7, "word", "Id of the running ECS task."),
    _dimension("reject-reason", 8, "word", "Why the traffic was refused: BPA (VPC Block Public Access) or EC (encryption controls)."),
    _dimension("resource-id", 9, "word", "Id of the regional NAT gateway the record is about."),
    _dimension("encryption-status", 10, "small", "Encryption of the flow: 0 none, 1 by Nitro, 2 by the application, 3 both."),
    _dimension("instance-tag", 11, "word", "Value of the first chosen instance tag."),
    _dimension("instance-tag-2", 11, "word", "Value of the second chosen instance tag."),
    _dimension("interface-tag", 11, "word", "Value of the first chosen interface tag."),
    _dimension("interface-tag-2", 11, "word", "Value of the second chosen interface tag."),
    _dimension("asg-tag", 11, "word", "Value of the first chosen Auto Scaling group tag."),
    _dimension("asg-tag-2", 11, "word", "Value of the second chosen Auto Scaling group tag."),
    _dimension("interface-type", 11, "word", "Kind of interface: nat_gateway, network_load_balancer, regional_nat_gateway, transit_gateway, vpc_endpoint."),
    _dimension("next-hop-interface-id", 11, "word", "Interface of the next hop: the receiver of outgoing, the sender of incoming traffic."),
    _dimension("next-hop-subnet-id", 11, "word", "Subnet of the next hop."),
    _dimension("next-hop-az-id", 11, "word", "Id of the next hop's Availability Zone."),
    _dimension("next-hop-vpc-id", 11, "word", "VPC of the next hop."),
    _dimension("next-hop-interface-type", 11, "word", "Kind of the next hop's interface."),
)

TRANSIT_ONLY_FIELDS: tuple[Field, ...] = (
    _dimension("resource-type", 6, "word", "Resource that logged the record: TransitGateway or TransitGatewayAttachment.", relation="transit"),
    _dimension("tgw-id", 6, "word", "Transit gateway that logged the record.", relation="transit"),
    _dimension("tgw-attachment-id", 6, "word", "Attachment the traffic came or went through.", "tgw-pair-attachment-id", "transit"),
    _dimension("tgw-src-vpc-account-id", 6, "word", "Account of the source VPC.", "tgw-dst-vpc-account-id", "transit"),
    _dimension("tgw-dst-vpc-account-id", 6, "word", "Account of the destination VPC.", "tgw-src-vpc-account-id", "transit"),
    _dimension("tgw-src-vpc-id", 6, "word", "Source VPC.", "tgw-dst-vpc-id", "transit"),
    _dimension("tgw-dst-vpc-id", 6, "word", "Destination VPC.", "tgw-src-vpc-id", "transit"),
    _dimension("tgw-src-subnet-id", 6, "word", "Source subnet.", "tgw-dst-subnet-id", "transit"),
    _dimension("tgw-dst-subnet-id", 6, "word", "Destination subnet.", "tgw-src-subnet-id", "transit"),
    _dimension("tgw-src-eni", 6, "word", "Attachment interface on the source side.", "tgw-dst-eni", "transit"),
    _dimension("tgw-dst-eni", 6, "word", "Attachment interface on the destination side.", "tgw-src-eni", "transit"),
    _dimension("tgw-src-az-id", 6, "word", "Id of the source Availability Zone.", "tgw-dst-az-id", "transit"),
    _dimension("tgw-dst-az-id", 6, "word", "Id of the destination Availability Zone.", "tgw-src-az-id", "transit"),
    _dimension("tgw-pair-attachment-id", 6, "word", "Attachment on the other side.", "tgw-attachment-id", "transit"),
    _measure("packets-lost-no-route", 6, "Packets lost for want of a route.", "transit"),
    _measure("packets-lost-blackhole", 6, "Packets lost in a blackhole route.", "transit"),
    _measure("packets-lost-mtu-exceeded", 6, "Packets lost because they were too large.", "transit"),
    _measure("packets-lost-ttl-expired", 6, "Packets lost because their time to live ran out.", "transit"),
)

COLLECTOR_FIELDS: tuple[Field, ...] = (
    _dimension("security-group-ids", 0, "texts", "Security groups of the interface, as the collector or a snapshot of EC2 knew them.", relation="collector"),
    _dimension("direction", 0, "word", "internal, inbound or outbound, seen from the interface that logged the record.", relation="collector"),
    _dimension("interface-name", 0, "text", "What a snapshot of EC2 calls the interface: its tag Name, else its description.", relation="collector"),
    _dimension("interface-owner", 0, "word", "Account that owns the interface, as a snapshot of EC2 knew it.", relation="collector"),
    _dimension("log-group", 0, "word", "CloudWatch log group the record came through.", relation="collector"),
    _dimension("log-stream", 0, "word", "CloudWatch log stream the record came through.", relation="collector"),
)
# fmt: on

FIELDS: tuple[Field, ...] = VPC_FIELDS + TRANSIT_ONLY_FIELDS + COLLECTOR_FIELDS

TRANSIT_FIELDS: tuple[Field, ...] = tuple(
    field for field in FIELDS if field.relation in ("transit", "both")
)

# AWS's default formats, in AWS's order: what a flow log writes unless its fields are chosen.
DEFAULT_VPC_FORMAT: tuple[str, ...] = tuple(f.aws for f in VPC_FIELDS if f.version == 2)
# fmt: off
DEFAULT_TRANSIT_FORMAT: tuple[str, ...] = (
    "version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id",
    "tgw-src-vpc-account-id", "tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id",
    "tgw-src-subnet-id", "tgw-dst-subnet-id", "tgw-src-eni", "tgw-dst-eni", "tgw-src-az-id",
    "tgw-dst-az-id", "tgw-pair-attachment-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start", "end", "log-status", "type",
    "packets-lost-no-route", "packets-lost-blackhole", "packets-lost-mtu-exceeded",
    "packets-lost-ttl-expired", "tcp-flags", "region", "flow-direction", "pkt-src-aws-service",
    "pkt-dst-aws-service",
)
# fmt: on

# Other spellings seen in the wild, by their plain form (see `_plain`).
_ALIASES = {
    "start_time": "start", "end_time": "end", "aws_region": "region", "logstream": "log-stream",
    "loggroup": "log-group", "security_group_id": "security-group-ids",
}  # fmt: skip


def _plain(name: str) -> str:
    """`Log-Status`, `log_status` and `${log-status}` are one name."""
    return name.strip().strip("${}").lower().replace("-", "_")


@cache
def _by_plain_name() -> dict[str, Field]:
    table = {_plain(field.aws): field for field in FIELDS}
    table.update({alias: table[_plain(aws)] for alias, aws in _ALIASES.items()})
    # CloudWatch Logs Insights and many JSON writers spell names in camelCase, run together here.
    return {field.aws.replace("-", ""): field for field in FIELDS} | table


def find_field(name: str) -> Field | None:
    """The field of that name in any usual spelling (hyphens, underscores, `${...}`, camelCase)."""
    return _by_plain_name().get(_plain(name))


def field(name: str) -> Field:
    """The field of that name in any usual spelling.

    Raises:
        FieldError: There is none; names the closest one.
    """
    found = find_field(name)
    if found is None:
        hint = closest(_plain(name).replace("_", "-"), [f.aws for f in FIELDS])
        raise FieldError(
            f"'{name}' is not a flow-log field.", f"{hint}  All fields: vpcflow fields".strip()
        )
    return found


def column_name(name: str) -> str:
    """Column name for a field of any spelling; unknown fields keep their own, as an identifier."""
    found = find_field(name)
    return found.name if found else _plain(name)


def is_account(name: str) -> bool:
    """Whether the column holds account numbers: digits, of which the first ones may be zeros."""
    return name.endswith("account_id")


def is_transit(names: Iterable[str]) -> bool:
    """Whether a format with these column names is a transit gateway's."""
    transit = {field.name for field in TRANSIT_ONLY_FIELDS}
    return any(name in transit for name in names)
