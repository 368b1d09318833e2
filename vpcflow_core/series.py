"""Questions about a measure over time: series, outliers, forecast; the half of `FlowLogs`.

May import errors, times, query, engines and analysis.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.compare import compare as beside
from vpcflow_core.analysis.compare import shifts_of
from vpcflow_core.analysis.forecast import COLUMNS, Model
from vpcflow_core.analysis.forecast import forecast as forecast_of
from vpcflow_core.analysis.outliers import Watch, smallest_change
from vpcflow_core.analysis.outliers import outliers as outliers_of
from vpcflow_core.engines.base import QueryResult
from vpcflow_core.errors import ParameterError
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import measure as measure_of
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import snapped
from vpcflow_core.times import Window, parse_duration, timeslice_for


class OverTime(ABC):
    """What can be asked about a measure over time, of whatever answers queries."""

    @property
    @abstractmethod
    def extent(self) -> Window | None:
        """First to last record; None without records."""

    @property
    @abstractmethod
    def window(self) -> Window:
        """The time asked about."""

    @abstractmethod
    def ask(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question; with `every`, buckets without flows are zero."""

    @abstractmethod
    def sparse(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question as `ask` does, without the buckets in which nothing was."""

    def series(
        self,
        measure: str | Iterable[str],
        *,
        every: str | timedelta | None = None,
        by: str | Iterable[str] | None = None,
        n: int | None = 10,
        compare: str | Iterable[str] = (),
    ) -> pd.DataFrame:
        """A measure over time, zero where nothing was.

        Args:
            measure: `bytes`; several give a column each.
            every: Timeslice, such as `5m`; one that suits the window if not given.
            by: Fields to tell apart.
            n: With `by`: the so many largest groups; None: all.
            compare: How far back to look for comparison: `["1d", "7d"]`.

        Returns:
            `bucket` (start of the timeslice, UTC), the fields, and `value` (or the measures'
            names if they are several); a row for each bucket and group. With `compare`, for each
            shift `value_1d` (null before the data's start) and `change_1d` (percent; null where
            the base is zero or null). A shift that the data does not reach has no columns;
            `attrs["notes"]` says so.

        Raises:
            ParameterError: A shift is no multiple of the timeslice, or the answer is too large.
        """
        measures, groups = names_of(measure), names_of(by or ())
        window, shifts = self.window, names_of(compare)
        query = Query(measures, groups, _timeslice(every, window), top=n if groups else None)
        frame = self.ask(query, window).frame
        if shifts:
            frame = self._beside(frame, query, snapped(query, window), shifts)
        if len(measures) > 1:
            return frame
        name = measures[0]
        renamed = {name: "value"} | {f"{name}_{s}": f"value_{s}" for s in shifts}
        return frame.rename(columns=renamed | {f"{name}_change_{s}": f"change_{s}" for s in shifts})

    def outliers(
        self,
        measure: str,
        *,
        every: str | timedelta = "1m",
        window: int = 10,
        threshold: float = 3.0,
        consecutive: int = 1,
        watch: Watch = "both",
    ) -> pd.DataFrame:
        """The buckets in which a measure left the band of the buckets before them.

        Args:
            measure: `packets`.
            every: Timeslice.
            window: Earlier buckets the band is made of.
            threshold: Half width of the band, in standard deviations.
            consecutive: Indications in a row, from which on they are violations.
            watch: The side that is watched: `up`, `down` or `both`.

        Returns:
            bucket, value, mean, deviation, lower, upper, error, indicator, violation. Buckets that
            the data does not cover, such as the last one, are never judged.

        Raises:
            ParameterError: A parameter is out of its range.
        """
        begin, end = _ends(self.extent)
        query = Query(_one(measure), every=_timeslice(every, self.window))
        whole, length = snapped(query, self.window), query.every or timedelta(0)
        # A verdict hangs on the buckets before it, not on where the range that is asked begins.
        longer = Window(whole.start - max(window, 0) * length, whole.end)
        judged = outliers_of(
            self.ask(query, longer).frame.rename(columns={measure: "value"}),
            window=window,
            threshold=threshold,
            consecutive=consecutive,
            watch=watch,
            unit=smallest_change(measure_of(measure).unit),
            known_from=begin,
            complete_until=end,
        )
        return judged[judged["bucket"] >= whole.start].reset_index(drop=True)

    def forecast(
        self,
        measure: str,
        *,
        every: str | timedelta | None = None,
        periods: int = 24,
        model: Model = "seasonal",
    ) -> pd.DataFrame:
        """A measure over time, continued.

        Args:
            measure: `bytes`.
            every: Timeslice, such as `1h`; one that suits the window if not given.
            periods: How many timeslices to add.
            model: `linear`, `seasonal` (with the rhythm of the day) or `ar` (and the last values).

        Returns:
            bucket, value (null in the future), predicted, lower, upper (95 %), none below 0;
            begins where the data does. `attrs["notes"]` says where another model had to do.

        Raises:
            ParameterError: A parameter is out of its range, or there is too little data.
        """
        if self.extent is None:
            return pd.DataFrame(columns=COLUMNS)
        begin, end = _ends(self.extent)
        return forecast_of(
            self._values(measure, every),
            periods=periods,
            model=model,
            known_from=begin,
            complete_until=end,
        )

    def _values(self, measure: str, every: str | timedelta | None) -> pd.DataFrame:
        """The series of one measure."""
        return self.series(_one(measure), every=every)

    def _beside(
        self, frame: pd.DataFrame, query: Query, window: Window, names: Iterable[str]
    ) -> pd.DataFrame:
        """The frame with the answers for the window moved back."""
        extent = self.extent
        shifts = shifts_of(names, window, query.every or window.length, extent)
        # The busiest now need not have been the busiest then: all are asked for.
        every_group = replace(query, top=None)
        earlier = {name: self.sparse(every_group, w).frame for name, w in shifts.windows.items()}
        begin, _ = _ends(extent)
        made = beside(frame, earlier, values=query.measures, known_from=begin)
        return noted(made, *shifts.notes)


def names_of(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names from a list or from text with commas.

    Raises:
        ParameterError: The text names nothing.
    """
    parts = names.split(",") if isinstance(names, str) else list(names)
    made = tuple(part.strip() for part in parts if part.strip())
    if not made and names:
        raise ParameterError(f"'{names}' names nothing.", "Name a field: srcaddr")
    return made


def _one(measure: str) -> tuple[str, ...]:
    """The name of one measure."""
    names = names_of(measure)
    if len(names) != 1:
        raise ParameterError(f"'{measure}' is not one measure.", "Name one: bytes")
    return names


def _ends(extent: Window | None) -> tuple[datetime, datetime] | tuple[None, None]:
    return (extent.start, extent.end) if extent else (None, None)


def _timeslice(every: str | timedelta | None, window: Window) -> timedelta:
    slices = parse_duration(every) if isinstance(every, str) and every else every
    return slices if isinstance(slices, timedelta) else timeslice_for(window)
