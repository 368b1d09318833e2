"""A measure beside its past, and where it is heading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.charts.labels import amount, at_points, counted, hover, unit
from vpcflow_core.charts.log_axis import floor_of
from vpcflow_core.charts.strokes import MANY, Stroke, add_series
from vpcflow_core.charts.style import INK, LIT, MAIN, faint, legend_below, undressed
from vpcflow_core.charts.time_axis import (
    colour_of,
    over_time,
    places,
    raised,
    wall_clock,
)
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

NOW = "value"
# What a column is called in a window of a day, and in any other.
NAMES = {
    NOW: ("today", "this time"),
    "value_1d": ("yesterday", "a day before"),
    "value_7d": ("last week", "a week before"),
}
# Colour and dash of each time before, those that nearly all ask for always the same.
PAST = {"value_1d": ("#E69F00", "dash"), "value_7d": ("#8C6BB1", "dot")}
MORE_PAST = (("#009E73", "dashdot"), ("#CC79A7", "longdash"), *PAST.values())
AHEAD = "#E69F00"


def lines(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line for now and for each time before that there is."""
    frame, chart = answer.frame, undressed()
    length = frame["bucket"].max() - frame["bucket"].min()
    a_day = timedelta(hours=23) <= length <= timedelta(hours=25)
    past = [str(name) for name in frame if str(name).startswith(f"{NOW}_")]
    # The present is drawn over the past, and stands first in the legend.
    drawn = [name for name in (*reversed(past), NOW) if frame[name].notna().any()]
    least = floor_of(pd.concat([frame[column].astype("Float64") for column in drawn]))
    top = max((float(frame[column].max()) for column in drawn), default=0.0)
    looks = _looks(past)
    for column in drawn:
        name, (colour, dash) = _called(column, a_day), looks[column]
        shown = LIT.get(colour, colour) if dark else colour
        look = Stroke(shown, least, dash, top=top)
        answers = _hover(panel, frame, column, name, least)
        add_series(chart, frame["bucket"], zone, frame[column], look, answers, name=name)
    _finished(chart, panel, answer, zone, frame["bucket"], top, least)
    return chart.update_layout(legend_traceorder="reversed")


def trend(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """A line, the model's dashed one, and the interval in which the future is expected."""
    frame, colour = answer.frame, colour_of(panel, dark)
    ended = int(np.flatnonzero(frame["value"].notna()).max(initial=-1)) + 1
    known, future = frame[:ended], frame[ended:]
    least, chart = floor_of(known["value"]), undressed()
    if future["lower"].notna().any():
        _interval(chart, future, zone, least)
    times, name = frame["bucket"], unit(panel.value)
    add_series(chart, times, zone, frame["value"], Stroke(colour, least), name=name)
    if frame["predicted"].notna().any():
        # Where points are close, what would have been predicted of the past hides what was.
        predicted = frame["predicted"]
        shown = predicted.mask(np.arange(len(frame)) < ended) if ended > MANY else predicted
        look = Stroke(AHEAD, least, "dash", width=2)
        add_series(chart, times, zone, shown, look, name="predicted")
    if len(future):
        _end(chart, wall_clock(future["bucket"], zone).iloc[0], dark)
    # One series alone has a hover box: plotly would show the last value in the future, too.
    chart.add_scatter(
        **places(times, zone),
        y=raised(_together(frame), least),
        mode="lines",
        line={"width": 0, "color": colour},
        showlegend=False,
        **_texts(panel, frame),
    )
    _finished(chart, panel, answer, zone, known["bucket"], _top(known, future), least)
    return chart


def _together(frame: pd.DataFrame) -> pd.Series:
    """The values, and in the future what is predicted."""
    return frame["value"].astype("Float64").fillna(frame["predicted"].astype("Float64"))


def _texts(panel: Panel, frame: pd.DataFrame) -> dict[str, Any]:
    """What was, what the model says, and between what bounds where nothing was yet."""
    known, measure = frame["value"].notna(), panel.value
    ahead = known[::-1].cummax()[::-1].map({True: "no records", False: "to come"})
    pairs = zip(frame["value"], ahead, strict=True)
    values = at_points(why if pd.isna(v) else counted(v, measure) for v, why in pairs)
    template = "<b>%{hovertext}</b><extra></extra>"
    if frame["predicted"].isna().all():
        return {"hovertext": values, "hovertemplate": template}
    rows = zip(frame["predicted"], frame["lower"].clip(lower=0), frame["upper"], known, strict=True)
    predicted = at_points(
        amount(value, measure)
        + ("" if there else f" ({amount(low, measure)} to {amount(high, measure)})")
        for value, low, high, there in rows
    )
    template = "<b>%{hovertext}</b><br>predicted %{customdata}<extra></extra>"
    return {"hovertext": values, "customdata": predicted, "hovertemplate": template}


def _top(known: pd.DataFrame, future: pd.DataFrame) -> float:
    """A wide interval may leave the picture; what was and what is predicted may not."""
    parts = [known["value"], known["predicted"], future["predicted"]]
    top = max(0.0, *(float(part.max()) for part in parts if part.notna().any()))
    upper = future["upper"].max()
    return top if pd.isna(upper) else max(top, min(float(upper), 2 * top))


def _finished(
    chart: go.Figure,
    panel: Panel,
    answer: PanelAnswer,
    zone: ZoneInfo,
    known: pd.Series,
    top: float,
    least: float,
) -> go.Figure:
    """With its axes and its legend."""
    over_time(chart, answer, zone, panel.value, top, least, known)
    return legend_below(chart.update_layout(hovermode="x unified"))


def _interval(chart: go.Figure, future: pd.DataFrame, zone: ZoneInfo, least: float) -> None:
    """Where the future lies, most likely."""
    edge = {
        "mode": "lines",
        "line": {"width": 0, "color": AHEAD},
        "hoverinfo": "skip",
        "legendgroup": "interval",
        **places(future["bucket"], zone),
    }
    chart.add_scatter(**edge, y=raised(future["lower"], least), showlegend=False)
    chart.add_scatter(
        **edge,
        y=raised(future["upper"], least),
        fill="tonexty",
        fillcolor=faint(AHEAD, 0.22),
        name="interval",
    )


def _end(chart: go.Figure, at: pd.Timestamp, dark: bool) -> None:
    """A thin line where the data ends."""
    weak = INK[dark][1]
    where = {"xref": "x", "yref": "paper"}
    chart.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, line={"width": 1, "color": weak}, **where
    )
    chart.add_annotation(
        x=at,
        y=1,
        text="data ends",
        showarrow=False,
        xanchor="left",
        yanchor="top",  # above the chart stand the marks of notes
        xshift=3,
        font={"size": 11, "color": weak},
        **where,
    )


def _looks(past: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and dash by column."""
    others = iter(MORE_PAST)
    found = {name: PAST[name] if name in PAST else next(others) for name in past}
    return found | {NOW: (MAIN, "solid")}


def _called(column: str, a_day: bool) -> str:
    """What people call a time before: `yesterday`, `3d before`."""
    if names := NAMES.get(column):
        return names[0 if a_day else 1]
    return f"{column.removeprefix(f'{NOW}_')} before"


def _hover(
    panel: Panel, frame: pd.DataFrame, column: str, name: str, least: float
) -> dict[str, Any]:
    """A series that says its name; one of the past also how far the present is from it."""
    values = frame[column]
    form = f"{name}: <b>{{}}</b>"
    if column == NOW:
        return hover(panel.value, values, form, with_unit=False, written=least > 0)
    texts = at_points(
        f"{amount(then, panel.value)}{_change(now, then, panel.value)}" if pd.notna(then) else "-"
        for now, then in zip(frame[NOW], values, strict=True)
    )
    return {"hovertext": texts, "hovertemplate": f"{name}: <b>%{{hovertext}}</b><extra></extra>"}


def _change(now: float | None, then: float, measure: str) -> str:
    """How far the present is from a time before: ` (now +1.5 K, +12 %)`."""
    if pd.isna(now):
        return ""
    sign = "-" if now < then else "+"
    percent = f", {sign}{abs(now - then) / then:.0%}".replace("%", " %") if then else ""
    return f" (now {sign}{amount(abs(now - then), measure)}{percent})"
