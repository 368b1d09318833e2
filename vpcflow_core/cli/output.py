"""Answers as text: table, JSON or CSV; or as Parquet."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vpcflow_core.arrow import parquet_bytes
from vpcflow_core.errors import MisuseError
from vpcflow_core.fields import find_field
from vpcflow_core.json_rows import rows_of
from vpcflow_core.plain_text import defused_value, visible

# Columns of the screen between two columns of a table.
GAP = 2


class Output(StrEnum):
    """Forms of an answer on the command line."""

    table = "table"
    json = "json"
    csv = "csv"
    spreadsheet = "spreadsheet"

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV; `spreadsheet` is CSV in which no cell begins a formula."""
        return self in (Output.csv, Output.spreadsheet)


class AnswerForm(StrEnum):
    """Forms of an answer from the store."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"
    spreadsheet = "spreadsheet"


def write(frame: pd.DataFrame, form: Output | AnswerForm, title: str = "") -> None:
    """Print a frame to standard output; a table's title goes above it.

    Raises:
        MisuseError: Parquet is to go to a terminal.
    """
    if form == AnswerForm.parquet:
        _write_parquet(frame)
    elif form == Output.json:
        json.dump(rows_of(frame), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif form in (Output.csv, Output.spreadsheet):
        # As objects: pandas would turn whole numbers beside missing ones into floats.
        rows = pd.DataFrame(rows_of(frame), columns=frame.columns, dtype="object")
        if form == Output.spreadsheet:
            rows = rows.map(defused_value).rename(columns=defused_value)
        rows.to_csv(sys.stdout, index=False)
    else:
        print_table(frame, title)


def _write_parquet(frame: pd.DataFrame) -> None:
    if sys.stdout.isatty():
        raise MisuseError("Parquet is no text for a terminal.", "Write it to a file: > FILE")
    sys.stdout.flush()
    sys.stdout.buffer.write(parquet_bytes(frame))


def print_table(frame: pd.DataFrame, title: str = "") -> None:
    """Print a frame as a table for people: numbers right-aligned, `-` for what is missing."""
    texts = [[visible(cell(value, name)) for name, value in row.items()] for row in rows_of(frame)]
    names = [visible(str(name)) for name in frame.columns]
    to_right = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns]
    widths = [max(map(cell_len, column)) for column in zip(names, *texts, strict=True)]
    table = Table(
        title=_text(title) if title else None, title_justify="left", box=None, header_style="bold"
    )
    for name, right, width in zip(names, to_right, widths, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", overflow="fold")
        table.columns[-1].min_width = width
    screen = console()
    lines = []
    if sum(widths) + GAP * len(widths) <= screen.width:
        lines = [_line(row, widths, to_right) for row in texts]
    else:
        for column in table.columns:
            column.min_width = None
        for row in texts:
            table.add_row(*map(Text, row))
    _paged(screen, table, lines, len(frame))


def _line(row: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    """A row as Rich would write it, for a hundredth of the time."""
    parts = []
    for text, width, right in zip(row, widths, to_right, strict=True):
        blank = " " * (width - cell_len(text))
        parts.append(f" {blank}{text} " if right else f" {text}{blank} ")
    return "".join(parts)


def _paged(screen: Console, table: Table, lines: Sequence[str], rows: int) -> None:
    """Print a table and the lines below it; more than the terminal shows goes through a pager."""
    if not sys.stdout.isatty() or rows + 2 <= screen.height:
        _print(screen, table, lines)
        return
    os.environ.setdefault("LESS", "-FRSX")  # colours, long lines cut, the screen left as it was
    with screen.pager(styles=True):
        _print(screen, table, lines)


def _print(screen: Console, table: Table, lines: Sequence[str]) -> None:
    screen.print(table)
    if lines:
        screen.out("\n".join(lines), highlight=False)


def _text(text: str) -> Text:
    """A cell that is neither markup of Rich nor an order to the terminal."""
    return Text(visible(text))


def cell(value: Any, column: str = "") -> str:
    """A value as a table shows it: counts grouped by thousands, lists joined, `-` for nothing.

    >>> cell(8080, "flows"), cell(8080, "dstport"), cell(8080, "service_port")
    ('8,080', '8080', '8080')
    """
    field = find_field(column)
    if value is None:
        return "-"
    is_port = column == "port" or column.endswith("_port")  # which no field of a record is
    if is_port or (field is not None and field.role == "dimension"):
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def console() -> Console:
    """The console of standard output; wide when it is a pipe, so that no line is cut."""
    return Console(width=None if sys.stdout.isatty() else 250, highlight=False)
