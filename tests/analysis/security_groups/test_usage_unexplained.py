"""Flows that no rule let in: replies, groups of the moment, and the reasons that are left."""

from __future__ import annotations

import numpy as np

from tests.analysis.security_groups.usage_tables import (
    flow,
    matched,
    rule,
    used,
)
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.usage import UNEXPLAINED


def test_the_groups_of_the_moment_come_before_those_of_the_table() -> None:
    flows = [
        flow("eni-web", "10.0.0.1", 6, 1, 1, security_group_ids=["sg-db", "sg-app"]),
        flow("eni-web", "10.0.0.1", 6, 1, 10, security_group_ids=[]),
        flow("eni-web", "10.0.0.1", 6, 1, 100, security_group_ids=None),
        flow("eni-gone", "10.0.0.1", 6, 1, 1000, security_group_ids=np.array(["sg-db", "sg-db"])),
    ]
    frame = used(flows, [rule(g, "-1") for g in ("sg-db", "sg-app", "sg-web")]).set_index(
        "security_group_id"
    )
    assert frame["flows"].to_dict() == {"sg-db": 1001, "sg-app": 1, "sg-web": 110}
    assert frame["shared"].to_dict() == {"sg-db": 1, "sg-app": 1, "sg-web": 0}


def test_known_answers_are_no_match() -> None:
    told = [
        flow("eni-db", "10.0.2.10", 6, 50000, 5, reply=True),
        flow("eni-db", "10.0.2.10", 6, 50000, 2, reply=False),
    ]
    frame = used(told, [rule("sg-db", "-1")])
    assert frame["flows"].tolist() == [2]
    assert frame.attrs[UNEXPLAINED] == {
        "total": 7, "replies": 5, "unmatched": 0, "groupless": 0, "high_ports": 0, "other": 0,
    }  # fmt: skip
    assert any(
        note.startswith("5 accepted inbound flows (71 %) answer") for note in notes_of(frame)
    )


def test_a_reply_may_come_without_its_port_and_an_unknown_one_is_none() -> None:
    rows = [
        flow("eni-db", "10.0.2.10", 6, None, 5, reply=True),
        flow("eni-db", "10.0.2.10", 6, 1, 2, reply=None),
    ]
    assert matched(rule("sg-db", "-1"), *rows) == 2


def test_without_source_ports_it_is_said_that_answers_may_count() -> None:
    frame = used([flow("eni-db", "10.0.2.10", 6, 50000, 5)], [rule("sg-db", "-1")])
    assert frame["flows"].tolist() == [5]
    assert any("Without source ports" in note for note in notes_of(frame))


def test_flows_that_no_rule_explains_are_counted_with_the_reasons() -> None:
    flows = [
        flow("eni-db", "10.0.2.10", 6, 5432, 900),
        flow("eni-db", "52.1.2.3", 6, 41000, 60),
        flow("eni-db", "52.1.2.3", 17, 1024, 3),
        flow("eni-nat", "52.1.2.3", 6, 41000, 20),
        flow("eni-gone", "52.1.2.3", 6, 443, 2),
        flow("eni-db", "52.1.2.3", 6, 22, 10),
        flow("eni-db", "52.1.2.3", 50, 0, 5),
    ]
    frame = used(flows, [rule(ports=5432, cidr="10.0.0.0/8")])
    assert frame.attrs[UNEXPLAINED] == {
        "total": 1000, "replies": 0, "unmatched": 100, "groupless": 22, "high_ports": 63, "other": 15,
    }  # fmt: skip
    (note,) = (note for note in notes_of(frame) if "match no rule" in note)
    assert note.startswith(
        "100 accepted inbound flows (10 %) match no rule of the snapshot: 63 went to"
    )
    assert "22 came to interfaces without" in note
    assert "15 remain: rules or groups have changed" in note
