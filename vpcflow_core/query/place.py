"""Where the bytes of a question stand in time: where their records start, or spread over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import get_args

from vpcflow_core.errors import ParameterError
from vpcflow_core.query.measures import measure
from vpcflow_core.query.question import Place, Query
from vpcflow_core.query.spread import reached
from vpcflow_core.times import Window


def snapped(query: Query, window: Window) -> Window:
    """The window that a question is really answered for."""
    return window.snapped(query.every) if query.every else window


def touched(query: Query, window: Window, earliest: datetime | None = None) -> Window:
    """Where the records start that a question needs: those that reach into the window as well."""
    whole = snapped(query, window)
    return reached(whole, earliest) if is_spread(query) else whole


def is_spread(query: Query) -> bool:
    """Whether some measure of the question is spread over the time that its records last."""
    asked = query.place == "spread" and query.every is not None
    return asked and any(measure(name).spreads for name in query.measures)


def placed(query: Query) -> tuple[Query, ...]:
    """The question as one for what is spread, and one for what stands at the start of records.

    Both keep the same groups; one alone where the other has no measure.

    Raises:
        ParameterError: The place is neither.
    """
    if query.place not in get_args(Place):
        raise ParameterError(f"'{query.place}' is no place of bytes.", "Give start or spread.")
    if not is_spread(query):
        return (replace(query, place="start"),)
    spread = [name for name in query.measures if measure(name).spreads]
    rest = [name for name in query.measures if name not in spread]
    order = query.order or query.measures[0]
    parts = [replace(query, measures=tuple(spread), order=order)]
    if rest:
        parts.append(replace(query, measures=tuple(rest), order=order, place="start"))
    return tuple(parts)
