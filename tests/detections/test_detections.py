"""Each detection on a designed network with what it looks for, and on one without."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Select

from benchmarks.networks import END, HOUR, TROUBLES, Found, write
from tests.engines.test_trino_dialect import Recording, assert_trino
from tests.logs import fill
from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.catalogue import DETECTIONS, find, look, settled
from vpcflow_core.detections.incidents import Incident
from vpcflow_core.detections.watch_list import WatchList
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.domain_answers import Answer
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

MADE = [TROUBLES[name](np.random.default_rng(0)).found for name in TROUBLES]
EXPECTED: list[Found] = [one for found in MADE for one in found]
UNTIL = datetime.fromtimestamp(END, UTC) - timedelta(hours=1)  # the last hour can still change


def keys(incidents: tuple[Incident, ...]) -> set[tuple[str, tuple[str, ...]]]:
    return {(one.detection, tuple(one.who.values())) for one in incidents}


@pytest.mark.slow
@pytest.mark.parametrize("slug", DETECTIONS)
def test_a_detection_finds_what_was_planted_and_nothing_else(
    troubled_logs: FlowLogs, watched_addresses: WatchList, slug: str
) -> None:
    wanted = {(name, key) for name, key in EXPECTED if name == slug}
    assert wanted, f"benchmarks/networks.py plants nothing for {slug}"
    found = find(troubled_logs, troubled_logs.window, only=(slug,), watch_list=watched_addresses)
    assert keys(found.incidents) == wanted
    assert found.window is not None
    assert found.window.end == UNTIL


@pytest.mark.slow
def test_everyday_traffic_and_near_misses_are_no_incidents(
    calm_logs: FlowLogs, watched_addresses: WatchList
) -> None:
    found = find(calm_logs, calm_logs.window, watch_list=watched_addresses)
    assert keys(found.incidents) == set()


def one(logs: FlowLogs, slug: str) -> Incident:
    (incident,) = find(logs, logs.window, only=(slug,)).incidents
    return incident


@pytest.mark.slow
def test_an_incident_says_who_what_and_since_when(troubled_logs: FlowLogs) -> None:
    found = one(troubled_logs, "exfiltration")
    begin = END - 8 * HOUR
    assert found.since == datetime.fromtimestamp(begin, UTC)
    assert found.until == datetime.fromtimestamp(begin + 1800 + 40, UTC)
    assert found.evidence == {"bytes": 400_000_000, "flows": 4}
    assert found.what == "10.0.1.10 sent 381 MB to 192.0.2.99"
    assert found.filters == (("srcaddr", "10.0.1.10"), ("dstaddr", "192.0.2.99"))
    assert (found.severity, found.attack, found.going) == ("high", "T1048", False)


@pytest.mark.slow
def test_guesses_after_which_the_source_was_let_in_are_critical(troubled_logs: FlowLogs) -> None:
    found = find(troubled_logs, troubled_logs.window, only=("brute-force",)).incidents
    let_in, short = found  # the worst first
    assert (let_in.severity, let_in.evidence) == ("critical", {"attempts": 40, "let_in": 3})
    assert (short.severity, short.evidence) == ("high", {"attempts": 30, "let_in": 0})


@pytest.mark.slow
def test_hosts_of_a_block_count_together(troubled_logs: FlowLogs) -> None:
    found = find(troubled_logs, troubled_logs.window, only=("port-scan",)).incidents
    block = next(each for each in found if each.who["srcblock"] == "198.51.101.0/24")
    assert block.evidence == {"ports": 30, "destinations": 1, "sources": 6, "flows": 30}


@pytest.mark.slow
def test_hours_that_follow_one_another_are_one_incident(troubled_logs: FlowLogs) -> None:
    found = one(troubled_logs, "long-lived")
    assert found.hours == 3  # of ten hours, the eighth to the tenth
    assert found.evidence["lasting"] == 10


@pytest.mark.slow
def test_an_incident_goes_on_until_it_was_quiet_for_long_enough(troubled_logs: FlowLogs) -> None:
    last = datetime.fromtimestamp(END - 8 * HOUR, UTC)  # start of the hour of what was sent
    for hours, going in ((1, True), (2, True), (3, False)):
        window = Window(last - timedelta(hours=12), last + timedelta(hours=hours))
        (found,) = find(troubled_logs, window, only=("exfiltration",)).incidents
        assert found.going == going, hours


@pytest.mark.slow
@pytest.mark.parametrize("slug", DETECTIONS)
def test_parts_of_a_range_give_the_signs_of_the_whole(
    troubled_logs: FlowLogs, watched_addresses: WatchList, slug: str
) -> None:
    whole = settled(troubled_logs, troubled_logs.window)
    assert whole is not None
    edges = [whole.start + timedelta(hours=h) for h in (0, 1, 9, 12, 17, 18, 20, 23, 24)]
    parts = [signs(troubled_logs, slug, Window(*cut), watched_addresses) for cut in pairwise(edges)]
    together = pd.concat([part for part in parts if len(part)], ignore_index=True)
    expected = signs(troubled_logs, slug, whole, watched_addresses)
    assert len(expected)
    pd.testing.assert_frame_equal(together, expected, check_dtype=False)


def signs(logs: FlowLogs, slug: str, window: Window, watched: WatchList) -> pd.DataFrame:
    each = DETECTIONS[slug]
    return each.signs(look(logs, each, window, watch_list=watched))


@pytest.mark.slow
def test_what_is_said_of_an_hour_does_not_depend_on_later_records(
    troubled_logs: FlowLogs, watched_addresses: WatchList, tmp_path: Path
) -> None:
    cut = UNTIL - timedelta(hours=5)
    write(tmp_path / "logs", 1, tuple(TROUBLES), until=int(cut.timestamp()))
    fill(tmp_path / "store", tmp_path / "logs")
    window = Window(UNTIL - timedelta(hours=23), cut)
    with FlowLogs.open(tmp_path / "store") as earlier:
        for slug in DETECTIONS:
            now = signs(troubled_logs, slug, window, watched_addresses)
            then = signs(earlier, slug, window, watched_addresses)
            pd.testing.assert_frame_equal(then, now, check_dtype=False)


@pytest.mark.slow
def test_every_question_of_a_detection_compiles_for_trino(
    troubled_logs: FlowLogs, watched_addresses: WatchList
) -> None:
    questions: list[Select[Any]] = []
    logs = replace(troubled_logs, engine=Recording(troubled_logs.engine, questions))
    assert len(find(logs, logs.window, watch_list=watched_addresses).incidents) == len(EXPECTED)
    assert len(questions) > len(DETECTIONS)
    for question in questions:
        assert_trino(question)


def test_every_detection_says_what_it_asks_why_and_what_to_do() -> None:
    for slug, each in DETECTIONS.items():
        assert each.question.endswith("?"), slug
        assert each.next_step.endswith("."), slug
        assert all(one.reason.endswith(".") for one in each.thresholds.values()), slug


def test_a_threshold_that_a_detection_lacks_is_refused(calm_logs: FlowLogs) -> None:
    with pytest.raises(
        ParameterError, match=r"(?s)port-scan has no threshold 'port'.*It has: ports"
    ):
        look(calm_logs, DETECTIONS["port-scan"], calm_logs.window, thresholds={"port": 3})


def test_a_detection_that_is_unknown_is_refused_with_the_closest(calm_logs: FlowLogs) -> None:
    with pytest.raises(ParameterError, match=r"(?s)no detection 'port-scn'.*port-scan"):
        calm_logs.findings("port-scn")


@pytest.mark.slow
def test_the_incidents_of_the_sample_are_found(sample_store: Path) -> None:
    with FlowLogs.open(sample_store) as logs:
        found = logs.last("24h").findings()
    names = set(found["detection"])
    assert {"port-scan", "brute-force", "exfiltration", "skipdata"} <= names
    by_slug = found.set_index("detection")
    assert by_slug.loc["port-scan", "who"] == {"srcblock": "86.121.37.0/24"}
    assert by_slug.loc["brute-force", "severity"] == "critical"
    assert by_slug.loc["exfiltration", "names"] == {"srcaddr": "prod-app-3"}
    assert by_slug.loc["exfiltration", "who"]["dstaddr"] == "178.66.158.19"


@pytest.mark.slow
def test_a_far_end_is_named_as_its_host_asked_for_it(sample_store: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_store, tmp_path / "store")
    with FlowLogs.open(tmp_path / "store") as logs:
        (row,) = logs.last("24h").findings("exfiltration").to_dict("records")
        host, far = row["who"]["srcaddr"], row["who"]["dstaddr"]
        known = logs.known("interfaces")
        (own,) = known[[host in one for one in known["addresses"]]].to_dict("records")
        asked = (own["account_id"], own["vpc_id"], host, far, "drop.example")
        store = logs.catalogue
        assert isinstance(store, Store)
        store.remember_domains([Answer(*asked, row["since"] - timedelta(minutes=1))], [])
    with FlowLogs.open(tmp_path / "store") as logs:
        (row,) = logs.last("24h").findings("exfiltration").to_dict("records")
    assert row["names"]["dstaddr"] == "drop.example"
    assert f"to drop.example ({far})" in row["what"]
