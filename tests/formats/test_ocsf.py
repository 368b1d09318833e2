"""OCSF Network Activity of Security Lake: the record as the flow log had it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.reading import read, rows_of
from vpcflow_core.errors import FormatError

START = datetime(2026, 3, 9, 12, tzinfo=UTC)
END = datetime(2026, 3, 9, 12, 1, tzinfo=UTC)
START_MS = 1773057600000


def event(**changed: Any) -> dict[str, Any]:
    whole = {
        "metadata": {"product": {"name": "Amazon VPC", "version": "5"}, "version": "1.1.0"},
        "cloud": {"account": {"uid": "012345678901"}, "region": "eu-west-3", "zone": "euw3-az1"},
        "src_endpoint": {"ip": "192.0.2.7", "port": 50123, "svc_name": "S3", "interface_uid": None,
                         "intermediate_ips": ["10.4.0.254"]},
        "dst_endpoint": {"ip": "10.4.0.9", "port": 443, "svc_name": "-",
                         "interface_uid": "eni-0a11", "vpc_uid": "vpc-0a11",
                         "subnet_uid": "subnet-0a11", "instance_uid": "i-0a11"},
        "connection_info": {"protocol_num": 6, "protocol_ver": "IPv4", "tcp_flags": 18,
                            "direction": "Inbound", "direction_id": 1, "boundary_id": 99},
        "traffic": {"packets": 7, "bytes": 4100},
        "time": START_MS, "start_time": START_MS, "end_time": START_MS + 60_000,
        "class_uid": 4001, "activity_id": 6, "type_uid": 400106, "action_id": 1,
        "action": "Allowed", "status_code": "OK",
        "unmapped": {"reject_reason": "-", "ecs_cluster_name": "web", "other": "x"},
    }  # fmt: skip
    return whole | changed


WHOLE = {
    "version": 5, "account_id": "012345678901", "interface_id": "eni-0a11", "srcaddr": "10.4.0.254",
    "pkt_srcaddr": "192.0.2.7", "dstaddr": "10.4.0.9", "pkt_dstaddr": "10.4.0.9", "srcport": 50123,
    "dstport": 443, "protocol": 6, "packets": 7, "bytes": 4100,
    "start_time": START.replace(tzinfo=None), "end_time": END.replace(tzinfo=None),
    "action": "ACCEPT", "log_status": "OK", "vpc_id": "vpc-0a11", "subnet_id": "subnet-0a11",
    "instance_id": "i-0a11", "tcp_flags": 18, "type": "IPv4", "region": "eu-west-3",
    "az_id": "euw3-az1", "pkt_src_aws_service": "S3", "flow_direction": "ingress",
    "ecs_cluster_name": "web",
}  # fmt: skip


def as_json(*events: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in events)


def as_parquet(*events: dict[str, Any], schema: pa.Schema | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(events), schema=schema), sink, compression="zstd")
    return sink.getvalue()


FORMS = {"json": as_json, "parquet": as_parquet}


def known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def one(form: str, **changed: Any) -> dict[str, Any]:
    [row] = rows_of(FORMS[form](event(**changed)))
    return known(row)


@pytest.mark.parametrize("form", FORMS)
def test_an_event_is_the_record_it_was_made_of(form: str) -> None:
    rows, report = read(FORMS[form](event(), event()))
    assert [known(row) for row in rows] == [WHOLE, WHOLE]
    assert (report.unknown_fields, report.malformed, report.fields_from) == ([], 0, "file")


@pytest.mark.parametrize("form", FORMS)
def test_the_first_version_has_the_account_elsewhere(form: str) -> None:
    cloud = {"account_uid": "000000000042", "region": "eu-west-3"}
    assert one(form, cloud=cloud)["account_id"] == "000000000042"


@pytest.mark.parametrize("form", FORMS)
def test_of_egress_the_interface_is_at_the_source(form: str) -> None:
    way = {"direction": "Outbound", "direction_id": 2, "boundary_id": 11, "protocol_num": 17}
    source = {"ip": "10.4.0.9", "port": 5, "interface_uid": "eni-0b22", "vpc_uid": "vpc-0b22"}
    target = {"ip": "192.0.2.7", "port": 6, "interface_uid": "-"}
    row = one(form, connection_info=way, src_endpoint=source, dst_endpoint=target)
    assert (row["interface_id"], row["vpc_id"], row["flow_direction"]) == (
        "eni-0b22", "vpc-0b22", "egress"
    )  # fmt: skip
    assert (row["traffic_path"], row["srcaddr"], row["pkt_srcaddr"]) == (8, "10.4.0.9", "10.4.0.9")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", range(1, 9))
def test_the_path_is_the_boundary_without_the_kinds_of_ocsf(form: str, path: int) -> None:
    assert one(form, connection_info={"boundary_id": path + 3})["traffic_path"] == path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("changed", "action"),
    [
        ({"action_id": 2, "action": "Denied"}, "REJECT"),
        ({"action_id": None, "action": "Denied"}, "REJECT"),
        ({"action_id": None, "action": None, "activity_id": 5}, "REJECT"),
        ({"action_id": None, "action": None, "activity_id": None, "type_uid": 400105}, "REJECT"),
        ({"action_id": 99, "action": "Allowed"}, "ACCEPT"),
    ],
)
def test_the_action_by_any_of_its_columns(form: str, changed: dict[str, Any], action: str) -> None:
    assert one(form, **changed)["action"] == action


def test_times_may_be_typed_or_written() -> None:
    times = {"time": None, "start_time": None, "end_time": None}
    row = one("parquet", **times, start_time_dt=START, end_time_dt=END)
    assert (row["start_time"], row["end_time"]) == (WHOLE["start_time"], WHOLE["end_time"])
    row = one("json", **times, time_dt="2026-03-09T12:00:00Z", end_time_dt=END.isoformat())
    assert (row["start_time"], row["end_time"]) == (WHOLE["start_time"], WHOLE["end_time"])


@pytest.mark.parametrize("form", FORMS)
def test_an_event_without_traffic_is_quiet(form: str) -> None:
    ends = {"ip": "-", "port": None}
    rows, report = read(
        FORMS[form](event(status_code="NODATA", src_endpoint=ends, dst_endpoint=ends, traffic=None))
    )
    assert (report.nodata, rows[0]["srcaddr"], rows[0].get("bytes")) == (1, None, None)


def test_unmapped_fields_may_be_a_map() -> None:
    schema = pa.schema(
        [("class_uid", pa.int64()), ("time", pa.int64()), ("src_endpoint", pa.struct([("ip", pa.string())])),
         ("unmapped", pa.map_(pa.string(), pa.string()))]
    )  # fmt: skip
    unmapped = [("sublocation_type", "outpost"), ("reject_reason", "Accepted"), ("new", "x")]
    events = [
        {"class_uid": 4001, "time": START_MS, "src_endpoint": {"ip": "::1"}, "unmapped": unmapped},
        {"class_uid": 4001, "time": START_MS, "src_endpoint": {"ip": "::2"}, "unmapped": None},
    ]
    rows = rows_of(as_parquet(*events, schema=schema))
    assert [row["sublocation_type"] for row in rows] == ["outpost", None]
    assert [row["reject_reason"] for row in rows] == [None, None]
    assert "new" not in rows[0]


@pytest.mark.parametrize("form", FORMS)
def test_events_of_other_classes_cost_themselves_alone(form: str) -> None:
    rows, report = read(FORMS[form](event(), event(class_uid=4003), event()))
    assert (len(rows), report.malformed, report.reasons[0].line) == (2, 1, 2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("changed", "looks"),
    [({"class_uid": 6003}, "class 6003"), ({"metadata": {"product": {"name": "Suricata"}}}, "Suricata")],
)  # fmt: skip
def test_files_of_other_events_are_refused_by_their_name(
    form: str, changed: dict[str, Any], looks: str
) -> None:
    with pytest.raises(FormatError, match=f"OCSF .*{looks}"):
        read(FORMS[form](event(**changed)))
