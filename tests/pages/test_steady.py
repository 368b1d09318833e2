"""Figures as the page sends them, and the place that they have there."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui.steady import Sent, steady
from tests.charts.frames import usual
from vpcflow_core.charts import DRAW, figure
from vpcflow_core.charts.style import dress, undressed
from vpcflow_core.panels.catalogue import PANELS, Panel

ONE_OF_EACH = {panel.chart: panel for panel in PANELS.values() if panel.chart in DRAW}
every_kind = pytest.mark.parametrize("panel", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))


def drawn(panel: Panel) -> go.Figure:
    """A panel's figure."""
    return figure(panel, usual(panel), "Asia/Kolkata", dark=True)


def unpacked(value: Any) -> Any:
    """What the browser makes of it: plotly's bytes as lists; what is no number, nothing."""
    if isinstance(value, dict) and "bdata" in value:
        numbers = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))
        shape = [int(part) for part in str(value.get("shape", len(numbers))).split(",")]
        return unpacked(numbers.reshape(shape).tolist())
    if isinstance(value, dict):
        return {name: unpacked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [unpacked(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@every_kind
def test_a_steady_figure_has_the_same_values_as_lists(panel: Panel) -> None:
    as_drawn = json.loads(drawn(panel).to_json())["data"]
    sent = steady(drawn(panel), clicked=True).to_json()
    assert "bdata" not in sent
    assert json.loads(sent)["data"] == unpacked(as_drawn)


@every_kind
def test_a_figure_that_is_sent_again_and_again_is_copied_once(panel: Panel) -> None:
    chart = steady(drawn(panel), clicked=True)
    sent = Sent(chart)
    assert sent.to_json() == chart.to_json()
    assert sent.to_dict() is sent.to_dict()
    assert 'class="plotly-graph-div"' in sent.to_html(include_plotlyjs=False)


@every_kind
def test_a_figure_says_its_look_itself_in_words_that_plotly_knows(panel: Panel) -> None:
    sent = json.loads(steady(drawn(panel), clicked=True).to_json())
    assert "template" not in sent["layout"]
    go.Figure(sent)  # plotly refuses what it does not know


def test_numbers_that_are_none_are_gaps_and_times_stay_times() -> None:
    times = np.array(["2026-11-25T10:00", "2026-11-25T10:01"], "datetime64[ns]")
    chart = dress(undressed(go.Scatter(x=times, y=np.array([1.5, np.nan]))), dark=False)
    (trace,) = json.loads(steady(chart, clicked=False).to_json())["data"]
    assert trace["y"] == [1.5, None]
    assert [text[:16] for text in trace["x"]] == ["2026-11-25T10:00", "2026-11-25T10:01"]


@pytest.mark.parametrize(
    ("dragmode", "sent", "clickmode"),
    [
        (None, "pan", "event+select"),
        (False, "pan", "event+select"),
        ("zoom", "zoom", "event+select"),
        ("select", "select", "event"),
    ],
)
def test_modes_are_those_that_streamlit_would_set(
    dragmode: str | bool | None, sent: str, clickmode: str
) -> None:
    chart = dress(undressed(go.Bar(x=[1], y=[2])), dark=False).update_layout(dragmode=dragmode)
    layout = steady(chart, clicked=True).layout
    assert (layout.dragmode, layout.clickmode, layout.hovermode) == (sent, clickmode, "closest")


def test_what_a_chart_says_of_its_look_stays() -> None:
    chart = undressed(go.Bar(x=[1], y=[2])).update_layout(hovermode="x unified", margin_l=99)
    chart.update_xaxes(tickfont_size=7, title="minutes")
    layout = dress(chart, dark=True).layout
    assert (layout.hovermode, layout.margin.l, layout.margin.pad) == ("x unified", 99, 8)
    assert (layout.xaxis.tickfont.size, layout.xaxis.title.text) == (7, "minutes")
    assert layout.xaxis.tickfont.color == layout.yaxis.tickfont.color is not None


def places() -> None:
    """Two pages with one chart each, in turns."""
    import streamlit as st

    from dashboards.ui.own_place import own_place

    with own_place(st.query_params["page"]):
        st.write(st.query_params["page"])


def test_a_page_takes_another_place_than_the_page_before_and_keeps_it() -> None:
    app, taken = AppTest.from_function(places), []
    for page in ("a", "a", "b", "b", "a"):
        app.query_params["page"] = page
        app.run()
        assert [one.value for one in app.markdown] == [page]
        taken.append([type(one).__name__ for one in app.main.children.values()])
    first, again, other, still, back = taken
    assert first == again == back
    assert other == still == first[::-1]
    assert len(set(first)) == 2
