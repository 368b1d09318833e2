"""Measures over time: as they were, compared, judged and continued.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.analysis.outliers import DEFAULT_METHOD, Method, Watch
from vpcflow_core.flow_logs.paths import Paths
from vpcflow_core.panels.request import DEFAULTS as JUDGED
from vpcflow_core.panels.request import Parameters
from vpcflow_core.query.limits import require_limit
from vpcflow_core.query.place import is_spread, placed
from vpcflow_core.query.question import Limit, Place, Query, names_of
from vpcflow_core.query.select import BUCKET
from vpcflow_core.times import Window, zone_of

if TYPE_CHECKING:
    from vpcflow_core.analysis.forecast import Model


class OverTime(Paths):
    """Measures over time: as they were, compared, judged and continued."""

    def series(
        self,
        measure: str | Iterable[str],
        *,
        every: str | timedelta | None = None,
        by: str | Iterable[str] | None = None,
        n: int | None = 10,
        limit_by: Limit = "average",
        compare: str | Iterable[str] = (),
        place: Place = "start",
        zone: str = "UTC",
    ) -> pd.DataFrame:
        """A measure over time, zero where nothing was.

        Args:
            measure: `bytes`; several give a column each.
            every: Timeslice, such as `5m`; one that suits the window if not given.
            by: Fields to group by.
            n: Number of groups, the largest first; None: all.
            limit_by: What makes a group large: its `average`, its `maximum` in a timeslice, or the
                `last` complete timeslice.
            compare: How far back to look for comparison: `["1d", "7d"]`.
            place: Bytes and packets of a record are all in the timeslice that it starts in
                (`start`), or spread over the time that it lasts (`spread`).
            zone: IANA name of the zone by whose clock a day earlier is the same time.

        Returns:
            `bucket` (start of the timeslice, UTC), the fields, and `value` (or the measures'
            names if they are several); a row for each bucket and group. Times and quantiles are
            null where nothing was, numbers where nothing is known of the bucket; what is spread is
            floats where it is not whole. `complete` is False where records are missing or can still
            arrive. With `compare`, for each shift `value_1d` (null where that bucket is not
            complete) and `change_1d` (percent; null where the base is zero or null, or the bucket
            is not complete). A shift that the data does not reach has no columns; `attrs["notes"]`
            says so.

        Raises:
            ParameterError: A shift is no multiple of the timeslice, a time is to be compared, or
                the answer is too large.

        >>> day = flows.last("24h").series("bytes", every="1h")
        >>> list(day), len(day)
        (['bucket', 'value', 'complete'], 25)
        """
        from vpcflow_core import series as over_time

        require_limit(limit_by)
        groups, shifts, window = names_of(by or ()), names_of(compare), self.window
        query = Query(
            names_of(measure),
            groups,
            over_time.timeslice(every, window),
            top=n if groups else None,
            place=place,
            limit_by=limit_by,
        )
        window = self._of_all_shares(query)
        if shifts:
            return over_time.compared(
                self.sparse, query, window, self.coverage, shifts, zone_of(zone)
            ).noted
        return over_time.series(self.sparse, query, window, self.coverage).noted

    def outliers(
        self,
        measure: str,
        *,
        every: str | timedelta = "1m",
        method: Method = DEFAULT_METHOD,
        window: int = 10,
        threshold: float = 3.0,
        consecutive: int = 1,
        watch: Watch = "both",
        place: Place = "spread",
        by: str | Iterable[str] | None = None,
        n: int = 10,
    ) -> pd.DataFrame:
        """The buckets of a measure, with those marked that left the band of what was expected.

        Args:
            measure: `packets`.
            every: Timeslice.
            method: What is expected: `seasonal` (the last two hours, and the same time of the last
                days), `robust` (the last two hours) or `trailing` (the last few buckets).
            window: Earlier buckets that the band of `trailing` is made of.
            threshold: Half width of the band, in deviations.
            consecutive: Indications in a row, from which on they are violations.
            watch: The side that is watched: `up`, `down` or `both`.
            place: Bytes and packets of a record are spread over the time that it lasts (`spread`),
                or all in the timeslice that it starts in (`start`).
            by: Fields whose values are judged each by itself: `srcaddr`.
            n: How many values, the busiest first.

        Returns:
            bucket, those fields, value, mean, deviation, lower, upper, error, indicator, violation,
            complete. Buckets that are not complete, such as the last ones, are never judged.

        Raises:
            ParameterError: The measure is a time, or a parameter is out of its range.
        """
        from vpcflow_core import series as over_time

        groups = names_of(by or ())
        query = Query(
            over_time.one_measure(measure),
            groups,
            over_time.timeslice(every, self.window),
            top=n if groups else None,
            place=place,
        )
        return over_time.band(
            self.sparse,
            query,
            self._of_all_shares(query),
            self.coverage,
            method=method,
            history=window,
            threshold=threshold,
            consecutive=consecutive,
            watch=watch,
        ).noted

    def episodes(self, parameters: Parameters = JUDGED) -> pd.DataFrame:
        """What was unusual: neighbouring violations of all measures as one, the worst first.

        Args:
            parameters: What is judged, and how.

        Returns:
            start, end, what, measure, value (the furthest), lower, upper, deviations, score,
            made_by, and the filter that shows it. docs/decisions/unusual.md says how they are made.

        Raises:
            ParameterError: A parameter is out of its range.
        """
        from vpcflow_core.panels.catalogue import panel

        shown = panel("outliers/episodes")
        return shown.answer(shown.request(self.window, parameters=parameters), self).frame

    def forecast(
        self,
        measure: str,
        *,
        every: str | timedelta | None = None,
        periods: int = 24,
        model: Model = "auto",
        place: Place = "spread",
    ) -> pd.DataFrame:
        """A measure over time, continued.

        Args:
            measure: `bytes`.
            every: Timeslice, such as `1h`; one that suits the window if not given.
            periods: How many timeslices to add.
            model: `auto` (the same time of the days that are like the one to come), `linear`,
                `seasonal` (a trend with the rhythm of the day) or `ar` (and the last values).
            place: As in `outliers`.

        Returns:
            bucket, value (null in the future), predicted, lower, upper (95 %), none below 0, and
            complete: buckets that are not, such as the last ones, are not learnt from. It begins
            where the data does. `attrs["notes"]` says where another model had to do,
            and why there is none: `auto` predicts nothing of a series that it would not have
            foreseen.

        Raises:
            ParameterError: The measure is a time, a parameter is out of its range, or there is too
                little data.

        >>> ahead = flows.last("7d").forecast("flows", every="1h", periods=6)
        >>> int(ahead["value"].isna().sum())
        6
        """
        from vpcflow_core import series as over_time
        from vpcflow_core.analysis.forecast import COLUMNS

        slices = over_time.timeslice(every, self.window)
        query = Query(over_time.one_measure(measure), every=slices, place=place)
        over_time.require_numbers(query)
        if self.extent is None:
            return pd.DataFrame(columns=COLUMNS)
        asked = (self.sparse, query, self.window, self.coverage)
        return over_time.trend(*asked, periods=periods, model=model).noted

    def _of_all_shares(self, query: Query) -> Window:
        """The time asked about; of everything with the slices that the last records reach into."""
        window = self.window
        if self.range is not None or not is_spread(query):
            return window
        after = Window(window.end, self.coverage.reaching(window).end)
        shares = self.sparse(placed(replace(query, by=()))[0], after).frame
        reached = shares[shares.drop(columns=BUCKET).gt(0).any(axis=1)][BUCKET]
        if reached.empty:
            return window
        end = reached.max().to_pydatetime() + (query.every or timedelta(0))
        return Window(window.start, max(window.end, end))
