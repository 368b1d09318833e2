"""AWS's own objects as tables where they lie: the same answers as from a store of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.logs import fill
from tests.trino.objects import LOGS, START, write_objects
from tests.trino.server import execute
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.store.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def in_place(
    server: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlowLogs, FlowLogs]]:
    """The objects asked at Trino, and from a store of them."""
    folder = write_objects(tmp_path_factory.mktemp("objects"))
    url = f"trino://tests@127.0.0.1:{server}/hive/lake"
    done = CliRunner().invoke(
        app, ["tables", url, "--logs", str(folder), "--since", "all", "--apply"]
    )
    assert done.exit_code == 0, (done.output, done.exception)
    path = fill(folder.parent / f"{folder.name}-store", folder)
    with FlowLogs.open(url) as there, FlowLogs(Store.open(path)) as here:
        yield there, here


def test_every_layout_form_and_column_order_gives_the_same_records(
    in_place: tuple[FlowLogs, FlowLogs],
) -> None:
    there, here = in_place
    assert set(there.engine.columns("records")) == set(here.engine.columns("records"))
    order = "flow_log_id, interface_id, start_time, end_time, srcaddr"
    columns = ", ".join(sorted(here.catalogue.columns("records")))
    sql = f"SELECT {columns} FROM records ORDER BY {order}"
    frames = [logs.sql(sql) for logs in in_place]
    assert len(frames[1]) == 12 * 20 * (len(LOGS) - 1)
    pd.testing.assert_frame_equal(frames[0], frames[1], check_dtype=False)


def test_transit_gateways_are_apart(in_place: tuple[FlowLogs, FlowLogs]) -> None:
    sql = ("SELECT tgw_id, sum(bytes) AS bytes, sum(packets_lost_no_route) AS lost, count(*) AS n "
           "FROM transit_flows GROUP BY tgw_id")  # fmt: skip
    there, here = (logs.sql(sql) for logs in in_place)
    pd.testing.assert_frame_equal(there, here, check_dtype=False)
    assert here["n"].tolist() == [12 * 19]


@pytest.mark.parametrize(
    "slug", ["overview/top-sources", "rejects/reasons", "security-groups/directions", "traffic/bytes-outliers"]
)  # fmt: skip
def test_panels_are_equal_over_midnight(in_place: tuple[FlowLogs, FlowLogs], slug: str) -> None:
    there, here = (logs.panel(slug).frame for logs in in_place)
    pd.testing.assert_frame_equal(there, here, check_dtype=False, rtol=1e-9)


def test_a_window_reads_the_partitions_of_its_days_alone(
    server: int, in_place: tuple[FlowLogs, FlowLogs]
) -> None:
    (plan,) = execute(
        server,
        "EXPLAIN (TYPE IO, FORMAT JSON) SELECT count(*) FROM hive.lake.flows "
        "WHERE log_day BETWEEN '2026/11/04' AND '2026/11/06'",
    )[0]
    assert START.day == 2
    assert '"outputRowCount" : 0' in str(plan) or "2026/11/02" not in str(plan)
    early = "SELECT DISTINCT log_day FROM hive.lake.records WHERE log_day < '2026/11/03'"
    assert {row[0][:10] for row in execute(server, early)} == {"2026/11/02"}


def test_the_statements_are_printed_and_not_run_unless_asked_for(
    server: int, tmp_path: Path
) -> None:
    folder = write_objects(tmp_path)
    url = f"trino://tests@127.0.0.1:{server}/hive/untouched"
    done = CliRunner().invoke(app, ["tables", url, "--logs", str(folder), "--since", "all"])
    assert "CREATE OR REPLACE VIEW hive.untouched.flows AS" in done.output
    assert ["untouched"] not in execute(server, "SHOW SCHEMAS FROM hive")
