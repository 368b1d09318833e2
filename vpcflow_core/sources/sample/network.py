"""The sample's made-up network: VPCs, subnets, interfaces, and every address it meets.

All is drawn from a seed: the same seed, the same network.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from vpcflow_core.sources.sample.places import DROP_POINT, INTRUDER, PLACES, SCANNER, SERVICES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CLIENTS = 4000  # distinct public addresses
SKEW = 0.9  # the client of rank n comes 1 / n^0.9 times as often as the first


class Log(NamedTuple):
    """A flow log: one per account and region; its VPCs share it."""

    account: str
    region: str
    az: str


class Vpc(NamedTuple):
    """A VPC: `net` is the second octet of its 10.net.0.0/16; `weight` its part of the traffic."""

    name: str
    log: int
    net: int
    weight: float
    fleet: dict[str, int]


class Role(NamedTuple):
    """What a host is for: its tier of subnets, its security groups, whether EC2 shows it."""

    tier: str
    groups: tuple[str, ...]
    instance: bool = True


LOGS = (
    Log("123456789012", "eu-central-1", "euc1"),
    Log("210987654321", "us-east-1", "use1"),
)
# fmt: off
VPCS = (
    Vpc("prod", 0, 0, 0.55, {"web": 6, "app": 6, "db": 3, "cache": 2, "dns": 2, "batch": 3,
                             "bastion": 1, "nat": 1, "endpoint": 3, "monitor": 1, "idle": 1}),
    Vpc("staging", 0, 1, 0.1, {"web": 2, "app": 2, "db": 1, "dns": 1, "nat": 1, "monitor": 1}),
    Vpc("prod-us", 1, 2, 0.27, {"web": 4, "app": 4, "db": 2, "cache": 1, "dns": 1, "bastion": 1,
                                "nat": 1, "monitor": 1}),
    Vpc("data-us", 1, 3, 0.08, {"batch": 3, "db": 1, "dns": 1, "nat": 1, "idle": 1}),
)
ROLES = {
    "web": Role("public", ("web", "base")),
    "bastion": Role("public", ("bastion",)),
    "nat": Role("public", (), instance=False),
    "app": Role("private", ("app", "base")),
    "cache": Role("private", ("cache",), instance=False),
    "dns": Role("private", ("dns", "base")),
    "batch": Role("private", ("batch", "base")),
    "monitor": Role("private", ("monitor", "base")),
    "endpoint": Role("private", ("endpoint",), instance=False),
    "idle": Role("private", ("base",)),
    "db": Role("data", ("db",), instance=False),
}
# Which team a role's hosts belong to, as the tag `team` of instances has it.
TEAMS = {
    "web": "shop", "app": "shop", "cache": "shop", "endpoint": "platform", "bastion": "platform",
    "nat": "platform", "dns": "platform", "monitor": "platform", "idle": "platform",
    "batch": "data", "db": "data",
}
# Third octets of a tier's subnets, one for each Availability Zone.
TIERS = {"public": (0, 1, 2), "private": (10, 11, 12), "data": (20, 21, 22)}
# The subnet whose route table was forgotten when the VPC got its gateway endpoint for S3.
UNROUTED = "prod-private-c"
# fmt: on


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can key a cache
class Network:
    """Interfaces by number, addresses by code.

    Attributes:
        interfaces: One row an interface, as `sample_interfaces` gives it, and `log` (index of
            `LOGS`), `vpc` (index of `VPCS`) and `role`.
        addresses: Every address as text; its place is its code. Interface i has the IPv4 address
            of code i and the IPv6 address of code `len(interfaces) + i`.
        services: Name of the AWS service of each address, "-" if none.
        groups: First code and number of codes of each group of public addresses.
    """

    interfaces: pd.DataFrame
    addresses: list[str]
    services: list[str]
    groups: dict[str, tuple[int, int]]

    def of(self, role: str, vpc: int | None = None) -> list[int]:
        """Numbers of the interfaces of a role, of one VPC or all."""
        rows = self.interfaces["role"] == role
        rows &= True if vpc is None else self.interfaces["vpc"] == vpc
        return [int(i) for i in np.flatnonzero(rows)]

    @cached_property
    def unrouted(self) -> frozenset[int]:
        """Numbers of the interfaces that reach S3 through the NAT gateway alone."""
        rows = self.interfaces["subnet_name"] == UNROUTED
        return frozenset(int(i) for i in np.flatnonzero(rows))

    def codes(self, group: str) -> Ints:
        """Codes of a group of public addresses."""
        first, count = self.groups[group]
        return np.arange(first, first + count)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Roles that some interface has."""
        return frozenset(self.interfaces["role"])

    @cached_property
    def is_v6(self) -> npt.NDArray[np.bool_]:
        """Whether the address of each code is IPv6."""
        return np.array([":" in address for address in self.addresses])

    @cached_property
    def client_odds(self) -> Floats:
        """How often each client comes, adding up to 1."""
        odds = np.arange(1, self.groups["clients"][1] + 1) ** -SKEW
        return np.asarray(odds / odds.sum())


@lru_cache(maxsize=4)
def network(seed: int) -> Network:
    """The network that a seed makes."""
    rng = np.random.default_rng([seed, 1])
    interfaces = pd.DataFrame(_interfaces(rng))
    known = [(address, "-") for address in interfaces["address"]]
    known += [(address, "-") for address in interfaces["ipv6"]]
    scanners = tuple((str(a), "-") for a in ipaddress.ip_network(SCANNER))
    clients = tuple((address, "-") for address in _clients(rng))
    groups: dict[str, tuple[int, int]] = {}
    people = {"intruder": ((INTRUDER, "-"),), "drop": ((DROP_POINT, "-"),), "scanner": scanners}
    for name, members in {**SERVICES, **people, "clients": clients}.items():
        groups[name] = (len(known), len(members))
        known += members
    return Network(interfaces, [a for a, _ in known], [s for _, s in known], groups)


def sample_interfaces(seed: int = 7) -> pd.DataFrame:
    """The made-up network, one row an interface, as an EC2 snapshot would show it.

    Returns:
        Columns interface_id, account_id, region, vpc_id, vpc_name, subnet_id, subnet_name,
        subnet_cidr, az_id, instance_id (None where EC2 shows none), instance_name, address,
        ipv6, security_group_ids and security_group_names (lists).
    """
    return network(seed).interfaces.drop(columns=["log", "vpc", "role"])


def _interfaces(rng: np.random.Generator) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, vpc in enumerate(VPCS):
        vpc_id = made_id(rng, "vpc")
        subnets = {octet: made_id(rng, "subnet") for pair in TIERS.values() for octet in pair}
        groups = {name: made_id(rng, "sg") for role in ROLES.values() for name in role.groups}
        used = dict.fromkeys(subnets, 10)
        for role, index in ((r, i) for r, count in vpc.fleet.items() for i in range(count)):
            zone = index % len(TIERS[ROLES[role].tier])
            octet = TIERS[ROLES[role].tier][zone]
            used[octet] += int(rng.integers(1, 9))
            rows.append(
                {
                    "interface_id": made_id(rng, "eni"),
                    "account_id": LOGS[vpc.log].account,
                    "region": LOGS[vpc.log].region,
                    "vpc_id": vpc_id,
                    "vpc_name": vpc.name,
                    "subnet_id": subnets[octet],
                    "subnet_name": f"{vpc.name}-{ROLES[role].tier}-{'abc'[zone]}",
                    "subnet_cidr": f"10.{vpc.net}.{octet}.0/24",
                    "az_id": f"{LOGS[vpc.log].az}-az{1 + zone}",
                    "instance_id": made_id(rng, "i") if ROLES[role].instance else None,
                    "instance_name": f"{vpc.name}-{role}-{index + 1}",
                    "address": f"10.{vpc.net}.{octet}.{used[octet]}",
                    "ipv6": _ipv6(vpc.net, octet, used[octet]),
                    "security_group_ids": [groups[name] for name in ROLES[role].groups],
                    "security_group_names": [f"{vpc.name}-{n}" for n in ROLES[role].groups],
                    "log": vpc.log,
                    "vpc": number,
                    "role": role,
                }
            )
    return rows


def _ipv6(net: int, octet: int, host: int) -> str:
    text = f"2a05:d014:{0xE00 + net:x}:{octet:x}::{host:x}"
    return str(ipaddress.ip_address(text))  # as AWS writes it: the longest run of zeros is left out


def made_id(rng: np.random.Generator, kind: str) -> str:
    """An id as AWS makes them: `eni-0` and sixteen digits."""
    return f"{kind}-0{rng.bytes(8).hex()}"


def _clients(rng: np.random.Generator) -> list[str]:
    """Public addresses in random order, so that every country has busy and quiet ones."""
    weights = np.array([place.weight for place in PLACES])
    chosen = rng.choice(len(PLACES), CLIENTS, p=weights / weights.sum())
    return [_address(rng, PLACES[number].blocks) for number in chosen]


def _address(rng: np.random.Generator, blocks: tuple[str, ...]) -> str:
    block = ipaddress.ip_network(blocks[int(rng.integers(len(blocks)))])
    offset = int.from_bytes(rng.bytes(16)) % block.num_addresses
    return str(block[offset])
