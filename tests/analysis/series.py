"""Series for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

START = datetime(2026, 11, 1, tzinfo=UTC)


def series(values: Sequence[Any], every: str = "1min", start: datetime = START) -> pd.DataFrame:
    """A filled series, as `FlowLogs.series` gives it."""
    buckets = pd.date_range(start, periods=len(values), freq=every).as_unit("us")
    return pd.DataFrame({"bucket": buckets, "value": pd.Series(values, dtype="int64")})


def minute(n: float) -> datetime:
    return START + timedelta(minutes=n)
