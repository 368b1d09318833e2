"""Series without holes: every bucket of the window, zero where nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET
from vpcflow_core.query.spread import SHARES
from vpcflow_core.times import Window, format_duration, format_instant

# Rows a filled series may have; more is no picture, and pandas would take gigabytes for it.
MOST_ROWS = 2_000_000
INT64 = 2**63
# What sums of shares may differ by from the exact ones, as a part of the largest: rounding is less.
ROUNDING = 1e-12


def buckets_of(query: Query, window: Window) -> pd.DatetimeIndex:
    """The start of every bucket of the window, UTC.

    Raises:
        ParameterError: There are too many.
    """
    check_size(query, window)
    whole = snapped(query, window)
    made = pd.date_range(whole.start, whole.end, freq=query.every, inclusive="left", name=BUCKET)
    return made.as_unit("us")


def filled(frame: pd.DataFrame, query: Query, window: Window) -> pd.DataFrame:
    """A series with a row for every bucket, and for every group in it.

    Args:
        frame: Columns `bucket`, the groups, the measures; buckets without flows are missing.
        query: The question it answers; without `every` the frame is returned as it is.
        window: The window it was asked for.

    Returns:
        Sorted by bucket, then by group, the largest total of the first measure first; of a measure
        that does not add up, the largest value first.

    Raises:
        ParameterError: There are too many buckets, or groups to fill.
    """
    if query.every is None:
        return frame
    buckets, frame = buckets_of(query, window), _exact(frame)
    groups = [name for name in frame.columns[1:] if name not in query.measures]
    counts = _kinds(frame, query)
    if not groups:
        rows = frame.set_index(BUCKET).reindex(buckets)
        return _zeroed(rows.rename_axis(BUCKET).reset_index(), counts)
    order = _order(frame, groups, query.measures[0])
    _check(len(buckets) * len(order), query, window)
    whole = buckets.to_frame(index=False).merge(order, how="cross")
    rows = whole.merge(frame, on=[BUCKET, *groups], how="left")
    return _zeroed(rows, counts)


def _exact(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with nullable whole numbers: beside missing ones, others become floats."""
    whole = frame.select_dtypes("int64").columns
    return frame.astype(dict.fromkeys(whole, "Int64"))


def joined(results: Sequence[QueryResult], query: Query) -> QueryResult:
    """The answers of the parts of a question, as `select.placed` gives them, as the one of all.

    Args:
        results: A row for each bucket and group that the part has, without the empty ones.
        query: The whole question.

    Returns:
        The measures in the order of the question, sorted by bucket and group; 0 or null where a
        part has no row. Bytes and packets are whole numbers, or floats where one is not whole.
    """
    frame, *others = (_added_up(result.frame) for result in results)
    keys = [name for name in frame.columns if name not in query.measures]
    for other in others:
        frame = frame.merge(other, on=keys, how="outer", sort=True)
    made = _zeroed(frame, _kinds(frame, query))[[*keys, *query.measures]]
    sql = ";\n\n".join(result.sql for result in results)
    return QueryResult(made, sql, sum(result.seconds for result in results))


def _added_up(frame: pd.DataFrame) -> pd.DataFrame:
    """The measures with the shares of their records in them."""
    shares = [name for name in frame.columns if name.endswith(SHARES)]
    for name in shares:
        measure, share = name.removesuffix(SHARES), _whole(frame[name])
        whole = bool((share % 1 == 0).all()) and share.abs().max() < INT64
        frame[measure] += share.astype("int64") if whole else share
    return frame.drop(columns=shares)


def _whole(values: pd.Series[float]) -> pd.Series[float]:
    """The numbers; those that only the rounding of sums keeps from whole ones, as whole ones."""
    nearest = values.round()
    return values.mask((values - nearest).abs() <= ROUNDING * values.abs().max(), nearest)


def _kinds(frame: pd.DataFrame, query: Query) -> dict[str, str]:
    """The types of counts and sums: 64 bits; any whole number, or floats, where they need that."""
    counts = [name for name in query.measures if measure(name).empty == 0]
    return {name: _kind(frame[name].dropna()) for name in counts}


def _kind(values: pd.Series[Any]) -> str:
    if len(values) and values.abs().max() >= INT64:
        return "object" if values.dtype == object else "float64"
    return "int64" if (values % 1 == 0).all() else "float64"


def _zeroed(rows: pd.DataFrame, kinds: dict[str, str]) -> pd.DataFrame:
    """The rows with 0 where nothing was counted; a time or quantile of nothing stays null."""
    return rows.fillna(dict.fromkeys(kinds, 0)).astype(kinds)


def _order(frame: pd.DataFrame, groups: list[str], name: str) -> pd.DataFrame:
    """The groups, the largest total first, or the largest value where there is no total."""
    values = frame.groupby(groups, sort=True)[name]
    totals = values.sum() if measure(name).groups_add_up else values.max()
    return totals.sort_values(ascending=False, kind="stable").index.to_frame(index=False)


def check_size(query: Query, window: Window) -> None:
    """Refuse a series of too many rows before it is asked for.

    Raises:
        ParameterError: Even without a group, or with the few that are asked for, there are too
            many.
    """
    whole = snapped(query, window)
    _check(whole.length // (query.every or whole.length), query, window)


def _check(rows: int, query: Query, window: Window) -> None:
    if rows > MOST_ROWS and query.every is not None:
        raise ParameterError(
            f"A series of {format_duration(query.every)}{_by(query)} from "
            f"{format_instant(window.start)} to {format_instant(window.end)} would have {rows:,} "
            f"rows; {MOST_ROWS:,} are the most.",
            "Ask for the top few (-n 10), a coarser timeslice (--every 1h) or a shorter range "
            "(--last 7d).",
        )


def _by(query: Query) -> str:
    return f" by {', '.join(query.by)}" if query.by else ""
