"""Narrower rules by hand, and what sets of rules would have refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tests.analysis.security_groups.usage_tables import (
    GROUPS,
    INTERFACES,
    PREFIX_LISTS,
    flow,
    flow_frame,
    rule,
)
from tests.analysis.series import minute
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.hostile import Hostile
from vpcflow_core.analysis.security_groups.narrower import narrower_rules
from vpcflow_core.analysis.security_groups.replay import replayed
from vpcflow_core.inventory.tables import frame_of
from vpcflow_core.rulesets.tighten import proposal_of

Row = Mapping[str, Any]
FOE = Hostile({"198.51.100.9": "refused 500 times"})


def tables(rules: Sequence[Row]) -> tuple[pd.DataFrame, ...]:
    return (
        frame_of("interfaces", INTERFACES),
        frame_of("rules", rules),
        frame_of("prefix_lists", PREFIX_LISTS),
        frame_of("security_groups", GROUPS),
    )


def narrowed(flows: Sequence[Row], *rules: Row, hostile: Hostile = FOE) -> pd.DataFrame:
    return narrower_rules(flow_frame(flows), *tables(rules), hostile)


def said(frame: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Change, protocol, ports and source of each row."""
    names = ["change", "protocol", "ports", "source"]
    return [tuple(row) for row in frame[names].to_numpy().tolist()]  # type: ignore[misc]


def refused(flows: Sequence[Row], rules: Sequence[Row], proposed: pd.DataFrame) -> pd.DataFrame:
    groups = set(proposed["security_group_id"])
    return replayed(flow_frame(flows), *tables(rules), proposed, groups, FOE)


def test_an_open_rule_becomes_the_blocks_seen_without_hostile_sources() -> None:
    flows = [
        flow("eni-db", "203.0.113.4", 6, 22, 9),
        flow("eni-db", "203.0.113.5", 6, 22, 1),
        flow("eni-db", "198.51.100.9", 6, 22, 40),
    ]
    frame = narrowed(flows, rule(ports=22))
    assert said(frame) == [
        ("narrow", "tcp", "22", "203.0.113.4/31"),
    ]
    assert set(frame["why"]) == {"these blocks alone came through it"}
    assert frame["flows"].tolist() == [50]


def test_a_public_service_stays_open() -> None:
    flows = [flow("eni-web", f"{n}.7.{n}.7", 6, 443) for n in range(20, 60)]
    (row,) = narrowed(flows, rule("sg-web", ports=443)).to_dict("records")
    assert (row["change"], row["why"]) == ("keep", "it is used from all over")


def test_what_hostile_sources_alone_used_goes() -> None:
    flows = [flow("eni-db", "198.51.100.9", 6, 22, 40), flow("eni-db", "10.0.2.10", 6, 5432)]
    frame = narrowed(flows, rule(ports=22), rule(ports=5432, cidr="10.0.0.0/8"))
    assert said(frame) == [
        ("remove", "tcp", "22", "0.0.0.0/0"),
        ("keep", "tcp", "5432", "10.0.0.0/8"),
    ]


def test_a_range_of_ports_becomes_the_ports_used_and_all_traffic_its_protocols() -> None:
    flows = [
        flow("eni-db", "10.0.2.10", 6, 5432, 3),
        flow("eni-db", "10.0.2.10", 6, 9100, 1),
        flow("eni-db", "10.0.2.10", 1, 0, 1),
    ]
    frame = narrowed(
        flows,
        rule(ports=(1024, 65535), cidr="10.0.0.0/16"),
        rule("sg-admin", "-1", cidr="10.0.0.0/16"),
    )
    assert sorted(said(frame)) == [
        ("narrow", "icmp", "all", "10.0.0.0/16"),
        ("narrow", "tcp", "5432", "10.0.0.0/16"),
        ("narrow", "tcp", "5432", "10.0.0.0/16"),
        ("narrow", "tcp", "9100", "10.0.0.0/16"),
        ("narrow", "tcp", "9100", "10.0.0.0/16"),
    ]


def test_more_ports_than_ten_stay_a_range() -> None:
    flows = [flow("eni-db", "10.0.2.10", 6, 6000 + n) for n in range(11)]
    assert said(narrowed(flows, rule(ports=(1024, 65535), cidr="10.0.0.0/16"))) == [
        ("keep", "tcp", "1024-65535", "10.0.0.0/16")
    ]


def test_a_rule_is_not_called_unused_where_nothing_watches_or_it_cannot_be_read() -> None:
    flows = [flow("eni-db", "10.0.2.10", 6, 5432)]
    frame = narrowed(
        flows,
        rule(ports=5432, cidr="10.0.0.0/8"),
        rule(ports=1433, cidr="10.0.0.0/8"),
        rule("sg-web", ports=443),
        rule("sg-idle", ports=443),
        rule(prefix_list_id="pl-none"),
    )
    why = dict(zip(frame["rule_id"], zip(frame["change"], frame["why"], strict=True), strict=True))
    assert why[rule(ports=1433, cidr="10.0.0.0/8")["rule_id"]] == (
        "remove",
        "it let nothing through",
    )
    assert why[rule("sg-web", ports=443)["rule_id"]][1].startswith("no traffic of its group's")
    assert why[rule("sg-idle", ports=443)["rule_id"]] == (
        "keep",
        "its group is attached to nothing",
    )
    change, text = why[rule(prefix_list_id="pl-none")["rule_id"]]
    assert (change, text) == ("keep", "it cannot be judged: the blocks of pl-none are not known")


def test_a_replay_names_what_the_proposal_would_refuse_and_what_let_it_in() -> None:
    rules = [rule(ports=(1024, 65535), cidr="10.0.0.0/8"), rule("sg-admin", ports=22)]
    flows = [
        flow("eni-db", "10.0.2.10", 6, 5432, 5, first=minute(3), last=minute(9)),
        flow("eni-db", "10.0.2.10", 6, 5432, 2, first=minute(1), last=minute(5)),
        flow("eni-db", "10.0.2.10", 6, 9100, 7),
        flow("eni-db", "198.51.100.9", 6, 22, 4),  # by sg-admin, which is not proposed anew
        flow("eni-db", "10.0.2.10", 6, 80, 100),  # by no rule: not the proposal's matter
        flow("eni-db", "10.0.2.10", 6, 50000, 30, reply=True),
        flow("eni-web", "10.0.2.10", 6, 5432, 11),  # another group
    ]
    proposed = frame_of("rules", [rule(ports=9100, cidr="10.0.0.0/8")])
    frame = refused(flows, rules, proposed)
    (row,) = frame.to_dict("records")
    assert (row["way"], row["interface_id"], row["peer"]) == ("in", "eni-db", "10.0.2.10")
    assert (row["protocol"], row["port"], row["flows"], row["bytes"]) == ("tcp", 5432, 7, 700)
    assert (row["first"], row["last"]) == (minute(1), minute(9))
    assert row["let_through_by"] == "sg-db tcp 1024-65535 10.0.0.0/8"
    assert row["hostile"] == ""
    assert (frame.attrs["let_through"], frame.attrs["refused"]) == (18, 7)
    said_ = "7 of the 18 flows that rules let in would have been refused."
    assert notes_of(frame) == (said_,)


def test_another_groups_rule_still_lets_in() -> None:
    rules = [rule(ports=22), rule("sg-admin", ports=22, cidr="10.0.0.0/8")]
    proposed = frame_of("rules", [rule(ports=1, cidr="192.0.2.1/32")])
    flows = [flow("eni-db", "10.0.2.10", 6, 22, 3), flow("eni-db", "198.51.100.9", 6, 22, 4)]
    frame = refused(flows, rules, proposed)
    assert frame[["peer", "flows", "hostile"]].to_numpy().tolist() == [
        ["198.51.100.9", 4, "refused 500 times"]
    ]
    assert "all of them from sources that scanned" in notes_of(frame)[0]


def test_the_narrower_set_would_have_refused_hostile_sources_alone() -> None:
    flows = [
        flow("eni-db", source, protocol, port, 1 + number)
        for number, (source, protocol, port) in enumerate(
            (source, protocol, port)
            for source in ("203.0.113.4", "198.51.100.9", "10.0.2.10", "2001:db8::7")
            for protocol, port in ((6, 22), (6, 5432), (17, 53), (1, 0), (50, None))
        )
    ]
    rules = [
        rule(ports=22),
        rule(protocol="-1", cidr="::/0"),
        rule("sg-admin", "-1"),
        rule(protocol="udp", prefix_list_id="pl-1"),
        rule(ports=(1000, 6000), referenced_group_id="sg-app"),
    ]
    proposed = proposal_of(narrowed(flows, *rules))
    frame = refused(flows, rules, proposed)
    assert set(frame["peer"]) == {"198.51.100.9"}
    foes = sum(row["flows"] for row in flows if row["srcaddr"] == "198.51.100.9")
    assert frame.attrs["refused"] == foes
