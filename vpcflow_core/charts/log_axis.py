"""Logarithmic axes, for values that one burst would else press flat."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from vpcflow_core.units import humane

# From this multiple of the usual value on, a linear axis shows the burst and nothing else.
BURST = 100
MOST_TICKS = 6
# Of the height of a chart, what the text of a tick takes.
TEXT = 0.08


def floor_of(values: pd.Series) -> float:
    """Where nothing at all is drawn: at 0, or below the least value on a logarithmic axis.

    The axis is logarithmic where the largest value dwarfs the usual one; not where a quarter of the
    values is nothing at all: a line that jumps from nothing to one would fill the chart.

    >>> floor_of(pd.Series([0, 3, 4])), floor_of(pd.Series([0, 3, 4, 4000]))
    (0.0, 1.0)
    """
    if not values.quantile(0.25) > 0 or values.max() <= BURST * values.median():
        return 0.0
    return float(values[values > 0].min()) / 3


def decades(
    chart: go.Figure, low: float, high: float, measure: str, *, zero: bool = False
) -> go.Figure:
    """A logarithmic axis.

    Args:
        chart: Over time.
        low: Its lower end.
        high: The largest value that must be seen.
        measure: What is drawn.
        zero: Whether the lower end stands for nothing at all.
    """
    above = low * (1.3 * high / low) ** TEXT if zero else low
    values = [value for value in rounds(measure) if above < value <= high * 1.2]
    values = values[:: math.ceil(len(values) / MOST_TICKS) or 1]
    texts = [humane(value, measure) for value in values]
    if zero:
        values, texts = [low, *values], [humane(0, measure), *texts]
    return chart.update_yaxes(
        type="log",
        tickvals=[float(value) for value in values],
        ticktext=texts,
        range=[math.log10(low), math.log10(high * 1.3)],
    )


def rounds(measure: str) -> list[float]:
    """1, 10, 100, 1 K and so on, in the steps of the measure's units."""
    step = 1024 if measure == "bytes" else 1000
    return [float(digit * step**power) for power in range(6) for digit in (1, 10, 100)]
