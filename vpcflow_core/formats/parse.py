"""Recognises an object's format by its content, and reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from vpcflow_core.errors import FormatError
from vpcflow_core.formats import csv_rows, json_values, parquet, recognition
from vpcflow_core.formats.base import LogFormat, Records, Report
from vpcflow_core.formats.blocks import Unpacked, whole_lines
from vpcflow_core.formats.bounds import no_memory, require_few_columns
from vpcflow_core.formats.header import OWN_NEEDED, own_fields
from vpcflow_core.formats.lines import LineReader
from vpcflow_core.formats.recognition import CUT_SHORT, DAMAGED, FOREIGN
from vpcflow_core.formats.unicode import as_utf8

_LOOK = 65536
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r"))

# First bytes of what people put beside their logs by mistake.
_OTHERS = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image",
    b"PK\x03\x04": "a zip archive", b"BZh": "a bzip2 file", b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file", b"%PDF": "a PDF", b"SQLite format 3": "an SQLite database",
    b"Obj\x01": "an Avro file", b"ORC": "an ORC file", b"\x7fELF": "a program", b"<": "HTML or XML",
}  # fmt: skip


class Parse:
    """Records of one object; iterate once, then `report` is complete.

    Attributes:
        report: The account of every line.
    """

    def __init__(
        self,
        data: bytes,
        *,
        name: str = "",
        given: LogFormat | None = None,
        candidates: Sequence[LogFormat] = (),
    ) -> None:
        self.report = Report(file=name)
        self._data = data
        self._reader = LineReader(self.report, given, candidates)
        self._cut = b""

    def __iter__(self) -> Iterator[Records]:
        """Batches of records.

        Raises:
            FormatError: It is no flow log, its format cannot be recognised, or it is too large.
        """
        try:
            yield from self._records()
        except (MemoryError, pa.ArrowMemoryError):
            raise no_memory(self.report.file) from None

    def _records(self) -> Iterator[Records]:
        if self._data.startswith(parquet.MAGIC):
            self.report.kind = "parquet"
            yield from parquet.read(self._data, self.report)
            self._refuse_others_rows(b"")
            return
        unpacked = Unpacked(self._data)
        pieces = as_utf8(iter(unpacked))
        first = next(pieces, b"")
        if first.startswith(parquet.MAGIC):
            self.report.kind = "parquet"
            yield from parquet.read(b"".join([first, *pieces]), self.report)
        else:
            yield from self._text(_chain(first, pieces), first[:_LOOK], unpacked)
        self.report.broken = unpacked.broken or self.report.broken
        self._refuse_others_rows(first[:_LOOK])

    def _refuse_others_rows(self, start: bytes) -> None:
        """Refuse what holds no record because it is something else, or because of its format."""
        report = self.report
        if report.records:
            return
        if self._reader.refused is not None:
            looks = recognition.by_line(_first_line(start))
            raise recognition.not_a_flow_log(report.file, looks) if looks else self._reader.refused
        if set(report.counts) == {DAMAGED}:
            raise FormatError(
                f"{report.file or 'The object'} holds no record: its data is damaged or too large.",
                "Copy it anew from where it was written.",
            )
        if report.looks_like and FOREIGN.issuperset(set(report.counts) - {CUT_SHORT}):
            raise recognition.not_a_flow_log(report.file, report.looks_like)

    def _text(self, pieces: Iterable[bytes], start: bytes, unpacked: Unpacked) -> Iterator[Records]:
        bare = start.lstrip()
        self._refuse_others(bare)
        if bare[:1] not in (b"{", b"["):
            self._require_few_columns(_first_line(start))
        names = csv_rows.names_of(_first_line(start))
        if names is None:
            self._refuse_other_table(_first_line(start))
        if bare[:1] in (b"{", b"[") or (names is None and csv_rows.is_quoted_line(bare)):
            self.report.kind = "json"
            yield from json_values.read(pieces, self.report, self._reader)
        elif names is not None:
            self.report.kind = "csv"
            blocks = self._lines(pieces, unpacked)
            yield from csv_rows.read(blocks, names, self.report, self._reader)
        else:
            with_commas = _has_commas_for_blanks(_first_line(start))
            self.report.kind = "csv" if with_commas else "text"
            for block in self._lines(pieces, unpacked):
                yield from self._reader.read_block(
                    block.replace(b",", b" ") if with_commas else block
                )
        if unpacked.broken and self.report.kind != "json":
            self._tell_break(unpacked.broken)

    def _require_few_columns(self, line: str) -> None:
        for names in (csv_rows.row_of(line), line.split()):
            if len(own_fields(names)) >= OWN_NEEDED:
                require_few_columns(self.report.file, len(names))

    def _refuse_other_table(self, line: str) -> None:
        """Refuse CSV whose header is of another table."""
        columns = csv_rows.row_of(line)
        if recognition.are_column_names(columns) and not self._reader.has_format:
            raise recognition.not_a_flow_log(self.report.file, recognition.by_names(columns))

    def _lines(self, pieces: Iterable[bytes], unpacked: Unpacked) -> Iterator[bytes]:
        """Blocks of lines, without the piece of a line where the content breaks off.

        The piece may well look like a whole record, `42` for `4249` in its last field.
        """
        for block in whole_lines(pieces):
            end = block.rfind(b"\n") + 1 if unpacked.broken else len(block)
            self._cut = block[end:]
            if end:
                yield block[:end]

    def _tell_break(self, why: str) -> None:
        if self._cut:
            self.report.lines += 1
            self.report.count(why, 1)
        self.report.example(self._reader.next_line, why, self._cut.decode(errors="replace"))

    def _refuse_others(self, start: bytes) -> None:
        other = next((name for magic, name in _OTHERS.items() if start.startswith(magic)), None)
        if other is None and _is_binary(start):
            other = "binary data"
        if other is not None:
            self.report.broken = f"not flow logs but {other}"
            raise FormatError(
                f"{self.report.file or 'The object'} is {other}, not flow logs.",
                "Flow logs are text, JSON, CSV or Parquet, plain or packed with gzip.",
            )


def _is_binary(start: bytes) -> bool:
    """Whether a tenth of it is control characters; logs have none, damaged ones a few."""
    return b"\0" in start and len(start.translate(None, _CONTROLS)) < len(start) * 0.9


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _has_commas_for_blanks(line: str) -> bool:
    """Whether it is CSV without header."""
    return line.count(",") > 2 and not any(blank in line for blank in ' \t"')


def _first_line(start: bytes) -> str:
    return start.partition(b"\n")[0].decode(errors="replace").strip()


def parse(
    data: bytes,
    *,
    name: str = "",
    given: LogFormat | None = None,
    candidates: Sequence[LogFormat] = (),
) -> Parse:
    """The records of one object, whatever form they have.

    Args:
        data: The object, as it lies in its source.
        name: Its name in the report; has no bearing on its format.
        given: The format of lines without header, as the user says.
        candidates: Formats that lines without header may have; decided line by line.
    """
    return Parse(data, name=name, given=given, candidates=candidates)
