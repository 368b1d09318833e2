"""Rows as a table: for the app as a styled frame, for notebooks as a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
from pandas.io.formats.style import Styler

from vpcflow_core.charts.labels import ADDRESSES, LABELS, title
from vpcflow_core.charts.style import INK, undressed
from vpcflow_core.charts.time_axis import wall_clock
from vpcflow_core.panels.analyses.changes import BEFORE, DIFFERENCE
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import WITH_ADDRESSES, Panel
from vpcflow_core.units import UNITS, humane

# What a notebook shows; the whole answer is its frame.
MOST_ROWS = 200
ROW = 26
# How a rule that is open to the world is marked.
OPEN, OPEN_STYLE = "world", "background-color: #7f1d1d; color: #ffffff"
# Columns of what the other ends of an entity are grouped by.
OTHER_ENDS = ("country", "as", "name", "zone")
# The column that marks addresses of watch lists.
WATCHED = "On watch list"


@dataclass(frozen=True, slots=True)
class Format:
    """How the values of a column are shown, in some of its rows."""

    column: str
    rows: Sequence[Any]
    text: Callable[[Any], str]


def table_frame(panel: Panel, answer: PanelAnswer, zone: str = "UTC") -> pd.DataFrame:
    """The rows with titles in words, names beside ids and times of the zone; numbers are raw.

    Row by row the answer's frame, so that a chosen row is found in it by its place.
    """
    made: dict[str, pd.Series] = {}
    for column, values in _columns(answer.frame).items():
        name = str(column)
        called = {} if "name" in answer.frame else dict(answer.names.get(name, {}))
        if called and name not in ADDRESSES:
            made[title(name)] = values.map(called)
        if name in panel.query.nulls or (panel.query.nulls and name in OTHER_ENDS):
            values = values.astype("object").where(values.notna(), panel.rest)
        local = isinstance(values.dtype, pd.DatetimeTZDtype)
        text = f"{title(name)} ID" if title(name) in made else title(name)
        made[text] = wall_clock(values, ZoneInfo(zone)) if local else values
        if called and name in ADDRESSES:
            made[title(ADDRESSES[name])] = values.map(called)
        if name == "open":
            made[text] = values.map({True: OPEN, False: ""})
    shown = pd.DataFrame(made)
    if answer.watched:
        # Beside the addresses, where it is seen in a narrow table too.
        titles = list(shown.columns)
        last = max(titles.index(title(n)) for n in WITH_ADDRESSES if title(n) in titles)
        shown.insert(last + 1, WATCHED, _lists(answer))
    return shown.reset_index(drop=True)


def _lists(answer: PanelAnswer) -> pd.Series:
    """The watch lists of the addresses of each row."""
    columns = [name for name in WITH_ADDRESSES if name in answer.frame]
    rows = zip(*(answer.frame[name] for name in columns), strict=True)
    listed = [{answer.watched[value] for value in row if value in answer.watched} for row in rows]
    return pd.Series([", ".join(sorted(names)) for names in listed], index=answer.frame.index)


def styled(
    panel: Panel,
    answer: PanelAnswer,
    zone: str = "UTC",
    more: Mapping[str, Sequence[str] | pd.Series] | None = None,
) -> Styler:
    """The table for `st.dataframe`: it shows humane texts and sorts by the numbers behind them.

    Args:
        panel: What to show.
        answer: Its rows.
        zone: IANA name of the zone times are shown in.
        more: Columns to add, by title: links, menus.
    """
    styler = table_frame(panel, answer, zone).assign(**(more or {})).style.format(na_rep="")
    for form in _formats(answer):
        styler = styler.format(form.text, subset=(form.rows, [form.column]), na_rep="")
    if "open" in answer.frame:
        styler = styler.map(lambda text: OPEN_STYLE if text else "", subset=[title("open")])
    return styler


def table(panel: Panel, answer: PanelAnswer, zone: ZoneInfo, dark: bool) -> go.Figure:
    """The first rows as a figure."""
    ink, _, grid, paper = INK[dark]
    texts = table_texts(panel, answer, zone.key, MOST_ROWS)
    line = {"align": "left", "height": ROW, "line_color": grid, "font_color": ink}
    chart = undressed(
        go.Table(
            header={**line, "values": [f"<b>{name}</b>" for name in texts], "fill_color": grid},
            cells={
                **line,
                # Plotly reads tags, and names are anybody's text.
                "values": [[escape(str(text)) for text in texts[name]] for name in texts],
                "fill_color": paper,
            },
        )
    )
    return chart.update_layout(height=min(640, 60 + ROW * (len(texts) + 1)))


def table_texts(panel: Panel, answer: PanelAnswer, zone: str, most: int) -> pd.DataFrame:
    """The first rows as they read: titles, units, names and times as on the pages.

    Args:
        panel: What to show.
        answer: Its rows.
        zone: IANA name of the zone times are shown in.
        most: How many rows.
    """
    head = replace(answer, frame=answer.frame.head(most))
    shown = table_frame(panel, head, zone)
    texts = shown.astype("object").where(shown.notna(), "")
    for form in _formats(head):
        there = shown.loc[list(form.rows), form.column].dropna()
        texts.loc[there.index, form.column] = there.map(form.text)
    return texts


def _formats(answer: PanelAnswer) -> list[Format]:
    """How the columns read; a violation's value is in the unit of its own row."""
    columns = _columns(answer.frame)
    every = range(len(columns))
    found = [
        Format(title(str(name)), every, partial(_read, text))
        for name, values in columns.items()
        if (text := _format(str(name), values)) is not None
    ]
    if "deviations" in columns:
        measures = answer.frame["measure"].reset_index(drop=True)
        found += [
            Format("Value", list(rows), partial(humane, measure=str(measure)))
            for measure, rows in measures.groupby(measures).groups.items()
        ]
    return found


def _read(text: Callable[[Any], str], value: Any) -> str:
    """A value as it reads; what stands for a missing one ("no country") is a text already."""
    return value if isinstance(value, str) else text(value)


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that are shown."""
    if "made_by" in frame:
        return _episodes(frame)
    if "template" in frame:
        return frame[["saving_month", "remedy", "evidence", "talkers", "interface_id"]]
    return _ranges(frame) if "deviations" in frame else frame


def _expected(frame: pd.DataFrame) -> list[str]:
    """What was expected, of each row's own measure."""
    return [
        f"{humane(max(low, 0), measure)} to {humane(max(high, 0), measure)}"
        for low, high, measure in zip(frame["lower"], frame["upper"], frame["measure"], strict=True)
    ]


def _episodes(frame: pd.DataFrame) -> pd.DataFrame:
    """Episodes: when, what, how much at its worst, who made it; narrow pages show these."""
    lasted = pd.to_timedelta(frame["end"] - frame["start"]).dt.total_seconds()
    return pd.DataFrame(
        {
            "bucket": frame["start"],
            "what": frame["what"],
            "value": frame["value"],
            "made_by": frame["made_by"],
            "expected": _expected(frame),
            "deviations": frame["deviations"],
            "duration": lasted,
        }
    )


def _ranges(frame: pd.DataFrame) -> pd.DataFrame:
    """Violations: what was expected in one column, of each row's own measure."""
    return pd.DataFrame(
        {
            "bucket": frame["bucket"],
            "what": frame["title"],
            "value": frame["value"],
            "expected": _expected(frame),
            "deviations": frame["deviations"],
        }
    )


def _measure(column: str) -> str:
    """The measure that a column is of: it may be what it was before, or the difference."""
    return column if column in UNITS else column.removesuffix(BEFORE).removesuffix(DIFFERENCE)


def _format(column: str, values: pd.Series) -> Callable[[Any], str] | None:
    """How the values of a column are shown; None as they are."""
    if column in LABELS and pd.api.types.is_numeric_dtype(values.dtype):
        return LABELS[column]
    if (of := _measure(column)) in UNITS:
        return partial(humane, measure=of)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "{:%a %d %b %H:%M:%S}".format
    if pd.api.types.is_float_dtype(values.dtype):
        return "{:,.1f}".format
    return "{:,}".format if pd.api.types.is_integer_dtype(values.dtype) else None
