"""Samples of text, packed text and Parquet."""

from __future__ import annotations

import io
import random

import pyarrow as pa
import pyarrow.parquet as pq

from tests.formats.reading import HEADER, packed

ACCEPTED = "2 210987654321 eni-0a11aa22bb33cc441 203.0.113.9 10.20.1.15 443 50214 6 12 9120 1795176005 1795176061 ACCEPT OK"
REJECTED = "2 210987654321 eni-0a11aa22bb33cc441 198.51.100.77 10.20.1.15 61022 3389 6 3 156 1795176002 1795176058 REJECT OK"
NODATA = "2 210987654321 eni-0a11aa22bb33cc442 - - - - - - - 1795176010 1795176069 - NODATA"
SKIPDATA = "2 210987654321 eni-0a11aa22bb33cc443 - - - - - - - 1795176000 1795176059 - SKIPDATA"
ANSWER = "2 210987654321 eni-0a11aa22bb33cc441 10.20.1.15 203.0.113.9 50214 443 6 9 774 1795176005 1795176061 ACCEPT OK"

V3 = """\
account-id bytes dstaddr dstport end instance-id packets pkt-dstaddr pkt-srcaddr protocol srcaddr srcport start subnet-id tcp-flags type version vpc-id
003210987654 5310 10.20.3.8 40112 1795176119 i-0a51c0de 14 10.20.3.8 203.0.113.40 6 10.20.3.4 443 1795176060 subnet-0a51c0de 19 IPv4 3 vpc-0a51c0de
003210987654 961 10.20.3.4 443 1795176119 i-0a51c0de 7 203.0.113.40 10.20.9.2 6 10.20.3.8 40112 1795176060 subnet-0a51c0de 3 IPv4 3 vpc-0a51c0de
"""
# Version 3's fields by the alphabet, version 4's behind them.
V4 = """\
account-id bytes dstaddr dstport end instance-id packets pkt-dstaddr pkt-srcaddr protocol srcaddr srcport start subnet-id tcp-flags type version vpc-id region az-id sublocation-type sublocation-id
003210987654 5310 10.20.3.8 40112 1795176119 i-0a51c0de 14 10.20.3.8 203.0.113.40 6 10.20.3.4 443 1795176060 subnet-0a51c0de 19 IPv4 4 vpc-0a51c0de eu-west-3 euw3-az1 wavelength wlz7
003210987654 961 10.20.3.4 443 1795176119 i-0a51c0de 7 203.0.113.40 10.20.9.2 6 10.20.3.8 40112 1795176060 subnet-0a51c0de 3 IPv4 4 vpc-0a51c0de eu-west-3 euw3-az1 outpost op-0a51c0de
"""
V5 = """\
account-id action az-id bytes dstaddr dstport end flow-direction instance-id interface-id log-status packets pkt-dst-aws-service pkt-dstaddr pkt-src-aws-service pkt-srcaddr protocol region srcaddr srcport start sublocation-id sublocation-type subnet-id tcp-flags traffic-path type version vpc-id
321098765432 ACCEPT euc1-az3 7002 10.20.5.6 51200 1795176088 ingress i-0b52c0de eni-0b52c0de OK 21 - 10.20.5.6 S3 203.0.113.61 6 eu-central-1 203.0.113.60 443 1795176071 - - subnet-0b52c0de 19 - IPv4 5 vpc-0b52c0de
321098765432 ACCEPT euc1-az3 1833 203.0.113.60 443 1795176088 egress i-0b52c0de eni-0b52c0de OK 17 S3 203.0.113.61 - 10.20.5.6 6 eu-central-1 10.20.5.6 51200 1795176071 - - subnet-0b52c0de 6 7 IPv4 5 vpc-0b52c0de
not_a record
"""
ECS = f"""\
{HEADER} ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id
7{ACCEPTED[1:]} arn:aws:ecs:eu-west-3:210987654321:cluster/shop shop arn:aws:ecs:eu-west-3:210987654321:container-instance/shop/0c0de1 0c0de1 box-a box-b basket arn:aws:ecs:eu-west-3:210987654321:task-definition/basket:4 arn:aws:ecs:eu-west-3:210987654321:task/shop/0c0de2 0c0de2
"""

TRANSIT_ENDS = """\
resource-type tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired
TransitGateway 00000101 00000102 00000103 00000104 00000105 00000106 00000107 00000108 00000109 00000110 00000111 00000112 00000113 21 22 23 24
"""
# A format of 27 fields, as the messages of a group without losses carry it.
TRANSIT_FORMAT = (
    "version account-id tgw-id tgw-attachment-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id "
    "tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id "
    "srcaddr dstaddr srcport dstport protocol packets bytes start end log-status type tcp-flags "
    "flow-direction region"
)
TRANSIT_LINE = (
    "6 210987654321 tgw-0c53c0de tgw-attach-0c53c0d1 vpc-0c53c0d1 vpc-0c53c0d2 subnet-0c53c0d1 "
    "subnet-0c53c0d2 eni-0c53c0d1 eni-0c53c0d2 euw3-az1 euw3-az2 tgw-attach-0c53c0d2 "
    "10.30.0.5 10.31.0.6 33110 5432 6 25 18200 1795176030 1795176090 OK IPv4 18 ingress eu-west-3"
)
LOST = "packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired"


def with_losses(line: str, losses: str) -> str:
    """The line with four more words between `bytes` and `start`."""
    words = line.split()
    return " ".join([*words[:20], losses, *words[20:]])


def capture() -> list[str]:
    """A minute of a host on the internet: scanned, asking others itself, and pinged twice."""
    rng = random.Random(7)
    host, scanner = "10.20.8.9", "198.51.100.200"
    flows = [
        *[(scanner, host, 40000 + n, rng.randrange(1, 10000), 6, "REJECT") for n in range(41)],
        *[(f"192.0.2.{n}", host, 50000, 1900, 17, "REJECT") for n in range(1, 6)],
        *[(host, f"203.0.113.{n}", 33000 + n, 443, 6, "ACCEPT") for n in range(32)],
        *[(f"192.0.2.{n}", host, 0, 0, 1, "ACCEPT") for n in (7, 8)],
    ]
    return [captured(flow, rng) for flow in rng.sample(flows, len(flows))]


def captured(flow: tuple[str, str, int, int, int, str], rng: random.Random) -> str:
    *ends, action = map(str, flow)
    packets, start = rng.randrange(1, 900), 1795176000 + rng.randrange(30)
    size, end = packets * rng.randrange(40, 1500), start + rng.randrange(1, 31)
    return (
        f"2 210987654321 eni-0d54c0de {' '.join(ends)} {packets} {size} {start} {end} {action} OK"
    )


def odd_types() -> bytes:
    """Parquet of no fixed schema: an account as a number, ports as strings, nothing in two ways."""
    columns = {
        "version": [2, 2, 2],
        "account_id": pa.array([43210987654] * 3, pa.int64()),
        "interface_id": ["eni-0e55c0d1", "eni-0e55c0d2", "eni-0e55c0d2"],
        "srcaddr": ["203.0.113.70", "-", "10.20.6.1"],
        "dstaddr": ["10.20.6.2", "-", "203.0.113.71"],
        "srcport": ["8443", None, "81"],
        "dstport": ["40404", "None", "82"],
        "protocol": ["17", None, "9090"],
        "packets": ["4", None, "None"],
        "bytes": ["512", "None", None],
        "start": [1795176041, 1795176041, 1795176042],
        "end": [1795176043, 1795176044, 1795176045],
        "action": ["REJECT", "-", "-"],
        "log_status": ["OK", "NODATA", "NODATA"],
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


FILES: dict[str, bytes] = {
    "v2_without_header.log": text(ACCEPTED, ANSWER, REJECTED, NODATA, SKIPDATA),
    "v3_alphabetical.log": V3.encode(),
    "v4_alphabetical.log": V4.encode(),
    "v5_alphabetical_bogus_line.log": V5.encode(),
    "ecs.log": ECS.encode(),
    "transit_ends.log": TRANSIT_ENDS.encode(),
    "transit_with_losses.log": text(
        with_losses(TRANSIT_FORMAT, LOST), with_losses(TRANSIT_LINE, "5 6 7 8")
    ),
    "milliseconds.log": text(
        SKIPDATA.replace("1795176000 1795176059", "1795176000250 1795176059750")
    ),
    "odd_types.parquet": odd_types(),
    "capture.log": text(HEADER, *capture()),
    "s3_object.log.gz": packed(text(HEADER, ACCEPTED, ANSWER, REJECTED)),
    "nodata_short_account.log": text(HEADER, NODATA.replace("210987654321", "21098765432")),
    "two_lines.log": text(HEADER, ACCEPTED, REJECTED),
    "too_few_fields.log": text(HEADER, NODATA.removesuffix(" NODATA")),
    "too_many_fields.log": text(HEADER, f"{NODATA} surplus"),
    "two_headers.log": text(
        HEADER, ACCEPTED, "srcaddr bytes version", "10.20.1.16 61 2", HEADER, REJECTED
    ),
    "windows.log": text(HEADER, ACCEPTED, REJECTED).replace(b"\n", b"\r\n"),
    "names.csv": text(HEADER, ACCEPTED, NODATA).replace(b" ", b","),
}
