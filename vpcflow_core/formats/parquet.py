"""Parquet, in AWS's layout and in those of others, to records.

May import its siblings, and numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import ACCOUNT_DIGITS, find_field, is_account
from vpcflow_core.formats import flat
from vpcflow_core.formats.base import Records, Report
from vpcflow_core.formats.header import unique

MAGIC = b"PAR1"
BATCH = 2**18


def read(data: bytes, report: Report) -> Iterator[Records]:
    """Records of a Parquet file; a damaged one gives those before the damage.

    Raises:
        FormatError: None of its columns is a field of a flow-log record.
    """
    report.fields_from = "file"
    try:
        # ParquetFile, as pyarrow's read_table now and then aborts a process at its exit.
        file = pq.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowInvalid, OSError) as error:
        report.broken = f"Parquet content is damaged or cut short ({_first_line(error)})"
        return
    names = unique(file.schema_arrow.names)
    if not any(find_field(name) for name in names):
        raise FormatError(
            f"The Parquet file {report.file} has no column of a flow-log record.".replace(
                "  ", " "
            ),
            f"Its columns: {', '.join(file.schema_arrow.names[:20])}",
        )
    first = 1
    try:
        for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
            yield from _records(batch, names, first, report)
            first += len(batch)
    except (pa.ArrowInvalid, OSError) as error:
        report.broken = f"Parquet content is damaged ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _records(
    batch: pa.RecordBatch, names: tuple[str, ...], first: int, report: Report
) -> Iterator[Records]:
    columns = {
        name: _column(name, column) for name, column in zip(names, batch.columns, strict=True)
    }
    numbers = np.arange(first, first + len(batch), dtype=np.int64)
    yield from flat.records(report, pa.table(columns), numbers, lambda row: _show(batch, row))


def _show(batch: pa.RecordBatch, row: int) -> str:
    values = batch.slice(row, 1).to_pylist()[0].values()
    return " ".join("-" if value is None else str(value) for value in values)


def _column(name: str, column: pa.Array) -> pa.Array:
    """The column as text, or of its own type where that is the field's."""
    field = find_field(name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    number = field is not None and field.is_number
    if pa.types.is_floating(column.type):
        column = _whole(column)
    if pa.types.is_integer(column.type):
        if number and column.type != pa.uint64():
            return column
        text = column.cast(pa.string())
        return pc.utf8_lpad(text, ACCOUNT_DIGITS, "0") if is_account(name) else text
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column if field is not None and field.kind == "time" else column.cast(pa.string())
    if field is not None and field.kind == "texts" and pa.types.is_list(column.type):
        return column
    return flat.without_nulls(_as_text(column))


def _whole(column: pa.Array) -> pa.Array:
    """Whole numbers that pandas made fractions of for want of nulls; others as text."""
    column = pc.if_else(pc.is_finite(column), column, None)
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        text = column.cast(pa.string())
        return pc.replace_substring_regex(text, r"\.0+$", "")


def _as_text(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # Nested columns are no fields of the record, and rare: shown the slow way.
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
