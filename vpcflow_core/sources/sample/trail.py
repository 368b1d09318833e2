"""What CloudTrail logged of the sample's network: changes that go with its incidents."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from vpcflow_core.inventory.tables import Kind
from vpcflow_core.sources.sample.incidents import night, window_of
from vpcflow_core.sources.sample.network import LOGS, Log
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.times import format_instant

Asked: TypeAlias = dict[str, Any]


class Event(NamedTuple):
    """One change.

    Attributes:
        log: Which account and region, as index of `LOGS`.
        at: When, seconds since 1970.
        name: What CloudTrail calls it.
        by: Role and person.
        asked: Its request.
    """

    log: int
    at: int
    name: str
    by: str
    asked: Asked


def sample_trail(seed: int, start: datetime, until: datetime) -> list[bytes]:
    """Log files of CloudTrail, one for each account and region.

    Args:
        seed: As the sample's.
        start: Begin of the sample; what was changed before is left out.
        until: The sample's end.
    """
    first, end = int(start.timestamp()), int(until.timestamp())
    events = [each for each in _events(end, _ids(seed)) if each.at >= first]
    files = []
    for number, log in enumerate(LOGS):
        records = [_record(log, end, event) for event in events if event.log == number]
        files.append(gzip.compress(json.dumps({"Records": records}).encode(), mtime=0))
    return files


def _events(end: int, ids: Mapping[tuple[Kind, str], str]) -> Iterator[Event]:
    """The changes, the oldest first.

    SSH was opened to all minutes before the intruder got in, and the way out for the host that
    sent gigabytes at night in the evening before; the network ACL is what followed the scan.
    """
    day = 86400
    tables = ("prod-public", "prod-private-a", "prod-private-b")  # one was forgotten
    yield Event(
        0,
        end - 6 * day,
        "CreateVpcEndpoint",
        "Platform/ines",
        {
            "CreateVpcEndpointRequest": {
                "VpcId": ids["vpcs", "prod"],
                "ServiceName": "com.amazonaws.eu-central-1.s3",
                "RouteTableId": [{"content": ids["route_tables", name]} for name in tables],
            }
        },
    )
    yield Event(
        1,
        end - 2 * day,
        "AuthorizeSecurityGroupIngress",
        "Deploy/terraform",
        _rule(ids["security_groups", "prod-us-web"], "udp", 443, "0.0.0.0/0"),
    )
    opened = window_of("brute-force", end)[1] - 420
    yield Event(
        0,
        opened,
        "AuthorizeSecurityGroupIngress",
        "Developer/tom",
        _rule(ids["security_groups", "prod-bastion"], "tcp", 22, "0.0.0.0/0"),
    )
    yield Event(
        0,
        night(end) - 3 * 3600,
        "AuthorizeSecurityGroupEgress",
        "Developer/tom",
        _rule(ids["security_groups", "prod-app"], "-1", None, "0.0.0.0/0"),
    )
    after = window_of("scan", end)[1] + 1500
    for number, protocol in ((80, "6"), (81, "17")):
        entry = {
            "networkAclId": ids["network_acls", "public"],
            "ruleNumber": number,
            "egress": False,
            "ruleAction": "deny",
            "aclProtocol": protocol,
            "portRange": {"from": 445, "to": 445},
            "cidrBlock": "0.0.0.0/0",
        }
        yield Event(0, after, "CreateNetworkAclEntry", "Platform/ines", entry)


def _rule(group: str, protocol: str, port: int | None, block: str) -> Asked:
    rule: Asked = {"ipProtocol": protocol, "ipRanges": {"items": [{"cidrIp": block}]}}
    if port is not None:
        rule |= {"fromPort": port, "toPort": port}
    return {"groupId": group, "ipPermissions": {"items": [rule]}}


def _record(log: Log, end: int, event: Event) -> dict[str, Any]:
    role, _, person = event.by.partition("/")
    at = datetime.fromtimestamp(event.at, UTC)
    return {
        "eventVersion": "1.11",
        "eventTime": format_instant(at),
        "eventSource": "ec2.amazonaws.com",
        "eventName": event.name,
        "awsRegion": log.region,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{log.account}:assumed-role/{role}/{person}",
            "accountId": log.account,
        },
        "requestParameters": event.asked,
        "responseElements": None,
        "eventID": f"sample-{end}-{event.at}-{event.name}-{event.asked.get('ruleNumber', 0)}",
        "recipientAccountId": log.account,
    }


@lru_cache(maxsize=4)
def _ids(seed: int) -> dict[tuple[Kind, str], str]:
    """Ids by kind and name; of network ACLs those of the VPC `prod`."""
    kinds: tuple[tuple[Kind, str], ...] = (
        ("security_groups", "security_group_id"),
        ("vpcs", "vpc_id"),
        ("route_tables", "route_table_id"),
        ("network_acls", "network_acl_id"),
    )
    found: dict[tuple[Kind, str], str] = {}
    for shot in sample_snapshots(seed):
        vpcs = shot.tables["vpcs"]
        prod = set(vpcs.loc[vpcs["name"] == "prod", "vpc_id"])
        for kind, key in kinds:
            rows = shot.tables[kind]
            if kind == "network_acls":
                rows = rows[rows["vpc_id"].isin(prod)]
            found |= {(kind, name): id for name, id in zip(rows["name"], rows[key], strict=True)}
    return found
