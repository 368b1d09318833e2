"""Rules open to the world, beside the blocks that really used them."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis.security_groups.usage_tables import (
    flow,
    rule,
    used,
)


def test_open_rules_stand_beside_the_blocks_really_seen() -> None:
    flows = [
        flow("eni-web", "203.0.113.5", 6, 443, 30),
        flow("eni-web", "203.0.113.6", 6, 443, 10),
        flow("eni-web", "198.51.100.1", 6, 443, 60),
        flow("eni-web", "192.0.2.1", 6, 80, 60),
    ]
    frame = used(flows, [rule("sg-web", ports=443)])
    assert frame["open"].tolist() == [True]
    assert frame["seen_blocks"].tolist() == ["198.51.100.1/32, 203.0.113.5/32, 203.0.113.6/32"]
    assert frame["seen_share"].tolist() == [100.0]


def test_when_ten_blocks_cannot_cover_all_the_share_says_how_much() -> None:
    flows = [flow("eni-web", f"{n}.7.7.7", 6, 443, 10 if n <= 10 else 5) for n in range(1, 21)]
    (row,) = used(flows, [rule("sg-web", ports=443)]).to_dict("records")
    assert row["seen_blocks"] == ", ".join(f"{n}.7.7.7/32" for n in range(1, 11))
    assert row["seen_share"] == pytest.approx(100 * 100 / 150)


def test_an_open_rule_that_nothing_used_has_no_blocks() -> None:
    (row,) = used([], [rule("sg-web")]).to_dict("records")
    assert (row["open"], row["seen_blocks"]) == (True, "")
    assert pd.isna(row["seen_share"])


def test_a_prefix_list_of_the_whole_world_is_open() -> None:
    lists = [{"prefix_list_id": "pl-1", "cidrs": ["10.0.0.0/8", "::/0"]}]
    assert used([], [rule(prefix_list_id="pl-1")], prefix_lists=lists)["open"].tolist() == [True]
