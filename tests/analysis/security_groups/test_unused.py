"""Unused groups: named cases, and the same by plain loops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.series import minute
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.unused import (
    DEFAULT_GROUP,
    REFERENCED,
    UNWATCHED,
    unused_groups,
)
from vpcflow_core.inventory.tables import frame_of

COLUMNS = [
    "security_group_id", "name", "vpc_id", "why", "interfaces", "referenced_by", "keep", "description",
]  # fmt: skip
GROUPS = [
    {"security_group_id": "sg-1", "name": "web", "vpc_id": "vpc-1", "description": "the front"},
    {"security_group_id": "sg-2", "name": "db", "vpc_id": "vpc-1"},
    {"security_group_id": "sg-3", "name": "default", "vpc_id": "vpc-2"},
]
INTERFACES = [
    {"interface_id": "eni-1", "security_group_ids": ["sg-1"]},
    {"interface_id": "eni-2", "security_group_ids": ["sg-1", "sg-2"]},
]


def naming(group: str, named: str | None, egress: bool = False) -> dict[str, Any]:
    return {
        "rule_id": f"{group}-{named}-{egress}", "security_group_id": group, "referenced_group_id": named,
        "egress": egress, "protocol": "-1",
    }  # fmt: skip


def unused(
    active: Collection[str] = (),
    rules: Sequence[Mapping[str, Any]] = (),
    interfaces: Sequence[Mapping[str, Any]] = INTERFACES,
    groups: Sequence[Mapping[str, Any]] = GROUPS,
) -> pd.DataFrame:
    tables = frame_of("security_groups", groups), frame_of("interfaces", interfaces)
    return unused_groups(*tables, active, frame_of("rules", rules))


def test_groups_of_active_interfaces_are_used() -> None:
    assert unused({"eni-2"})["security_group_id"].tolist() == ["sg-3"]
    assert unused({"eni-1"})["security_group_id"].tolist() == ["sg-3", "sg-2"]


def test_a_group_that_nothing_has_says_so() -> None:
    frame = unused({"eni-1", "eni-2"})
    assert list(frame.columns) == COLUMNS
    assert frame[["security_group_id", "name", "vpc_id", "why", "interfaces"]].to_numpy().tolist() == [
        ["sg-3", "default", "vpc-2", "attached to no interface", 0]
    ]  # fmt: skip
    assert notes_of(frame) == ()


def test_a_group_whose_interfaces_are_silent_says_how_many() -> None:
    frame = unused().set_index("security_group_id")
    assert frame.loc["sg-1", ["why", "interfaces"]].tolist() == [
        "no traffic at its 2 interfaces",
        2,
    ]
    assert frame.loc["sg-2", ["why", "interfaces"]].tolist() == ["no traffic at its 1 interface", 1]
    assert frame.loc["sg-1", "description"] == "the front"
    assert notes_of(frame) == (UNWATCHED,)


def test_groups_that_nothing_has_come_first() -> None:
    assert unused()["security_group_id"].tolist() == ["sg-3", "sg-2", "sg-1"]


def test_a_default_group_cannot_be_deleted() -> None:
    frame = unused().set_index("security_group_id")
    assert frame["keep"].to_dict() == {"sg-1": "", "sg-2": "", "sg-3": DEFAULT_GROUP}


def test_rules_of_other_groups_that_name_it_are_told() -> None:
    rules = [
        naming("sg-2", "sg-1"),
        naming("sg-9", "sg-1", egress=True),
        naming("sg-1", "sg-1"),
        naming("sg-1", None),
    ]
    frame = unused(rules=[*rules, naming("sg-2", "sg-1", egress=True)]).set_index(
        "security_group_id"
    )
    assert frame["referenced_by"].to_dict() == {"sg-1": "sg-2 (db), sg-9", "sg-2": "", "sg-3": ""}
    assert frame.loc["sg-1", "keep"] == REFERENCED
    assert frame.loc["sg-3", "keep"] == DEFAULT_GROUP


def test_nothing_at_all_is_an_empty_table() -> None:
    frame = unused(groups=[], interfaces=[])
    assert list(frame.columns) == COLUMNS
    assert frame.empty
    assert unused(interfaces=[])["interfaces"].tolist() == [0, 0, 0]


def test_what_is_gone_or_was_otherwise_does_not_count() -> None:
    def known(kind: Any, rows: Sequence[tuple[dict[str, Any], float, bool]]) -> pd.DataFrame:
        frame = frame_of(kind, [row for row, *_ in rows])
        return frame.assign(
            until=[minute(until) for _, until, _ in rows], gone=[gone for *_, gone in rows]
        )

    groups = known("security_groups", [
        (GROUPS[0], 99, False), (GROUPS[1] | {"name": "old"}, 10, False), (GROUPS[1], 99, False), (GROUPS[2], 99, True),
    ])  # fmt: skip
    interfaces = known("interfaces", [
        ({"interface_id": "eni-1", "security_group_ids": ["sg-1"]}, 99, True),
        ({"interface_id": "eni-2", "security_group_ids": ["sg-1"]}, 10, False),
        ({"interface_id": "eni-2", "security_group_ids": ["sg-2"]}, 99, False),
    ])  # fmt: skip
    rules = known("rules", [(naming("sg-2", "sg-1"), 99, True)])
    frame = unused_groups(groups, interfaces, {"eni-1"}, rules)
    assert frame[["security_group_id", "name", "interfaces", "referenced_by"]].to_numpy().tolist() == [
        ["sg-1", "web", 0, ""], ["sg-2", "db", 1, ""],
    ]  # fmt: skip
    assert frame["security_group_id"].is_unique


IDS = [f"sg-{n}" for n in range(4)]


@pytest.mark.slow
@given(
    groups=st.lists(st.sampled_from(IDS), unique=True),
    attached=st.dictionaries(
        st.sampled_from(["eni-1", "eni-2", "eni-3"]), st.lists(st.sampled_from(IDS), unique=True)
    ),
    active=st.sets(st.sampled_from(["eni-1", "eni-2", "eni-9"])),
    named=st.lists(st.tuples(st.sampled_from(IDS), st.none() | st.sampled_from(IDS)), unique=True),
)
def test_the_table_is_that_of_the_slow_computation(
    groups: Any, attached: Any, active: Any, named: Any
) -> None:
    frame = unused(
        active,
        [naming(*pair) for pair in named],
        [{"interface_id": key, "security_group_ids": value} for key, value in attached.items()],
        [{"security_group_id": group} for group in groups],
    )
    expected = {}
    for group in groups:
        having = [key for key, value in attached.items() if group in value]
        if not set(having) & active:
            by = sorted(one for one, other in named if other == group != one)
            expected[group] = (len(having), ", ".join(by))
    found = frame.set_index("security_group_id")[["interfaces", "referenced_by"]]
    assert dict(zip(found.index, found.itertuples(index=False, name=None), strict=True)) == expected
