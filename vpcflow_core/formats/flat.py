"""Rows that came with named columns (CSV, JSON objects, Parquet) to records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.fields import field, find_field
from vpcflow_core.formats.base import EVENT_TIME, EXAMPLES_KEPT, Records, Rejected, Report
from vpcflow_core.formats.header import OWN_NEEDED, TIME_NAMES, own_fields
from vpcflow_core.formats.lines import account
from vpcflow_core.formats.recognition import NO_RECORD, by_names
from vpcflow_core.formats.shapes import are_in_shape
from vpcflow_core.formats.values import in_order, typed, typed_times

NULLS = ("-", "None", "")

_LOOKED_AT = 1000  # rows
_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
# Each record has one of these, unless the flow log was made for nothing but names.
_OF_A_RECORD = (
    "start_time", "end_time", EVENT_TIME, "bytes", "packets", "log_status", "action", "tcp_flags",
)  # fmt: skip


def records(
    report: Report,
    rows: pa.Table,
    numbers: npt.NDArray[np.int64],
    text: Callable[[int], str],
    rejected: Sequence[Rejected] = (),
) -> Iterator[Records]:
    """The rows that are right, as records; the others are counted in the report.

    Args:
        report: Takes the account.
        rows: Columns by canonical name: text, null where there is no value, or typed.
        numbers: The number of each row in its file, from 1.
        text: Shows a row (by its place) as the report is to show it.
        rejected: Lines among these rows that are counted already, to be shown in their order.
    """
    rows = _with_time(rows)
    if looks := _what_else(rows):
        yield from _reject_all(report, looks, numbers, text, rejected)
        return
    report.name_fields(rows.column_names)
    table, faults = typed(rows)
    for fault in faults:
        report.count(fault.kind, len(fault.rows))
    shown = [
        Rejected(int(numbers[row]), fault.reason(row), text(row))
        for row, fault in in_order(faults, EXAMPLES_KEPT)
    ]
    for example in sorted([*rejected, *shown], key=lambda example: example.line):
        report.example(example.line, example.reason, example.text)
    if len(table):
        yield account(report, table)


def _reject_all(
    report: Report,
    looks: str,
    numbers: npt.NDArray[np.int64],
    text: Callable[[int], str],
    rejected: Sequence[Rejected],
) -> Iterator[Records]:
    """Count rows that are no flow log's."""
    report.looks_like = report.looks_like or looks
    report.count(NO_RECORD, len(numbers))
    shown = [Rejected(int(numbers[row]), NO_RECORD, text(row)) for row in _first(numbers)]
    for example in sorted([*rejected, *shown], key=lambda example: example.line):
        report.example(example.line, example.reason, example.text)
    yield from ()


def _first(numbers: npt.NDArray[np.int64]) -> range:
    return range(min(len(numbers), EXAMPLES_KEPT))


def _with_time(rows: pa.Table) -> pa.Table:
    """The rows with the time beside them as their start, if they have none.

    Where some rows have a start, it is the time of their event.
    """
    names = rows.column_names
    beside = next((name for name in TIME_NAMES if name in names), None)
    if beside is None or EVENT_TIME in names:
        return rows
    place, column = names.index(beside), rows[beside].combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if "start_time" not in names:
        return rows.set_column(place, "start_time", column)
    if not rows["start_time"].null_count:
        return rows
    return rows.append_column(EVENT_TIME, typed_times(column))


def _what_else(rows: pa.Table) -> str:
    """What the rows look like if their values show that they are no flow log's; else "".

    Looked at only where some columns are no fields: the names of the others may have come about by
    chance, or the rows may be totals that somebody made of flow logs.
    """
    names = rows.column_names
    others = [name for name in names if find_field(name) is None and name != EVENT_TIME]
    if not others or not len(rows):
        return ""
    sample = rows.slice(0, _LOOKED_AT)
    own = own_fields(names)
    if len(own) >= OWN_NEEDED and sum(_has_form(sample, name) for name in own) < OWN_NEEDED:
        return by_names(names)
    if any(_has_values(sample, name) for name in _OF_A_RECORD if name in names):
        return ""
    totals = [name for name in others if _are_numbers(sample[name])]
    return f"totals of flow logs ({', '.join(totals)})" if totals else ""


def _has_form(rows: pa.Table, aws: str) -> bool:
    """Whether most values of the field, if it has any, look like the field's."""
    present = pc.drop_null(rows[field(aws).name].combine_chunks())
    if not len(present) or pa.types.is_nested(present.type):
        return not len(present)
    return _most(are_in_shape(field(aws), present.cast(pa.string())))


def _most(flags: pa.Array) -> bool:
    return bool(pc.mean(flags.cast(pa.float64())).as_py() >= 0.5)


def _has_values(rows: pa.Table, name: str) -> bool:
    return bool(rows[name].null_count < len(rows))


def _are_numbers(column: pa.ChunkedArray) -> bool:
    """Whether a column has values, all of them numbers."""
    present = pc.drop_null(column.combine_chunks())
    if pa.types.is_nested(present.type) or not len(present):
        return False
    return bool(pc.all(pc.match_substring_regex(present.cast(pa.string()), _NUMBER)).as_py())


def without_nulls(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Text without blanks around it, null where it says that there is no value."""
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(text, pa.array(NULLS)), None, text)
