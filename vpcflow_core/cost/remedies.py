"""What would lower the costs: each remedy with its saving a month, its evidence and Terraform.

Savings are at the pace of the range, for 730 hours. A byte is saved once: a remedy takes what those
before it in `_MAKERS` left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pandas as pd

from vpcflow_core.cost import templates
from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.items import CROSS_AZ, NAT_PATH, TGW_PATH
from vpcflow_core.cost.prices import GB, HOURS
from vpcflow_core.cost.rows import mapped_pairs

# Services that a gateway endpoint, which costs nothing, leads to.
STORED = ("S3", "DYNAMODB")
# Pairs of hosts in different zones that are named.
PAIRS = 5
SHARE = 0.01  # of the traffic that a host makes at least to be named
LEAST = 0.01  # dollars a month; less is not worth a line
COLUMNS = (
    "remedy", "saving_month", "evidence", "talkers", "bytes_month", "dollars",
    "interface_id", "address", "template",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do.

    Attributes:
        text: What, in one line.
        saving: Dollars a month.
        evidence: What shows it, in words.
        talkers: Who makes most of the traffic.
        bytes_month: Bytes a month that it is about.
        dollars: What they cost in the range.
        interface_id: The interface whose records show the traffic, "" if there is none.
        address: The address that most of it belongs to, likewise.
        template: Terraform, "" if it is none of its matters.
    """

    text: str
    saving: float
    evidence: str
    talkers: str = ""
    bytes_month: float = 0.0
    dollars: float = 0.0
    interface_id: str = ""
    address: str = ""
    template: str = ""


def remedies_of(bill: Bill) -> list[Remedy]:
    """What would lower a bill, the largest saving first."""
    work = _Work(bill)
    found = [remedy for make in _MAKERS for remedy in make(work)]
    return sorted((r for r in found if r.saving >= LEAST), key=lambda r: -r.saving)


def rows_of(remedies: list[Remedy]) -> pd.DataFrame:
    """Remedies as rows of `COLUMNS`."""
    rows = [
        (
            r.text,
            r.saving,
            r.evidence,
            r.talkers,
            round(r.bytes_month),
            r.dollars,
            r.interface_id,
            r.address,
            r.template,
        )
        for r in remedies
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


class _Work:
    """A bill, and its charges that no remedy has taken yet."""

    def __init__(self, bill: Bill) -> None:
        self.bill = bill
        self.left = bill.found.charges
        self.network = bill.network

    def take(self, rows: pd.DataFrame) -> None:
        """What a remedy saves, no other one does."""
        self.left = self.left.drop(rows.index)

    def price(self, item: str, region: str) -> float:
        """Dollars of a unit."""
        return self.bill.prices.dollars(item, region)

    def month(self, value: float) -> float:
        """A value of the range as one of a month."""
        return value * self.bill.months

    def talkers(self, rows: pd.DataFrame) -> tuple[str, str]:
        """The hosts of most bytes in words, and the address of the first."""
        sums = rows.groupby(["source", "source_id"], as_index=False)[["billed"]].sum()
        first = sums.sort_values("billed", ascending=False).head(3)
        whole = float(rows["billed"].sum()) or 1.0
        words = [
            f"{self.named(str(source), str(id_))} ({100 * float(billed) / whole:.0f} %)"
            for source, id_, billed in zip(*(first[name] for name in first), strict=True)
            if billed >= SHARE * whole
        ]
        return ", ".join(words), str(first["source"].iloc[0]) if len(first) else ""

    def named(self, address: str, interface: str) -> str:
        """A host by its name, else its address."""
        known = self.network.interfaces.get(interface)
        return known.name if known and known.name else address

    def vpc(self, vpc: str) -> str:
        """A VPC by its name, else its id; a word where it is not known."""
        return self.network.names.get(vpc) or vpc or "the VPC"


def _groups(rows: pd.DataFrame, *names: str) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows of each set of values."""
    for values, part in rows.groupby(list(names)):
        yield tuple(map(str, values)), part


def _gateway_endpoints(work: _Work) -> Iterator[Remedy]:
    """S3 and DynamoDB through a NAT gateway, in the region of the gateway."""
    rows = work.left[work.left["rule"].isin(("nat", "nat-client", "az-nat"))]
    near = rows["far_region"].eq("") | rows["far_region"].eq(rows["region"])
    rows = rows[rows["service"].isin(STORED) & near]
    for (vpc, service, region), part in _groups(rows, "vpc_id", "service", "region"):
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


def _of_gateways(work: _Work, through: pd.DataFrame, part: pd.DataFrame, has_endpoint: bool) -> str:
    gb = float(through["bytes"].sum()) / GB
    across = float(part.loc[part["path"].eq(CROSS_AZ), "bytes"].sum()) / GB
    words = [f"{work.month(gb):,.0f} GB a month pass a NAT gateway"]
    if across:
        words.append(f"{work.month(across):,.0f} GB of it in another zone")
    if has_endpoint:
        words.append("the VPC has the endpoint, but not these route tables")
    return ", ".join(words) + "; a gateway endpoint costs nothing"


def _interface_endpoints(work: _Work) -> Iterator[Remedy]:
    """Other services of AWS through a NAT gateway, past break-even."""
    rows = work.left[work.left["rule"].isin(("nat", "nat-client"))]
    rows = rows[rows["service"].ne("") & ~rows["service"].isin(STORED)]
    for (vpc, region), part in _groups(rows, "vpc_id", "region"):
        zones = max(part.loc[part["az"].ne(""), "az"].nunique(), 1)
        gb = work.month(float(part["bytes"].sum()) / GB)
        hours = zones * HOURS * work.price("endpoint-hour", region)
        cheaper = work.price("nat-gb", region) - work.price("endpoint-gb", region)
        talkers, address = work.talkers(part)
        subnets = {i.subnet for i in map(work.network.interfaces.get, part["source_id"]) if i}
        if gb * cheaper <= hours:
            continue
        yield Remedy(
            f"Reach AWS services by interface endpoints in {work.vpc(vpc)}",
            gb * cheaper - hours,
            f"{gb:,.0f} GB a month to AWS services other than S3 pass a NAT gateway; one endpoint "
            f"in {zones} zones pays from {hours / cheaper:,.0f} GB on, if one service makes most",
            talkers,
            gb * GB,
            float(part["dollars"].sum()),
            str(part["gateway"].iloc[0]),
            address,
            templates.interface_endpoint(vpc, region, sorted(subnets)),
        )
        work.take(part)


def _nats_of_zones(work: _Work) -> Iterator[Remedy]:
    """Clients whose NAT gateway is in another zone, where one of their own pays."""
    rows = work.left[work.left["rule"].eq("az-nat")]
    for (gateway, az, region), part in _groups(rows, "gateway", "az", "region"):
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


def _pairs_of_zones(work: _Work) -> Iterator[Remedy]:
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


def _peerings(work: _Work) -> Iterator[Remedy]:
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


def _vpcs(work: _Work, vpc: str, destination: str, gateway: str) -> tuple[str, str, str]:
    """Two VPCs, whichever of them sends; where the other is not known, the gateway between."""
    other = work.network.vpc_of(vpc, destination)
    if other in ("", vpc):
        return vpc, "", gateway
    return min(vpc, other), max(vpc, other), ""


def _idle_nats(work: _Work) -> Iterator[Remedy]:
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


def _public_inside(work: _Work) -> Iterator[Remedy]:
    """Traffic within the region that goes by public addresses."""
    rows = work.left[work.left["rule"].eq("public-inside")]
    for (vpc,), part in _groups(rows, "vpc_id"):
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
