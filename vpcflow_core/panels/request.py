"""What a panel is asked: everything that its answer depends on, as one value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

from vpcflow_core.analysis.outliers import DEFAULT_METHOD, Method, Watch
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.ranges import Range
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.times import Window

A_WEEK = Range(length=timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of outlier detection and comparison, which an analyst sets on a page.

    Attributes:
        timeslice: Length of the buckets that are judged; None: one that suits the logs and the
            range (`auto`).
        window: Earlier buckets that the band of `trailing` is made of.
        threshold: Half width of the band, in deviations.
        consecutive: Indications in a row, from which on they are violations.
        watch: The side that is watched.
        method: What is expected of a bucket: `seasonal`, `robust` or `trailing`.
        by: Field whose values episodes are looked for in, each by itself; "" for none.
        compare: How long before, of each time that charts compare with: `1d`, `7d`.
        baseline: What is new is compared with this time; a length ends where the range begins.
        grouping: What panels of addresses group them by: `address`, or a key of
            `panels.grouping.GROUPINGS`. It makes other panels of them, and is no part of requests.
        open_only: Whether tables of rules show only those that are open to the world.
    """

    timeslice: timedelta | None = None
    window: int = 10
    threshold: float = 3.0
    consecutive: int = 1
    watch: Watch = "both"
    method: Method = DEFAULT_METHOD
    by: str = "interface_id"
    compare: tuple[str, ...] = ("1d", "7d")
    baseline: Range = A_WEEK
    grouping: str = "address"
    open_only: bool = False


DEFAULTS = Parameters()
_OTHERS = ("compare", "baseline", "grouping", "open_only")
# Those of outlier detection.
ALL_PARAMETERS = tuple(field.name for field in fields(Parameters) if field.name not in _OTHERS)
# Those that decide what a band is.
BAND_PARAMETERS = tuple(name for name in ALL_PARAMETERS if name != "by")


@dataclass(frozen=True, slots=True)
class PanelRequest:
    """A request for a panel's answer; the key under which answers and figures are cached.

    `Panel.request` makes one. Equal requests have equal answers.

    Attributes:
        slug: Name of the panel.
        window: The time asked about.
        filters: Conditions besides those of the panel.
        parameters: Parameters of outlier detection; those that the panel does not use have their
            defaults, so that changing them does not ask it again.
        source: Name of the only source to answer from; "" for all sources.
        once: Whether a flow that several interfaces logged counts once.
        generation: Generation of the store, which grows with every change.
        zone: Zone whose clock days are counted by; "" where its clocks did not change, or the panel
            does not count days.
        scope: What may be seen by who asks.
        lists: State of the files that name addresses; "" where that does not matter.
    """

    slug: str
    window: Window
    filters: Filters = NO_FILTERS
    parameters: Parameters = DEFAULTS
    source: str = ""
    once: bool = False
    generation: int = 0
    zone: str = ""
    scope: Scope = EVERYTHING
    lists: str = ""
