"""What examples in docstrings may use: `flows`, the sample of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sample import sample, sample_store

__all__ = ["sample", "sample_store"]
ROOM = Path(__file__).parent / "vpcflow_core" / "flow_logs"


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
