"""Whatever a file holds, memory and work grow with its bytes, and every line is accounted for."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.formats.reading import HEADER, OK_LINE, line, packed, read, rows_of, text
from vpcflow_core.errors import FormatError
from vpcflow_core.formats import json_text
from vpcflow_core.formats.blocks import whole_lines
from vpcflow_core.formats.parse import parse

MB = 2**20
LONG = "x" * (MB + 1)
RECORD = {"srcaddr": "10.4.0.9", "dstaddr": "192.0.2.7", "start": 1773057600}
COMMAS = HEADER.replace(" ", ","), OK_LINE.replace(" ", ",")


def dumped(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


LONG_LINES = {
    "text": text(OK_LINE, LONG, OK_LINE),
    "text of many words": text(OK_LINE, "1 " * MB, OK_LINE),
    "text in gzip": packed(text(OK_LINE, LONG * 20, OK_LINE)),
    "text without end": text(OK_LINE, OK_LINE, LONG).rstrip(b"\n"),
    "csv": "\n".join([COMMAS[0], COMMAS[1], "x," * MB, COMMAS[1], ""]).encode(),
    "json": dumped(RECORD, {**RECORD, "note": LONG}, RECORD),
    "wrapped": dumped({"message": OK_LINE}, {"message": LONG}, {"message": OK_LINE}),
}


@pytest.mark.parametrize("form", LONG_LINES)
def test_a_line_of_more_than_a_megabyte_is_malformed_and_costs_itself_alone(form: str) -> None:
    rows, report = read(LONG_LINES[form])
    assert (len(rows), report.malformed) == (2, 1)
    assert report.counts == {"a line longer than 1 MB": 1}
    assert report.reasons[0].line in (2, 3, 4)
    assert len(report.reasons[0].text) <= 500
    assert "\0" not in report.reasons[0].text


def test_a_line_of_a_megabyte_is_looked_at() -> None:
    rows, report = read(text(f"{OK_LINE} {'y' * (MB - len(OK_LINE) - 1)}", OK_LINE))
    assert (len(rows), report.counts) == (1, {"more fields where the format has 14": 1})


def test_line_numbers_hold_after_long_lines() -> None:
    _, report = read(text(LONG, OK_LINE, LONG, "", LONG, line(srcport="x")))
    assert [reason.line for reason in report.reasons] == [2, 4, 6, 7]


def test_a_long_line_is_not_held_while_it_is_read() -> None:
    pieces = [b"a\n", *[b"x" * 1000] * 3000, b"\nb\n"]
    held = list(whole_lines(iter(pieces), 4000))
    assert sum(map(len, held)) < MB
    assert b"".join(held).split(b"\n")[0] == b"a"
    assert b"".join(held).split(b"\n")[2] == b"b"


def test_a_message_may_be_longer_than_a_line() -> None:
    events = [{"id": str(n), "timestamp": 1, "message": line(bytes=n)} for n in range(15_000)]
    message = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "g",
        "logStream": "s",
        "logEvents": events,
    }
    data = dumped(message)
    assert len(data) > 2 * MB
    assert len(rows_of(data)) == 15_000


def test_a_message_that_is_too_long_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MOST_VALUE", 1000)
    cut = b'{"events": [' + b'{"message": "x"}, ' * 200
    _, report = read(cut)
    assert report.malformed == 1
    assert list(report.counts) == ["a JSON value longer than 128 MB"]


def wide(count: int) -> tuple[list[str], list[str]]:
    more = count - len(HEADER.split())
    return [*HEADER.split(), *(f"c{n}" for n in range(more))], [*OK_LINE.split(), *["x"] * more]


def in_parquet(names: list[str], values: list[str]) -> bytes:
    sink = io.BytesIO()
    columns = zip(names, values, strict=True)
    pq.write_table(pa.table({name: pa.array([value]) for name, value in columns}), sink)
    return sink.getvalue()


WIDE: dict[str, Callable[[list[str], list[str]], bytes]] = {
    "text": lambda names, values: f"{' '.join(names)}\n{' '.join(values)}\n".encode(),
    "csv": lambda names, values: f"{','.join(names)}\n{','.join(values)}\n".encode(),
    "parquet": in_parquet,
}


@pytest.mark.parametrize("form", WIDE)
def test_a_file_has_at_most_500_columns(form: str) -> None:
    [row] = rows_of(WIDE[form](*wide(500)))
    assert (len(row), row["bytes"], row["c485"]) == (500, 4249, "x")
    with pytest.raises(FormatError, match=r"a\.log has 501 columns; flow logs have 500 at most"):
        read(WIDE[form](*wide(501)))


def test_of_json_objects_the_first_500_keys_are_kept() -> None:
    objects = [{**RECORD, f"key{n}": n} for n in range(900)]
    rows, report = read(dumped(*objects, {**RECORD, "bytes": 7}))
    assert (len(rows), report.malformed) == (901, 0)
    assert len(report.fields) == 501
    assert rows[0]["key0"] == "0"
    assert rows[-1]["bytes"] == 7
    assert report.notes == ["Of more than 500 keys the first ones are kept."]


def test_very_many_keys_in_one_object_are_cut_too() -> None:
    rows, report = read(dumped({**RECORD, **{f"key{n}": n for n in range(50_000)}}))
    assert (len(rows), len(report.fields)) == (1, 500)


def test_a_key_of_thousands_of_letters_is_left_out() -> None:
    rows, _ = read(dumped({**RECORD, "k" * 5000: {"a": 1}}))
    assert list(rows[0]) == ["srcaddr", "dstaddr", "start_time"]


@pytest.mark.parametrize("brackets", [b"[", b"[" * 100_000, b"[[[[\n" * 50])
def test_brackets_without_values_are_counted(brackets: bytes) -> None:
    parsed = parse(brackets)
    with pytest.raises(FormatError, match="holds no record"):
        list(parsed)
    assert parsed.report.malformed == 1
    assert "cut short" in parsed.report.broken


def test_an_array_that_does_not_end_is_reported() -> None:
    rows, report = read(b"[" + dumped(RECORD).strip() + b",")
    assert (len(rows), report.broken) == (1, "JSON content is cut short or damaged")


@pytest.mark.parametrize("place", [0, 7, 40, 90])
def test_a_cr_inside_of_a_row_of_csv_costs_its_row_at_most(place: int) -> None:
    odd = COMMAS[1][:place] + "\r" + COMMAS[1][place:]
    rows, report = read("\n".join([COMMAS[0], COMMAS[1], odd, COMMAS[1]]).encode())
    assert len(rows) + report.malformed == 3
    assert all(reason.line == 3 for reason in report.reasons)


def test_a_quote_that_does_not_end_loses_no_line() -> None:
    rows = ["a,b", '"c', *["d"] * 1000, COMMAS[1]]
    _, report = read("\n".join([COMMAS[0], *rows]).encode())
    assert report.records + report.malformed == len(rows)


def test_a_refusal_for_want_of_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise pa.ArrowMemoryError("malloc of size 9 failed")

    monkeypatch.setattr("vpcflow_core.formats.lines.LineReader.read_block", full)
    with pytest.raises(FormatError, match=r"a\.log needs more memory than there is"):
        read(text(OK_LINE))


HUGE = """
import gzip, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from vpcflow_core.formats.parse import parse
from vpcflow_core.errors import FormatError
MB = 2**20
for data in (
    gzip.compress(b"x" * 20 * MB, 1) * 60,
    gzip.compress(b"[" * 20 * MB, 1) * 5,
    gzip.compress(b'{"srcaddr": "') + gzip.compress(b"y" * 20 * MB, 1) * 20,
    gzip.compress(b"1 " * 10 * MB, 1) * 20,
):
    parsed = parse(data, name="a")
    try:
        list(parsed)
    except FormatError as error:
        pass
    print(parsed.report.malformed, parsed.report.records)
"""


@pytest.mark.slow
def test_huge_lines_end_in_a_sentence_within_a_gigabyte() -> None:
    done = subprocess.run([sys.executable, "-c", HUGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["1", "0"] * 4), done.stderr[-500:]
