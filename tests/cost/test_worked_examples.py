"""Known connections, written as files of records, cost what AWS would bill.

No snapshot of EC2 is there: the records themselves say which zone, account and kind each end has.
Dollars are worked out by hand from list prices of us-east-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.cost.billing import Bill, bill
from vpcflow_core.cost.prices import GB, shipped
from vpcflow_core.cost.remedies import remedies_of
from vpcflow_core.cost.statement import listed
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status vpc-id subnet-id az-id region flow-direction traffic-path pkt-srcaddr "
    "pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service resource-id interface-type next-hop-az-id "
    "next-hop-interface-type"
)
TGW_HEADER = (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id "
    "tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
    "tgw-dst-az-id srcaddr dstaddr srcport dstport protocol log-status packets bytes start end "
    "flow-direction region"
)
# Interface: account, VPC, zone, type (version 11).
INTERFACES = {
    "c": ("1", "v", "az1", "-"), "n": ("1", "v", "az1", "nat_gateway"),
    "m": ("1", "v", "az2", "nat_gateway"), "a": ("1", "v", "az1", "-"), "b": ("2", "v", "az2", "-"),
    "d": ("2", "v", "az1", "-"), "w": ("2", "w", "az1", "-"), "x": ("2", "w", "az2", "-"),
    "t": ("1", "v", "az1", "transit_gateway"), "u": ("2", "w", "az2", "transit_gateway"),
    "e": ("1", "v", "az2", "vpc_endpoint"), "-": ("1", "-", "-", "regional_nat_gateway"),
}  # fmt: skip
C, N, H, P = "10.0.0.10", "10.0.1.5", "203.0.113.9", "198.51.100.7"
A, B, W, T, U = "10.0.0.20", "10.0.16.30", "10.1.0.5", "10.0.9.9", "10.1.9.9"
S3, S3_WEST = "52.216.8.9", "52.92.16.9"


def nat(out: float, back: float, far: str = H, at: str = "n", service: str = "") -> list[str]:
    """The six records of a connection through a NAT gateway: at, direction, record, packet, GB."""
    to, of = (f"dst={service}", f"src={service}") if service else ("", "")
    return [
        f"c out {C}>{far} {C}>{far} {out} {to}", f"{at} in {C}>{N} {C}>{far} {out} {to}",
        f"{at} out {N}>{far} {N}>{far} {out} {to}", f"{at} in {far}>{N} {far}>{N} {back} {of}",
        f"{at} out {N}>{C} {far}>{C} {back} {of}", f"c in {far}>{C} {far}>{C} {back} {of}",
    ]  # fmt: skip


def both(
    one: str, a: str, other: str, b: str, there: float, back: float, more: str = ""
) -> list[str]:
    """The four records of a connection between two interfaces."""
    return [
        f"{one} out {a}>{b} {a}>{b} {there} {more}", f"{other} in {a}>{b} {a}>{b} {there}",
        f"{other} out {b}>{a} {b}>{a} {back} {more}", f"{one} in {b}>{a} {b}>{a} {back}",
    ]  # fmt: skip


def only(at: str, records: list[str]) -> list[str]:
    return [record for record in records if record.split()[0] in at]


REGIONAL = [
    f"- - {C}>{H} {C}>{H} 1 nat", f"- - {P}>{H} {P}>{H} 1 nat",
    f"- - {H}>{P} {H}>{P} 10 nat", f"- - {H}>{C} {H}>{C} 10 nat",
]  # fmt: skip
GATES = [
    f"t in {A}>{T} {A}>{W} 8", f"u out {U}>{W} {A}>{W} 8",
    f"u in {W}>{U} {W}>{A} 3", f"t out {T}>{A} {W}>{A} 3",
]  # fmt: skip
TO_TGW = "path=1 hop=transit_gateway"
NAT, OUT, AZ, REGION = "NAT processing", "Internet out", "cross-AZ", "inter-region"
TGW, PEER, ENDPOINT = "transit gateway", "peering", "interface endpoint"
NAT_BILL = {NAT: 0.495, OUT: 0.09}
# Name: records, dollars by path, dollars by account.
EXAMPLES: dict[str, tuple[list[str], dict[str, float], dict[str, float]]] = {
    "NAT, Internet host": (nat(1, 10), NAT_BILL, {"1": 0.585}),
    "NAT alone logged": (only("n", nat(1, 10)), NAT_BILL, {"1": 0.585}),
    "client alone logged": (
        [f"{r} path=1 hop=nat_gateway" for r in only("c", nat(1, 10))], NAT_BILL, {"1": 0.585},
    ),
    "client alone, only the way out has a path": (
        [f"{r} path=1" if " out " in r else r for r in only("c", nat(1, 10))],
        NAT_BILL, {"1": 0.585},
    ),
    "regional NAT gateway": (REGIONAL, NAT_BILL, {"1": 0.585}),
    "NAT, other volumes": (nat(4, 2), {NAT: 0.27, OUT: 0.36}, {"1": 0.63}),
    "two zones, two accounts": (
        both("a", A, "b", B, 5, 2), {AZ: 0.14}, {"1": 0.07, "2": 0.07},
    ),
    "two zones, one logged": (
        [f"{r} az=az2" for r in only("a", both("a", A, "b", B, 5, 2))], {AZ: 0.14}, {"1": 0.14},
    ),
    "one zone": (both("a", A, "d", B, 5, 2), {}, {}),
    "S3, NAT of another zone": (
        nat(1, 100, S3, "m", "S3"), {NAT: 4.545, AZ: 2.02}, {"1": 6.565},
    ),
    "S3 of another region": (
        nat(1, 100, S3_WEST, "m", "S3"), {NAT: 4.545, AZ: 2.02, REGION: 0.02}, {"1": 6.585},
    ),
    "transit gateway by its interfaces": (
        both("a", A, "x", W, 8, 3, TO_TGW) + GATES, {TGW: 0.22}, {"1": 0.16, "2": 0.06},
    ),
    "transit gateway by the senders": (
        both("a", A, "x", W, 8, 3, TO_TGW), {TGW: 0.22}, {"1": 0.16, "2": 0.06},
    ),
    "peering within a zone": (both("a", A, "w", W, 8, 3, "path=4"), {}, {}),
    "peering between zones": (
        both("a", A, "x", W, 8, 3, "path=4"), {PEER: 0.22}, {"1": 0.11, "2": 0.11},
    ),
    "interface endpoint": (both("a", A, "e", B, 5, 2), {ENDPOINT: 0.07}, {"1": 0.07}),
    "interface endpoint, not logged": (
        only("a", [f"{r} hop=vpc_endpoint" for r in both("a", A, "e", B, 5, 2)]),
        {ENDPOINT: 0.07}, {"1": 0.07},
    ),
    "gateway endpoint": (
        [f"c out {C}>{S3} {C}>{S3} 9 path=7 dst=S3", f"c in {S3}>{C} {S3}>{C} 90 src=S3"], {}, {},
    ),
}  # fmt: skip
TRANSIT_LOG = [  # direction, source VPC's account, VPC, interface, GB: examined on a day of its own
    ("ingress", "1", "v", "t", A, W, 8), ("egress", "1", "v", "t", A, W, 8),
    ("ingress", "2", "w", "u", W, A, 3), ("egress", "2", "w", "u", W, A, 3),
]  # fmt: skip


def line(text: str, day: int) -> str:
    """One record of a text like `c out 10.0.0.1>10.0.0.2 10.0.0.1>10.0.0.2 1.5 dst=S3`."""
    at, direction, record, packet, gb, *more = text.split()
    account, vpc, zone, type_ = INTERFACES[at]
    (src, dst), (pkt_src, pkt_dst) = record.split(">"), packet.split(">")
    said = dict(part.split("=") for part in more if "=" in part)
    begun = int((START + day * DAY).timestamp()) + 3600
    values = {
        "version": 11, "account-id": account * 12, "interface-id": at if at == "-" else f"eni-{at}",
        "srcaddr": src, "dstaddr": dst, "pkt-srcaddr": pkt_src, "pkt-dstaddr": pkt_dst,
        "packets": 9, "bytes": int(float(gb) * GB), "start": begun, "end": begun + 60,
        "action": "ACCEPT", "log-status": "OK", "region": "us-east-1",
        "vpc-id": vpc if vpc == "-" else f"vpc-{vpc}", "az-id": zone if zone == "-" else f"use1-{zone}",
        "flow-direction": {"out": "egress", "in": "ingress"}.get(direction, "-"),
        "interface-type": type_, "resource-id": "nat-9" if at == "-" else "-",
        "traffic-path": said.get("path", "-"), "next-hop-interface-type": said.get("hop", "-"),
        "next-hop-az-id": f"use1-{said['az']}" if "az" in said else "-",
        "pkt-src-aws-service": said.get("src", "-"), "pkt-dst-aws-service": said.get("dst", "-"),
    }  # fmt: skip
    return " ".join(str(values.get(name, "-")) for name in HEADER.split())


def transit_line(row: tuple[str, str, str, str, str, str, float], day: int) -> str:
    direction, account, vpc, at, src, dst, gb = row
    begun = int((START + day * DAY).timestamp()) + 3600
    values = {
        "version": 6, "resource-type": "TransitGateway", "account-id": "3" * 12, "tgw-id": "tgw-1",
        "tgw-src-vpc-account-id": account * 12, "tgw-src-vpc-id": f"vpc-{vpc}",
        "tgw-src-eni": f"eni-{at}", "tgw-src-az-id": "use1-az1", "tgw-dst-az-id": "use1-az2",
        "srcaddr": src, "dstaddr": dst, "log-status": "OK", "packets": 9, "bytes": int(gb * GB),
        "start": begun, "end": begun + 60, "flow-direction": direction, "region": "us-east-1",
    }  # fmt: skip
    return " ".join(str(values.get(name, "-")) for name in TGW_HEADER.split())


@pytest.fixture(scope="module")
def worked_examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bill]]:
    """Each example on a day of its own."""
    folder = tmp_path_factory.mktemp("worked")
    ranges = folder / "ip-ranges.json"
    ranges.write_text(
        '{"prefixes": [{"ip_prefix": "52.216.0.0/15", "region": "us-east-1", "service": "S3"},'
        '{"ip_prefix": "52.92.16.0/20", "region": "us-west-2", "service": "S3"}],'
        ' "ipv6_prefixes": []}'
    )
    lines = [
        line(record, day)
        for day, (records, _, _) in enumerate(EXAMPLES.values())
        for record in records
    ]
    (folder / "logs").mkdir()
    (folder / "logs" / "all.log").write_text("\n".join([HEADER, *lines]) + "\n")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("VPCFLOW_AWS_RANGES", str(ranges))
        with FlowLogs.open(folder / "logs", store=folder / "store") as flows:
            yield {
                name: bill(flows, Window(START + day * DAY, START + (day + 1) * DAY))
                for day, name in enumerate(EXAMPLES)
            }


def spent(found: Bill, by: str) -> dict[str, float]:
    rows = listed(found, by)
    return {
        str(row[by]): round(float(row["dollars"]), 9)
        for row in rows.to_dict("records")
        if row["dollars"]
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_known_connection_costs_what_aws_bills(
    worked_examples: dict[str, Bill], name: str
) -> None:
    _, paths, accounts = EXAMPLES[name]
    found = worked_examples[name]
    assert spent(found, "path") == paths
    assert spent(found, "account") == {who * 12: dollars for who, dollars in accounts.items()}
    assert listed(found, "path").set_index("path")["bytes"]["unattributed"] == 0


SAVED = {
    "S3, NAT of another zone": 6.565, "S3 of another region": None, "one zone": None,
    "two zones, two accounts": 0.14,
}  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_a_remedy_saves_what_the_example_costs(worked_examples: dict[str, Bill], name: str) -> None:
    found = worked_examples[name]
    saved = [
        round(one.saving / found.months, 6)
        for one in remedies_of(found)
        if "gateway endpoint" in one.text or "in one zone" in one.text
    ]
    assert saved == ([SAVED[name]] if SAVED[name] else [])


def test_the_log_of_a_transit_gateway_counts_alone(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    records = [*both("a", A, "x", W, 8, 3, TO_TGW), *GATES]
    text = [HEADER, *(line(record, 0) for record in records)]
    (logs / "vpc.log").write_text("\n".join(text) + "\n")
    passed = [TGW_HEADER, *(transit_line(row, 0) for row in TRANSIT_LOG)]
    (logs / "tgw.log").write_text("\n".join(passed) + "\n")
    with FlowLogs.open(logs, store=tmp_path / "store") as flows:
        found = bill(flows, flows.window)
    assert spent(found, "path") == {TGW: 0.22}
    assert spent(found, "account") == {"1" * 12: 0.16, "2" * 12: 0.06}


BREAK_EVEN = {  # GB a month and zone from which an interface endpoint pays, by region
    "us-east-1": 208.6, "eu-west-1": 211.3, "eu-central-1": 208.6, "ap-southeast-1": 193.7,
    "ap-northeast-1": 196.5, "sa-east-1": 184.7,
}  # fmt: skip


@pytest.mark.parametrize("region", BREAK_EVEN)
def test_an_endpoint_pays_from_its_hours_over_the_cheaper_gb(region: str) -> None:
    prices = shipped()
    cheaper = prices.dollars("nat-gb", region) - prices.dollars("endpoint-gb", region)
    assert round(730 * prices.dollars("endpoint-hour", region) / cheaper, 1) == BREAK_EVEN[region]


def test_a_billion_records_of_300_bytes_cost_by_destination() -> None:
    gb, prices = 1e9 * 300 / GB, shipped()
    each = {
        item: prices.price(item, "us-east-1").of(gb)
        for item in ("logs-s3-gb", "logs-parquet-gb", "logs-cloudwatch-gb", "storage-cloudwatch-gb")
    }
    found = pd.Series(each).round(2).to_dict()
    assert (found["logs-s3-gb"], found["logs-cloudwatch-gb"]) == (69.85, 139.70)
    assert round(each["logs-s3-gb"] + each["logs-parquet-gb"], 2) == 79.63
    assert found["storage-cloudwatch-gb"] == 8.38
