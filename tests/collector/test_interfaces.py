"""How often EC2 is asked, what is remembered, and what a refusal costs; over HTTP from moto."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from collector.function import interfaces as module
from collector.function.interfaces import LISTING_LASTS, REMEMBERED, UNKNOWN_LASTS, Interfaces
from tests.collector.conftest import Network
from tests.collector.payloads import REGION
from tests.collector.test_formats import Clock
from tests.inventory.ec2_server import Ec2

LIST = "DescribeNetworkInterfaces"


@pytest.fixture
def interfaces_clock() -> Clock:
    return Clock()


@pytest.fixture
def interfaces(ec2: Ec2, interfaces_clock: Clock) -> Interfaces:
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    client = boto3.client("ec2", region_name=REGION, endpoint_url=ec2.url, config=config)
    return Interfaces(client, interfaces_clock)


def test_all_addresses_of_an_interface_are_its_own(
    network: Network, interfaces: Interfaces
) -> None:
    name = network.interface("10.0.0.5", 0, 2, six="2001:db8::5", second="10.0.0.6")
    found = interfaces.find([name])[name]
    assert (found.vpc, found.subnet) == (network.vpc, network.subnets[0])
    assert found.groups == (network.groups[0], network.groups[2])
    assert all(map(found.addresses.hold, ("10.0.0.5", "10.0.0.6", "2001:db8:0::5")))
    assert not found.addresses.hold("10.0.0.7")


def test_every_page_is_read(
    network: Network, interfaces: Interfaces, ec2: Ec2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 5)
    names = [network.interface(f"10.0.0.{n}", 0) for n in range(10, 22)]
    assert set(interfaces.find(names)) == set(names)
    assert [r.get("MaxResults") for r in ec2.requests] == ["5"] * 3


def test_one_listing_serves_all_until_it_is_old(
    network: Network, interfaces: Interfaces, ec2: Ec2, interfaces_clock: Clock
) -> None:
    names = [network.interface(f"10.0.0.{n}", 0) for n in range(10, 13)]
    for name in names:
        interfaces.find([name])
    assert ec2.asked[LIST] == 1
    interfaces_clock.now += LISTING_LASTS
    interfaces.find(names)
    assert ec2.asked[LIST] == 2


def test_an_interface_newer_than_the_listing_is_asked_for_by_name(
    network: Network, interfaces: Interfaces, ec2: Ec2
) -> None:
    interfaces.find([])
    name = network.interface("10.0.0.5", 1)
    assert interfaces.find([name])[name].groups == (network.groups[1],)
    assert ec2.requests[-1]["Filter.1.Value.1"] == name


def test_an_unknown_interface_is_asked_for_once_a_minute(
    interfaces: Interfaces, ec2: Ec2, interfaces_clock: Clock
) -> None:
    for _ in range(3):
        assert interfaces.find(["eni-0123"]) == {}
    assert ec2.asked[LIST] == 2
    interfaces_clock.now += UNKNOWN_LASTS
    interfaces.find(["eni-0123"])
    assert ec2.asked[LIST] == 3


def test_an_interface_that_is_gone_is_remembered_for_an_hour(
    network: Network, interfaces: Interfaces, interfaces_clock: Clock
) -> None:
    name = network.interface("10.0.0.5", 1)
    interfaces.find([name])
    network.client.delete_network_interface(NetworkInterfaceId=name)
    interfaces_clock.now += LISTING_LASTS
    assert name in interfaces.find([name])
    interfaces_clock.now += REMEMBERED
    assert name not in interfaces.find([name])


def test_throttling_is_waited_for(network: Network, interfaces: Interfaces, ec2: Ec2) -> None:
    name = network.interface("10.0.0.5", 1)
    ec2.refuse(LIST, "RequestLimitExceeded", times=2)
    assert name in interfaces.find([name])
    assert ec2.asked[LIST] == 3


def test_throttling_without_end_fails_rather_than_mark_what_is_known_as_unknown(
    network: Network, interfaces: Interfaces, ec2: Ec2
) -> None:
    name = network.interface("10.0.0.5", 1)
    ec2.refuse(LIST, "RequestLimitExceeded")
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        interfaces.find([name])


def test_a_listing_that_fails_does_no_harm_to_what_is_remembered(
    network: Network, interfaces: Interfaces, ec2: Ec2, interfaces_clock: Clock
) -> None:
    name = network.interface("10.0.0.5", 1)
    interfaces.find([name])
    ec2.refuse(LIST, "UnauthorizedOperation")
    interfaces_clock.now += LISTING_LASTS
    assert name in interfaces.find([name])
    with pytest.raises(ClientError):
        interfaces.find([name, "eni-0123"])


def test_subnets_are_listed_once(network: Network, interfaces: Interfaces, ec2: Ec2) -> None:
    for _ in range(3):
        blocks = interfaces.subnet(network.subnets[1])
        assert blocks is not None
        assert blocks.hold("10.0.1.77")
        assert blocks.hold("2001:db8:0:1::7")
        assert not blocks.hold("10.0.0.77")
    assert ec2.asked["DescribeSubnets"] == 1


def test_a_new_subnet_is_noticed(
    network: Network, interfaces: Interfaces, ec2: Ec2, interfaces_clock: Clock
) -> None:
    interfaces.subnet(network.subnets[0])
    new = network._subnet(7)
    assert interfaces.subnet(new) is None
    interfaces_clock.now += UNKNOWN_LASTS
    assert interfaces.subnet(new) is not None
    assert ec2.asked["DescribeSubnets"] == 2
