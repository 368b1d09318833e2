"""Parquet, in AWS's layout and in those of others, to records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import ACCOUNT_DIGITS, find_field, is_account
from vpcflow_core.formats import flat, ocsf
from vpcflow_core.formats.base import EXAMPLES_KEPT, Records, Report
from vpcflow_core.formats.bounds import MOST_CELLS, require_few_columns
from vpcflow_core.formats.header import are_keys, unique
from vpcflow_core.formats.recognition import NO_RECORD, by_names, not_a_flow_log
from vpcflow_core.formats.values import WORDS

MAGIC = b"PAR1"
BATCH = 2**18


def read(data: bytes, report: Report) -> Iterator[Records]:
    """Records of a Parquet file; a damaged one gives those before the damage.

    Raises:
        FormatError: Its columns are not those of flow-log records.
    """
    report.fields_from = "file"
    try:
        # ParquetFile, as pyarrow's read_table now and then aborts a process at its exit.
        file = pq.ParquetFile(pa.BufferReader(data))
        file = _with_dictionaries(data, file)
    except (pa.ArrowInvalid, OSError) as error:
        report.broken = f"Parquet content is damaged or cut short ({_first_line(error)})"
        return
    require_few_columns(report.file, len(file.schema_arrow.names))
    names = unique(file.schema_arrow.names)
    if not ocsf.is_event(names) and not are_keys(names):
        raise _refusal(report.file, file.schema_arrow.names)
    first = 1
    try:
        size = max(1, min(BATCH, MOST_CELLS // len(names)))
        for batch in file.iter_batches(batch_size=size, use_threads=False):
            yield from _records(batch, names, first, report)
            first += len(batch)
    except (pa.ArrowInvalid, OSError) as error:
        report.broken = f"Parquet content is damaged ({_first_line(error)})"


def _with_dictionaries(data: bytes, file: pq.ParquetFile) -> pq.ParquetFile:
    """The file, with its texts as the dictionaries that they are written as."""
    schema = file.schema_arrow
    words = [field.name for field in schema if field.type == pa.string()]
    if not words or ocsf.is_event(schema.names):
        return file
    return pq.ParquetFile(pa.BufferReader(data), metadata=file.metadata, read_dictionary=words)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _refusal(name: str, columns: list[str]) -> FormatError:
    if any(find_field(column) for column in columns):
        return not_a_flow_log(name, by_names(columns))
    return not_a_flow_log(name, f"{by_names(columns)}, with no column of a flow-log record")


def _records(
    batch: pa.RecordBatch, names: tuple[str, ...], first: int, report: Report
) -> Iterator[Records]:
    report.lines += len(batch)
    numbers = np.arange(first, first + len(batch), dtype=np.int64)
    if ocsf.is_event(names):
        batch, numbers = _network_activity(batch, numbers, report)
        columns = ocsf.of_batch(batch)
    else:
        columns = pa.table(
            {name: _column(name, col) for name, col in zip(names, batch.columns, strict=True)}
        )
    yield from flat.records(report, columns, numbers, lambda row: _show(batch, row))


def _network_activity(
    batch: pa.RecordBatch, numbers: npt.NDArray[np.int64], report: Report
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
    """The rows that are flow-log records of OCSF; the others are counted."""
    events = pa.table({"class": _leaf(batch, "class_uid"), "product": _leaf(batch, ocsf.PRODUCT)})
    kinds = events.group_by(["class", "product"]).aggregate([]).to_pylist()
    foreign = {(k["class"], k["product"]): ocsf.looks_like(k["class"], k["product"]) for k in kinds}
    if not any(foreign.values()):
        return batch, numbers
    looks = [foreign[row["class"], row["product"]] for row in events.to_pylist()]
    report.looks_like = report.looks_like or next(filter(None, looks))
    good = np.array([not look for look in looks])
    report.count(NO_RECORD, int((~good).sum()))
    for row in map(int, np.flatnonzero(~good)[:EXAMPLES_KEPT]):
        report.example(int(numbers[row]), NO_RECORD, _show(batch, row))
    return batch.filter(pa.array(good)), numbers[good]


def _leaf(batch: pa.RecordBatch, path: str) -> pa.Array:
    found = ocsf.leaf_of(batch, path)
    return pa.nulls(len(batch), pa.string()) if found is None else found


def _show(batch: pa.RecordBatch, row: int) -> str:
    values = batch.slice(row, 1).to_pylist()[0].values()
    return " ".join("-" if value is None else str(value) for value in values)


def _column(name: str, column: pa.Array) -> pa.Array:
    """The column as text, or of its own type where that is the field's."""
    field = find_field(name)
    number = field is not None and field.is_number
    if pa.types.is_dictionary(column.type):
        if column.type == WORDS and not number and (field is None or field.kind != "texts"):
            return _words(column)
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        column = _whole(pc.if_else(pc.is_finite(column), column, None))
    elif pa.types.is_decimal(column.type):
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


def _words(column: pa.DictionaryArray) -> pa.Array:
    """The column without nulls in disguise, at the price of looking at each distinct word once."""
    clean = flat.without_nulls(column.dictionary)
    return column if clean.equals(column.dictionary) else clean.take(column.indices)


def _whole(column: pa.Array) -> pa.Array:
    """Whole numbers that are written as fractions, for want of nulls or of a type; or texts."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        text = column.cast(pa.string())
        return pc.replace_substring_regex(text, r"\.0+$", "")


def _as_text(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # Arrow casts neither nested columns (NotImplemented) nor bytes that are no UTF-8 (Invalid).
        # They are no fields of the record, and rare: shown the slow way.
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
