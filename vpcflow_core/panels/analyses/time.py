"""Analyses of one measure over time: outlier band, comparison, forecast, numbers that say it all.

`vpcflow_core.series` answers; here a panel's parameters become its arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pandas as pd

from vpcflow_core import series as over_time
from vpcflow_core.analysis.buckets import noted, notes_of
from vpcflow_core.analysis.compare import shifts_of
from vpcflow_core.analysis.forecast import LEAST_HISTORY
from vpcflow_core.asker import all_of, both_of
from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import MINUTE, PanelContext
from vpcflow_core.query.measures import measure
from vpcflow_core.query.place import snapped
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.series import Ask, TimeAnswer, with_coverage
from vpcflow_core.times import (
    Window,
    floor_to,
    format_duration,
    format_instant,
    timeslice_for,
)
from vpcflow_core.units import number_of

# A forecast adds a quarter of the window, and learns from two weeks: weekdays differ.
AHEAD = 4
LEARNT = timedelta(days=15)


def band(context: PanelContext) -> PanelAnswer:
    """The measure and the band that was expected; see `series.band`."""
    found = judged(context, _sliced(context))
    notes = [_verdict(found.frame), *_coarser(context)]
    return _answer(context, found, notes, context.timeslice)


def judged(context: PanelContext, query: Query, unit: float | None = None) -> TimeAnswer:
    """A question judged by the page's parameters.

    Args:
        context: The panel.
        query: The question, with one measure and `every`.
        unit: The smallest change worth a look, if not that of the measure.
    """
    parameters = context.request.parameters
    return over_time.band(
        _ask(context),
        query,
        context.request.window,
        context.logs.coverage,
        method=parameters.method,
        history=parameters.window,
        threshold=parameters.threshold,
        consecutive=parameters.consecutive,
        watch=parameters.watch,
        unit=unit,
    )


def compared(context: PanelContext) -> PanelAnswer:
    """The measure beside what it was before: a day and a week, or what the page asks for."""
    found = over_time.compared(
        _ask(context),
        _sliced(context),
        context.request.window,
        context.logs.coverage,
        context.request.parameters.compare,
        context.zone,
    )
    return _answer(context, found, [*notes_of(found.frame), *_coarser(context)], context.timeslice)


def trend(context: PanelContext) -> PanelAnswer:
    """The measure, and where it is heading: a quarter of the window is added.

    Learnt from two weeks at least, where the data reaches back so far. What would have missed its
    own past is not drawn, and a note says why.
    """
    every = max(context.timeslice, timeslice_for(context.request.window))
    query = replace(_sliced(context), every=every)
    whole, ask = snapped(query, context.request.window), _ask(context)
    periods = max(LEAST_HISTORY, int(whole.length / every) // AHEAD)
    try:
        found = over_time.trend(
            ask, query, whole, context.logs.coverage, periods=periods, learnt=LEARNT
        )
    except ParameterError as error:  # too little data to look ahead; what there is is still shown
        found = _without_forecast(over_time.series(ask, query, whole, context.logs.coverage), error)
    return _answer(context, found, notes_of(found.frame), every)


def _without_forecast(found: TimeAnswer, error: ParameterError) -> TimeAnswer:
    """The series with the columns of a forecast, all of them empty."""
    nothing = pd.Series(pd.NA, index=found.frame.index, dtype="Float64")
    frame = found.frame.assign(predicted=nothing, lower=nothing, upper=nothing)
    return replace(found, frame=noted(frame, f"No forecast: {error.what}"))


def number(context: PanelContext) -> PanelAnswer:
    """The measures over the whole window, the day before's beside them, and the first over time.

    Compared is the part of the window in which no record can still arrive.
    """
    query, window = replace(context.query, every=None), context.request.window
    part, before, notes = comparable(context)
    compared = part if part != window else None
    every = timeslice_for(window, 150)
    sliced = replace(query, measures=query.measures[:1], every=every)
    (now, line), (settled, then) = both_of(
        lambda: context.ask_all(query, sliced),
        lambda: all_of(*(partial(_asked_of, context, query, of) for of in (compared, before))),
    )
    headlines = tuple(
        Headline(
            measure(name).title if place else "",
            int(now.frame[name].iloc[0]),
            name,
            None if then is None else int(then.frame[name].iloc[0]),
            None if settled is None else int(settled.frame[name].iloc[0]),
        )
        for place, name in enumerate(query.measures)
    )
    return context.answer(
        *filter(None, (now, settled, then, line)),
        frame=with_coverage(line.frame, sliced, window, context.logs.coverage),
        notes=notes,
        every=every,
        headlines=headlines,
    )


def _asked_of(context: PanelContext, query: Query, window: Window | None) -> QueryResult | None:
    """The answer about another window, if there is one."""
    return context.ask(query, window) if window else None


def comparable(
    context: PanelContext, shift: str = "1d"
) -> tuple[Window | None, Window | None, Sequence[str]]:
    """The part of the window to compare, that part of a time before, and what to say of it.

    Args:
        context: The panel's.
        shift: How long before: `1d`.

    Returns:
        No windows where the comparison would mislead, and the sentence that says why.
    """
    window, coverage = context.request.window, context.logs.coverage
    settled = floor_to(coverage.settled_until or window.end, MINUTE)
    if settled <= window.start:
        return None, None, ["Not compared: records of this range can still arrive."]
    part = replace(window, end=min(window.end, settled))
    # A comparison with part of a day would look like a change.
    if gaps := coverage.gaps_in(part):
        since, until = (format_instant(end) for end in (gaps[0].start, gaps[0].end))
        return None, None, [f"Not compared: records are missing from {since} to {until}."]
    # Days are those of the page's clock.
    shifts = shifts_of((shift,), part, MINUTE, coverage, context.zone)
    if shifts.notes:
        return None, None, [*shifts.notes, *shifts.clocks]
    before = shifts.windows[shift.strip()]
    if part == window:
        return part, before, shifts.clocks
    then = "of the day before" if shift == "1d" else f"{shift} before"
    compared = f"Compared up to {format_instant(part.end)}, with the same part {then}."
    return part, before, [compared, *shifts.clocks]


def _sliced(context: PanelContext) -> Query:
    """The panel's query in the page's timeslices."""
    return replace(context.query, measures=context.query.measures[:1], every=context.timeslice)


def _ask(context: PanelContext) -> Ask:
    """Asks under the page's filters."""
    return lambda query, window: context.logs.sparse(query, window, context.request.filters)


def _answer(
    context: PanelContext, found: TimeAnswer, notes: Sequence[str], every: timedelta
) -> PanelAnswer:
    return context.answer(*found.results, frame=found.frame, notes=notes, every=every)


def _verdict(frame: pd.DataFrame) -> str:
    """What the band found, in words."""
    count = int(frame["violation"].sum())
    if not count:
        return "No timeslice left the band."
    lie = "lies" if count == 1 else "lie"
    return f"{count:,} of {number_of(len(frame), 'timeslices')} {lie} outside."


def _coarser(context: PanelContext) -> list[str]:
    """That the timeslice had to be another one than asked for."""
    wanted = context.request.parameters.timeslice
    if wanted is None or context.timeslice == wanted:
        return []
    shown, why = format_duration(context.timeslice), "long for finer"
    if context.timeslice < wanted:
        why = "short for longer"
    return [
        f"Timeslices of {shown} instead of {format_duration(wanted)}: the range is too {why} ones."
    ]
