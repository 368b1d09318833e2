"""What a panel is: a question, how it is drawn, and what a click on it means.

May import errors, fields, times, query and analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

import pandas as pd

from vpcflow_core.analysis.places import flows_by_place
from vpcflow_core.enrich.geo import Places
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import measure
from vpcflow_core.query.spec import Query
from vpcflow_core.times import Window, timeslice_for

Chart = Literal["map", "bars", "columns", "stacked", "donut"]
Analysis = Literal["", "places"]


class Result(Protocol):
    """What running a query gives."""

    frame: pd.DataFrame
    sql: str
    seconds: float


class Columns(Protocol):
    """The part of an engine that a panel needs."""

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has."""


class Answers(Protocol):
    """The part of `FlowLogs` that a panel needs."""

    @property
    def places(self) -> Places:
        """Where addresses lie."""

    @property
    def engine(self) -> Columns:
        """What knows the fields of the logs."""

    @property
    def extent(self) -> Window | None:
        """First to last record of the store."""

    def ask(self, query: Query, window: Window, filters: Filters) -> Result:
        """Run one question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a panel shows.

    Attributes:
        frame: Its rows; times in UTC, numbers exact.
        sql: The query that ran, with its values.
        seconds: How long it took.
        notes: Sentences to show below the chart.
        every: Timeslice of its buckets; None without.
        complete_until: Buckets that end later are not yet covered by the data.
    """

    frame: pd.DataFrame
    sql: str
    seconds: float
    notes: tuple[str, ...] = ()
    every: timedelta | None = None
    complete_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of a dashboard, as data.

    Attributes:
        slug: Its name for ever: `overview/top-sources`.
        title: What stands above it.
        help: What it shows, one sentence.
        query: Its question. `every` is the finest timeslice; long windows take coarser ones.
        chart: How it is drawn.
        value: Column that is drawn; the query's first measure.
        drill: Field that a click narrows the page by; "" for none.
        analysis: What is done to the rows before they are drawn.
        about: What its records are called where there are none: "REJECT records".
    """

    slug: str
    title: str
    help: str
    query: Query
    chart: Chart
    drill: str = ""
    analysis: Analysis = ""
    about: str = "records"
    colours: dict[str, str] = field(default_factory=dict)

    @property
    def value(self) -> str:
        """The column that is drawn."""
        return self.query.measures[0]

    def question(self, window: Window, columns: Collection[str]) -> Query:
        """The query for this window and these logs.

        Its timeslice is coarse enough to be drawn. Measures beside the one that is drawn are left
        out where the logs lack their field.
        """
        drawn, *beside = self.query.measures
        known = [name for name in beside if set(measure(name).needs) <= set(columns)]
        every = self.query.every and max(self.query.every, timeslice_for(window))
        return replace(self.query, measures=(drawn, *known), every=every)

    def answer(self, flows: Answers, window: Window, filters: Filters) -> Answer:
        """Ask and analyse.

        Raises:
            MissingDataError: The logs lack a field that the panel needs.
        """
        query = self.question(window, flows.engine.columns())
        result = flows.ask(query, window, filters)
        frame, notes = ANALYSES[self.analysis](result.frame, flows)
        extent = flows.extent
        return Answer(
            frame, result.sql, result.seconds, notes, query.every, extent.end if extent else None
        )


def _as_is(frame: pd.DataFrame, _: Answers) -> tuple[pd.DataFrame, tuple[str, ...]]:
    return frame, ()


def _places(frame: pd.DataFrame, flows: Answers) -> tuple[pd.DataFrame, tuple[str, ...]]:
    return flows_by_place(frame, "srcaddr", flows.places)


ANALYSES: dict[Analysis, Callable[[pd.DataFrame, Answers], tuple[pd.DataFrame, tuple[str, ...]]]]
ANALYSES = {"": _as_is, "places": _places}
