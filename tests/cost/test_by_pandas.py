"""Every number of Cost equals sums that pandas makes of made-up connections.

The truth is a table of connections, whose way and volume are known before any record is written.
Nothing of `vpcflow_core.cost` takes part in what is expected.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb.networks import V2, stored
from vpcflow_core.api import FlowLogs
from vpcflow_core.cost import billing, statement
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.times import Window

pytestmark = pytest.mark.slow
GB = 1024**3
NOW, MONTH = datetime(2026, 11, 20, tzinfo=UTC), timedelta(days=30)
SPAN, HOUR = timedelta(hours=48), timedelta(hours=1)
HEADER = (
    f"{V2} vpc-id subnet-id region pkt-srcaddr pkt-dstaddr flow-direction traffic-path "
    "pkt-src-aws-service pkt-dst-aws-service"
)
US, EU = "us-east-1", "eu-central-1"
NAT_GB, OUT_GB = {US: 0.045, EU: 0.052}, 0.09
ONE, TWO = "1" * 12, "2" * 12
NAT, AZ, OUT, ENDPOINT = "NAT processing", "cross-AZ", "Internet out", "interface endpoint"
TGW, PEER, FREE, LOST = "transit gateway", "peering", "free", "unattributed"


@dataclass(frozen=True)
class Host:
    """An interface of the made-up network."""

    name: str
    address: str
    vpc: str
    zone: str
    account: str
    owner: str = ""
    role: str = "host"
    logged: bool = True

    @property
    def region(self) -> str:
        return EU if self.vpc == "y" else US

    @property
    def subnet(self) -> str:
        return f"subnet-{self.vpc}-{'public' if self.role in ('nat', 'public') else 'private'}-{self.zone}"  # fmt: skip


BLOCKS = {"v": "10.0.0.0/16", "w": "10.1.0.0/16", "z": "10.3.0.0/16", "y": "10.8.0.0/16"}
N = 4
HOSTS = [
    *(Host(f"h{n}", f"10.0.{n % 3}.{20 + n}", "v", f"az{n % 3}", (ONE, TWO)[n % 2],
           ("web", "data", "")[n % 3], logged=n != 7) for n in range(9)),
    *(Host(f"w{n}", f"10.1.{n % 2}.{20 + n}", "w", f"az{n % 2}", TWO, "web") for n in range(N)),
    *(Host(f"z{n}", f"10.3.{n % 2}.{20 + n}", "z", f"az{n % 2}", TWO, "data") for n in range(N)),
    *(Host(f"y{n}", f"10.8.{n % 2}.{20 + n}", "y", f"az{n % 2}", TWO, "far") for n in range(N)),
    Host("db", "10.0.1.200", "v", "az1", ONE, "data", "db"),
    Host("db2", "10.0.2.200", "v", "az2", ONE, "data", "db"),
    Host("e", "10.0.2.210", "v", "az2", ONE, "", "endpoint"),
    Host("n", "10.0.100.5", "v", "az0", ONE, "net", "nat"),
    Host("ny", "10.8.100.5", "y", "az0", TWO, "net", "nat", logged=False),
    Host("p", "10.0.101.9", "v", "az1", ONE, "web", "public"),
]  # fmt: skip
BY_NAME = {host.name: host for host in HOSTS}
IN = {vpc: [h for h in HOSTS if h.vpc == vpc and h.role == "host"] for vpc in BLOCKS}
SPECIAL = {"nat": ("nat_gateway", "Interface for NAT Gateway nat-{}"),
           "endpoint": ("vpc_endpoint", "VPC Endpoint Interface vpce-{}"),
           "db": ("interface", "RDSNetworkInterface")}  # fmt: skip
INTERNET, VPN, NOWHERE = "203.0.113.9", "192.168.5.5", "10.0.200.9"


def shots() -> Iterator[Snapshot]:
    """What EC2 shows, a snapshot for each region."""
    for region in (US, EU):
        hosts = [h for h in HOSTS if h.region == region]
        private, public = (
            {h.subnet: h for h in hosts if (h.role in ("nat", "public")) == is_public}
            for is_public in (False, True)
        )
        nat = "nat-ny" if region == EU else "nat-n"
        tables: dict[str, list[dict[str, Any]]] = {
            "interfaces": [
                {"interface_id": f"eni-{h.name}", "vpc_id": f"vpc-{h.vpc}", "name": h.name,
                 "subnet_id": h.subnet, "owner_id": h.account, "addresses": [h.address],
                 "tags": [f"owner={h.owner}"] if h.owner else [],
                 "requester_id": "amazon-rds" if h.role == "db" else None,
                 "public_addresses": [f"3.70.0.{n}"] if h.role in ("nat", "public") else [],
                 "type": SPECIAL.get(h.role, ("interface", ""))[0],
                 "description": SPECIAL.get(h.role, ("", ""))[1].format(h.name)}
                for n, h in enumerate(hosts)
            ],
            "subnets": [
                {"subnet_id": s, "vpc_id": f"vpc-{h.vpc}", "az_id": h.zone,
                 "cidrs": [h.address.rpartition(".")[0] + ".0/24"]}
                for s, h in (private | public).items()
            ],
            "vpcs": [
                {"vpc_id": f"vpc-{vpc}", "cidrs": [block]}
                for vpc, block in BLOCKS.items() if (vpc == "y") == (region == EU)
            ],
            "nat_gateways": [{"nat_gateway_id": nat, "interface_ids": [nat.replace("nat", "eni")]}],
            "route_tables": [
                *({"route_table_id": f"rtb-{s}", "vpc_id": f"vpc-{h.vpc}", "subnet_ids": [s],
                   "main": False,
                   "routes": [f"0.0.0.0/0 {nat}", "10.1.0.0/16 pcx-1", "10.3.0.0/16 tgw-1"]
                   if h.vpc in "vy" else ["10.0.0.0/16 pcx-1" if h.vpc == "w" else "10.0.0.0/16 tgw-1"]}
                  for s, h in private.items()),
                *({"route_table_id": f"rtb-{s}", "vpc_id": f"vpc-{h.vpc}", "subnet_ids": [s],
                   "main": False, "routes": ["0.0.0.0/0 igw-1"]} for s, h in public.items()),
            ],
        }  # fmt: skip
        frames = {kind: frame_of(kind, rows) for kind, rows in tables.items()}  # type: ignore[arg-type]
        yield Snapshot(ONE, region, NOW - 2 * MONTH, frames)  # type: ignore[arg-type]


class Made:
    """Records of connections, and the charges that the truth has."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.records: list[dict[str, str]] = []
        self.charges: list[dict[str, Any]] = []

    def record(self, host: Host, is_out: bool, src: str, dst: str, size: int, **more: str) -> None:
        if not host.logged:
            return
        second = int(self.at.timestamp())
        values = {
            "version": "5", "account-id": host.account, "interface-id": f"eni-{host.name}",
            "srcaddr": src, "dstaddr": dst, "pkt-srcaddr": src, "pkt-dstaddr": dst, "packets": "3",
            "bytes": str(size), "start": str(second), "end": str(second + 60), "protocol": "6",
            "srcport": "1024", "dstport": "443", "action": "ACCEPT", "log-status": "OK",
            "vpc-id": f"vpc-{host.vpc}", "subnet-id": host.subnet, "region": host.region,
            "flow-direction": "egress" if is_out else "ingress",
        }  # fmt: skip
        self.records.append(values | {name.replace("_", "-"): text for name, text in more.items()})
        if self.chance.random() < 0.1:  # what was refused costs nothing
            self.records.append({**self.records[-1], "action": "REJECT"})

    def charge(
        self, path: str, who: Host, size: int, each: float, pair: tuple[str, str], **more: Any
    ) -> None:
        """A charge of `size` bytes at `each` dollars a GB; `more`: account, owner, service, once."""
        values = {
            "path": path, "account": who.account, "owner": who.owner, "source": pair[0],
            "destination": pair[1], "service": "", "bytes": size, "billed": size,
            "dollars": size / GB * each, "bucket": self.at.replace(minute=0, second=0, microsecond=0),
            "month": self.at >= NOW,
        }  # fmt: skip
        self.charges.append(values | more)

    def connection(self, start: datetime) -> None:
        """One connection of a kind by chance."""
        self.at = start + self.chance.random() * (SPAN - timedelta(minutes=5))
        self.out, self.back = (self.chance.randrange(1, 3 * GB) for _ in "ab")
        kinds = (self.hosts, self.by_nat, self.by_hidden_nat, self.by_endpoint, self.peered,
                 self.by_transit, self.public, self.lost)  # fmt: skip
        self.chance.choice(kinds)()

    def exchange(self, a: Host, b: Host, path: str = "") -> None:
        """Both directions at both ends."""
        egress = {"traffic_path": path} if path else {}
        for one, other, size in ((a, b, self.out), (b, a, self.back)):
            self.record(one, True, one.address, other.address, size, **egress)
            self.record(other, False, one.address, other.address, size)

    def between_zones(self, a: Host, b: Host, path: str) -> None:
        """Charges of both ends that AWS bills."""
        paying = [host for host in (a, b) if host.role != "db"]
        for one, other, size in ((a, b, self.out), (b, a, self.back)):
            pair = (one.address, other.address)
            counts = one if one.logged else other  # whose record does, and has the bytes
            if a.zone == b.zone or not paying:
                self.charge(FREE if path == AZ else path, counts, size, 0, pair)
                continue
            ends = sorted(paying, key=lambda host, first=counts: host is not first)
            for n, end in enumerate(ends):
                self.charge(path, end, size, 0.01, pair, **({"bytes": 0} if n else {}))

    def hosts(self) -> None:
        a, b = self.chance.sample([*IN["v"], BY_NAME["db"], BY_NAME["db2"]], 2)
        self.exchange(a, b, "1")
        self.between_zones(a, b, AZ)

    def peered(self) -> None:
        a, b = self.chance.choice(IN["v"]), self.chance.choice(IN["w"])
        self.exchange(a, b, "4")
        self.between_zones(a, b, PEER)

    def by_transit(self) -> None:
        logged = [host for host in IN["v"] if host.logged]
        a, b = self.chance.choice(logged), self.chance.choice(IN["z"])
        self.exchange(a, b, "1")
        for one, other, size in ((a, b, self.out), (b, a, self.back)):
            self.charge(TGW, one, size, 0.02, (one.address, other.address))

    def by_nat(self) -> None:
        c, nat = self.chance.choice(IN["v"]), BY_NAME["n"]
        service, far = self.chance.choice(("", "S3", "DYNAMODB")), INTERNET
        to = {"pkt_dst_aws_service": service} if service else {}
        of = {"pkt_src_aws_service": service} if service else {}
        self.record(c, True, c.address, far, self.out, traffic_path="1", **to)
        self.record(nat, False, c.address, nat.address, self.out, pkt_dstaddr=far, **to)
        self.record(nat, True, nat.address, far, self.out, traffic_path="8", **to)
        self.record(nat, False, far, nat.address, self.back, **of)
        self.record(nat, True, nat.address, c.address, self.back, pkt_srcaddr=far, **of)
        self.record(c, False, far, c.address, self.back, **of)
        self.gateway(c, nat, service, nat.account)

    def by_hidden_nat(self) -> None:
        """The gateway is not logged: its client's records are all there is."""
        c, nat = self.chance.choice(IN["y"]), BY_NAME["ny"]
        self.record(c, True, c.address, INTERNET, self.out)
        self.record(c, False, INTERNET, c.address, self.back)
        self.gateway(c, nat, "", c.account)

    def gateway(self, c: Host, nat: Host, service: str, account: str) -> None:
        """Charges of a connection through a NAT gateway."""
        pair, both = (c.address, "Internet"), self.out + self.back
        said = {"service": service, "account": account}
        self.charge(NAT, c, both, NAT_GB[c.region], pair, **said)
        if not service:
            self.charge(OUT, c, self.out, OUT_GB, pair, **said)
        if c.zone != nat.zone:
            self.charge(AZ, c, both, 0.01, pair, service=service)
            self.charge(AZ, c, both, 0.01, pair, **said, bytes=0)

    def by_endpoint(self) -> None:
        c, e = self.chance.choice(IN["v"]), BY_NAME["e"]
        self.exchange(c, e, "1")
        pair = (c.address, e.address)
        self.charge(ENDPOINT, c, self.out + self.back, 0.01, pair, account=e.account)

    def public(self) -> None:
        """By an Internet gateway: to a host of the Internet, or to a customer of the region."""
        p, service = BY_NAME["p"], self.chance.choice(("", "EC2", "AMAZON"))
        to = {"pkt_dst_aws_service": service} if service else {}
        of = {"pkt_src_aws_service": service} if service else {}
        self.record(p, True, p.address, INTERNET, self.out, traffic_path="8", **to)
        self.record(p, False, INTERNET, p.address, self.back, **of)
        pair = (p.address, "Internet")
        if service == "EC2":
            self.charge(AZ, p, self.out + self.back, 0.01, pair, service=service)
            return
        self.charge(FREE if service else OUT, p, self.out, 0 if service else OUT_GB, pair, service=service)  # fmt: skip
        self.charge(FREE, p, self.back, 0, pair, service=service)

    def lost(self) -> None:
        """What no rule can decide: a VPN, and an address of no known subnet."""
        host = self.chance.choice([host for host in IN["v"] if host.logged])
        is_vpn = self.chance.random() < 0.5
        far = VPN if is_vpn else NOWHERE
        path = {"traffic_path": "3"} if is_vpn else {"traffic_path": "1"}
        self.record(host, True, host.address, far, self.out, **path)
        self.charge(LOST, host, self.out, 0, (host.address, far))
        if not is_vpn:
            self.record(host, False, far, host.address, self.back)
            self.charge(LOST, host, self.back, 0, (host.address, far))


@pytest.fixture(scope="module")
def by_chance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlowLogs, pd.DataFrame]]:
    """A store of connections by chance, and their charges: of two days, and of a month before."""
    made = Made(15)
    for start, count in ((NOW - MONTH, 150), (NOW, 350)):
        for _ in range(count):
            made.connection(start)
    edges = [Made(0) for _ in range(2)]
    for edge, moment in zip(edges, (NOW - MONTH, NOW + SPAN - timedelta(seconds=1)), strict=True):
        edge.at = moment  # the records reach from end to end
        edge.record(BY_NAME["h0"], True, "10.0.0.20", "10.0.0.23", 1)
        made.at = moment
        made.charge(FREE, BY_NAME["h0"], 1, 0, ("10.0.0.20", "10.0.0.23"))
    records = made.records + edges[0].records[:1] + edges[1].records[:1]
    folder = tmp_path_factory.mktemp("chance")
    with stored(folder / "store", (HEADER, records), shots=shots()) as flows:
        yield flows.between(NOW, NOW + SPAN), pd.DataFrame(made.charges)


BY = {
    "path": ["path"], "owner": ["owner"], "account": ["account"], "service": ["service"],
    "pair": ["source", "destination"],
}  # fmt: skip
UNKNOWN = {"owner": "no owner known", "service": "no AWS service"}


def summed(charges: pd.DataFrame, by: str) -> pd.DataFrame:
    keys = BY[by]
    named = charges.assign(**{k: charges[k].replace("", UNKNOWN.get(k, "unknown")) for k in keys})
    return named.groupby(keys)[["bytes", "billed", "dollars"]].sum()


@pytest.mark.parametrize("by", BY)
def test_costs_by_anything_equal_the_truth(
    by_chance: tuple[FlowLogs, pd.DataFrame], by: str
) -> None:
    flows, truth = by_chance
    found = flows.cost(by).set_index(BY[by])
    kept = truth if by in ("path", "account") else truth[truth["dollars"].gt(0) | truth["path"].eq(LOST)]  # fmt: skip
    expected = summed(kept[kept["month"]], by)
    shown = found[found["bytes"].gt(0) | found["dollars"].gt(0)]
    assert len(expected) > 1
    assert set(shown.index) == set(expected.index)
    shown = shown.reindex(expected.index)
    assert shown["bytes"].tolist() == expected["bytes"].tolist()
    paid = expected["dollars"] > 0
    billed = shown.loc[paid, "billed_bytes"].tolist()
    if by == "path":
        assert billed == expected.loc[paid, "billed"].tolist()
    assert shown["dollars"].tolist() == pytest.approx(expected["dollars"].tolist(), rel=1e-9)
    months = timedelta(hours=730) / SPAN
    month = (expected["dollars"] * months).tolist()
    assert shown["dollars_month"].tolist() == pytest.approx(month, rel=1e-5)  # to the last record
    before = summed(kept[~kept["month"]], by)["dollars"].reindex(expected.index).fillna(0)
    assert shown["dollars_before"].tolist() == pytest.approx(before.tolist(), rel=1e-9)
    change = (100 * (expected["dollars"] - before) / before)[before > 0]
    assert shown["change"][before > 0].tolist() == pytest.approx(change.tolist(), rel=1e-9)


def test_costs_over_time_equal_the_truth(by_chance: tuple[FlowLogs, pd.DataFrame]) -> None:
    flows, truth = by_chance
    found = billing.bill(flows, flows.window)
    shown = billing.over_time(flows, found, HOUR, flows.window)
    paid = truth[truth["month"] & truth["dollars"].gt(0)]
    expected = paid.groupby(["bucket", "path"])[["dollars", "bytes"]].sum()
    by_bucket = shown.set_index(["bucket", "path"]).sort_index()
    assert set(by_bucket.index) == set(expected.index)
    pd.testing.assert_frame_equal(
        by_bucket[["dollars", "bytes"]], expected.astype("float64"), rtol=1e-9, check_index_type=False
    )  # fmt: skip
    assert billing.total(found) == pytest.approx(paid["dollars"].sum(), rel=1e-9)


@pytest.mark.parametrize(("tb", "rate"), [(5, 0.09), (10, 0.085), (60, 0.07), (151, 0.05)])
def test_the_tier_of_all_that_leaves_is_the_rate(
    by_chance: tuple[FlowLogs, pd.DataFrame], tb: float, rate: float, monkeypatch: Any
) -> None:
    flows, truth = by_chance
    monkeypatch.setenv("VPCFLOW_COST", f'{{"internet_out_tb": {tb}, "factor": 0.92}}')
    sent = truth[truth["month"] & truth["path"].eq(OUT)]["bytes"].sum()
    window = Window(NOW, NOW + SPAN)
    found = billing.bill(flows, window).found.charges
    dollars = found.loc[found["path"] == OUT, "dollars"].sum()
    assert dollars == pytest.approx(sent / GB * rate * 0.92, rel=1e-9)


@pytest.mark.parametrize("gb", [0.0, 0.5, 100.0])
def test_what_is_free_is_taken_off_in_proportion_to_the_range(
    by_chance: tuple[FlowLogs, pd.DataFrame], gb: float, monkeypatch: Any
) -> None:
    flows, truth = by_chance
    monkeypatch.setenv("VPCFLOW_COST", f'{{"internet_free_gb": {gb}}}')
    sent = truth[truth["month"] & truth["path"].eq(OUT)]["bytes"].sum() / GB
    found = billing.bill(flows, Window(NOW, NOW + SPAN))
    free = gb * found.window.length.total_seconds() / (730 * 3600)
    assert gb != 0.5 or 0 < free < sent
    rows = statement.listed(found, "path").set_index("path")
    assert rows["dollars"][OUT] == pytest.approx(max(sent - free, 0) * 0.09, rel=1e-9)
    others = rows["dollars"].drop(OUT).sum()
    paid = truth[truth["month"] & truth["path"].ne(OUT)]["dollars"].sum()
    assert others == pytest.approx(paid, rel=1e-9)
    owners = statement.listed(found, "owner")["dollars"].sum()
    assert owners == pytest.approx(billing.total(found), rel=1e-9)
    said = " ".join(statement.notes(found))
    assert ("not deducted" in said) == (gb == 0)
    assert (f"{gb:g} GB a month to the Internet are free" in said) == (gb > 0)


def test_collection_bills_the_text_of_the_lines(
    by_chance: tuple[FlowLogs, pd.DataFrame],
) -> None:
    """The records of both months have lines of one kind: what differs is how many there are."""
    flows, _ = by_chance
    row = flows.collection().iloc[0]
    frame = flows.sql("SELECT count(*) AS n FROM records")
    assert row["records_day"] == pytest.approx(frame["n"].iloc[0] / 2, rel=1e-5)
    assert row["bytes_day"] == pytest.approx(row["records_day"] * row["line_bytes"])
    month = row["bytes_day"] * 730 / 24 / GB
    assert row["dollars_month_s3"] == pytest.approx(month * 0.25)
    assert row["dollars_month_parquet"] == pytest.approx(month * (0.25 + 0.035))
    assert row["dollars_month_cloudwatch"] == pytest.approx(month * 0.50)
