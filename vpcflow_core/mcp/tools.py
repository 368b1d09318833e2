"""The table of tools: each is a question with its parameters, and what answers it.

A new tool is a class here and a line in `TOOLS`; its docstring and its fields' descriptions are
what an assistant reads of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.forecast import Model
from vpcflow_core.analysis.outliers import DEFAULT_METHOD, Method, Watch
from vpcflow_core.errors import ParameterError, QueryError
from vpcflow_core.links import SQL_PAGE
from vpcflow_core.mcp.answers import MOST_ROWS, Answer, RecordedLogs, answer_of
from vpcflow_core.panels.base import Chart
from vpcflow_core.panels.built import Built
from vpcflow_core.query.connections.select import Order
from vpcflow_core.query.dimensions import DIMENSIONS, EITHER_END
from vpcflow_core.query.filters import Filters, Value
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.series import NUMBERS, names_of
from vpcflow_core.times import parse_range

UNGUARDED = QueryError(
    "SQL by hand is not for assistants here: this engine reads all that its account may read.",
    "Ask top, series or panel; a person can run it by vpcflow sql.",
)
_COUNTED = f"One of: {', '.join(NUMBERS)}."


class Tool(BaseModel):
    """A tool: a question with its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=MOST_ROWS, description="Most rows of the answer.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """Answer the question."""
        raise NotImplementedError

    def _made(
        self, flows: RecordedLogs, frame: pd.DataFrame, page: str, *, notes: Iterable[str] = ()
    ) -> Answer:
        """The answer of a frame with notes of its own."""
        said = (*notes_of(frame), *notes)
        return answer_of(flows, frame, limit=self.limit, page=page, notes=said)


class Asked(Tool):
    """A question about records."""

    range: str = Field(
        "",
        description="Time to ask about, UTC: 24h (the most recent), 7d, today, yesterday 9-10, "
        "2026-11-25, 2026-11-01T00:00Z/2026-11-02T00:00Z. Without: all there is.",
    )
    where: dict[str, str | int | list[str | int]] = Field(
        default_factory=dict,
        description='Conditions by field, all must hold: {"action": "REJECT", "dstport": '
        '"22, 3389, 8000-8999", "srcaddr": "!10.0.0.0/8"}. A leading ! negates. '
        "The tool fields lists the fields.",
    )
    source: str = Field("", description="Only this source, by its URL; about lists them.")
    once: bool = Field(
        False, description="Count a flow that both of its interfaces logged once, not twice."
    )

    def narrowed(self, flows: RecordedLogs) -> RecordedLogs:
        """The logs that are asked about."""
        if self.source:
            known = [source.url for source in flows.catalogue.sources()]
            if self.source not in known or flows.source not in ("", self.source):
                raise ParameterError(
                    f"'{self.source}' is no source here.", f"Sources: {', '.join(known) or 'none'}."
                )
            flows = flows.only(self.source)
        if self.range:
            flows = replace(flows, range=parse_range(self.range))
        pairs: dict[str, Value] = {name: _texts(value) for name, value in self.where.items()}
        flows = flows.filtered(Filters.parse(pairs, flows.engine.columns("records")))
        return flows.once() if self.once else flows


class About(Tool):
    """What there is: sources, records, from when to when, what is missing. Ask it first."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each source."""
        columns = ("url", "records", "first", "last", "last_sync", "malformed", "error")
        states = [asdict(state) for state in flows.catalogue.sources()]
        frame = pd.DataFrame([{name: state[name] for name in columns} for state in states])
        return self._made(flows, frame, "sources")


class Fields(Tool):
    """Fields to filter and group by, and measures; whether these logs have them."""

    limit: int = Field(200, ge=1, le=MOST_ROWS, description="Most rows of the answer.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each field and measure."""
        present = set(flows.engine.columns("records"))
        fields = [*EITHER_END.values(), *DIMENSIONS.values()]
        rows = [(f.name, "field", f.doc, present >= set(f.columns)) for f in fields]
        rows += [
            (m.name, "measure", m.doc, not m.field or m.field in present) for m in MEASURES.values()
        ]
        frame = pd.DataFrame(rows, columns=["name", "is", "means", "present"])
        return self._made(flows, frame, "overview")


class Panels(Tool):
    """Ready questions: slug, title and what each shows. The tool panel answers one."""

    limit: int = Field(200, ge=1, le=MOST_ROWS, description="Most rows of the answer.")
    page: str = Field("", description="Only those of a page: overview, rejects, explore, ...")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each panel."""
        listed = flows.panels().drop(columns="chart")
        if self.page:
            listed = listed[listed["slug"].str.startswith(f"{self.page}/")]
        return self._made(flows, listed, "overview")


class Panel(Asked):
    """The answer of a ready question; the tool panels lists them."""

    slug: str = Field(description="Its name: rejects/reasons, explore/scans, ...")

    def answer(self, flows: RecordedLogs) -> Answer:
        """The rows of the panel."""
        asked = self.narrowed(flows)
        shown = asked.panel(self.slug)
        return answer_of(
            asked,
            shown.frame,
            limit=self.limit,
            page=self.slug,
            sql=[shown.sql],
            notes=shown.answer.notes,
        )


class Top(Asked):
    """The busiest values of a field, or of several together."""

    fields: str = Field(description="srcaddr; or srcaddr,dstport for values together.")
    by: str = Field("flows", description=f"Measure to sort by. One of: {', '.join(MEASURES)}.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each value."""
        asked, fields = self.narrowed(flows), names_of(self.fields)
        frame = asked.top(fields, by=self.by, n=self.limit)
        chart: Chart = "bars" if len(fields) == 1 else "table"
        return self._made(asked, frame, _page(self.by, fields, chart, self.limit))


class Series(Asked):
    """A measure over time, zero where nothing was, null where nothing is known."""

    limit: int = Field(200, ge=1, le=MOST_ROWS, description="Most rows of the answer.")
    measure: str = Field(description=f"One of: {', '.join(MEASURES)}.")
    every: str = Field("", description="Timeslice: 1m, 5m, 1h, 1d; by default one that suits.")
    by: str = Field("", description="Field to group by; the ten busiest values are shown.")
    compare: str = Field("", description="Also the values earlier: 1d, or 1d,7d.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each timeslice and group."""
        asked, groups = self.narrowed(flows), names_of(self.by or ())
        frame = asked.series(
            self.measure, every=self.every or None, by=groups or None, compare=self.compare
        )
        chart: Chart = "lines" if self.compare else "stacked" if groups else "columns"
        return self._made(asked, frame, _page(self.measure, groups, chart, 10))


class Outliers(Asked):
    """Timeslices in which a measure was unusual: those that violate, or all with their band."""

    measure: str = Field(description=_COUNTED)
    every: str = Field("1m", description="Timeslice: 1m, 5m, 1h.")
    method: Method = Field(DEFAULT_METHOD, description="What is expected of a timeslice.")
    window: int = Field(10, description="Earlier timeslices of the band of trailing.")
    threshold: float = Field(3.0, description="Half width of the band, in deviations.")
    consecutive: int = Field(1, description="Timeslices outside in a row that are a violation.")
    watch: Watch = Field("both", description="Side of the band to watch.")
    by: str = Field("", description="Judge each value of these fields by itself.")
    only_violations: bool = Field(True, description="Leave out timeslices that were as expected.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each timeslice."""
        asked = self.narrowed(flows)
        frame = asked.outliers(
            self.measure,
            every=self.every,
            method=self.method,
            window=self.window,
            threshold=self.threshold,
            consecutive=self.consecutive,
            watch=self.watch,
            by=self.by,
        )
        found = frame[frame["violation"]]
        said = f"{len(found):,} of {len(frame):,} timeslices are violations."
        shown = found if self.only_violations else frame
        return self._made(asked, shown, "outliers", notes=[said])


class Episodes(Asked):
    """What was unusual in all measures: neighbouring violations as one, the worst first."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each episode."""
        asked = self.narrowed(flows)
        return self._made(asked, asked.episodes(), "outliers/episodes")


class Forecast(Asked):
    """A measure continued, with a 95 % interval."""

    limit: int = Field(200, ge=1, le=MOST_ROWS, description="Most rows of the answer.")
    measure: str = Field(description=_COUNTED)
    every: str = Field("", description="Timeslice: 5m, 1h; by default one that suits.")
    periods: int = Field(24, ge=1, le=MOST_ROWS, description="Timeslices to add.")
    model: Model = Field("auto", description="How it is continued.")
    only_future: bool = Field(True, description="Leave out the past.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each timeslice."""
        asked = self.narrowed(flows)
        frame = asked.forecast(
            self.measure, every=self.every or None, periods=self.periods, model=self.model
        )
        return self._made(asked, frame.tail(self.periods) if self.only_future else frame, "traffic")


class Connections(Asked):
    """Connections: client, server, duration, and what went each way."""

    order: Order = Field("duration", description="What the first have most of; start: newest.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each connection."""
        asked = self.narrowed(flows)
        frame = asked.connections(order=self.order, limit=self.limit)
        return self._made(asked, frame, "explore/connections")


class Records(Asked):
    """The log records themselves, the newest first, with every field they have."""

    status: bool = Field(False, description="Also records without traffic: NODATA, SKIPDATA.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each record."""
        asked = self.narrowed(flows)
        made = asked.records(status=self.status, limit=self.limit + 1)
        return answer_of(
            asked,
            made.frame,
            limit=self.limit,
            page="overview",
            sql=[made.sql],
            notes=made.notes,
        )


class Sql(Asked):
    """One SELECT over flows, records or connections; range and filters narrow them before.

    Columns are those that the tool fields lists, start_time and end_time; the dialect is DuckDB's.
    """

    text: str = Field(description="The SELECT.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """The rows of the SELECT."""
        asked = self.narrowed(flows)
        if not asked.engine.guards_sql:
            raise UNGUARDED
        made = asked.ask_sql(self.text, max_rows=self.limit)
        return answer_of(
            asked,
            made.frame,
            limit=self.limit,
            page=SQL_PAGE,
            sql=[made.sql],
            notes=made.notes,
            more=made.truncated,
        )


TOOLS: dict[str, type[Tool]] = {
    tool.__name__.lower(): tool
    for tool in (
        About, Fields, Panels, Panel, Top, Series, Outliers, Episodes, Forecast, Connections,
        Records, Sql,
    )
}  # fmt: skip


def _texts(value: Value | list[str | int]) -> Value:
    return [str(item) for item in value] if isinstance(value, list) else value


def _page(measure: str, by: tuple[str, ...], chart: Chart, top: int) -> str:
    """The page that shows a question; the overview where a question cannot be drawn."""
    try:
        return Built(measure, by, chart, top).slug
    except ParameterError:
        return "overview"
