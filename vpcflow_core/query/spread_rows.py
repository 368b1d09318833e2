"""What records have in each timeslice, of the few rows that `spread.by_slices` gives of them.

The same as the second SELECT of `spread.spread_select`, for an engine that answers several
questions by one reading of the records.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.query.spread import FIRST, LAST, RATE, SHARES, WAITED
from vpcflow_core.times import Window

# What sums of whole numbers may come to before they are added as Python's own.
SAFE = 2.0**62


def spread_rows(
    parts: pd.DataFrame, window: Window, every: timedelta, bucket: str, measures: Sequence[str]
) -> pd.DataFrame:
    """The measures by slice.

    Args:
        parts: A row for each slice in which records begin, slice in which they end, and group:
            totals of the measures, and with `RATE` and `WAITED` behind their names what
            `spread.by_slices` gives of them.
        window: In whole slices.
        every: The slice.
        bucket: What the column of slices is called.
        measures: Their names.

    Returns:
        The columns and rows of `spread.spread_select`.
    """
    step = pd.Timedelta(every)
    first, ends = parts[FIRST.name], parts[LAST.name].fillna(parts[FIRST.name])
    last = ends.where(ends > first, first)
    begin = first.where(first > window.start, window.start)
    end = last.where(last < window.end - every, window.end - every)
    count = np.maximum((end - begin).to_numpy() // step.to_timedelta64() + 1, 0)
    rows = np.repeat(np.arange(len(parts)), count)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    at = begin.iloc[rows].reset_index(drop=True) + nth * step
    taken, ends = parts.iloc[rows].reset_index(drop=True), ends.iloc[rows].reset_index(drop=True)
    groups = [name for name in parts.columns if not _is_of(name, measures)]
    made = taken[groups].assign(**{bucket: at.astype(first.dtype)})[[bucket, *groups]]
    for name in measures:
        made = made.assign(**_values(taken, name, at, ends, every))
    by, shares = [bucket, *groups], [f"{name}{SHARES}" for name in measures]
    grouped = made.groupby(by, dropna=False, sort=True)
    sums = grouped[list(measures)].sum().reset_index()
    # Beside each other, not joined: groups may be null.
    both = sums.assign(**dict(grouped[shares].sum(min_count=1).reset_index(drop=True)))
    return both[[*by, *(part for name in measures for part in (name, f"{name}{SHARES}"))]]


def _is_of(name: str, measures: Sequence[str]) -> bool:
    """Whether a column is about time or a measure: all others are groups."""
    own = (FIRST.name, LAST.name, *measures)
    return name in own or name.removesuffix(RATE).removesuffix(WAITED) in measures


def _values(
    rows: pd.DataFrame, name: str, at: pd.Series[Any], ends: pd.Series[Any], every: timedelta
) -> dict[str, Any]:
    """What of a row lies in its slice: of records of one slice, and of the others."""
    first, seconds = rows[FIRST.name], every.total_seconds()
    total = rows[name] if _is_safe(rows[name]) else rows[name].astype("object")
    rate, waited = (rows[f"{name}{of}"].astype("float64").to_numpy() for of in (RATE, WAITED))
    alone = (ends <= first).to_numpy()
    # Rates of records that lie in one slice may be infinite or missing, and are not looked at.
    with np.errstate(all="ignore"):
        head = rate * seconds - waited
        until_last = head + rate * ((ends - first).dt.total_seconds().to_numpy() - seconds)
        rest = rows[name].astype("float64").to_numpy() - until_last
        cases = [alone, (at == first).to_numpy(), (at == ends).to_numpy()]
        share = np.select(cases, [np.zeros(len(rows)), head, rest], rate * seconds)
    return {name: total.where(alone, 0), f"{name}{SHARES}": share}


def _is_safe(values: pd.Series[Any]) -> bool:
    return values.dtype != object and float(values.abs().astype("float64").sum()) < SAFE
