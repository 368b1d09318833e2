"""The panels about the ways that traffic takes: right values by hand, on logs of version 11."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.test_trino_dialect import assert_trino
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts import label
from vpcflow_core.errors import MissingDataError
from vpcflow_core.query.filters import NO_FILTERS
from vpcflow_core.query.lost import lost_for
from vpcflow_core.reference.traffic_paths import TRAFFIC_PATHS

START = 1_795_132_800  # 2026-11-20 00:00 UTC
VPC = (
    "version interface-id srcaddr dstaddr bytes packets start end action log-status traffic-path "
    "pkt-src-aws-service pkt-dst-aws-service next-hop-interface-type"
)
# Bytes, path, services of source and destination, next hop.
ROWS = [
    (100, "1", "-", "-", "nat_gateway"),
    (50, "8", "-", "S3", "-"),
    (7, "8", "-", "DYNAMODB", "-"),
    (30, "1", "-", "S3", "nat_gateway"),
    (1000, "-", "S3", "-", "nat_gateway"),
    (5, "-", "-", "-", "-"),
]
TRANSIT = (
    "version resource-type tgw-id tgw-attachment-id srcaddr dstaddr start end packets bytes "
    "log-status packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded "
    "packets-lost-ttl-expired"
)
LOST = [
    ("a1", "10.0.0.1", 90, (10, 0, 0, 0)),
    ("a1", "10.0.0.1", 60, (30, 10, 0, 0)),
    ("a2", "10.0.0.2", 5, (0, 0, 0, 0)),
    ("a2", "10.0.0.3", 0, (0, 4, 0, 0)),
]


@pytest.fixture(scope="module")
def ways_logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    folder = tmp_path_factory.mktemp("ways")
    (folder / "logs").mkdir()
    times = f"{START} {START + 60}"
    lines = [
        f"11 eni-1 10.0.0.5 192.0.2.9 {size} 1 {times} ACCEPT OK {path} {source} {to} {hop}"
        for size, path, source, to, hop in ROWS
    ]
    (folder / "logs" / "vpc.log").write_text("\n".join([VPC, *lines]) + "\n")
    lines = [
        f"6 TransitGateway tgw-1 {at} {src} 10.9.9.9 {times} {packets} 100 OK "
        + " ".join(map(str, lost))
        for at, src, packets, lost in LOST
    ]
    (folder / "logs" / "tgw.log").write_text("\n".join([TRANSIT, *lines]) + "\n")
    with FlowLogs.open(folder / "logs", store=folder / "store") as flows:
        yield flows


@pytest.mark.parametrize(
    ("slug", "field", "expected"),
    [
        ("paths", "traffic_path", {1: 130, 8: 57}),
        ("next-hops", "next_hop_interface_type", {"nat_gateway": 1130}),
        ("to-services", "dst_service", {"S3": 80, "DYNAMODB": 7}),
        ("from-services", "src_service", {"S3": 1000}),
    ],
)
def test_bytes_are_added_up_by_the_way_they_took(
    slug: str, field: str, expected: dict[object, int], ways_logged: FlowLogs
) -> None:
    frame = ways_logged.panel(f"traffic/{slug}").answer.frame
    assert dict(zip(frame[field], frame["bytes"], strict=True)) == expected


def test_lost_packets_are_listed_by_attachment_pair_and_reason(ways_logged: FlowLogs) -> None:
    frame = ways_logged.panel("traffic/transit-loss").answer.frame
    rows = frame.set_index("srcaddr").to_dict("index")
    assert list(rows) == ["10.0.0.1", "10.0.0.3"]
    assert rows["10.0.0.1"]["lost"] == 50
    assert rows["10.0.0.1"]["packets_lost_no_route"] == 40
    assert rows["10.0.0.1"]["packets_lost_blackhole"] == 10
    assert rows["10.0.0.1"]["share"] == pytest.approx(25)  # 50 of 150 that came through and 50 lost
    assert rows["10.0.0.3"]["share"] == pytest.approx(100)
    assert "packets_lost_mtu_exceeded" not in frame


def test_questions_about_ways_compile_for_trino(ways_logged: FlowLogs) -> None:
    columns = ways_logged.engine.columns("transit_flows")
    assert_trino(lost_for(ways_logged.window, NO_FILTERS, columns, 5))


def test_a_log_without_the_field_is_told_which_one_to_add(flows_of_version_2: FlowLogs) -> None:
    with pytest.raises(MissingDataError, match=r"\$\{next-hop-interface-type\} \(version 11\)"):
        flows_of_version_2.panel("traffic/next-hops")
    with pytest.raises(MissingDataError, match="packets-lost-no-route"):
        flows_of_version_2.panel("traffic/transit-loss")
    with pytest.raises(MissingDataError, match="traffic-path"):
        flows_of_version_2.panel("traffic/paths")


@pytest.fixture
def flows_of_version_2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    folder = tmp_path_factory.mktemp("version_2")
    line = (
        f"2 123456789012 eni-0123abcd 10.0.0.5 192.0.2.9 1 2 6 1 40 {START} {START + 60} ACCEPT OK"
    )
    (folder / "a.log").write_text(line + "\n")
    with FlowLogs.open(folder / "a.log", store=folder / "store") as flows:
        yield flows


def test_every_path_of_aws_has_words() -> None:
    assert sorted(TRAFFIC_PATHS) == list(range(1, 9))
    assert label("traffic_path", 8) == "8 Internet gateway"
