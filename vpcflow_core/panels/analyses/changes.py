"""Groups beside what they were a time before: what grew, what shrank, what came and went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from pandas.api.types import is_float_dtype

from vpcflow_core.panels.analyses.time import comparable
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import PanelContext
from vpcflow_core.query.measures import measure
from vpcflow_core.query.result import QueryResult
from vpcflow_core.units import number_of

# Groups of either time that are looked at, the largest.
MOST = 10_000
# What stands beside the measure: what it was, by how much it changed, and by how many percent.
BEFORE, DIFFERENCE, CHANGE = "_before", "_difference", "change"


def changed(context: PanelContext) -> PanelAnswer:
    """What each group has, had before and how they differ, the largest difference first.

    How long before says the first comparison that the page asks for. Compared is the part of the
    window in which no record can still arrive.
    """
    shift = context.request.parameters.compare[0]
    part, before, notes = comparable(context, shift)
    if part is None or before is None:
        found = context.ask(context.query)
        frame = found.frame.copy()
        frame[[*_beside(context)]] = pd.NA
        return context.answer(found, frame=frame, notes=notes)
    query = replace(context.query, top=MOST)
    now, then = (context.ask(query, window) for window in (part, before))
    rows = _side_by_side(context, now, then)
    shown = rows.head(context.query.top or MOST).reset_index(drop=True)
    differ = int((rows[_beside(context)[1]].fillna(1) != 0).sum())
    earlier = "the day before" if shift == "1d" else f"{shift} before"
    said = f"{number_of(differ, 'groups')} of {len(rows):,} differ from {earlier}."
    if MOST in (len(now.frame), len(then.frame)):
        said += f" Of either time the first {MOST:,} were compared."
    return context.answer(now, then, frame=shown, notes=[said, *notes])


def _beside(context: PanelContext) -> tuple[str, str, str]:
    """The columns that stand beside the measure."""
    name = context.query.measures[0]
    return f"{name}{BEFORE}", f"{name}{DIFFERENCE}", CHANGE


def _side_by_side(context: PanelContext, now: QueryResult, then: QueryResult) -> pd.DataFrame:
    """The groups of both times, without those of which one time's number is not known."""
    query = context.query
    name, by = query.measures[0], list(query.by)
    before, difference, change = _beside(context)
    found_by = {name: now, before: then}
    first, second = (
        found.frame[by].assign(**{column: _numbers(found.frame[name])})
        for column, found in found_by.items()
    )
    both = first.merge(second, on=by, how="outer")
    for column, found in found_by.items():
        # Beyond the first ones there may be more of these groups.
        if len(found.frame) == MOST:
            both = both[both[column].notna()]
    if (nothing := measure(name).empty) is not None:
        both = both.fillna({name: nothing, before: nothing})
    both[difference] = both[name] - both[before]
    share = 100 * both[difference].astype("Float64") / both[before].astype("Float64")
    both[change] = share.where(both[before] != 0)
    order = both[difference].abs().sort_values(ascending=False, kind="stable").index
    return both.loc[order]


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers that may be missing, whole ones exact."""
    return values.astype("Float64") if is_float_dtype(values.dtype) else values.astype("Int64")
