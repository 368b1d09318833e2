"""The table of tools: each is a question with its parameters, and what answers it.

A new tool is a class and a line in `TOOLS`; its docstring and its fields' descriptions are what an
assistant reads of it.
"""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
from pydantic import Field

from vpcflow_core.mcp.answers import MOST_ROWS, Answer, RecordedLogs, answer_of
from vpcflow_core.mcp.asked import Asked, Tool
from vpcflow_core.mcp.judged import Episodes, Findings, Forecast, Outliers, Series
from vpcflow_core.mcp.listed import (
    Collection,
    Connections,
    Cost,
    Narrow,
    Records,
    Remedies,
    Replay,
    Sql,
    Top,
    Why,
)
from vpcflow_core.query.dimensions import DIMENSIONS, EITHER_END
from vpcflow_core.query.measures import MEASURES


class About(Tool):
    """What there is: sources, records, from when to when, what is missing. Ask it first."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each source."""
        columns = ("url", "records", "first", "last", "last_sync", "malformed", "error")
        states = [asdict(state) for state in flows.catalogue.sources()]
        frame = pd.DataFrame([{name: state[name] for name in columns} for state in states])
        return self.made(flows, frame, "sources")


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
        return self.made(flows, frame, "overview")


class Panels(Tool):
    """Ready questions: slug, title and what each shows. The tool panel answers one."""

    limit: int = Field(200, ge=1, le=MOST_ROWS, description="Most rows of the answer.")
    page: str = Field("", description="Only those of a page: overview, rejects, explore, ...")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each panel."""
        listed = flows.panels().drop(columns="chart")
        if self.page:
            listed = listed[listed["slug"].str.startswith(f"{self.page}/")]
        return self.made(flows, listed, "overview")


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


TOOLS: dict[str, type[Tool]] = {
    tool.__name__.lower(): tool
    for tool in (
        About, Fields, Panels, Panel, Top, Series, Outliers, Episodes, Forecast, Findings,
        Connections, Why, Cost, Remedies, Collection, Narrow, Replay, Records, Sql,
    )
}  # fmt: skip
