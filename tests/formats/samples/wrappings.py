"""Samples in which each line lies inside of something: messages, events, exports, JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from tests.formats.reading import HEADER, packed
from tests.formats.samples.lines import (
    ACCEPTED,
    NODATA,
    REJECTED,
    TRANSIT_LINE,
    capture,
    text,
)

CUSTOM_LINES = (
    "2 eni-0a11aa22bb33cc441 10.20.1.15 203.0.113.9",
    "2 eni-0a11aa22bb33cc441 10.20.1.15 198.51.100.77",
)


def message(*lines: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """What CloudWatch Logs sends to a subscription; an event each second from 12:01:00."""
    events = [
        {"id": f"{n:056d}", "timestamp": 1795176060000 + 1000 * n, "message": line}
        for n, line in enumerate(lines)
    ]
    return {
        "messageType": kind, "owner": "210987654321", "logGroup": "/invented/flows",
        "logStream": "eni-0a11aa22bb33cc441-all", "subscriptionFilters": ["to-vpcflow"],
        "logEvents": events,
    }  # fmt: skip


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def in_base64(value: Any) -> str:
    return base64.b64encode(packed(dumped(value))).decode()


def kinesis(value: Any) -> dict[str, Any]:
    """The event with which Kinesis calls a Lambda function."""
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0", "partitionKey": "k", "sequenceNumber": "7",
            "data": in_base64(value), "approximateArrivalTimestamp": 1795176061.5,
        },
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
        "eventID": "shardId-000000000003:7", "awsRegion": "eu-west-3",
        "eventSourceARN": "arn:aws:kinesis:eu-west-3:210987654321:stream/flows",
    }  # fmt: skip
    return {"Records": [record]}


MESSAGES = {
    "message_default": message(ACCEPTED, REJECTED),
    "message_custom": message(*CUSTOM_LINES),
    "message_transit": message(TRANSIT_LINE),
}
WRAPPINGS: dict[str, Callable[[Any], bytes]] = {
    "json": dumped,
    "json.gz": lambda value: packed(dumped(value)),
    "lambda_event.json": lambda value: dumped({"awslogs": {"data": in_base64(value)}}),
    "kinesis_event.json": lambda value: dumped(kinesis(value)),
}
CONTROL = {**message("Is anybody there?", kind="CONTROL_MESSAGE"), "subscriptionFilters": []}


def raw_events() -> list[dict[str, Any]]:
    """What a log router exports: the line is `_raw`, the header an event of its own."""
    return [
        {
            "__type": "event", "__fields": [], "__final": False, "__size": {"bytes": 9000, "by": "gzip"},
            "host": "router-1.invalid", "source": "AWSLogs/210987654321/vpcflowlogs/flows.log.gz",
            "_raw": line, "_time": 1795176100.25, "__inputId": "collection:flows",
        }
        for line in (HEADER, *capture())
    ]  # fmt: skip


# Fields beside the line that say something else: account, addresses and bytes of no record here.
STRUCTURED = {
    "version": "2", "account-id": "999999999999", "interface-id": "eni-0999", "srcaddr": "192.0.2.1",
    "dstaddr": "192.0.2.2", "srcport": 1, "dstport": 2, "protocol": "17", "packets": 1, "bytes": 1,
    "start": "1", "end": "2", "action": "REJECT", "log-status": "OK", "vpc-id": "vpc-0999",
}  # fmt: skip


def body_events() -> list[dict[str, Any]]:
    """What a search index returns: `body` is the line, the other fields do not always agree."""
    return [
        {
            "@timestamp": "2026-11-20T12:01:00.000Z", "body": line,
            "event": {"result": "REJECT", "domain": "vpc.flow_log"},
            "cloud": {"account": {"id": "999999999999"}, "region": "ap-south-2"},
            "aws": {"s3": {"bucket": "invented", "key": "AWSLogs/flows.log.gz"}, "vpc": STRUCTURED},
            "communication": {"source": {"address": "192.0.2.1", "port": 1, "bytes": 1}},
        }
        for line in (ACCEPTED, REJECTED, NODATA)
    ]  # fmt: skip


WRAPPED: dict[str, bytes] = {
    f"{name}.{wrapping}": wrap(value)
    for name, value in MESSAGES.items()
    for wrapping, wrap in WRAPPINGS.items()
} | {
    "message_control.json": dumped(CONTROL),
    "message_concatenated_members.json.gz": b"".join(
        packed(dumped(value))
        for value in (message(ACCEPTED), CONTROL, message(REJECTED, NODATA), message(ACCEPTED))
    ),
    "export.log.gz": packed(
        text(f"2026-11-20T12:01:00.000Z {ACCEPTED}", f"2026-11-20T12:01:01.500Z {NODATA}")
    ),
    "insights.csv": text(
        "@timestamp,@message",
        f"2026-11-20 12:01:00.000,{ACCEPTED}",
        f'2026-11-20 12:01:01.500,"{NODATA}"',
    ),
    "raw_events.json": dumped(raw_events()),
    "body_events.json": dumped(body_events()),
    "body_events_lines.json.gz": packed(b"\n".join(map(dumped, body_events()))),
    "collected.json": b"\n".join(
        dumped({**dict(zip(HEADER.split(), line.split(), strict=True)), "aws-region": "eu-west-3",
                "security-group-ids": ["sg-0a1", "sg-0a2"]})
        for line in (ACCEPTED, REJECTED)
    ),
}  # fmt: skip
