"""Questions about a measure over time: series, comparison, outlier band, trend.

Each function is given `ask`, which answers a question for a window and leaves out the buckets in
which nothing was. `FlowLogs` and the panels use the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd

from vpcflow_core.analysis.buckets import COMPLETE, noted, nullable
from vpcflow_core.analysis.compare import compare, shifts_of
from vpcflow_core.analysis.compare import earlier as earlier_buckets
from vpcflow_core.analysis.forecast import Model, forecast, missed
from vpcflow_core.analysis.outliers import (
    DEFAULT_METHOD,
    Method,
    Watch,
    history_of,
    outliers,
    smallest_change,
)
from vpcflow_core.asker import all_of
from vpcflow_core.coverage import Coverage
from vpcflow_core.errors import ParameterError
from vpcflow_core.query.fill import buckets_of, check_size, filled
from vpcflow_core.query.measures import MEASURES, measure
from vpcflow_core.query.place import snapped
from vpcflow_core.query.question import Query, names_of
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import BUCKET
from vpcflow_core.times import Window, floor_to, parse_duration, timeslice_for

DAY = timedelta(days=1)
NUMBERS = tuple(name for name, of in MEASURES.items() if not of.is_time)


Ask: TypeAlias = Callable[[Query, Window], QueryResult]


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """A measure over time.

    Attributes:
        frame: A row for each bucket and group; the only measure is called `value`, several have
            their names; `complete` says of each bucket whether its values are final.
            `analysis.buckets.notes_of` gives what to know about it.
        results: What the engine answered.
    """

    frame: pd.DataFrame
    results: tuple[QueryResult, ...]

    @property
    def noted(self) -> pd.DataFrame:
        """The frame, with what the engine's answers say of themselves among its notes."""
        said = dict.fromkeys(note for result in self.results for note in result.notes)
        return noted(self.frame, *said)


def series(ask: Ask, query: Query, window: Window, coverage: Coverage) -> TimeAnswer:
    """A measure over time.

    Args:
        ask: Answers a question.
        query: The question, with `every`.
        window: The range of time, snapped outward to whole buckets.
        coverage: What is known of when.

    Returns:
        Every bucket; one without flows is 0, or null where the measure is a time or a quantile, or
        where nothing is known of the bucket: in a hole, before the first record, after the newest.
        `complete` is False where records are missing or can still arrive.

    Raises:
        ParameterError: There are too many buckets, or groups to fill.
    """
    check_size(query, window)
    result = ask(query, window)
    frame = with_coverage(filled(result.frame, query, window), query, window, coverage)
    return TimeAnswer(frame.rename(columns=_titles(query)), (result,))


def with_coverage(
    frame: pd.DataFrame, query: Query, window: Window, coverage: Coverage
) -> pd.DataFrame:
    """A filled series with `complete`, and nothing instead of 0 where nothing is known.

    Args:
        frame: As `query.fill.filled` gives it.
        query: The question it answers.
        window: The window it was asked for.
        coverage: What is known of when.
    """
    every = query.every or snapped(query, window).length
    counts = [name for name in query.measures if measure(name).empty == 0]
    unknown = ~coverage.known(frame[BUCKET], every)
    empty = frame[counts].eq(0).mul(unknown, axis=0)
    if empty.to_numpy().any():
        frame = frame.astype({name: nullable(frame[name]) for name in counts}).mask(
            empty.reindex(columns=frame.columns, fill_value=False)
        )
    return frame.assign(**{COMPLETE: coverage.complete(frame[BUCKET], every)})


def compared(
    ask: Ask,
    query: Query,
    window: Window,
    coverage: Coverage,
    shifts: Iterable[str],
    zone: ZoneInfo | None = None,
) -> TimeAnswer:
    """A measure beside what it was earlier.

    Args:
        ask: Answers a question.
        query: The question, with `every`.
        window: The range of time.
        coverage: What is known of when.
        shifts: How far back: `1d`, `7d`.
        zone: Days are those of this zone's clock; None: of 24 hours.

    Returns:
        The series with the columns of `analysis.compare.compare`.

    Raises:
        ParameterError: A measure is a time, or a shift is no multiple of the timeslice.
    """
    require_numbers(query)
    whole, titles = snapped(query, window), _titles(query)
    every = query.every or whole.length
    moved = shifts_of(shifts, whole, every, coverage, zone)
    buckets = pd.Series(buckets_of(query, whole))
    before = {
        name: pd.Series(
            earlier_buckets(buckets, parse_duration(name), every, zone).array,
            index=pd.Index(buckets),
        )
        for name in moved.windows
    }
    # The busiest now need not have been the busiest then: all are asked for.
    every_group = replace(query, top=None)
    windows = [_around(at, every) or moved.windows[name] for name, at in before.items()]
    asks = [(query, whole), *((every_group, window) for window in windows)]
    given, *earlier = all_of(*(partial(ask, *each) for each in asks))
    now = series(lambda *_: given, query, whole, coverage)
    then = dict(zip(before, earlier, strict=True))
    frame = compare(
        now.frame,
        {name: result.frame.rename(columns=titles) for name, result in then.items()},
        values=[titles.get(name, name) for name in query.measures],
        counts=[titles.get(n, n) for n in query.measures if measure(n).empty == 0],
        final={name: _final(at, every, coverage) for name, at in before.items()},
        then=before,
    )
    return TimeAnswer(noted(frame, *moved.notes, *moved.clocks), (*now.results, *then.values()))


def band(
    ask: Ask,
    query: Query,
    window: Window,
    coverage: Coverage,
    *,
    method: Method = DEFAULT_METHOD,
    history: int = 10,
    threshold: float = 3.0,
    consecutive: int = 1,
    watch: Watch = "both",
    unit: float | None = None,
) -> TimeAnswer:
    """A measure and the band that was expected; of a question by groups, each by itself.

    The band of the first buckets is made of buckets before the window: a verdict does not depend
    on the range that is looked at.

    Args:
        ask: Answers a question.
        query: The question, with one measure and `every`.
        window: The range of time.
        coverage: What is known of when.
        method: What is expected of a bucket.
        history: Earlier buckets that the band of `trailing` is made of; the others have lengths of
            time.
        threshold: Half width of the band, in deviations.
        consecutive: Indications in a row, from which on they are violations.
        watch: The side that is watched.
        unit: The smallest change worth a look; if None, that of the measure.

    Returns:
        The columns of `analysis.outliers.outliers`, those of the groups after `bucket`.

    Raises:
        ParameterError: The measure is a time, or a parameter is out of its range.
    """
    require_numbers(query)
    whole = snapped(query, window)
    every = query.every or whole.length
    before = _with_history(whole, every, history_of(method, history, every), coverage)
    found = series(ask, query, before, coverage)
    judge = partial(
        outliers,
        method=method,
        window=history,
        threshold=threshold,
        consecutive=consecutive,
        watch=watch,
        unit=unit or smallest_change(measure(query.measures[0]).unit),
    )
    judged = _by_group(found.frame, list(query.by), judge)
    return TimeAnswer(_since(judged, whole.start), found.results)


def _by_group(
    frame: pd.DataFrame, by: list[str], judge: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Each group judged by itself; bucket by bucket, the groups in the order they had."""
    if not by or frame.empty:
        return judge(frame)
    parts = [judge(part) for _, part in frame.groupby(by, sort=False, dropna=False)]
    return pd.concat(parts).sort_index(ignore_index=True)


def trend(
    ask: Ask,
    query: Query,
    window: Window,
    coverage: Coverage,
    *,
    periods: int,
    model: Model = "auto",
    learnt: timedelta = timedelta(0),
) -> TimeAnswer:
    """A measure, continued.

    Args:
        ask: Answers a question.
        query: The question, with one measure and `every`.
        window: The range of time.
        coverage: What is known of when.
        periods: How many buckets to add.
        model: `auto`, `linear`, `seasonal` or `ar`.
        learnt: Length of the data to learn from, where that reaches back so far and the window is
            shorter.

    Returns:
        The columns of `analysis.forecast.forecast`, from the start of the window or of the data on.
        Of a series that `auto` would not have foreseen, nothing is predicted, and a note says why.

    Raises:
        ParameterError: The measure is a time, a parameter is out of its range, or there is too
            little data.
    """
    require_numbers(query)
    whole, extent = snapped(query, window), coverage.extent
    start = max(whole.end - learnt, extent.start) if extent else whole.start
    found = series(ask, query, Window(min(start, whole.start), whole.end), coverage)
    made = forecast(found.frame, periods=periods, model=model)
    made = _believed(made, found.frame, model)
    return TimeAnswer(_since(made, whole.start), found.results)


def _believed(made: pd.DataFrame, known: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The forecast with a note where it would have missed its own past; `auto` is then left out."""
    why = missed(known, model)
    if not why:
        return made
    if model != "auto":
        return noted(made, f"Not to be relied on: {why}")
    nothing = pd.Series(pd.NA, index=made.index, dtype="Float64")
    return noted(
        made.assign(predicted=nothing, lower=nothing, upper=nothing), f"No forecast: {why}"
    )


def timeslice(every: str | timedelta | None, window: Window) -> timedelta:
    """The timeslice as a person wrote it; one that suits the window if none was given.

    Raises:
        TimeError: The text is no length of time.
        ParameterError: The timeslice is not a whole number of seconds, or none.
    """
    if not every:
        return timeslice_for(window)
    given = parse_duration(every) if isinstance(every, str) else every
    if given < timedelta(seconds=1) or given % timedelta(seconds=1):
        raise ParameterError(f"{given} is not a timeslice.", "Give whole seconds: 1m, 5m, 1h.")
    return given


def one_measure(name: str) -> tuple[str, ...]:
    """The name of one measure.

    Raises:
        ParameterError: There is none, or several.
    """
    names = names_of(name)
    if len(names) != 1:
        raise ParameterError(f"'{name}' is not one measure.", "Name one: bytes")
    return names


def require_numbers(query: Query) -> None:
    """Refuse to calculate with a time.

    Raises:
        FieldError: There is no such measure.
        ParameterError: A measure is a time.
    """
    for name in query.measures:
        if measure(name).is_time:
            raise ParameterError(
                f"'{name}' is a time: it can be shown, but not compared, judged or forecast.",
                f"Ask for a number: {', '.join(NUMBERS)}",
            )


def _titles(query: Query) -> dict[str, str]:
    """What the measures' columns are renamed to."""
    return {query.measures[0]: "value"} if len(query.measures) == 1 else {}


def _around(at: pd.Series[Any], every: timedelta) -> Window | None:
    """From the first to the end of the last of some buckets; None without any."""
    if at.dropna().empty:
        return None
    return Window(at.min().to_pydatetime(), at.max().to_pydatetime() + every)


def _final(at: pd.Series[Any], every: timedelta, coverage: Coverage) -> pd.Series[bool]:
    """For each bucket, whether the earlier one, which `at` has by bucket, is there and complete."""
    there = at.dropna()
    final = pd.Series(coverage.complete(there, every), index=there.index)
    return final.reindex(at.index, fill_value=False)


def _with_history(
    whole: Window, every: timedelta, history: timedelta, coverage: Coverage
) -> Window:
    """The window with the time before it that a band is made of, as far as there is data.

    A longer history begins with a day, so that ranges of one day have the same verdicts.
    """
    start = whole.start - history
    if history > DAY:
        start = floor_to(start, DAY)
    begin = coverage.extent.start if coverage.extent else whole.start
    # Whole buckets, as many as reach the start or the first record.
    count = -((max(start, begin) - whole.start) // every)
    return Window(whole.start - max(0, count) * every, whole.end)


def _since(frame: pd.DataFrame, start: datetime) -> pd.DataFrame:
    return frame[frame["bucket"] >= start].reset_index(drop=True)
