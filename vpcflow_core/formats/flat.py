"""Rows that came with named columns (CSV, JSON objects, Parquet) to records.

May import its siblings base, lines and values, and numpy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import EXAMPLES_KEPT, Records, Rejected, Report
from vpcflow_core.formats.lines import account
from vpcflow_core.formats.values import in_order, typed

NULLS = ("-", "None", "")


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


def without_nulls(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Text without blanks around it, null where it says that there is no value."""
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(text, pa.array(NULLS)), None, text)
