"""What each measure says of itself, against what the engine finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.analyses import groups, rules
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.query.measures import MEASURES, measure
from vpcflow_core.query.question import Query
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
# Two hours of the same sources, destinations and ports, and an hour without traffic.
LOG = """version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 1 eni-1 10.0.0.1 10.0.0.9 50000 443 6 4 40 1793491200 1793491260 ACCEPT OK
2 1 eni-1 10.0.0.2 10.0.0.9 50000 443 6 6 60 1793491260 1793491320 REJECT OK
2 1 eni-1 10.0.0.1 10.0.0.9 50000 443 6 4 40 1793494800 1793494860 ACCEPT OK
2 1 eni-1 10.0.0.2 10.0.0.9 50000 443 6 7 60 1793494860 1793494920 REJECT OK
"""


@pytest.fixture(scope="module")
def measured_flows(tmp_path_factory: pytest.TempPathFactory) -> FlowLogs:
    folder = tmp_path_factory.mktemp("measures")
    (folder / "a.log").write_text(LOG)
    return FlowLogs.open(folder / "a.log", store=folder / "store")


@pytest.mark.parametrize("name", [name for name, of in MEASURES.items() if not of.is_time])
def test_a_measure_adds_up_where_it_says_so(measured_flows: FlowLogs, name: str) -> None:
    window = Window(START, START + 3 * HOUR)
    query = Query((name,), records=name == "records")
    whole = measured_flows.ask(query, window).frame[name][0]
    parts = measured_flows.ask(Query((name,), every=HOUR, records=query.records), window).frame[
        name
    ]
    assert (parts.sum() == whole) == measure(name).adds_up


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_of_nothing_is_what_it_says(measured_flows: FlowLogs, name: str) -> None:
    query = Query((name,), every=HOUR, records=name == "records")
    [nothing] = measured_flows.ask(query, Window(START - HOUR, START)).frame[name]
    assert (nothing == 0) == (measure(name).empty == 0)


def test_the_rest_is_shown_of_measures_that_add_up_alone() -> None:
    with_rest = (groups.split, groups.busiest, rules.served)
    shown = [panel for panel in PANELS.values() if panel.analysis in with_rest]
    assert shown
    for panel in shown:
        assert all(measure(name).adds_up for name in panel.query.measures), panel.slug
