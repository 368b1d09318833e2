"""Tables: humane texts over raw numbers, names beside ids, row by row the answer's rows."""

from __future__ import annotations

import re

import pandas as pd

from tests.charts.frames import answer, usual
from vpcflow_core.charts import figure, styled, table_frame, title
from vpcflow_core.panels.catalogue import PANELS, Panel, PanelAnswer

LONGEST = PANELS["traffic/longest-flows"]
VIOLATIONS = PANELS["outliers/violations"]
EPISODES = PANELS["outliers/episodes"]
PAIRS = PANELS["rejects/interface-destinations"]


def texts(panel: Panel, given: PanelAnswer, zone: str = "UTC") -> list[str]:
    """What the cells of a table show."""
    return re.findall(r"<td[^>]*>(.*?)</td>", styled(panel, given, zone).to_html())


def test_numbers_stay_numbers_behind_humane_texts() -> None:
    frame = pd.DataFrame({"srcaddr": ["10.0.0.1"], "srcport": [443], "protocol": [6]})
    given = answer(frame.assign(bytes=3 * 1024**2, duration=3_480, flows=1_234))
    shown = table_frame(LONGEST, given)
    assert list(shown) == [
        "Source address", "Source port", "Protocol", "Bytes", "Duration", "Flows",
    ]  # fmt: skip
    assert shown.iloc[0].tolist() == ["10.0.0.1", 443, 6, 3 * 1024**2, 3_480, 1_234]
    assert texts(LONGEST, given) == ["10.0.0.1", "443 (https)", "TCP", "3 MB", "58 m", "1,234"]


def test_times_are_the_wall_clock_of_the_zone() -> None:
    frame = pd.DataFrame({"first": [pd.Timestamp("2026-11-01T22:00", tz="UTC"), pd.NaT]})
    assert texts(LONGEST, answer(frame), "Asia/Kolkata") == ["Mon 02 Nov 03:30:00", ""]
    assert table_frame(LONGEST, answer(frame))["First seen"].dt.tz is None


def test_names_stand_before_their_ids() -> None:
    shown = table_frame(PAIRS, usual(PAIRS))
    assert list(shown)[:2] == ["Network interface", "Network interface ID"]
    assert shown["Network interface"].tolist()[:2] == ["prod-web", "prod-web"]
    assert pd.isna(shown["Network interface"].iloc[2])


def test_rows_are_found_by_their_place() -> None:
    given = usual(PAIRS)
    given.frame.index = [7, 8, 9]
    shown = table_frame(PAIRS, given)
    assert list(shown.index) == [0, 1, 2]
    assert shown["Destination address"].tolist() == given.frame["dstaddr"].tolist()


def test_violations_are_told_each_in_its_own_unit() -> None:
    assert texts(VIOLATIONS, usual(VIOLATIONS)) == [
        "Sun 01 Nov 22:00:00", "Bytes", "3 MB", "0 B to 1 KB", "12.3",
        "Sun 01 Nov 23:00:00", "Packets", "1.5 K", "10 to 900", "3.1",
    ]  # fmt: skip
    assert table_frame(VIOLATIONS, usual(VIOLATIONS))["Value"].tolist() == [3 * 1024**2, 1_500]


def test_an_episode_says_when_what_and_who_first() -> None:
    shown = texts(EPISODES, usual(EPISODES))
    assert shown[:7] == [
        "Sun 01 Nov 22:00:00", "Bytes, Packets", "3 MB", "source address 10.0.0.1 (+3 MB)",
        "0 B to 1 KB", "12.3", "1 h",
    ]  # fmt: skip


def test_further_columns_can_be_added() -> None:
    shown = styled(VIOLATIONS, usual(VIOLATIONS), more={"Open": ["/a", "/b"]}).data
    assert shown["Open"].tolist() == ["/a", "/b"]


def test_a_notebook_sees_the_same_texts() -> None:
    chart = figure(VIOLATIONS, usual(VIOLATIONS))
    cells = chart.data[0].cells.values
    assert [column[0] for column in cells] == texts(VIOLATIONS, usual(VIOLATIONS))[:5]
    assert chart.data[0].header.values[0] == "<b>Time</b>"


def test_rules_name_protocols_by_words_already() -> None:
    frame = pd.DataFrame(
        {"protocol": ["tcp", "all"], "seen_share": pd.array([None, 1.5], "Float64")}
    )
    assert texts(PANELS["security-groups/rules-in-use"], answer(frame)) == ["tcp", "", "all", "1.5"]


def test_columns_are_called_in_words() -> None:
    assert title("security_group_id") == "Security group"
    assert title("packets") == "Packets"
    assert title("az_id") == "Availability Zone"
