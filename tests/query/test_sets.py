"""Filters by zone and watch list, and grouping by them, as the settings name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards.ui import panel, resources, sidebar
from dashboards.ui.filter_text import filter_problem, understood
from dashboards.ui.state import PageState
from tests.engines.duckdb.networks import V2, flow, stored
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts.labels import title
from vpcflow_core.charts.table import WATCHED, table_frame
from vpcflow_core.engines.open import naming_of
from vpcflow_core.errors import FilterError, MissingDataError
from vpcflow_core.flow_logs.finding import watch_list
from vpcflow_core.panels.entity import entity_of
from vpcflow_core.panels.entity_facts import facts
from vpcflow_core.query.question import Query
from vpcflow_core.settings import CONFIG_VARIABLE, load_settings

# Bytes are powers of two: a sum says which flows it is made of.
FLOWS = [
    flow("eni-1", "10.0.0.4", "10.3.0.6", 1),
    flow("eni-1", "10.0.0.4", "198.51.100.7", 2),
    flow("eni-1", "198.51.100.9", "10.3.0.6", 4),
    flow("eni-1", "9.9.9.9", "10.0.0.4", 8),
    flow("eni-1", "9.9.9.9", "10.3.0.6", 16),
]
ANSWERS = {
    "srcaddr=zone:office": 1 + 2,
    "src_zone=office": 1 + 2,
    "srcaddr=!zone:office": 4 + 8 + 16,
    "srcaddr=!zone:*": 4 + 8 + 16,
    "address=zone:office": 1 + 2 + 8,
    "zone=office": 1 + 2 + 8,
    "srcaddr=watch:threats": 4,
    "address=WATCH:thr*": 2 + 4,
    "watchlist=threats": 2 + 4,
    "dstaddr=watch:threats, zone:office": 2 + 8,
    "dstaddr=watch:threats, 10.3.0.6": 1 + 2 + 4 + 16,
}


@pytest.fixture
def zoned_flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowLogs]:
    """Five flows, with a zone and a watch list in the settings."""
    (tmp_path / "threats.txt").write_text("198.51.100.0/24\nnonsense1\n")
    config = tmp_path / "vpcflow.toml"
    config.write_text(
        f'[zones]\noffice = "10.0.0.0/16"\n[watch_lists]\nthreats = "{tmp_path}/threats.txt"\n'
    )
    monkeypatch.setenv(CONFIG_VARIABLE, str(config))
    with stored(tmp_path / "s", (V2, FLOWS)) as flows:
        yield FlowLogs(flows.store)


def test_a_filter_by_zone_or_watch_list_lets_its_flows_through(zoned_flows: FlowLogs) -> None:
    def total(text: str) -> int:
        field, _, value = text.partition("=")
        return int(zoned_flows.where(**{field: value}).ask(Query(("bytes",))).frame["bytes"].sum())

    assert {text: total(text) for text in ANSWERS} == ANSWERS


def test_zones_are_grouped_by_and_bad_lines_are_named_beside(zoned_flows: FlowLogs) -> None:
    grouped = zoned_flows.top("src_zone,dst_watchlist", by="bytes")
    assert grouped[["src_zone", "dst_watchlist", "bytes"]].values.tolist() == [
        ["office", "threats", 2]
    ]
    (note,) = [note for note in grouped.attrs["notes"] if "nonsense1" in note]
    assert "threats.txt, line 2: 'nonsense1' is no block" in note
    assert watch_list().meets("198.51.100.7")
    assert not watch_list().meets("10.0.0.4")


def test_a_zone_that_is_not_there_is_refused_with_the_closest_one(zoned_flows: FlowLogs) -> None:
    with pytest.raises(FilterError) as refused:
        zoned_flows.where(srcaddr="zone:ofice").top("srcaddr")
    assert "no zone 'ofice'" in refused.value.what
    assert "office" in refused.value.next_step


def test_without_zones_a_question_about_them_says_where_to_set_them(tmp_path: Path) -> None:
    with stored(tmp_path / "s", (V2, FLOWS)) as flows:
        with pytest.raises(MissingDataError) as refused:
            flows.top("src_zone")
        assert "Set zones" in refused.value.next_step


def test_tables_mark_addresses_of_watch_lists(zoned_flows: FlowLogs) -> None:
    shown = zoned_flows.panel("explore/pairs")
    frame = table_frame(shown.panel, shown.answer)
    marked = dict(
        zip(
            zip(*(frame[title(name)] for name in ("srcaddr", "dstaddr")), strict=True),
            frame[WATCHED],
            strict=True,
        )
    )
    assert {pair for pair, lists in marked.items() if lists == "threats"} == {
        ("10.0.0.4", "198.51.100.7"),
        ("198.51.100.9", "10.3.0.6"),
    }
    assert list(frame.columns).index(WATCHED) == list(frame.columns).index(title("dstaddr")) + 1
    hits = zoned_flows.panel("explore/watched").answer.frame
    assert int(hits["bytes"].sum()) == 2 + 4


def test_an_entity_says_its_zones_and_lists_with_their_labels(
    zoned_flows: FlowLogs, tmp_path: Path
) -> None:
    (tmp_path / "threats.txt").write_text("198.51.100.0/24,botnet\n")
    assert facts(entity_of("198.51.100.7"), zoned_flows, zoned_flows.window)["Watch list"] == (
        "threats (198.51.100.0/24: botnet)"
    )
    assert (
        facts(entity_of("10.0.4.0/24"), zoned_flows, zoned_flows.window)["Zone"]
        == "office (10.0.0.0/16)"
    )
    assert {"Zone", "Watch list"}.isdisjoint(
        facts(entity_of("9.9.9.9"), zoned_flows, zoned_flows.window)
    )


def test_answers_follow_a_list_that_changes(zoned_flows: FlowLogs, tmp_path: Path) -> None:
    def total() -> int:
        return int(zoned_flows.where(srcaddr="watch:threats").top("srcaddr")["bytes"].sum())

    before = total()
    (tmp_path / "threats.txt").write_text("9.9.9.9,another one\n")
    assert (before, total()) == (4, 8 + 16)


def test_boxes_know_the_names_of_zones_and_refuse_others(
    zoned_flows: FlowLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar, "flows", lambda: zoned_flows)
    assert filter_problem("srcaddr", "zone:office, watch:thr*") == ""
    refused = filter_problem("srcaddr", "zone:ofice")
    assert refused.startswith("Source address: there is no zone 'ofice'. Did you mean")
    assert understood("srcaddr", "!Office, threats", [], sidebar._sets()) == (
        "!zone:office, watch:threats"
    )
    assert "Zones: `zone:office`. Watch lists: `watch:threats`." in str(sidebar._help("address"))
    assert "zone:office." not in str(sidebar._help("dstport"))


def test_a_page_says_once_what_its_panels_would_all_say_of_a_list(
    zoned_flows: FlowLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = zoned_flows.panel("explore/watched").answer
    problems = naming_of(load_settings()).problems
    assert set(problems) <= set(shown.notes)
    monkeypatch.setattr(resources, "list_problems", lambda: problems)
    of_panel = panel._localised(replace(shown, notes=(*shown.notes, "its own")), PageState())
    assert "its own" in of_panel.notes
    assert not set(problems) & set(of_panel.notes)
