"""`vpcflow inspect` and `vpcflow read`: what log files hold."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Protocol

import pandas as pd
import pyarrow as pa
import typer

from vpcflow_core.cli.options import FormatOption, OutputOption
from vpcflow_core.cli.output import Output, cell, print_table, write
from vpcflow_core.errors import AccessError, FormatError, MissingError
from vpcflow_core.formats.base import ENVELOPE, EXAMPLE_LENGTH, LogFormat, Rejected, Report
from vpcflow_core.formats.parse import Parse, parse
from vpcflow_core.json_rows import iso, plain
from vpcflow_core.plain_text import defused_value, visible_lines

Paths = Annotated[list[Path], typer.Argument(help="Log files, or folders of them.")]
_SLICE = 10_000  # rows turned into Python objects at once


def inspect(paths: Paths, format_: FormatOption = "", output: OutputOption = Output.table) -> None:
    """Report what is in log files: format, records, bad lines."""
    given = LogFormat.parse(format_) if format_ else None
    reports, refused = [], []
    for path in _files(paths):
        parsed = parse(_content(path), name=str(path), given=given)
        error = _read_through(parsed)
        reports.append(_row(parsed.report))
        refused += [error] if error else []
    if not reports:
        print("There are no files in what was given.", file=sys.stderr)
    if output is Output.json:
        print(json.dumps(reports, ensure_ascii=False, indent=1))
    else:
        _write_reports(reports, output)
    if reports and len(refused) == len(reports):
        raise typer.Exit(1)


def _read_through(parsed: Parse) -> FormatError | None:
    """Read all of it, so that its report is complete; a refusal becomes part of the report."""
    try:
        for _ in parsed:
            pass
    except FormatError as error:
        parsed.report.notes.append(error.what)
        if not parsed.report.malformed and not parsed.report.reasons:
            parsed.report.reasons.append(Rejected(1, error.what, ""))
        print(visible_lines(f"FormatError: {error}"), file=sys.stderr)
        return error
    return None


def _row(report: Report) -> dict[str, Any]:
    return {
        "file": report.file,
        "kind": report.kind,
        "fields": report.fields,
        "fields_from": report.fields_from,
        "records": report.records,
        "nodata": report.nodata,
        "skipdata": report.skipdata,
        "malformed": report.malformed,
        "reasons": [{"line": r.line, "reason": r.reason, "text": r.text} for r in report.reasons],
        "first": iso(report.first) if report.first else None,
        "last": iso(report.last) if report.last else None,
        "lines": report.lines,
        "blank": report.blank,
        "around": report.around,
        "counts": dict(report.counts),
        "unknown_fields": report.unknown_fields,
        "broken": report.broken,
        "notes": report.notes,
    }


def _write_reports(reports: list[dict[str, Any]], output: Output) -> None:
    """A row a file, without the lists that only JSON has room for; a table shows them below."""
    rows = pd.DataFrame(
        [{name: _short(value) for name, value in report.items()} for report in reports],
        dtype="object",
    )
    if output.is_csv:
        write(rows, output)
        return
    if len(reports) > 1:
        # The names would make every row ten lines high; one file alone shows them.
        rows["fields"] = [len(report["fields"]) for report in reports]
    below = ["reasons", "counts", "unknown_fields", "broken", "notes"]
    print_table(rows.drop(columns=below, errors="ignore"))
    for report in reports:
        _print_remarks(report)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return "; ".join(f"{count} x {reason}" for reason, count in value.items())
    if isinstance(value, list):
        joint = " " if all(isinstance(word, str) and " " not in word for word in value) else "; "
        return joint.join(_line(word) if isinstance(word, dict) else word for word in value)
    return value


def _line(reason: dict[str, Any]) -> str:
    return f"line {reason['line']}: {reason['reason']}"


def _print_remarks(report: dict[str, Any]) -> None:
    unknown = report["unknown_fields"]
    remarks = [f"{count} x {reason}" for reason, count in report["counts"].items()]
    remarks += [f"line {r['line']}: {r['reason']}: {r['text']}" for r in report["reasons"]]
    remarks += [f"unknown fields, kept as text: {' '.join(unknown)}"] if unknown else []
    remarks += [report["broken"]] if report["broken"] else []
    remarks += report["notes"]
    if remarks:
        print(visible_lines("\n".join([f"\n{report['file']}", *(f"  {r}" for r in remarks)])))


def read(
    paths: Paths,
    format_: FormatOption = "",
    n: Annotated[int, typer.Option("-n", help="Largest number of records.", min=0)] = sys.maxsize,
    output: OutputOption = Output.table,
) -> None:
    """Print the records of log files, in one form for all formats."""
    given = LogFormat.parse(format_) if format_ else None
    printer = _PRINTERS[output]()
    left, refused = n, None
    for path in _files(paths):
        parsed = parse(_content(path), name=str(path), given=given)
        try:
            left = _print_records(parsed, printer, left)
            _warn(parsed.report)
        except FormatError as error:
            refused = refused or error
        if left <= 0:
            break
    printer.end()
    if refused is not None:
        raise refused


def _print_records(parsed: Parse, printer: _Printer, left: int) -> int:
    for records in parsed:
        if left <= 0:
            break
        names = [name for name in records.table.column_names if name not in ENVELOPE]
        table = records.table.select(names).slice(0, left)
        for start in range(0, len(table), _SLICE):
            printer.take(table.slice(start, _SLICE))
        left -= len(table)
    return left


def _warn(report: Report) -> None:
    if report.malformed:
        lines = "line" if report.malformed == 1 else "lines"
        print(visible_lines(f"{report.file}: {report.malformed} {lines} not read"), file=sys.stderr)
        for reason in report.reasons:
            text = reason.text if len(reason.text) < EXAMPLE_LENGTH else f"{reason.text}..."
            print(visible_lines(f"  line {reason.line}: {reason.reason}: {text}"), file=sys.stderr)
    if report.broken:
        print(visible_lines(f"{report.file}: {report.broken}"), file=sys.stderr)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for row in table.to_pylist():
        yield {name: plain(value) for name, value in row.items()}


class _Printer(Protocol):
    def take(self, table: pa.Table) -> None:
        """Print some records, or keep them for the end."""

    def end(self) -> None:
        """Print what is left to print."""


class _JsonPrinter:
    """An array of objects, one a line."""

    def __init__(self) -> None:
        self._before = "[\n"

    def take(self, table: pa.Table) -> None:
        for row in _rows(table):
            sys.stdout.write(self._before + json.dumps(row, ensure_ascii=False))
            self._before = ",\n"

    def end(self) -> None:
        sys.stdout.write("[]\n" if self._before == "[\n" else "\n]\n")


def _words(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _words_defused(value: Any) -> Any:
    return defused_value(_words(value))


class _CsvPrinter:
    """A header and rows; another header where the fields change, as in logs themselves."""

    def __init__(self, word: Callable[[Any], Any] = _words) -> None:
        self._word = word
        self._names: Sequence[str] = ()
        self._writer = csv.writer(sys.stdout, lineterminator="\n")

    def take(self, table: pa.Table) -> None:
        if table.column_names != self._names:
            self._names = table.column_names
            self._writer.writerow(map(self._word, self._names))
        for row in _rows(table):
            self._writer.writerow(map(self._word, row.values()))

    def end(self) -> None:
        pass


class _TablePrinter:
    """One table of all records, with the fields of all their formats."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def take(self, table: pa.Table) -> None:
        self._rows += _rows(table)

    def end(self) -> None:
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        rows = [{name: _shown(name, row.get(name)) for name in names} for row in self._rows]
        print_table(pd.DataFrame(rows, columns=names, dtype="object"))


def _shown(name: str, value: Any) -> Any:
    # Only counts are grouped by thousands: port 49,152 would read oddly.
    return cell(value) if name in ("packets", "bytes") and value is not None else _text(value)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


_PRINTERS: dict[Output, Callable[[], _Printer]] = {
    Output.json: _JsonPrinter,
    Output.csv: _CsvPrinter,
    Output.spreadsheet: partial(_CsvPrinter, _words_defused),
    Output.table: _TablePrinter,
}


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that the paths name; folders give theirs, sorted, without the hidden ones.

    Raises:
        MissingError: There is no such file or folder.
    """
    for path in paths:
        _require(path)
    for path in paths:
        yield from [path] if path.is_file() else _files_in(path)


def _require(path: Path) -> None:
    try:
        path.stat()
    except PermissionError:
        raise AccessError(f"Reading {path} was refused.", "Ask for the right to read it.") from None
    except (OSError, ValueError):  # not there, too long, or not a name at all
        raise MissingError(
            f"There is no file or folder {path}.", "Give the path of log files, or of a folder."
        ) from None


def _files_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        raise AccessError(f"Reading {path} was refused.", "Ask for the right to read it.") from None
