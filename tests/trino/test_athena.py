"""Athena's client with real answers: its SQL runs on the Trino behind a look-alike of its API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from tests.trino.conftest import Pair
from tests.trino.look_alike import Answer, LookAlike, serving
from tests.trino.server import execute
from tests.trino.test_equal import assert_equal
from tests.trino.test_known_and_stopped import ENDLESS
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.trino.athena import AthenaClient
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer
from vpcflow_core.stopping import Stopper, UnwantedError, sleep, under

pytestmark = pytest.mark.slow
RUNNING = "state = 'RUNNING' AND user = 'athena'"
OVERVIEW = [slug for slug in PANELS if slug.startswith("overview/")]
SHOWN = ("rejects/reasons", "traffic/packets-per-flow", "traffic/bytes-outliers",
         "security-groups/top-groups", "security-groups/directions", "sources/coverage")  # fmt: skip


@pytest.fixture(scope="module")
def at_athena(server: int, pair: Pair) -> Iterator[tuple[FlowLogs, LookAlike]]:
    from trino.dbapi import connect

    def answer(sql: str) -> Answer:
        at = {"host": "127.0.0.1", "port": server, "user": "athena", "timezone": "UTC"}
        with connect(**at, catalog="hive", schema="sample") as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            rows = cursor.fetchall()
            return [(column[0], column[1]) for column in cursor.description or ()], rows

    like = LookAlike(answer, polls=0, stop=lambda sql: kill(server, sql))
    with pytest.MonkeyPatch.context() as patch, serving(like) as endpoint:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        url = f"athena://hive.sample?endpoint={endpoint}&region=eu-west-1&since=3650d&refresh=1d"
        with FlowLogs.open(url, store=pair.store) as logs:
            yield logs, like


def running(server: int, sql: str) -> list[str]:
    """The ids of the queries that run a statement."""
    found = execute(server, f"SELECT query_id, query FROM system.runtime.queries WHERE {RUNNING}")
    return [str(id) for id, text in found if text == sql]


def kill(server: int, sql: str) -> None:
    for id in running(server, sql):
        execute(server, f"CALL system.runtime.kill_query('{id}', 'stopped')")


def test_who_asked_stops_what_runs_there_and_what_waits_for_a_limit(
    at_athena: tuple[FlowLogs, LookAlike], server: int
) -> None:
    """The first may scan all that the day has left, so that the second one waits for its end."""
    logs, like = at_athena
    client, stoppers = logs.engine.catalogue.client, (Stopper(), Stopper())  # type: ignore[attr-defined]
    location = replace(client.location, day=like.cutoff)
    runs, waits = (f"SELECT {n} AS k, x.* FROM ({ENDLESS}) x" for n in (1, 2))

    def ask(stopper: Stopper, sql: str) -> None:
        with under(stopper):
            client.run(sql)

    with (
        closing(AthenaClient(location)) as client,
        ThreadPoolExecutor(2) as pool,
        ExitStack() as after,
    ):
        after.callback(stoppers[0].stop)
        first = pool.submit(ask, stoppers[0], runs)
        while not running(server, runs):
            sleep(0.2)
        second = pool.submit(ask, stoppers[1], waits)
        stoppers[1].stop()
        assert isinstance(second.exception(20), UnwantedError)
        assert running(server, runs)
        stoppers[0].stop()
        assert isinstance(first.exception(20), UnwantedError)
    assert not running(server, runs)
    assert waits not in {query["sql"] for query in like.queries.values()}


def test_panels_are_equal_through_athenas_api(
    at_athena: tuple[FlowLogs, LookAlike], pair: Pair
) -> None:
    logs, like = at_athena
    assert logs.extent
    before = len(like.queries)

    def answered(slug: str) -> PanelAnswer:
        return PANELS[slug].answer(PANELS[slug].request(pair.day), logs)

    with ThreadPoolExecutor(len(OVERVIEW)) as pool:
        page = list(pool.map(answered, OVERVIEW))
    # Numbers, accounts and states by themselves; what is known of interfaces; the rest at once.
    assert len(like.queries) - before <= 6
    for slug, there in [*zip(OVERVIEW, page, strict=True), *((s, answered(s)) for s in SHOWN)]:
        assert_equal(
            there.frame, PANELS[slug].answer(PANELS[slug].request(pair.day), pair.here).frame
        )
    assert any("charts of this page at once" in note for there in page for note in there.notes)


def test_records_with_lists_are_equal_through_athenas_api(
    at_athena: tuple[FlowLogs, LookAlike], pair: Pair
) -> None:
    there, here = (logs.records(pair.day, limit=1500) for logs in (at_athena[0], pair.here))
    assert_equal(there.frame[here.frame.columns], here.frame)
    assert "USD" in there.notes[-1]


def test_a_question_asked_again_is_reused(
    at_athena: tuple[FlowLogs, LookAlike], pair: Pair
) -> None:
    logs = at_athena[0].between(pair.day.start, pair.day.end)
    logs.top("dstport")
    again = logs.engine.catalogue.client.spent
    logs.top("dstport")
    assert logs.engine.catalogue.client.spent == again
