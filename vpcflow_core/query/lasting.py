"""How long a record lasts: from the second of its first packet to that of its last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case

from vpcflow_core.query.columns import column_of
from vpcflow_core.query.constructs import SecondBefore, SecondsBetween, TimeBucket

MINUTE = timedelta(minutes=1)


def last_second() -> ColumnElement[Any]:
    """The last second of a record: of its end, or the one before where it is whole minutes.

    A record of whole minutes, from the first second of one to the first of another, tells its
    window, which ends where the next one begins.
    """
    start, end = column_of("start_time"), column_of("end_time")
    minutes = and_(end == TimeBucket(end, MINUTE), start == TimeBucket(start, MINUTE), end > start)
    return case((minutes, SecondBefore(end)), else_=end)


def seconds_lasted() -> ColumnElement[Any]:
    """How many seconds a record lasts, both of its ends included; null without end."""
    return SecondsBetween(column_of("start_time"), last_second()) + 1
