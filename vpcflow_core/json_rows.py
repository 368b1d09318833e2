"""Values and frames as JSON has them: times ISO 8601, missing ones null, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC: `2021-09-02T21:44:48Z`, with a fraction only where there is one.

    >>> iso(datetime(2021, 9, 2, 21, 44, 48))
    '2021-09-02T21:44:48Z'
    """
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.microsecond:
        return moment.isoformat(timespec="milliseconds") + "Z"
    return moment.isoformat(timespec="seconds") + "Z"


def plain(value: Any) -> Any:
    """The value as JSON has it: times ISO 8601, missing ones None, numbers as numbers.

    Lengths of time are seconds; arrays and series are lists, an array without dimensions is its
    one value.

    >>> plain(np.array([1.5, np.nan])), plain(pd.Timedelta(minutes=1)), plain({"a": pd.NaT})
    ([1.5, None], 60.0, {'a': None})
    """
    if isinstance(value, str | int):  # most values of most frames
        return value
    if value is None or value is np.ma.masked:
        return None
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, list | tuple | np.ndarray | pd.Series | pd.Index | ExtensionArray):
        return plain_list(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if value is pd.NA or value != value:
        return None
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    """`plain` of one value that is not missing."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    elif isinstance(value, np.timedelta64):
        value = pd.Timedelta(value)
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="backslashreplace")
    return value if isinstance(value, str | int | float) else str(value)


def plain_list(values: Iterable[Any]) -> list[Any]:
    """`plain` of each."""
    return [plain(value) for value in values]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The frame as JSON objects, one a row."""
    columns = [plain_list(frame[name]) for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]
