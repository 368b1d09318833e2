"""Traffic without a direction has no price, and the bill says what to log."""

from __future__ import annotations

import pandas as pd
import pytest

from vpcflow_core.cost.unpriced import without_direction


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
