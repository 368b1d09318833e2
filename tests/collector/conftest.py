"""A VPC with interfaces on moto's server, and the function as Lambda would call it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from collector.function import handler
from tests.collector.payloads import BUCKET, REGION
from tests.inventory.ec2_server import Ec2, serving

Handle = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between attempts, and no log of every request."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.fixture
def ec2(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ec2]:
    """EC2 with pages and refusals, as the function sees it."""
    with serving(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", proxy.url)
        yield proxy


class Network:
    """Two subnets, three groups, and interfaces on demand."""

    def __init__(self, endpoint: str) -> None:
        self.client = boto3.client("ec2", region_name=REGION, endpoint_url=endpoint)
        self.vpc = self.client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self._subnet(number) for number in range(2)]
        self.groups = [self._group(name) for name in ("web", "db", "ssh")]

    def _subnet(self, number: int) -> str:
        made = self.client.create_subnet(
            VpcId=self.vpc,
            CidrBlock=f"10.0.{number}.0/24",
            Ipv6CidrBlock=f"2001:db8:0:{number}::/64",
        )
        return made["Subnet"]["SubnetId"]

    def _group(self, name: str) -> str:
        made = self.client.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return made["GroupId"]

    def interface(
        self, address: str, *groups: int, subnet: int = 0, six: str = "", second: str = ""
    ) -> str:
        wishes: dict[str, Any] = {"PrivateIpAddress": address}
        if second:
            wishes = {
                "PrivateIpAddresses": [
                    {"PrivateIpAddress": address, "Primary": True},
                    {"PrivateIpAddress": second, "Primary": False},
                ]
            }
        if six:
            wishes["Ipv6Addresses"] = [{"Ipv6Address": six}]
        made = self.client.create_network_interface(
            SubnetId=self.subnets[subnet], Groups=[self.groups[n] for n in groups], **wishes
        )
        return made["NetworkInterface"]["NetworkInterfaceId"]


@pytest.fixture
def network(aws: str) -> Network:
    return Network(aws)


@pytest.fixture
def handle(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handle]:
    """Calls the function in a new container with these parameters of the stack."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("BUCKET", BUCKET)

    def call(event: Any, *, new: bool = True, **environment: str) -> dict[str, Any]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        if new:
            handler.collector.cache_clear()
        return handler.handle(event, None)

    yield call
    handler.collector.cache_clear()
