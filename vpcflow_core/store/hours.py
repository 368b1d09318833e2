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


@dataclass(frozen=True, slots=True)
class Hour:
    """The records of an hour: how many, their earliest and latest start, the longest; in ms."""

    hour: int
    records: int
    first: int
    last: int
    longest: int

    def __add__(self, other: Hour) -> Hour:
        """Both together, of the same hour."""
        return Hour(
            self.hour,
            self.records + other.records,
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.longest, other.longest),
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
    lasted = _lasted(table, starts)
    ends = pc.min_max(starts).as_py()
    if ends["min"] // HOUR == ends["max"] // HOUR:  # most objects: five minutes each
        longest = pc.max(lasted).as_py() or 0
        yield Hour(ends["min"] // HOUR, len(table), ends["min"], ends["max"], longest)
        return
    rows = pa.table({"hour": pc.divide(starts, HOUR), "start": starts, "lasted": lasted})
    made = rows.group_by("hour").aggregate(
        [("start", "count"), ("start", "min"), ("start", "max"), ("lasted", "max")]
    )
    names = ("hour", "start_count", "start_min", "start_max", "lasted_max")
    for row in zip(*(made[name].to_pylist() for name in names), strict=True):
        hour, records, first, last, longest = row
        yield Hour(hour, records, first, last, longest or 0)


def _lasted(table: pa.Table, starts: pa.ChunkedArray) -> Any:
    """How long each record lasted; null where that is not known or cannot be."""
    if "end_time" not in table.column_names:
        return pa.nulls(len(table), pa.int64())
    lasted = pc.subtract(table["end_time"].cast(pa.int64()), starts)
    possible = pc.and_(pc.greater_equal(lasted, 0), pc.less_equal(lasted, LONGEST))
    return pc.if_else(possible, lasted, None)
