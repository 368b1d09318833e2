"""What EC2 would tell of the sample's network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.sources.sample.acls import network_acls
from vpcflow_core.sources.sample.lines import FORMATS, flow_log_id
from vpcflow_core.sources.sample.network import (
    LOGS,
    ROLES,
    TEAMS,
    VPCS,
    Network,
    made_id,
    network,
)
from vpcflow_core.sources.sample.rules import MORE_GROUPS, OFFICES, RULES, S3_LISTS, VPC, Rule
from vpcflow_core.sources.sample.ways import Ways, public_address

Rows = list[dict[str, Any]]
# How services describe the interfaces that they make: type, description, who asked for it.
_SERVICES: dict[str, tuple[str, str, str]] = {
    "nat": ("nat_gateway", "Interface for NAT Gateway {id}", "amazon-aws"),
    "endpoint": ("vpc_endpoint", "VPC Endpoint Interface {id}", "amazon-aws"),
    "db": ("interface", "RDSNetworkInterface", "amazon-rds"),
    "cache": ("interface", "ElastiCache {name}", "amazon-elasticache"),
}


def sample_snapshots(seed: int = 7, taken: datetime | None = None) -> list[Snapshot]:
    """What EC2 would show of each account and region of the sample.

    Args:
        seed: As the sample's.
        taken: When they were taken; now, if not said.
    """
    net, rng = network(seed), np.random.default_rng([seed, 4])
    moment = taken or datetime.now(UTC)
    return [_snapshot(seed, net, rng, number, moment) for number in range(len(LOGS))]


def _snapshot(
    seed: int, net: Network, rng: np.random.Generator, number: int, taken: datetime
) -> Snapshot:
    log = LOGS[number]
    hosts = net.interfaces[net.interfaces["log"] == number]
    lists = _prefix_lists(rng, log.region)
    vpcs = sorted(set(hosts["vpc"].tolist()))
    groups = {vpc: _groups(rng, hosts[hosts["vpc"] == vpc]) for vpc in vpcs}
    rules = [row for vpc in vpcs for row in _rules(rng, vpc, groups[vpc], lists)]
    ways = Ways.made(rng, hosts, log.region, lists["s3"]["prefix_list_id"])
    tables = {
        "interfaces": _interfaces(rng, hosts, groups, ways),
        "security_groups": [row for some in groups.values() for row in some.values()],
        "rules": rules,
        "subnets": _subnets(hosts),
        "vpcs": _vpcs(hosts),
        "prefix_lists": list(lists.values()),
        "flow_logs": [_flow_log(seed, number)],
        "instances": _instances(hosts),
        **ways.tables,
        "network_acls": network_acls(rng, hosts),
    }
    frames = {kind: frame_of(kind, rows) for kind, rows in tables.items()}  # type: ignore[arg-type]
    return Snapshot(log.account, log.region, taken, frames)  # type: ignore[arg-type]


def _interfaces(
    rng: np.random.Generator,
    hosts: pd.DataFrame,
    groups: dict[Any, dict[str, Any]],
    ways: Ways,
) -> Rows:
    more = {group.role: group.name for group in MORE_GROUPS if group.role}
    rows: Rows = []
    for host in hosts.to_dict("records"):
        role, own = host["role"], list(host["security_group_ids"])
        if role in more:
            own.append(groups[host["vpc"]][more[role]]["security_group_id"])
        kind, description, requester = _SERVICES.get(role, ("interface", "", None))
        instance = host["instance_id"] if ROLES[role].instance else None
        rows.append(
            {
                **{name: host[name] for name in ("interface_id", "vpc_id", "subnet_id")},
                "instance_id": instance,
                "name": host["instance_name"] if instance else None,
                "type": kind,
                "description": description.format(
                    id=ways.ids.get(host["interface_id"]), name=host["instance_name"]
                )
                or None,
                "owner_id": host["account_id"],
                "requester_id": requester,
                "addresses": [host["address"], host["ipv6"]],
                "public_addresses": _public(rng, role, ways.public.get(host["interface_id"])),
                "security_group_ids": own,
                "tags": [f"Name={host['instance_name']}", f"team={TEAMS[role]}"]
                if instance
                else [],
            }
        )
    return rows


def _public(rng: np.random.Generator, role: str, fixed: str | None) -> list[str]:
    """The Elastic IP, or one that EC2 lends to a host of a public subnet."""
    if fixed or ROLES[role].tier != "public":
        return [fixed] if fixed else []
    return [public_address(rng)]


def _instances(hosts: pd.DataFrame) -> Rows:
    return [
        {
            "instance_id": host["instance_id"],
            "name": host["instance_name"],
            "vpc_id": host["vpc_id"],
            "subnet_id": host["subnet_id"],
            "state": "running",
            "launched": "2026-03-02T08:00:00+00:00",
            "tags": [f"Name={host['instance_name']}", f"team={TEAMS[host['role']]}"],
        }
        for host in hosts.to_dict("records")
        if ROLES[host["role"]].instance
    ]


def _groups(rng: np.random.Generator, hosts: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The security groups of a VPC, by the name that its rules call them."""
    first = hosts.iloc[0]
    vpc: str = first["vpc_name"]
    pairs: dict[str, str] = {}
    for ids, names in zip(hosts["security_group_ids"], hosts["security_group_names"], strict=True):
        pairs.update(zip((name.removeprefix(f"{vpc}-") for name in names), ids, strict=True))
    texts = {name: f"{name} hosts of {vpc}" for name in pairs}
    for group in MORE_GROUPS:
        if not group.role or group.role in set(hosts["role"]):
            pairs[group.name], texts[group.name] = made_id(rng, "sg"), group.description
    return {
        name: {
            "security_group_id": id,
            "name": name if name == "default" else f"{vpc}-{name}",
            "description": texts[name],
            "vpc_id": first["vpc_id"],
            "owner_id": first["account_id"],
            "tags": [],
        }
        for name, id in pairs.items()
    }


def _rules(
    rng: np.random.Generator, vpc: int, groups: dict[str, Any], lists: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    """The rules of a VPC's groups; not those that name a group it does not have."""
    for rule in RULES:
        kind, _, name = rule.peer.partition(":")
        if rule.group in groups and (kind != "group" or name in groups):
            yield {
                "rule_id": made_id(rng, "sgr"),
                "security_group_id": groups[rule.group]["security_group_id"],
                "egress": rule.egress,
                "protocol": rule.protocol,
                "from_port": rule.ports[0],
                "to_port": rule.ports[1],
                "description": rule.description or None,
                **_peer(rule, vpc, groups, lists),
            }


def _peer(rule: Rule, vpc: int, groups: dict[str, Any], lists: dict[str, Any]) -> dict[str, str]:
    kind, _, name = rule.peer.partition(":")
    if kind == "group":
        return {"referenced_group_id": groups[name]["security_group_id"]}
    if kind == "list":
        return {"prefix_list_id": lists[name]["prefix_list_id"]}
    return {"cidr": _block(vpc) if rule.peer == VPC else rule.peer}


def _block(vpc: int) -> str:
    return f"10.{VPCS[vpc].net}.0.0/16"


def _prefix_lists(rng: np.random.Generator, region: str) -> dict[str, dict[str, Any]]:
    s3, blocks = S3_LISTS[region]
    return {
        "offices": {
            "prefix_list_id": made_id(rng, "pl"),
            "name": "offices",
            "cidrs": list(OFFICES),
        },
        "s3": {
            "prefix_list_id": s3,
            "name": f"com.amazonaws.{region}.s3",
            "cidrs": list(blocks),
        },
    }


def _subnets(hosts: pd.DataFrame) -> Rows:
    return [
        {
            "subnet_id": host["subnet_id"],
            "name": host["subnet_name"],
            "vpc_id": host["vpc_id"],
            "cidrs": [host["subnet_cidr"], host["ipv6"].rpartition("::")[0] + "::/64"],
            "az_id": host["az_id"],
        }
        for host in _firsts(hosts, "subnet_id")
    ]


def _vpcs(hosts: pd.DataFrame) -> Rows:
    return [
        {
            "vpc_id": host["vpc_id"],
            "name": host["vpc_name"],
            "cidrs": [_block(host["vpc"]), f"2a05:d014:{0xE00 + VPCS[host['vpc']].net:x}::/56"],
        }
        for host in _firsts(hosts, "vpc_id")
    ]


def _firsts(hosts: pd.DataFrame, column: str) -> Rows:
    rows: Callable[..., Any] = hosts.drop_duplicates(column).to_dict
    return list(rows("records"))


def _flow_log(seed: int, number: int) -> dict[str, Any]:
    """The one flow log of an account; it stands for one on each VPC, and so names none."""
    return {
        "flow_log_id": flow_log_id(seed, number),
        "status": "ACTIVE",
        "traffic": "ALL",
        "destination_type": "s3",
        "destination": "arn:aws:s3:::sample",
        "log_format": " ".join(f"${{{name}}}" for name in FORMATS[number]),
    }
