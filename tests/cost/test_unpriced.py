"""Traffic without a direction has no price, and the bill says what to log."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from dashboards.ui.panel_body import is_empty, says_why
from vpcflow_core.api import FlowLogs
from vpcflow_core.cost.unpriced import without_direction
from vpcflow_core.panels.catalogue import PANELS


@pytest.mark.parametrize(("lost", "said"), [
    (0.0, []),
    (900.0, []),
    (51_200.0, ["50 % of 100 KB have no direction"]),
    (102_400.0, ["100 % of 100 KB have no direction"]),
])  # fmt: skip
def test_a_bill_says_how_much_has_no_direction_and_what_to_log(
    lost: float, said: list[str]
) -> None:
    rules = {"rule": ["internet", "no-direction"], "bytes": [102_400 - lost, lost]}
    found = without_direction(pd.DataFrame(rules), 102_400.0)
    assert [sentence.partition(",")[0] for sentence in found] == said
    assert all("${flow-direction} (version 5)" in sentence for sentence in found)


def test_a_bill_of_nothing_says_nothing() -> None:
    assert without_direction(pd.DataFrame({"rule": [], "bytes": []}), 0.0) == []


@pytest.mark.parametrize("slug", ["cost/paths", "cost/over-time", "cost/services", "cost/remedies"])
def test_panels_without_a_price_say_what_to_log(slug: str, undirected: FlowLogs) -> None:
    answer = undirected.panel(slug).answer
    assert is_empty(PANELS[slug], answer)
    assert says_why(PANELS[slug], answer)
    assert "${flow-direction} (version 5)" in answer.notes[0]


@pytest.fixture(scope="module")
def undirected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """One record that says neither its direction nor its interface."""
    folder = tmp_path_factory.mktemp("undirected")
    header = "srcaddr dstaddr protocol packets bytes start end action log-status"
    line = "10.0.0.1 52.9.1.1 6 1 102400 1793491200 1793491260 ACCEPT OK"
    (folder / "a.log").write_text(f"{header}\n{line}\n")
    with FlowLogs.open(folder / "a.log", store=folder / "store") as flows:
        yield flows
