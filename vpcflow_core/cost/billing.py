"""What a range cost: asked, attributed, priced, and compared with a month before.

Functions are given `logs`, which answers questions: `FlowLogs` and panels use the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import pandas as pd

from vpcflow_core.cost.attribution import Attributed, attributed
from vpcflow_core.cost.charges import less_free
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.network import KnownNetwork, network_of
from vpcflow_core.cost.prices import HOURS, Prices
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.cost import VOLUMES, PathQuery
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

MONTH = timedelta(days=30)  # how far back the month before is


class CostQueries(Protocol):
    """What costs are asked of."""

    @property
    def prices(self) -> Prices:
        """Prices, with what the settings change."""

    @property
    def price_choices(self) -> Choices:
        """What the settings choose."""

    @property
    def extent(self) -> Window | None:
        """First to last record."""

    @property
    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that are known and outside of the scope."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """A table of the EC2 snapshots."""

    def aws_addresses(
        self, query: PathQuery, window: Window, filters: Filters
    ) -> dict[str, list[str]]:
        """Addresses of AWS in the records, where its ranges are in place."""

    def ask_collected(self, window: Window | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """What collecting the flow logs costs, and what to know of it."""

    def ask_paths(
        self, query: PathQuery, window: Window | None = None, filters: Filters | None = None
    ) -> tuple[QueryResult, QueryResult | None]:
        """Records by their way, and what came into transit gateways that are logged."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a range cost.

    Attributes:
        found: Its charges.
        window: The part of the range that there are records of.
        prices: At which prices.
        network: What is known of the network.
        results: What the engine answered: records by their way, and what came into transit gateways
            where one is logged.
        is_cut: Whether the smallest ways are missing, as there were too many.
        query: What was asked.
    """

    found: Attributed
    window: Window
    prices: Prices
    network: KnownNetwork
    results: tuple[QueryResult, ...]
    is_cut: bool = False
    query: PathQuery = PathQuery()  # noqa: RUF009 (frozen)

    @property
    def months(self) -> float:
        """How often the range fits into a month of 730 hours."""
        return timedelta(hours=HOURS) / max(self.window.length, timedelta(minutes=1))


def bill(logs: CostQueries, window: Window, filters: Filters = NO_FILTERS) -> Bill:
    """What a range cost.

    Args:
        logs: Answers questions.
        window: The range.
        filters: Conditions besides its own.

    Raises:
        MissingDataError: No record has addresses, bytes or action.
    """
    choices = logs.price_choices
    network = network_of(logs.known, choices.owner_tags, logs.hidden_blocks)
    named = {name: blocks for name, blocks in network.lists.items() if blocks}
    query = PathQuery(None, network.blocks_v6, tuple(network.publics), named)
    members = logs.aws_addresses(query, window, filters)
    # What EC2 knows of interfaces tells most directions; to infer them takes half of the time.
    query = replace(query, members=members, inferred=not network.holders)
    paths, found = _asked(logs, query, network, window, filters)
    if not query.inferred and found.charges["rule"].eq("no-direction").any():
        query = replace(query, inferred=True)
        paths, found = _asked(logs, query, network, window, filters)
    cut = len(paths[0].frame) == query.limit
    covered = _with_records(window, logs.extent)
    made = Bill(found, covered, logs.prices, found.network, paths, cut, query)
    charges = less_free(found.charges, logs.prices.free_gb / made.months)
    return replace(made, found=replace(found, charges=charges))


def _asked(
    logs: CostQueries, query: PathQuery, network: KnownNetwork, window: Window, filters: Filters
) -> tuple[tuple[QueryResult, ...], Attributed]:
    """What the engine answered, and its charges."""
    paths, transit = logs.ask_paths(query, window, filters)
    frame = None if transit is None else transit.frame
    choices, aws = logs.price_choices, bool(query.members)
    found = attributed(paths.frame, network, logs.prices, choices, frame, aws)
    return tuple(result for result in (paths, transit) if result is not None), found


def _with_records(window: Window, extent: Window | None) -> Window:
    """The part of a range from the first to the last record of all."""
    if extent is None or extent.end <= window.start or extent.start >= window.end:
        return window
    return Window(max(window.start, extent.start), min(window.end, extent.end))


def month_before(logs: CostQueries, window: Window) -> Window | None:
    """The same range 30 days earlier; None where the records do not reach back so far."""
    earlier, extent = window.moved(-MONTH), logs.extent
    if extent is None or extent.start > earlier.start + timedelta(hours=1):
        return None
    return earlier


def before(logs: CostQueries, window: Window, filters: Filters = NO_FILTERS) -> Bill | None:
    """What the range 30 days earlier cost; None where it is not known."""
    earlier = month_before(logs, window)
    return bill(logs, earlier, filters) if earlier else None


def total(found: Bill) -> float:
    """Dollars of all charges."""
    return float(found.found.charges["dollars"].sum())


def over_time(
    logs: CostQueries, found: Bill, every: timedelta, window: Window, filters: Filters = NO_FILTERS
) -> pd.DataFrame:
    """Dollars and bytes by timeslice and path: `bucket`, path, dollars, bytes.

    Rules look at ways, whenever they were taken: what a way costs is shared among the timeslices by
    their bytes, and no rule runs again.

    Args:
        logs: Answers questions.
        found: What the range cost.
        every: Timeslice.
        window: The range that was asked for.
        filters: As of `found`.
    """
    charges = found.found.charges
    paid = charges[charges["dollars"] > 0]
    of_ways = paid.groupby(["way", "path"], as_index=False)[["dollars", "bytes"]].sum()
    without = _needless(found.results[0].frame)
    answers = logs.ask_paths(replace(found.query, every=every, without=without), window, filters)
    shares = [
        _shares(whole.frame, part.frame, sign)
        for whole, part, sign in zip(found.results, answers, (1, -1), strict=False)
        if part is not None
    ]
    rows = pd.concat(shares).merge(of_ways, on="way")
    for name in ("dollars", "bytes"):
        rows[name] *= rows["share"]
    made = rows.groupby(["bucket", "path"], as_index=False)[["dollars", "bytes"]].sum()
    return made.sort_values(["bucket", "path"]).reset_index(drop=True)


def _needless(ways: pd.DataFrame) -> frozenset[str]:
    """Columns without which the others still tell all ways apart: to group by them takes time."""
    keys = [name for name in ways if name not in VOLUMES]
    needless = set()
    for name in reversed(keys):
        rest = [key for key in keys if key != name and key not in needless]
        if rest and not ways.duplicated(rest).any():
            needless.add(name)
    return frozenset(map(str, needless))


def _shares(whole: pd.DataFrame, parts: pd.DataFrame, sign: int) -> pd.DataFrame:
    """The share of each timeslice in the bytes of a way: `bucket`, `way`, `share`.

    Args:
        whole: Ways of the whole range.
        parts: The same by `bucket`.
        sign: 1: ways of records; -1: of the log of a transit gateway.
    """
    keys = [name for name in parts if name not in ("bucket", *VOLUMES)]
    index = pd.RangeIndex(len(whole))
    ways = whole.assign(way=index if sign > 0 else -1 - index)
    rows = parts[["bucket", *keys, "bytes"]].merge(
        ways[[*keys, "way", "bytes"]], on=keys, suffixes=("", "_of_way")
    )
    share = rows["bytes"].astype("float64") / rows["bytes_of_way"].astype("float64")
    return rows[["bucket", "way"]].assign(share=share)
