"""The ways that traffic took, and at which prices: what costs are made of.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.engines.base import HasDeliveries
from vpcflow_core.errors import MissingDataError
from vpcflow_core.flow_logs.questions import Questions
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.settings import load_settings
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.cost.choices import Choices
    from vpcflow_core.cost.prices import Prices
    from vpcflow_core.query.cost import PathQuery


class Paths(Questions):
    """The ways that traffic took, and prices."""

    def ask_paths(
        self, query: PathQuery, window: Window | None = None, filters: Filters | None = None
    ) -> tuple[QueryResult, QueryResult | None]:
        """Records by the way they took, and what came into transit gateways that are logged.

        Args:
            query: What to keep apart.
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.
        """
        from vpcflow_core.query.cost import paths_for

        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        question = paths_for(query, window, wanted, self.engine.columns())
        return self._run(question, window), self._transit(query, window, wanted)

    def ask_lost(
        self, window: Window | None = None, filters: Filters | None = None, *, limit: int = 50
    ) -> QueryResult:
        """Packets that transit gateways lost; see `query.lost`.

        Args:
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.
            limit: How many rows at most.

        Raises:
            MissingDataError: No transit gateway is logged, or its log lacks a field.
        """
        from vpcflow_core.query.lost import lost_for

        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        columns = self.engine.columns("transit_flows")
        if self.engine.extent("transit_flows") is None:
            columns = ()
        return self._run(lost_for(window, wanted, columns, limit), window)

    def _transit(self, query: PathQuery, window: Window, wanted: Filters) -> QueryResult | None:
        """What came into transit gateways; None where none is logged, or a filter is not theirs."""
        from vpcflow_core.query.cost import transit_for

        if self.engine.extent("transit_flows") is None:
            return None
        columns = self.engine.columns("transit_flows")
        try:
            return self._run(transit_for(query, window, wanted, columns), window)
        except MissingDataError:
            return None

    def aws_addresses(
        self, query: PathQuery, window: Window, filters: Filters
    ) -> dict[str, list[str]]:
        """Addresses of AWS in the records by region and service, where its ranges are in place.

        Args:
            query: The question for ways whose addresses of the Internet are wanted.
            window: The time to ask about.
            filters: Conditions besides the own ones.

        Raises:
            SettingsError: The file of ranges cannot be read.
        """
        from vpcflow_core.cost.public_names import named_by
        from vpcflow_core.query.cost import ENDS, NEEDED, publics_for

        file = load_settings().aws_ranges
        ranges = Naming(aws_ranges=file).ranges() if file else None
        columns = self.engine.columns()
        if ranges is None or not set(NEEDED) <= set(columns):
            return {}
        wanted = self.wanted(filters, window)
        ends = [end for end in ENDS if end in columns]
        questions = [publics_for(end, query, window, wanted, columns) for end in ends]
        frames = [self._run(question, window).frame for question in questions]
        return named_by(ranges, set(pd.concat(frames)["address"]))

    def ask_collected(self, window: Window | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """What collecting the flow logs costs, and what to know of it; see `cost.collection`.

        Args:
            window: The time to ask about instead of the own one.

        Raises:
            MissingDataError: It is not known what was delivered: the records lie elsewhere.
        """
        from vpcflow_core.cost.collection import collected, notes_of

        if not isinstance(self.catalogue, HasDeliveries):
            raise MissingDataError(
                "What collection costs is known of logs that vpcflow has read itself.",
                "Sync the logs into a store; Athena and Trino do not say what was delivered.",
            )
        window = _whole_hours(window or self.window, self.extent)
        found = self.catalogue.deliveries(window, [self.source] if self.source else None)
        urls = sorted({one.source for one in found})
        lengths = {url: self._lengths(url, window, len(urls) == 1) for url in urls}
        rows = collected(found, lengths, window, self.prices)
        return rows, notes_of(rows, lengths, self.prices)

    def _lengths(self, url: str, window: Window, alone: bool) -> dict[str, float]:
        """Mean length of each field's text of a source, with the space after it."""
        from vpcflow_core.query.line_length import lengths_for

        engine = self.engine if alone else self.engine.only([url])
        for relation in ("records", "transit_records"):
            columns = self.catalogue.columns(relation, [url])
            if "start_time" not in columns:
                continue
            row = engine.run(lengths_for(window, columns, relation), window).frame.iloc[0]
            if row.pop("rows"):
                return {str(name): float(length) for name, length in row.items()}
        return {}

    @property
    def prices(self) -> Prices:
        """The prices that ship with vpcflow, with what the settings change."""
        from vpcflow_core.cost.prices import shipped

        cost = load_settings().cost
        return shipped().changed(
            factor=cost.factor,
            own=cost.prices,
            internet_tb=cost.internet_out_tb,
            free_gb=cost.internet_free_gb,
        )

    @property
    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that are known and outside of the scope."""
        return self.catalogue.hidden_blocks()

    @property
    def price_choices(self) -> Choices:
        """What the settings choose where sources disagree."""
        from vpcflow_core.cost.choices import Choices

        settings = load_settings()
        return Choices(settings.cost.nat_crossing_ends, tuple(settings.owner_tags))


def _whole_hours(window: Window, extent: Window | None) -> Window:
    """The hours that a range touches, as far as there are records."""
    hour = timedelta(hours=1)
    start = window.start.replace(minute=0, second=0, microsecond=0)
    last = window.end.replace(minute=0, second=0, microsecond=0)
    end = last if last == window.end else last + hour
    if extent is None or extent.end <= start or extent.start >= end:
        return Window(start, end)
    return Window(max(start, extent.start), min(end, extent.end))
