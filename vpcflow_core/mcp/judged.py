"""Tools that judge: values over time, what is unusual in them, how they go on, and incidents."""

from __future__ import annotations

from pydantic import Field

from vpcflow_core.analysis.forecast import Model
from vpcflow_core.analysis.outliers import DEFAULT_METHOD, Method, Watch
from vpcflow_core.mcp.answers import MOST_ROWS, Answer, RecordedLogs
from vpcflow_core.mcp.asked import Asked, page_of
from vpcflow_core.panels.base import Chart
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.query.question import names_of
from vpcflow_core.series import NUMBERS
from vpcflow_core.units import number_of

_COUNTED = f"One of: {', '.join(NUMBERS)}."


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
        return self.made(asked, frame, page_of(self.measure, groups, chart, 10))


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
        said = f"{len(found):,} of {number_of(len(frame), 'timeslices')} left the expected band."
        shown = found if self.only_violations else frame
        return self.made(asked, shown, "outliers", notes=[said])


class Episodes(Asked):
    """What was unusual in all measures: neighbouring violations as one, the worst first."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each episode."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.episodes(), "outliers/episodes")


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
        return self.made(asked, frame.tail(self.periods) if self.only_future else frame, "traffic")


class Findings(Asked):
    """Incidents of known kinds of trouble: scans, brute force, data sent out, what is new.

    Each has who, what, since when, its evidence and the next step; the worst first. Start here
    when asked whether anything is wrong.
    """

    only: str = Field(
        "", description="Only these detections: port-scan,brute-force; the notes name the others."
    )

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each incident."""
        asked = self.narrowed(flows)
        frame = asked.findings(self.only)
        looked = f"Detections: {', '.join(asked.detections()['slug'])}."
        return self.made(asked, frame, "findings", notes=[looked])
