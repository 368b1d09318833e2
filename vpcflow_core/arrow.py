"""Frames as Arrow tables, for polars, DuckDB and whatever else reads Arrow; and as Parquet."""

from __future__ import annotations

import io
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import infer_dtype

BEYOND = 2**63


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """The rows of a frame.

    Whole numbers beyond 64 bits are decimals of 38 digits, which Arrow has for them.

    >>> arrow_table(pd.DataFrame({"bytes": [2**70, None]}))["bytes"].to_pylist()[0] == 2**70
    True
    """
    huge = [name for name in frame.columns if _is_huge(frame[name])]
    made = frame.assign(**{name: frame[name].map(_decimal) for name in huge})
    made.attrs = {}
    try:
        return pa.Table.from_pandas(made, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # Arrow has no type for a column of several kinds, as a SELECT of one's own may give; which
        # of the three it says depends on the kinds. Their text instead.
        mixed = made.select_dtypes("object").columns
        texts = {n: made[n].map(str, na_action="ignore").astype("str") for n in mixed}
        return pa.Table.from_pandas(made.assign(**texts), preserve_index=False)


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The rows of a frame as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(arrow_table(frame), buffer)
    return buffer.getvalue()


def _is_huge(column: pd.Series) -> bool:
    if column.dtype != "object" or infer_dtype(column, skipna=True) not in ("integer", "mixed"):
        return False
    known = [value for value in column if isinstance(value, int)]
    return any(not -BEYOND <= value < BEYOND for value in known)


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int) else None
