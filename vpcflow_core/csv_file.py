"""Rows as CSV that spreadsheets show and do not run."""

from __future__ import annotations

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from vpcflow_core.plain_text import defused_value


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The whole frame as CSV, times ISO 8601; no cell is a formula of a spreadsheet."""
    safe = frame.copy(deep=False)
    for number, (_, column) in enumerate(frame.items()):
        if not is_numeric_dtype(column) and not is_datetime64_any_dtype(column):
            safe.isetitem(number, [defused_value(value) for value in column])
    safe = safe.rename(columns=defused_value)
    return safe.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ").encode()
