"""Log groups in moto's memory, filled with flow logs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import boto3
from moto.backends import get_backend

from tests.store.doubles import numbers
from vpcflow_core.store.store import Store

ACCOUNT, REGION, GROUP = "123456789012", "us-east-1", "/vpc/flow-logs"
URL = f"cloudwatch://{REGION}{GROUP}"
BASE = 1000  # bytes of record 0: no packet is smaller than its header
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)


def aws_format(names: str) -> str:
    """A format as DescribeFlowLogs gives it."""
    return " ".join(f"${{{name}}}" for name in names.split())


def values(number: int, at: datetime, interface: str = "eni-0a") -> dict[str, str]:
    """A record; its number shows in its bytes."""
    start = int(at.timestamp())
    return {
        "version": "2", "account-id": ACCOUNT, "interface-id": interface,
        "srcaddr": f"10.0.{number % 99}.{number % 250}", "dstaddr": "10.1.0.1",
        "srcport": str(40000 + number % 99), "dstport": "443", "protocol": "6", "packets": "1",
        "bytes": str(BASE + number), "start": str(start), "end": str(start + 60), "action": "ACCEPT",
        "log-status": "OK",
    }  # fmt: skip


def line(number: int, at: datetime, interface: str = "eni-0a", fields: str = DEFAULT) -> str:
    """The record in VPC's own form."""
    record = values(number, at, interface)
    return " ".join(record[name] for name in fields.split())


def record_json(number: int, at: datetime) -> str:
    """The record as a flat JSON object."""
    return json.dumps(values(number, at))


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class LogGroup:
    """A group that is filled straight into moto's memory, a hundred thousand events a second."""

    def __init__(self, name: str = GROUP, region: str = REGION) -> None:
        self.name = name
        self.region = region
        self._backend = get_backend("logs")[ACCOUNT][region]
        self._backend.create_log_group(name, {})

    def put(self, events: Iterable[tuple[datetime, str]], stream: str = "eni-0a-all") -> None:
        """Add events to one stream, which is made if it is not there."""
        self.put_all({stream: events})

    def put_all(self, streams: Mapping[str, Iterable[tuple[datetime, str]]]) -> None:
        """Add events to many streams."""
        known = self._backend.groups[self.name].streams
        for stream, events in streams.items():
            if stream not in known:
                self._backend.create_log_stream(self.name, stream)
            ordered = sorted(events, key=lambda event: event[0])
            _, rejected = self._backend.put_log_events(
                self.name,
                stream,
                [{"timestamp": milliseconds(at), "message": text} for at, text in ordered],
            )
            assert not rejected

    def created(self, at: datetime, *, retention_days: int | None = None) -> None:
        """Make the group as old as that."""
        group = self._backend.groups[self.name]
        group.creation_time = at.replace(tzinfo=None)
        if retention_days:
            group.set_retention_policy(retention_days)


def flow_log(log_format: str = DEFAULT, group: str = GROUP, region: str = REGION) -> str:
    """A flow log that writes to a group; gives its id."""
    ec2 = boto3.client("ec2", region_name=region)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=group,
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
        LogFormat=aws_format(log_format),
    )
    return str(made["FlowLogIds"][0])


def by_stream(
    events: Iterable[tuple[str, datetime, str]],
) -> dict[str, list[tuple[datetime, str]]]:
    """Events as `put_all` takes them."""
    streams: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for stream, at, text in events:
        streams[stream].append((at, text))
    return streams


def loaded(store: Store) -> Counter[int]:
    """The numbers of the records in a store, with how often each is there."""
    return Counter({number - BASE: count for number, count in numbers(store).items()})
