"""What the AWS CLI and CloudWatch Logs Insights print: times, events, encodings."""

from __future__ import annotations

import io
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.reading import HEADER, OK_LINE, line, read, rows_of, text
from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME, LogFormat
from vpcflow_core.formats.unicode import as_utf8

NOON = datetime(2026, 3, 9, 12)
RECORD = {"srcAddr": "10.4.0.9", "dstAddr": "192.0.2.7", "bytes": "44", "action": "ACCEPT"}
WRITTEN = {"2026-03-09 12:00:00.000", "1773057600000", "2026-03-09T13:00:00+01:00", "1773057600"}
NAMES = (
    "@timestamp",
    "timestamp",
    "_time",
    "time",
    "startTime",
    "starttime",
    "start_time",
    "Start",
)


def as_csv(*records: dict[str, Any]) -> bytes:
    rows = [",".join(records[0]), *(",".join(map(str, record.values())) for record in records)]
    return "\n".join(rows).encode()


def as_parquet(*records: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(records)), sink)
    return sink.getvalue()


FORMS = {
    "array": lambda *records: json.dumps(records).encode(),
    "lines": lambda *records: "\n".join(map(json.dumps, records)).encode(),
    "csv": as_csv,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("written", sorted(WRITTEN))
def test_the_time_beside_the_fields_is_their_start(form: str, name: str, written: str) -> None:
    rows, report = read(FORMS[form](*[{name: written, **RECORD}] * 2))
    assert [row["start_time"] for row in rows] == [NOON, NOON]
    assert report.first.replace(tzinfo=None) == NOON
    assert (report.unknown_fields, report.malformed) == ([], 0)


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_time_beside_the_fields_costs_its_row(form: str) -> None:
    records = [
        {"@timestamp": day, **RECORD} for day in ("2026-03-09 12:00:00", "2026-02-30 12:00:00")
    ]
    rows, report = read(FORMS[form](*records))
    assert ([row["start_time"] for row in rows], report.malformed) == ([NOON], 1)


def test_the_start_of_a_record_wins_over_the_time_of_its_event() -> None:
    records = [{"timestamp": 1773057660000, "start": 1773057600, **RECORD}]
    assert [row["start_time"] for row in rows_of(json.dumps(records).encode())] == [NOON]


def test_records_without_start_among_others_have_the_time_of_their_event() -> None:
    records = [{"timestamp": 1773057600000, **RECORD}, {"start": 1773057600, **RECORD}]
    rows, _ = read(json.dumps(records).encode(), envelope=True)
    assert [row["start_time"] or row[EVENT_TIME] for row in rows] == [NOON, NOON]


def results(*rows: dict[str, str]) -> bytes:
    pairs = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
    return json.dumps({"results": pairs, "statistics": {}, "status": "Complete"}).encode()


def test_query_results_of_messages_are_lines() -> None:
    row = {"@timestamp": "2026-03-09 12:00:00.000", "@message": OK_LINE, "@ptr": "Cm7"}
    rows, report = read(results(row, row), envelope=True)
    assert [(r["bytes"], r[EVENT_TIME], r[EVENT_ID]) for r in rows] == [(4249, NOON, "Cm7")] * 2
    assert report.malformed == 0


def test_query_results_of_fields_are_records() -> None:
    rows, _ = read(results({"@timestamp": "2026-03-09 12:00:00.000", **RECORD, "@ptr": "C"}))
    assert [(row["start_time"], row["bytes"]) for row in rows] == [(NOON, 44)]


LINES = [line(bytes=100 + n) for n in range(4)]
TEXTS = {
    "array": json.dumps(LINES),
    "indented": json.dumps(LINES, indent=2),
    "quoted lines": "\n".join(map(json.dumps, LINES)),
    "filter-log-events": "\n".join(
        f"EVENTS\t3712{n}\t1773057700000\teni-0a-all\t{row}\t1773057600000" for n, row in enumerate(LINES)
    )
    + "\nSEARCHEDLOGSTREAMS\tTrue\teni-0a-all\n",
    "get-log-events": "b/371\tf/372\n"
    + "\n".join(f"EVENTS\t1773057700000\t{row}\t1773057600000" for row in LINES),
    "get-query-results": "Complete\n"
    + "\n".join(f"RESULTS\t@message\t{row}\nRESULTS\t@ptr\tCm0K" for row in LINES),
}  # fmt: skip


@pytest.mark.parametrize("form", TEXTS)
def test_lines_as_commands_print_them(form: str) -> None:
    rows, report = read(TEXTS[form].encode())
    assert [row["bytes"] for row in rows] == [100, 101, 102, 103]
    assert report.malformed == 0


def test_events_as_text_keep_time_stream_and_id() -> None:
    row = rows_of(TEXTS["filter-log-events"].encode(), envelope=True)[1]
    assert (row[EVENT_TIME], row[EVENT_ID], row["log_stream"]) == (NOON, "37121", "eni-0a-all")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_every_encoding_of_unicode_is_read(encoding: str, form: str) -> None:
    data = {
        "text": text(*LINES).decode(), "json": TEXTS["indented"],
        "csv": text(*LINES).decode().replace(" ", ","),
    }[form]  # fmt: skip
    rows, report = read(data.encode(encoding))
    assert [row["bytes"] for row in rows] == [100, 101, 102, 103]
    assert report.malformed == 0


def test_pieces_of_utf_16_come_together() -> None:
    whole = text(*[line(bytes=n, interface_id="eni-é") for n in range(200)])
    data = whole.decode().encode("utf-16")
    pieces = as_utf8(iter([data[start : start + 7] for start in range(0, len(data), 7)]))
    assert b"".join(pieces) == whole


@pytest.mark.parametrize("form", ["events", "logEvents"])
def test_stream_and_group_of_events_are_kept(form: str) -> None:
    event = {"id": "1", "timestamp": 1773057600000, "message": OK_LINE}
    whole: dict[str, Any] = {"events": [{**event, "logStreamName": "eni-0a-all"}]}
    if form == "logEvents":
        whole = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "eni-0a-all",
                 "logEvents": [event]}  # fmt: skip
    [row] = rows_of(json.dumps(whole).encode())
    assert row["log_stream"] == "eni-0a-all"
    assert row.get("log_group") == ("g" if form == "logEvents" else None)


@pytest.mark.parametrize(
    "type_", [pa.decimal128(20, 0), pa.decimal128(38, 6), pa.decimal256(40, 2)]
)
def test_decimals_of_parquet_are_whole_numbers(type_: pa.DataType) -> None:
    numbers = pa.array([Decimal(443), None], type_)
    sink = io.BytesIO()
    same = pa.array(["10.4.0.9"] * 2)
    pq.write_table(
        pa.table({"srcaddr": same, "dstaddr": same, "dstport": numbers, "account_id": numbers}),
        sink,
    )
    rows = rows_of(sink.getvalue())
    assert [(row["dstport"], row["account_id"]) for row in rows] == [
        (443, "000000000443"), (None, None)
    ]  # fmt: skip


def test_decimals_with_fractions_cost_their_rows() -> None:
    numbers = pa.array([Decimal("4.5"), Decimal("7.0")], pa.decimal128(10, 3))
    sink = io.BytesIO()
    same = pa.array(["10.4.0.9"] * 2)
    pq.write_table(pa.table({"srcaddr": same, "dstaddr": same, "bytes": numbers}), sink)
    rows, report = read(sink.getvalue())
    assert ([row["bytes"] for row in rows], report.malformed) == ([7], 1)


@pytest.mark.parametrize(
    "written",
    [
        r"\${srcaddr} \${bytes}",
        "'${srcaddr} ${bytes}'",
        '"srcaddr" "bytes"',
        r"\$\{srcaddr\} bytes",
    ],
)
def test_a_format_is_understood_however_a_shell_quoted_it(written: str) -> None:
    assert LogFormat.parse(written).columns == ("srcaddr", "bytes")


QUOTED = {
    "my%2Dapp": "my-app", "caf%C3%A9%20bar": "café bar", "100%25": "100%", "a%zz": "a%zz",
    "%FF": "%FF", "plain": "plain", "50%": "50%", "a%0Ab": "a%0Ab", "%2525": "%25",
}  # fmt: skip


@pytest.mark.parametrize("form", ["text", "careful text", "json", "csv"])
def test_values_of_tags_are_as_people_wrote_them(form: str) -> None:
    header = f"{HEADER} instance-tag"
    lines = [f"{OK_LINE} {quoted}" for quoted in QUOTED]
    more = ["bogus"] if form == "careful text" else []
    data = text(*lines, *more, header=header)
    if form == "csv":
        data = data.replace(b" ", b",")
    if form == "json":
        records = [dict(zip(header.split(), row.split(), strict=True)) for row in lines]
        data = "\n".join(map(json.dumps, records)).encode()
    assert [row["instance_tag"] for row in rows_of(data)] == list(QUOTED.values())
