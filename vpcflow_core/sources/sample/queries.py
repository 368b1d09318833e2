"""What Route 53 Resolver logged of the sample's network: the names of its far ends."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vpcflow_core.sources.sample.incidents import night
from vpcflow_core.sources.sample.network import LOGS, VPCS, network
from vpcflow_core.sources.sample.places import DROP_POINT, SERVICES
from vpcflow_core.times import format_instant

# What the addresses of a group of `SERVICES` are asked for by.
NAMES: dict[str, tuple[str, ...]] = {
    "s3": ("prod-data.s3.eu-central-1.amazonaws.com", "prod-logs.s3.eu-central-1.amazonaws.com"),
    "s3-us": ("prod-us-data.s3.us-east-1.amazonaws.com",),
    "api": (
        "api.payments.example", "packages.example.org", "img.cdn.example.net",
        "login.example.com", "sqs.eu-central-1.amazonaws.com", "hooks.partner.example",
    ),
    "time": ("time1.example.net", "time2.example.net"),
    "resolver": ("dns.google", "one.one.one.one", "dns9.quad9.net"),
}  # fmt: skip
DROP_NAME = "upload.filebox.example"
# Names are asked for again before a day is over, as long as Resolver caches at most.
EVERY = 6 * 3600


def sample_queries(seed: int, start: datetime, until: datetime) -> list[bytes]:
    """Query logs of Route 53 Resolver, a file a VPC; the DNS servers of a VPC ask for all of it.

    Args:
        seed: As the sample's.
        start: Begin of the sample.
        until: The sample's end.
    """
    first, end = int(start.timestamp()), int(until.timestamp())
    interfaces = network(seed).interfaces
    files = []
    for number in range(len(VPCS)):
        asks = interfaces[(interfaces["vpc"] == number) & (interfaces["role"] == "dns")].iloc[0]
        lines = [_line(asks, *asked) for asked in _asked(number, first, end)]
        files.append(gzip.compress("\n".join(lines).encode(), mtime=0))
    return files


def _asked(vpc: int, first: int, end: int) -> Iterator[tuple[int, str, list[str]]]:
    """When each name was asked for, and the addresses that it had."""
    for at in range(first, end, EVERY):
        for group, names in NAMES.items():
            addresses = [address for address, _ in SERVICES[group]]
            for place, name in enumerate(names):
                yield at, name, addresses[place :: len(names)]
    began = night(end)
    if vpc == 0 and began - 60 >= first:
        yield began - 60, DROP_NAME, [DROP_POINT]


def _line(asks: Any, at: int, name: str, addresses: list[str]) -> str:
    log = LOGS[asks["log"]]
    return json.dumps(
        {
            "version": "1.100000",
            "account_id": log.account,
            "region": log.region,
            "vpc_id": asks["vpc_id"],
            "query_timestamp": format_instant(datetime.fromtimestamp(at, UTC)),
            "query_name": f"{name}.",
            "query_type": "A",
            "query_class": "IN",
            "rcode": "NOERROR",
            "answers": [{"Rdata": one, "Type": "A", "Class": "IN"} for one in addresses],
            "srcaddr": asks["address"],
            "srcport": "41000",
            "transport": "UDP",
            "srcids": {"instance": asks["instance_id"]},
        }
    )
