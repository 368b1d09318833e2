"""What prices need to know of the network: who holds an address, which zone, where routes lead.

All is of EC2's snapshots; without them, of the records alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import pandas as pd

from vpcflow_core.inventory.blocks import Blocks
from vpcflow_core.inventory.kinds import identity_of, tags_of
from vpcflow_core.inventory.tables import Kind

HOST, NAT, ENDPOINT, TGW, ALB, NLB, MANAGED, EFS = (
    "host", "nat", "endpoint", "tgw", "alb", "nlb", "managed", "efs",
)  # fmt: skip
# Kinds of interfaces by how their bytes are billed; all others are hosts.
CLASSES = {
    "NAT gateway": NAT, "VPC endpoint": ENDPOINT, "Transit gateway": TGW,
    "ALB": ALB, "Classic LB": ALB, "Load balancer": ALB, "NLB": NLB, "GWLB": NLB,
    "RDS": MANAGED, "RDS Proxy": MANAGED, "ElastiCache": MANAGED, "Redshift": MANAGED,
    "MSK": MANAGED, "EFS": EFS,
}  # fmt: skip
# The same by the record's own interface-type (version 11).
TYPES = {
    "nat_gateway": NAT, "regional_nat_gateway": NAT, "vpc_endpoint": ENDPOINT,
    "transit_gateway": TGW, "network_load_balancer": NLB,
}  # fmt: skip
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface, as far as prices ask.

    Attributes:
        id, vpc, subnet, az, account, region: As EC2 has them; "" where it does not say.
        kind: One of the classes above.
        owner: By its tags, else "".
        name: What people call it, else "".
        is_public: Whether it has a public IPv4 address.
        service_id: `nat-...` or `vpce-...` of what it belongs to.
    """

    id: str
    vpc: str = ""
    subnet: str = ""
    az: str = ""
    account: str = ""
    region: str = ""
    kind: str = HOST
    owner: str = ""
    name: str = ""
    is_public: bool = False
    service_id: str = ""


@dataclass(frozen=True)
class KnownNetwork:
    """The network; every lookup gives "" or None for what is not known.

    Attributes:
        interfaces: By id.
        holders: Interface by VPC and private address.
        publics: Interface by public address.
        subnets: Blocks by VPC: network, subnet's zone.
        vpcs: Blocks of all VPCs: network, VPC.
        regions: Region by VPC.
        routes: Of each subnet: network (None: a prefix list) and target, the longest prefix first.
        main: Routes of each VPC's main table.
        nats: Interface ids by NAT gateway.
        lists: Blocks by name of AWS's own prefix lists, `com.amazonaws.REGION.SERVICE`.
        tables: Route table by subnet, and of each VPC's main one by VPC.
        gateways: Gateway endpoint by VPC and service in full.
        names: Name by VPC.
        hidden: Blocks of VPCs that must not be shown: an address in one may be of that VPC.
        homes: VPC of each address that records report in one VPC alone.
        prefixes: Blocks of IPv6 that are delegated to interfaces, by VPC.
    """

    interfaces: dict[str, Interface] = field(default_factory=dict)
    holders: dict[tuple[str, str], Interface] = field(default_factory=dict)
    publics: dict[str, Interface] = field(default_factory=dict)
    subnets: dict[str, list[tuple[Network, str]]] = field(default_factory=dict)
    vpcs: list[tuple[Network, str]] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)
    routes: dict[str, list[tuple[Network | None, str]]] = field(default_factory=dict)
    main: dict[str, list[tuple[Network | None, str]]] = field(default_factory=dict)
    nats: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    gateways: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    hidden: tuple[Network, ...] = ()
    homes: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, Blocks[Interface]] = field(default_factory=dict)

    @cached_property
    def blocks_v6(self) -> tuple[str, ...]:
        """IPv6 blocks of the VPCs."""
        return tuple(sorted({str(net) for net, _ in self.vpcs if net.version == 6}))

    def holder(self, vpc: str, address: str) -> Interface | None:
        """The interface of an address: one of its own, or one of its prefixes."""
        found = self.holders.get((vpc, address))
        if found is None and vpc in self.prefixes and ":" in address:
            found = next(self.prefixes[vpc].of(address), None)
        return found

    def vpc_of(self, vpc: str, address: str) -> str:
        """The VPC that an address lies in, seen from another; "" where several may be it.

        Where nothing else is known of an address, it is taken to be of the VPC that sees it.
        """
        if self.holder(vpc, address):
            return vpc
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""  # a word that stands for addresses
        own = [net for net, name in self.vpcs if name == vpc]
        if any(parsed in net for net in own):
            return vpc
        if any(parsed in net for net in self.hidden):
            return ""
        found = {name for net, name in self.vpcs if parsed in net}
        found |= {self.homes[address]} if address in self.homes else set()
        if not (own or found):
            return vpc
        return found.pop() if len(found) == 1 else ""

    def az_of(self, vpc: str, address: str) -> str:
        """The zone of an address in a VPC: its interface's, else its subnet's."""
        holder = self.holder(vpc, address)
        if holder and holder.az:
            return holder.az
        if vpc not in self.subnets:
            return ""
        parsed = ip_address(address)
        found = [(net, az) for net, az in self.subnets.get(vpc, ()) if parsed in net]
        return max(found, key=lambda pair: pair[0].prefixlen)[1] if found else ""

    def target(self, subnet: str, vpc: str, address: str) -> str:
        """Where the longest route of a subnet leads for an address; the Internet's if not one."""
        table = self.routes.get(subnet) or self.main.get(vpc) or []
        try:
            parsed = ip_address(address)
        except ValueError:
            return next((to for net, to in table if net and str(net) == "0.0.0.0/0"), "")
        return next((to for net, to in table if net and parsed in net), "")

    def interface_of_nat(self, nat: str) -> Interface | None:
        """The interface of a NAT gateway; None where it has several, or none is known."""
        ids = self.nats.get(nat, ())
        return self.interfaces.get(ids[0]) if len(ids) == 1 else None

    def has_gateway_endpoint(self, subnet: str, vpc: str) -> bool:
        """Whether a prefix list of the subnet's routes leads to a gateway endpoint."""
        table = self.routes.get(subnet) or self.main.get(vpc) or []
        return any(net is None and to.startswith("vpce-") for net, to in table)


def network_of(
    known: Callable[[Kind], pd.DataFrame], owner_tags: Iterable[str], hidden: Iterable[str] = ()
) -> KnownNetwork:
    """The network as snapshots showed it last.

    Args:
        known: Gives a table of all snapshots.
        owner_tags: Keys of tags that name an owner, the best first.
        hidden: Blocks of VPCs that must not be shown.
    """
    subnets, vpcs = _last(known, "subnets"), _last(known, "vpcs")
    zones = {row["subnet_id"]: row["az_id"] or "" for row in subnets}
    instances = {row["instance_id"]: row for row in _last(known, "instances")}
    interfaces = {
        row["interface_id"]: (_interface(row, zones, instances, tuple(owner_tags)), row)
        for row in _last(known, "interfaces")
    }
    tables = _last(known, "route_tables")
    routes, main = _routes(tables)
    lists = {row["name"]: tuple(row["cidrs"]) for row in _last(known, "prefix_lists")}
    return KnownNetwork(
        {name: made for name, (made, _) in interfaces.items()},
        {(m.vpc, a): m for m, row in interfaces.values() for a in row["addresses"]},
        {a: m for m, row in interfaces.values() for a in row["public_addresses"]},
        _zones_by_block(subnets),
        [(ip_network(block), row["vpc_id"]) for row in vpcs for block in row["cidrs"]],
        {row["vpc_id"]: row["region"] for row in vpcs},
        routes,
        main,
        {r["nat_gateway_id"]: tuple(r["interface_ids"]) for r in _last(known, "nat_gateways")},
        {name: blocks for name, blocks in lists.items() if name.startswith("com.amazonaws.")},
        _table_of_each(tables),
        _gateway_endpoints(_last(known, "vpc_endpoints")),
        {row["vpc_id"]: row["name"] for row in vpcs if row["name"]},
        tuple(map(ip_network, hidden)),
        prefixes=_prefixes(interfaces.values()),
    )


def _zones_by_block(subnets: Iterable[dict[str, Any]]) -> dict[str, list[tuple[Network, str]]]:
    """The blocks of subnets with their zones, by VPC."""
    found: dict[str, list[tuple[Network, str]]] = {}
    for row in subnets:
        pairs = [(ip_network(block), row["az_id"] or "") for block in row["cidrs"]]
        found.setdefault(row["vpc_id"], []).extend(pairs)
    return found


def _table_of_each(tables: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The route table of each subnet that has its own, and the main one of each VPC."""
    return {
        of: row["route_table_id"]
        for row in tables
        for of in (*row["subnet_ids"], *([row["vpc_id"]] if row["main"] else []))
    }


def _gateway_endpoints(endpoints: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Gateway endpoints by VPC and service."""
    return {
        (row["vpc_id"], row["service"]): row["vpc_endpoint_id"]
        for row in endpoints
        if row["type"] == "Gateway"
    }


def _prefixes(
    interfaces: Iterable[tuple[Interface, dict[str, Any]]],
) -> dict[str, Blocks[Interface]]:
    found: dict[str, Blocks[Interface]] = {}
    for made, row in interfaces:
        for prefix in row["prefixes"]:
            found.setdefault(made.vpc, Blocks()).add(ip_network(prefix), made)
    return found


def _last(known: Callable[[Kind], pd.DataFrame], kind: Kind) -> list[dict[str, Any]]:
    """The newest row of each thing of a kind."""
    frame = known(kind)
    if frame.empty:
        return []
    newest = frame.sort_values("first_seen", kind="stable").drop_duplicates(
        frame.columns[0], keep="last"
    )
    rows: list[dict[str, Any]] = newest.to_dict("records")  # type: ignore[assignment]
    return rows


def _interface(
    row: dict[str, Any], zones: dict[str, str], instances: dict[str, Any], keys: tuple[str, ...]
) -> Interface:
    instance = instances.get(row["instance_id"]) if row["instance_id"] else None
    identity = identity_of(row, instance)
    tags = tags_of(instance["tags"] if instance else ()) | tags_of(row["tags"])
    lower = {key.lower(): value for key, value in tags.items()}
    return Interface(
        row["interface_id"],
        row["vpc_id"] or "",
        row["subnet_id"] or "",
        zones.get(row["subnet_id"], ""),
        row["owner_id"] or row["account_id"],
        row["region"],
        CLASSES.get(identity.kind, HOST),
        next((lower[key.lower()] for key in keys if key.lower() in lower), ""),
        identity.name or row["name"] or identity.service_id or "",
        len(row["public_addresses"]) > 0,
        identity.service_id or "",
    )


Routes = dict[str, list[tuple[Network | None, str]]]


def _routes(tables: Iterable[dict[str, Any]]) -> tuple[Routes, Routes]:
    by_subnet: Routes = {}
    main: Routes = {}
    for row in tables:
        pairs = [_route(text) for text in row["routes"]]
        pairs.sort(key=lambda pair: -pair[0].prefixlen if pair[0] else 0)
        by_subnet.update(dict.fromkeys(row["subnet_ids"], pairs))
        if row["main"]:
            main[row["vpc_id"]] = pairs
    return by_subnet, main


def _route(text: str) -> tuple[Network | None, str]:
    destination, _, target = text.partition(" ")
    return (None if destination.startswith("pl-") else ip_network(destination)), target
