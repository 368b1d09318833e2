"""Bars, parts of bars, rings: what is drawn is what the rows say, and a click says what it was."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import plotly.graph_objects as go
import pytest

from tests.charts.frames import START, answer, usual
from vpcflow_core.charts import COLOURS, SERIES, figure, label
from vpcflow_core.charts.colours import colours
from vpcflow_core.charts.labels import short_labels
from vpcflow_core.charts.style import GREY, PALETTE
from vpcflow_core.charts.value_links import with_links
from vpcflow_core.panels.base import Chart
from vpcflow_core.panels.built import Built
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.grouping import grouped

PORTS, PORT = PANELS["traffic/ports-by-action"], ["dstport"]


def ports() -> pd.DataFrame:
    rows = [(443, "REJECT", 3), (443, "ACCEPT", 747), (22, "REJECT", 90), (22, None, 4)]
    return pd.DataFrame(rows, columns=["dstport", "action", "flows"]).astype({"action": "string"})


def test_parts_are_drawn_in_the_colours_and_words_of_decisions() -> None:
    chart = figure(PORTS, answer(ports()))
    accepted, rejected, rest, totals = chart.data
    assert [accepted.name, rejected.name, rest.name] == ["ACCEPT", "REJECT", "no decision"]
    assert accepted.marker.color == COLOURS["ACCEPT"]
    assert rejected.marker.color == COLOURS["REJECT"]
    assert rest.marker.color == GREY
    assert list(totals.x) == [750, 94]
    assert [text.strip() for text in totals.text] == ["750", "94"]


def test_beside_the_longest_bar_is_room_for_its_number() -> None:
    for panel, rows in ((PORTS, ports()), (PANELS["overview/destination-ports"], ports())):
        chart = figure(panel, answer(rows))
        assert chart.layout.xaxis.range == (0, rows["flows"].max() + (panel is PORTS) * 3)
        assert chart.layout.margin.r >= 8 * len("750")


def test_a_click_on_a_part_says_its_bar_and_its_part() -> None:
    accepted, rejected, rest, _ = figure(PORTS, answer(ports())).data
    assert [list(pair) for pair in rejected.customdata] == [[443, "REJECT"], [22, "REJECT"]]
    assert [list(pair) for pair in rest.customdata] == [[22, None]]
    assert list(accepted.y) == ["443 (https)"]


def test_a_cell_of_a_matrix_says_both_of_its_values_and_its_colour_in_units() -> None:
    panel = Built("bytes", ("srcaddr", "dstport"), "matrix").panel
    rows = [("10.0.0.1", 443, 3 * 1024**3), ("10.0.0.2", 443, 1024**3), ("10.0.0.1", 22, 1024**3)]
    frame = pd.DataFrame(rows, columns=["srcaddr", "dstport", "bytes"])
    chart = figure(panel, answer(frame))
    (cells,) = chart.data
    assert [list(pair) for pair in cells.customdata] == [list(row[:2]) for row in rows]
    assert list(cells.x) == [0, 0, 1]
    assert [base + cells.width / 2 for base in cells.base] == [0, 1, 0]
    assert chart.layout.coloraxis.colorbar.ticktext[-1] == "3 GB"


def test_two_long_names_of_a_cell_stand_below_each_other() -> None:
    panel = Built("bytes", ("src_name", "dst_name"), "matrix").panel
    far = "prod-logs.s3.eu-central-1.amazonaws.com"
    frame = pd.DataFrame(
        [("prod-app-1", far, 3), ("prod-app-1", "db", 1)], columns=["src_name", "dst_name", "bytes"]
    )
    (cells,) = figure(panel, answer(frame)).data
    long, short = cells.hovertext
    assert f"prod-app-1<br>to {far}" in long
    assert "prod-app-1 to db" in short


def test_names_beside_bars_lead_to_their_values_and_the_rest_leads_nowhere() -> None:
    hrefs = {}
    for panel in (PORTS, PANELS["overview/destination-ports"]):
        chart = with_links(figure(panel, answer(ports())), panel, PORT, "http://a/entity?entity=")
        ticks = zip(chart.layout.yaxis.tickvals, chart.layout.yaxis.ticktext, strict=True)
        hrefs = {name: re.findall('href="([^"]*)"', text) for name, text in ticks}
        assert hrefs["22 (ssh)"] == ["http://a/entity?entity=22"]
    blocks = pd.DataFrame({"srcblock": ["10.0.0.0/24", None], "bytes": [2, 1]})
    panel = grouped(PANELS["overview/top-sources"], "24")
    drawn = figure(panel, answer(blocks.astype({"srcblock": "string"})))
    chart = with_links(drawn, panel, ["srcblock"], "/?entity=")
    first, rest = chart.layout.yaxis.ticktext
    assert "entity=10.0.0.0/24" in first
    assert "href" not in rest


@pytest.mark.parametrize("kind", ["matrix", "sankey", "donut", "stacked", "area", "curves", "heat"])
def test_each_name_in_a_chart_leads_to_its_own_value_and_the_rest_nowhere(kind: Chart) -> None:
    two = kind in ("matrix", "sankey")
    by = ("interface_id", "dstport") if two else ("interface_id",)
    panel = Built("bytes", by, kind).panel
    ids = ["eni-0b5a9fb1e7797da2b", "eni-2", None]
    rows: dict[str, object] = {"interface_id": ids, "bytes": [3, 2, 1]}
    rows |= {"dstport": [443, 22, 443]} if two else {"bucket": [START] * 3}
    frame = pd.DataFrame(rows).astype({"interface_id": "string"})
    frame = frame.head(2) if two else frame
    frame = frame.drop(columns="bucket") if kind == "donut" else frame
    given = answer(frame, names={"interface_id": {ids[0]: "prod-web"}}, every=timedelta(minutes=1))
    chart = with_links(figure(panel, given), panel, ("interface_id", "dstport"), "/e?x=")
    links = re.findall(r'<a href="/e\?x=([^"]*)"[^>]*>(.*?) *<', " ".join(texts(chart)))
    ends = [("443", "443 (https)"), ("22", "22 (ssh)")] if two else []
    assert sorted(set(links)) == sorted([(ids[0], "prod-web"), ("eni-2", "eni-2"), *ends])
    # A node that can be dragged keeps the clicks on its name.
    assert kind != "sankey" or chart.data[0].arrangement == "fixed"


def texts(chart: go.Figure) -> list[str]:
    """All that is written in a chart."""
    axes = [*(chart.layout.xaxis.ticktext or ()), *(chart.layout.yaxis.ticktext or ())]
    series = [[s.name or "", *(s.node.label if s.type == "sankey" else ())] for s in chart.data]
    points = [t for s in chart.data if s.type == "scatterpolar" for t in s.text]
    return [*axes, *itertools.chain(*series), *points]


def test_bars_keep_the_order_of_the_rows_even_where_the_first_part_is_missing() -> None:
    frame = ports().iloc[[2, 1]]
    chart = figure(PORTS, answer(frame))
    assert list(chart.layout.yaxis.categoryarray) == ["22 (ssh)", "443 (https)"]
    assert chart.layout.yaxis.autorange == "reversed"


def test_two_ids_with_one_name_stay_two_bars() -> None:
    panel = PANELS["overview/interfaces"]
    ids = ["eni-0b5a9fb1e7797da2b", "eni-0b5affffffffffff0", "eni-1"]
    bar = figure(panel, usual(panel)).data[0]
    assert list(bar.customdata) == ids
    assert len(set(bar.y)) == 3
    assert bar.y[0] == f"prod-web ({ids[0]})"
    assert bar.y[2] == "eni-1"


def test_a_name_comes_first_and_the_id_is_whole_in_the_hover() -> None:
    panel = PANELS["overview/interfaces"]
    bar = figure(panel, replace(usual(panel), frame=usual(panel).frame.head(1))).data[0]
    assert list(bar.y) == ["prod-web"]
    assert "prod-web (eni-0b5a9fb1e7797da2b)" in bar.hovertext[0]


def test_a_name_cannot_bring_tags_into_a_chart() -> None:
    panel = PANELS["overview/interfaces"]
    frame = usual(panel).frame.head(1)
    names = {"interface_id": {frame["interface_id"].iloc[0]: '<a href="x">x</a>'}}
    bar = figure(panel, answer(frame, names=names)).data[0]
    assert "<a" not in bar.y[0] + bar.hovertext[0]


def test_long_names_lose_their_middle_and_stay_different_but_addresses_are_whole() -> None:
    panel = PANELS["overview/top-sources"]
    addresses = [f"2001:db8:85a3:{n}:2222:8a2e:370:7334" for n in (1111, 2222)]
    given = answer(pd.DataFrame({"srcaddr": addresses}))
    assert short_labels(panel, given, "srcaddr", addresses) == addresses
    assert short_labels(panel, given, "srcaddr", addresses[:1]) == addresses[:1]
    names = dict.fromkeys(addresses, "a-host-with-a-rather-long-name")
    called = replace(given, names={"srcaddr": names})
    (one,) = short_labels(panel, called, "srcaddr", addresses[:1])
    assert one == "a-host-with…r-long-name"
    assert len(set(short_labels(panel, called, "srcaddr", addresses))) == 2
    called = replace(
        given, names={"srcaddr": {addresses[0]: f"Interface for {'eni-' + '0b5a' * 4}"}}
    )
    assert short_labels(panel, called, "srcaddr", addresses[:1]) == ["Interface for"]


@pytest.mark.parametrize("slug", ["security-groups/directions", "traffic/protocols-by-action"])
def test_nothing_of_the_rows_is_lost(slug: str) -> None:
    panel = PANELS[slug]
    given = usual(panel)
    chart = figure(panel, given)
    drawn = [trace for trace in chart.data if trace.type in ("bar", "barpolar")]
    values = [sum(trace.x if trace.type == "bar" else trace.meta) for trace in drawn]
    assert sum(values) == given.frame[panel.value].sum()


def test_labels_of_small_parts_of_a_ring_do_not_stand_on_each_other() -> None:
    panel = Built("bytes", ("srcaddr",), "donut").panel
    addresses = [f"10.0.0.{n}" for n in range(8)]
    frame = pd.DataFrame({"srcaddr": addresses, "bytes": [50, 30, 16, 1, 1, 1, 0.5, 0.5]})
    ring, labels = figure(panel, answer(frame)).data
    shown = [a for a, text in zip(labels.theta, labels.text, strict=True) if text]
    assert len(shown) == 4
    assert all(abs(a - b) >= 24 for a, b in itertools.combinations(shown, 2))
    assert list(ring.customdata) == addresses


def test_labels_of_a_pie_have_room_around_it_and_move_it_nowhere() -> None:
    frame = pd.DataFrame({"reason": ["security group or network ACL", "x"], "flows": [9, 1]})
    pie = figure(PANELS["rejects/reasons"], answer(frame)).data[0]
    assert pie.automargin is False  # with the margins of its labels plotly would not come to an end
    assert pie.domain.x[0] >= 0.25
    assert pie.domain.x[1] <= 0.75


def test_directions_have_colours_of_their_own() -> None:
    panel = PANELS["security-groups/directions"]
    ring = figure(panel, usual(panel)).data[0]
    assert list(ring.marker.color) == [COLOURS[value] for value in ring.customdata]


def test_a_rings_words_may_stand_in_another_column_than_the_field() -> None:
    panel = PANELS["rejects/reasons"]
    frame = pd.DataFrame({"reason": ["security group or network ACL", "x"], "flows": [9, 1]})
    pie = figure(panel, answer(frame)).data[0]
    assert list(pie.labels) == ["security group<br>or network ACL", "x"]


def test_a_missing_value_is_called_the_rest() -> None:
    assert label("dstport", None) == "other"
    assert label("dstport", pd.NA, "no decision") == "no decision"
    assert label("protocol", "tcp") == "tcp"


def test_a_value_keeps_its_colour_whatever_else_is_drawn() -> None:
    values = [f"10.0.{n % 7}.{n}" for n in range(60)]
    alone = {value: colours("srcaddr", [value])[0] for value in values}
    for start in range(0, 60, 5):
        drawn = values[start : start + len(SERIES)]
        found = colours("srcaddr", drawn)
        assert len(set(found)) == len(found)
        assert found[0] == alone[drawn[0]]
    assert colours("protocol", [6]) == colours("protocol", [17, 6])[1:]
    assert colours("interface_id", [None, "eni-1"])[0] == GREY
    assert COLOURS["REJECT"] not in alone.values()


def test_colours_of_a_palette_are_told_apart() -> None:
    rgb = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE]
    apart = [math.dist(a, b) for a, b in itertools.combinations(rgb, 2)]
    assert min(apart) > 35


@pytest.mark.parametrize("by", ["action", "srcaddr"])  # clicks on a part narrow the page, or none
def test_a_part_of_a_ring_that_is_more_than_nothing_never_looks_like_nothing(by: str) -> None:
    panel = Built("flows", (by,), "donut").panel
    panel = replace(panel, drill=()) if by == "srcaddr" else panel
    chart = figure(panel, answer(pd.DataFrame({by: ["ACCEPT", "REJECT"], "flows": [9999, 1]})))
    shown = [text for series in chart.data for text in (series.text or ())]
    assert any("&lt; 0.1 %" in text for text in shown)
    assert any("100 %" in text for text in shown)
