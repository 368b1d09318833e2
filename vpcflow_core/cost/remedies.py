"""What would lower the costs: each remedy with its saving a month, its evidence and Terraform.

Savings are at the pace of the range, for 730 hours. A byte is saved once: a remedy takes what those
before it in `_MAKERS` left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from vpcflow_core.cost import templates
from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.endpoint_services import STORED, ServicesOf, no_services
from vpcflow_core.cost.items import CROSS_AZ, NAT_PATH, TGW_PATH
from vpcflow_core.cost.prices import GB, HOURS
from vpcflow_core.cost.remedy import Remedy, Savings, groups_of
from vpcflow_core.cost.rows import mapped_pairs

# Pairs of hosts in different zones that are named.
PAIRS = 5
LEAST = 0.01  # dollars a month; less is not worth a line


def remedies_of(bill: Bill, services: ServicesOf = no_services) -> list[Remedy]:
    """What would lower a bill, the largest saving first.

    Args:
        bill: The bill.
        services: Tells the services that hosts reach.
    """
    work = Savings(bill, services)
    found = [remedy for make in _MAKERS for remedy in make(work)]
    return sorted((r for r in found if r.saving >= LEAST), key=lambda r: -r.saving)


def _gateway_endpoints(work: Savings) -> Iterator[Remedy]:
    """S3 and DynamoDB through a NAT gateway, in the region of the gateway."""
    rows = work.left[work.left["rule"].isin(("nat", "nat-client", "az-nat"))]
    near = rows["far_region"].eq("") | rows["far_region"].eq(rows["region"])
    rows = rows[rows["service"].isin(STORED) & near]
    for (vpc, service, region), part in groups_of(rows, "vpc_id", "service", "region"):
        through = part[part["path"].eq(NAT_PATH)]
        talkers, address = work.talkers(through)
        name = {"S3": "S3", "DYNAMODB": "DynamoDB"}[service]
        full = f"com.amazonaws.{region}.{service.lower()}"
        subnets = {i.subnet for i in map(work.network.interfaces.get, through["source_id"]) if i}
        main = work.network.tables.get(vpc, "ROUTE_TABLE")
        tables = sorted({work.network.tables.get(subnet, main) for subnet in subnets})
        existing = work.network.gateways.get((vpc, full), "")
        yield Remedy(
            f"{name} by a gateway endpoint in {work.vpc(vpc)}, not by its NAT gateway",
            work.month(float(part["dollars"].sum())),
            _of_gateways(work, through, part, bool(existing)),
            talkers,
            work.month(float(through["bytes"].sum())),
            float(part["dollars"].sum()),
            str(through["gateway"].iloc[0]),
            address,
            templates.gateway_endpoint(vpc, full, tables or ["ROUTE_TABLE"], existing),
        )
        work.take(part)


def _of_gateways(
    work: Savings, through: pd.DataFrame, part: pd.DataFrame, has_endpoint: bool
) -> str:
    gb = float(through["bytes"].sum()) / GB
    across = float(part.loc[part["path"].eq(CROSS_AZ), "bytes"].sum()) / GB
    words = [f"{work.month(gb):,.0f} GB a month pass a NAT gateway"]
    if across:
        words.append(f"{work.month(across):,.0f} GB of it in another zone")
    if has_endpoint:
        words.append("the VPC has the endpoint, but not these route tables")
    return ", ".join(words) + "; a gateway endpoint costs nothing"


def _interface_endpoints(work: Savings) -> Iterator[Remedy]:
    """Other services of AWS through a NAT gateway, past break-even: those of a name each."""
    rows = work.left[work.left["rule"].isin(("nat", "nat-client"))]
    rows = rows[rows["service"].ne("") & ~rows["service"].isin(STORED)]
    for (vpc, region), part in groups_of(rows, "vpc_id", "region"):
        zones = max(part.loc[part["az"].ne(""), "az"].nunique(), 1)
        gb = work.month(float(part["bytes"].sum()) / GB)
        hours = zones * HOURS * work.price("endpoint-hour", region)
        cheaper = work.price("nat-gb", region) - work.price("endpoint-gb", region)
        if gb * cheaper <= hours:
            continue
        by_bytes = part.groupby("source")["bytes"].sum().sort_values(ascending=False)
        shares = work.services(list(map(str, by_bytes.index)))
        rest = max(1 - sum(shares.values()), 0.0)
        found = [
            _interface_endpoint(work, part, vpc, region, zones, service, share)
            for service, share in (*shares.items(), ("", rest))
            if gb * share * cheaper > hours
        ]
        yield from found
        if found:
            work.take(part)


def _interface_endpoint(
    work: Savings, part: pd.DataFrame, vpc: str, region: str, zones: int, service: str, share: float
) -> Remedy:
    """An endpoint for one service; "": for those of which no name is known, as if they were one."""
    gb = work.month(float(part["bytes"].sum()) / GB) * share
    hours = zones * HOURS * work.price("endpoint-hour", region)
    cheaper = work.price("nat-gb", region) - work.price("endpoint-gb", region)
    talkers, address = work.talkers(part)
    subnets = {i.subnet for i in map(work.network.interfaces.get, part["source_id"]) if i}
    title, words, end = (
        (f"Reach {service} by an interface endpoint", service, "")
        if service
        else (
            "Reach AWS services by interface endpoints",
            "AWS services other than S3",
            ", if one service makes most",
        )
    )
    return Remedy(
        f"{title} in {work.vpc(vpc)}",
        gb * cheaper - hours,
        f"{gb:,.0f} GB a month to {words} pass a NAT gateway; one endpoint "
        f"in {zones} zones pays from {hours / cheaper:,.0f} GB on{end}",
        talkers,
        gb * GB,
        float(part["dollars"].sum()) * share,
        str(part["gateway"].iloc[0]),
        address,
        templates.interface_endpoint(vpc, region, sorted(subnets), service),
    )


def _nats_of_zones(work: Savings) -> Iterator[Remedy]:
    """Clients whose NAT gateway is in another zone, where one of their own pays."""
    rows = work.left[work.left["rule"].eq("az-nat")]
    for (gateway, az, region), part in groups_of(rows, "gateway", "az", "region"):
        fixed = HOURS * (work.price("nat-hour", region) + work.price("public-ipv4-hour", region))
        saved = work.month(float(part["dollars"].sum())) - fixed
        talkers, address = work.talkers(part)
        if saved > 0:
            yield Remedy(
                f"Give {az} a NAT gateway of its own",
                saved,
                f"{work.month(float(part['bytes'].sum()) / GB):,.0f} GB a month cross to the NAT "
                f"gateway of another zone; one more costs ${fixed:,.2f} a month",
                talkers,
                work.month(float(part["bytes"].sum())),
                float(part["dollars"].sum()),
                str(gateway),
                address,
                templates.nat_gateway(az),
            )


def _pairs_of_zones(work: Savings) -> Iterator[Remedy]:
    """Hosts that talk much with one of another zone."""
    rows = work.left[work.left["rule"].isin(("az-sender", "az-receiver"))]
    swapped = rows["source"] > rows["destination"]
    low = rows["source"].where(~swapped, rows["destination"])
    rows = rows.assign(pair=low + " " + rows["destination"].where(~swapped, rows["source"]))
    for pair, dollars in rows.groupby("pair")["dollars"].sum().nlargest(PAIRS).items():
        part = rows[rows["pair"].eq(str(pair))]
        first = part.sort_values("billed").iloc[-1]
        holder = work.network.holders.get((first["vpc_id"], first["destination"]))
        other = holder.name if holder and holder.name else first["destination"]
        one = work.named(first["source"], first["source_id"])
        gb = work.month(float(part["bytes"].sum()) / GB)
        yield Remedy(
            f"Keep {one} and {other} in one zone",
            work.month(float(dollars)),
            f"{gb:,.0f} GB a month pass between {first['az']} and {first['far_az']}; saved as far "
            "as it can stay within a zone (topology-aware routing, one zone for both)",
            f"{one}, {other}",
            gb * GB,
            float(dollars),
            str(first["source_id"]),
            str(first["destination"]),
            templates.same_zone(str(first["az"])),
        )


def _peerings(work: Savings) -> Iterator[Remedy]:
    """VPCs that talk through a transit gateway within a zone, where peering costs nothing."""
    rows = work.left[work.left["path"].eq(TGW_PATH)]
    rows = rows[rows["az"].ne("") & rows["az"].eq(rows["far_az"])]
    ways = mapped_pairs(rows, ("vpc_id", "destination", "gateway"), partial(_vpcs, work))
    for (vpc, other, gateway), part in rows.groupby(ways):
        talkers, address = work.talkers(part)
        far = work.vpc(other) if other else f"the VPC behind {gateway or 'the transit gateway'}"
        yield Remedy(
            f"Peer {work.vpc(vpc)} with {far}",
            work.month(float(part["dollars"].sum())),
            f"{work.month(float(part['bytes'].sum()) / GB):,.0f} GB a month stay within a zone, "
            "where peering costs nothing; between zones it costs as much as the transit gateway",
            talkers,
            work.month(float(part["bytes"].sum())),
            float(part["dollars"].sum()),
            str(part["source_id"].iloc[0]),
            address,
            templates.peering(vpc, other),
        )


def _vpcs(work: Savings, vpc: str, destination: str, gateway: str) -> tuple[str, str, str]:
    """Two VPCs, whichever of them sends; where the other is not known, the gateway between."""
    other = work.network.vpc_of(vpc, destination)
    if other in ("", vpc):
        return vpc, "", gateway
    return min(vpc, other), max(vpc, other), ""


def _idle_nats(work: Savings) -> Iterator[Remedy]:
    """NAT gateways of VPCs with records, through which nothing passed."""
    charges = work.bill.found.charges
    used = set(charges.loc[charges["path"].eq(NAT_PATH), "gateway"])
    logged = set(charges["vpc_id"])
    for nat, ids in work.network.nats.items():
        own = [i for i in map(work.network.interfaces.get, ids) if i]
        if nat in used or used & set(ids) or not own or own[0].vpc not in logged:
            continue
        region = own[0].region
        saved = HOURS * (work.price("nat-hour", region) + work.price("public-ipv4-hour", region))
        yield Remedy(
            f"Delete the NAT gateway {own[0].name or nat}",
            saved,
            "nothing passed through it in this range; its hours and its public address cost all "
            "the same",
            interface_id=own[0].id,
            template=templates.without_nat(own[0].name or nat),
        )


def _public_inside(work: Savings) -> Iterator[Remedy]:
    """Traffic within the region that goes by public addresses."""
    rows = work.left[work.left["rule"].eq("public-inside")]
    for (vpc,), part in groups_of(rows, "vpc_id"):
        talkers, address = work.talkers(part)
        yield Remedy(
            f"Use private addresses within the region from {work.vpc(vpc)}",
            work.month(float(part["dollars"].sum())),
            f"{work.month(float(part['bytes'].sum()) / GB):,.1f} GB a month go to public addresses "
            "of the same region, which is billed as between zones",
            talkers,
            work.month(float(part["bytes"].sum())),
            float(part["dollars"].sum()),
            str(part["source_id"].iloc[0]),
            address,
            templates.private_name(vpc, str(part["region"].iloc[0])),
        )


# In the order in which they take traffic.
_MAKERS = (
    _gateway_endpoints, _interface_endpoints, _nats_of_zones, _pairs_of_zones, _peerings,
    _idle_nats, _public_inside,
)  # fmt: skip
