"""Objects as AWS lays them down: every layout, several accounts, columns and forms in one prefix."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vpcflow_core.fields import find_field
from vpcflow_core.sources.s3.layout import Layout, key_for

START = datetime(2026, 11, 2, 22, tzinfo=UTC)
V2 = ["version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status"]  # fmt: skip
V5 = ["flow-direction", "vpc-id", "srcaddr", "dstaddr", "protocol", "dstport", "srcport", "bytes", "packets", "end", "start", "interface-id", "log-status", "action", "tcp-flags", "type"]  # fmt: skip
V3 = ["start", "end", "subnet-id", "instance-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action", "log-status"]  # fmt: skip
TRANSIT = ["version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "log-status", "packets-lost-no-route"]  # fmt: skip
WITHOUT_STATUS = ["start", "end", "srcaddr", "dstaddr", "dstport", "bytes", "packets", "action", "interface-id"]  # fmt: skip
LEAST = ["start", "action"]
LOGS: tuple[tuple[str, str, Layout, list[str], str, bool], ...] = (
    ("fl-0a01", "111111111111", "default", V2, ".gz", False),
    ("fl-0a02", "111111111111", "default", V5, ".gz", False),
    ("fl-0b01", "222222222222", "hourly", V5, ".gz", False),
    ("fl-0c01", "333333333333", "hive", V3, ".gz", False),
    ("fl-0d01", "444444444444", "hive-hourly", V5, ".parquet", False),
    ("fl-0e01", "555555555555", "default", V2, ".parquet", False),
    ("fl-0f01", "111111111111", "default", TRANSIT, ".gz", True),
    ("fl-0a03", "111111111111", "default", WITHOUT_STATUS, ".gz", False),
    ("fl-0a04", "111111111111", "default", LEAST, ".gz", False),
)


def write_objects(folder: Path) -> Path:
    """Six hours of every flow log, over midnight, an object each half hour."""
    for number, (flow_log, account, layout, fields, suffix, is_transit) in enumerate(LOGS):
        for slot in range(12):
            time = START + slot * timedelta(minutes=30)
            rows = [_row(number, slot, line, time) for line in range(20)]
            key = key_for(
                account=account,
                region="eu-west-1" if number % 2 else "eu-central-1",
                flow_log_id=flow_log,
                time=time,
                unique=f"a{slot}",
                layout=layout,
                suffix=suffix,
                prefix="lake/",
                transit=is_transit,
            )
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((_text if suffix == ".gz" else _parquet)(fields, rows))
    return folder


def _row(number: int, slot: int, line: int, time: datetime) -> dict[str, str]:
    start = int(time.timestamp()) + 37 * line
    client, server = f"10.{number}.{slot}.{line + 1}", f"10.{number}.0.{line % 3 + 1}"
    if line == 7:
        client, server = "2001:db8::5", "2001:db8::1:7"
    row = {
        "version": "2", "account-id": "999999999999", "interface-id": f"eni-{number}{line % 3}",
        "srcaddr": client, "dstaddr": server, "srcport": str(30000 + line), "dstport": "443",
        "protocol": "6" if line % 5 else "17", "packets": str(line + 1), "bytes": str(100 * line + slot),
        "start": str(start), "end": str(start + 50), "action": "REJECT" if line % 4 == 0 else "ACCEPT",
        "log-status": "OK", "flow-direction": "ingress" if line % 2 else "egress", "vpc-id": "vpc-1",
        "tcp-flags": "2", "type": "IPv4", "subnet-id": "subnet-1", "instance-id": "-",
        "resource-type": "TransitGateway", "tgw-id": "tgw-1", "tgw-attachment-id": "tgw-attach-1",
        "packets-lost-no-route": str(line % 2),
    }  # fmt: skip
    if line == 19:
        empty = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action",
                 "flow-direction", "tcp-flags", "type")  # fmt: skip
        row |= dict.fromkeys(empty, "-") | {"log-status": "NODATA"}
    return row


def _text(fields: list[str], rows: list[dict[str, str]]) -> bytes:
    lines = [" ".join(fields), *(" ".join(row[name] for name in fields) for row in rows)]
    return gzip.compress(("\n".join(lines) + "\n").encode())


def _parquet(fields: list[str], rows: list[dict[str, str]]) -> bytes:
    """As AWS writes it: numbers without a value are null, texts are `-`."""
    columns = {}
    for name in fields:
        field = find_field(name)
        assert field
        values = [row[name] for row in rows]
        if field.is_number or name in ("start", "end"):
            kind = pa.int64() if name in ("start", "end", "bytes", "packets") else pa.int32()
            columns[name.replace("-", "_")] = pa.array(
                [None if value == "-" else int(value) for value in values], kind
            )
        else:
            columns[name.replace("-", "_")] = pa.array(values)
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()
