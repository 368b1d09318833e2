"""Columns of words as dictionaries say the same as plain ones."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vpcflow_core.formats.base import Report
from vpcflow_core.formats.parse import parse
from vpcflow_core.formats.words import equals

COLUMNS = {
    "account_id": ["210987654321", "210987654321", "210987654321", "210987654321"],
    "interface_id": ["eni-1", "-", "eni-2", "eni-1"],
    "srcaddr": ["10.0.0.1", None, "2001:DB8::1", "no address"],
    "srcport": ["443", "-", "80", "22"],
    "action": ["accept", None, "REJECT", "ACCEPT"],
    "start": pa.array([1795176000] * 4, pa.int64()),
    "log_status": ["OK", "nodata", "OK", "OK"],
}


def read(*, dictionary: bool) -> tuple[list[dict[str, object]], Report]:
    sink = io.BytesIO()
    table = pa.table(COLUMNS)
    if dictionary:
        words = {name: table[name].dictionary_encode() for name in COLUMNS if name != "start"}
        table = pa.table({name: words.get(name, table[name]) for name in COLUMNS})
    pq.write_table(table, sink)
    parsed = parse(sink.getvalue(), name="x.parquet")
    return [row for records in parsed for row in records.table.to_pylist()], parsed.report


@pytest.mark.parametrize("dictionary", [False, True])
def test_words_of_parquet_are_cleaned_and_judged(dictionary: bool) -> None:
    rows, report = read(dictionary=dictionary)
    assert [row["interface_id"] for row in rows] == ["eni-1", None, "eni-2"]
    assert [row["srcaddr"] for row in rows] == ["10.0.0.1", None, "2001:db8::1"]
    assert [row["srcport"] for row in rows] == [443, None, 80]
    assert [row["action"] for row in rows] == ["ACCEPT", None, "REJECT"]
    assert [row["log_status"] for row in rows] == ["OK", "NODATA", "OK"]
    assert (report.records, report.nodata, report.malformed) == (3, 1, 1)
    assert report.reasons[0].line == 4
    assert report.reasons[0].reason == "srcaddr: 'no address' is not an IP address"


@pytest.mark.parametrize("dictionary", [False, True])
def test_a_null_equals_no_word(dictionary: bool) -> None:
    column = pa.chunked_array([["OK", None], ["NODATA"]], pa.string())
    column = column.dictionary_encode() if dictionary else column
    assert equals(column, "OK").to_pylist() == [True, None, False]
