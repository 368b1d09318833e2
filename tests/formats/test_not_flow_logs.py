"""Files that are no flow logs are refused with what they look like; nothing of them is a record."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.reading import HEADER, OK_LINE, line, read, rows_of, text
from vpcflow_core.errors import FormatError
from vpcflow_core.fields import FIELDS
from vpcflow_core.formats.header import SHARED, are_fields, are_keys
from vpcflow_core.formats.parse import parse


def objects(*values: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


RESOLVER = {
    "version": "1", "account_id": "123456789012", "region": "eu-west-3", "vpc_id": "vpc-0a1",
    "query_timestamp": "2026-03-09T12:00:00Z", "query_name": "db.example.", "rcode": "NOERROR",
    "srcaddr": "10.4.0.9", "srcport": "40000", "transport": "UDP",
}  # fmt: skip
WAF = {
    "timestamp": 1773057600000, "formatVersion": 1, "webaclId": "arn:aws:wafv2:x", "action": "BLOCK",
    "httpRequest": {"clientIp": "192.0.2.7", "country": "FR"},
}  # fmt: skip
TRAIL = {"Records": [{"eventVersion": "1.09", "eventSource": "s3.amazonaws.com", "awsRegion": "x"}]}
OTHERS = {
    "application's log": objects({"level": "warn", "type": "job", "version": 3, "bytes": 9}) * 3,
    "web server's log": objects({"remote_addr": "192.0.2.9", "status": 404, "bytes": 7}),
    "Resolver query log": objects(RESOLVER, RESOLVER),
    "WAF log": objects(WAF),
    "CloudTrail log": objects(TRAIL),
    "Cost and Usage Report": parquet(
        line_item_usage_type=["BoxUsage"], bill_payer_account_id=["1"], start=["2026"], region=["r"]
    ),
    "S3 inventory": parquet(bucket=["b"], key=["k"], size=[5], version=[1], region=["r"]),
    "its columns are version, owner, type": parquet(version=[4], owner=["x"], type=["y"]),
    "its columns are shop, region, action": csv("shop,region,action", "a,eu,", "b,us,"),
    "its columns are instance_id, vpc_id, state": csv("instance_id,vpc_id,state", "i-1,vpc-1,up"),
    "its columns are batch, start_time, end_time": csv(
        "batch,start_time,end_time", "7,2026-03-09T12:00:00Z,2026-03-09T12:05:00Z"
    ),
    "its keys are batch, startTime, endTime": objects(
        {"batch": 7, "startTime": "2026-03-09T12:00:00Z", "endTime": "2026-03-09T12:05:00Z"}
    ),
    "its keys are type, version": objects({"type": "a", "version": 2}),
    "totals of flow logs (requests)": csv(
        "srcAddr,dstAddr,requests", "10.4.0.9,192.0.2.7,77", "10.4.0.8,192.0.2.7,5"
    ),
    "Application Load Balancer": text(
        'https 2026-03-09T12:00:00.000000Z app/web/50dc6c495c0c9188 192.0.2.7:1 10.4.0.9:80 0.1 200 "GET"',
        header=None,
    ),
    "S3 server access log": text(
        f"{'7f' * 32} logs [09/Mar/2026:12:00:00 +0000] 192.0.2.7 arn:aws:sts::1 REST.GET", header=None
    ),
    "CloudFront log": b"#Version: 1.0\n#Fields: date time c-ip\n2026-03-09\t12:00:00\t192.0.2.7\n",
    "OCSF events of class 4003 (DNS Activity)": objects({"class_uid": 4003, "time": 1, "query": {}}),
    "OCSF Network Activity of Zeek": objects(
        {"class_uid": 4001, "metadata": {"product": {"name": "Zeek"}}, "traffic": {"bytes": 5}}
    ),
    "its keys are job, state": objects({"job": "x", "state": "done"}) * 4,
}  # fmt: skip


@pytest.mark.parametrize("looks", OTHERS)
def test_another_file_is_refused_with_what_it_looks_like(looks: str) -> None:
    parsed = parse(OTHERS[looks], name="a.log")
    records = []
    with pytest.raises(
        FormatError, match=r"^a\.log is not a flow log and holds no record; "
    ) as refusal:
        records = list(parsed)
    assert looks in refusal.value.what
    assert (records, parsed.report.records) == ([], 0)


@pytest.mark.parametrize(
    "values", ["interface_id,flow_direction", "interface-id,log-status,vpc-id"]
)
def test_fields_of_the_right_names_but_another_form_make_no_flow_log(values: str) -> None:
    row = ",".join("north" for _ in values.split(","))
    with pytest.raises(FormatError, match="is not a flow log"):
        read(csv(f"{values},colour", f"{row},red", f"{row},blue"))


def test_every_field_that_is_shared_with_other_tables_is_a_field() -> None:
    assert {field.aws for field in FIELDS} > SHARED


@pytest.mark.parametrize(
    ("names", "header", "keys"),
    [
        ("srcaddr dstaddr", True, True), ("srcaddr log-status note", True, True),
        ("version type", True, False), ("region", True, False), ("srcaddr note", False, False),
        ("@timestamp srcaddr bytes", True, True), ("@timestamp bytes action", False, False),
        ("start_time end_time job", False, False), ("", False, False),
        ("srcAddr srcaddr note", False, False), ("srcaddr dstaddr query_name rcode", False, False),
    ],
)  # fmt: skip
def test_which_names_make_a_flow_log(names: str, header: bool, keys: bool) -> None:
    assert (are_fields(names.split()), are_keys(names.split())) == (header, keys)


def test_a_table_of_fields_alone_is_a_flow_log_whatever_it_holds() -> None:
    assert [row["type"] for row in rows_of(b"version type\n1 a\n2 b\n")] == ["a", "b"]


def test_a_given_format_needs_no_names() -> None:
    [row] = rows_of(b"north,10.4.0.9,5,y\n", given="x srcaddr bytes z")
    assert row == {"x": "north", "srcaddr": "10.4.0.9", "bytes": 5, "z": "y"}


def test_what_a_log_shipper_adds_makes_no_other_log() -> None:
    record = {"srcaddr": "10.4.0.9", "dstaddr": "192.0.2.7", "bytes": 5, "level": "info"}
    assert [row["bytes"] for row in rows_of(objects(record))] == [5]


def test_objects_of_others_among_records_cost_themselves_alone() -> None:
    record = {"srcaddr": "10.4.0.9", "dstaddr": "192.0.2.7", "start": 1773057600}
    rows, report = read(objects(record, WAF, RESOLVER, record))
    assert (len(rows), report.malformed) == (2, 2)
    assert report.looks_like == "a WAF log"


def test_a_refusal_quotes_a_line_once_and_not_for_every_line() -> None:
    parsed = parse(text(*["2 10.4.0.9 192.0.2.7 eni-0a11aa22"] * 5, header=None), name="a.log")
    with pytest.raises(FormatError, match=r"10\.4\.0\.9"):
        list(parsed)
    assert parsed.report.malformed == 5
    assert "10.4.0.9" not in "".join([*parsed.report.counts, parsed.report.reasons[0].reason])


@pytest.mark.parametrize("protocol", [3, 46, 60, 99, 254])
def test_any_protocol_may_stand_in_a_whole_layout_without_header(protocol: int) -> None:
    [row], report = read(text(line(protocol=protocol), header=None))
    assert (row["protocol"], report.fields_from) == (protocol, "inferred")


def test_services_without_sublocations_are_told_without_header() -> None:
    services = ["- S3", "EC2 -", "- AMAZON", "DYNAMODB -", "S3 -", "- DYNAMODB"]
    lines = [
        f"{line(version=5, srcport=40000 + n)} 10.4.0.{n} 198.51.100.{n} {words}"
        for n, words in enumerate(services * 5)
    ]
    rows, report = read(text(*lines, header=None))
    assert (len(rows), report.malformed, report.fields_from) == (30, 0, "inferred")
    assert report.fields[-2:] == ["pkt_src_aws_service", "pkt_dst_aws_service"]


def test_the_flow_table_of_microsoft_sentinel_reads_by_its_names() -> None:
    record = {
        "TimeGenerated": "2026-03-09T12:02:00Z", "AccountId": "123456789012", "Action": "REJECT",
        "DstAddr": "192.0.2.7", "SrcAddr": "10.4.0.9", "Bytes": 44, "LogStatus": "OK",
        "Start": "2026-03-09T12:00:00Z", "TrafficType": "IPv4",
    }  # fmt: skip
    [row] = rows_of(json.dumps([record]).encode())
    assert (row["type"], row["action"], row["bytes"]) == ("IPv4", "REJECT", 44)


def test_a_plain_header_of_flow_logs_is_still_one() -> None:
    assert len(rows_of(text(OK_LINE))) == 1
    assert are_fields(HEADER.split())
