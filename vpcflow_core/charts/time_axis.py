"""The axes of charts over time: wall clock, timeslice, what is not complete, humane numbers."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.log_axis import decades
from vpcflow_core.charts.style import (
    GREY,
    LIT,
    MAIN,
    REFUSED,
    ROOM_FOR_NUMBERS,
    ROOM_FOR_TIMES,
    faint,
)
from vpcflow_core.clock_changes import clock_changes
from vpcflow_core.coverage import overlapping
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.times import Window, format_duration
from vpcflow_core.units import humane

SECOND = timedelta(seconds=1)
HOVER_TIME = "%a %d %b %H:%M"
TICKS = [
    {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%a %d"},
    {"dtickrange": [60_000, 86_399_999], "value": "%H:%M\n%a %d"},
    {"dtickrange": [86_400_000, "M1"], "value": "%d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
]


LATE = "not complete yet"


def wall_clock(times: pd.Series, zone: ZoneInfo) -> pd.Series:
    """UTC times as the zone's clock shows them, without zone mark."""
    local: pd.Series = times.dt.tz_convert(zone).dt.tz_localize(None)
    return local


def places(times: pd.Series, zone: ZoneInfo) -> dict[str, Any]:
    """Where points of these times stand: first and step alone where the steps are even.

    A day of minutes is 30 kB of times else, in every series.
    """
    local = clock_of(times, zone)
    steps = local.diff().iloc[1:].unique()
    if len(steps) != 1:
        return {"x": local}
    return {"x0": local.iloc[0].isoformat(), "dx": steps[0] / timedelta(milliseconds=1)}


def clock_of(times: pd.Series, zone: ZoneInfo) -> pd.Series:
    """The wall clock, with what it shows twice in half the width: a line runs on to the right."""
    local = wall_clock(times, zone)
    for change in clock_changes(Window(times.min(), times.max() + SECOND), zone):
        if change.by >= timedelta(0):
            continue
        began = change.at + change.by
        inside = (times >= began) & (times < change.at - change.by)
        shown = pd.Timestamp(change.at).tz_convert(zone).tz_localize(None)
        local = local.mask(inside, shown + (times - began) / 2)
    return local


def unfinished(buckets: pd.Series, answer: PanelAnswer) -> pd.Series:
    """Which buckets lack records: those of a hole, and those that can still grow."""
    if answer.complete_until is None or answer.every is None:
        return pd.Series(False, index=buckets.index)
    missing = overlapping(answer.gaps, buckets, answer.every)
    return (buckets + answer.every > pd.Timestamp(answer.complete_until)) | missing


def lacking(buckets: pd.Series, answer: PanelAnswer) -> pd.Series:
    """Why each bucket is unfinished, in words; "" for those that are complete."""
    words = pd.Series("", index=buckets.index)
    words = words.mask(unfinished(buckets, answer), LATE)
    if answer.every is None:
        return words
    return words.mask(overlapping(answer.gaps, buckets, answer.every), "records are missing")


def stretches(marked: pd.Series) -> list[tuple[int, int]]:
    """First and last place of each run of marked buckets."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.to_numpy(dtype="int8"), [0]])))
    return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]


def over_time(
    chart: go.Figure,
    answer: PanelAnswer,
    zone: ZoneInfo,
    measure: str,
    top: float,
    least: float = 0.0,
    known: pd.Series | None = None,
) -> go.Figure:
    """Axes: what a point stands for, in which zone, and numbers as people read them.

    The parts that are not complete are grey.

    Args:
        chart: Series over time.
        answer: Whose timeslice it is.
        zone: Of the times.
        measure: What is drawn.
        top: The largest value that must be seen.
        least: Where nothing is drawn; the axis is logarithmic where that is above 0.
        known: The buckets that may be grey, where the answer also has those of the future.
    """
    buckets = answer.frame["bucket"] if known is None else known
    shade(chart, answer, zone, buckets)
    parts = [f"per {format_duration(answer.every)}" if answer.every else "", zone.key]
    why = " or ".join(filter(None, lacking(buckets, answer).unique()))
    text = ", ".join(filter(None, parts)) + (f" · grey: {why}" if why else "")
    chart.update_xaxes(
        title={"text": text, "font_size": 11, "standoff": 8},
        type="date",
        tickformatstops=TICKS,
        tickangle=0,
        nticks=8,
        hoverformat=HOVER_TIME,
        range=_span(answer, zone),
    )
    chart.update_yaxes(title=None, fixedrange=True)
    if least > 0:
        decades(chart, least, top, measure, zero=True)
    else:
        _linear(chart, top, measure)
    # Dragging over a chart chooses a range of time.
    return chart.update_layout(
        dragmode="select",
        selectdirection="h",
        newselection_line_width=1,
        margin={"l": ROOM_FOR_NUMBERS, "b": ROOM_FOR_TIMES},
    )


def _linear(chart: go.Figure, top: float, measure: str) -> None:
    """From 0 on, numbers in the measure's units."""
    values = ticks(top, measure)
    chart.update_yaxes(
        tickvals=[float(value) for value in values],
        ticktext=[humane(value, measure) for value in values],
        range=[0, max(top * 1.06, values[-1], 0.01 if measure == "dollars" else 1)],
    )


def _span(answer: PanelAnswer, zone: ZoneInfo) -> list[pd.Timestamp]:
    """From the first bucket's begin to the last one's end: markers would else widen the axis."""
    buckets = answer.frame["bucket"]
    ends = pd.Series([buckets.min(), buckets.max() + (answer.every or timedelta(0))])
    return list(wall_clock(ends, zone))


def ticks(top: float, measure: str, most: int = 5) -> list[float]:
    """Round numbers from 0 to the top: steps of 1,024 for bytes, whole numbers for counts.

    >>> ticks(7, "flows"), ticks(3 * 1024, "bytes"), ticks(0.12, "dollars")
    ([0, 2, 4, 6], [0, 1024, 2048, 3072], [0.0, 0.05, 0.1])
    """
    if measure == "dollars":
        return [cents / 100 for cents in ticks(100 * top, "cents", most)]
    base = 1024 if measure == "bytes" else 1000
    scale = base ** max(0, int(math.log(top, base))) if top >= 1 else 1
    steps = [digit * ten * scale for ten in (1, 10, 100, 1000) for digit in (1, 2, 5)]
    step = next(step for step in steps if top / step < most)
    return [step * place for place in range(int(top // step) + 1)] or [0]


def shade(chart: go.Figure, answer: PanelAnswer, zone: ZoneInfo, buckets: pd.Series) -> go.Figure:
    """Grey the parts that are not complete."""
    starts = buckets.drop_duplicates()
    for first, last in stretches(unfinished(starts, answer)):
        edges = pd.Series([starts.iloc[first], starts.iloc[last] + answer.every])
        begin, end = wall_clock(edges, zone)
        chart.add_vrect(x0=begin, x1=end, fillcolor=faint(GREY, 0.25), line_width=0)
    return chart


def colour_of(panel: Panel, dark: bool = False) -> str:
    """The colour of the decision a panel is about, else the main one; `dark`: as a line there."""
    refused = any(pair == ("action", "REJECT") for pair in panel.query.where)
    colour = REFUSED if refused else MAIN
    return LIT[colour] if dark else colour


def highest(values: pd.Series) -> float:
    """The largest value; 0 where there is none."""
    largest = values.max()
    return 0.0 if pd.isna(largest) else float(largest)


def heights(values: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers as they are drawn; what is missing is a gap."""
    return values.to_numpy(dtype="float64", na_value=math.nan)


def raised(values: pd.Series, least: float = 0.0) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers as they are drawn: none below `least`; what is missing is a gap."""
    return heights(values).clip(min=least)
