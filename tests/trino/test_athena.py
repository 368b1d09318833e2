"""Athena's client with real answers: its SQL runs on the Trino behind a look-alike of its API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.trino.conftest import Pair
from tests.trino.look_alike import Answer, LookAlike, serving
from tests.trino.test_equal import assert_equal
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer

pytestmark = pytest.mark.slow
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

    like = LookAlike(answer, polls=0)
    with pytest.MonkeyPatch.context() as patch, serving(like) as endpoint:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        url = f"athena://hive.sample?endpoint={endpoint}&region=eu-west-1&since=3650d&refresh=1d"
        with FlowLogs.open(url, store=pair.store) as logs:
            yield logs, like


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
