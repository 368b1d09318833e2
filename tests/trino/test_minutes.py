"""The table of minutes that an engine fills itself: charts over time are equal to the records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.logs import fill, write_sample
from tests.trino.server import execute
from tests.trino.test_equal import assert_equal
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.engines.open import open_catalogue, summarize_at
from vpcflow_core.engines.trino.client import Reply
from vpcflow_core.engines.trino.minutes import TABLE
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.query.question import Query
from vpcflow_core.settings import load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

pytestmark = pytest.mark.slow
NAME = f"iceberg.minutes.{TABLE}"
SUM = f"SELECT count(*), sum(flows), sum(bytes), sum(bytes_shares) FROM {NAME}"
SHOWN = ("traffic/bytes-trend", "overview/rejections", "outliers/bytes", "rejects/bytes-compared",
         "overview/actions", "overview/protocols")  # fmt: skip


@pytest.fixture(scope="module")
def summed(
    server: int, iceberg: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, Path]:
    """A shared table of the sample, and a store of it; the URL, the logs and the store."""
    folder = tmp_path_factory.mktemp("summed")
    logs = write_sample(folder / "logs", records=3000, days=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VPCFLOW_LAKE_CATALOG", f"sqlite:///{iceberg}")
        patch.setenv("VPCFLOW_LAKE_DATABASE", "minutes")
        done = CliRunner().invoke(app, ["sync", str(logs), "--into", str(folder / "lake")])
    assert done.exit_code == 0, (done.output, done.exception)
    path = fill(folder / "store", logs)
    return f"trino://tests@127.0.0.1:{server}/iceberg/minutes", logs, path


def summarize(url: str) -> str:
    done = CliRunner().invoke(app, ["summarize", url])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_several_fill_each_hour_once(server: int, summed: tuple[str, Path, Path]) -> None:
    def write(_: int) -> int:
        return len(list(summarize_at(load_settings(), open_catalogue(summed[0]))))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    assert summarize(summed[0]) == "Every settled hour is in the table.\n"
    rows, flows, total, shares = execute(server, SUM)[0]
    with FlowLogs(Store.open(summed[2])) as here:
        settled = here.coverage.settled_until
        assert here.extent
        assert settled
        until = settled.replace(minute=0, second=0, microsecond=0)
        counted = here.between(here.extent.start, until).ask(Query(("flows",)))
        assert flows == int(counted.frame["flows"].sum())
    execute(server, f"DELETE FROM {NAME} WHERE minute >= TIMESTAMP '2026-11-20 00:00:00'")
    assert "2026-11-20 00:00" in summarize(summed[0])
    again = execute(server, SUM)[0]
    assert again[:3] == [rows, flows, total]
    assert again[3] == pytest.approx(shares, rel=1e-9)


@pytest.mark.parametrize("slug", SHOWN)
def test_panels_over_minutes_are_equal(
    summed: tuple[str, Path, Path], slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FlowLogs.open(summed[0]) as there, FlowLogs(Store.open(summed[2])) as here:
        asked = spied(there, monkeypatch)
        assert here.extent
        whole = here.extent.snapped(timedelta(hours=1))
        for window in (whole, Window(whole.end - timedelta(hours=31), whole.end)):
            answers = [
                PANELS[slug].answer(PANELS[slug].request(window), logs).frame
                for logs in (there, here)
            ]
            assert_equal(*answers)
        assert any(f'"{TABLE}" WHERE' in sql for sql in asked)


def test_records_that_come_late_are_not_lost(
    server: int, summed: tuple[str, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    summarize(summed[0])
    execute(
        server,
        "INSERT INTO iceberg.minutes.records (log_part, start_time, end_time, bytes, packets, "
        "action, protocol, log_status, flow_log_id) SELECT log_part, start_time, end_time, 7, 1, "
        "action, protocol, log_status, flow_log_id FROM iceberg.minutes.records "
        "WHERE log_part = 'flows' AND start_time >= TIMESTAMP '2026-11-19 06:00:00' "
        "ORDER BY start_time LIMIT 1",
    )
    query = Query(("flows", "bytes"), every=timedelta(hours=1))
    day = "2026-11-19T00:00Z", "2026-11-20T00:00Z"
    frames = []
    for filled in (False, True):
        if filled:
            assert "2026-11-19" in summarize(summed[0])
        with FlowLogs.open(summed[0]) as there:
            there = there.between(*day)
            frames.append(there.ask(query).frame)
    with FlowLogs(Store.open(summed[2])) as here:
        before = here.between(*day).ask(query).frame
    for frame in frames:
        assert int(frame["flows"].sum()) == int(before["flows"].sum()) + 1
        assert int(frame["bytes"].sum()) == int(before["bytes"].sum()) + 7


def spied(logs: FlowLogs, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the client is asked from now on."""
    client, asked = logs.engine.catalogue.client, []
    run = client.run

    def noted(sql: str, *args: object) -> Reply:
        asked.append(sql)
        return run(sql, *args)

    monkeypatch.setattr(client, "run", noted)
    return asked
