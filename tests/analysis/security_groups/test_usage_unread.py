"""Rules, lists and flows that cannot be read: said, and never called unused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analysis.security_groups.usage_tables import (
    INTERFACES,
    flow,
    matched,
    rule,
    used,
)
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.usage import UNEXPLAINED


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (rule(protocol="tpc"), "'tpc' is no protocol"),
        (rule(protocol="300"), "'300' is no protocol"),
        (rule(protocol=None), "it has no protocol"),
        (rule(cidr="10.0.0.0/33"), "'10.0.0.0/33' is no block of addresses"),
        (rule(cidr="all"), "'all' is no block of addresses"),
        (rule(prefix_list_id="pl-none"), "the blocks of pl-none are not known"),
        (rule(prefix_list_id="pl-bad"), "no block of pl-bad can be read"),
        (rule(referenced_group_id="sg-none"), "sg-none is not known"),
        (rule(cidr=None), "it names no source"),
    ],
)
def test_a_rule_that_cannot_be_read_is_told_and_never_called_unused(
    broken: dict[str, Any], words: str
) -> None:
    lists = [{"prefix_list_id": "pl-bad", "cidrs": ["bad"]}]
    good = rule("sg-app", "-1")
    frame = used([flow("eni-db", "10.0.0.1", 6, 443)], [broken, good], prefix_lists=lists)
    assert frame["rule_id"].tolist() == [good["rule_id"], broken["rule_id"]]
    assert frame[["flows", "bytes", "shared", "first", "last"]].iloc[1].isna().all()
    told = f"Nothing can be said about {broken['rule_id']} ({words})."
    assert told in notes_of(frame)
    assert any("a rule that could not be read let it in" in note for note in notes_of(frame))


def test_many_unread_rules_are_told_in_one_sentence() -> None:
    frame = used([], [rule(protocol=f"word{n}") for n in range(9)])
    assert frame["protocol"].tolist() == [f"word{n}" for n in range(9)]
    (note,) = (note for note in notes_of(frame) if note.startswith("Nothing"))
    assert note.endswith(" and 4 more.")


def test_a_malformed_block_of_a_list_is_left_out_and_told() -> None:
    lists = [{"prefix_list_id": "pl-1", "cidrs": ["10.0.0.0/40", "192.0.2.0/24"]}]
    frame = used(
        [flow("eni-db", "192.0.2.1", 6, 443)], [rule(prefix_list_id="pl-1")], prefix_lists=lists
    )
    assert frame["flows"].tolist() == [1]
    assert "Left out of pl-1, as no blocks of addresses: '10.0.0.0/40'." in notes_of(frame)


def test_sources_that_are_no_address_match_nothing() -> None:
    flows = [
        flow("eni-db", source, 6, 443) for source in (None, "-", "", "host", "1.2.3", "1.2.3.4\0")
    ]
    frame = used(flows, [rule(cidr="0.0.0.0/0"), rule(cidr="::/0")])
    assert frame["flows"].tolist() == [0, 0]
    assert frame.attrs[UNEXPLAINED]["unmatched"] == 6


def test_records_without_an_interface_belong_to_no_group() -> None:
    nameless = {"interface_id": None, "addresses": ["10.1.1.1"], "security_group_ids": ["sg-db"]}
    nobody = flow("eni-db", "10.0.0.1", 6, 1) | {"interface_id": None}
    assert matched(rule(), nobody, interfaces=[*INTERFACES, nameless]) == 0


def test_a_count_that_is_missing_is_nothing() -> None:
    frame = used([flow("eni-db", "10.0.0.1", 6, 443, 3) | {"bytes": None}], [rule()])
    assert frame[["flows", "bytes"]].to_numpy().tolist() == [[3, 0]]
