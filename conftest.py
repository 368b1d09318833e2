"""What examples in docstrings may use: `flows`, the sample of the tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sample import sample, sample_store

__all__ = ["sample", "sample_store"]
ROOM = Path(__file__).parent / "vpcflow_core" / "flow_logs"

# A process holds a million objects of tests and modules to its end: to look through them for
# garbage as often as Python does by itself is a sixth of what the tests take.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What is there before the first test is not looked through again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """What is not looked through would be called a leak at the end."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def flows_of_examples(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """The logs that the examples of `FlowLogs` ask."""
    if not (isinstance(request.node, pytest.DoctestItem) and ROOM in request.node.path.parents):
        yield
        return
    from vpcflow_core.api import FlowLogs

    with FlowLogs.open(request.getfixturevalue("sample_store")) as flows:
        doctest_namespace["flows"] = flows
        yield
