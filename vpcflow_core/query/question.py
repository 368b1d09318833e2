"""What is asked: measures, grouping, filters and window as frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from vpcflow_core.errors import ParameterError

# Where the bytes and packets of a record lie: all at its start, or spread from start to end.
Place = Literal["start", "spread"]
# Which groups a question over time keeps: those of the highest average, the highest timeslice, or
# the highest last timeslice.
Limit = Literal["average", "maximum", "last"]


@dataclass(frozen=True, slots=True)
class Query:
    """A question, without the window and the page's filters.

    Attributes:
        measures: Names of measures (`flows`, `bytes`, `packets`, `sources`, ...).
        by: Dimensions to group by.
        every: Timeslice to group by; None: the whole window is one.
        where: Filters of the question itself, `(field, value)` texts as a person writes them.
        top: How many groups to keep; None: all.
        limit_by: Which groups over time these are: those with the most on average, in a timeslice,
            or in the last one.
        order: Measure to sort by, highest first; "": the first measure.
        nulls: Dimensions of `by` whose missing values are a group too; records without one of the
            others are in no row.
        records: Ask the relation `records` (NODATA and SKIPDATA too) instead of `flows`.
        least: Rows of which a measure is below its number are left out: `(measure, number)`.
        place: Where bytes and packets of a record lie, with `every`: in the timeslice that it
            starts in, or spread over the time that it lasts. Records lie at their start always.
    """

    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    every: timedelta | None = None
    where: tuple[tuple[str, str], ...] = ()
    top: int | None = None
    order: str = ""
    nulls: tuple[str, ...] = ()
    records: bool = False
    least: tuple[tuple[str, float], ...] = ()
    place: Place = "start"
    limit_by: Limit = "average"

    def __post_init__(self) -> None:
        # Lists do as well, but what equal questions share is found by their hash.
        for name in ("measures", "by", "nulls"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("where", "least"):
            object.__setattr__(self, name, tuple(map(tuple, getattr(self, name))))


def names_of(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names from a list or from text with commas.

    Raises:
        ParameterError: The text names nothing.
    """
    parts = names.split(",") if isinstance(names, str) else list(names)
    made = tuple(part.strip() for part in parts if part.strip())
    if not made and names:
        raise ParameterError(f"'{names}' names nothing.", "Name a field: srcaddr")
    return made
