"""Lines in wrappings: CloudWatch Logs messages and exports, JSON of collectors, CSV."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime
from typing import Any

import pytest

from tests.formats.reading import HEADER, NODATA_LINE, OK_LINE, line, packed, read, rows_of, text
from vpcflow_core.errors import FormatError
from vpcflow_core.formats.parse import parse

PLAIN = rows_of(text(OK_LINE, NODATA_LINE))
LINES = (OK_LINE, NODATA_LINE)


def message(*lines: str) -> dict[str, Any]:
    events = [
        {"id": f"e{i}", "timestamp": 1418530010000 + i, "message": text}
        for i, text in enumerate(lines)
    ]
    return {
        "messageType": "DATA_MESSAGE", "owner": "123456789010", "logGroup": "g",
        "logStream": "eni-1-all", "subscriptionFilters": ["f"], "logEvents": events,
    }  # fmt: skip


def in_base64(value: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


MESSAGE = message(*LINES)
CONTROL = {**message("checking health"), "messageType": "CONTROL_MESSAGE"}
PLACE = {"log_group": "g", "log_stream": "eni-1-all"}
ONE, TWO = message(OK_LINE), message(NODATA_LINE)


def dumped(value: Any, **how: Any) -> bytes:
    return json.dumps(value, **how).encode()


EVENTS = {
    "plain": dumped(MESSAGE),
    "indented": dumped(MESSAGE, indent=2),
    "gzip": packed(dumped(MESSAGE)),
    "gzip in gzip": packed(packed(dumped(MESSAGE))),
    "awslogs.data": dumped({"awslogs": {"data": in_base64(MESSAGE)}}),
    "kinesis": dumped({"Records": [{"kinesis": {"data": in_base64(m)}} for m in (ONE, TWO)]}),
    "firehose event": dumped({"records": [{"recordId": "1", "data": in_base64(MESSAGE)}]}),
    "one after the other": dumped(ONE) + dumped(CONTROL) + dumped(TWO),
    "one a line": dumped(ONE) + b"\n" + dumped(TWO) + b"\n",
    "array": dumped([ONE, TWO]),
    "gzip members": packed(dumped(ONE)) + packed(dumped(CONTROL)) + packed(dumped(TWO)),
    "members of members": packed(packed(dumped(ONE)) + packed(dumped(TWO))),
}


@pytest.mark.parametrize("form", EVENTS)
def test_every_form_of_a_subscription_message(form: str) -> None:
    rows, report = read(EVENTS[form])
    assert rows == [{**row, **PLACE} for row in PLAIN]
    assert (report.kind, report.malformed, report.broken) == ("events", 0, "")


def test_time_and_id_of_an_event_are_kept_beside_the_record() -> None:
    rows, report = read(EVENTS["plain"], envelope=True)
    assert [row["_event_id"] for row in rows] == ["e0", "e1"]
    assert rows[1]["_event_time"] == datetime(2014, 12, 14, 4, 6, 50, 1000)
    assert "_event_id" not in report.fields


def test_group_and_stream_of_a_message_are_fields_and_its_owner_is_none() -> None:
    assert list(rows_of(EVENTS["plain"])[0]) == [*PLAIN[0], "log_group", "log_stream"]


def test_a_control_message_alone_is_no_error() -> None:
    rows, report = read(dumped(CONTROL))
    assert (rows, report.malformed) == ([], 0)


def test_a_malformed_event_is_numbered_among_the_events() -> None:
    _, report = read(dumped(message(OK_LINE, "bogus", OK_LINE)))
    assert [(r.line, r.reason) for r in report.reasons] == [(2, "1 field where the format has 14")]


def test_filter_log_events_answers_are_events_too() -> None:
    assert rows_of(dumped({"events": MESSAGE["logEvents"], "searchedLogStreams": []})) == PLAIN


def test_lambda_data_that_is_no_base64_is_malformed() -> None:
    parsed = parse(dumped({"awslogs": {"data": "%%%"}}))
    with pytest.raises(FormatError, match="not a flow log"):
        list(parsed)
    assert parsed.report.malformed == 1


def test_lines_of_an_export_lose_the_time_in_front() -> None:
    rows, report = read(
        text(f"2018-09-22T20:28:14.000Z {OK_LINE}", f"2018-09-22T20:28:15.250Z {NODATA_LINE}",
             header=None),
        envelope=True,
    )  # fmt: skip
    assert [row["_event_time"] for row in rows] == [
        datetime(2018, 9, 22, 20, 28, 14), datetime(2018, 9, 22, 20, 28, 15, 250000)
    ]  # fmt: skip
    assert [{k: v for k, v in row.items() if k[0] != "_"} for row in rows] == PLAIN
    assert report.kind == "text"


VPC_JSON = {
    "message": OK_LINE, "security-group-ids": ["sg-1", "sg-2"], "direction": "inbound",
    "subnet-id": "subnet-1", "vpc-id": "vpc-1", "aws-region": "eu-west-1", "logStream": "eni-1-all",
    "logGroup": "flows",
}  # fmt: skip


def test_vpc_json_adds_its_own_fields() -> None:
    [row] = rows_of(dumped(VPC_JSON))
    added = {name: value for name, value in row.items() if name not in PLAIN[0]}
    assert added == {
        "security_group_ids": ["sg-1", "sg-2"], "direction": "inbound", "subnet_id": "subnet-1",
        "vpc_id": "vpc-1", "region": "eu-west-1", "log_stream": "eni-1-all", "log_group": "flows",
    }  # fmt: skip
    assert {name: row[name] for name in PLAIN[0]} == PLAIN[0]


@pytest.mark.parametrize(
    "groups", [["sg-1", "sg-2"], "sg-1,sg-2", "sg-1 sg-2", "['sg-1', 'sg-2']", '["sg-1","sg-2"]']
)
def test_security_groups_in_any_form(groups: Any) -> None:
    [row] = rows_of(dumped({"message": OK_LINE, "security-group-ids": groups}))
    assert row["security_group_ids"] == ["sg-1", "sg-2"]


def test_security_groups_of_none_and_of_one() -> None:
    values: list[Any] = [[], "", "-", None, "sg-1"]
    objects = [{"message": OK_LINE, "security-group-ids": value} for value in values]
    rows = rows_of(dumped(objects))
    assert [row["security_group_ids"] for row in rows] == [[], None, None, None, ["sg-1"]]


def test_the_line_wins_over_the_fields_beside_it() -> None:
    [row] = rows_of(
        dumped({"message": f"{OK_LINE} vpc-2", "vpc-id": "vpc-1"}), given=f"{HEADER} vpc-id"
    )
    assert row["vpc_id"] == "vpc-2"


@pytest.mark.parametrize("key", ["message", "_raw", "body", "@message"])
@pytest.mark.parametrize("form", ["array", "lines", "together"])
def test_wrapped_lines_by_every_name_and_in_every_form(key: str, form: str) -> None:
    objects = [{key: text, "host": "h", "source": {"a": 1}, "type": "flow"} for text in LINES]
    parts = [dumped(value) for value in objects]
    data = {"array": dumped(objects), "lines": b"\n".join(parts), "together": b"".join(parts)}[form]
    rows, report = read(data)
    assert (rows, report.kind) == (PLAIN, "json")


def test_a_header_line_in_a_wrapping_is_a_header() -> None:
    header = "srcaddr version"
    rows, report = read(dumped([{"_raw": header}, {"_raw": "10.0.0.1 2"}]))
    assert (rows, report.fields_from) == ([{"srcaddr": "10.0.0.1", "version": 2}], "header")


def test_flat_objects_in_any_spelling() -> None:
    objects = [
        {"version": 2, "srcaddr": "10.0.0.1", "start": 1418530010, "log-status": "OK", "odd": True},
        {"version": "2", "srcAddr": "10.0.0.2", "start_time": "2014-12-14T04:06:50Z",
         "logStatus": "NODATA", "odd": {"a": 1}, "bytes": 7, "srcport": None},
    ]  # fmt: skip
    rows, report = read(dumped(objects))
    assert [row["srcaddr"] for row in rows] == ["10.0.0.1", "10.0.0.2"]
    assert {row["start_time"] for row in rows} == {datetime(2014, 12, 14, 4, 6, 50)}
    assert [row["odd"] for row in rows] == ["true", '{"a": 1}']
    assert [row["bytes"] for row in rows] == [None, 7]
    assert (report.fields_from, report.unknown_fields, report.nodata) == ("file", ["odd"], 1)


@pytest.mark.parametrize("number", ["12.5", "1e3", '"0x1bb"', "443.0"])
def test_flat_numbers_that_are_not_whole_are_malformed(number: str) -> None:
    _, report = read(b'[{"srcaddr": "10.0.0.1", "srcport": %s}]' % number.encode())
    assert [r.reason for r in report.reasons] == [
        "srcport: '{}' is not a whole number".format(number.strip('"'))
    ]


def test_our_own_json_reads_back() -> None:
    rows = [{**row, "start_time": "2014-12-14T04:06:50Z", "end_time": None} for row in PLAIN]
    assert [row["start_time"] for row in rows_of(dumped(rows))] == [
        datetime(2014, 12, 14, 4, 6, 50)
    ] * 2


def test_values_that_are_no_records_are_counted() -> None:
    objects = [3, {"message": OK_LINE}, {"unrelated": 1}, "text", None]
    _, report = read(dumped(objects))
    assert (report.records, report.malformed) == (1, 4)
    assert [r.line for r in report.reasons] == [1, 3, 4, 5]


def test_a_broken_line_among_json_lines_costs_itself_alone() -> None:
    good = dumped({"message": OK_LINE})
    _, report = read(good + b"\n{broken: yes}\n" + good * 3 + b"\n")
    assert (report.records, report.malformed) == (4, 1)
    assert report.reasons[0].line == 2


def test_json_cut_short_gives_the_records_before_the_break() -> None:
    data = dumped([{"message": OK_LINE}] * 100)
    rows, report = read(data[:-40])
    assert len(rows) == 99
    assert "cut short" in report.broken


def test_csv_with_field_names() -> None:
    names = HEADER.replace(" ", ",")
    data = f"{names}\n{OK_LINE.replace(' ', ',')}\n{NODATA_LINE.replace(' ', ',')}\n"
    rows, report = read(data.encode())
    assert rows == PLAIN
    assert (report.kind, report.fields_from) == ("csv", "header")


def test_csv_with_quotes_blanks_crs_and_empty_lines() -> None:
    data = b'"srcaddr","dstport","note"\r\n"10.0.0.1", "443","a, b"\r\n\r\n"10.0.0.2","x","c"\r\n1,2\r\n'
    rows, report = read(data)
    assert rows == [{"srcaddr": "10.0.0.1", "dstport": 443, "note": "a, b"}]
    assert [(r.line, r.reason) for r in report.reasons] == [
        (4, "dstport: 'x' is not a whole number"), (5, "2 fields where the format has 3")
    ]  # fmt: skip
    assert report.unknown_fields == ["note"]


@pytest.mark.parametrize(
    "names", ["timestamp,message", "@timestamp,@message", '"timestamp","message"']
)
def test_csv_of_timestamp_and_message(names: str) -> None:
    data = f'{names}\n1418530010000,{OK_LINE}\n2014-12-14 04:06:51.000,"{NODATA_LINE}"\n'
    rows, report = read(data.encode(), envelope=True)
    assert [row["_event_time"] for row in rows] == [
        datetime(2014, 12, 14, 4, 6, 50), datetime(2014, 12, 14, 4, 6, 51)
    ]  # fmt: skip
    assert [{k: v for k, v in row.items() if k[0] != "_"} for row in rows] == PLAIN
    assert (report.kind, report.fields_from) == ("csv", "inferred")


def test_records_between_commas_without_header() -> None:
    data = "\n".join(row.replace(" ", ",") for row in LINES).encode()
    assert rows_of(data) == PLAIN


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"), (b"<!DOCTYPE html><html>", "HTML"),
        (b"PK\x03\x04" + bytes(50), "zip"), (bytes(range(256)), "binary"),
        (gzip.compress(b"%PDF-1.7 ...", mtime=0), "PDF"),
    ],
)  # fmt: skip
def test_what_is_no_log_is_refused_by_its_name(data: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        read(data)


def test_prose_is_refused() -> None:
    with pytest.raises(FormatError):
        read(b"Dear reader,\nthis is not a log.\n\nIt has only words in it.\n")


@pytest.mark.parametrize("data", [b"", b"\n\n \n", gzip.compress(b"", mtime=0), b"[]", text()])
def test_nothing_is_nothing(data: bytes) -> None:
    rows, report = read(data)
    assert (rows, report.malformed, report.broken) == ([], 0, "")


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert rows_of(b"\xef\xbb\xbf" + text(OK_LINE)) == [PLAIN[0]]


def test_a_line_that_is_no_utf_8_costs_itself_alone() -> None:
    data = text(OK_LINE, line(srcaddr="X"), OK_LINE).replace(b"X", b"\xff\xfe")
    _, report = read(data)
    assert (report.records, report.malformed) == (2, 1)


def test_the_last_line_needs_no_line_feed() -> None:
    assert rows_of(text(OK_LINE, NODATA_LINE).rstrip(b"\n")) == PLAIN


def test_lines_end_at_line_feeds_alone() -> None:
    odd = line(account_id="a\x0bb\x0c\x1c\x85\u2028c".replace("\x0b", "").replace("\x0c", ""))
    [row] = rows_of(text(odd))
    assert "\u2028" in row["account_id"]
