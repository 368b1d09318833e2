"""What each sample holds: how it is read, how many records, and their values."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.formats.samples.lines import TRANSIT_FORMAT
from tests.formats.samples.orders import ORDERS
from tests.formats.samples.wrappings import WRAPPINGS


class Reading(NamedTuple):
    """What the report of a sample says."""

    kind: str
    fields_from: str
    records: int
    nodata: int = 0
    skipdata: int = 0
    malformed: int = 0


READINGS = {
    "v2_without_header.log": Reading("text", "inferred", 5, nodata=1, skipdata=1),
    "v3_alphabetical.log": Reading("text", "header", 2),
    "v4_alphabetical.log": Reading("text", "header", 2),
    "v5_alphabetical_bogus_line.log": Reading("text", "header", 2, malformed=1),
    "ecs.log": Reading("text", "header", 1),
    "transit_ends.log": Reading("text", "header", 1),
    "transit_with_losses.log": Reading("text", "header", 1),
    "milliseconds.log": Reading("text", "inferred", 1, skipdata=1),
    "odd_types.parquet": Reading("parquet", "file", 3, nodata=2),
    "capture.log": Reading("text", "header", 80),
    "s3_object.log.gz": Reading("text", "header", 3),
    "nodata_short_account.log": Reading("text", "header", 1, nodata=1),
    "two_lines.log": Reading("text", "header", 2),
    "too_few_fields.log": Reading("text", "header", 0, malformed=1),
    "too_many_fields.log": Reading("text", "header", 0, malformed=1),
    "two_headers.log": Reading("text", "header", 3),
    "windows.log": Reading("text", "header", 2),
    "names.csv": Reading("csv", "header", 2, nodata=1),
    **{order: Reading("text", "header", 1) for order in ORDERS},
    **{f"message_default.{form}": Reading("events", "inferred", 2) for form in WRAPPINGS},
    **{f"message_custom.{form}": Reading("events", "given", 2) for form in WRAPPINGS},
    **{f"message_transit.{form}": Reading("events", "given", 1) for form in WRAPPINGS},
    "message_control.json": Reading("events", "header", 0),
    "message_concatenated_members.json.gz": Reading("events", "inferred", 4, nodata=1),
    "export.log.gz": Reading("text", "inferred", 2, nodata=1),
    "insights.csv": Reading("csv", "inferred", 2, nodata=1),
    "raw_events.json": Reading("json", "header", 80),
    "body_events.json": Reading("json", "inferred", 3, nodata=1),
    "body_events_lines.json.gz": Reading("json", "inferred", 3, nodata=1),
    "collected.json": Reading("json", "file", 2),
}
CUSTOM_FORMAT = "version interface-id srcaddr dstaddr"
# The formats of the samples that cannot be read without.
FORMATS = {
    **{f"message_custom.{form}": CUSTOM_FORMAT for form in WRAPPINGS},
    **{f"message_transit.{form}": TRANSIT_FORMAT for form in WRAPPINGS},
}

ACCEPTED = {
    "version": 2, "account_id": "210987654321", "interface_id": "eni-0a11aa22bb33cc441",
    "srcaddr": "203.0.113.9", "dstaddr": "10.20.1.15", "srcport": 443, "dstport": 50214,
    "protocol": 6, "packets": 12, "bytes": 9120, "start_time": "2026-11-20T12:00:05",
    "end_time": "2026-11-20T12:01:01", "action": "ACCEPT", "log_status": "OK",
}  # fmt: skip
REJECTED = {
    "version": 2, "account_id": "210987654321", "interface_id": "eni-0a11aa22bb33cc441",
    "srcaddr": "198.51.100.77", "dstaddr": "10.20.1.15", "srcport": 61022, "dstport": 3389,
    "protocol": 6, "packets": 3, "bytes": 156, "start_time": "2026-11-20T12:00:02",
    "end_time": "2026-11-20T12:00:58", "action": "REJECT", "log_status": "OK",
}  # fmt: skip
ANSWER = {
    "version": 2, "account_id": "210987654321", "interface_id": "eni-0a11aa22bb33cc441",
    "srcaddr": "10.20.1.15", "dstaddr": "203.0.113.9", "srcport": 50214, "dstport": 443,
    "protocol": 6, "packets": 9, "bytes": 774, "start_time": "2026-11-20T12:00:05",
    "end_time": "2026-11-20T12:01:01", "action": "ACCEPT", "log_status": "OK",
}  # fmt: skip
NODATA = {
    "version": 2, "account_id": "210987654321", "interface_id": "eni-0a11aa22bb33cc442",
    "start_time": "2026-11-20T12:00:10", "end_time": "2026-11-20T12:01:09", "log_status": "NODATA",
}  # fmt: skip
SKIPDATA = {
    "version": 2, "account_id": "210987654321", "interface_id": "eni-0a11aa22bb33cc443",
    "start_time": "2026-11-20T12:00:00", "end_time": "2026-11-20T12:00:59",
    "log_status": "SKIPDATA",
}  # fmt: skip
V3 = [
    {
        "version": 3, "account_id": "003210987654", "srcaddr": "10.20.3.4", "dstaddr": "10.20.3.8",
        "srcport": 443, "dstport": 40112, "protocol": 6, "packets": 14, "bytes": 5310,
        "start_time": "2026-11-20T12:01:00", "end_time": "2026-11-20T12:01:59",
        "vpc_id": "vpc-0a51c0de", "subnet_id": "subnet-0a51c0de", "instance_id": "i-0a51c0de",
        "tcp_flags": 19, "type": "IPv4", "pkt_srcaddr": "203.0.113.40", "pkt_dstaddr": "10.20.3.8",
    },
    {
        "version": 3, "account_id": "003210987654", "srcaddr": "10.20.3.8", "dstaddr": "10.20.3.4",
        "srcport": 40112, "dstport": 443, "protocol": 6, "packets": 7, "bytes": 961,
        "start_time": "2026-11-20T12:01:00", "end_time": "2026-11-20T12:01:59",
        "vpc_id": "vpc-0a51c0de", "subnet_id": "subnet-0a51c0de", "instance_id": "i-0a51c0de",
        "tcp_flags": 3, "type": "IPv4", "pkt_srcaddr": "10.20.9.2", "pkt_dstaddr": "203.0.113.40",
    },
]  # fmt: skip
V4_PLACE = {"version": 4, "region": "eu-west-3", "az_id": "euw3-az1"}
V4 = [
    {**V3[0], **V4_PLACE, "sublocation_type": "wavelength", "sublocation_id": "wlz7"},
    {**V3[1], **V4_PLACE, "sublocation_type": "outpost", "sublocation_id": "op-0a51c0de"},
]
V5_BOTH = {
    "version": 5, "account_id": "321098765432", "interface_id": "eni-0b52c0de", "protocol": 6,
    "start_time": "2026-11-20T12:01:11", "end_time": "2026-11-20T12:01:28", "action": "ACCEPT",
    "log_status": "OK", "vpc_id": "vpc-0b52c0de", "subnet_id": "subnet-0b52c0de",
    "instance_id": "i-0b52c0de", "type": "IPv4", "region": "eu-central-1", "az_id": "euc1-az3",
}  # fmt: skip
V5 = [
    {
        **V5_BOTH, "srcaddr": "203.0.113.60", "dstaddr": "10.20.5.6", "srcport": 443,
        "dstport": 51200, "packets": 21, "bytes": 7002, "tcp_flags": 19,
        "pkt_srcaddr": "203.0.113.61", "pkt_dstaddr": "10.20.5.6", "pkt_src_aws_service": "S3",
        "flow_direction": "ingress",
    },
    {
        **V5_BOTH, "srcaddr": "10.20.5.6", "dstaddr": "203.0.113.60", "srcport": 51200,
        "dstport": 443, "packets": 17, "bytes": 1833, "tcp_flags": 6, "pkt_srcaddr": "10.20.5.6",
        "pkt_dstaddr": "203.0.113.61", "pkt_dst_aws_service": "S3", "flow_direction": "egress",
        "traffic_path": 7,
    },
]  # fmt: skip
ECS = {
    **ACCEPTED, "version": 7,
    "ecs_cluster_arn": "arn:aws:ecs:eu-west-3:210987654321:cluster/shop",
    "ecs_cluster_name": "shop",
    "ecs_container_instance_arn": "arn:aws:ecs:eu-west-3:210987654321:container-instance/shop/0c0de1",
    "ecs_container_instance_id": "0c0de1", "ecs_container_id": "box-a",
    "ecs_second_container_id": "box-b", "ecs_service_name": "basket",
    "ecs_task_definition_arn": "arn:aws:ecs:eu-west-3:210987654321:task-definition/basket:4",
    "ecs_task_arn": "arn:aws:ecs:eu-west-3:210987654321:task/shop/0c0de2",
    "ecs_task_id": "0c0de2",
}  # fmt: skip
TRANSIT_ENDS = {
    "resource_type": "TransitGateway", "tgw_id": "00000101", "tgw_attachment_id": "00000102",
    "tgw_src_vpc_account_id": "00000103", "tgw_dst_vpc_account_id": "00000104",
    "tgw_src_vpc_id": "00000105", "tgw_dst_vpc_id": "00000106", "tgw_src_subnet_id": "00000107",
    "tgw_dst_subnet_id": "00000108", "tgw_src_eni": "00000109", "tgw_dst_eni": "00000110",
    "tgw_src_az_id": "00000111", "tgw_dst_az_id": "00000112",
    "tgw_pair_attachment_id": "00000113", "packets_lost_no_route": 21,
    "packets_lost_blackhole": 22, "packets_lost_mtu_exceeded": 23, "packets_lost_ttl_expired": 24,
}  # fmt: skip
TRANSIT = {
    "version": 6, "account_id": "210987654321", "tgw_id": "tgw-0c53c0de",
    "tgw_attachment_id": "tgw-attach-0c53c0d1", "tgw_src_vpc_id": "vpc-0c53c0d1",
    "tgw_dst_vpc_id": "vpc-0c53c0d2", "tgw_src_subnet_id": "subnet-0c53c0d1",
    "tgw_dst_subnet_id": "subnet-0c53c0d2", "tgw_src_eni": "eni-0c53c0d1",
    "tgw_dst_eni": "eni-0c53c0d2", "tgw_src_az_id": "euw3-az1", "tgw_dst_az_id": "euw3-az2",
    "tgw_pair_attachment_id": "tgw-attach-0c53c0d2", "srcaddr": "10.30.0.5",
    "dstaddr": "10.31.0.6", "srcport": 33110, "dstport": 5432, "protocol": 6, "packets": 25,
    "bytes": 18200, "start_time": "2026-11-20T12:00:30", "end_time": "2026-11-20T12:01:30",
    "log_status": "OK", "type": "IPv4", "tcp_flags": 18, "flow_direction": "ingress",
    "region": "eu-west-3",
}  # fmt: skip
LOSSES = {
    "packets_lost_no_route": 5, "packets_lost_blackhole": 6, "packets_lost_mtu_exceeded": 7,
    "packets_lost_ttl_expired": 8,
}  # fmt: skip
ODD_TYPES = [
    {
        "version": 2, "account_id": "043210987654", "interface_id": "eni-0e55c0d1",
        "srcaddr": "203.0.113.70", "dstaddr": "10.20.6.2", "srcport": 8443, "dstport": 40404,
        "protocol": 17, "packets": 4, "bytes": 512, "start_time": "2026-11-20T12:00:41",
        "end_time": "2026-11-20T12:00:43", "action": "REJECT", "log_status": "OK",
    },
    {
        "version": 2, "account_id": "043210987654", "interface_id": "eni-0e55c0d2",
        "start_time": "2026-11-20T12:00:41", "end_time": "2026-11-20T12:00:44",
        "log_status": "NODATA",
    },
    # It had no traffic, so its protocol may be anything.
    {
        "version": 2, "account_id": "043210987654", "interface_id": "eni-0e55c0d2",
        "srcaddr": "10.20.6.1", "dstaddr": "203.0.113.71", "srcport": 81, "dstport": 82,
        "protocol": 9090, "start_time": "2026-11-20T12:00:42", "end_time": "2026-11-20T12:00:45",
        "log_status": "NODATA",
    },
]  # fmt: skip
COLLECTED = {"region": "eu-west-3", "security_group_ids": ["sg-0a1", "sg-0a2"]}


def from_stream(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """The records with the log group and stream of the message they came in."""
    place = {"log_group": "/invented/flows", "log_stream": "eni-0a11aa22bb33cc441-all"}
    return [{**record, **place} for record in records]


RECORDS: dict[str, list[dict[str, Any]]] = {
    "v2_without_header.log": [ACCEPTED, ANSWER, REJECTED, NODATA, SKIPDATA],
    "v3_alphabetical.log": V3,
    "v4_alphabetical.log": V4,
    "v5_alphabetical_bogus_line.log": V5,
    "ecs.log": [ECS],
    "transit_ends.log": [TRANSIT_ENDS],
    "transit_with_losses.log": [TRANSIT | LOSSES],
    "milliseconds.log": [
        SKIPDATA | {
            "start_time": "2026-11-20T12:00:00.250000", "end_time": "2026-11-20T12:00:59.750000"
        }
    ],
    "odd_types.parquet": ODD_TYPES,
    "s3_object.log.gz": [ACCEPTED, ANSWER, REJECTED],
    "nodata_short_account.log": [NODATA | {"account_id": "21098765432"}],
    "two_lines.log": [ACCEPTED, REJECTED],
    "too_few_fields.log": [],
    "too_many_fields.log": [],
    "two_headers.log": [
        ACCEPTED, {"srcaddr": "10.20.1.16", "bytes": 61, "version": 2}, REJECTED
    ],
    "windows.log": [ACCEPTED, REJECTED],
    "names.csv": [ACCEPTED, NODATA],
    **{f"message_default.{form}": from_stream(ACCEPTED, REJECTED) for form in WRAPPINGS},
    **{f"message_transit.{form}": from_stream(TRANSIT) for form in WRAPPINGS},
    "message_control.json": [],
    "message_concatenated_members.json.gz": from_stream(ACCEPTED, REJECTED, NODATA, ACCEPTED),
    "export.log.gz": [ACCEPTED, NODATA],
    "insights.csv": [ACCEPTED, NODATA],
    "body_events.json": [ACCEPTED, REJECTED, NODATA],
    "body_events_lines.json.gz": [ACCEPTED, REJECTED, NODATA],
    "collected.json": [ACCEPTED | COLLECTED, REJECTED | COLLECTED],
}  # fmt: skip
