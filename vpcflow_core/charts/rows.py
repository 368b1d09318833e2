"""The rows of a person's own SELECT as a chart: the first column is where, the numbers how much."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from vpcflow_core.charts.labels import title
from vpcflow_core.charts.style import dress, legend_below, undressed

# What is still legible.
MOST_SERIES, MOST_BARS = 8, 200


def kinds_of(frame: pd.DataFrame) -> list[str]:
    """How rows can be shown: as a table, and where there are numbers to draw as bars or lines."""
    if frame.empty or not _series(frame):
        return ["Table"]
    place = frame.iloc[:, 0]
    ordered = is_datetime64_any_dtype(place) or is_numeric_dtype(place)
    return ["Table", "Bars", *(["Lines"] if ordered else [])]


def rows_chart(frame: pd.DataFrame, lines: bool, dark: bool) -> go.Figure:
    """The rows as lines in the order of the first column, or as bars in their own order.

    Args:
        frame: Its first column says where; the other columns of numbers are drawn.
        lines: Whether as lines.
        dark: For dark paper.
    """
    rows = frame.sort_values(frame.columns[0]) if lines else frame.head(MOST_BARS)
    place = rows.iloc[:, 0]
    where = place if lines else place.map(str)
    chart = undressed()
    for name in _series(frame):
        values = rows[name].astype("float64")
        if lines:
            chart.add_scatter(x=where, y=values, mode="lines", name=title(name))
        else:
            chart.add_bar(x=where, y=values, name=title(name))
    if not lines:
        chart.update_xaxes(type="category")
    dress(chart, dark).update_xaxes(title=title(str(frame.columns[0])))
    names = _series(frame)
    return legend_below(chart) if len(names) > 1 else chart.update_yaxes(title=title(names[0]))


def _series(frame: pd.DataFrame) -> list[str]:
    """The columns that are drawn."""
    return [str(n) for n in frame.columns[1:] if is_numeric_dtype(frame[n].dtype)][:MOST_SERIES]
