"""Messages of a subscription as CloudWatch Logs sends them, and the objects that come of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import boto3

BUCKET = "collected"
REGION = "eu-central-1"
OWNER = "123456789012"
GROUP = "/vpc/flow_logs"
START = int(datetime(2026, 11, 20, 10, 15, tzinfo=UTC).timestamp())


def flow(
    interface: str,
    source: str,
    target: str,
    *,
    start: int = START,
    status: str = "OK",
    size: int = 840,
) -> str:
    """A record in the default format."""
    if status != "OK":
        return f"2 {OWNER} {interface} - - - - - - - {start} {start + 59} - {status}"
    return f"2 {OWNER} {interface} {source} {target} 49152 443 6 10 {size} {start} {start + 59} ACCEPT OK"


def message(
    *lines: str,
    stream: str = "eni-1-all",
    times: list[int] | None = None,
    kind: str = "DATA_MESSAGE",
) -> dict[str, Any]:
    """The event with which CloudWatch Logs calls; ids tell the line and its place."""
    times = times or [START] * len(lines)
    events = [
        {"id": _event_id(line, n), "timestamp": time * 1000, "message": line}
        for n, (line, time) in enumerate(zip(lines, times, strict=True))
    ]
    body = {
        "messageType": kind, "owner": OWNER, "logGroup": GROUP, "logStream": stream,
        "subscriptionFilters": ["vpcflow"], "logEvents": events,
    }  # fmt: skip
    return wrapped(gzip.compress(json.dumps(body).encode()))


def _event_id(line: str, place: int) -> str:
    digest = hashlib.sha256(f"{place} {line}".encode()).hexdigest()
    return f"{int(digest, 16) % 10**56:056d}"


def wrapped(packed: bytes) -> dict[str, Any]:
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}


def keys() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [each["Key"] for each in found]


def body(key: str) -> bytes:
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


def lines() -> list[dict[str, Any]]:
    """What all objects hold, in the order of their keys."""
    texts = [gzip.decompress(body(key)).decode() for key in keys()]
    return [json.loads(line) for text in texts for line in text.splitlines()]
