"""Arrow answers as pandas frames, exact.

Whole numbers stay whole: int64 without nulls, Int64 with them, never floats. Times are UTC.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

INT64 = 2**63


def frame_of(table: pa.Table) -> pd.DataFrame:
    """The table as a frame with the same columns.

    Columns of the same name are all kept, the later ones with a number behind.
    """
    columns = [_column(column) for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(table)))
    frame.columns = pd.Index(_distinct(table.column_names), dtype="str")
    return frame


def _column(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _times(column)
    if pa.types.is_decimal(kind):
        return _wide(column)
    if pa.types.is_integer(kind) and column.null_count:
        return column.to_pandas(types_mapper=_NULLABLE.get)
    if pa.types.is_nested(kind):
        return pd.Series(column.to_pylist(), dtype="object")
    return column.to_pandas()


_NULLABLE: dict[pa.DataType, Any] = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}


def _times(column: pa.ChunkedArray) -> pd.Series:
    """UTC, whether the engine marked the zone or not; microseconds."""
    series: pd.Series = column.cast(pa.timestamp("us", column.type.tz)).to_pandas()
    times: pd.Series = (
        series.dt.tz_convert("UTC") if column.type.tz else series.dt.tz_localize("UTC")
    )
    return times


def _wide(column: pa.ChunkedArray) -> Any:
    """Decimals: whole ones (wide integers too) as int64 where they fit, the rest as floats."""
    if column.type.scale > 0:
        return column.cast(pa.float64()).to_pandas()
    ends = pc.min_max(column).as_py()
    if ends["min"] is None or (ends["min"] >= -INT64 and ends["max"] < INT64):
        return _column(column.cast(pa.int64()))
    return pd.Series([None if v is None else int(v) for v in column.to_pylist()], dtype="object")


def _distinct(names: list[str]) -> list[str]:
    """The names, repeated ones numbered: `a`, `a_2`."""
    made: list[str] = []
    for name in names:
        number = 1
        while (label := name if number == 1 else f"{name}_{number}") in made:
            number += 1
        made.append(label)
    return made
