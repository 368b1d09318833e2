"""CSV with a header of field names, or of `timestamp,message`, to records."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats import flat
from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME, Records, Report
from vpcflow_core.formats.csv_table import Rows, rows_of
from vpcflow_core.formats.header import header_of, unique
from vpcflow_core.formats.lines import LineReader
from vpcflow_core.formats.raw_lines import Lines
from vpcflow_core.formats.values import typed_times

_QUOTED_LINE = re.compile(rb'"[^",\r\n]+ [^",\r\n]+"\s*(?:\n|$)')
LINE_NAMES = ("message", "_raw", "body", "@message")
TIME_NAMES = ("timestamp", "@timestamp", "_time", "time")
ID_NAMES = ("eventid", "event_id", "id", "@ptr")


def names_of(first_line: str) -> list[str] | None:
    """The names in a CSV header, or None if the line is none."""
    names = row_of(first_line)
    if line_column(names) is not None and all(names):
        return names
    return names if len(names) > 1 and header_of(names) else None


def row_of(line: str) -> list[str]:
    """The values between the commas of a line; none if it is no row of CSV."""
    try:
        return [value.strip() for value in next(csv.reader([line]), [])]
    except csv.Error:  # a carriage return in the middle
        return []


def is_quoted_line(start: bytes) -> bool:
    """Whether it begins with a whole log line in quotes, as `jq` prints a text."""
    return _QUOTED_LINE.match(start) is not None


def line_column(names: Sequence[str]) -> int | None:
    """Place of the column that holds whole lines, if there is one."""
    return _place(names, LINE_NAMES)


def _place(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    lower = [name.lower() for name in names]
    return next((lower.index(name) for name in wanted if name in lower), None)


def read(
    blocks: Iterable[bytes], names: list[str], report: Report, reader: LineReader
) -> Iterator[Records]:
    """Records of a CSV file whose first line holds `names`.

    Rows of whole lines go to `reader`, which shares the report.
    """
    columns = [name.strip() or f"column_{place}" for place, name in enumerate(names, 1)]
    line = line_column(names)
    if line is None:
        report.fields_from = "header"
    report.lines += 1
    report.around += 1
    for rows in rows_of(_without_header(blocks), len(columns), first=2):
        reader.next_line = rows.next_line
        _account(rows, report)
        table, numbers, shown = _with_values(rows, report)
        if line is not None:
            for wrong in rows.examples:
                report.example(wrong.line, wrong.reason, wrong.text)
            yield from reader.read(_lines(table, numbers, names, line))
        else:
            named = table.rename_columns(unique(columns))
            yield from flat.records(report, named, numbers, shown, rows.examples)


def _without_header(blocks: Iterable[bytes]) -> Iterator[bytes]:
    is_first = True
    for block in blocks:
        yield block[block.find(b"\n") + 1 or len(block) :] if is_first else block
        is_first = False


def _account(rows: Rows, report: Report) -> None:
    report.lines += rows.count
    report.blank += rows.blank
    for kind, count in rows.counts.items():
        report.count(kind, count)


def _with_values(
    rows: Rows, report: Report
) -> tuple[pa.Table, npt.NDArray[np.int64], Callable[[int], str]]:
    """The rows that hold any value, their lines' numbers, and what shows a row."""
    unquoted = _unquoted if b'"' in rows.text else _same
    columns = [flat.without_nulls(unquoted(column)) for column in rows.table.columns]
    table = pa.table(columns, names=rows.table.column_names)
    filled = np.zeros(len(table), dtype=bool)
    for column in columns:
        filled |= np.asarray(pc.is_valid(column))
    places = np.flatnonzero(filled)
    report.blank += len(table) - len(places)
    if len(places) < len(table):
        table = table.filter(pa.array(filled))
    return table, rows.numbers[places], _Shown(rows.text, places)


class _Shown:
    """The text of a row, found only when it is asked for."""

    def __init__(self, block: bytes, places: npt.NDArray[np.int64]) -> None:
        self._block = block
        self._places = places
        self._lines: list[bytes] = []

    def __call__(self, row: int) -> str:
        self._lines = self._lines or self._block.split(b"\n")
        place = int(self._places[row])
        return self._lines[place].decode(errors="replace").strip()


def _same(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column


def _unquoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Quotes after a blank (`a, "b"`), which the reader leaves in place, go too."""
    return pc.replace_substring_regex(column, r'^\s+"(.*)"\s*$', r"\1")


def _lines(
    rows: pa.Table, numbers: npt.NDArray[np.int64], names: Sequence[str], line: int
) -> Lines:
    beside = {}
    time, ident = _place(names, TIME_NAMES), _place(names, ID_NAMES)
    if time is not None:
        beside[EVENT_TIME] = typed_times(rows.column(time).combine_chunks())
    if ident is not None:
        beside[EVENT_ID] = rows.column(ident)
    text = pc.fill_null(rows.column(line), "").combine_chunks()
    return Lines(text, numbers, pa.table(beside) if beside else None)
