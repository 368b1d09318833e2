"""Who made a change: the hosts, ports and interfaces that differ most from the time before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.base import NAMED_IDS, PanelContext
from vpcflow_core.query.change import BEFORE, FIELD, NOW, VALUE
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.filters import NO_FILTERS, Filters, exactly
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window
from vpcflow_core.units import humane

FIELDS = ("srcaddr", "dstaddr", "dstport", "interface_id")
# Values of each field that are asked for; the rest cannot have made much of the change.
MOST = 100
# A value made an episode if it has this share of the whole change.
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Makers:
    """Who made an episode.

    Attributes:
        text: In words, the largest change first.
        filters: What narrows a page to it: the values that made most of it, by field.
        results: What the engine answered.
    """

    text: str
    filters: tuple[tuple[str, str], ...]
    results: tuple[QueryResult, ...]


NONE_ASKED = Makers("", (), ())


def makers(context: PanelContext, query: Query, window: Window, filters: Filters) -> Makers:
    """Who made what was unusual in a window, against the same length of time before.

    Args:
        context: The panel.
        query: One measure and its condition.
        window: The episode.
        filters: What its series was narrowed to, besides the page's filters.
    """
    words, chosen = [], []
    before = window.moved(-max(window.length, timedelta(minutes=1)))
    both = context.request.filters & filters if filters != NO_FILTERS else context.request.filters
    try:
        results = context.logs.ask_change(query, FIELDS, (window, before), both, most=MOST)
    except MissingDataError:
        return NONE_ASKED
    measure = query.measures[0]
    for field, change in _changes(results).items():
        value, most = change.index[0], float(change.iloc[0])
        text = f"{'+' if most > 0 else '-'}{humane(abs(most), measure)}"
        words.append(
            (
                abs(most),
                f"{DIMENSIONS[field].title.lower()} {named(context, field)(value)} ({text})",
            )
        )
        if abs(most) >= SHARE * float(change.abs().sum()):
            chosen.append((field, exactly(value)))
    words.sort(key=lambda word: -word[0])
    return Makers("; ".join(text for _, text in words), tuple(chosen), tuple(results))


def named(context: PanelContext, field: str) -> Callable[[object], str]:
    """What shows a value of a field: by its name where it has one."""
    known = context.logs.names(field) if field in NAMED_IDS else {}
    return lambda value: known.get(str(value)) or str(value)


def _changes(results: list[QueryResult]) -> dict[str, pd.Series[float]]:
    """How much more each value had than before, by field, the largest change first."""
    found = {}
    for field in FIELDS:
        for frame in (result.frame[result.frame[FIELD] == field] for result in results):
            values = frame[VALUE].astype(int) if DIMENSIONS[field].is_number else frame[VALUE]
            change = frame[NOW].astype("float64") - frame[BEFORE].astype("float64")
            change.index = pd.Index(values)
            if (change != 0).any():
                moved = change[change != 0].sort_index()
                found[field] = moved.sort_values(key=abs, ascending=False, kind="stable")
    return found
