"""What interfaces exchanged with public addresses, and by which gateway."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from vpcflow_core.cost.charges import aws_region, other_end, sent_out
from vpcflow_core.cost.rows import OWN_PUBLIC, mapped_pairs
from vpcflow_core.cost.transit import through_transit
from vpcflow_core.cost.work import Work, part

PATH_VPN, PATH_GATEWAY = 3, 7


def with_public(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Charges of records whose far end has a public address."""
    if rows.empty:
        return []
    way = mapped_pairs(
        rows,
        (
            "traffic_path",
            "subnet_id",
            "vpc_id",
            "real_far",
            "far_class",
            "service",
            "is_public",
            "next_hop_interface_type",
            "region",
        ),
        partial(_way, work),
    )
    # Only what leaves says which way: answers to an interface that has one way take it as well.
    out = rows["egress"].eq(True)
    other = set(rows.loc[out & ~way.isin(("nat", "gateway")), "interface_id"])
    by_nat = set(rows.loc[out & way.eq("nat"), "interface_id"]) - other
    way = way.mask(way.eq("any") & rows["interface_id"].isin(by_nat), "nat")
    gateway, nat, tgw = (rows[way.eq(name)] for name in ("gateway", "nat", "tgw"))
    vpn, direct = rows[way.eq("vpn")], rows[way.isin(("direct", "any"))]
    return [
        work.charge(gateway, "gateway-endpoint"),
        work.charge(vpn[vpn["egress"].eq(True)], "vpn"),
        *_of_clients(work, nat),
        *through_transit(work, tgw),
        *_direct(work, direct),
    ]


def _way(
    work: Work,
    path: int,
    subnet: str,
    vpc: str,
    far: str,
    to: str,
    service: str,
    public: Any,
    hop: str,
    region: str,
) -> str:
    """How a record reached a public address, or came from one."""
    has_gateway = work.network.has_gateway_endpoint(subnet, vpc)
    near = not to.startswith("com.amazonaws.") or to.startswith(f"com.amazonaws.{region}.")
    stored = near and (service in ("S3", "DYNAMODB") or to.endswith((".s3", ".dynamodb")))
    if path == PATH_GATEWAY or (path in (0, 2) and stored and has_gateway and hop == ""):
        return "gateway"
    if path in (2, 8):
        return "direct"
    if path == PATH_VPN:
        return "vpn"
    if hop in ("nat_gateway", "regional_nat_gateway"):
        return "nat"
    target = work.network.target(subnet, vpc, far)
    if target.startswith("tgw-"):
        return "tgw"
    if target.startswith("nat-") and public is not True:
        return "nat"
    if public is True or target.startswith(("igw-", "eigw-")) or ":" in far:
        return "direct"
    if path == 1 or vpc in work.nat_vpcs:
        return "nat"
    return "any"


def _of_clients(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Through a NAT gateway: counted there if it is logged, else here."""
    if rows.empty:
        return []
    target = mapped_pairs(rows, ("subnet_id", "vpc_id", "real_far"), work.network.target)
    logged = target.map(work.is_logged) | (target.eq("") & rows["vpc_id"].isin(work.nat_vpcs))
    rows, target = rows[~logged], target[~logged]
    made = [work.charge(rows, "nat-client", gateway=target), *_across_zones(work, rows, target)]
    out = rows[rows["egress"].eq(True)]
    parts = sent_out(out, out["far_class"], out["service"], gateway=target[out.index])
    return [*made, *(sent for sent in parts if sent["rule"].iloc[0] != "aws-free")]


def _across_zones(work: Work, rows: pd.DataFrame, target: pd.Series) -> list[pd.DataFrame]:
    """What clients exchanged with a NAT gateway of another zone that is not logged."""
    nat = target.map({name: work.network.interface_of_nat(name) for name in target.unique()})
    by_hop = rows["next_hop_az_id"].where(rows["next_hop_interface_type"].eq("nat_gateway"), "")
    far_az = by_hop.where(by_hop.ne(""), part(nat, "az"))
    across = rows["az_id"].ne("") & far_az.ne("") & rows["az_id"].ne(far_az)
    if not across.any():
        return []
    account = part(nat, "account").where(lambda known: known.ne(""), rows["account_id"])
    gateway = target[across]
    first = work.charge(rows[across], "az-nat", far_az=far_az[across], gateway=gateway)
    if work.choices.nat_crossing_ends == 1:
        return [first]
    return [first, other_end(first, account=account[across])]


def _direct(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Through an Internet gateway."""
    if rows.empty:
        return []
    out, came = rows[rows["egress"].eq(True)], rows[rows["egress"].eq(False)]
    own = out["far_class"].eq(OWN_PUBLIC)
    region = aws_region(came["far_class"])
    ec2 = came["service"].eq("EC2") & (region.eq("") | region.eq(came["region"]))
    work.counted[out.index] = True
    return [
        work.charge(out[own], "public-inside", ends=2),
        *sent_out(out[~own], out.loc[~own, "far_class"], out.loc[~own, "service"]),
        work.charge(came[ec2 & ~came["far_class"].eq(OWN_PUBLIC)], "public-inside"),
        work.charge(came[~ec2 & ~came["far_class"].eq(OWN_PUBLIC)], "internet-in"),
    ]
