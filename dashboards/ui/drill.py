"""What a click or a drag on a panel means, as filters and ranges; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from dashboards.ui.filter_text import narrowed
from dashboards.ui.state import FILTER_LABELS, PageState
from vpcflow_core.panels.catalogue import Panel
from vpcflow_core.query.dimensions import BLOCKS, COUNTRIES
from vpcflow_core.query.filters import exactly
from vpcflow_core.ranges import Range
from vpcflow_core.times import Window

TIME_CHARTS = (
    "columns", "stacked", "area", "band", "lines", "trend", "box", "curves", "heat",
)  # fmt: skip
MINUTE = timedelta(minutes=1)
# Columns of the other end of what a page is about, whichever it is.
OTHER_ENDS = ("peer", "country")
# Timeslices to see before and after one that is looked at.
CONTEXT = 15


def clicked(panel: Panel, values: Any) -> dict[str, str]:
    """Filter texts by field for what was clicked; nothing for what stands for many values.

    Args:
        panel: Where.
        values: The value of each field of `panel.drill`; one alone need not be in a list.
    """
    parts = values if isinstance(values, Sequence) and not isinstance(values, str) else [values]
    if panel.chart == "map":
        return {panel.drill[0]: f"country:{parts[0]}"} if _known(parts[0]) else {}
    pairs = zip(panel.drill, parts, strict=False)
    return dict(filter_of(field, value) for field, value in pairs if _known(value))


def filter_of(field: str, value: Any) -> tuple[str, str]:
    """The filter for a value: of a group of addresses that by the address."""
    if field in OTHER_ENDS:
        return "address", f"country:{value}" if field == "country" else _address(str(value))
    if field in BLOCKS:
        return BLOCKS[field].column, str(value)
    if field in COUNTRIES:
        return COUNTRIES[field].column, f"country:{value}"
    return field, exactly(_plain(value))


def of_row(panel: Panel, row: pd.Series) -> list[Any]:
    """What a click on a row of a panel's answer means, as `clicked` takes it."""
    fields = ("country",) if panel.chart == "map" else panel.drill
    return [row.get(field) for field in fields]


def narrowing(state: PageState, texts: Mapping[str, str]) -> PageState:
    """The page narrowed by these values besides its filters."""
    old = dict(state.filters)
    new = old | {field: narrowed(field, old.get(field, ""), text) for field, text in texts.items()}
    return replace(state, filters=tuple((f, new[f]) for f in FILTER_LABELS if new.get(f)))


def dragged(ends: Sequence[Any], zone: str) -> Window:
    """The window between two places of a time axis, in whole minutes.

    Args:
        ends: Wall clock of the zone, as plotly tells it: `2026-11-20 09:30:12.5`.
        zone: IANA name of the zone.
    """
    place = ZoneInfo(zone)
    first, last = sorted(pd.Timestamp(end).to_pydatetime() for end in ends[:2])
    # An hour that a clock shows twice counts from its first time to its second.
    start = first.replace(tzinfo=place, fold=0).astimezone(UTC)
    end = last.replace(tzinfo=place, fold=1).astimezone(UTC)
    return Window(start, max(end, start + MINUTE)).snapped(MINUTE)


def around(bucket: datetime, every: timedelta) -> Window:
    """A timeslice with some context before and after it."""
    return Window(bucket - CONTEXT * every, bucket + (CONTEXT + 1) * every).snapped(MINUTE)


def narrowed_to(state: PageState, window: Window, texts: Mapping[str, str]) -> PageState:
    """The state of a page that shows a time, with as much before and after it, narrowed."""
    around = max(window.length / 2, CONTEXT * MINUTE)
    wide = Window(window.start - around, window.end + around).snapped(MINUTE)
    return narrowing(replace(state, range=Range(fixed=wide)), texts)


def looking_at(state: PageState, panel: Panel, bucket: datetime, every: timedelta) -> PageState:
    """The state of the Traffic page that shows the traffic a panel judged in one timeslice."""
    texts = dict(state.filters) | dict(panel.query.where)
    return replace(
        state,
        range=Range(fixed=around(bucket, every)),
        filters=tuple((f, texts[f]) for f in FILTER_LABELS if f in texts),
    )


def _address(text: str) -> str:
    """An address exactly, or a block."""
    return text if "/" in text else exactly(text)


def _known(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _plain(value: Any) -> str | int:
    """Numbers from frames and browsers as whole ones; ports and protocols are."""
    return value if isinstance(value, str) else int(value)
