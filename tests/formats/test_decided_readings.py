"""Where readers in the wild disagree, and what this project does."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.formats.reading import (
    HEADER,
    NODATA_LINE,
    OK_LINE,
    line,
    packed,
    read,
    reasons,
    rows_of,
    text,
)
from vpcflow_core.errors import FormatError
from vpcflow_core.formats.base import EVENT_TIME

OTHER_HEADER = "version srcaddr dstaddr bytes log-status"


def test_a_row_longer_than_the_header_is_malformed() -> None:
    data = text(OK_LINE, OK_LINE + " more")
    assert reasons(data) == [(3, "15 fields where the format has 14")]
    assert len(rows_of(data)) == 1


def test_a_row_shorter_than_the_header_is_malformed() -> None:
    assert reasons(text(OK_LINE.removesuffix(" OK"))) == [(2, "13 fields where the format has 14")]


def test_an_unknown_account_stays_the_word() -> None:
    [row] = rows_of(text(line(account_id="unknown")))
    assert row["account_id"] == "unknown"


@pytest.mark.parametrize("nothing", ["-", "None"])
def test_a_dash_is_null(nothing: str) -> None:
    [row] = rows_of(text(line(srcaddr=nothing, srcport=nothing, action=nothing, start=nothing)))
    assert {row[name] for name in ("srcaddr", "srcport", "action", "start_time")} == {None}


def test_nothing_between_commas_is_null() -> None:
    [row] = rows_of(b"srcaddr,dstaddr,srcport,interface_id\n10.0.0.1,,,\n")
    assert row == {"srcaddr": "10.0.0.1", "dstaddr": None, "srcport": None, "interface_id": None}


def test_times_above_a_hundred_billion_are_milliseconds() -> None:
    [row] = rows_of(text(line(start=1512564058123, end=10**11)))
    assert row["start_time"] == datetime(2017, 12, 6, 12, 40, 58, 123000)
    assert row["end_time"] == datetime(5138, 11, 16, 9, 46, 40)


@pytest.mark.parametrize("status", ["NODATA", "SKIPDATA"])
def test_nodata_with_addresses_is_a_record_and_counted_apart(status: str) -> None:
    rows, report = read(text(line(log_status=status, protocol=8080), OK_LINE))
    assert (report.records, report.nodata + report.skipdata) == (2, 1)
    assert rows[0]["bytes"] == 4249


def test_a_header_again_in_the_middle_changes_the_order_from_there_on() -> None:
    data = text(OK_LINE, OTHER_HEADER, "2 10.0.0.1 10.0.0.2 77 OK", HEADER, OK_LINE)
    rows, report = read(data)
    assert sorted(row["bytes"] for row in rows) == [77, 4249, 4249]
    assert (report.malformed, report.fields_from) == (0, "header")


def test_the_header_itself_again_is_no_record() -> None:
    _, report = read(text(OK_LINE, HEADER, OK_LINE))
    assert (report.records, report.malformed) == (2, 0)


def test_an_unknown_field_is_kept_as_text_under_its_own_name_and_named() -> None:
    rows, report = read(
        text(f"{OK_LINE} 0042", header=f"{HEADER} next-year's-field".replace("'", ""))
    )
    assert rows[0]["next_years_field"] == "0042"
    assert report.unknown_fields == ["next_years_field"]


@pytest.mark.parametrize(
    "untidy",
    [OK_LINE.replace(" ", "  "), OK_LINE + " ", OK_LINE + "\r", " " + OK_LINE,
     OK_LINE.replace(" ", "\t"), f"\t {OK_LINE}  \r"],
)  # fmt: skip
def test_runs_of_blanks_are_one(untidy: str) -> None:
    assert read(text(untidy, OK_LINE))[0] == rows_of(text(OK_LINE, OK_LINE))


def test_windows_line_ends_everywhere() -> None:
    data = text(OK_LINE, NODATA_LINE).replace(b"\n", b"\r\n")
    assert rows_of(data) == rows_of(text(OK_LINE, NODATA_LINE))


def test_without_header_the_given_format_comes_first() -> None:
    swapped = HEADER.replace("srcaddr dstaddr", "dstaddr srcaddr")
    rows, report = read(text(OK_LINE, header=None), given=swapped)
    assert rows[0]["dstaddr"] == "172.31.16.139"
    assert report.fields_from == "given"


def test_without_header_the_flow_logs_own_format_comes_second() -> None:
    rows, report = read(text("2 10.0.0.1", header=None), candidates=["${version} ${srcaddr}"])
    assert rows == [{"version": 2, "srcaddr": "10.0.0.1"}]
    assert report.fields_from == "given"


def test_without_any_format_it_is_inferred_and_the_guess_is_shown() -> None:
    _, report = read(text(OK_LINE, NODATA_LINE, header=None))
    assert (report.fields_from, report.fields[:3]) == (
        "inferred", ["version", "account_id", "interface_id"]
    )  # fmt: skip


def test_an_uncertain_guess_is_refused_with_the_way_to_give_the_format() -> None:
    with pytest.raises(FormatError, match="4 values") as refusal:
        read(text("2 eni-1235b8ca 10.0.0.1 10.0.0.2", header=None))
    assert "--format" in refusal.value.next_step


def test_several_formats_without_header_are_decided_line_by_line() -> None:
    other = "2 10.0.0.1 10.0.0.2 77 OK"
    rows, report = read(
        text(OK_LINE, other, OK_LINE, header=None), candidates=[HEADER, OTHER_HEADER]
    )
    assert sorted(row["bytes"] for row in rows) == [77, 4249, 4249]
    assert report.malformed == 0


def test_formats_of_the_same_length_are_told_apart_by_their_values() -> None:
    reverse = " ".join(reversed(HEADER.split()))
    lines = [OK_LINE, " ".join(reversed(OK_LINE.split()))] * 3
    rows, report = read(text(*lines, header=None), candidates=[reverse, HEADER])
    assert [row["bytes"] for row in rows] == [4249] * 6
    assert report.malformed == 0


def test_a_version_that_contradicts_the_fields_is_ignored() -> None:
    [row] = rows_of(text(line(version=5)))
    assert (row["version"], row["bytes"]) == (5, 4249)


def test_gzip_cut_short_gives_the_records_before_the_break() -> None:
    lines = [line(srcport=port, bytes=port * 7) for port in range(20_000)]
    rows, report = read(packed(text(*lines))[:-2000])
    assert 0 < len(rows) < 20_000
    assert "cut short" in report.broken
    assert report.malformed <= 1


def test_the_header_in_the_file_wins_over_a_given_format() -> None:
    rows, report = read(text(OK_LINE), given=HEADER.replace("srcaddr dstaddr", "dstaddr srcaddr"))
    assert (rows[0]["srcaddr"], report.fields_from) == ("172.31.16.139", "header")


def test_a_given_format_serves_the_lines_before_the_header() -> None:
    rows, report = read(text("10.0.0.9 2", HEADER, OK_LINE, header=None), given="srcaddr version")
    assert [row["srcaddr"] for row in rows] == ["10.0.0.9", "172.31.16.139"]
    assert report.malformed == 0


@pytest.mark.parametrize("number", ["12.5", "1e3", "0x1bb", "0X1BB", "+5", "443.0", "four"])
@pytest.mark.parametrize("field", ["srcport", "bytes", "start", "protocol"])
def test_numbers_that_are_not_whole_are_malformed(field: str, number: str) -> None:
    data = text(OK_LINE, line(**{field: number}), OK_LINE)
    assert reasons(data) == [(3, f"{field}: '{number}' is not a whole number")]
    assert len(rows_of(data)) == 2


@pytest.mark.parametrize(
    ("field", "number", "reason"),
    [
        ("dstport", "70000", "dstport: 70000 is above 65535"),
        ("dstport", "-5", "dstport: -5 is below 0"),
        ("protocol", "256", "protocol: 256 is above 255"),
        ("srcport", "99999999999", "srcport: 99999999999 is above 65535"),
        ("bytes", "9" * 19, f"bytes: {'9' * 19} is above 9223372036854775807"),
        ("packets", "9" * 40, f"packets: {'9' * 40} is above 9223372036854775807"),
        ("start", "9" * 15, f"start: {'9' * 15} is above 100000000000000"),
        ("srcaddr", "banana", "srcaddr: 'banana' is not an IP address"),
        ("dstaddr", "10.0.0.256", "dstaddr: '10.0.0.256' is not an IP address"),
        ("action", "MAYBE", "action: 'MAYBE' is neither ACCEPT nor REJECT"),
        ("log-status", "FINE", "log-status: 'FINE' is none of OK, NODATA and SKIPDATA"),
    ],
)
def test_values_out_of_their_range_are_malformed(field: str, number: str, reason: str) -> None:
    rows, report = read(text(OK_LINE, line(**{field: number}), OK_LINE))
    assert [(r.line, r.reason) for r in report.reasons] == [(3, reason)]
    assert len(rows) == 2
    assert number not in next(iter(report.counts))


def test_the_largest_numbers_are_records() -> None:
    [row] = rows_of(text(line(dstport=65535, protocol=255, bytes=2**63 - 1)))
    assert (row["dstport"], row["protocol"], row["bytes"]) == (65535, 255, 2**63 - 1)


def test_blank_lines_are_skipped_in_silence() -> None:
    data = text("", OK_LINE, "", "   ", OK_LINE + " x", "", OK_LINE)
    _, report = read(data)
    assert (report.records, report.malformed) == (2, 1)
    assert report.reasons[0].line == 6


def test_nodata_and_skipdata_alone_without_header_read_as_version_2() -> None:
    skip = NODATA_LINE.replace("NODATA", "SKIPDATA")
    _, report = read(text(NODATA_LINE, skip, skip, header=None))
    assert (report.records, report.nodata, report.skipdata) == (3, 1, 2)
    assert report.fields_from == "inferred"


def test_the_aws_region_of_vpc_json_is_the_region() -> None:
    [row] = rows_of(b'{"message": "%s", "aws-region": "eu-west-1"}' % OK_LINE.encode())
    assert row["region"] == "eu-west-1"


def test_lines_that_fit_no_candidate_are_inferred() -> None:
    """A flow log that was deleted tells its format no more."""
    candidate = "${version} ${interface-id} ${srcaddr} ${dstaddr} ${bytes}"
    rows, report = read(text(OK_LINE, header=None), candidates=[candidate])
    assert len(rows) == 1
    assert report.fields_from == "inferred"
    assert report.malformed == 0


def test_lines_that_fit_no_candidate_and_tell_nothing_wait_for_a_format() -> None:
    with pytest.raises(FormatError, match="no header"):
        read(text("10.0.0.1 10.0.0.2 7 8", header=None), candidates=[HEADER])


def test_json_records_without_start_have_the_time_of_their_event() -> None:
    record = json.dumps({"srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "bytes": 5})
    events = {"events": [{"timestamp": 1793491200123, "eventId": "1", "message": record}]}
    [row], report = read(json.dumps(events).encode(), envelope=True)
    assert row[EVENT_TIME] == datetime(2026, 11, 1, 0, 0, 0, 123000)
    assert report.unknown_fields == []
