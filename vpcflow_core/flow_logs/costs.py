"""What traffic costs: by path, owner, pair or service, and what to do about it."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.cost import billing
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.prices import Prices, shipped
from vpcflow_core.cost.remedies import remedies_of, rows_of
from vpcflow_core.errors import MissingDataError
from vpcflow_core.flow_logs.questions import Questions
from vpcflow_core.query.cost import PathQuery, paths_for, transit_for
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.settings import load_settings
from vpcflow_core.times import Window


class Costs(Questions):
    """What traffic costs."""

    def cost(self, by: str = "path", *, n: int | None = None) -> pd.DataFrame:
        """What the traffic of the range cost, by the rules of docs/decisions/cost.md.

        Args:
            by: `path`, `owner`, `account`, `pair`, `service` or `rule`.
            n: How many rows, the dearest first; None: all.

        Returns:
            What it is listed by, bytes (each once in a path), billed_bytes (each as often as it is
            billed), dollars, dollars_month (at this pace), `dollars_before` and `change` (percent)
            where the records reach back 30 days, and `rule`, why its records count. A byte that
            passed a NAT gateway is in several paths, and billed once in each. `attrs["notes"]` has
            the date of the prices, and what was left out.

        Raises:
            ParameterError: Costs are not listed by that.
            MissingDataError: No record has addresses, bytes or action.
        """
        billing.require_by(by)
        found = billing.bill(self, self.window)
        rows = billing.listed(found, by, billing.before(self, self.window))
        return noted(rows if n is None else rows.head(n), *billing.notes(found))

    def remedies(self) -> pd.DataFrame:
        """What would lower the costs, the largest saving first.

        Returns:
            remedy, saving_month (dollars), why, bytes, dollars (of the range), `where` (field and
            value of a filter that shows the traffic) and `template` (Terraform).
        """
        found = billing.bill(self, self.window)
        return noted(rows_of(remedies_of(found)), *billing.notes(found))

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
        return Choices(load_settings().cost.nat_crossing_ends)
