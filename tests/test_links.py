"""Links that Python writes open the page that shows the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from dashboards.catalogue import PAGES
from dashboards.ui.link_reading import parse_state
from dashboards.ui.state import NAMES
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.links import View, page_link, page_of, pages
from vpcflow_core.panels.built import Built
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.explore import READY
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

END = datetime(2026, 11, 1, 0, 1, tzinfo=UTC)
LINE = "10.0.0.1 443 6 100 1793491200 1793491260 REJECT OK\n"


@pytest.fixture
def linked_flows(tmp_path: Path) -> FlowLogs:
    (tmp_path / "a.log").write_text(
        "srcaddr dstport protocol bytes start end action log-status\n" + LINE
    )
    return FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store")


def test_every_panel_is_on_a_page_of_the_app_that_a_link_names() -> None:
    paths = {page.path for page in PAGES}
    assert set(pages()) <= paths
    assert all(set(page_of(slug)[1]) <= set(NAMES) for slug in (*PANELS, *READY))


def test_a_link_says_range_filters_and_counting(linked_flows: FlowLogs) -> None:
    narrowed = linked_flows.where(dstport="22, 443", action="REJECT").last("7d").once()
    link = narrowed.link("rejects/reasons", zone="Asia/Kolkata")
    assert link.startswith("http://localhost:8501/rejects?")
    state, notes = parse_state(dict(parse_qsl(link.partition("?")[2])))
    assert notes == []
    assert (str(state.range), state.zone, state.once) == ("7d", "Asia/Kolkata", True)
    assert state.where.texts() == {"dstport": "22, 443", "action": "REJECT"}


def test_a_link_without_a_range_and_a_fixed_one_name_the_times(linked_flows: FlowLogs) -> None:
    for link in (linked_flows.link(), linked_flows.last("1m").link(fixed=True)):
        state, _ = parse_state(dict(parse_qsl(link.partition("?")[2])))
        assert state.range.fixed == Window(datetime(2026, 11, 1, tzinfo=UTC), END)


def test_a_question_that_was_put_together_is_in_its_link() -> None:
    link = page_link(
        "https://flows.example/", "explore/built?measure=flows&by=srcaddr,dstport&top=5", View()
    )
    assert link == (
        "https://flows.example/explore?tab=build&measure=flows&chart=table&group=srcaddr&group2=dstport"
        "&group3=none&top=5&v=1"
    )


@pytest.mark.parametrize("pairs", [
    [("tcp_flags", "2")],
    [("srcaddr", "10.0.0.0/8"), ("srcaddr", "10.0.0.1")],
])  # fmt: skip
def test_a_filter_that_no_page_can_show_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(ParameterError, match=r"[Nn]o link"):
        page_link("http://localhost", "overview", View(filters=Filters.parse(pairs)))


def test_exclusions_of_one_field_join_its_condition() -> None:
    both = Filters.parse([("srcaddr", "10.0.0.0/8"), ("srcaddr", "!10.1.0.0/16")])
    assert View(filters=both).params() == {"srcaddr": "10.0.0.0/8, !10.1.0.0/16"}


def test_a_link_to_a_grouped_panel_has_its_grouping() -> None:
    assert page_of("rejects/sources@24") == ("rejects", {"grouping": "24"})
    assert page_of("explore/scans@16") == ("explore", {"ask": "scans", "grouping": "16"})
    page, own = page_of(Built("bytes", ("srcaddr",), "bars", 5).slug + "@24")
    assert (page, own["group"], own["top"], own["grouping"]) == ("explore", "srcaddr", "5", "24")
