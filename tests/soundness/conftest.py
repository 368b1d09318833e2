"""One sample, its store, and the same records read by pandas, for all soundness tests of panels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import read_with_pandas
from tests.soundness.cases import FILTERS, PAIRS, WINDOWS
from vpcflow_core.api import FlowLogs
from vpcflow_core.store.store import Store


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every window, every filter; where a test asks for both, the pairs that are worth asking."""
    asked = {"window", "case"} & {*metafunc.fixturenames}
    if asked & {n for m in metafunc.definition.iter_markers("parametrize") for n in m.args[0]}:
        return  # the test says which
    if len(asked) == 2:
        pairs = [(WINDOWS[window], case) for window, case in PAIRS]
        metafunc.parametrize(("window", "case"), pairs, ids=map("-".join, PAIRS))
    elif "window" in asked:
        metafunc.parametrize("window", WINDOWS.values(), ids=WINDOWS)
    elif "case" in asked:
        metafunc.parametrize("case", FILTERS)
