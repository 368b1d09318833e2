"""Lines to records: finds the format of each line, and decides line by line where any is odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import is_transit
from vpcflow_core.formats import fast, infer
from vpcflow_core.formats.base import (
    EXAMPLES_KEPT,
    FieldsFrom,
    LogFormat,
    Records,
    Report,
)
from vpcflow_core.formats.blocks import slices
from vpcflow_core.formats.bounds import LONG_LINE, MARK
from vpcflow_core.formats.cli_text import without_answer
from vpcflow_core.formats.header import read_header
from vpcflow_core.formats.raw_lines import (
    EXPORTED_BLOCK,
    Lines,
    lengths_of,
    lines_of,
    tidy,
    without_export_times,
    without_first,
)
from vpcflow_core.formats.values import (
    Fault,
    typed,
)
from vpcflow_core.units import number_of

_MAY_BE_HEADER = r"^[A-Za-z$@_]"
_LONGEST_HEADER = 2**16
_UNKNOWN = "there is no header, and which fields these are is not certain"
_UNKNOWN_OF = "there is no header, and which fields these are ({}) is not certain"
_MAY_BE_STREAM = r"^[^ ]*[A-Za-z]"
# Lines of a byte or two take fifty times as much while they are read.
_MOST_LINES = 500_000
_PART = 2 * 2**20  # bytes
_NONE_YET = -1  # place of the format of lines before the first header


class LineReader:
    """Reads the lines of one file, block after block, and accounts for each in its report.

    Args:
        report: Takes the account; its `fields_from` says how the first format was known.
        given: The user's format, for lines without header.
        candidates: Formats that lines without header may have, known from elsewhere.

    Attributes:
        next_line: Number of the first line that has not been read.
    """

    def __init__(
        self, report: Report, given: LogFormat | None = None, candidates: Sequence[LogFormat] = ()
    ) -> None:
        self.report = report
        self.refused: FormatError | None = None
        self._formats: tuple[LogFormat, ...] = (given,) if given else tuple(candidates)
        self._from: FieldsFrom = "given"
        self._doubtful = not given and bool(candidates)  # until lines are seen that fit
        self._header: LogFormat | None = None
        self.next_line = 1
        self._failed: pa.Array | None = None  # what the fast path would fail on again
        self._examples: list[tuple[int, str, str]] = []

    @property
    def has_format(self) -> bool:
        """Whether a format is known for lines without header."""
        return bool(self._formats)

    def read_block(self, block: bytes) -> Iterator[Records]:
        """Records of a block of a text file."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        start = 0
        if self._header is None and self.next_line == 1:
            start = self._take_header(block)
        table = self._fast(block, start)
        if table is None:
            has_many = block.count(b"\n") > _MOST_LINES
            for part in slices(block[start:], _PART if has_many else len(block)):
                lines = lines_of(part, self.next_line)
                self._failed = lines.text
                self.report.lines += len(lines)
                yield from self.read(lines)
                self.next_line += part.count(b"\n")
        else:
            # The fast path takes no block with blank lines, so each line is a record.
            self.next_line += len(table)
            self.report.lines += len(table)
            yield from self._give(table, self._current()[0])

    def _take_header(self, block: bytes) -> int:
        """Take the first line as the header if it is one; where the records begin."""
        end = block.find(b"\n", 0, _LONGEST_HEADER) + 1 or len(block)
        line = block[:end] if end < _LONGEST_HEADER else b""
        header = read_header(line.decode(errors="replace").strip())
        if header is None:
            return 0
        self._set_header(header)
        self.next_line += 1
        self.report.lines += 1
        self.report.around += 1
        return end

    def _set_header(self, header: LogFormat) -> None:
        self._header = header
        self._name(header, "header")

    def _current(self) -> tuple[LogFormat, ...]:
        return (self._header,) if self._header else self._formats

    def _fast(self, block: bytes, start: int) -> pa.Table | None:
        formats = self._current()
        if len(formats) != 1:
            return None
        exported = EXPORTED_BLOCK.match(block, start) is not None
        return fast.read(block, formats[0].columns, start=start, exported=exported)

    def read_wrapped(self, lines: Lines) -> Iterator[Records]:
        """Records of lines out of a wrapping: as quick as a block of text, if nothing is odd."""
        block = fast.joined(lines.text).to_pybytes()
        format_ = None if EXPORTED_BLOCK.match(block) else self._only_format(lines, block)
        table = fast.read(block, format_.columns) if format_ else None
        if format_ is None or table is None or len(table) != len(lines):
            yield from self.read(lines)
            return
        if not self._current():
            self._formats, self._from = (format_,), "inferred"
        yield from self._give(table, format_, lines.beside)

    def _only_format(self, lines: Lines, block: bytes) -> LogFormat | None:
        """The format in force, or the one that the lines show if all of them are its records.

        They are if the fast path takes them; then the careful path would infer the same.
        """
        formats = self._current()
        if not formats and self.refused is None and not any(x in block for x in (b"\r", b"\0")):
            with suppress(FormatError):
                formats = infer.formats_of(lines.text)
        return formats[0] if len(formats) == 1 else None

    def read(self, lines: Lines) -> Iterator[Records]:
        """Records of any lines, whatever their state."""
        lines = self._without_blank(self._without_long(lines))
        lines = self._without_streams(lines, without_export_times(lines))
        places, headers, last = self._find_headers(lines)
        self.report.around += int((places == len(headers)).sum())
        yield from self._decide(lines.keep(places == _NONE_YET))
        for place, header in enumerate(headers):
            self._set_header(header)
            yield from self._decide(lines.keep(places == place))
        self._header = last or self._header
        for example in sorted(self._examples):
            self.report.example(*example)
        self._examples.clear()

    def _without_long(self, lines: Lines) -> Lines:
        """The lines but those that were too long, which are counted."""
        long = np.asarray(pc.starts_with(lines.text, MARK))
        if not long.any():
            return lines
        fault = Fault(np.flatnonzero(long), LONG_LINE, lambda _: LONG_LINE)
        bare = lines.with_text(pc.replace_substring(lines.text, MARK, ""))
        self._reject([(bare, fault)])
        return lines.keep(~long)

    def _without_blank(self, lines: Lines) -> Lines:
        """Tidy lines that hold something; blank ones and those around an answer are counted."""
        logged = without_answer(lines)
        tidied = tidy(logged)
        empty = np.asarray(pc.equal(tidied.text, ""))
        blank = int(empty.sum()) if logged is lines else _count_blank(lines.keep(empty))
        self.report.blank += blank
        self.report.around += int(empty.sum()) - blank
        return tidied.keep(~empty)

    def _without_streams(self, before: Lines, lines: Lines) -> Lines:
        """Lines of an export without the name of their log stream, where it has no usual form.

        `aws logs tail` puts it after the time. A stream may have any name; it is one where the
        line is a field too long with it and right without it.
        """
        if lines.text is before.text:
            return lines
        named = pc.match_substring_regex(lines.text, _MAY_BE_STREAM)
        if not pc.any(named).as_py():
            return lines
        named = pc.and_(named, pc.not_equal(lines.text, before.text))
        formats = self._current()
        if not formats:
            if _can_infer(lines):
                return lines
            bare = without_first(lines, named)
            return bare if _can_infer(bare) else lines
        lengths = np.unique([len(format_.columns) for format_ in formats])
        longer = np.isin(lengths_of(lines), lengths + 1) & ~np.isin(lengths_of(lines), lengths)
        named = pc.and_(named, pa.array(longer))
        return without_first(lines, named) if pc.any(named).as_py() else lines

    def _find_headers(
        self, lines: Lines
    ) -> tuple[npt.NDArray[np.int64], list[LogFormat], LogFormat | None]:
        """Which format holds for each line: its place among the headers' formats, and the last one.

        Header lines themselves get the place after their end.
        """
        rows = np.flatnonzero(np.asarray(pc.match_substring_regex(lines.text, _MAY_BE_HEADER)))
        words = lines.text.take(pa.array(rows)).dictionary_encode()
        known = [self._header_in_place(word) for word in words.dictionary.to_pylist()]
        formats = list(dict.fromkeys(header for header in known if header))
        by_format = {header: place for place, header in enumerate(formats)}
        place_of = np.array([by_format[h] if h else _NONE_YET for h in known], dtype=np.int64)
        found = place_of[words.indices.to_numpy()] if len(known) else np.empty(0, np.int64)
        rows, found = rows[found != _NONE_YET], found[found != _NONE_YET]
        # Each header holds from its line up to the next one.
        spans = np.diff(np.concatenate((rows, [len(lines)])))
        before = np.full(rows[0] if len(rows) else len(lines), _NONE_YET, dtype=np.int64)
        places = np.concatenate((before, np.repeat(found, spans)))
        places[rows] = len(formats)
        return places, formats, formats[found[-1]] if len(found) else None

    def _header_in_place(self, line: str) -> LogFormat | None:
        header = read_header(line) if len(line) < _LONGEST_HEADER else None
        single = header is not None and len(header.columns) == 1
        if single and any(len(known.columns) > 1 for known in self._current()):
            return None
        return header

    def _decide(self, lines: Lines) -> Iterator[Records]:
        """Records of lines without header: by the format, or by the first of several that fits."""
        if not len(lines):
            return
        formats = self._fitting_formats(lines)
        if not formats:
            self._refuse(lines)
            return
        left = lines
        for format_ in formats if len(formats) > 1 else ():
            fits = self._fitting(left, format_)
            yield from self._read_as(left.keep(fits), format_)
            left = left.keep(~fits)
        # What fits none is judged by the format of its length, else by the first.
        for format_ in formats:
            own = lengths_of(left) == len(format_.columns)
            yield from self._read_as(left.keep(own), format_)
            left = left.keep(~own)
        yield from self._read_as(left, formats[0])

    def _fitting(self, lines: Lines, format_: LogFormat) -> npt.NDArray[np.bool_]:
        fits = np.zeros(len(lines), dtype=bool)
        right = np.flatnonzero(lengths_of(lines) == len(format_.columns))
        if not len(right):
            return fits
        texts = fast.texts(lines.text.take(pa.array(right)), format_.columns)
        _, faults = typed(texts)
        good = infer.in_shape(texts)
        for fault in faults:
            good[fault.rows] = False
        fits[right[good]] = True
        return fits

    def _fitting_formats(self, lines: Lines) -> tuple[LogFormat, ...]:
        """The formats in force, and those of the lines themselves where none of them fits any.

        Formats known from elsewhere are those of today; lines of a flow log that is gone differ.
        """
        known = self._current()
        if not known:
            return self._infer(lines)
        if self._doubtful and self._header is None:
            self._doubtful = False
            if not any(self._fitting(lines, format_).any() for format_ in known):
                self._formats = tuple(dict.fromkeys((*known, *self._infer(lines))))
        return self._current()

    def _infer(self, lines: Lines) -> tuple[LogFormat, ...]:
        if self.refused is None:
            try:
                self._formats, self._from = infer.formats_of(lines.text), "inferred"
            except FormatError as error:
                self.refused = error
                self.report.fields_from = "inferred"
        return self._formats

    def _refuse(self, lines: Lines) -> None:
        # The whole sentence comes once, with the refusal.
        lengths = lengths_of(lines)

        def why(row: int) -> str:
            return _UNKNOWN_OF.format(number_of(int(lengths[row]), "values"))

        self._reject([(lines, Fault(np.arange(len(lines)), _UNKNOWN, why))])

    def _read_as(self, lines: Lines, format_: LogFormat) -> Iterator[Records]:
        if not len(lines):
            return
        lengths = lengths_of(lines)
        wrong = np.flatnonzero(lengths != len(format_.columns))
        right = lines.keep(lengths == len(format_.columns))
        expected = f"where the format has {len(format_.columns)}"

        def why(row: int) -> str:
            return f"{number_of(int(lengths[row]), 'fields')} {expected}"

        kinds = {"more": lengths[wrong] > len(format_.columns)}
        kinds["fewer"] = ~kinds["more"]
        faults = [
            (lines, Fault(wrong[m], f"{kind} fields {expected}", why))
            for kind, m in kinds.items()
            if m.any()
        ]
        table, value_faults = _values(right, format_, try_fast=right.text is not self._failed)
        self._reject([*faults, *((right, fault) for fault in value_faults)])
        beside = right.beside
        if beside is not None:
            good = np.ones(len(right), dtype=bool)
            for fault in value_faults:
                good[fault.rows] = False
            beside = beside.filter(pa.array(good))
        yield from self._give(table, format_, beside)

    def _reject(self, faults: list[tuple[Lines, Fault]]) -> None:
        """Count the lines that have faults; the first ones of the block become examples."""
        for lines, fault in faults:
            self.report.count(fault.kind, len(fault.rows))
            for row in map(int, fault.rows[:EXAMPLES_KEPT]):
                text = lines.text[row].as_py()
                self._examples.append((int(lines.numbers[row]), fault.reason(row), text))

    def _give(
        self, table: pa.Table, format_: LogFormat, beside: pa.Table | None = None
    ) -> Iterator[Records]:
        if self._header is None:
            self._name(format_, self._from)
        if beside is not None:
            for name in beside.column_names:
                if name not in table.column_names:
                    table = table.append_column(name, beside[name])
            self.report.name_fields(table.column_names)
        if len(table):
            yield account(self.report, table)

    def _name(self, format_: LogFormat, fields_from: FieldsFrom) -> None:
        if not self.report.fields or fields_from == "header":
            self.report.fields_from = fields_from
        self.report.name_fields(format_.columns)


def _can_infer(lines: Lines) -> bool:
    try:
        return bool(infer.formats_of(lines.text))
    except FormatError:
        return False


def _count_blank(lines: Lines) -> int:
    return int(pc.sum(pc.equal(tidy(lines).text, "")).as_py() or 0)


def account(report: Report, table: pa.Table) -> Records:
    """The table as records, counted in the report."""
    report.take(table)
    return Records(table, transit=is_transit(table.column_names))


def _values(lines: Lines, format_: LogFormat, *, try_fast: bool) -> tuple[pa.Table, list[Fault]]:
    """Typed values of tidy lines of the right length, and the faults of those that are wrong."""
    if len(lines) and try_fast:
        table = fast.read(fast.joined(lines.text).to_pybytes(), format_.columns)
        if table is not None:
            return table, []
    texts = fast.texts(lines.text, format_.columns, encoded=True)
    return typed(texts)
