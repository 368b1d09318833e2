"""Columns of `flows` that snapshots and the log itself complete."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.engines.duckdb.networks import (
    INTERFACES,
    MINUTE,
    NOON,
    V2,
    column,
    flow,
    inside,
    snapshot,
    stored,
)
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.tables import Snapshot, frame_of

V3 = f"{V2} vpc-id subnet-id instance-id"
V5 = f"{V2} flow-direction"
WAYS = ("internal", "inbound", "outbound")


def test_a_record_without_them_has_the_snapshots_vpc_subnet_instance_and_groups(
    tmp_path: Path,
) -> None:
    records = [flow("eni-a", "1.2.3.4", "10.0.0.4", 1), flow("eni-b", "1.2.3.4", "10.0.20.4", 2)]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    assert column(flows, "vpc_id") == ["vpc-1", "vpc-1"]
    assert column(flows, "subnet_id") == ["subnet-a", "subnet-b"]
    assert column(flows, "instance_id") == [None, "i-b"]
    assert column(flows, "security_group_ids") == [["sg-1", "sg-2"], ["sg-1"]]
    assert column(flows, "vpc_id", "records") == ["vpc-1", "vpc-1"]
    top = flows.top("security_group_id")
    assert dict(zip(top["security_group_id"], top["flows"], strict=True)) == {"sg-1": 2, "sg-2": 1}
    assert flows.where(security_group_id="sg-2").top("interface_id")["interface_id"].tolist() == [
        "eni-a"
    ]


def test_what_the_record_says_wins(tmp_path: Path) -> None:
    own = {"vpc_id": "vpc-9", "subnet_id": "subnet-9", "instance_id": "i-9"}
    records = [
        flow("eni-b", "1.2.3.4", "10.0.20.4", 1, **own),
        flow("eni-b", "1.2.3.4", "10.0.20.4", 2),
        flow("eni-9", "1.2.3.4", "10.0.20.4", 3),
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[snapshot()])
    assert column(flows, "vpc_id") == ["vpc-9", "vpc-1", None]
    assert column(flows, "subnet_id") == ["subnet-9", "subnet-b", None]
    assert column(flows, "instance_id") == ["i-9", "i-b", None]


def test_groups_are_those_that_the_interface_had_at_the_time(tmp_path: Path) -> None:
    """A change seen at noon holds from noon on; the shape before it, from ever."""
    records = [
        flow("eni-b", "1.2.3.4", "10.0.20.4", size, NOON + minutes * MINUTE)
        for size, minutes in enumerate((-90, -1, 0, 1, 90), 1)
    ]
    shots = [
        snapshot(NOON - 60 * MINUTE),
        snapshot(NOON, eni_b={"security_group_ids": ["sg-7"]}),
        snapshot(NOON + 60 * MINUTE, eni_b=None),
    ]
    flows = stored(tmp_path / "s", (V2, records), shots=shots)
    groups = [["sg-1"], ["sg-1"], ["sg-7"], ["sg-7"], ["sg-7"]]
    assert column(flows, "security_group_ids") == groups
    late = flows.between(NOON, NOON + 120 * MINUTE).top("security_group_id")
    assert late[["security_group_id", "flows"]].to_numpy().tolist() == [["sg-7", 3]]


def test_a_new_snapshot_is_known_at_once(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", (V2, [flow("eni-b", "1.2.3.4", "10.0.20.4")]))
    with pytest.raises(MissingDataError, match="security groups"):
        flows.top("security_group_id")
    flows.store.remember(snapshot())
    assert flows.top("security_group_id")["security_group_id"].tolist() == ["sg-1"]


# Source and destination of records, and the direction that each must have for eni-a and eni-b,
# whose addresses are told by the snapshot; None: neither end is known.
SEEN = [
    ("eni-a", "1.2.3.4", "10.0.0.4", "inbound"),
    ("eni-a", "10.0.0.4", "1.2.3.4", "outbound"),
    ("eni-a", "10.0.0.4", "10.0.0.200", "internal"),
    ("eni-a", "10.0.0.200", "10.0.0.4", "internal"),
    ("eni-a", "10.0.0.4", "10.0.1.4", "outbound"),
    ("eni-a", "1.2.3.4", "10.0.0.5", "inbound"),
    ("eni-a", "10.0.0.5", "1.2.3.4", "outbound"),
    ("eni-a", "10.0.0.5", "10.0.0.9", "internal"),
    ("eni-a", "1.2.3.4", "3.70.0.4", "inbound"),
    ("eni-a", "3.70.0.4", "1.2.3.4", "outbound"),
    ("eni-a", "2001:db8:9::1", "2001:db8:0:a::4", "inbound"),
    ("eni-a", "2001:db8:0:a::4", "2001:db8:9::1", "outbound"),
    ("eni-a", "2001:db8:0:a::4", "2001:db8:0:a:ffff::1", "internal"),
    ("eni-a", "1.2.3.4", "5.6.7.8", None),
    ("eni-b", "10.0.31.255", "10.0.20.4", "internal"),
    ("eni-b", "10.0.16.0", "10.0.20.4", "internal"),
    ("eni-b", "10.0.32.1", "10.0.20.4", "inbound"),
    ("eni-b", "10.0.20.4", "10.0.15.255", "outbound"),
    ("eni-b", "10.0.20.4", "10.0.3.1", "outbound"),
    ("eni-b", "100.0.20.1", "10.0.20.4", "inbound"),
    ("eni-c", "10.0.32.64", "10.0.32.70", "internal"),
    ("eni-c", "10.0.32.128", "10.0.32.70", "inbound"),
    ("eni-c", "10.0.32.70", "10.0.32.63", "outbound"),
    ("eni-c", "2001:db8:0:c::9", "2001:db8:0:c::4", "internal"),
    ("eni-c", "2001:db8:0:a::4", "2001:db8:0:c::4", "inbound"),
    ("eni-d", "10.1.255.255", "10.1.2.3", "internal"),
    ("eni-d", "10.1.2.3", "10.11.2.3", "outbound"),
    ("eni-x", "1.2.3.4", "9.9.9.9", None),
]  # fmt: skip


def test_directions_are_those_of_the_snapshots_addresses_and_subnets(tmp_path: Path) -> None:
    records = [flow(eni, src, dst, n) for n, (eni, src, dst, _) in enumerate(SEEN, 1)]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    assert column(flows, "direction") == [way for *_, way in SEEN]
    told = flows.top("direction", n=None).set_index("direction")["flows"].to_dict()
    expected = [way for *_, way in SEEN if way]
    assert told == {way: expected.count(way) for way in WAYS}


def test_the_table_of_directions_agrees_with_pythons_reading_of_the_blocks() -> None:
    for eni, src, dst, way in SEEN:
        if eni in INTERFACES:
            subnet = INTERFACES[eni]["subnet_id"]
            assert (inside(src, subnet) and inside(dst, subnet)) == (way == "internal")


def test_flow_direction_decides_between_in_and_out_but_not_on_internal(tmp_path: Path) -> None:
    ways = {"ingress": "inbound", "egress": "outbound"}
    records, expected = [], []
    for n, ((eni, src, dst, way), told) in enumerate(itertools.product(SEEN, (*ways, "-")), 1):
        records.append(flow(eni, src, dst, n, flow_direction=told))
        expected.append(way if way == "internal" or told == "-" else ways[told])
    flows = stored(tmp_path / "s", (V5, records), shots=[snapshot()])
    assert column(flows, "direction") == expected


def test_flow_direction_alone_serves_without_snapshot(tmp_path: Path) -> None:
    records = [
        flow("eni-a", "1.2.3.4", "10.0.0.4", 1, flow_direction="ingress"),
        flow("eni-a", "10.0.0.4", "1.2.3.4", 2, flow_direction="egress"),
        flow("eni-a", "10.0.0.4", "1.2.3.4", 3),
    ]
    fewer = "bytes start flow-direction log-status"
    flows = stored(tmp_path / "s", (fewer, records))
    assert column(flows, "direction") == ["inbound", "outbound", None]


def test_without_addresses_or_flow_direction_there_is_no_direction(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", ("interface-id bytes start", [flow("eni-a", "-", "-")]))
    with pytest.raises(MissingDataError, match="flow-direction"):
        flows.top("direction")
    assert column(flows, "direction") == [None]


def test_an_interface_that_nobody_knows_is_told_by_its_records(tmp_path: Path) -> None:
    records = [
        flow("eni-x", "1.2.3.4", "10.9.0.4", 1),
        flow("eni-x", "10.9.0.4", "5.6.7.8", 2),
        flow("eni-x", "2001:db8::1", "2001:db8:9::4", 3),
        flow("eni-x", "2001:db8:9::4", "2001:db8::2", 4),
        flow("eni-a", "1.2.3.4", "10.0.0.4", 5),
    ]
    flows = stored(tmp_path / "s", (V2, records), shots=[snapshot()])
    assert column(flows, "direction") == ["inbound", "outbound", "inbound", "outbound", "inbound"]
    assert column(flows, "vpc_id") == [None] * 4 + ["vpc-1"]


def test_an_interface_that_the_snapshot_shows_without_addresses_too(tmp_path: Path) -> None:
    records = [flow("eni-b", "1.2.3.4", "10.0.20.4", 1), flow("eni-b", "10.0.20.4", "10.0.30.1", 2)]
    bare = snapshot(eni_b={"addresses": []})
    flows = stored(tmp_path / "s", (V2, records), shots=[bare])
    assert column(flows, "direction") == ["inbound", "internal"]


def test_two_addresses_of_one_subnet_are_internal_without_a_snapshot(tmp_path: Path) -> None:
    """Nobody tells the subnet's block, but both ends are addresses of its interfaces."""
    place = {"subnet_id": "subnet-a", "vpc_id": "vpc-1"}
    records = [
        flow("eni-a", "10.0.0.4", "10.0.0.9", 1, **place),
        flow("eni-b", "10.0.0.4", "10.0.0.9", 2, **place),
        flow("eni-a", "1.2.3.4", "10.0.0.4", 3, **place),
        flow("eni-b", "10.0.0.9", "1.2.3.4", 4, **place),
        flow("eni-c", "10.0.0.4", "10.0.1.9", 5, **place | {"subnet_id": "subnet-c"}),
        flow("eni-c", "10.0.1.9", "1.2.3.4", 6, **place | {"subnet_id": "subnet-c"}),
    ]
    ways = ["internal", "internal", "inbound", "outbound", "inbound", "outbound"]
    flows = stored(tmp_path / "a", (f"{V2} vpc-id subnet-id", records))
    assert column(flows, "direction") == ways
    told = ["egress", "ingress", "ingress", "egress", "ingress", "egress"]
    directed = [r | {"flow-direction": t} for r, t in zip(records, told, strict=True)]
    flows = stored(tmp_path / "b", (f"{V5} vpc-id subnet-id", directed))
    assert column(flows, "direction") == ways


def test_records_that_name_a_subnet_but_no_interface_are_internal_by_its_block(
    tmp_path: Path,
) -> None:
    header = "subnet-id srcaddr dstaddr bytes start flow-direction log-status"
    records = [
        flow("-", "10.0.0.4", "10.0.0.9", 1, subnet_id="subnet-a", flow_direction="egress"),
        flow("-", "10.0.0.4", "10.0.1.9", 2, subnet_id="subnet-a", flow_direction="egress"),
        flow("-", "10.0.0.4", "10.0.0.9", 3, flow_direction="egress"),
    ]
    flows = stored(tmp_path / "s", (header, records), shots=[snapshot()])
    assert column(flows, "direction") == ["internal", "outbound", "outbound"]


def test_records_without_an_interface_keep_what_they_say(tmp_path: Path) -> None:
    records = [
        flow("-", "1.2.3.4", "10.0.0.4", 1),
        flow("-", "1.2.3.4", "10.0.0.4", 2, vpc_id="vpc-3"),
        flow("eni-a", "1.2.3.4", "10.0.0.4", 3),
    ]
    flows = stored(tmp_path / "s", (V3, records), shots=[snapshot()])
    assert column(flows, "vpc_id") == [None, "vpc-3", "vpc-1"]
    assert column(flows, "direction") == [None, None, "inbound"]


def test_formats_of_one_store_are_completed_each_by_what_it_lacks(tmp_path: Path) -> None:
    flows = stored(
        tmp_path / "s",
        (V2, [flow("eni-a", "1.2.3.4", "10.0.0.4", 1)]),
        (V5, [flow("eni-x", "1.2.3.4", "10.9.0.4", 2, flow_direction="egress")]),
        (V3, [flow("eni-b", "1.2.3.4", "10.0.20.4", 3, vpc_id="vpc-3")]),
        (V2, [flow("eni-y", "1.2.3.4", "10.9.0.5", 4), flow("eni-y", "10.9.0.5", "9.9.9.9", 5)]),
        shots=[snapshot()],
    )
    ways = ["inbound", "outbound", "inbound", "inbound", "outbound"]
    assert column(flows, "direction") == ways
    assert column(flows, "vpc_id") == ["vpc-1", None, "vpc-3", None, None]


def test_quiet_records_have_a_place_but_no_direction(tmp_path: Path) -> None:
    quiet = flow("eni-a", "-", "-", 1) | {"log-status": "NODATA", "bytes": "-", "packets": "-"}
    loud = flow("eni-a", "1.2.3.4", "10.0.0.4", 2)
    flows = stored(tmp_path / "s", (V2, [quiet, loud]), shots=[snapshot()])
    frame = flows.sql("SELECT log_status, subnet_id, direction FROM records ORDER BY log_status")
    frame = frame.astype("object").where(frame.notna(), None)
    assert frame.to_numpy().tolist() == [
        ["NODATA", "subnet-a", None],
        ["OK", "subnet-a", "inbound"],
    ]


def test_a_record_counts_once_though_two_accounts_tell_of_its_interface(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", (V2, [flow("eni-a", "1.2.3.4", "10.0.0.4")]), shots=[snapshot()])
    other = snapshot(NOON, eni_a={"security_group_ids": ["sg-9"]})
    flows.store.remember(Snapshot("222222222222", other.region, NOON, other.tables))
    assert len(flows.sql("SELECT security_group_ids, direction FROM flows")) == 1


def test_columns_name_what_can_be_known(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", (V2, [flow("eni-a", "1.2.3.4", "10.0.0.4")]))
    before = set(flows.engine.columns())
    assert "direction" in before
    assert not before & {"vpc_id", "subnet_id", "instance_id", "security_group_ids"}
    flows.store.remember(snapshot())
    assert set(flows.engine.columns()) - before == {
        "vpc_id", "subnet_id", "instance_id", "security_group_ids", "region",
            "src_account", "dst_account",
        "src_name", "src_kind", "src_vpc", "src_subnet",
        "dst_name", "dst_kind", "dst_vpc", "dst_subnet",
    }  # fmt: skip
    assert set(flows.engine.columns("records")) == set(flows.engine.columns())


def test_a_snapshot_without_groups_gives_no_column_of_groups(tmp_path: Path) -> None:
    bare = frame_of("interfaces", [{"interface_id": "eni-a", "vpc_id": "vpc-1"}])
    shot = Snapshot("1", "eu-central-1", NOON, {"interfaces": bare})
    flows = stored(tmp_path / "s", (V2, [flow("eni-a", "1.2.3.4", "10.0.0.4")]), shots=[shot])
    assert "vpc_id" in flows.engine.columns()
    assert "security_group_ids" not in flows.engine.columns()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT direction FROM flows",
        'SELECT f."DIRECTION" FROM flows f',
        "SELECT * FROM flows",
        "FROM flows",
        "SELECT COLUMNS('direct.*') FROM flows",
        "SELECT f.direction FROM (SELECT f FROM flows f)",
        "SELECT flows.direction FROM (SELECT flows FROM flows)",
        "SELECT struct_extract(f, 'direction') AS direction FROM flows f",
        "WITH a AS (SELECT * FROM flows) SELECT direction FROM a",
        "SELECT direction FROM flows NATURAL JOIN (SELECT 1 AS bytes)",
        "SELECT direction FROM (SELECT direction FROM flows JOIN (SELECT 'inbound' AS direction) USING (direction))",
        "SELECT direction FROM (PIVOT flows ON action IN ('ACCEPT') USING count(*) GROUP BY direction)",
    ],
)
def test_whoever_asks_for_a_column_in_whatever_way_gets_it(tmp_path: Path, sql: str) -> None:
    records = [flow("eni-a", "1.2.3.4", "10.0.0.4"), flow("eni-a", "5.6.7.8", "10.0.0.4", 2)]
    flows = stored(tmp_path / "s", (V2, records))
    frame = flows.sql(sql)
    name = next(name for name in frame.columns if name.lower() == "direction")
    assert set(frame[name]) == {"inbound"}


def test_the_tables_behind_cannot_be_asked(tmp_path: Path) -> None:
    from vpcflow_core.engines.interfaces.facts import INTERFACES as KNOWN
    from vpcflow_core.errors import QueryError

    flows = stored(
        tmp_path / "s", (V2, [flow("eni-a", "1.2.3.4", "10.0.0.4")]), shots=[snapshot()]
    ).once()
    for sql in (
        f"SELECT * FROM {KNOWN}", f'SELECT * FROM temp.main."{KNOWN}"', f"DESCRIBE {KNOWN}",
        f"SELECT * FROM flows, {KNOWN}", f"SELECT k.own4 FROM flows, LATERAL (FROM {KNOWN}) k",
        "SELECT k.own4 FROM flows", "SELECT own4 FROM flows", "SELECT * FROM flows, (SHOW TABLES)",
    ):  # fmt: skip
        with pytest.raises(QueryError):
            flows.sql(sql)
    assert flows.sql("SHOW TABLES")["name"].tolist() == sorted(
        ["flows", "records", "transit_flows", "transit_records"]
    )
    shadowed = f"WITH {KNOWN} AS (SELECT 'eni-a' AS interface_id, 'vpc-9' AS vpc_id) SELECT vpc_id FROM flows"
    assert flows.sql(shadowed)["vpc_id"].tolist() == ["vpc-1"]


def test_an_empty_store_answers_with_a_snapshot_too(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", shots=[snapshot()])
    assert flows.sql("SELECT direction, vpc_id FROM flows").empty


def test_only_what_a_source_logged_is_inferred_for_it(tmp_path: Path) -> None:
    """Of two sources with interfaces of the same name, each has its own addresses."""
    flows = stored(tmp_path / "s", (V2, [flow("eni-x", "10.0.0.1", "1.2.3.4", 1)]))
    assert isinstance(flows, FlowLogs)
    assert column(flows.only("memory://"), "direction") == ["outbound"]
    assert column(flows.only("memory://elsewhere"), "direction") == []


def test_a_record_without_a_region_has_that_of_its_interface(tmp_path: Path) -> None:
    log = V2, [flow("eni-a", "1.2.3.4", "10.0.0.4", 1), flow("eni-x", "1.2.3.4", "10.0.0.9", 2)]
    said = f"{V2} region", [flow("eni-b", "1.2.3.4", "10.0.20.4", 4, region="us-east-1")]
    flows = stored(tmp_path / "s", log, said, shots=[snapshot()])
    top = flows.top("region", by="bytes")
    assert dict(zip(top["region"], top["bytes"], strict=True)) == {
        "eu-central-1": 1,
        "us-east-1": 4,
    }
    assert flows.where(region="eu-central-1").top("srcaddr", by="bytes")["bytes"].tolist() == [1]
