from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.query.logs import Logs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    return Logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="session")
def engine(logs: Logs) -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(logs, threads=2)
    yield made
    made.close()
