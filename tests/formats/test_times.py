"""Times in every form of ISO 8601, anywhere in a file; a bad one costs its own line."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.formats.reading import HEADER, OK_LINE, line, read, reasons, rows_of, text
from vpcflow_core.formats.base import EVENT_TIME

NOON = datetime(2026, 3, 9, 12)
SAME = [
    "2026-03-09T12:00:00Z", "2026-03-09T12:00:00+00:00", "2026-03-09T21:00:00+09:00",
    "2026-03-09T07:00:00-05:00", "2026-03-09 17:45:00+05:45", "2026-03-09T12:00:00.000+0000",
    "2026-03-09T12:00:00.000000000Z", "2026-03-09T12:00:00", "2026-03-09 12:00:00.000 UTC",
    "2026-03-09t12:00:00z", "2026-03-09T12:00Z", "2026-03-09T12Z", "2026-03-09T13+01",
    "20260309T120000Z", "20260309T130000+0100", "2026-W11-1T12:00:00Z", "2026W111T12Z",
    "2026-068T12:00:00Z", "2026068T120000Z", "2026-03-08T24:00:00-12:00", "2026-03-09T12:00:00 +0000",
]  # fmt: skip
NEVER = [
    "2026-02-29T12:00:00Z", "2026-11-31T12:00:00+00:00", "2026-04-31", "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z", "2026-03-00T00:00:00Z", "2026-03-09T24:00:01Z", "2026-03-09T25:00:00Z",
    "2026-03-09T12:60:00Z", "2026-03-09T12:00:61Z", "2026-03-09T12:00:00+24:00", "2026-W54-1",
    "2026-366T12:00:00Z", "2025-000", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59Z",
]  # fmt: skip


def csv(*starts: str) -> bytes:
    rows = [line(start="START").replace(" ", ",").replace("START", start) for start in starts]
    return "\n".join([HEADER.replace(" ", ","), *rows]).encode()


@pytest.mark.parametrize("written", SAME)
def test_every_form_of_one_moment_is_that_moment(written: str) -> None:
    [row] = rows_of(csv(written))
    assert row["start_time"] == NOON


@pytest.mark.parametrize("written", SAME)
def test_json_reads_the_same_moments(written: str) -> None:
    record = {"srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "start": written}
    [row] = rows_of(json.dumps(record).encode())
    assert row["start_time"] == NOON


@pytest.mark.parametrize("written", [word for word in SAME if " " not in word])
def test_a_moment_in_front_of_a_line_is_the_time_of_its_event(written: str) -> None:
    [row] = rows_of(text(f"{written} {OK_LINE}", header=None), envelope=True)
    assert (row[EVENT_TIME], row["bytes"]) == (NOON, 4249)


@pytest.mark.parametrize(
    ("written", "milliseconds"), [("12:00:00,5", 500), ("12:00:00.0019", 1), ("12.5", 0)]
)
def test_fractions_belong_to_the_last_part_of_the_clock(written: str, milliseconds: int) -> None:
    [row] = rows_of(
        b'{"srcaddr":"::1","dstaddr":"::2","start":"2026-03-09T%sZ"}' % written.encode()
    )
    minute = 30 if written == "12.5" else 0
    assert row["start_time"] == NOON.replace(minute=minute, microsecond=milliseconds * 1000)


@pytest.mark.parametrize("written", NEVER)
def test_what_is_no_moment_costs_its_own_line(written: str) -> None:
    data = csv("1418530010", written, "2026-03-09T12:00:00+00:00")
    assert len(rows_of(data)) == 2
    assert reasons(data) == [(3, f"start: '{written}' is not a valid time")]


def test_leap_days_are_days() -> None:
    data = csv("2028-02-29T00:00:00Z", "2000-02-29", "2100-02-29", "2027-02-29T00:00:00Z")
    rows, report = read(data)
    assert [row["start_time"] for row in rows] == [datetime(2028, 2, 29), datetime(2000, 2, 29)]
    assert report.counts == {"start is not a valid time": 2}


def test_digits_alone_are_an_epoch() -> None:
    [row] = rows_of(csv("20260309"))
    assert row["start_time"] == datetime(1970, 8, 23, 11, 51, 49)


def test_one_line_of_another_program_costs_itself_alone() -> None:
    data = text(*[OK_LINE] * 5, "2026-03-09T12:00:00+00:00 WARN queue is full", *[OK_LINE] * 5)
    rows, report = read(data)
    assert (len(rows), report.malformed, report.reasons[0].line) == (10, 1, 7)


def test_a_day_that_is_none_in_front_of_a_line_costs_that_line() -> None:
    days = ["2026-03-09T12:00:00+00:00", "2026-11-31T12:00:00+00:00"]
    rows, report = read(text(*[f"{day} {OK_LINE}" for day in days]), envelope=True)
    assert [row[EVENT_TIME] for row in rows] == [NOON]
    assert [r.line for r in report.reasons] == [3]


@pytest.mark.parametrize("stream", ["eni-0abc12345678-all", "eni-0abc12345678-reject", "edge/eu_1"])
@pytest.mark.parametrize("header", [HEADER, None])
def test_lines_of_aws_logs_tail_lose_time_and_stream(stream: str, header: str | None) -> None:
    lines = [f"2026-03-09T21:00:0{n}+09:00 {stream} {line(bytes=n + 100)}" for n in range(4)]
    rows, report = read(text(*lines, header=header), envelope=True)
    assert [row["bytes"] for row in rows] == [100, 101, 102, 103]
    assert rows[0][EVENT_TIME] == NOON
    assert {row["log_stream"] for row in rows} == {stream}
    assert report.malformed == 0


def test_an_interface_in_the_first_place_is_no_stream() -> None:
    data = text("2026-03-09T12:00:00Z eni-0abc12345678 10.0.0.1 5", header=None)
    [row] = rows_of(data, given="interface-id srcaddr bytes")
    assert row == {"interface_id": "eni-0abc12345678", "srcaddr": "10.0.0.1", "bytes": 5}
