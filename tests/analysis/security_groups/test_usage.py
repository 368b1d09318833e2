"""Rules in use: what a rule counts, in which order, and in which columns."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from tests.analysis.security_groups.usage_tables import (
    COLUMNS,
    GROUPS,
    INTERFACES,
    PREFIX_LISTS,
    flow,
    flow_frame,
    rule,
    used,
)
from tests.analysis.series import minute
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.usage import rules_in_use
from vpcflow_core.inventory.tables import frame_of


def test_a_rule_counts_what_it_let_in() -> None:
    frame = used(
        [
            flow("eni-db", "10.0.2.10", 6, 5432, 5, first=minute(3), last=minute(9)),
            flow("eni-db", "10.0.2.11", 6, 5432, 2, first=minute(1), last=minute(5)),
            flow("eni-db", "10.0.2.11", 6, 5433, 7),
        ],
        [rule(ports=5432, cidr="10.0.2.0/24", description="from the application")],
    )
    assert list(frame.columns) == COLUMNS
    (row,) = frame.to_dict("records")
    assert row["security_group_id"] == "sg-db"
    assert (row["group_name"], row["description"]) == ("db", "from the application")
    assert (row["protocol"], row["ports"], row["source"]) == ("tcp", "5432", "10.0.2.0/24")
    assert (row["flows"], row["bytes"], row["shared"], row["attached"]) == (7, 700, 0, 1)
    assert (row["first"], row["last"]) == (minute(1), minute(9))
    assert row["open"] is False
    assert row["seen_blocks"] == ""
    assert pd.isna(row["seen_share"])


def test_only_inbound_rules_are_listed() -> None:
    outbound = rule() | {"egress": True, "rule_id": "sgr-out"}
    assert "sgr-out" not in set(used([], [outbound, rule()])["rule_id"])


def test_several_rules_may_match_and_it_is_said_to_be_shared() -> None:
    frame = used(
        [flow("eni-db", "10.0.2.10", 6, 5432, 5), flow("eni-db", "10.0.3.1", 6, 5432, 2)],
        [rule(ports=5432, cidr="10.0.2.0/24"), rule("sg-admin", "-1", cidr="10.0.0.0/16")],
    ).set_index("security_group_id")
    assert frame["flows"].to_dict() == {"sg-db": 5, "sg-admin": 7}
    assert frame["shared"].to_dict() == {"sg-db": 5, "sg-admin": 5}
    assert any("each" in note for note in notes_of(frame))


def test_never_matched_come_first_then_open_ones_then_by_flows() -> None:
    rules = {
        "few": rule(ports=1, cidr="10.0.0.0/8"),
        "many": rule(ports=2, cidr="10.0.0.0/8"),
        "open-few": rule(ports=3),
        "open-many": rule(ports=4, cidr="::/0"),
        "never": rule(ports=5, cidr="10.0.0.0/8"),
        "open-never": rule(ports=6),
        "unknown": rule(ports=7, prefix_list_id="pl-none"),
    }
    flows = [
        flow("eni-db", "10.0.0.1", 6, port, count) for port, count in ((1, 50), (2, 90), (3, 1))
    ]
    flows.append(flow("eni-db", "2001:db8::1", 6, 4, 2))
    frame = used(flows, [row | {"rule_id": name} for name, row in rules.items()])
    assert frame["rule_id"].tolist() == [
        "open-never",
        "never",
        "open-many",
        "open-few",
        "many",
        "few",
        "unknown",
    ]


def test_a_rule_listed_by_two_accounts_is_one_rule() -> None:
    tables = [frame_of("rules", [rule()]).assign(account_id=a, region="eu-west-1") for a in "12"]
    frame = rules_in_use(
        flow_frame([flow("eni-db", "10.0.0.1", 6, 443)]),
        pd.concat([frame_of("interfaces", INTERFACES)] * 2),
        pd.concat(tables),
        pd.concat([frame_of("prefix_lists", PREFIX_LISTS)] * 2),
        pd.concat([frame_of("security_groups", GROUPS)] * 2),
    )
    assert frame[["flows", "shared", "attached"]].to_numpy().tolist() == [[1, 0, 1]]


@pytest.mark.parametrize("flows", [[], [flow("eni-db", "10.0.0.1", 6, 443)]])
@pytest.mark.parametrize("rules", [[], [rule()]])
def test_nothing_is_answered_in_the_same_columns_and_types(
    flows: list[Any], rules: list[Any]
) -> None:
    full = used([flow("eni-db", "10.0.0.1", 6, 443)], [rule()])
    frame = used(flows, rules)
    assert frame.dtypes.to_dict() == full.dtypes.to_dict()
    assert len(frame) == len(rules)
    bare = used(flows, rules, [], [], [])
    assert bare.dtypes.to_dict() == full.dtypes.to_dict()


def test_the_table_can_be_written_with_its_notes() -> None:
    frame = used([flow("eni-db", "10.0.0.1", 6, 443)], [rule(), rule(protocol="tpc")])
    written = io.BytesIO()
    frame.to_parquet(written)
    assert len(pd.read_parquet(written)) == 2


def known(kind: Any, rows: Sequence[tuple[dict[str, Any], float, float, bool]]) -> pd.DataFrame:
    """A table as the store knows it: shape, since and until in minutes, gone (last seen at until)."""
    frame = frame_of(kind, [shape for shape, *_ in rows])
    frame["since"] = [minute(since) for _, since, _, _ in rows]
    frame["until"] = [minute(until) for _, _, until, _ in rows]
    frame["last_seen"] = [minute(until) if gone else minute(999) for _, _, until, gone in rows]
    frame["gone"] = [gone for *_, gone in rows]
    return frame


def test_things_of_the_past_count_as_they_were_when_the_flows_were() -> None:
    web = {"interface_id": "eni-1", "addresses": ["10.0.0.1"], "security_group_ids": ["sg-old"]}
    interfaces = known("interfaces", [
        (web, -1000, 50, False),
        (web | {"security_group_ids": ["sg-new"]}, 50, 9999, False),
        ({"interface_id": "eni-2", "addresses": ["10.0.0.2"], "security_group_ids": ["sg-old"]}, -1000, 20, True),
    ])  # fmt: skip
    rules = known("rules", [
        (rule("sg-old", ports=1, cidr="10.0.0.0/8") | {"rule_id": "same"}, -1000, 10, False),
        (rule("sg-old", ports=443, cidr="10.0.0.0/8") | {"rule_id": "same"}, 10, 9999, False),
        (rule("sg-new", ports=443, referenced_group_id="sg-old") | {"rule_id": "new"}, -1000, 9999, False),
        (rule("sg-old") | {"rule_id": "gone"}, -1000, 9999, True),
    ])  # fmt: skip
    groups = known(
        "security_groups", [({"security_group_id": "sg-old", "name": "old"}, 0, 1, True)]
    )
    rest = rules, known("prefix_lists", []), groups

    def at(moment: float) -> dict[str, int]:
        when = {"first": minute(moment), "last": minute(moment + 1)}
        flows = flow_frame([flow("eni-1", "10.0.0.2", 6, 443, **when)])
        return rules_in_use(flows, interfaces, *rest).set_index("rule_id")["flows"].to_dict()

    assert at(5) == {"same": 0, "new": 0, "gone": 1}
    assert at(15) == {"same": 1, "new": 0, "gone": 1}
    assert at(100) == {"same": 0, "new": 0}
    frame = rules_in_use(flow_frame([]), interfaces, *rest).set_index("rule_id")
    assert frame["attached"].to_dict() == {"same": 0, "new": 1}
    assert frame.loc["same", ["ports", "group_name"]].tolist() == ["443", "old"]
    assert frame.loc["new", "source"] == "sg-old (old)"
