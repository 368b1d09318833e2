"""The shared table, read and written by a real Trino: the same answers as from a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.logs import fill, write_sample
from tests.trino.objects import write_objects
from tests.trino.server import execute
from tests.trino.test_equal import assert_equal
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.store.store import Store

pytestmark = pytest.mark.slow
SHOWN = ("overview/top-sources", "overview/source-locations", "rejects/reasons", "traffic/bytes-trend",
         "traffic/packets-per-flow", "security-groups/top-groups", "outliers/bytes",
         "sources/coverage")  # fmt: skip


@pytest.fixture(scope="module")
def shared(
    server: int, iceberg: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlowLogs, FlowLogs, Path]]:
    """The sample and objects of all forms: as a table asked at Trino, and in a store."""
    folder = tmp_path_factory.mktemp("shared")
    write_sample(folder / "logs" / "sample", records=3000)
    write_objects(folder / "logs" / "objects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VPCFLOW_LAKE_CATALOG", f"sqlite:///{iceberg}")
        done = CliRunner().invoke(
            app, ["sync", str(folder / "logs"), "--into", str(folder / "lake")]
        )
    assert done.exit_code == 0, (done.output, done.exception)
    path = fill(folder / "store", folder / "logs", snapshot=True)
    url = f"trino://tests@127.0.0.1:{server}/iceberg/flowlogs"
    with FlowLogs.open(url, store=path) as there, FlowLogs(Store.open(path)) as here:
        yield there, here, folder


@pytest.mark.parametrize("slug", SHOWN)
def test_panels_of_the_shared_table_are_equal(
    shared: tuple[FlowLogs, FlowLogs, Path], slug: str
) -> None:
    there, here, _ = shared
    assert here.extent
    request = PANELS[slug].request(here.extent)
    answers = [PANELS[slug].answer(request, logs) for logs in (there, here)]
    assert_equal(answers[0].frame, answers[1].frame)
    assert len(answers[1].frame)


def test_the_relations_have_the_same_columns_and_records(
    shared: tuple[FlowLogs, FlowLogs, Path],
) -> None:
    there, here, _ = shared
    for relation in ("flows", "records", "transit_flows"):
        assert set(here.engine.columns(relation)) <= set(there.engine.columns(relation))
        sql = f"SELECT count(*) AS n, sum(bytes) AS bytes, min(start_time) AS first FROM {relation}"
        assert_equal(*(logs.sql(sql) for logs in (there, here)))


def test_trino_and_a_writer_of_ours_change_the_same_table(
    server: int,
    iceberg: Path,
    shared: tuple[FlowLogs, FlowLogs, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = shared[2]
    count = "SELECT count(*) FROM iceberg.flowlogs.records"
    before = execute(server, count)[0][0]
    execute(server, "ALTER TABLE iceberg.flowlogs.records EXECUTE optimize")
    assert execute(server, count)[0][0] == before
    monkeypatch.setenv("VPCFLOW_LAKE_CATALOG", f"sqlite:///{iceberg}")
    again = CliRunner().invoke(app, ["sync", str(folder / "logs"), "--into", str(folder / "lake")])
    assert again.exit_code == 0
    assert (
        execute(server, count)[0][0]
        == before
        == len(open_lake(str(folder / "lake"), f"sqlite:///{iceberg}").table.scan().to_arrow())
    )
