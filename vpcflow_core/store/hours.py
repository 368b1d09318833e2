"""Records by flow log and hour, as the ledger keeps them; `coverage` draws the conclusions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.store.ledger import to_ms

HOUR = 3_600_000  # ms
# No flow log is older than 2010: AWS has had them since 2015.
OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
# Clocks differ by less. A record that starts later than that after its arrival has a wrong time.
AHEAD = timedelta(hours=1)
# A record that lasts longer is none of an aggregation interval (AWS: ten minutes at most), and
# says nothing of how long others may still be on their way.
LONGEST = HOUR
# A record that lasts longer has a wrong time.
FARTHEST = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Hour:
    """The records of an hour: how many, their earliest and latest start, the longest; in ms.

    Attributes:
        longest: Of those that last an hour at most.
        reach: Of those that last a day at most.
    """

    hour: int
    records: int
    first: int
    last: int
    longest: int
    reach: int

    def __add__(self, other: Hour) -> Hour:
        """Both together, of the same hour."""
        return Hour(
            self.hour,
            self.records + other.records,
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.longest, other.longest),
            max(self.reach, other.reach),
        )


def possible_times(arrived: datetime) -> tuple[int, int]:
    """Earliest and latest start in ms of records that arrived then; others have wrong times."""
    return to_ms(OLDEST), to_ms(arrived + AHEAD)


def hours_of(table: pa.Table) -> Iterator[Hour]:
    """The hours of some records.

    Args:
        table: Columns `start_time` and, most often, `end_time`.
    """
    if not len(table):
        return
    starts = table["start_time"].cast(pa.int64())
    longest, reach = _lasted(table, starts)
    ends = pc.min_max(starts).as_py()
    if ends["min"] // HOUR == ends["max"] // HOUR:  # most objects: five minutes each
        lasted = (pc.max(some).as_py() or 0 for some in (longest, reach))
        yield Hour(ends["min"] // HOUR, len(table), ends["min"], ends["max"], *lasted)
        return
    hour = pc.divide(starts, HOUR)
    rows = pa.table({"hour": hour, "start": starts, "longest": longest, "reach": reach})
    made = rows.group_by("hour").aggregate(
        [
            ("start", "count"),
            ("start", "min"),
            ("start", "max"),
            ("longest", "max"),
            ("reach", "max"),
        ]
    )
    names = ("hour", "start_count", "start_min", "start_max", "longest_max", "reach_max")
    for row in zip(*(made[name].to_pylist() for name in names), strict=True):
        number, records, first, last, *most = row
        yield Hour(number, records, first, last, *(one or 0 for one in most))


def _lasted(table: pa.Table, starts: pa.ChunkedArray) -> tuple[Any, Any]:
    """How long each record lasted, of those up to `LONGEST` and up to `FARTHEST`; others null."""
    if "end_time" not in table.column_names:
        unknown = pa.nulls(len(table), pa.int64())
        return unknown, unknown
    lasted = pc.subtract(table["end_time"].cast(pa.int64()), starts)
    ends = pc.min_max(lasted).as_py()
    if ends["max"] is None or (ends["min"] >= 0 and ends["max"] <= LONGEST):
        return lasted, lasted
    return _up_to(lasted, LONGEST), _up_to(lasted, FARTHEST)


def _up_to(lasted: Any, most: int) -> Any:
    possible = pc.and_(pc.greater_equal(lasted, 0), pc.less_equal(lasted, most))
    return pc.if_else(possible, lasted, None)
