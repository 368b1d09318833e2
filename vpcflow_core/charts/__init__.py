"""From a panel's rows to a plotly figure, or to a table.

Times are drawn as the wall clock of the chosen zone, without an offset: plotly then shows them
the same in every browser, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
from pandas.api.types import infer_dtype

from vpcflow_core.charts.band import band
from vpcflow_core.charts.bars import bars, split
from vpcflow_core.charts.box import box
from vpcflow_core.charts.columns import area, columns, curves, stacked
from vpcflow_core.charts.donut import donut
from vpcflow_core.charts.heat import heat
from vpcflow_core.charts.labels import label, title
from vpcflow_core.charts.lines import lines, trend
from vpcflow_core.charts.number import number
from vpcflow_core.charts.pairs import matrix, sankey
from vpcflow_core.charts.style import COLOURS, CONFIG, SERIES, dress
from vpcflow_core.charts.table import styled, table, table_frame
from vpcflow_core.charts.time_axis import wall_clock
from vpcflow_core.charts.world import blank_map, world_map
from vpcflow_core.panels.answer import PanelAnswer
from vpcflow_core.panels.base import Panel

__all__ = [
    "COLOURS",
    "CONFIG",
    "DRAW",
    "SERIES",
    "blank_map",
    "figure",
    "label",
    "styled",
    "table_frame",
    "title",
    "wall_clock",
]

DRAW: dict[str, Callable[[Panel, PanelAnswer, ZoneInfo, bool], go.Figure]] = {
    "map": world_map, "bars": bars, "split": split, "columns": columns, "stacked": stacked,
    "area": area, "donut": donut, "band": band, "lines": lines, "trend": trend,
    "number": number, "box": box, "table": table, "sankey": sankey, "matrix": matrix,
    "curves": curves, "heat": heat,
}  # fmt: skip


def figure(panel: Panel, answer: PanelAnswer, zone: str = "UTC", dark: bool = False) -> go.Figure:
    """Draw a panel.

    Args:
        panel: What to draw.
        answer: Its rows; at least one.
        zone: IANA name of the zone times are shown in.
        dark: Whether the page is dark.
    """
    shown = replace(answer, frame=_drawable(answer.frame))
    return dress(DRAW[panel.chart](panel, shown, ZoneInfo(zone), dark), dark)


def _drawable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with numbers that a browser knows: those beyond 64 bits as floats."""
    objects = frame.columns[frame.dtypes == "object"]
    huge = [name for name in objects if infer_dtype(frame[name], skipna=True) == "integer"]
    return frame.astype(dict.fromkeys(huge, "Float64")) if huge else frame
