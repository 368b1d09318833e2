"""What a panel is: a question, how it is drawn, and what a click on it means."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd

from vpcflow_core.asker import all_of, asking_for
from vpcflow_core.clock_changes import clock_changes, sentences
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.log_queries import AnswersAtOnce, LogQueries
from vpcflow_core.panels.request import BAND_PARAMETERS, DEFAULTS, PanelRequest, Parameters
from vpcflow_core.query.connections.questions import AnyQuery
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.series import with_coverage
from vpcflow_core.times import FEW, Window, format_duration, timeslice_for, timeslice_within

Chart = Literal[
    "map", "bars", "columns", "stacked", "area", "donut", "split", "table", "band", "lines",
    "trend", "number", "box", "sankey", "matrix", "curves", "heat",
]  # fmt: skip
MINUTE = timedelta(minutes=1)
# More buckets than this are no picture any more; the timeslice then grows, and the panel says so.
MOST_BUCKETS = 12_000


def auto_timeslice(window: Window, interval: timedelta, name: str) -> timedelta:
    """The timeslice that suits the logs and the range.

    Args:
        window: The range.
        interval: The aggregation interval of the logs.
        name: The measure. Bytes and packets are spread over the time of each record: a minute is
            not too fine for them. Flows stand at their start, once an interval.
    """
    least = MINUTE if measure(name).spreads else interval
    return timeslice_within(window, max(least, timeslice_for(window)))


@dataclass(frozen=True, slots=True)
class PanelContext:
    """What an analysis works with: a panel, what it is asked, and the logs that answer.

    Attributes:
        panel: The panel.
        request: What it is asked.
        logs: What answers; already narrowed to the request's source, and to counting flows once.
    """

    panel: Panel
    request: PanelRequest
    logs: LogQueries

    @property
    def query(self) -> Query:
        """The panel's query, as far as these logs can answer it.

        Measures beside the one that is drawn are left out where the logs lack their field. Over
        time bytes and packets are spread: records of ten minutes would else be columns between
        gaps.
        """
        drawn, *beside = self.panel.query.measures
        columns = self.logs.engine.columns()
        known = [name for name in beside if set(measure(name).needs) <= set(columns)]
        every = self.panel.query.every and self._own_timeslice(self.panel.query.every)
        return replace(self.panel.query, measures=(drawn, *known), every=every, place="spread")

    def _own_timeslice(self, finest: timedelta) -> timedelta:
        """The panel's own timeslice, for the range and the logs."""
        window, least = self.request.window, finest
        if finest <= MINUTE:
            least = auto_timeslice(window, self.logs.coverage.interval, self.panel.value)
        wanted = max(least, timeslice_for(window))
        return timeslice_within(window, wanted, 1 if finest <= MINUTE else FEW)

    @property
    def timeslice(self) -> timedelta:
        """The timeslice of the parameters.

        Coarser where it would make too many buckets, finer where the range is shorter.
        """
        window, wanted = self.request.window, self.request.parameters.timeslice
        if wanted is None:
            return auto_timeslice(window, self.logs.coverage.interval, self.panel.value)
        return timeslice_within(window, max(wanted, timeslice_for(window, MOST_BUCKETS)))

    def ask(self, query: Query, window: Window | None = None) -> QueryResult:
        """Ask something under the page's filters."""
        return self.logs.ask(query, window or self.request.window, self.request.filters)

    def ask_all(self, *queries: Query) -> list[QueryResult]:
        """Ask questions of which none needs another one's answer, under the page's filters."""
        return all_of(*(partial(self.ask, query) for query in queries))

    def ask_connections(self, query: AnyQuery, window: Window) -> QueryResult:
        """Ask for connections of which some record meets the page's filters."""
        return self.logs.ask_connections(query, window, self.request.filters)

    def answer(
        self,
        *results: QueryResult | PanelAnswer,
        frame: pd.DataFrame | None = None,
        findings: Collection[str] = (),
        notes: Collection[str] = (),
        every: timedelta | None = None,
        headlines: tuple[Headline, ...] = (),
    ) -> PanelAnswer:
        """The answer made of these results.

        Args:
            results: What was asked; their SQL is shown, their times add up.
            frame: The rows to show; those of the first result if not given.
            findings: Sentences to show above the chart: what it comes to.
            notes: Sentences to show below it.
            every: Timeslice of the rows.
            headlines: Numbers to show.
        """
        rows = results[0].frame if frame is None else frame
        said = [
            *findings,
            *notes,
            *self._finer(every),
            *self._clocks(every),
            *(note for r in results for note in r.notes),
        ]
        coverage = self.logs.coverage
        columns = [column for column in NAMED if column in rows]
        names = {column: self._names(rows, column) for column in columns}
        return PanelAnswer(
            rows,
            ";\n\n".join(dict.fromkeys(r.sql for r in results)),
            sum(r.seconds for r in results),
            tuple(dict.fromkeys(said)),
            every,
            coverage.settled_until,
            headlines,
            names,
            self._watched(rows),
            coverage.gaps_in(self.request.window),
            len(findings),
        )

    def _finer(self, every: timedelta | None) -> list[str]:
        """That the timeslice is finer than the panel's, as its title may say another one."""
        usual = self.panel.query.every
        if usual is None or every is None or every >= usual:
            return []
        shown, long = format_duration(every), format_duration(usual)
        return [f"In timeslices of {shown}: the range is too short for those of {long}."]

    @property
    def zone(self) -> ZoneInfo | None:
        """Whose clock days are counted by; None: days have 24 hours."""
        return ZoneInfo(self.request.zone) if self.request.zone else None

    def _clocks(self, every: timedelta | None) -> tuple[str, ...]:
        """That a day of the chart has 23 or 25 hours."""
        if self.zone is None or every is None or self.panel.chart == "number":
            return ()
        return sentences(self.request.window, self.zone)

    def _watched(self, rows: pd.DataFrame) -> dict[str, str]:
        """The addresses of the rows that are on a watch list."""
        columns = [column for column in WITH_ADDRESSES if column in rows]
        found = {value for column in columns for value in rows[column].dropna().unique()}
        return self.logs.watched(found) if found else {}

    def _names(self, rows: pd.DataFrame, column: str) -> dict[str, str]:
        """What the ids of a column are called, as far as it is known."""
        known = self.logs.names(column)
        return {value: known[value] for value in rows[column].dropna().unique() if value in known}


Analysis: TypeAlias = Callable[[PanelContext], PanelAnswer]
# The parameters that the analyses behind these charts use; those behind others use none.
USED_PARAMETERS: dict[str, tuple[str, ...]] = {
    "band": BAND_PARAMETERS,
    "lines": ("timeslice", "compare"),
    "trend": ("timeslice",),
}
# Columns of addresses, which may be on watch lists.
WITH_ADDRESSES = ("srcaddr", "dstaddr", "peer")
# Columns whose ids have names, and addresses.
NAMED_IDS = ("interface_id", "vpc_id", "subnet_id", "security_group_id", "instance_id")
NAMED = (*NAMED_IDS, "srcaddr", "dstaddr")


def rows(context: PanelContext) -> PanelAnswer:
    """The rows as they are."""
    query, window = context.query, context.request.window
    result = context.ask(query)
    frame = result.frame
    if query.every:
        frame = with_coverage(frame, query, window, context.logs.coverage)
    return context.answer(result, frame=frame, every=query.every)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of a dashboard, as data.

    Attributes:
        slug: Its name for ever: `overview/top-sources`.
        title: What stands above it.
        help: What it shows, one sentence.
        query: Its question. `every` is the finest timeslice; long windows take coarser ones.
        chart: How it is drawn.
        drill: Fields that a click narrows the page by, each to the clicked row's value.
        analysis: How its rows are made; the query's own if not said.
        about: What its records are called where there are none: "REJECT records".
        rest: What the part is called whose field is null.
        parameters: Names of the parameters that its analysis uses; None: those that all panels
            with its chart use.
    """

    slug: str
    title: str
    help: str
    query: Query
    chart: Chart
    drill: tuple[str, ...] = ()
    analysis: Analysis = rows
    about: str = "records"
    rest: str = "other"
    parameters: tuple[str, ...] | None = None

    @property
    def value(self) -> str:
        """The column that is drawn."""
        return self.query.measures[0]

    @property
    def used_parameters(self) -> tuple[str, ...]:
        """The parameters that its answer depends on."""
        used = self.parameters
        return USED_PARAMETERS.get(self.chart, ()) if used is None else used

    def cache_key_parameters(self, parameters: Parameters) -> Parameters:
        """The parameters as far as the panel uses them; the others have their defaults."""
        used = {name: getattr(parameters, name) for name in self.used_parameters}
        return replace(DEFAULTS, **used)

    def request(
        self,
        window: Window,
        filters: Filters = NO_FILTERS,
        parameters: Parameters = DEFAULTS,
        *,
        source: str = "",
        once: bool = False,
        generation: int = 0,
        zone: str = "",
    ) -> PanelRequest:
        """The request for its answer; see `PanelRequest` for the arguments."""
        used = self.cache_key_parameters(parameters)
        clock = zone if self._counts_days(window, zone) else ""
        return PanelRequest(self.slug, window, filters, used, source, once, generation, clock)

    def _counts_days(self, window: Window, zone: str) -> bool:
        """Whether the answer for a window depends on how a zone's clocks changed."""
        counts = self.query.every or self.chart == "number" or "compare" in self.used_parameters
        if not zone or not counts:
            return False
        week = Window(window.start - timedelta(days=8), window.end)
        return bool(clock_changes(week, ZoneInfo(zone)))

    def answer(self, request: PanelRequest, logs: LogQueries) -> PanelAnswer:
        """Ask the logs and analyse what they answer.

        Args:
            request: What is asked; its `source`, `once` and `generation` have chosen `logs`.
            logs: What answers.

        Raises:
            MissingDataError: The logs lack a field that the panel needs.
            ParameterError: A parameter is out of its range.
        """
        page = self.slug.partition("/")[0]
        shown, engine = f"{page} {request.window} {request.filters!r}", logs.engine
        at_once = isinstance(engine, AnswersAtOnce) and engine.answers_at_once
        with asking_for(shown, at_once=at_once):
            return self.analysis(PanelContext(self, request, logs))
