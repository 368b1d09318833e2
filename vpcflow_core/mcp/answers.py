"""Answers as tools give them: few rows, and all that is needed to judge and to check them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
from pydantic import BaseModel, Field

from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MisuseError
from vpcflow_core.json_rows import rows_of
from vpcflow_core.plain_text import visible
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import Statement
from vpcflow_core.times import Window, format_instant

MOST_ROWS = 1000
# Assistants read at most some ten thousand words of an answer: about this many characters.
MOST_CHARACTERS = 60_000
LONGEST_TEXT = 500


class Answer(BaseModel):
    """What every tool answers."""

    rows: list[dict[str, Any]] = Field(description="Times are UTC; null is: not known.")
    more_rows: bool = Field(description="Whether there are more rows than these.")
    sql: list[str] = Field(description="The SELECTs that ran; the tool sql runs them again.")
    range: str = Field(description="Time that was asked about, UTC: start/end.")
    filters: str = Field(description="Conditions that held besides the question's own.")
    settled_until: str | None = Field(
        description="Up to when no record can still arrive; numbers after it can grow."
    )
    missing: list[str] = Field(description="Parts of the range of which records are missing.")
    notes: list[str] = Field(description="What to know about this answer.")
    link: str | None = Field(description="Page of the app that shows the same, if one can.")


@dataclass(frozen=True, eq=False)
class RecordedLogs(FlowLogs):
    """Flow logs that remember which SELECTs answered.

    Attributes:
        ran: What they gave, in order; shared with the logs that narrowing these gives.
    """

    ran: list[QueryResult] = field(default_factory=list)

    def sparse(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """As `FlowLogs.sparse`."""
        return self._kept(super().sparse(query, window, filters))

    def _run(self, question: Statement, window: Window, *more: Any) -> QueryResult:
        return self._kept(super()._run(question, window, *more))

    def _kept(self, result: QueryResult) -> QueryResult:
        self.ran.append(result)
        return result


def recorded(flows: FlowLogs) -> RecordedLogs:
    """The same logs, with nothing asked yet."""
    same = {one.name: getattr(flows, one.name) for one in fields(FlowLogs)}
    return RecordedLogs(**same)


def answer_of(
    flows: RecordedLogs,
    frame: pd.DataFrame,
    *,
    limit: int,
    page: str,
    sql: Iterable[str] = (),
    notes: Iterable[str] = (),
    more: bool = False,
) -> Answer:
    """An answer of a limited number of rows.

    Args:
        flows: What was asked.
        frame: Its rows.
        limit: Most rows.
        page: Page or panel that shows them.
        sql: The SELECTs that ran; those that the logs remember if there are none.
        notes: What to know, besides what holds for all answers of these logs.
        more: Whether there are more rows than the frame has.
    """
    rows = _fitting(rows_of(frame.head(limit)))
    more = more or len(rows) < len(frame)
    window, settled = flows.window, flows.coverage.settled_until
    link, why_none = _link(flows, page)
    said = [*([_few(len(rows))] if more else []), *flows.notes, *notes, *why_none]
    return Answer(
        rows=rows,
        more_rows=more,
        sql=list(dict.fromkeys(sql)) or list(dict.fromkeys(result.sql for result in flows.ran)),
        range=str(window),
        filters=str(flows.filters),
        settled_until=format_instant(settled) if settled else None,
        missing=[str(Window(gap.start, gap.end)) for gap in flows.coverage.gaps_in(window)],
        notes=[visible(note) for note in dict.fromkeys(said)],
        link=link,
    )


def _few(count: int) -> str:
    words = "the first row is" if count == 1 else f"the first {count:,} rows are"
    return f"Only {words} here: ask for fewer columns, a higher limit, or a narrower question."


def _link(flows: FlowLogs, page: str) -> tuple[str | None, tuple[str, ...]]:
    """The address of a page at this very time; or none, and why."""
    try:
        return flows.link(page, fixed=True), ()
    except MisuseError as error:
        return None, (f"There is no link: {error.what}",)


def _fitting(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first rows that fit into an answer."""
    fitting, left = [], MOST_CHARACTERS
    for row in rows:
        short = {_short(name): _short(value) for name, value in row.items()}
        left -= len(json.dumps(short, ensure_ascii=False))
        if left < 0:
            break
        fitting.append(short)
    return fitting


def _short(value: Any) -> Any:
    """A value without what hides in texts, and not longer than anybody reads."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT and value.isprintable() else _cut(value)
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, dict):
        return {_short(name): _short(item) for name, item in value.items()}
    return value


def _cut(text: str) -> str:
    shown = visible(text[:LONGEST_TEXT])
    return f"{shown} ..." if len(text) > LONGEST_TEXT else shown
