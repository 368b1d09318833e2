"""Analyses of costs: what a range cost, by what, over time, and what would lower it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from vpcflow_core.cost import billing, statement
from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.endpoint_services import services_by_names
from vpcflow_core.cost.far_ends import with_far_ends
from vpcflow_core.cost.remedies import remedies_of
from vpcflow_core.cost.remedy import rows_of
from vpcflow_core.cost.shared import shared_bill
from vpcflow_core.cost.unpriced import without_direction
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import Analysis, PanelContext
from vpcflow_core.query.cost import INTERNET
from vpcflow_core.times import Window, timeslice_for
from vpcflow_core.units import number_of

HOUR = timedelta(hours=1)
COLUMNS = 31  # of a chart over time
DOLLARS = "dollars"


def _bill(context: PanelContext) -> Bill:
    """What the panel's range cost; computed once for all panels of a page."""
    return _of(context, context.request.window)


def _before(context: PanelContext) -> Bill | None:
    """What the range a month before cost, if it is known."""
    earlier = billing.month_before(context.logs, context.request.window)
    return _of(context, earlier) if earlier else None


def _of(context: PanelContext, window: Window) -> Bill:
    request = context.request
    return shared_bill(context.logs, window, request.filters, generation=request.generation)


def total(context: PanelContext) -> PanelAnswer:
    """Dollars of the range, of a month at this pace, and of the range 30 days before."""
    found, earlier = _bill(context), _before(context)
    spent = billing.total(found)
    numbers = {"in this range": spent, "a month at this pace": spent * found.months}
    if earlier is not None:
        numbers["in the range 30 days before"] = billing.total(earlier)
    paths = statement.listed(found, "path")
    numbers |= dict(zip(paths["path"].head(2), paths[DOLLARS].head(2), strict=True))
    headlines = tuple(Headline(label, round(value, 2), DOLLARS) for label, value in numbers.items())
    notes = statement.notes(found)
    if earlier is None:
        notes += ("Not compared with the month before: the records do not reach back so far.",)
    return context.answer(*found.results, frame=paths, notes=notes, headlines=headlines)


def listed(by: str) -> Analysis:
    """An analysis of costs by what they are listed by, the dearest first; what is free is left out.

    Args:
        by: A key of `statement.BY`.
    """

    def analysis(context: PanelContext) -> PanelAnswer:
        found, top = _bill(context), context.panel.query.top
        rows = statement.listed(found, by, _before(context))
        if context.panel.chart != "table":
            rows = rows[rows[DOLLARS] > 0]
        shown = rows.head(top or len(rows)).reset_index(drop=True)
        if by == "pair":
            shown = _named(with_far_ends(shown, context.logs, found, context.request.filters))
        notes = _rest(rows, shown) + _unpriced(found, shown)
        return context.answer(*found.results, frame=shown, notes=notes)

    return analysis


def _named(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the name of each host before its address."""
    shown = pairs.copy()
    for end in statement.BY["pair"]:
        names = shown.pop(f"{end}_name")
        words = names + " (" + shown[end] + ")"
        is_far = shown[end].eq(INTERNET)  # which has several names, with their shares
        shown[end] = words.mask(is_far, INTERNET + ": " + names).where(names.ne(""), shown[end])
    return shown


def _rest(rows: pd.DataFrame, shown: pd.DataFrame) -> tuple[str, ...]:
    """What the rows that are not shown cost together."""
    rest = float(rows[DOLLARS].sum() - shown[DOLLARS].sum())
    count = len(rows) - len(shown)
    if not count or rest <= 0:
        return ()
    return (f"{number_of(count, 'more rows')}: {_dollars(rest)} dollars in all.",)


def _unpriced(found: Bill, rows: pd.DataFrame) -> tuple[str, ...]:
    """What the records lack, where nothing of them has a price."""
    if rows[DOLLARS].sum() > 0:
        return ()
    return tuple(without_direction(found.found.charges, found.found.logged))


def _dollars(sum_: float) -> str:
    return f"{sum_:,.2f}" if sum_ >= 0.01 else "less than 0.01"


def over_time(context: PanelContext) -> PanelAnswer:
    """Dollars by timeslice and path."""
    every = max(HOUR, timeslice_for(context.request.window, COLUMNS))
    found, request = _bill(context), context.request
    rows = billing.over_time(context.logs, found, every, request.window, request.filters)
    notes = _unpriced(found, rows)
    return replace(context.answer(*found.results, frame=rows, notes=notes), every=every)


def remedies(context: PanelContext) -> PanelAnswer:
    """What would lower the costs, the largest saving first."""
    found = _bill(context)
    services = services_by_names(context.logs, found, context.request.filters)
    rows = rows_of(remedies_of(found, services))
    rows["interface_id"] = rows["interface_id"].replace("", None)
    notes: tuple[str, ...] = (
        "Savings are a month's, at the pace of this range; a byte is saved once.",
        f"{_dollars(rows['saving_month'].sum())} dollars a month in all.",
    )
    if rows.empty:
        notes = _unpriced(found, statement.listed(found, "path"))
    return context.answer(*found.results, frame=rows, notes=notes)


def collection(context: PanelContext) -> PanelAnswer:
    """What collecting the logs costs, by flow log."""
    rows, notes = context.logs.ask_collected(context.request.window)
    rows = rows.drop(columns="source_url")
    month = float(rows["dollars_month"].sum())
    said = (f"{_dollars(month)} dollars a month in all, for delivery alone.", *notes)
    return PanelAnswer(rows, "", 0.0, said if len(rows) else notes)
