"""What a panel shows: its rows, its notes, and the numbers that say it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from vpcflow_core.coverage import Gap


@dataclass(frozen=True, slots=True)
class Headline:
    """One number that says it all.

    Attributes:
        label: What it counts; "" where the panel's title says so.
        value: The number, exact.
        measure: What kind of number, for its unit.
        earlier: The number a day before; None where the data does not reach back so far.
        settled: The part of the number that `earlier` is compared with, where records can still
            arrive; None: all of it.
    """

    label: str
    value: float
    measure: str
    earlier: int | None = None
    settled: int | None = None

    @property
    def change(self) -> float | None:
        """Change since a day before, in percent; None without a base."""
        now = self.value if self.settled is None else self.settled
        return 100 * (now - self.earlier) / self.earlier if self.earlier else None


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """What a panel shows.

    Attributes:
        frame: Its rows; times in UTC, numbers exact.
        sql: The queries that ran, with their values.
        seconds: How long they took.
        notes: Sentences to show below the chart.
        findings: How many of them, the first ones, stand above it: what it comes to.
        every: Timeslice of its buckets; None without.
        complete_until: Buckets that end later can still grow; None: none can.
        headlines: The numbers of a panel of numbers.
        names: What ids and addresses of the rows are called, by column.
        watched: The watch list of each address of the rows that is on one.
        gaps: What is missing of the range.
    """

    frame: pd.DataFrame
    sql: str
    seconds: float
    notes: tuple[str, ...] = ()
    every: timedelta | None = None
    complete_until: datetime | None = None
    headlines: tuple[Headline, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    watched: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    findings: int = 0
