"""CSV with a header of field names, or of `timestamp,message`, to records."""

from __future__ import annotations

import csv
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vpcflow_core.errors import FormatError
from vpcflow_core.formats import flat
from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME, EXAMPLES_KEPT, Records, Rejected, Report
from vpcflow_core.formats.bounds import LONG_LINE, MARK
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
    places = tuple(f"{place}" for place in range(len(columns)))
    line = line_column(names)
    if line is None:
        report.fields_from = "header"
    first = 1
    for block in map(_without_crs, blocks):
        body = block if first > 1 else block[_end_of_line(block) :]
        offset = first if first > 1 else 2
        rows, numbers, rejected = _rows(body, places, offset, report)
        if line is not None:
            for wrong in rejected:
                report.example(wrong.line, wrong.reason, wrong.text)
            yield from reader.read(_lines(rows, numbers, names, line))
        else:
            named = rows.rename_columns(unique(columns))
            yield from flat.records(
                report, named, numbers, _Shown(body, numbers - offset), rejected
            )
        first += block.count(b"\n")
        reader.next_line = first


def _without_crs(block: bytes) -> bytes:
    """The block with line feeds alone at the ends of its lines: a CR inside of a row is a blank."""
    return block.replace(b"\r\n", b"\n").replace(b"\r", b" ") if b"\r" in block else block


def _end_of_line(block: bytes) -> int:
    return block.find(b"\n") + 1 or len(block)


class _Shown:
    """The line of a row, found only when it is asked for."""

    def __init__(self, block: bytes, places: npt.NDArray[np.int64]) -> None:
        self._block = block
        self._places = places
        self._lines: list[bytes] = []

    def __call__(self, row: int) -> str:
        self._lines = self._lines or self._block.split(b"\n")
        place = int(self._places[row])
        return self._lines[place].decode(errors="replace").strip()


def _rows(
    block: bytes, names: Sequence[str], first: int, report: Report
) -> tuple[pa.Table, npt.NDArray[np.int64], list[Rejected]]:
    """The rows of the right length as text, the numbers of their lines, and the other rows."""
    if not block.strip():
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        return empty, np.array([], dtype=np.int64), []
    # What is no UTF-8 becomes U+FFFD, which no value of a record holds.
    block = block.decode(errors="replace").encode() if not _is_utf8(block) else block
    table, wrong = _table(block, names)
    if table is None or (wrong.places and len(table) + len(wrong.places) < _lines_of(block)):
        # Quotes that never end: each of them is a blank.
        table, wrong = _table(block.replace(b'"', b" "), names)
    if table is None:
        raise FormatError("Where the rows of the CSV file end is not clear.", "Is it CSV?")
    for kind, count in wrong.counts.items():
        report.count(kind, count)
    everything = np.arange(first, first + len(table) + len(wrong.places), dtype=np.int64)
    skipped = np.array(wrong.places, dtype=np.int64)
    rejected = [replace(example, line=first + example.line) for example in wrong.examples]
    cleaned = [flat.without_nulls(_unquoted(column)) for column in table.columns]
    numbers = np.delete(everything, skipped)
    table = pa.table(cleaned, names=list(names))
    blank = np.ones(len(table), dtype=bool)
    for column in cleaned:
        blank &= np.asarray(pc.is_null(column))
    if blank.any():
        table, numbers = table.filter(pa.array(~blank)), numbers[~blank]
    return table, numbers, rejected


def _lines_of(block: bytes) -> int:
    return block.count(b"\n") + (not block.endswith(b"\n"))


class _Wrong:
    """Takes the rows of another length; holds their places and the first of them."""

    def __init__(self, expected: int) -> None:
        self.places = array("q")
        self.counts: Counter[str] = Counter()
        self.examples: list[Rejected] = []
        self._expected = expected

    def __call__(self, row: pa.csv.InvalidRow) -> str:
        place = row.number - 1
        self.places.append(place)
        if row.text.startswith(MARK):
            self._reject(LONG_LINE, Rejected(place, LONG_LINE, row.text.removeprefix(MARK)))
        elif row.text.strip():
            sentence = f"fields where the format has {self._expected}"
            kind = f"{'more' if row.actual_columns > self._expected else 'fewer'} {sentence}"
            self._reject(kind, Rejected(place, f"{row.actual_columns} {sentence}", row.text))
        return "skip"

    def _reject(self, kind: str, example: Rejected) -> None:
        self.counts[kind] += 1
        if len(self.examples) < EXAMPLES_KEPT:
            self.examples.append(example)


def _table(block: bytes, names: Sequence[str]) -> tuple[pa.Table | None, _Wrong]:
    """The rows as text, None where their ends are unclear, and those of another length."""
    wrong = _Wrong(len(names))
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(
                column_names=list(names), use_threads=False, block_size=len(block) + 1
            ),
            parse_options=pa.csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=wrong),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None, wrong
    return table, wrong


def _unquoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Quotes after a blank (`a, "b"`), which the reader leaves in place, go too."""
    return pc.replace_substring_regex(column, r'^\s+"(.*)"\s*$', r"\1")


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


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
