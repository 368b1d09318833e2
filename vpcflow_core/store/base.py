"""What the store is made of, as engines and pages see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from vpcflow_core.fields import FIELDS

# Traffic and the rest lie in separate files, so that questions about traffic never read the rest.
# "quiet" parts hold NODATA and SKIPDATA records, "stray" ones records of any kind whose start
# cannot be: before 2010, or later than they arrived. No range and no total hangs on those.
Part = Literal["flows", "quiet", "stray", "transit_flows", "transit_quiet", "transit_stray"]

# The relations engines provide, and the parts each is made of.
RELATIONS: dict[str, tuple[Part, ...]] = {
    "flows": ("flows",),
    "records": ("flows", "quiet", "stray"),
    "transit_flows": ("transit_flows",),
    "transit_records": ("transit_flows", "transit_quiet", "transit_stray"),
}
STRAY: tuple[Part, ...] = ("stray", "transit_stray")
# In a table of all records (see `vpcflow_core.lake`), the column that names the part.
PART_COLUMN = "log_part"


@dataclass(frozen=True, slots=True)
class StoreFile:
    """One Parquet file the ledger knows.

    Attributes:
        path: Absolute path.
        part: Which records it holds.
        source: URL of the source they came from.
        day: UTC day of `start_time` of all its records.
        columns: Its columns; those with names of the field table have the table's types, all
            others are text.
        rows: Records.
        size: Bytes.
        first, last: Earliest and latest `start_time`, UTC.
    """

    path: Path
    part: Part
    source: str
    day: date
    columns: tuple[str, ...]
    rows: int
    size: int
    first: datetime
    last: datetime


@cache
def _places() -> dict[str, int]:
    return {field.name: place for place, field in enumerate(FIELDS)}


def ordered(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns in the field table's order, unknown ones behind by name.

    >>> ordered(["zone", "bytes", "srcaddr"])
    ('srcaddr', 'bytes', 'zone')
    """
    places = _places()
    return tuple(sorted(columns, key=lambda name: (places.get(name, len(places)), name)))
