"""The panel of the Sources page: of which hours there are records, and of which there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from vpcflow_core.analysis.groups import with_rest
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel, PanelContext
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window, format_duration, format_instant
from vpcflow_core.units import number_of

HOUR = timedelta(hours=1)
# Gaps that are named; of more, only the number is given: the rows of the panel have them all.
GAPS_NAMED = 8


def coverage(context: PanelContext) -> PanelAnswer:
    """Records by log-status in each hour, and a sentence that names the hours without any.

    Hours before the first record of all are kept apart from gaps; the hour that has not ended yet
    is none. Records of formats without log-status are the rest.
    """
    query, extent = context.query, context.logs.extent
    every, (field,) = query.every or HOUR, query.by
    all_ = context.ask(replace(query, by=()))
    parts = [context.ask(query)] if field in context.logs.engine.columns("records") else []
    shown = parts[0].frame if parts else all_.frame.head(0).assign(**{field: pd.Series(dtype=str)})
    frame = with_rest(all_.frame, shown, "bucket", field, list(query.measures))
    counts = all_.frame.set_index("bucket")[context.panel.value]
    start, end = _known(context.request.window, extent)
    ended = [moment.to_pydatetime() for moment in counts.index if start < moment + every <= end]
    notes = [sentence([moment for moment in ended if not counts[moment]], every, len(ended))]
    if extent and counts.index[0] + every <= extent.start:
        notes.append(f"The first record of all is of {format_instant(extent.start)}.")
    return context.answer(*parts, all_, frame=frame, notes=notes, every=every)


def _known(window: Window, extent: Window | None) -> tuple[datetime, datetime]:
    """The part of the window of which records can be expected."""
    if extent is None:
        return window.start, window.end
    return max(window.start, extent.start), min(window.end, max(extent.end, datetime.now(UTC)))


def sentence(gaps: Sequence[datetime], every: timedelta, looked_at: int) -> str:
    """The gaps in words.

    Args:
        gaps: Start of each bucket without records, in order.
        every: Length of a bucket.
        looked_at: How many buckets there are.

    >>> from vpcflow_core.times import EPOCH
    >>> sentence([EPOCH, EPOCH + HOUR], HOUR, 24)
    '2 hours without any record: 1970-01-01T00:00Z to 1970-01-01T02:00Z.'
    """
    what = "hour" if every == HOUR else f"timeslice of {format_duration(every)}"
    if not gaps:
        return f"Every {what} has records." if looked_at else "No hour has ended yet."
    spans = runs(gaps, every)
    named = ", ".join(
        f"{format_instant(start)} to {format_instant(end)}" for start, end in spans[:GAPS_NAMED]
    )
    rest = (
        f" and {number_of(len(spans) - GAPS_NAMED, 'more gaps')}" if len(spans) > GAPS_NAMED else ""
    )
    word = what if len(gaps) == 1 else what.replace("hour", "hours").replace("slice", "slices")
    return f"{len(gaps):,} {word} without any record: {named}{rest}."


def runs(starts: Sequence[datetime], every: timedelta) -> list[tuple[datetime, datetime]]:
    """Start and end of each run of buckets that follow one another."""
    found: list[tuple[datetime, datetime]] = []
    for start in starts:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], start + every)
        else:
            found.append((start, start + every))
    return found


SOURCES: tuple[Panel, ...] = (
    Panel(
        "sources/coverage",
        "Coverage",
        "Records of each hour, by the time they start: OK means traffic, NODATA none, "
        "SKIPDATA of records that AWS lost. An hour without a column has no record at all.",
        Query(("records",), by=("log_status",), every=HOUR, records=True),
        "stacked",
        analysis=coverage,
        rest="without log-status",
    ),
)
