"""One sample, its store, and the same records read by pandas, for all soundness tests of panels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import fill, read_with_pandas, write_sample
from tests.soundness.cases import FILTERS, WINDOWS
from vpcflow_core.api import FlowLogs
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="session")
def records(logs: Path) -> pd.DataFrame:
    return read_with_pandas(logs)


@pytest.fixture(scope="session")
def flows(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    with Store.open(fill(tmp_path_factory.mktemp("store"), logs)) as store:
        yield FlowLogs(store)


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest) -> Window:
    return WINDOWS[request.param]


@pytest.fixture(params=FILTERS)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)
