"""Every sample of the corpus has the records that its own project expects, or that were decided."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.corpus.folder import CORPUS, corpus
from tests.formats.reading import read, reasons, rows_of
from vpcflow_core.errors import FormatError
from vpcflow_core.fields import column_name

READER = "obsrvbl-oss_flowlogs-reader"
OTEL = "otel_awslogsencoding"
EXPECTED = json.loads(corpus(f"{READER}/expected_by_test.json"))
TRANSIT_LINE_FORMAT = (
    "version account-id tgw-id tgw-attachment-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id "
    "tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id "
    "srcaddr dstaddr srcport dstport protocol packets bytes start end log-status type tcp-flags "
    "flow-direction region"
)


def as_expected(row: dict[str, Any]) -> dict[str, Any]:
    """A record as the expected file writes it: without nulls, times as text, AWS's names."""
    back = {"start_time": "start", "end_time": "end"}
    return {
        back.get(name, name): f"{v:%Y-%m-%dT%H:%M:%SZ}" if isinstance(v, datetime) else v
        for name, v in row.items()
        if v is not None
    }


@pytest.mark.parametrize(
    ("test", "file"),
    [
        ("test_serial", "v3_with_header.log"),
        ("test_serial_v4", "v4_with_header.log"),
        ("test_serial_v5", "v5_with_header.log"),
        ("test_serial_parquet", "flows.parquet"),
    ],
)
def test_records_equal_those_that_flowlogs_reader_expects(test: str, file: str) -> None:
    rows = [as_expected(row) for row in rows_of(corpus(f"{READER}/{file}"))]
    assert rows == EXPECTED[test][0]


def test_v5_reports_the_bogus_line() -> None:
    assert reasons(corpus(f"{READER}/v5_with_header.log")) == [
        (4, "2 fields where the format has 29")
    ]


def test_parquet_of_mixed_types_keeps_its_third_record_although_it_has_no_traffic() -> None:
    _, report = read(corpus(f"{READER}/flows.parquet"))
    assert (report.kind, report.fields_from) == ("parquet", "file")
    assert (report.records, report.nodata, report.malformed) == (3, 2, 0)


def test_v2_without_header_is_inferred() -> None:
    rows, report = read(corpus(f"{READER}/v2_records_headerless.log"))
    assert (report.fields_from, report.records) == ("inferred", 5)
    assert (report.nodata, report.skipdata, report.malformed) == (1, 1, 0)
    assert [row["bytes"] for row in rows] == [840, 1680, 1680, None, None]


def test_milliseconds_become_times() -> None:
    rows, report = read(corpus(f"{READER}/millisecond_timestamps.log"))
    assert rows[0]["start_time"] == datetime(2017, 12, 6, 12, 40, 58)
    assert rows[0]["end_time"] == datetime(2017, 12, 6, 12, 40, 59)
    assert (report.skipdata, report.first) == (1, datetime(2017, 12, 6, 12, 40, 58, tzinfo=UTC))


def test_v6_is_a_transit_gateways() -> None:
    [row] = rows_of(corpus(f"{READER}/v6_with_header.log"))
    assert row["resource_type"] == "TransitGateway"
    assert row["tgw_src_vpc_account_id"] == "00000002"
    assert [row[name] for name in row if name.startswith("packets_lost")] == [13, 14, 15, 16]


@pytest.mark.parametrize("file", ["VPC_Flow.raw_lines.log", "ZP04h5.json"])
def test_the_real_capture_has_the_totals_that_were_computed_independently(file: str) -> None:
    totals = json.loads(corpus("criblpacks_vpc-flow/derived_expected_totals.json"))
    rows, report = read(corpus(f"criblpacks_vpc-flow/{file}"))
    assert len(rows) == totals["records"] == report.records
    assert report.malformed == 0
    assert report.fields_from == "header"
    assert sum(row["bytes"] for row in rows) == totals["bytes"]
    assert sum(row["packets"] for row in rows) == totals["packets"]
    assert Counter(row["action"] for row in rows) == totals["by_action"]
    assert Counter(str(row["protocol"]) for row in rows) == totals["by_protocol"]
    sources = Counter(row["srcaddr"] for row in rows)
    assert all(sources[address] == count for address, count in totals["top_src_by_count"])
    assert report.first == datetime.fromtimestamp(totals["min_start"], UTC)
    assert report.last == datetime.fromtimestamp(totals["max_end"], UTC)


def test_cribls_envelope_is_no_part_of_the_record() -> None:
    rows = rows_of(corpus("criblpacks_vpc-flow/ZP04h5.json"))
    assert rows == rows_of(corpus("criblpacks_vpc-flow/VPC_Flow.raw_lines.log"))


@pytest.mark.parametrize(("file", "records"), [("sample.json", 22), ("aws_vpc-logs.json", 2)])
def test_the_line_counts_where_an_envelope_disagrees_with_it(file: str, records: int) -> None:
    rows, report = read(corpus(f"opensearch_catalog/{file}"))
    bodies = [event["body"].split() for event in json.loads(corpus(f"opensearch_catalog/{file}"))]
    assert (report.records, report.malformed) == (records, 0)
    assert [row["account_id"] for row in rows] == [body[1] for body in bodies]
    assert [str(row["bytes"]) for row in rows] == [body[9] for body in bodies]
    assert list(rows[0]) == [column_name(name) for name in report.fields]


def test_the_s3_object_of_promtail() -> None:
    rows, report = read(corpus("grafana_lambda-promtail/vpcflowlog.log.gz"))
    assert (len(rows), report.kind, report.fields_from) == (3, "text", "header")


def test_otel_nodata_line() -> None:
    [row] = rows_of(corpus(f"{OTEL}/valid_vpc_flow_log.log"))
    assert row["account_id"] == "12345678910"
    assert row["start_time"] == datetime(2025, 3, 21, 15, 14, 49)
    assert row["log_status"] == "NODATA"
    assert {row[name] for name in ("srcaddr", "bytes", "action", "protocol")} == {None}


def test_otel_ecs_fields() -> None:
    [row] = rows_of(corpus(f"{OTEL}/valid_vpc_flow_log_ecs.log"))
    assert row["ecs_service_name"] == "my-service"
    assert row["ecs_task_arn"] == "arn:aws:ecs:us-east-1:123456789012:task/my-cluster/abcdef"


def test_otel_transit_gateway() -> None:
    [row] = rows_of(corpus(f"{OTEL}/valid_tgw_flow_log.log"))
    assert (row["packets_lost_no_route"], row["packets_lost_ttl_expired"]) == (1, 4)
    assert (row["flow_direction"], row["region"]) == ("ingress", "us-east-1")


@pytest.mark.parametrize(("file", "fields"), [("few", 13), ("many", 15)])
def test_otel_lines_of_the_wrong_length_are_malformed(file: str, fields: int) -> None:
    data = corpus(f"{OTEL}/vpc_flow_log_too_{file}_fields.log")
    assert reasons(data) == [(2, f"{fields} fields where the format has 14")]
    assert rows_of(data) == []


def wrappers(name: str) -> list[str]:
    forms = ("json.gz", "kinesis_event.json", "lambda_event.json")
    return [f"{OTEL}/{name}.json"] + [f"derived_wrappers/{name}.{form}" for form in forms]


@pytest.mark.parametrize("path", wrappers("valid_vpc_flow_cw"))
def test_every_wrapping_of_the_default_message_reads_the_same(path: str) -> None:
    rows, report = read(corpus(path))
    places = [(row.pop("log_group"), row.pop("log_stream")) for row in rows]
    assert rows == rows_of(corpus(f"{OTEL}/valid_vpc_flow_log_multi.log"))
    assert len(set(places)) == 1
    assert all(places[0])
    assert (report.kind, report.fields_from, report.malformed) == ("events", "inferred", 0)


@pytest.mark.parametrize("path", wrappers("valid_vpc_flow_cw_custom"))
def test_every_wrapping_of_the_custom_message_needs_its_format(path: str) -> None:
    with pytest.raises(FormatError, match="--format"):
        read(corpus(path))
    rows, report = read(corpus(path), given="version interface-id srcaddr dstaddr", envelope=True)
    assert [row["dstaddr"] for row in rows] == ["172.31.16.21", "172.31.9.12"]
    assert [row["_event_time"] for row in rows] == [
        datetime(2024, 12, 5, 20, 20), datetime(2024, 12, 5, 20, 20, 1)
    ]  # fmt: skip
    assert rows[0]["_event_id"] == "35601234567890123456789012345678901234567890123456789"
    assert report.fields_from == "given"


@pytest.mark.parametrize("path", wrappers("valid_tgw_flow_cw"))
def test_every_wrapping_of_the_transit_message_reads_by_its_format(path: str) -> None:
    with pytest.raises(FormatError, match="27 values"):
        read(corpus(path))
    [row] = rows_of(corpus(path), candidates=[TRANSIT_LINE_FORMAT])
    assert row["tgw_pair_attachment_id"] == "tgw-attach-0def12345abc67890"
    assert (row["bytes"], row["region"]) == (1000, "us-east-1")


def test_concatenated_gzip_members_are_all_read() -> None:
    rows, report = read(corpus("derived_wrappers/firehose_concatenated_members.json.gz"))
    assert len(rows) == 4
    assert report.broken == ""


def test_a_control_message_holds_no_record_and_is_no_error() -> None:
    rows, report = read(corpus("derived_wrappers/control_message.json"))
    assert (rows, report.malformed, report.broken) == ([], 0, "")


def test_no_sample_is_forgotten() -> None:
    """All files of the corpus that are logs are named in this file's tests."""
    logs = [
        path for path in CORPUS.rglob("*.*")
        if path.suffix not in (".md", ".yaml") and "expected" not in path.name
    ]  # fmt: skip
    assert len(logs) == 32
