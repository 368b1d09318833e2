"""Rows of CSV to columns of text. Every row counts: right, of another length, too long or blank.

A row is a line of text, or several where a cell in quotes goes on over their ends. Quotes that are
no cell's (within a value, or never ended) are blanks, in their own line alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from vpcflow_core.errors import FormatError
from vpcflow_core.formats.base import EXAMPLES_KEPT, Rejected
from vpcflow_core.formats.blocks import slices
from vpcflow_core.formats.bounds import LONG_LINE, MARK, MOST_LINE
from vpcflow_core.units import number_of

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_FEED, _QUOTE, _COMMA, _BLANK = b'\n",'[0], b'"'[0], b","[0], b" "[0]
_WHITE = np.zeros(256, dtype=bool)
_WHITE[[9, 10, 11, 12, 13, 32]] = True
_ROW = re.compile(rb'(?:(?:"[^"]*(?:""[^"]*)*"|[^",\n]*)[,\n])*')
# What is looked at closely at once: its arrays take eight bytes a line and more.
_SLICE = 2 * 2**20
_MOST_LINES_OF_ROW = 200
# Lines with an odd number of quotes that are looked at one by one in a slice; with more of them the
# quotes of the slice mean nothing.
_MOST_ODD = 20_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file.

    Attributes:
        table: Columns of text of the rows of the right length.
        numbers: The line (from 1) in which each of them begins.
        text: Those rows, one a line.
        count: How many rows these are, with those that are not in the table.
        next_line: Number of the line that follows.
        blank: How many rows hold nothing.
        counts: How many rows are malformed, by reason.
        examples: The first malformed rows.
    """

    table: pa.Table
    numbers: Places
    text: bytes
    count: int
    next_line: int
    blank: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[Rejected] = field(default_factory=list)


def rows_of(blocks: Iterable[bytes], columns: int, first: int) -> Iterator[Rows]:
    """The rows of blocks of whole lines; a row may go on in the next block.

    Args:
        blocks: The content behind the header.
        columns: How many cells a row has.
        first: Number of its first line.
    """
    rest = b""
    for block in blocks:
        tidy = rest + _tidy(block)
        plain = _plain(tidy, columns, first)
        if plain is not None:
            rest, first = b"", plain.next_line
            yield plain
            continue
        rest = b""
        for part in slices(tidy, _SLICE):
            rows, rest = _closely(_Text.of(rest + part, columns), first)
            first = rows.next_line
            yield rows
    if rest:
        yield _closely(_Text.of(rest, columns, is_last=True), first)[0]


def _tidy(block: bytes) -> bytes:
    """UTF-8 with line feeds alone at the ends of lines; a CR inside of a row is a blank."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    try:
        block.decode()
    except UnicodeDecodeError:
        # What is no UTF-8 becomes U+FFFD, which no value of a record holds.
        block = block.decode(errors="replace").encode()
    return block if block.endswith(b"\n") or not block else block + b"\n"


def _plain(block: bytes, columns: int, first: int) -> Rows | None:
    """The rows of a block in which each line is a row of the right length; None of another one."""
    count = block.count(b"\n")
    # Arrow takes an empty line for a row of nulls.
    is_odd = block.startswith(b"\n") or b"\n\n" in block or MARK.encode() in block
    table = None if is_odd else _table(block, columns)
    if table is None or len(table) != count:
        return None
    numbers = np.arange(first, first + count, dtype=np.int64)
    return Rows(table, numbers, block, count, first + count)


def _table(block: bytes, columns: int) -> pa.Table | None:
    """The rows as text; None where one of them has another length."""
    names = [str(place) for place in range(columns)]
    if not block:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        return pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=len(block) + 1
            ),
            parse_options=pa.csv.ParseOptions(ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None


@dataclass(slots=True)
class _Text:
    """Lines of CSV on their way to one row a line.

    Attributes:
        codes: The bytes; each line ends with a feed.
        starts: Where the rows begin.
        lines: Which line of the text each row begins in, from 0.
        columns: How many cells a row has.
        rest: The beginning of a row that may go on in what follows.
        length: How many lines there are, without those of `rest`.
    """

    codes: Codes
    starts: Places
    lines: Places
    columns: int
    rest: bytes
    length: int

    @staticmethod
    def of(block: bytes, columns: int, *, is_last: bool = False) -> _Text:
        """The text with its rows joined and stray quotes taken out."""
        codes = np.frombuffer(block, dtype=np.uint8).copy()
        feeds = np.flatnonzero(codes == _FEED)
        starts = np.concatenate(([0], feeds[:-1] + 1)).astype(np.int64)
        text = _Text(codes, starts, np.arange(len(starts)), columns, b"", len(starts))
        if b'"' in block:
            text._join(is_last)
            text._blank_stray_quotes()
        return text

    def sums(self, flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """How many bytes of each row are marked."""
        if not len(self.starts):
            return np.empty(0, dtype=np.int64)
        return np.add.reduceat(flags, self.starts, dtype=np.int64)

    def in_quotes(self) -> npt.NDArray[np.bool_]:
        """Which bytes are in quotes; every row has an even number of them."""
        return np.bitwise_xor.accumulate((self.codes == _QUOTE).view(np.uint8)).view(bool)

    def _join(self, is_last: bool) -> None:
        """Make one line of each row that goes over several, and keep one without end for later."""
        odd = np.flatnonzero(self.sums(self.codes == _QUOTE) & 1)
        if len(odd) > _MOST_ODD:
            self.codes[self.codes == _QUOTE] = _BLANK
            return
        ends = np.append(self.starts[1:], len(self.codes))
        joined = np.zeros(len(self.starts), dtype=bool)
        place = 0
        while place < len(odd):
            begin, is_open = int(odd[place]), place + 1 == len(odd)
            end = len(joined) - 1 if is_open else int(odd[place + 1])
            row = slice(self.starts[begin], ends[end])
            may_be = row.stop - row.start <= MOST_LINE and end - begin <= _MOST_LINES_OF_ROW
            if is_open and may_be and not is_last:
                self._keep_for_later(begin)
                joined = joined[:begin]
                break
            if may_be and not is_open and self._is_row(row):
                joined[begin + 1 : end + 1] = True
                self.codes[ends[begin:end] - 1] = _BLANK
                place += 2
            else:
                line = self.codes[self.starts[begin] : ends[begin]]
                line[line == _QUOTE] = _BLANK
                place += 1
        self.starts, self.lines = self.starts[~joined], self.lines[~joined]

    def _keep_for_later(self, row: int) -> None:
        start = int(self.starts[row])
        self.rest = self.codes[start:].tobytes()
        self.codes, self.starts = self.codes[:start], self.starts[:row]
        self.lines, self.length = self.lines[:row], row

    def _is_row(self, row: slice) -> bool:
        text = self.codes[row].tobytes()
        outside = text.split(b'"')[::2]
        cells = 1 + sum(part.count(b",") for part in outside)
        return cells == self.columns and _ROW.fullmatch(text) is not None

    def _blank_stray_quotes(self, *, whole_rows: bool = False) -> None:
        """Take out pairs of quotes that do not enclose a cell, or all quotes of their rows."""
        quotes = np.flatnonzero(self.codes == _QUOTE)
        opens, closes = quotes[::2], quotes[1::2]
        around = np.concatenate(([_FEED], self.codes, [_FEED]))
        # Two quotes side by side in a cell are one that belongs to it.
        doubled = np.concatenate(([False], opens[1:] == closes[:-1] + 1))[: len(opens)]
        stray = ~(np.isin(around[opens], (_FEED, _COMMA)) | doubled)
        stray |= ~np.isin(around[closes + 2], (_FEED, _COMMA, _QUOTE))
        if not stray.any():
            return
        if whole_rows:
            row_of = np.searchsorted(self.starts, quotes, "right") - 1
            self.codes[quotes[np.isin(row_of, row_of[::2][stray])]] = _BLANK
        else:
            self.codes[np.concatenate((opens[stray], closes[stray]))] = _BLANK
            self._blank_stray_quotes(whole_rows=True)

    def rows(self, which: npt.NDArray[np.bool_]) -> bytes:
        """The text of some rows."""
        lengths = np.diff(np.append(self.starts, len(self.codes)))
        return self.codes[np.repeat(which, lengths)].tobytes()

    def row(self, place: int) -> str:
        """The text of one row."""
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.codes)
        return self.codes[self.starts[place] : end].tobytes().decode(errors="replace").rstrip("\n")


def _closely(text: _Text, first: int) -> tuple[Rows, bytes]:
    """The rows of a text with its wrong ones, and what may go on in the next one."""
    commas = text.codes == _COMMA
    if (text.codes == _QUOTE).any():
        commas &= ~text.in_quotes()
    cells = text.sums(commas) + 1
    blank = text.sums(~_WHITE[text.codes]) == 0
    long = _begin_with_mark(text)
    right = (cells == text.columns) & ~blank & ~long
    kept = text.rows(right)
    table = _table(kept, text.columns)
    if table is None or len(table) != right.sum():
        raise FormatError("Where the rows of the CSV file end is not clear.", "Is it CSV?")
    rows = Rows(
        table,
        first + text.lines[right],
        kept,
        len(text.starts),
        first + text.length,
        int(blank.sum()),
    )
    wrong = ~(right | blank)
    _count(rows, long, cells, wrong, text.columns)
    for place in map(int, np.flatnonzero(wrong)[:EXAMPLES_KEPT]):
        said = f"{number_of(int(cells[place]), 'fields')} {_expected(text.columns)}"
        reason = LONG_LINE if long[place] else said
        shown = text.row(place).removeprefix(MARK)
        rows.examples.append(Rejected(first + int(text.lines[place]), reason, shown))
    return rows, text.rest


def _begin_with_mark(text: _Text) -> npt.NDArray[np.bool_]:
    first, second = MARK.encode()
    begins: npt.NDArray[np.bool_] = text.codes[text.starts] == first
    begins[begins] = text.codes[text.starts[begins] + 1] == second
    return begins


def _count(
    rows: Rows,
    long: npt.NDArray[np.bool_],
    cells: npt.NDArray[np.int64],
    wrong: npt.NDArray[np.bool_],
    columns: int,
) -> None:
    kinds = {
        LONG_LINE: long,
        f"more fields {_expected(columns)}": wrong & ~long & (cells > columns),
        f"fewer fields {_expected(columns)}": wrong & ~long & (cells < columns),
    }
    for kind, which in kinds.items():
        if which.any():
            rows.counts[kind] += int(which.sum())


def _expected(columns: int) -> str:
    return f"where the format has {columns}"
