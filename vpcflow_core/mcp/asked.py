"""What tools are made of: a question with its parameters, and what narrows the logs it asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.errors import ParameterError
from vpcflow_core.mcp.answers import MOST_ROWS, Answer, RecordedLogs, answer_of
from vpcflow_core.panels.base import Chart
from vpcflow_core.panels.built import Built
from vpcflow_core.query.filters import Filters, Value
from vpcflow_core.ranges import parse_range


class Tool(BaseModel, ABC):
    """A tool: a question with its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=MOST_ROWS, description="Most rows of the answer.")

    @abstractmethod
    def answer(self, flows: RecordedLogs) -> Answer:
        """Answer the question."""

    def made(
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


def page_of(measure: str, by: tuple[str, ...], chart: Chart, top: int) -> str:
    """The page that shows a question; the overview where a question cannot be drawn."""
    try:
        return Built(measure, by, chart, top).slug
    except ParameterError:
        return "overview"


def _texts(value: Value | list[str | int]) -> Value:
    return [str(item) for item in value] if isinstance(value, list) else value
