"""Every line of a file is a record, malformed, blank, or says something about the records."""

from __future__ import annotations

import json

import pytest

from tests.formats.reading import HEADER, NODATA_LINE, OK_LINE, line, packed, read, text
from tests.formats.samples.wrappings import CONTROL, dumped, in_base64, message
from vpcflow_core.errors import FormatError
from vpcflow_core.formats import csv_table
from vpcflow_core.formats.base import Report
from vpcflow_core.formats.parse import parse

CSV = "srcaddr,dstaddr,bytes,start,note"
ROW = "10.7.0.1,10.7.0.2,5,1773057600,x"


def account(report: Report) -> dict[str, int]:
    names = ("lines", "records", "malformed", "blank", "around")
    counted = {name: getattr(report, name) for name in names}
    assert sum(counted.values()) == 2 * counted["lines"]
    return {name: count for name, count in counted.items() if count}


def of(data: bytes) -> dict[str, int]:
    return account(read(data)[1])


def rows(*lines: str) -> bytes:
    return "\n".join((CSV, *lines, "")).encode()


def test_headers_and_blank_lines_of_text_are_counted() -> None:
    data = text(OK_LINE, "", " \t ", HEADER, NODATA_LINE, "bad")
    assert of(data) == {"lines": 7, "records": 2, "malformed": 1, "blank": 2, "around": 2}
    assert of(text(OK_LINE, OK_LINE)) == {"lines": 3, "records": 2, "around": 1}


def test_lines_around_an_answer_of_the_cli_are_counted() -> None:
    answer = (
        f"Complete\nSTATISTICS\t1.0\t2.0\t3.0\n\nRESULTS\t@message\t{OK_LINE}\nRESULTS\t@ptr\tCmE\n"
    )
    assert of(answer.encode()) == {"lines": 5, "records": 1, "blank": 1, "around": 3}


def test_a_row_of_csv_is_one_line_whatever_its_cells_hold() -> None:
    data = rows(
        '10.7.0.1,10.7.0.2,5,1773057600,"over\nthree\nlines"', ROW, "", "-,-,,-,", "1,2",
        '10.7.0.1,10.7.0.2,x,1773057600,"also\nover two"', ROW,
    )  # fmt: skip
    found, report = read(data)
    assert account(report) == {
        "lines": 8, "records": 3, "malformed": 2, "blank": 2, "around": 1
    }  # fmt: skip
    assert [row["note"] for row in found] == ["over three lines", "x", "x"]
    # The lines where the rows begin, as an editor counts them.
    assert [reason.line for reason in report.reasons] == [8, 9]


@pytest.mark.parametrize(
    "stray",
    [
        '"10.7.0.1,10.7.0.2,5,1773057600,x',
        '10.7.0.1,10.7.0.2,5,1773057600,a 5" pipe',
        '10.7.0.1,10.7.0.2,5,1773057600,say "hi" twice',
        '10.7.0.1,10.7.0.2,5,1773057600,"""',
    ],
)
@pytest.mark.parametrize("other", [ROW, '10.7.0.1,10.7.0.2,5,1773057600,"a, b"'])
def test_a_stray_quote_costs_no_other_row(stray: str, other: str) -> None:
    found, report = read(rows(other, stray, other, other))
    assert account(report) == {"lines": 5, "records": 4, "around": 1}
    assert [row["note"] for row in found][::2] == [other.split(",", 4)[4].strip('"')] * 2


def test_a_row_goes_on_in_the_next_piece_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_SLICE", 60)
    wide = '10.7.0.1,10.7.0.2,5,1773057600,"one\ntwo\nthree\nfour"'
    found, report = read(rows(*[wide, ROW, "1,2"] * 20))
    assert account(report) == {"lines": 61, "records": 40, "malformed": 20, "around": 1}
    assert {row["note"] for row in found} == {"one two three four", "x"}
    assert [reason.line for reason in report.reasons[:3]] == [7, 13, 19]


@pytest.mark.parametrize("row", ["", ",", '"', "a", ",,,,,,,,", '"x'])
def test_very_many_wrong_rows_are_counted_without_being_held(row: str) -> None:
    _, report = read(rows(ROW, *[row] * 100_000, ROW))
    assert account(report)["lines"] == 100_003
    assert report.records == 2
    assert report.malformed == (100_000 if row.strip('"') else 0)


def test_a_file_that_is_one_column_has_no_record_in_a_blank_line() -> None:
    _, report = read(b"10.7.0.1\n\n10.7.0.2\n", given="srcaddr")
    assert account(report) == {"lines": 3, "records": 2, "blank": 1}


def test_values_of_json_are_counted() -> None:
    data = b"\n".join([dumped(message(OK_LINE, "bad", "")), dumped(CONTROL), b"{oops}", b""])
    assert of(data) == {"lines": 5, "records": 1, "malformed": 2, "blank": 1, "around": 1}


@pytest.mark.parametrize("events", [None, 5, "x", {"message": OK_LINE}])
def test_events_that_are_no_list_are_malformed(events: object) -> None:
    bad = message() | {"logEvents": events}
    assert of(dumped(message(OK_LINE)) + dumped(bad)) == {"lines": 2, "records": 1, "malformed": 1}


def test_json_that_is_cut_short_has_a_malformed_line_at_its_end() -> None:
    whole = json.dumps({"message": OK_LINE})
    _, report = read(f"{whole}\n{whole[:40]}".encode())
    assert account(report) == {"lines": 2, "records": 1, "malformed": 1}
    assert report.counts == {"JSON that is cut short": 1}
    assert report.broken == "JSON content is cut short or damaged"


def test_an_event_whose_data_is_damaged_is_malformed() -> None:
    data = in_base64(message(OK_LINE))
    events = {"Records": [{"kinesis": {"data": d}} for d in (data, data[:24] + "A" * 40)]}
    assert of(dumped(events)) == {"lines": 2, "records": 1, "malformed": 1}
    with pytest.raises(FormatError, match="holds no record: its data is damaged or too large"):
        read(dumped({"Records": events["Records"][1:]}))


def test_the_piece_of_a_line_where_gzip_breaks_off_is_counted() -> None:
    whole = packed(text(*[line(bytes=n) for n in range(5000)]))
    parsed = parse(whole[: len(whole) // 2])
    records = sum(len(found.table) for found in parsed)
    counted = account(parsed.report)
    assert counted == {"lines": records + 2, "records": records, "malformed": 1, "around": 1}
