"""One sample, its store, and the same records read by pandas, for all soundness tests of panels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import read_with_pandas
from tests.soundness.cases import FILTERS, WINDOWS
from vpcflow_core.api import FlowLogs
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window


@pytest.fixture(scope="session")
def records(sample: Path) -> pd.DataFrame:
    return read_with_pandas(sample)


@pytest.fixture(scope="session")
def flows(bare_store: Path) -> Iterator[FlowLogs]:
    """The sample alone."""
    with Store.open(bare_store) as store:
        yield FlowLogs(store)


@pytest.fixture(scope="session")
def informed(sample_store: Path) -> Iterator[FlowLogs]:
    """The sample with its snapshot."""
    with Store.open(sample_store) as store:
        yield FlowLogs(store)


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest) -> Window:
    return WINDOWS[request.param]


@pytest.fixture(params=FILTERS)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)
