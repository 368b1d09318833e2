"""The one table of flow-log fields; parsing, store, engines, filters and docs all read it.

Sources: Amazon VPC User Guide, "Flow log records" (fields of versions 2 to 11) and Amazon VPC
Transit Gateways, "Transit Gateway Flow Log records" (version 6), as of November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypedDict, Unpack

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
        title: Its name in words, as filters and columns are headed.
        version: Record version that brought it; 0 for fields a collector adds.
        kind: Key of `KINDS`: type, and range of valid numbers.
        role: What it is good for in a query.
        doc: One sentence for people.
        mirror: AWS's name of the same fact about the other end, if any.
        relation: Which logs have it: VPC, transit gateway, both, or collector-made ones.
        filter_help: How a filter by it is written; pages can be filtered by the fields that have
            one.
        words: The values it can have, as they are stored; () if there are others. Filters take
            them in any case and refuse all else.
        is_closed: Whether a record with a value that is none of `words` is malformed; such words
            are in capitals.
        learnt: How it is known where the record lacks it; "" if it is not.
    """

    aws: str
    title: str
    version: int
    kind: Kind
    role: Role
    doc: str
    mirror: str | None = None
    relation: Relation = "vpc"
    filter_help: str = ""
    words: tuple[str, ...] = ()
    is_closed: bool = False
    learnt: str = ""

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


class _More(TypedDict, total=False):
    """The attributes of a field that few have."""

    filter_help: str
    words: tuple[str, ...]
    is_closed: bool
    learnt: str


def _dimension(
    aws: str,
    title: str,
    version: int,
    kind: Kind,
    doc: str,
    mirror: str | None = None,
    relation: Relation = "vpc",
    **more: Unpack[_More],
) -> Field:
    return Field(aws, title, version, kind, "dimension", doc, mirror, relation, **more)


def _measure(aws: str, title: str, version: int, doc: str, relation: Relation) -> Field:
    return Field(aws, title, version, "count", "measure", doc, None, relation)


def _time(aws: str, title: str, doc: str) -> Field:
    return Field(aws, title, 2, "time", "time", doc, None, "both")


# How a filter is written: texts beside the boxes of the app, in Markdown.
_ADDRESSES = (
    "An address, a block, a country, a pattern or a list: `10.0.0.5`, `10.0.0.0/8`, "
    "`2001:db8::/32`, `country:US`, `name:prod-web-1`, `203.0.*`. A leading `!` leaves out: `!10.0.0.0/8`."
)
_PORTS = "A port, name, range or list: `443`, `https`, `1024-65535`, `80, 443`, `!22`."
_PROTOCOLS = "A keyword, a number or a list: `tcp`, `17`, `tcp, udp`, `!icmp`."


def _ids(kind: str) -> str:
    return f"An id, a pattern or a list: `{kind}-0a1b`, `{kind}-0a*`, `!{kind}-0a1b`."


_BY_EC2 = "an EC2 snapshot has it"

# fmt: off
VPC_FIELDS: tuple[Field, ...] = (
    _dimension("version", "Record version", 2, "small", "Record version: the highest version among the fields of the log's format.", relation="both"),
    _dimension("account-id", "Account", 2, "word", "Account that owns the source network interface; `unknown` for some interfaces made by AWS services.", relation="both", filter_help="An account number, a pattern or a list: `123456789012`, `1234*`, `!123456789012`."),
    _dimension("interface-id", "Network interface", 2, "word", "Network interface that logged the record.", filter_help=_ids("eni")),
    _dimension("srcaddr", "Source address", 2, "address", "Source address; for outgoing traffic the interface's private address.", "dstaddr", "both", filter_help=_ADDRESSES),
    _dimension("dstaddr", "Destination address", 2, "address", "Destination address; for incoming traffic the interface's private address.", "srcaddr", "both", filter_help=_ADDRESSES),
    _dimension("srcport", "Source port", 2, "port", "Source port; 0 for protocols without ports, such as ICMP.", "dstport", "both", filter_help=_PORTS),
    _dimension("dstport", "Destination port", 2, "port", "Destination port; 0 for protocols without ports, such as ICMP.", "srcport", "both", filter_help=_PORTS),
    _dimension("protocol", "Protocol", 2, "small", "IANA protocol number: 6 is TCP, 17 UDP, 1 ICMP, 58 IPv6-ICMP.", relation="both", filter_help=_PROTOCOLS),
    _measure("packets", "Packets", 2, "Packets of the flow in this aggregation interval.", "both"),
    _measure("bytes", "Bytes", 2, "Bytes of the flow in this aggregation interval.", "both"),
    _time("start", "Start time", "When the first packet of the interval was seen, to within 60 seconds (UTC)."),
    _time("end", "End time", "When the last packet of the interval was seen, to within 60 seconds (UTC)."),
    _dimension("action", "Decision", 2, "word", "ACCEPT: let through. REJECT: refused by a security group, a network ACL, or sent after the connection closed.", filter_help="`ACCEPT` or `REJECT`; neither shows both.", words=("ACCEPT", "REJECT"), is_closed=True),
    _dimension("log-status", "Log status", 2, "word", "OK: traffic. NODATA: no traffic in the interval. SKIPDATA: records were lost.", relation="both", words=("OK", "NODATA", "SKIPDATA"), is_closed=True),
    _dimension("vpc-id", "VPC", 3, "word", "VPC of the interface.", filter_help=_ids("vpc"), learnt=_BY_EC2),
    _dimension("subnet-id", "Subnet", 3, "word", "Subnet of the interface.", filter_help=_ids("subnet"), learnt=_BY_EC2),
    _dimension("instance-id", "Instance", 3, "word", "Instance the interface is attached to, if you own it.", filter_help=_ids("i"), learnt=_BY_EC2),
    _dimension("tcp-flags", "TCP flags", 3, "small", "TCP flags seen, added up: FIN 1, SYN 2, RST 4, SYN-ACK 18; 0 when none of them was seen.", relation="both"),
    _dimension("type", "Traffic type", 3, "word", "Kind of traffic: IPv4, IPv6 or EFA.", relation="both", words=("IPv4", "IPv6", "EFA")),
    _dimension("pkt-srcaddr", "Original source address", 3, "address", "Original source address of the packets, before an intermediate layer such as a NAT gateway.", "pkt-dstaddr"),
    _dimension("pkt-dstaddr", "Original destination address", 3, "address", "Original destination address of the packets.", "pkt-srcaddr"),
    _dimension("region", "Region", 4, "word", "Region of the interface.", relation="both", filter_help="A region, a pattern or a list: `eu-central-1`, `eu-*`, `!us-east-1`."),
    _dimension("az-id", "Availability Zone", 4, "word", "Id of the interface's Availability Zone.", filter_help="An id, a pattern or a list: `euc1-az1`, `euc1-*`, `!euc1-az1`."),
    _dimension("sublocation-type", "Sublocation type", 4, "word", "Kind of sublocation: wavelength, outpost or localzone."),
    _dimension("sublocation-id", "Sublocation", 4, "word", "Id of the sublocation."),
    _dimension("pkt-src-aws-service", "Source AWS service", 5, "word", "AWS service whose address range holds the source.", "pkt-dst-aws-service", "both"),
    _dimension("pkt-dst-aws-service", "Destination AWS service", 5, "word", "AWS service whose address range holds the destination.", "pkt-src-aws-service", "both"),
    _dimension("flow-direction", "Flow direction", 5, "word", "ingress or egress, seen from the interface that logged the record.", relation="both", words=("ingress", "egress")),
    _dimension("traffic-path", "Traffic path", 5, "small", "Path of egress traffic: 1 same VPC, 2 internet gateway or gateway endpoint, 3 virtual private gateway, 4 peering in the region, 5 peering between regions, 6 Local or Wavelength Zone, 7 gateway endpoint, 8 internet gateway."),
    _dimension("ecs-cluster-arn", "ECS cluster ARN", 7, "word", "ARN of the ECS cluster of a running task."),
    _dimension("ecs-cluster-name", "ECS cluster", 7, "word", "Name of the ECS cluster."),
    _dimension("ecs-container-instance-arn", "ECS container instance ARN", 7, "word", "ARN of the ECS container instance, for tasks on EC2."),
    _dimension("ecs-container-instance-id", "ECS container instance", 7, "word", "Id of the ECS container instance, for tasks on EC2."),
    _dimension("ecs-container-id", "ECS container", 7, "word", "Docker id of the task's first container."),
    _dimension("ecs-second-container-id", "Second ECS container", 7, "word", "Docker id of the task's second container."),
    _dimension("ecs-service-name", "ECS service", 7, "word", "ECS service that started the task."),
    _dimension("ecs-task-definition-arn", "ECS task definition ARN", 7, "word", "ARN of the ECS task definition."),
    _dimension("ecs-task-arn", "ECS task ARN", 7, "word", "ARN of the running ECS task."),
    _dimension("ecs-task-id", "ECS task", 7, "word", "Id of the running ECS task."),
    _dimension("reject-reason", "Reason", 8, "word", "Why the traffic was refused: BPA (VPC Block Public Access) or EC (encryption controls)."),
    _dimension("resource-id", "NAT gateway", 9, "word", "Id of the regional NAT gateway the record is about."),
    _dimension("encryption-status", "Encryption", 10, "small", "Encryption of the flow: 0 none, 1 by Nitro, 2 by the application, 3 both."),
    _dimension("instance-tag", "Instance tag", 11, "word", "Value of the first chosen instance tag."),
    _dimension("instance-tag-2", "Second instance tag", 11, "word", "Value of the second chosen instance tag."),
    _dimension("interface-tag", "Interface tag", 11, "word", "Value of the first chosen interface tag."),
    _dimension("interface-tag-2", "Second interface tag", 11, "word", "Value of the second chosen interface tag."),
    _dimension("asg-tag", "Auto Scaling group tag", 11, "word", "Value of the first chosen Auto Scaling group tag."),
    _dimension("asg-tag-2", "Second Auto Scaling group tag", 11, "word", "Value of the second chosen Auto Scaling group tag."),
    _dimension("interface-type", "Interface type", 11, "word", "Kind of interface: nat_gateway, network_load_balancer, regional_nat_gateway, transit_gateway, vpc_endpoint."),
    _dimension("next-hop-interface-id", "Next hop interface", 11, "word", "Interface of the next hop: the receiver of outgoing, the sender of incoming traffic."),
    _dimension("next-hop-subnet-id", "Next hop subnet", 11, "word", "Subnet of the next hop."),
    _dimension("next-hop-az-id", "Next hop Availability Zone", 11, "word", "Id of the next hop's Availability Zone."),
    _dimension("next-hop-vpc-id", "Next hop VPC", 11, "word", "VPC of the next hop."),
    _dimension("next-hop-interface-type", "Next hop interface type", 11, "word", "Kind of the next hop's interface."),
)

TRANSIT_ONLY_FIELDS: tuple[Field, ...] = (
    _dimension("resource-type", "Resource type", 6, "word", "Resource that logged the record: TransitGateway or TransitGatewayAttachment.", relation="transit"),
    _dimension("tgw-id", "Transit gateway", 6, "word", "Transit gateway that logged the record.", relation="transit"),
    _dimension("tgw-attachment-id", "Attachment", 6, "word", "Attachment the traffic came or went through.", "tgw-pair-attachment-id", "transit"),
    _dimension("tgw-src-vpc-account-id", "Source VPC account", 6, "word", "Account of the source VPC.", "tgw-dst-vpc-account-id", "transit"),
    _dimension("tgw-dst-vpc-account-id", "Destination VPC account", 6, "word", "Account of the destination VPC.", "tgw-src-vpc-account-id", "transit"),
    _dimension("tgw-src-vpc-id", "Source VPC", 6, "word", "Source VPC.", "tgw-dst-vpc-id", "transit"),
    _dimension("tgw-dst-vpc-id", "Destination VPC", 6, "word", "Destination VPC.", "tgw-src-vpc-id", "transit"),
    _dimension("tgw-src-subnet-id", "Source subnet", 6, "word", "Source subnet.", "tgw-dst-subnet-id", "transit"),
    _dimension("tgw-dst-subnet-id", "Destination subnet", 6, "word", "Destination subnet.", "tgw-src-subnet-id", "transit"),
    _dimension("tgw-src-eni", "Source attachment interface", 6, "word", "Attachment interface on the source side.", "tgw-dst-eni", "transit"),
    _dimension("tgw-dst-eni", "Destination attachment interface", 6, "word", "Attachment interface on the destination side.", "tgw-src-eni", "transit"),
    _dimension("tgw-src-az-id", "Source Availability Zone", 6, "word", "Id of the source Availability Zone.", "tgw-dst-az-id", "transit"),
    _dimension("tgw-dst-az-id", "Destination Availability Zone", 6, "word", "Id of the destination Availability Zone.", "tgw-src-az-id", "transit"),
    _dimension("tgw-pair-attachment-id", "Paired attachment", 6, "word", "Attachment on the other side.", "tgw-attachment-id", "transit"),
    _measure("packets-lost-no-route", "Packets lost: no route", 6, "Packets lost for want of a route.", "transit"),
    _measure("packets-lost-blackhole", "Packets lost: blackhole", 6, "Packets lost in a blackhole route.", "transit"),
    _measure("packets-lost-mtu-exceeded", "Packets lost: MTU exceeded", 6, "Packets lost because they were too large.", "transit"),
    _measure("packets-lost-ttl-expired", "Packets lost: TTL expired", 6, "Packets lost because their time to live ran out.", "transit"),
)

COLLECTOR_FIELDS: tuple[Field, ...] = (
    _dimension("security-group-ids", "Security group", 0, "texts", "Security groups of the interface, as the collector or a snapshot of EC2 knew them.", relation="collector", filter_help=_ids("sg"), learnt=_BY_EC2),
    _dimension("direction", "Direction", 0, "word", "internal, inbound or outbound, seen from the interface that logged the record.", relation="collector", filter_help="`internal`, `inbound`, `outbound`, or a list.", words=("internal", "inbound", "outbound"), learnt="it follows from flow-direction, a snapshot or the addresses of each interface"),
    _dimension("interface-name", "Interface name", 0, "text", "What a snapshot of EC2 calls the interface: its tag Name, else its description.", relation="collector", filter_help="A name, a pattern or a list: `prod-web-1`, `prod-*`, `!prod-*`."),
    _dimension("interface-owner", "Interface owner", 0, "word", "Account that owns the interface, as a snapshot of EC2 knew it.", relation="collector"),
    _dimension("log-group", "Log group", 0, "word", "CloudWatch log group the record came through.", relation="collector"),
    _dimension("log-stream", "Log stream", 0, "word", "CloudWatch log stream the record came through.", relation="collector"),
    _dimension("flow-log-id", "Flow log", 0, "word", "Flow log that wrote the record, from the name that AWS gave its file.", relation="collector", filter_help=_ids("fl")),
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
    "start_time": "start", "end_time": "end", "starttime": "start", "endtime": "end",
    "aws_region": "region", "traffictype": "type", "security_group_id": "security-group-ids",
    "loggroup": "log-group", "loggroupname": "log-group", "logstream": "log-stream",
    "logstreamname": "log-stream", "@logstream": "log-stream",
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


@lru_cache(maxsize=4096)
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
