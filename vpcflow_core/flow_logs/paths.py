"""The ways that traffic took, and at which prices: what costs are made of."""

from __future__ import annotations

from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.prices import Prices, shipped
from vpcflow_core.errors import MissingDataError
from vpcflow_core.flow_logs.questions import Questions
from vpcflow_core.query.cost import PathQuery, paths_for, transit_for
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.settings import load_settings
from vpcflow_core.times import Window


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
        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        question = paths_for(query, window, wanted, self.engine.columns())
        return self.engine.run(question, window), self._transit(query, window, wanted)

    def _transit(self, query: PathQuery, window: Window, wanted: Filters) -> QueryResult | None:
        """What came into transit gateways; None where none is logged, or a filter is not theirs."""
        if self.engine.extent("transit_flows") is None:
            return None
        columns = self.engine.columns("transit_flows")
        try:
            return self.engine.run(transit_for(query, window, wanted, columns), window)
        except MissingDataError:
            return None

    @property
    def prices(self) -> Prices:
        """The prices that ship with vpcflow, with what the settings change."""
        cost = load_settings().cost
        return shipped().changed(
            factor=cost.factor, own=cost.prices, internet_tb=cost.internet_out_tb
        )

    @property
    def price_choices(self) -> Choices:
        """What the settings choose where sources disagree."""
        settings = load_settings()
        return Choices(settings.cost.nat_crossing_ends, tuple(settings.owner_tags))
