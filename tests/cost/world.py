"""Records and networks by hand, for what attribution is to make of them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pandas as pd

from vpcflow_core.cost.attribution import Attributed, attributed
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.network import Interface, KnownNetwork
from vpcflow_core.cost.prices import GB, shipped

REGION = "us-east-1"


def record(
    at: str, src: str, dst: str, gb: float, egress: bool | None, **more: Any
) -> dict[str, Any]:
    """A row of `paths_for`: what interface `at` logged; packets' ends are those of the record."""
    direction = {True: "egress", False: "ingress", None: None}[egress]
    return {
        "interface_id": at, "srcaddr": src, "dstaddr": dst, "pkt_srcaddr": src, "pkt_dstaddr": dst,
        "flow_direction": direction, "bytes": int(gb * GB), "packets": 1, "flows": 1,
        "region": REGION, "traffic_path": None,
    } | more  # fmt: skip


def host(id_: str, az: str, account: str = "1", **more: Any) -> Interface:
    """An interface of VPC `v`."""
    return Interface(id_, **{"vpc": "v", "subnet": f"s-{az}", "az": az, "account": account, "region": REGION} | more)  # fmt: skip


def world(*members: tuple[str, Interface], **more: Any) -> KnownNetwork:
    """A network of these addresses and their interfaces."""
    interfaces = [interface for _, interface in members]
    return KnownNetwork(
        {i.id: i for i in interfaces},
        {(i.vpc, address): i for address, i in members},
        vpcs=more.pop("vpcs", [(ip_network("10.0.0.0/16"), "v")]),
        regions={i.vpc: REGION for i in interfaces},
        **more,
    )


def bill(records: list[dict[str, Any]], network: KnownNetwork, **more: Any) -> Attributed:
    """The charges at list prices."""
    return attributed(pd.DataFrame(records), network, shipped(), **more)


def dollars(found: Attributed, by: str = "path") -> dict[str, float]:
    """Dollars of each path (or account) that costs something."""
    sums = found.charges.groupby(by)["dollars"].sum().round(9)
    return {str(name): float(value) for name, value in sums.items() if value}


ONE_END = Choices(nat_crossing_ends=1)
