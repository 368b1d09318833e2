"""One Trino a session, with the same generated records that a local store has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.logs import fill, write_sample
from tests.trino.server import MissingPartError, add_hive, add_iceberg, running
from tests.trino.tables import load
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.open import open_catalogue
from vpcflow_core.lake.opening import open_lake
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

RECORDS = int(os.environ.get("VPCFLOW_TRINO_RECORDS", "6000"))


@dataclass(frozen=True)
class Pair:
    """The same records twice: at Trino, and in a local store that DuckDB answers from."""

    there: FlowLogs
    here: FlowLogs
    url: str
    store: Path

    @property
    def day(self) -> Window:
        """The last whole day."""
        assert self.here.extent
        end = self.here.extent.end.replace(hour=11, minute=30, second=0, microsecond=0)
        return Window(end - timedelta(days=1), end)


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """No answer is too late: to plan the longest question takes minutes where much else runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VPCFLOW_QUERY_TIMEOUT", "1h")
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Trino with the catalog `hive`."""
    try:
        with running() as port:
            add_hive(port, tmp_path_factory.mktemp("hive"))
            yield port
    except MissingPartError as missing:
        # Not a skipped test: whoever runs these tests wants to know that Trino answers the same.
        pytest.exit(str(missing), returncode=1)


@pytest.fixture(scope="session")
def iceberg(server: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of the catalog `iceberg`, for tables that `vpcflow sync --into` writes."""
    database = tmp_path_factory.mktemp("iceberg") / "catalog.sqlite"
    open_lake(str(database.parent / "first"), f"sqlite:///{database}", "first")
    add_iceberg(server, database)
    return database


@pytest.fixture(scope="session")
def pair(server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The sample, with what EC2 knows of its network."""
    folder = tmp_path_factory.mktemp("records")
    logs = write_sample(folder / "logs", records=RECORDS)
    path = fill(folder / "store", logs, snapshot=True)
    with Store.open(path) as store:
        load(server, "sample", store)
    url = f"trino://tests@127.0.0.1:{server}/hive/sample?refresh=1d"
    with (
        FlowLogs(catalogue=open_catalogue(url, inventory=path)) as there,
        FlowLogs(Store.open(path)) as here,
    ):
        yield Pair(there, here, url, path)
