"""The rows that rules look at, what is known of them, and which of them a rule has counted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vpcflow_core.cost.charges import charge
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.network import HOST, NAT, Interface, KnownNetwork
from vpcflow_core.cost.rows import mapped_pairs

NOTHING = pd.DataFrame()


class Work:
    """Rows that are prepared, for rules to count.

    Args:
        rows: As `rows.prepared` gives them.
        network: What is known of interfaces, zones and routes.
        choices: What people may choose.
        has_transit: Whether a transit gateway has a log of its own.

    Attributes:
        counted: Which rows some rule has counted.
        logged: Ids of interfaces that have records.
        logged_addresses: VPC and address of each.
        nats: Ids of NAT gateways' interfaces, and of regional NAT gateways, that have records.
        nat_vpcs: VPCs in which one has.
    """

    def __init__(
        self, rows: pd.DataFrame, network: KnownNetwork, choices: Choices, has_transit: bool
    ) -> None:
        self.rows = rows
        self.network = network
        self.choices = choices
        self.has_transit = has_transit
        self.counted = pd.Series(False, rows.index)
        self.logged = set(rows["interface_id"]) - {""}
        self.logged_addresses = set(zip(rows["vpc_id"], rows["near"], strict=True))
        nats = rows.loc[rows["kind"].eq(NAT)]
        self.nats = set(nats["interface_id"]) | set(nats["resource_id"]) - {""}
        self.nat_vpcs = set(nats["vpc_id"])

    def charge(self, rows: pd.DataFrame, rule: str, **columns: Any) -> pd.DataFrame:
        """Charges of rows, which are counted then."""
        if rows.empty:
            return NOTHING
        self.counted[rows.index] = True
        return charge(rows, rule, **columns)

    def is_logged(self, nat: str) -> bool:
        """Whether a NAT gateway has records of its own."""
        return nat in self.nats or bool(self.nats & set(self.network.nats.get(nat, ())))

    def holders(self, vpcs: pd.Series, addresses: pd.Series) -> pd.Series:
        """The interface of each address."""
        pairs = zip(vpcs, addresses, strict=True)
        found = [self.network.holder(*pair) for pair in pairs]
        return pd.Series(found, vpcs.index, dtype="object")

    def zones(self, vpcs: pd.Series, addresses: pd.Series) -> pd.Series:
        """The zone of each address of a VPC; "" where it is not known."""
        frame = pd.DataFrame({"vpc": vpcs, "address": addresses})
        return mapped_pairs(frame, ("vpc", "address"), self.network.az_of)


def part(holders: pd.Series, name: str) -> pd.Series:
    """One part of each interface; "" where it is not known, `host` for its kind."""
    default = HOST if name == "kind" else ""
    values = [getattr(h, name) if isinstance(h, Interface) else default for h in holders]
    return pd.Series(values, holders.index, dtype="object")


def at(columns: dict[str, Any], which: pd.Series) -> dict[str, Any]:
    """Columns of some of the rows."""
    return {name: value[which] for name, value in columns.items()}
