"""Figures: what is drawn is what the rows say, in the zone asked for, without the Internet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from vpcflow_core.charts import COLOURS, CONFIG, DRAW, SERIES, figure, label
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 1, 22, tzinfo=UTC)


def answer(frame: pd.DataFrame, every: timedelta | None = None) -> PanelAnswer:
    return PanelAnswer(frame, "select", 0.1, (), every, START + 2.5 * HOUR)


def buckets(count: int) -> pd.Series:
    return pd.Series(pd.date_range(START, periods=count, freq="h"), name="bucket")


def test_bars_carry_names_humane_texts_and_the_raw_value_for_clicks() -> None:
    frame = pd.DataFrame({"dstport": [443, 9], "flows": [12_345, 7], "bytes": 1, "packets": 1})
    bar = figure(PANELS["overview/destination-ports"], answer(frame)).data[0]
    assert list(bar.x) == [12_345, 7]
    assert bar.y[0] == "443 (https)"
    assert list(bar.text) == ["12.3 K", "7"]
    assert list(bar.customdata) == [443, 9]
    assert "12,345 flows" in bar.hovertext[0]


def test_bars_of_bytes_are_written_in_steps_of_1024() -> None:
    frame = pd.DataFrame({"srcaddr": ["10.0.0.1"], "bytes": [1_572_864], "flows": 1, "packets": 1})
    bar = figure(PANELS["overview/top-sources"], answer(frame)).data[0]
    assert list(bar.text) == ["1.5 MB"]
    assert "1,572,864 bytes" in bar.hovertext[0]


@pytest.mark.parametrize(
    ("zone", "first"), [("UTC", 22), ("Asia/Kolkata", 3), ("America/New_York", 17)]
)
def test_times_are_drawn_as_the_zones_wall_clock(zone: str, first: int) -> None:
    frame = pd.DataFrame({"bucket": buckets(3), "flows": [1, 0, 2]})
    chart = figure(PANELS["overview/rejections"], answer(frame, HOUR), zone)
    drawn = pd.to_datetime(chart.data[0].x)
    assert drawn[0].hour == first
    assert drawn.tz is None
    assert zone in chart.layout.xaxis.title.text


def test_a_bucket_the_data_does_not_cover_is_grey() -> None:
    frame = pd.DataFrame({"bucket": buckets(3), "flows": [1, 1, 1]})
    chart = figure(PANELS["overview/rejections"], answer(frame, HOUR))
    (grey,) = chart.layout.shapes
    assert (pd.Timestamp(grey.x0), pd.Timestamp(grey.x1)) == (
        frame["bucket"].iloc[2].tz_localize(None),
        frame["bucket"].iloc[2].tz_localize(None) + HOUR,
    )


def test_a_decision_has_its_colour_and_its_word() -> None:
    frame = pd.DataFrame(
        {"action": ["REJECT", "ACCEPT"], "flows": [1, 9], "bytes": 0, "packets": 0}
    )
    ring, words = figure(PANELS["overview/actions"], answer(frame)).data
    assert list(ring.customdata) == ["REJECT", "ACCEPT"]
    assert list(ring.marker.color) == [COLOURS["REJECT"], COLOURS["ACCEPT"]]
    assert list(words.text) == ["REJECT<br>10 %", "ACCEPT<br>90 %"]
    assert list(ring.width) == [36, 324]
    columns = figure(
        PANELS["overview/rejections"],
        answer(pd.DataFrame({"bucket": buckets(1), "flows": [1]}), HOUR),
    )
    assert columns.data[0].marker.color == COLOURS["REJECT"]


def test_groups_beyond_the_palette_are_drawn_as_other_and_none_is_lost() -> None:
    numbers = range(1, 13)
    frame = pd.concat(
        pd.DataFrame({"bucket": buckets(2), "protocol": n, "flows": [n, n]}) for n in numbers
    )
    chart = figure(PANELS["overview/protocols"], answer(frame, HOUR))
    assert len(chart.data) == len(SERIES) + 1
    assert chart.data[-1].name == "other"
    assert sum(sum(trace.y) for trace in chart.data) == 2 * sum(numbers)


def test_the_map_needs_no_internet_and_areas_are_proportional() -> None:
    frame = pd.DataFrame(
        {
            "country": ["US", "DE"], "country_name": ["United States", "Germany"],
            "city": [None, "Berlin"], "latitude": [39.0, 52.5], "longitude": [-98.0, 13.4],
            "flows": [400, 100], "bytes": [1, 2], "addresses": [3, 4],
        }
    )  # fmt: skip
    land, places = figure(PANELS["overview/source-locations"], answer(frame)).data
    assert len(land.geojson["features"]) > 170
    assert places.marker.sizemode == "area"
    assert list(places.marker.size) == [400, 100]
    assert "Berlin, Germany" in places.hovertext[1]
    assert CONFIG["topojsonURL"].startswith("data:")


def test_dimensions_are_labelled_as_people_read_them() -> None:
    assert label("protocol", 6) == "TCP"
    assert label("dstport", 22) == "22 (ssh)"
    assert label("srcaddr", "10.0.0.1") == "10.0.0.1"


def test_every_panels_chart_can_be_drawn() -> None:
    assert {panel.chart for panel in PANELS.values()} <= set(DRAW)
