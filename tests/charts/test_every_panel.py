"""Every panel can be drawn, light and dark, from whatever rows its analysis may give."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

from tests.charts.frames import HUGE, usual
from vpcflow_core.charts import DRAW, figure, styled
from vpcflow_core.panels.catalogue import PANELS, Panel

every_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=list(PANELS))


def whole(chart: go.Figure) -> go.Figure:
    """The figure, once it has been written as the browser is sent it."""
    text = chart.to_json()
    assert "NaT" not in text
    drawn = json.loads(text)
    assert drawn["data"] or drawn["layout"]["annotations"]
    return chart


@every_panel
@pytest.mark.parametrize("dark", [False, True])
def test_every_panel_is_drawn_from_usual_rows(panel: Panel, dark: bool) -> None:
    whole(figure(panel, usual(panel), "Asia/Kolkata", dark))


@every_panel
def test_every_panel_is_drawn_from_one_row(panel: Panel) -> None:
    answer = usual(panel)
    whole(figure(panel, replace(answer, frame=answer.frame.head(1)), "UTC"))


@every_panel
def test_every_panel_is_drawn_where_nothing_has_a_name_or_an_end(panel: Panel) -> None:
    answer = replace(usual(panel), names={}, complete_until=None, every=None)
    whole(figure(panel, answer))


@every_panel
def test_every_panel_is_drawn_with_zeros_and_huge_numbers(panel: Panel) -> None:
    answer = usual(panel)
    numbers = [
        column for column in answer.frame.select_dtypes("number") if column not in panel.query.by
        and column not in ("latitude", "longitude")
    ]  # fmt: skip
    for value in (0, HUGE):
        filled = {n: pd.Series(value, index=answer.frame.index) for n in numbers}
        whole(figure(panel, replace(answer, frame=answer.frame.assign(**filled))))


def test_every_kind_of_panel_has_its_drawing() -> None:
    assert {panel.chart for panel in PANELS.values()} <= set(DRAW)


@every_panel
def test_every_panels_rows_can_be_shown_as_a_table(panel: Panel) -> None:
    answer = usual(panel)
    shown = styled(panel, answer)
    assert len(shown.data) == len(answer.frame)
    assert "<td" in shown.to_html()
