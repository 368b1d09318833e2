"""The sample's ways out of its VPCs: NAT gateways, VPC endpoints, Elastic IPs and route tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from vpcflow_core.sources.sample.network import UNROUTED, VPCS, made_id

Rows = list[dict[str, Any]]
MADE = "2024-03-11T09:20:00+00:00"


@dataclass(frozen=True, slots=True)
class Ways:
    """Tables of a snapshot, and what the interfaces of services belong to.

    Attributes:
        tables: Rows by kind of table.
        ids: Id of the NAT gateway or VPC endpoint of an interface.
        public: Elastic IP of an interface.
    """

    tables: dict[str, Rows]
    ids: dict[str, str]
    public: dict[str, str]

    @classmethod
    def made(cls, rng: np.random.Generator, hosts: pd.DataFrame, region: str, s3_list: str) -> Self:
        """The ways of the VPCs of one account.

        Args:
            rng: Source of chance.
            hosts: Interfaces of the account.
            region: Its region.
            s3_list: Id of the prefix list that routes to S3 name.
        """
        tables: dict[str, Rows] = {
            kind: [] for kind in ("nat_gateways", "vpc_endpoints", "elastic_ips", "route_tables")
        }
        made = cls(tables, {}, {})
        for _, own in hosts.groupby("vpc_id", sort=False):
            nat = made._add_nat(rng, own[own["role"] == "nat"].iloc[0])
            tables["route_tables"] += _route_tables(rng, own, nat)
            made._add_endpoints(rng, own, region, s3_list)
        return made

    def _add_nat(self, rng: np.random.Generator, host: pd.Series) -> str:
        nat, address, name = made_id(rng, "nat"), public_address(rng), host["instance_name"]
        self.ids[host["interface_id"]], self.public[host["interface_id"]] = nat, address
        shared = {"name": name, "tags": [f"Name={name}", "team=platform"]}
        self.tables["nat_gateways"].append(
            {
                **shared,
                **{key: host[key] for key in ("vpc_id", "subnet_id")},
                "nat_gateway_id": nat,
                "state": "available",
                "connectivity": "public",
                "created": MADE,
                "interface_ids": [host["interface_id"]],
                "addresses": [host["address"]],
                "public_addresses": [address],
            }
        )
        self.tables["elastic_ips"].append(
            {
                **shared,
                "allocation_id": made_id(rng, "eipalloc"),
                "address": address,
                "interface_id": host["interface_id"],
            }
        )
        return nat

    def _add_endpoints(
        self, rng: np.random.Generator, hosts: pd.DataFrame, region: str, s3_list: str
    ) -> None:
        """A gateway endpoint for S3, and an interface endpoint where the VPC has interfaces."""
        vpc: str = hosts.iloc[0]["vpc_id"]
        gateway = _endpoint(rng, vpc, f"com.amazonaws.{region}.s3", "Gateway")
        for row in (row for row in self.tables["route_tables"] if row["vpc_id"] == vpc):
            if not row["main"] and row["name"] != UNROUTED:
                row["routes"].append(f"{s3_list} {gateway['vpc_endpoint_id']}")
                gateway["route_table_ids"].append(row["route_table_id"])
        own = hosts[hosts["role"] == "endpoint"]
        made = _endpoint(rng, vpc, f"com.amazonaws.{region}.logs", "Interface")
        made |= {"subnet_ids": [*own["subnet_id"]], "interface_ids": [*own["interface_id"]]}
        self.ids.update(dict.fromkeys(own["interface_id"], made["vpc_endpoint_id"]))
        self.tables["vpc_endpoints"] += [gateway, made] if len(own) else [gateway]


def _endpoint(rng: np.random.Generator, vpc: str, service: str, type_: str) -> dict[str, Any]:
    return {
        "vpc_endpoint_id": made_id(rng, "vpce"),
        "name": service.rpartition(".")[2],
        "vpc_id": vpc,
        "type": type_,
        "service": service,
        "state": "available",
        "created": MADE,
        "route_table_ids": [],
    }


def _route_tables(
    rng: np.random.Generator, hosts: pd.DataFrame, nat: str
) -> Iterator[dict[str, Any]]:
    """The main one, which data subnets use, one of the public subnets, one a private subnet."""
    vpc, name = hosts.iloc[0]["vpc_id"], hosts.iloc[0]["vpc_name"]
    local = f"10.{VPCS[hosts.iloc[0]['vpc']].net}.0.0/16 local"
    subnets = hosts.drop_duplicates("subnet_id").set_index("subnet_name")["subnet_id"]
    public = [of for title, of in subnets.items() if "-public-" in str(title)]
    private = {str(title): of for title, of in subnets.items() if "-private-" in str(title)}
    wanted: list[tuple[str, list[str], list[str]]] = [
        (f"{name}-main", [], []),
        (f"{name}-public", public, [f"0.0.0.0/0 {made_id(rng, 'igw')}"]),
        *((title, [of], [f"0.0.0.0/0 {nat}"]) for title, of in private.items()),
    ]
    for title, of, routes in wanted:
        yield {
            "route_table_id": made_id(rng, "rtb"),
            "name": title,
            "vpc_id": vpc,
            "main": title.endswith("-main"),
            "subnet_ids": of,
            "routes": [local, *routes],
        }


def public_address(rng: np.random.Generator) -> str:
    """An address of a block that EC2 gives out and none of the sample's clients has."""
    return "3.70." + ".".join(str(octet) for octet in rng.integers(1, 255, 2))
