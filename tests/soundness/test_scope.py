"""A scope shows the records of its accounts, whatever is asked: the rest might as well not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from tests.logs import fill
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.question import Query
from vpcflow_core.scope import EVERYTHING, Part, Scope
from vpcflow_core.store.store import Store

OURS, THEIRS = "210987654321", "123456789012"
TEAM = Scope.of([Part(accounts=(OURS,))])


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole_logs(sample_store: Path) -> Iterator[FlowLogs]:
    with FlowLogs(Store.open(sample_store)) as logs:
        yield logs


@pytest.fixture(scope="module")
def team_logs(whole_logs: FlowLogs) -> FlowLogs:
    return whole_logs.within(TEAM)


def test_both_accounts_have_records_in_the_same_source(whole_logs: FlowLogs) -> None:
    counts = whole_logs.sql("SELECT account_id, count(*) AS n FROM records GROUP BY 1")
    assert set(counts["account_id"]) == {OURS, THEIRS}
    assert len(whole_logs.catalogue.sources()) == 1


@pytest.mark.parametrize("by", [("srcaddr", "dstport"), ("interface_id",), ("direction",)])
@pytest.mark.parametrize("status", [False, True])
def test_questions_answer_as_with_a_filter_by_account(
    whole_logs: FlowLogs, team_logs: FlowLogs, by: tuple[str, ...], status: bool
) -> None:
    measures = ("records",) if status else ("flows", "bytes")
    query = Query(measures, by=by, records=status, top=500)
    ours = team_logs.ask(query).frame
    expected = whole_logs.where(account_id=OURS).ask(query).frame
    pd.testing.assert_frame_equal(ours, expected)
    assert len(ours)


@pytest.mark.parametrize("once", [False, True])
def test_totals_are_those_of_the_scopes_own_records(
    whole_logs: FlowLogs, team_logs: FlowLogs, once: bool
) -> None:
    ours, all_ = (logs.once() if once else logs for logs in (team_logs, whole_logs))
    query = Query(("flows", "bytes", "packets"))
    pd.testing.assert_frame_equal(
        ours.ask(query).frame, all_.where(account_id=OURS).ask(query).frame
    )


def test_a_filter_cannot_reach_another_account(team_logs: FlowLogs) -> None:
    there = team_logs.where(account_id=THEIRS)
    assert there.ask(Query(("flows",))).frame["flows"].sum() == 0
    assert there.records(limit=5).frame.empty


def test_sql_by_hand_sees_no_other_account(whole_logs: FlowLogs, team_logs: FlowLogs) -> None:
    for relation in ("flows", "records"):
        text = f"SELECT account_id, count(*) AS n FROM {relation} GROUP BY 1"
        expected = whole_logs.sql(text).set_index("account_id")["n"][OURS]
        assert team_logs.sql(text).to_dict("list") == {"account_id": [OURS], "n": [expected]}
    text = "SELECT DISTINCT interface_id FROM connections"
    ours = set(team_logs.last("1h").sql(text)["interface_id"])
    assert ours
    assert ours < set(whole_logs.last("1h").sql(text)["interface_id"])


def test_connections_and_records_are_the_scopes_own(team_logs: FlowLogs) -> None:
    interfaces = set(team_logs.sql("SELECT DISTINCT interface_id FROM records")["interface_id"])
    found = team_logs.last("1h").connections(limit=200)
    assert len(found)
    assert set(found["interface_id"]) <= interfaces
    assert set(team_logs.last("1h").records(limit=200).frame["account_id"]) == {OURS}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_names_and_groups_of_other_accounts_are_unknown(
    whole_logs: FlowLogs, team_logs: FlowLogs, kind: Kind
) -> None:
    everything, ours = whole_logs.known(kind), team_logs.known(kind)
    assert set(ours["account_id"]) <= {OURS}
    assert len(ours) == (everything["account_id"] == OURS).sum()


def test_sources_snapshots_and_times_are_the_scopes_own(
    whole_logs: FlowLogs, team_logs: FlowLogs
) -> None:
    (state,) = team_logs.catalogue.sources()
    counted = team_logs.sql("SELECT count(*) AS n FROM records")["n"].item()
    assert state.records == counted
    assert {one.account_id for one in team_logs.catalogue.snapshots()} <= {OURS}
    times = whole_logs.sql(
        f"SELECT min(start_time) AS a, max(start_time) AS b FROM records WHERE account_id = '{OURS}'"
    )
    extent = team_logs.extent
    assert extent is not None
    assert extent.start == times["a"].item()
    assert timedelta(0) < extent.end - times["b"].item() <= timedelta(milliseconds=1)


def test_a_source_out_of_scope_does_not_exist(whole_logs: FlowLogs) -> None:
    source = whole_logs.catalogue.sources()[0].url
    away = whole_logs.within(Scope.of([Part(("s3://somewhere-else",))]))
    assert away.catalogue.sources() == []
    assert away.catalogue.reports(source) == []
    assert away.extent is None
    assert away.only(source).sql("SELECT count(*) AS n FROM records")["n"].item() == 0
    assert away.known("interfaces").empty


def test_a_source_in_scope_is_seen_whole(whole_logs: FlowLogs) -> None:
    here = whole_logs.within(Scope.of([Part((whole_logs.catalogue.sources()[0].url,))]))
    query = Query(("flows", "bytes"))
    pd.testing.assert_frame_equal(here.ask(query).frame, whole_logs.ask(query).frame)
    assert set(here.known("interfaces")["account_id"]) == {OURS, THEIRS}


def test_records_without_an_account_are_of_nobody(tmp_path: Path) -> None:
    lines = "srcaddr dstaddr bytes start end\n10.0.0.1 10.0.0.2 7 1763640000 1763640060\n"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text(lines)
    fill(tmp_path / "store", tmp_path / "logs")
    with FlowLogs(Store.open(tmp_path / "store")) as logs:
        assert logs.sql("SELECT count(*) AS n FROM flows")["n"].item() == 1
        assert logs.within(TEAM).sql("SELECT count(*) AS n FROM flows")["n"].item() == 0


def test_scopes_add_up_and_nothing_shows_nothing() -> None:
    both = Scope.of([Part(("s3://a",), ("1",)), Part(("s3://a",), ("2",)), Part(("s3://b",))])
    assert both.accounts_of("s3://a") == ("1", "2")
    assert both.accounts_of("s3://b") is None
    assert both.accounts_of("s3://c") == ()
    assert Scope.of([]).accounts_of("s3://a") == ()
    assert Scope.of([Part(("s3://a",)), Part()]) == EVERYTHING
    assert Scope.of([Part(accounts=("2", "1", "2"))]) == Scope.of([Part(accounts=("1", "2"))])


def test_an_engine_that_cannot_keep_accounts_apart_says_so() -> None:
    with FlowLogs.open("trino://me@localhost:1/hive/logs") as logs:
        assert logs.within(EVERYTHING).catalogue is logs.catalogue
        with pytest.raises(ParameterError, match="cannot be limited to sources or accounts"):
            logs.within(TEAM)
