"""Which of AWS's services hosts reach, by the names that they asked DNS for.

Records say `AMAZON` for most services; an interface endpoint is for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import pandas as pd

from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.far_ends import AsksFlows, far_ways
from vpcflow_core.query.filters import NO_FILTERS, Filters

# Gives the share of each service in the bytes that hosts exchange with AWS's services without a
# gateway endpoint.
ServicesOf = Callable[[Collection[str]], dict[str, float]]
HOSTS = 200  # that are looked at, those of the most bytes
# Services that a gateway endpoint, which costs nothing, leads to.
STORED = ("S3", "DYNAMODB")
_NAME = re.compile(
    r"(?:.*?\.)??(?:(api|dkr|runtime)\.)?([a-z0-9-]+)\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?"
)
# What endpoints call services whose names begin otherwise.
_CALLED = {
    "kinesis": "kinesis-streams", "firehose": "kinesis-firehose", "queue": "sqs",
    "email": "email-smtp",
}  # fmt: skip


def service_of_name(name: str) -> str:
    """The service at the end of an endpoint's name for a domain name; "" where it is none of AWS's.

    >>> service_of_name("sqs.eu-central-1.amazonaws.com")
    'sqs'
    >>> service_of_name("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
    'ecr.dkr'
    >>> service_of_name("api.sagemaker.eu-west-1.amazonaws.com")
    'sagemaker.api'
    >>> service_of_name("www.amazonaws.com"), service_of_name("sqs.example.com")
    ('', '')
    """
    found = _NAME.fullmatch(name.strip().rstrip(".").lower())
    if not found:
        return ""
    part, service = found.groups()
    # Endpoints have the part behind the service.
    return f"{service}.{part}" if part else _CALLED.get(service, service)


def no_services(hosts: Collection[str]) -> dict[str, float]:
    """Where no name is known."""
    return {}


def services_by_names(logs: AsksFlows, found: Bill, filters: Filters = NO_FILTERS) -> ServicesOf:
    """What tells the services that hosts reach.

    Args:
        logs: Answers questions.
        found: What the range cost.
        filters: Conditions besides the own ones of the logs.
    """

    def of(hosts: Collection[str]) -> dict[str, float]:
        ways = far_ways(logs, found, list(hosts)[:HOSTS], filters, ("name", "service"))
        if not {"name", "service"} <= set(ways):
            return {}
        rows = ways[ways["service"].notna() & ~ways["service"].isin(STORED)]
        # Names that share an address are shown together: they are one service, or not known.
        called = rows["name"].fillna("").map(_one_service)
        sums = rows.groupby(called)["bytes"].sum()
        return _shares(sums)

    return of


def _one_service(names: str) -> str:
    services = {service_of_name(name) for name in names.split(", ")}
    return services.pop() if len(services) == 1 else ""


def _shares(sums: pd.Series) -> dict[str, float]:
    whole = float(sums.sum()) or 1.0
    return {str(name): float(value) / whole for name, value in sums.items() if name}
