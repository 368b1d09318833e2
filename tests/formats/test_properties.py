"""What holds for any records: printing and reading are inverse, and no line is ever lost."""

from __future__ import annotations

from socket import AF_INET6, inet_ntop
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.damage import damaged, read_or_refuse
from tests.formats.reading import read
from tests.formats.samples import SAMPLES
from vpcflow_core.fields import FIELDS, KINDS, Field, find_field, is_transit
from vpcflow_core.formats import fast
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.formats.header import read_header
from vpcflow_core.formats.lines import LineReader
from vpcflow_core.formats.parse import parse
from vpcflow_core.formats.raw_lines import lines_of
from vpcflow_core.formats.values import ALLOWED, TAGS

LOGGED = [field for field in FIELDS if field.version]
WORDS = st.text("abcxyzABC0189-_.:/%", min_size=1, max_size=12).filter(
    lambda word: word not in ("-", "None") and find_field(word) is None
)
ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: inet_ntop(AF_INET6, address.packed)),
)


def values(field: Field) -> st.SearchStrategy[Any]:
    if field.kind == "time":
        return st.integers(0, 10**11)
    if field.is_number:
        limits = KINDS[field.kind]
        return st.integers(limits.lowest, limits.highest)
    if field.kind == "address":
        return ADDRESSES
    if field.name in TAGS:
        return WORDS.map(lambda word: word.replace("%", "x"))
    return st.sampled_from(ALLOWED[field.name]) if field.name in ALLOWED else WORDS


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Field], list[dict[str, Any]]]:
    fields = draw(st.lists(st.sampled_from(LOGGED), min_size=2, max_size=20, unique=True))
    record = st.fixed_dictionaries({field.name: st.none() | values(field) for field in fields})
    records = draw(st.lists(record, min_size=1, max_size=12))
    return fields, [{field.name: record[field.name] for field in fields} for record in records]


def printed(fields: list[Field], records: list[dict[str, Any]]) -> list[str]:
    lines = [" ".join(field.aws for field in fields)]
    for record in records:
        words = ["-" if value is None else str(value) for value in record.values()]
        lines.append(" ".join(words))
    return lines


def epochs(fields: list[Field], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = {field.name for field in fields if field.kind == "time"}
    return [
        {k: round((v - v.min.replace(1970)).total_seconds()) if k in times and v else v
         for k, v in row.items()}
        for row in rows
    ]  # fmt: skip


@pytest.mark.slow
@given(logs())
@settings(max_examples=150, deadline=None)
def test_records_survive_printing_and_reading(
    log: tuple[list[Field], list[dict[str, Any]]],
) -> None:
    fields, records = log
    rows, report = read("\n".join(printed(fields, records)).encode())
    assert epochs(fields, rows) == records
    assert (report.records, report.malformed) == (len(records), 0)
    assert report.fields == [field.name for field in fields]


@given(logs())
@settings(max_examples=50, deadline=None)
def test_a_given_format_reads_what_a_header_reads(
    log: tuple[list[Field], list[dict[str, Any]]],
) -> None:
    fields, records = log
    header, *lines = printed(fields, records)
    assert read("\n".join(lines).encode(), given=header)[0] == read(
        "\n".join([header, *lines]).encode()
    )[0]  # fmt: skip


DIRT = st.sampled_from(
    [b"\n", b" ", b"  ", b"\t", b"\r", b"\0", b"\xff", b"x", b"-", b"9", b"0x", b"."]
)


@st.composite
def corrupted(draw: st.DrawFn) -> tuple[bytes, bytes]:
    fields, records = draw(logs())
    header, *lines = printed(fields, records)
    body = bytearray("\n".join(lines).encode())
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(body)))
        if draw(st.booleans()):
            body[place:place] = draw(DIRT)
        else:
            del body[place : place + draw(st.integers(1, 9))]
    return header.encode(), bytes(body)


def is_header(line: bytes) -> bool:
    return read_header(" ".join(line.decode(errors="replace").split())) is not None


@pytest.mark.slow
@given(corrupted())
@settings(max_examples=300, deadline=None)
def test_no_corruption_loses_a_line(log: tuple[bytes, bytes]) -> None:
    header, body = log
    _, report = read(header + b"\n" + body)
    lines = [line for line in body.split(b"\n") if line.strip(b" \t\r\v\f")]
    headers = sum(is_header(line) for line in lines)
    assert report.records + report.malformed + headers == len(lines)
    assert sum(report.counts.values()) == report.malformed


@pytest.mark.slow
@given(corrupted())
@settings(max_examples=300, deadline=None)
def test_the_fast_path_says_what_the_careful_one_says(log: tuple[bytes, bytes]) -> None:
    header, body = log
    columns = read_header(header.decode()).columns
    table = fast.read(body, columns) if body else None
    parsed = parse(b"", given=LogFormat(columns))
    careful = LineReader(parsed.report, LogFormat(columns))
    rows = [row for records in careful.read(lines_of(body, 1)) for row in records.table.to_pylist()]
    if table is not None:
        assert table.to_pylist() == rows
        assert parsed.report.malformed == 0


@pytest.mark.slow
@given(logs())
@settings(max_examples=30, deadline=None)
def test_a_transit_gateways_records_are_marked(
    log: tuple[list[Field], list[dict[str, Any]]],
) -> None:
    fields, records = log
    tables = list(parse("\n".join(printed(fields, records)).encode()))
    assert {table.transit for table in tables} == {is_transit(field.name for field in fields)}


@pytest.mark.slow
@given(damaged(SAMPLES.values()))
@settings(max_examples=200, deadline=None)
def test_damaged_samples_are_read_or_refused_but_never_crash(data: bytes) -> None:
    read_or_refuse(data)
