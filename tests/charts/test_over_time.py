"""Charts over time: each bucket where it belongs, what is incomplete told apart, none made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from tests.charts.frames import EVERY, START, answer, buckets, usual
from vpcflow_core.charts import COLOURS, figure
from vpcflow_core.charts.log_axis import decades, floor_of
from vpcflow_core.charts.strokes import Stroke, add_series
from vpcflow_core.charts.time_axis import places, ticks
from vpcflow_core.coverage import Gap
from vpcflow_core.panels.built import Built
from vpcflow_core.panels.catalogue import PANELS, Panel, PanelAnswer

BAND = PANELS["accepts/outliers"]
LINES = PANELS["accepts/packets-compared"]
TREND = PANELS["traffic/flows-trend"]


def called(chart: go.Figure, name: str) -> go.Scatter:
    (found,) = [trace for trace in chart.data if trace.name == name]
    return found


def test_even_buckets_are_told_by_their_first_and_their_step() -> None:
    assert places(buckets(3), ZoneInfo("Asia/Kolkata")) == {
        "x0": "2026-11-02T03:30:00",
        "dx": 3_600_000.0,
    }


def test_a_clock_that_changes_has_each_time_told() -> None:
    times = pd.Series(pd.date_range("2026-10-25", periods=4, freq="h", tz="UTC"))
    drawn = places(times, ZoneInfo("Europe/Berlin"))["x"]
    assert [time.hour for time in drawn] == [2, 2, 3, 4]


def test_a_line_that_would_fill_the_chart_is_drawn_as_dots() -> None:
    smooth, jumping = pd.Series(range(1440)), pd.Series([3, 9000] * 720)
    assert not Stroke("#000000").fills(smooth)
    assert Stroke("#000000", 1.0).fills(jumping)
    # Beside a much higher series it is a flat line.
    assert not Stroke("#000000", top=9_000_000).fills(jumping)


def test_dots_are_the_extremes_of_each_column_and_a_line_answers_the_mouse() -> None:
    chart, times = go.Figure(), buckets(3000)
    values = pd.Series([3.0, 9000.0, None, 5.0, 4.0] * 600)
    values[1234] = 1.0
    add_series(chart, times, UTC, values, Stroke("#000000"), {"hovertext": values}, name="bytes")
    dots, answers = chart.data
    shown = pd.Series(dots.y, index=pd.DatetimeIndex(dots.x, tz=UTC))
    assert len(shown) <= 600
    all_values = pd.Series(values.to_numpy(), index=times)
    pd.testing.assert_series_equal(
        shown, all_values[shown.index], check_names=False, check_freq=False
    )
    assert shown[times[1234]] == 1
    assert set(shown) == {1.0, 3.0, 9000.0}
    assert dots.hoverinfo == "skip"
    assert (answers.line.width, answers.showlegend) == (0, False)
    assert dots.legendgroup == answers.legendgroup == "bytes"
    assert len(answers.y) == 3000


def test_a_few_values_that_jump_are_all_drawn() -> None:
    chart, values = go.Figure(), pd.Series([3.0, 9000.0, None, 5.0] * 50)
    add_series(chart, buckets(200), UTC, values, Stroke("#000000"), name="bytes")
    (dots,) = chart.data
    assert list(dots.y) == values.dropna().tolist()


def test_columns_begin_where_their_bucket_begins() -> None:
    panel = PANELS["overview/rejections"]
    bar = figure(panel, usual(panel)).data[0]
    assert bar.offset == 0
    assert bar.width == 0.88 * EVERY / timedelta(milliseconds=1)


def test_a_day_of_minutes_is_drawn_as_one_area_with_every_value() -> None:
    panel = PANELS["overview/rejections"]
    frame = pd.DataFrame({"bucket": buckets(1440, timedelta(minutes=1)), "flows": range(1440)})
    chart = figure(panel, answer(frame, timedelta(minutes=1)))
    (area,) = chart.data
    assert list(area.y) == list(range(1440))
    assert len(chart.to_json()) < 30_000


def test_what_has_no_group_is_drawn_last_and_grey() -> None:
    panel = PANELS["rejects/sources-over-time"]
    chart = figure(panel, usual(panel))
    assert chart.data[-1].name == "other"
    assert sum(sum(trace.y) for trace in chart.data) == usual(panel).frame["flows"].sum()


def test_columns_without_height_are_not_drawn() -> None:
    panel = PANELS["rejects/sources-over-time"]
    given = usual(panel)
    frame = given.frame.copy()
    frame.loc[frame.index[:2], "flows"] = 0
    chart = figure(panel, replace(given, frame=frame))
    heights = [height for trace in chart.data for height in trace.y]
    assert heights
    assert 0 not in heights
    assert sum(heights) == frame["flows"].sum()


def test_directions_are_stacked_in_their_colours_and_the_open_end_is_grey() -> None:
    panel = PANELS["security-groups/directions-over-time"]
    chart = figure(panel, usual(panel))
    assert [trace.name for trace in chart.data] == ["internal", "inbound", "outbound", "other"]
    assert chart.data[1].line.color == COLOURS["inbound"]
    (grey,) = chart.layout.shapes
    assert pd.Timestamp(grey.x0).hour == 0
    assert "not complete yet" in chart.layout.xaxis.title.text


def test_a_chart_over_time_asks_for_a_range_when_dragged_over() -> None:
    for panel in (BAND, LINES, TREND, PANELS["overview/rejections"]):
        layout = figure(panel, usual(panel)).layout
        assert (layout.dragmode, layout.selectdirection) == ("select", "h")


def test_a_band_never_goes_below_nothing() -> None:
    lower, upper = figure(BAND, usual(BAND)).data[:2]
    assert list(lower.y) == [0, 0, 0, 0]
    assert list(upper.y) == [9.5] * 4
    assert upper.fill == "tonexty"


def test_a_violation_is_a_diamond_that_knows_its_bucket_in_utc() -> None:
    marks = called(figure(BAND, usual(BAND), "Asia/Kolkata"), "outside the band")
    assert marks.marker.symbol == "diamond"
    assert list(marks.y) == [90]
    assert list(marks.customdata) == ["2026-11-02T00:00:00Z"]
    assert pd.Timestamp(marks.x[0]).isoformat() == "2026-11-02T05:30:00"


OVER_TIME = [
    BAND, LINES, TREND, PANELS["overview/rejections"], PANELS["rejects/sources-over-time"],
    PANELS["security-groups/directions-over-time"], PANELS["traffic/packets-per-flow"],
]  # fmt: skip


@pytest.mark.parametrize("panel", OVER_TIME, ids=lambda panel: panel.slug)
def test_what_is_not_complete_is_grey_in_every_chart(panel: Panel) -> None:
    given = usual(panel)
    starts = given.frame["bucket"].drop_duplicates()
    assert given.every is not None
    hole = Gap(starts.iloc[0], starts.iloc[1], True)
    chart = figure(panel, replace(given, gaps=(hole,), complete_until=starts.iloc[2]))
    grey = [shape for shape in chart.layout.shapes if shape.fillcolor]
    drawn = [tuple(pd.Timestamp(at, tz="UTC") for at in (one.x0, one.x1)) for one in grey]
    assert drawn[0] == (starts.iloc[0], starts.iloc[1])
    assert drawn[1][0] == starts.iloc[2]
    words = "grey: records are missing or not complete yet"
    assert words in chart.layout.xaxis.title.text
    assert not any(trace.line.dash == "dot" for trace in chart.data if panel == BAND)


def test_a_band_says_what_is_not_complete() -> None:
    assert "not complete yet" in figure(BAND, usual(BAND)).data[-1].customdata[3]


def test_one_series_alone_tells_value_band_and_verdict() -> None:
    *silent, told = figure(BAND, replace(usual(BAND), complete_until=None)).data
    assert all(trace.hoverinfo == "skip" for trace in silent)
    assert told.customdata[2] == "expected 0 to 9.5<br><b>above the band</b>"
    assert told.customdata[1] == "expected 0 to 9.5"


def bursting(values: list[int]) -> PanelAnswer:
    given = usual(BAND)
    return replace(given, frame=given.frame.assign(value=values), complete_until=None)


def test_a_burst_makes_the_axis_logarithmic_and_zeros_stay_zeros() -> None:
    chart = figure(BAND, bursting([5, 0, 90_000, 6]))
    assert chart.layout.yaxis.type == "log"
    assert chart.layout.yaxis.ticktext[0] == "0"
    told = chart.data[-1]
    assert list(told.hovertext) == ["5 flows", "0 flows", "90,000 flows", "6 flows"]
    assert min(told.y) == chart.layout.yaxis.tickvals[0]


@pytest.mark.parametrize("values", [[5, 0, 9, 6], [0, 0, 0, 90_000], [0, 0, 0, 0]])
def test_other_series_keep_a_linear_axis(values: list[int]) -> None:
    assert figure(BAND, bursting(values)).layout.yaxis.type is None
    assert floor_of(pd.Series(values)) == 0


def test_a_past_that_the_data_does_not_reach_has_no_line() -> None:
    chart = figure(LINES, usual(LINES))
    assert [trace.name for trace in chart.data] == ["a day before", "this time"]
    assert [trace.line.dash for trace in chart.data] == ["dash", "solid"]
    assert np.isnan(chart.data[0].y[2])


def test_a_window_of_a_day_has_a_yesterday() -> None:
    frame = pd.DataFrame({"bucket": buckets(24), "value": 1, "value_1d": 2, "value_7d": 3})
    chart = figure(LINES, answer(frame, EVERY))
    assert [trace.name for trace in chart.data] == ["last week", "yesterday", "today"]


def test_a_forecast_begins_where_the_data_ends() -> None:
    chart = figure(TREND, usual(TREND))
    interval = called(chart, "interval")
    assert len(interval.y) == 2
    assert list(interval.y) == [8, 8]
    assert pd.Timestamp(chart.layout.shapes[0].x0).hour == (START + 3 * EVERY).hour
    told = chart.data[-1]
    assert list(told.hovertext) == ["5 flows", "0 flows", "9 flows", "to come", "to come"]
    assert told.customdata[0] == "4.25"
    assert told.customdata[4] == "4.25 (0 to 8)"


def test_without_a_forecast_the_values_are_drawn_all_the_same() -> None:
    frame = usual(TREND).frame.head(3)
    nothing = dict.fromkeys(("predicted", "lower", "upper"), pd.Series(pd.NA, dtype="Float64"))
    chart = figure(TREND, answer(frame.assign(**nothing), EVERY))
    assert [trace.name for trace in chart.data] == ["flows", None]


def test_a_box_has_the_quartiles_of_its_bucket_and_none_where_nothing_was() -> None:
    panel = PANELS["traffic/packets-per-flow"]
    box, told = figure(panel, usual(panel)).data
    assert list(box.lowerfence) == [1, 1, 2]
    assert list(box.upperfence) == [500, 1, 6]
    assert [pd.Timestamp(time).hour for time in box.x] == [22, 0, 1]
    assert told.hovertext[0].startswith("most: <b>500</b><br>75 %: <b>4</b>")


def test_numbers_are_told_with_their_change_above_their_line() -> None:
    panel = PANELS["traffic/accepted"]
    chart = figure(panel, usual(panel))
    first, second = (note.text for note in chart.layout.annotations)
    assert "1.2 K" in first
    assert "+23 % against a day before" in first
    assert "8 PB" in second
    assert list(chart.data[0].y) == [1, 0, 3, 2]


def test_marks_on_an_axis_are_round_in_their_own_units() -> None:
    assert ticks(0, "flows") == [0]
    assert ticks(1, "flows") == [0, 1]
    assert ticks(4_200_000, "flows") == [0, 1e6, 2e6, 3e6, 4e6]
    assert ticks(300 * 1024**2, "bytes") == [n * 100 * 1024**2 for n in range(4)]


def test_the_axis_ends_where_the_last_bucket_ends() -> None:
    ends = figure(BAND, usual(BAND)).layout.xaxis.range
    last = datetime(2026, 11, 2, 2, tzinfo=UTC)
    assert pd.Timestamp(ends[1]).isoformat() == last.replace(tzinfo=None).isoformat()


def test_a_time_before_is_named_coloured_and_says_how_far_the_present_is_from_it() -> None:
    columns = {
        "bucket": buckets(3), "value": [150.0, 50.0, 7.0], "value_1d": [100.0, 100.0, 0.0],
        "value_3d": [None, 40.0, 7.0],
    }  # fmt: skip
    chart = figure(LINES, answer(pd.DataFrame(columns)))
    assert {trace.name for trace in chart.data} == {"this time", "a day before", "3d before"}
    assert list(called(chart, "a day before").hovertext) == [
        "100 (now +50, +50 %)", "100 (now -50, -50 %)", "0 (now +7)",
    ]  # fmt: skip
    assert list(called(chart, "3d before").hovertext) == [
        "-",
        "40 (now +10, +25 %)",
        "7 (now +0, +0 %)",
    ]
    assert len({trace.line.color for trace in chart.data}) == 3


def test_one_of_a_kind_is_no_plural_beside_the_pointer() -> None:
    panel = PANELS["overview/rejections"]
    bar = figure(panel, answer(pd.DataFrame({"bucket": buckets(3), "flows": [0, 1, 1200]}))).data[0]
    assert bar.hovertemplate.endswith("<b>%{y:,.3~f} flow%{hovertext}</b><extra></extra>")
    assert list(bar.hovertext) == ["s", "", "s"]
    ones = PANELS["overview/destination-ports"]
    frame = pd.DataFrame({"dstport": [443], "flows": [1], "bytes": 1, "packets": 2, "sources": 1})
    (text,) = figure(ones, answer(frame)).data[0].hovertext
    assert text.split("<br>")[1:] == ["1 flow", "1 B (1 byte)", "2 packets", "1 source"]


def cells(values: dict[str | None, list[int]]) -> PanelAnswer:
    rows = [
        (time, source, value)
        for source, of in values.items()
        for time, value in zip(buckets(len(of)), of, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["bucket", "srcaddr", "flows"])
    return answer(frame.astype({"srcaddr": "string"}), EVERY)


def test_a_heat_map_has_a_row_a_value_the_rest_last_and_a_cell_for_each_that_is_not_zero() -> None:
    panel = Built("flows", ("srcaddr",), "heat", 2).panel
    given = cells({"10.0.0.1": [1, 0, 2], "10.0.0.2": [5, 5, 5], None: [0, 0, 1]})
    chart = figure(panel, given)
    names = [text.strip() for text in chart.layout.yaxis.ticktext]
    assert names == ["10.0.0.2", "10.0.0.1", "other"]
    assert chart.layout.yaxis.range[0] > chart.layout.yaxis.range[1]  # the first one is on top
    assert [len(row.x) for row in chart.data] == [3, 2, 1]
    assert [list(row.marker.color) for row in chart.data] == [[5, 5, 5], [1, 2], [1]]
    assert list(chart.data[1].customdata) == ["10.0.0.1"] * 2
    assert list(chart.data[1].hovertext) == ["1 flow", "2 flows"]
    assert chart.layout.coloraxis.cmin == 0


def test_colours_of_a_burst_are_those_of_a_logarithmic_scale_with_marks_in_units() -> None:
    panel = Built("flows", ("srcaddr",), "heat", 2).panel
    chart = figure(panel, cells({"10.0.0.1": [1, 90_000, 2], "10.0.0.2": [5, 5, 5]}))
    assert list(chart.data[1].marker.color) == pytest.approx([np.log10(5)] * 3)
    bar = chart.layout.coloraxis.colorbar
    assert list(bar.ticktext) == ["1", "10", "100", "1 K", "10 K"]
    assert list(bar.tickvals) == pytest.approx([0, 1, 2, 3, 4])


@pytest.mark.parametrize(("low", "first"), [(0.95, 10), (0.3, 1)])
def test_no_mark_stands_on_that_of_nothing(low: float, first: float) -> None:
    chart = decades(go.Figure(), low, 20_000, "bytes", zero=True)
    nothing, lowest, *_ = chart.layout.yaxis.tickvals
    assert (nothing, lowest) == (low, first)
    assert chart.layout.yaxis.ticktext[0] == "0 B"


def test_lines_of_groups_are_logarithmic_where_one_dwarfs_the_others() -> None:
    panel = Built("flows", ("srcaddr",), "curves", 2).panel
    chart = figure(panel, cells({"10.0.0.1": [9, 90_000, 8], "10.0.0.2": [5, 5, 5]}))
    assert [line.name for line in chart.data] == ["10.0.0.1", "10.0.0.2"]
    assert chart.layout.yaxis.type == "log"
    assert list(chart.data[0].hovertext) == ["9 flows", "90,000 flows", "8 flows"]
