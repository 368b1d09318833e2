"""Who is at each end of a flow: by the VPC that logged it, at its time, and unknown where unsure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot

from tests.engines.duckdb.networks import NOON, V2, column, flow, stored
from tests.reference.conftest import write_database
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.interfaces.ends import EMPTY_OUTSIDE, EndFacts, book_table, ends_of
from vpcflow_core.engines.interfaces.placed import pairs_of, placed
from vpcflow_core.engines.trino.relations import in_words_of_trino, inlined, with_tables
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.book import AddressBook
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.query.ends import ENDS
from vpcflow_core.query.question import Query

V3 = f"{V2} vpc-id"
HOUR = timedelta(hours=1)
VPCS = [
    {"vpc_id": "vpc-1", "cidrs": ["10.0.0.0/16"]},
    {"vpc_id": "vpc-2", "cidrs": ["10.0.0.0/16"]},
    {"vpc_id": "vpc-3", "cidrs": ["10.3.0.0/16"]},
]
# Two VPCs hold 10.0.0.4; vpc-2 alone has an interface at 10.0.0.5, in a block that vpc-1 has too.
INTERFACES: list[dict[str, Any]] = [
    {"interface_id": "eni-1", "vpc_id": "vpc-1", "name": "web-1", "addresses": ["10.0.0.4"],
     "public_addresses": ["3.70.0.4"], "tags": ["owner=web"], "subnet_id": "subnet-1"},
    {"interface_id": "eni-2", "vpc_id": "vpc-2", "name": "twin", "addresses": ["10.0.0.4"]},
    {"interface_id": "eni-3", "vpc_id": "vpc-2", "name": "db", "addresses": ["10.0.0.5"]},
    {"interface_id": "eni-4", "vpc_id": "vpc-3", "name": "cache", "addresses": ["10.3.0.6"]},
]  # fmt: skip


def shot(taken: datetime = NOON, *, without: str = "", **more: dict[str, Any]) -> Snapshot:
    rows = [row | more.get(row["interface_id"].replace("-", "_"), {}) for row in INTERFACES]
    tables = {
        "interfaces": frame_of("interfaces", [r for r in rows if r["interface_id"] != without]),
        "vpcs": frame_of("vpcs", VPCS),
        "subnets": frame_of(
            "subnets", [{"subnet_id": "subnet-1", "vpc_id": "vpc-1", "az_id": "euc1-az1"}]
        ),
    }
    return Snapshot("111111111111", "eu-central-1", taken, tables)  # type: ignore[arg-type]


def named(flows: FlowLogs, **naming: Any) -> FlowLogs:
    """The same records with names from files too."""
    assert flows.store is not None
    return replace(flows, engine=DuckDBEngine(flows.store, naming=Naming(**naming)))


def test_both_ends_have_what_ec2_says_of_their_interface(tmp_path: Path) -> None:
    records = [flow("eni-1", "10.0.0.4", "10.3.0.6", 1), flow("eni-1", "10.3.0.6", "10.0.0.4", 2)]
    flows = stored(tmp_path / "s", (V3, [r | {"vpc-id": "vpc-1"} for r in records]), shots=[shot()])
    assert column(flows, "src_name") == ["web-1", "cache"]
    assert column(flows, "dst_name") == ["cache", "web-1"]
    assert column(flows, "src_vpc") == ["vpc-1", "vpc-3"]
    assert column(flows, "src_owner") == ["web", None]
    assert column(flows, "dst_az") == [None, "euc1-az1"]
    assert column(flows, "dst_subnet") == [None, "subnet-1"]
    assert column(flows, "src_account") == ["111111111111", "111111111111"]
    assert column(flows, "dst_kind") == ["Interface", "Interface"]


@pytest.mark.parametrize("header", [V2, V3])
def test_an_address_of_two_vpcs_is_the_one_of_the_vpc_that_logged_it(
    tmp_path: Path, header: str
) -> None:
    records = [
        flow("eni-1", "10.0.0.4", "10.3.0.6", 1, vpc_id="vpc-1"),
        flow("eni-2", "10.0.0.4", "10.3.0.6", 2, vpc_id="vpc-2"),
        # Seen from vpc-3 it may be either.
        flow("eni-4", "10.0.0.4", "10.3.0.6", 3, vpc_id="vpc-3"),
        # vpc-1 may have a 10.0.0.5 of its own: that of vpc-2 is not it.
        flow("eni-1", "10.0.0.4", "10.0.0.5", 4, vpc_id="vpc-1"),
        flow("eni-3", "10.0.0.5", "10.0.0.4", 5, vpc_id="vpc-2"),
    ]
    flows = stored(tmp_path / "s", (header, records), shots=[shot()])
    assert column(flows, "src_name") == ["web-1", "twin", None, "web-1", "db"]
    assert column(flows, "dst_name") == ["cache", "cache", "cache", None, "twin"]
    top = flows.top("src_name", by="bytes")
    assert dict(zip(top["src_name"], top["bytes"], strict=True)) == {
        "web-1": 5, "twin": 2, "db": 5,
    }  # fmt: skip


def test_from_a_vpc_that_no_snapshot_shows_private_addresses_are_unknown(tmp_path: Path) -> None:
    records = [
        flow("eni-9", "10.3.0.6", "3.70.0.4", 1, vpc_id="vpc-9"),
        flow("eni-9", "10.3.0.6", "3.70.0.4", 2),
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[shot()])
    assert column(flows, "src_name") == [None, None]
    assert column(flows, "dst_name") == ["web-1", "web-1"]


def test_the_owner_is_the_one_at_the_start_of_the_flow(tmp_path: Path) -> None:
    moved = {"interface_id": "eni-5", "vpc_id": "vpc-3", "name": "new", "addresses": ["10.3.0.6"]}
    later = shot(NOON + 2 * HOUR, without="eni-4")
    interfaces = frame_of("interfaces", [*INTERFACES[:3], moved])
    later = replace(later, tables={**later.tables, "interfaces": interfaces})
    at = [NOON, NOON + HOUR, NOON + 3 * HOUR]
    records = [
        flow("eni-1", "10.0.0.4", "10.3.0.6", n + 1, moment, vpc_id="vpc-1")
        for n, moment in enumerate(at)
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[shot(), later])
    assert column(flows, "dst_name") == ["cache", None, "new"]


def test_names_change_no_total(tmp_path: Path) -> None:
    addresses = ["10.0.0.4", "10.0.0.5", "10.3.0.6", "3.70.0.4", "9.9.9.9"]
    records = [
        flow(row["interface_id"], source, destination, 1, vpc_id=row["vpc_id"])
        for row in INTERFACES for source in addresses for destination in addresses
    ]  # fmt: skip
    flows = stored(tmp_path / "s", (V3, records), shots=[shot(), shot(NOON + HOUR)])
    known = [name for name in ENDS if name in flows.engine.columns()]
    frame = flows.sql(f"SELECT {', '.join(known)} FROM flows")
    assert len(frame) == len(records)


def test_a_filter_by_either_end_finds_both_ways(tmp_path: Path) -> None:
    records = [
        flow("eni-1", "10.0.0.4", "10.3.0.6", 1, vpc_id="vpc-1"),
        flow("eni-1", "10.3.0.6", "10.0.0.4", 2, vpc_id="vpc-1"),
        flow("eni-1", "10.0.0.4", "9.9.9.9", 4, vpc_id="vpc-1"),
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[shot()])

    def total(**filters: str) -> int:
        return int(flows.where(**filters).top("interface_id", by="bytes")["bytes"].sum())

    assert total(name="cache") == 3
    assert total(dst_name="ca*") == 1
    assert total(owner="web") == 7
    assert total(name="!cache") == 4
    assert total(dst_name="-") == 4
    assert total(src_vpc="vpc-3") == 2


def test_a_question_by_name_is_the_question_by_address_with_names_for_it(tmp_path: Path) -> None:
    records = [
        flow(row["interface_id"], row["addresses"][0], "9.9.9.9", n + 1, vpc_id=row["vpc_id"])
        for n, row in enumerate(INTERFACES) for _ in range(n + 2)
    ]  # fmt: skip
    flows = stored(tmp_path / "s", (V3, records), shots=[shot()])
    expected: Counter[str] = Counter()
    for n, row in enumerate(INTERFACES):
        expected[row["name"]] += (n + 1) * (n + 2)
    top = flows.top("src_name", by="bytes")
    assert dict(zip(top["src_name"], top["bytes"], strict=True)) == expected


def test_a_list_of_ones_own_names_what_ec2_does_not(tmp_path: Path) -> None:
    path = tmp_path / "addresses.csv"
    path.write_text(
        "block,name,owner,kind,from,until\n"
        "192.0.2.0/24,Berlin,it,office,,\n"
        "10.3.0.6,pod-a,shop,pod,2026-11-02T11:00,2026-11-02T13:00\n"
        "10.0.0.0/8,elsewhere,,,,\n"
        "nonsense,x,,,,\n",
        encoding="utf-8",
    )
    records = [
        flow("eni-1", "192.0.2.9", "10.0.0.4", 1, vpc_id="vpc-1"),
        # One address of the list comes before EC2 as long as it holds, a block after it.
        flow("eni-1", "10.3.0.6", "10.0.0.4", 2, vpc_id="vpc-1"),
        flow("eni-1", "10.3.0.6", "10.0.0.4", 3, NOON + 2 * HOUR, vpc_id="vpc-1"),
        flow("eni-1", "10.200.0.1", "9.9.9.9", 4, vpc_id="vpc-1"),
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[shot()])
    with named(flows, address_book=path) as own:
        assert column(own, "src_name") == ["Berlin", "pod-a", "cache", "elsewhere"]
        assert column(own, "src_kind") == ["office", "pod", "Interface", None]
        assert column(own, "dst_name") == ["web-1", "web-1", "web-1", None]
        assert column(own, "src_owner") == ["it", "shop", None, None]
        [note] = own.ask(Query(("bytes",), by=("src_name",))).notes
        assert "line 5: 'nonsense' is no block of addresses. Write" in note
        assert not own.ask(Query(("bytes",), by=("srcaddr",))).notes


def test_services_and_networks_of_public_addresses(tmp_path: Path) -> None:
    ranges = tmp_path / "ip-ranges.json"
    said = {"prefixes": [{"ip_prefix": "3.5.0.0/16", "service": "S3"}], "ipv6_prefixes": []}
    ranges.write_text(json.dumps(said), encoding="utf-8")
    record = {"autonomous_system_number": 64500, "autonomous_system_organization": "EXAMPLE"}
    base = write_database(tmp_path / "as.mmdb", "Test-ASN", {"9.9.9.0/24": record})
    header = f"{V3} pkt-dst-aws-service"
    records = [
        flow("eni-1", "10.0.0.4", "3.5.1.1", 1, vpc_id="vpc-1"),
        flow("eni-1", "10.0.0.4", "3.5.1.1", 2, vpc_id="vpc-1", pkt_dst_aws_service="DYNAMODB"),
        flow("eni-1", "10.0.0.4", "9.9.9.9", 3, vpc_id="vpc-1"),
    ]
    flows = stored(tmp_path / "s", (header, records), shots=[shot()])
    assert column(flows, "dst_service") == [None, "DYNAMODB", None]
    with pytest.raises(MissingDataError, match="says the network"):
        flows.top("dst_as")
    with named(flows, aws_ranges=ranges, as_database=base) as own:
        # The record's own word is as of the flow.
        assert column(own, "dst_service") == ["S3", "DYNAMODB", None]
        assert column(own, "dst_as") == [None, None, "AS64500 EXAMPLE"]
        assert column(own, "src_service") == [None, None, None]


def test_without_a_snapshot_a_name_is_refused_with_the_next_step(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", (V2, [flow("eni-1", "10.0.0.4", "9.9.9.9")]))
    with pytest.raises(MissingDataError) as refused:
        flows.top("src_name")
    assert "Nothing here says the name" in refused.value.what
    assert "ec2:DescribeNetworkInterfaces" in refused.value.next_step


@pytest.mark.parametrize("header", [V2, V3])
def test_where_no_vpc_doubts_an_address_only_unknown_vpcs_do(tmp_path: Path, header: str) -> None:
    at = {"vpc_id": "vpc-3"}
    known = [flow("eni-4", "10.3.0.6", "9.9.9.9", 1, **at)]
    unknown = [flow("eni-9", "10.3.0.6", "9.9.9.9", 2, vpc_id="vpc-9")]
    tables = {
        "interfaces": frame_of("interfaces", [INTERFACES[3]]),
        "vpcs": frame_of("vpcs", [VPCS[2]]),
    }
    sure = Snapshot("111111111111", "eu-central-1", NOON, tables)  # type: ignore[arg-type]
    flows = stored(tmp_path / "s", (header, known), shots=[sure])
    assert column(flows, "src_name") == ["cache"]
    both = stored(tmp_path / "t", (header, [*known, *unknown]), shots=[sure])
    assert column(both, "src_name") == ["cache", None]


def test_a_day_after_the_attachment_is_as_if_there_were_none(tmp_path: Path) -> None:
    attached = NOON - 24 * HOUR
    shots = [shot(eni_4={"attached": attached.isoformat()})]
    times = [NOON - 30 * HOUR, attached + HOUR, NOON]
    records = [
        flow("eni-1", "10.0.0.4", "10.3.0.6", n + 1, at, vpc_id="vpc-1")
        for n, at in enumerate(times)
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=shots)
    assert column(flows, "dst_name") == [None, "cache", "cache"]
    day = flows.between(NOON - HOUR, NOON + HOUR)
    assert day.top("dst_name", by="bytes")["bytes"].tolist() == [3]


V5 = f"{V3} subnet-id instance-id az-id flow-direction pkt-srcaddr pkt-dstaddr interface-type"


@pytest.mark.parametrize("said", ["flow-direction", "pkt"])
def test_a_record_says_what_it_knows_of_its_own_end_without_a_snapshot(
    tmp_path: Path, said: str
) -> None:
    own = {"vpc-id": "vpc-1", "subnet-id": "subnet-1", "az-id": "euc1-az1"}
    nat = own | {"interface-type": "nat_gateway"}
    instance = own | {"instance-id": "i-1"}

    def way(word: str, end: str, address: str) -> dict[str, str]:
        return {"flow-direction": word} if said == "flow-direction" else {f"pkt-{end}": address}

    records = [
        flow("eni-1", "10.0.0.4", "9.9.9.9", 1) | instance | way("egress", "srcaddr", "10.0.9.1"),
        flow("eni-1", "9.9.9.9", "10.0.0.4", 2) | instance | way("ingress", "dstaddr", "10.0.9.1"),
        flow("eni-2", "10.0.0.9", "10.0.0.5", 3) | nat | way("ingress", "dstaddr", "9.9.9.9"),
        # Nothing says which end is its own: neither is guessed.
        flow("eni-1", "10.0.0.4", "9.9.9.9", 4) | instance,
    ]
    flows = stored(tmp_path / "s", (V5, records))
    assert column(flows, "src_name") == ["i-1", None, None, None]
    assert column(flows, "dst_name") == [None, "i-1", "eni-2", None]
    assert column(flows, "src_kind") == ["EC2 instance", None, None, None]
    assert column(flows, "dst_kind") == [None, "EC2 instance", "NAT gateway", None]
    for name, value in (("vpc", "vpc-1"), ("subnet", "subnet-1"), ("az", "euc1-az1"),
                        ("account", "111111111111")):  # fmt: skip
        assert column(flows, f"src_{name}") == [value, None, None, None]
        assert column(flows, f"dst_{name}") == [None, value, value, None]
    with pytest.raises(MissingDataError, match="owner"):
        flows.top("src_owner")


def test_a_snapshots_name_comes_before_the_records_ids(tmp_path: Path) -> None:
    records = [flow("eni-1", "10.0.0.4", "10.3.0.6", vpc_id="vpc-1", flow_direction="egress",
                    subnet_id="subnet-other")]  # fmt: skip
    flows = stored(tmp_path / "s", (V5, records), shots=[shot()])
    assert (column(flows, "src_name"), column(flows, "dst_name")) == (["web-1"], ["cache"])
    assert column(flows, "src_subnet") == ["subnet-other"]  # as of the flow


def test_an_address_of_a_delegated_prefix_is_its_interfaces(tmp_path: Path) -> None:
    node = {"interface_id": "eni-5", "vpc_id": "vpc-3", "name": "node", "owner_id": "2" * 12,
            "addresses": ["10.3.0.9", "2001:db8:3::9"], "prefixes": ["2001:db8:3:0:a::/80"]}  # fmt: skip
    local = {"interface_id": "eni-6", "vpc_id": "vpc-3", "name": "other", "addresses": ["10.3.0.10"],
             "prefixes": ["fd00:0:0:1:b::/80"]}  # fmt: skip
    made = shot()
    rows = frame_of("interfaces", [*INTERFACES, node, local])
    taken = replace(made, tables={**made.tables, "interfaces": rows})
    pod, neighbour, unique = "2001:db8:3:0:a::77", "2001:db8:3:0:c::77", "fd00:0:0:1:b::5"
    records = [
        flow("eni-5", pod, "2001:db8:3::9", 1, vpc_id="vpc-3"),
        flow("eni-5", neighbour, pod, 2, vpc_id="vpc-3"),
        flow("eni-6", unique, pod, 3, vpc_id="vpc-3"),
        flow("eni-9", unique, pod, 4, vpc_id="vpc-9"),  # vpc-9 may have the local address itself
    ]
    path = tmp_path / "pods.csv"
    path.write_text(f"block,name,owner,kind\n{unique},pod-b,shop,pod\n")
    flows = stored(tmp_path / "s", (V3, records), shots=[taken])
    assert column(flows, "src_name") == ["node", None, "other", None]
    assert column(flows, "dst_name") == ["node", "node", "node", "node"]
    assert column(flows, "dst_account") == ["2" * 12] * 4
    with named(flows, address_book=path) as own:
        assert column(own, "src_name") == ["node", None, "pod-b", "pod-b"]


def test_an_address_of_a_subnet_without_interface_has_its_place_and_no_name(tmp_path: Path) -> None:
    subnets = [
        {"subnet_id": "subnet-1", "vpc_id": "vpc-1", "az_id": "euc1-az1", "cidrs": ["10.0.0.0/24"]},
        {"subnet_id": "subnet-2", "vpc_id": "vpc-2", "az_id": "euc1-az2", "cidrs": ["10.0.0.0/20"]},
    ]
    made = shot(NOON + 3 * HOUR, eni_1={"attached": (NOON + HOUR).isoformat()})
    taken = replace(made, tables={**made.tables, "subnets": frame_of("subnets", subnets)})
    records = [
        flow("eni-1", "10.0.0.77", "10.0.0.4", 1, vpc_id="vpc-1"),  # before its attachment
        flow("eni-1", "10.0.0.77", "10.0.0.4", 2, NOON + 2 * HOUR, vpc_id="vpc-1"),
        flow("eni-3", "10.0.0.77", "10.0.9.9", 3, vpc_id="vpc-2"),
        flow("eni-4", "10.0.0.77", "10.9.9.9", 4, vpc_id="vpc-3"),  # elsewhere: not known
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[taken])
    assert column(flows, "src_subnet") == ["subnet-1", "subnet-1", "subnet-2", None]
    assert column(flows, "src_az") == ["euc1-az1", "euc1-az1", "euc1-az2", None]
    assert column(flows, "src_vpc") == ["vpc-1", "vpc-1", "vpc-2", None]
    assert column(flows, "src_account") == ["111111111111"] * 3 + [None]
    assert column(flows, "dst_subnet") == ["subnet-1", "subnet-1", "subnet-2", None]
    assert column(flows, "src_name") == [None] * 4
    assert column(flows, "dst_name") == [None, "web-1", None, None]
    both = flows.sql("SELECT dst_name, dst_subnet, count(*) AS n FROM flows GROUP BY 1, 2")
    assert both["n"].sum() == 4


def test_what_looks_addresses_up_is_sql_of_trino_as_well() -> None:
    said: list[str] = []

    def ask(sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        said.append(with_tables(in_words_of_trino(sql), {k: inlined(t) for k, t in tables.items()}))
        text = pa.array(["10.0.0.4"], pa.string())
        return pa.table({"vpc_id": pa.array(["vpc-1"]), "other": text, "address": text})

    book = book_table(AddressBook())
    blocks = ["10.0.0.0/16", "2001:db8::/32"]
    pairs = pairs_of(ask, "SELECT * FROM flows", {}, pa.chunked_array([["10.0.0.4"]]), blocks)
    assert pairs.to_dict("records") == [{"scope": "vpc-1", "address": "10.0.0.4"}]
    facts = EndFacts(placed(pairs, book, (), None), EMPTY_OUTSIDE, frozenset(), is_placed=True)
    names = {"srcaddr", "dstaddr", "pkt_srcaddr", "vpc_id", "flow_direction", "interface_type",
             "instance_id", "interface_id", "start_time"}  # fmt: skip
    columns, joins = ends_of(facts, {"src_name", "src_kind", "dst_vpc"}, names, False)
    said.append(f"SELECT {', '.join(columns.values())} FROM flows r {' '.join(joins)}")
    for sql in said:
        sqlglot.parse_one(in_words_of_trino(sql), read="trino")
    assert "LIKE '10.%'" in said[0]
    assert "CASE WHEN coalesce(r.flow_direction = 'egress'" in said[1]
