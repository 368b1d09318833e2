"""Analyses of one measure over time: outlier band, comparison, forecast, numbers that say it all.

May import times, query, analysis and panels.base.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.analysis.buckets import noted, notes_of
from vpcflow_core.analysis.compare import compare as beside
from vpcflow_core.analysis.compare import shifts_of
from vpcflow_core.analysis.forecast import LEAST_HISTORY, forecast
from vpcflow_core.analysis.outliers import outliers, smallest_change
from vpcflow_core.errors import ParameterError
from vpcflow_core.panels.base import Asked, Headline, PanelAnswer, QueryResult
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import snapped
from vpcflow_core.times import Window, format_duration, timeslice_for

DAY = timedelta(days=1)
SHIFTS = ("1d", "7d")
# A forecast adds a quarter of the window, and has learnt from so long.
AHEAD = 4
LEARNT = timedelta(days=7)


def band(asked: Asked) -> PanelAnswer:
    """The measure and the band of the buckets before each; see `analysis.outliers`.

    The band of the first buckets is made of buckets before the window: a verdict does not depend
    on the range that is looked at.
    """
    query, parameters = _sliced(asked), asked.parameters
    whole = snapped(query, asked.window)
    longer = Window(whole.start - parameters.window * asked.timeslice, whole.end)
    result = asked.ask(query, longer)
    extent = asked.flows.extent
    judged = outliers(
        _series(asked, result),
        window=parameters.window,
        threshold=parameters.threshold,
        consecutive=parameters.consecutive,
        watch=parameters.watch,
        unit=smallest_change(measure(asked.panel.value).unit),
        known_from=extent.start if extent else None,
        complete_until=extent.end if extent else None,
    )
    frame = judged[judged["bucket"] >= whole.start].reset_index(drop=True)
    notes = [_verdict(frame), *_coarser(asked)]
    return asked.answer(result, frame=frame, notes=notes, every=asked.timeslice)


def compared(asked: Asked) -> PanelAnswer:
    """The measure beside what it was a day and a week before."""
    query = _sliced(asked)
    whole, extent = snapped(query, asked.window), asked.flows.extent
    now = asked.ask(query, whole)
    shifts = shifts_of(SHIFTS, whole, asked.timeslice, extent)
    then = {name: asked.ask(query, window) for name, window in shifts.windows.items()}
    frame = beside(
        _series(asked, now),
        {name: _series(asked, result) for name, result in then.items()},
        known_from=extent.start if extent else None,
    )
    notes = [*shifts.notes, *_coarser(asked)]
    return asked.answer(now, *then.values(), frame=frame, notes=notes, every=asked.timeslice)


def trend(asked: Asked) -> PanelAnswer:
    """The measure, and where it is heading: a quarter of the window is added.

    Learnt from a week at least, where the data reaches back so far: a day alone has no rhythm.
    """
    every = max(asked.timeslice, timeslice_for(asked.window))
    query = replace(_sliced(asked), every=every)
    whole, extent = snapped(query, asked.window), asked.flows.extent
    begin = max(whole.end - LEARNT, extent.start) if extent else whole.start
    result = asked.ask(query, Window(min(begin, whole.start), whole.end))
    series = _series(asked, result)
    periods = max(LEAST_HISTORY, int(whole.length / every) // AHEAD)
    try:
        frame = forecast(
            series,
            periods=periods,
            model="seasonal",
            known_from=extent.start if extent else None,
            complete_until=extent.end if extent else None,
        )
    except ParameterError as error:  # too little data to look ahead; what there is is still shown
        nothing = pd.Series(pd.NA, index=series.index, dtype="Float64")
        frame = noted(
            series.assign(predicted=nothing, lower=nothing, upper=nothing),
            f"No forecast: {error.what}",
        )
    notes = notes_of(frame)
    frame = frame[frame["bucket"] >= whole.start].reset_index(drop=True)
    return asked.answer(result, frame=frame, notes=notes, every=every)


def number(asked: Asked) -> PanelAnswer:
    """The measures over the whole window, the day before's beside them, and the first over time."""
    query = replace(asked.query, every=None)
    now = asked.ask(query)
    # A comparison with part of a day would look like a change.
    shifts = shifts_of(SHIFTS[:1], asked.window, DAY, asked.flows.extent)
    partial = bool(shifts.notes)
    then = None if partial else asked.ask(query, shifts.windows["1d"])
    every = timeslice_for(asked.window, 150)
    line = asked.ask(replace(query, measures=query.measures[:1], every=every))
    headlines = tuple(
        Headline(
            measure(name).title if place else "",
            int(now.frame[name].iloc[0]),
            name,
            None if then is None else int(then.frame[name].iloc[0]),
        )
        for place, name in enumerate(query.measures)
    )
    results = [now, *([then] if then else []), line]
    return asked.answer(
        *results, frame=line.frame, notes=shifts.notes, every=every, headlines=headlines
    )


def _sliced(asked: Asked) -> Query:
    """The panel's query in the page's timeslices."""
    return replace(asked.query, measures=asked.query.measures[:1], every=asked.timeslice)


def _series(asked: Asked, result: QueryResult) -> pd.DataFrame:
    """Columns bucket and value."""
    return result.frame.rename(columns={asked.panel.value: "value"})


def _verdict(frame: pd.DataFrame) -> str:
    """What the band found, in words."""
    count = int(frame["violation"].sum())
    if not count:
        return "No timeslice left the band."
    return f"{count:,} of {len(frame):,} timeslices {'lies' if count == 1 else 'lie'} outside."


def _coarser(asked: Asked) -> list[str]:
    """That the timeslice had to be coarser than asked for."""
    wanted = asked.parameters.timeslice
    if asked.timeslice == wanted:
        return []
    return [
        f"Timeslices of {format_duration(asked.timeslice)} instead of {format_duration(wanted)}: "
        "the range is too long for finer ones."
    ]
