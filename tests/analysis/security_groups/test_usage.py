"""Rules in use: the named cases, and the same by plain loops over flows, rules and ipaddress."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.series import START, minute
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.rules import Sources, inbound_rules
from vpcflow_core.analysis.security_groups.usage import UNEXPLAINED, rules_in_use
from vpcflow_core.inventory.tables import frame_of

COLUMNS = [
    "security_group_id", "group_name", "rule_id", "protocol", "ports", "source", "description",
    "flows", "bytes", "first", "last", "shared", "open", "seen_blocks", "seen_share", "attached",
]  # fmt: skip
INTERFACES = [
    {"interface_id": "eni-web", "addresses": ["10.0.0.10"], "security_group_ids": ["sg-web"]},
    {
        "interface_id": "eni-db",
        "addresses": ["10.0.1.10", "10.0.1.11", "2600:1f18::db"],
        "security_group_ids": ["sg-db", "sg-admin"],
    },
    {"interface_id": "eni-app", "addresses": ["10.0.2.10"], "security_group_ids": ["sg-app"]},
    {"interface_id": "eni-nat", "addresses": ["10.0.9.9"], "security_group_ids": []},
]
GROUPS = [
    {"security_group_id": "sg-web", "name": "web"},
    {"security_group_id": "sg-db", "name": "db"},
    {"security_group_id": "sg-admin"},
    {"security_group_id": "sg-app", "name": "app"},
    {"security_group_id": "sg-idle", "name": "idle"},
]
PREFIX_LISTS = [
    {"prefix_list_id": "pl-1", "name": "office", "cidrs": ["192.0.2.0/28", "2001:db8::/32"]}
]


def rule(
    group: str = "sg-db", protocol: str | None = "tcp", ports: Any = None, **source: Any
) -> dict[str, Any]:
    """One inbound rule, named after what makes it one."""
    low, high = ports if isinstance(ports, tuple) else (ports, ports)
    row = {
        "security_group_id": group,
        "egress": False,
        "protocol": protocol,
        "from_port": low,
        "to_port": high,
    }
    row |= source or {"cidr": "0.0.0.0/0"}
    return {"rule_id": "-".join(["sgr", *map(str, row.values())])} | row


def flow(
    interface: str,
    source: str | None,
    protocol: int | None,
    port: int | None,
    flows: int = 1,
    **more: Any,
) -> dict[str, Any]:
    row = {
        "interface_id": interface,
        "srcaddr": source,
        "protocol": protocol,
        "dstport": port,
        "flows": flows,
    }
    return row | {"bytes": 100 * flows, "first": START, "last": minute(1)} | more


def flow_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    names = list(flow("", None, None, None))
    frame = pd.DataFrame(rows, columns=None if rows else names)
    whole = dict.fromkeys(("protocol", "dstport", "flows", "bytes"), "Int64")
    times = dict.fromkeys(("first", "last"), "datetime64[us, UTC]")
    return frame.astype(whole | times)


def used(
    flows: Sequence[Mapping[str, Any]],
    rules: Sequence[Mapping[str, Any]],
    interfaces: Sequence[Mapping[str, Any]] = INTERFACES,
    prefix_lists: Sequence[Mapping[str, Any]] = PREFIX_LISTS,
    groups: Sequence[Mapping[str, Any]] = GROUPS,
) -> pd.DataFrame:
    return rules_in_use(
        flow_frame(flows),
        frame_of("interfaces", interfaces),
        frame_of("rules", rules),
        frame_of("prefix_lists", prefix_lists),
        frame_of("security_groups", groups),
    )


def matched(one: Mapping[str, Any], *flows: Mapping[str, Any], **tables: Any) -> int:
    """Flows that a single rule matched."""
    return int(used(flows, [one], **tables)["flows"].iloc[0])


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


def test_a_rule_matches_at_interfaces_of_its_group_alone() -> None:
    flows = [flow("eni-web", "10.0.2.10", 6, 5432), flow("eni-gone", "10.0.2.10", 6, 5432)]
    assert matched(rule("sg-db", ports=5432), *flows) == 0
    assert matched(rule("sg-web", ports=5432), *flows) == 1


@pytest.mark.parametrize(
    ("word", "number", "name"),
    [
        ("tcp", 6, "tcp"), ("6", 6, "tcp"), ("udp", 17, "udp"), ("icmp", 1, "icmp"), ("1", 1, "icmp"),
        ("icmpv6", 58, "icmpv6"), ("58", 58, "icmpv6"), ("50", 50, "esp"), ("200", 200, "200"),
    ],
)  # fmt: skip
def test_protocols_match_by_word_and_number(word: str, number: int, name: str) -> None:
    flows = [
        flow("eni-db", "192.0.2.1", p, 443, 1) for p in (6, 17, 1, 58, 50, 200, None) if p != number
    ]
    assert matched(rule(protocol=word), *flows) == 0
    assert matched(rule(protocol=word), *flows, flow("eni-db", "192.0.2.1", number, 443, 9)) == 9
    assert used([], [rule(protocol=word)])["protocol"].tolist() == [name]


def test_minus_one_matches_every_protocol_and_port() -> None:
    flows = [
        flow("eni-db", "192.0.2.1", p, port)
        for p in (6, 17, 1, 50, None)
        for port in (0, 443, None)
    ]
    frame = used(flows, [rule(protocol="-1", ports=(443, 443))])
    assert frame[["protocol", "ports", "flows"]].to_numpy().tolist() == [["all", "all", 15]]


def test_ports_match_from_first_to_last() -> None:
    for port, wanted in ((1023, 0), (1024, 1), (2000, 1), (65535, 1), (None, 0)):
        assert matched(rule(ports=(1024, 65535)), flow("eni-db", "192.0.2.1", 6, port)) == wanted
    assert used([], [rule(ports=(1024, 65535))])["ports"].tolist() == ["1024-65535"]


@pytest.mark.parametrize("ports", [None, -1, (0, 65535)])
def test_no_port_or_minus_one_means_all_ports(ports: Any) -> None:
    frame = used(
        [flow("eni-db", "192.0.2.1", 6, port) for port in (0, 1, 65535)], [rule(ports=ports)]
    )
    assert frame[["ports", "flows"]].to_numpy().tolist() == [["all", 3]]


def test_ports_mean_nothing_to_other_protocols() -> None:
    flows = [flow("eni-db", "192.0.2.1", 50, 0)]
    assert matched(rule(protocol="50", ports=(100, 200)), *flows) == 1


def test_icmp_matches_by_protocol_whatever_type_the_rule_names() -> None:
    frame = used([flow("eni-db", "192.0.2.1", 1, 0)], [rule(protocol="icmp", ports=(8, -1))])
    assert frame[["ports", "flows"]].to_numpy().tolist() == [["type 8", 1]]
    assert any("ICMP" in note for note in notes_of(frame))
    assert used([], [rule(protocol="icmp", ports=(3, 4))])["ports"].tolist() == ["type 3 code 4"]
    assert used([], [rule(protocol="icmp", ports=-1)])["ports"].tolist() == ["all"]


def test_ipv4_and_ipv6_are_apart() -> None:
    four, six = flow("eni-db", "192.0.2.1", 6, 443), flow("eni-db", "2001:db8::1", 6, 443, 3)
    mapped = flow("eni-db", "::ffff:192.0.2.1", 6, 443, 10)
    assert matched(rule(cidr="0.0.0.0/0"), four, six, mapped) == 1
    assert matched(rule(cidr="::/0"), four, six, mapped) == 13
    assert matched(rule(cidr="2001:db8::1/128"), four, six) == 3


def test_an_address_matches_in_any_spelling() -> None:
    assert matched(rule(cidr="2001:db8::/64"), flow("eni-db", "2001:0DB8:0:0:0:0:0:1", 6, 443)) == 1


def test_a_prefix_list_means_any_of_its_blocks() -> None:
    flows = [
        flow("eni-db", a, 6, 443) for a in ("192.0.2.1", "192.0.2.16", "2001:db8::1", "2001:db9::1")
    ]
    frame = used(flows, [rule(prefix_list_id="pl-1")])
    assert frame[["source", "flows"]].to_numpy().tolist() == [["pl-1 (office)", 2]]


def test_overlapping_blocks_of_a_list_count_once() -> None:
    lists = [{"prefix_list_id": "pl-1", "cidrs": ["10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16"]}]
    assert (
        matched(
            rule(prefix_list_id="pl-1"), flow("eni-db", "10.1.0.1", 6, 1, 5), prefix_lists=lists
        )
        == 5
    )


def test_an_empty_prefix_list_lets_nothing_in() -> None:
    lists = [{"prefix_list_id": "pl-1", "cidrs": []}]
    assert (
        matched(rule(prefix_list_id="pl-1"), flow("eni-db", "10.1.0.1", 6, 1), prefix_lists=lists)
        == 0
    )


def test_a_referenced_group_means_the_private_addresses_of_its_interfaces() -> None:
    app = INTERFACES[2] | {
        "addresses": ["10.0.2.10", "10.0.2.11", "2600:1f18::a"],
        "public_addresses": ["198.51.100.7"],
    }
    seen = ("10.0.2.10", "10.0.2.11", "2600:1f18::a", "198.51.100.7", "10.0.2.12")
    flows = [flow("eni-db", address, 6, 5432) for address in seen]
    frame = used(flows, [rule(referenced_group_id="sg-app")], interfaces=[*INTERFACES[:2], app])
    assert frame[["source", "flows"]].to_numpy().tolist() == [["sg-app (app)", 3]]


def test_a_delegated_prefix_of_an_interface_belongs_to_its_groups() -> None:
    node = INTERFACES[2] | {"addresses": ["10.0.2.10", "10.0.7.16/28"]}
    flows = [flow("eni-db", address, 6, 5432) for address in ("10.0.7.17", "10.0.7.32")]
    assert (
        matched(rule(referenced_group_id="sg-app"), *flows, interfaces=[*INTERFACES[:2], node]) == 1
    )


def test_a_group_may_reference_itself() -> None:
    twin = INTERFACES[1] | {"interface_id": "eni-db2", "addresses": ["10.0.1.20"]}
    flows = [flow("eni-db", "10.0.1.20", 6, 5432)]
    assert matched(rule(referenced_group_id="sg-db"), *flows, interfaces=[*INTERFACES, twin]) == 1


def test_what_the_interface_sent_is_no_inbound_flow() -> None:
    sent, came = flow("eni-db", "10.0.1.11", 6, 5432, 5), flow("eni-web", "10.0.1.11", 6, 5432, 2)
    frame = used([sent, came], [rule("sg-db", "-1"), rule("sg-web", "-1")]).set_index(
        "security_group_id"
    )
    assert frame["flows"].to_dict() == {"sg-db": 0, "sg-web": 2}
    assert frame.attrs[UNEXPLAINED]["total"] == 2


def test_a_group_of_another_account_is_found_by_its_id() -> None:
    other = frame_of(
        "interfaces",
        [
            {
                "interface_id": "eni-far",
                "addresses": ["172.16.0.1"],
                "security_group_ids": ["sg-far"],
            }
        ],
    )
    frame = rules_in_use(
        flow_frame([flow("eni-db", "172.16.0.1", 6, 5432)]),
        pd.concat(
            [
                frame_of("interfaces", INTERFACES).assign(account_id="1"),
                other.assign(account_id="2"),
            ]
        ),
        frame_of("rules", [rule(referenced_group_id="sg-far")]).assign(account_id="1"),
        frame_of("prefix_lists").assign(account_id="1"),
        frame_of("security_groups", GROUPS).assign(account_id="1"),
    )
    assert frame[["source", "flows"]].to_numpy().tolist() == [["sg-far", 1]]


def test_a_referenced_group_without_interfaces_lets_nothing_in() -> None:
    assert matched(rule(referenced_group_id="sg-idle"), flow("eni-db", "10.0.2.10", 6, 1)) == 0


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


def test_answers_are_told_by_source_ports_where_these_are_given() -> None:
    rows = [
        flow("eni-db", "10.0.2.10", 6, 50000, 5, srcport=443),
        flow("eni-db", "10.0.2.10", 6, 5432, 2, srcport=50000),
    ]
    frame = used(rows, [rule("sg-db", "-1")])
    assert frame["flows"].tolist() == [2]
    assert not any("Without source ports" in note for note in notes_of(frame))


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

    assert at(5) == {"same": 1, "new": 0}
    assert at(100) == {"same": 0, "new": 0}
    frame = rules_in_use(flow_frame([]), interfaces, *rest).set_index("rule_id")
    assert frame["attached"].to_dict() == {"same": 0, "new": 1}
    assert frame.loc["same", ["ports", "group_name"]].tolist() == ["443", "old"]
    assert frame.loc["new", "source"] == "sg-old (old)"


# The same by plain loops.

ADDRESSES = [
    "10.0.0.1", "10.0.0.2", "10.0.1.1", "10.255.0.1", "192.0.2.1", "0.0.0.0", "255.255.255.255",
    "2001:db8::1", "2001:db8:1::1", "::", "::ffff:10.0.0.1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]  # fmt: skip
BLOCKS = [
    "10.0.0.0/24", "10.0.0.0/8", "10.0.0.1/32", "0.0.0.0/0", "::/0", "2001:db8::/48", "192.0.2.0/31",
    "128.0.0.0/1", "::/128", "bad", "10.0.0.0/99",
]  # fmt: skip
SG = ["sg-1", "sg-2", "sg-3"]
some_groups = st.lists(st.sampled_from(SG), max_size=3, unique=True)
some_interfaces = st.lists(
    st.fixed_dictionaries({
        "interface_id": st.sampled_from(["eni-1", "eni-2", "eni-3"]),
        "addresses": st.lists(st.sampled_from(ADDRESSES), max_size=3),
        "security_group_ids": some_groups,
    }),
    max_size=3,
    unique_by=lambda row: row["interface_id"],
)  # fmt: skip
some_sources = st.one_of(
    st.fixed_dictionaries({"cidr": st.sampled_from(BLOCKS)}),
    st.fixed_dictionaries({"prefix_list_id": st.sampled_from(["pl-1", "pl-2", "pl-none"])}),
    st.fixed_dictionaries({"referenced_group_id": st.sampled_from([*SG, "sg-none"])}),
)
some_rules = st.lists(
    st.builds(
        lambda group, protocol, low, high, source: {
            "security_group_id": group, "egress": False, "protocol": protocol, "from_port": low, "to_port": high,
        } | source,
        st.sampled_from(SG),
        st.sampled_from(["tcp", "6", "udp", "icmp", "-1", "50", "nope"]),
        st.sampled_from([None, -1, 0, 22, 443]),
        st.sampled_from([None, -1, 22, 443, 65535]),
        some_sources,
    ),
    max_size=8,
)  # fmt: skip
some_flows = st.lists(
    st.fixed_dictionaries({
        "interface_id": st.sampled_from(["eni-1", "eni-2", "eni-9"]),
        "srcaddr": st.sampled_from([*ADDRESSES, None, "junk"]),
        "protocol": st.sampled_from([1, 6, 17, 50, None]),
        "dstport": st.sampled_from([0, 22, 443, 60000, None]),
        "flows": st.integers(1, 5),
        "bytes": st.integers(0, 9),
        "first": st.integers(0, 9).map(minute),
        "last": st.integers(10, 19).map(minute),
        "security_group_ids": st.none() | some_groups,
        "reply": st.booleans(),
    }),
    max_size=12,
)  # fmt: skip


def inside(address: Any, block: str) -> bool:
    try:
        return ip_address(address) in ip_network(block)
    except ValueError:
        return False


def lets_in(
    one: Mapping[str, Any], seen: Mapping[str, Any], interfaces: Any, lists: Mapping[str, list[str]]
) -> bool:
    """The definition, for one rule and one row of flows."""
    table = [
        i["security_group_ids"] for i in interfaces if i["interface_id"] == seen["interface_id"]
    ]
    if (
        one["security_group_id"]
        not in (seen["security_group_ids"] or [one for row in table for one in row])
        or seen["reply"]
    ):
        return False
    wanted = {"tcp": 6, "6": 6, "udp": 17, "icmp": 1, "-1": None, "50": 50}[one["protocol"]]
    if wanted is not None and seen["protocol"] != wanted:
        return False
    ends = one["from_port"], one["to_port"]
    named = wanted in (6, 17) and not {None, -1} & set(ends) and ends != (0, 65535)
    if named and (seen["dstport"] is None or not ends[0] <= seen["dstport"] <= ends[1]):
        return False
    if "cidr" in one:
        return inside(seen["srcaddr"], one["cidr"])
    if "prefix_list_id" in one:
        return any(inside(seen["srcaddr"], block) for block in lists[one["prefix_list_id"]])
    members = [
        i["addresses"] for i in interfaces if one["referenced_group_id"] in i["security_group_ids"]
    ]
    return any(
        inside(seen["srcaddr"], address) for address in [one for row in members for one in row]
    )


@pytest.mark.slow
@given(
    flows=some_flows,
    rules=some_rules,
    interfaces=some_interfaces,
    blocks=st.lists(st.sampled_from(BLOCKS), max_size=3),
)
def test_the_counts_are_those_of_the_slow_computation(
    flows: Any, rules: Any, interfaces: Any, blocks: Any
) -> None:
    rules = [{"rule_id": f"sgr-{n}"} | row for n, row in enumerate(rules)]
    own = {(i["interface_id"], address) for i in interfaces for address in i["addresses"]}
    lists = {"pl-1": blocks, "pl-2": ["10.0.0.0/8", "::/1"]}
    tables = (
        frame_of("interfaces", interfaces),
        frame_of("rules", rules),
        frame_of("prefix_lists", [{"prefix_list_id": k, "cidrs": v} for k, v in lists.items()]),
        frame_of("security_groups", [{"security_group_id": group} for group in SG]),
    )
    frame = rules_in_use(flow_frame(flows), *tables)
    flows = [seen for seen in flows if (seen["interface_id"], seen["srcaddr"]) not in own]
    read = inbound_rules(tables[1], Sources.of(tables[0], *tables[2:]))
    unread = {one.rule_id for one in read if one.unread}
    hits = {
        one["rule_id"]: [n for n, seen in enumerate(flows) if lets_in(one, seen, interfaces, lists)]
        for one in rules
        if one["rule_id"] not in unread
    }
    assert set(frame["rule_id"]) == {one["rule_id"] for one in rules}
    for row in frame.to_dict("records"):
        if row["rule_id"] in unread:
            assert pd.isna(row["flows"])
            continue
        mine = hits[row["rule_id"]]
        others = {n for name, rows in hits.items() if name != row["rule_id"] for n in rows}
        assert row["flows"] == sum(flows[n]["flows"] for n in mine)
        assert row["bytes"] == sum(flows[n]["bytes"] for n in mine)
        assert row["shared"] == sum(flows[n]["flows"] for n in mine if n in others)
        assert moment(row["first"]) == min((flows[n]["first"] for n in mine), default=None)
        assert moment(row["last"]) == max((flows[n]["last"] for n in mine), default=None)
        covered = [
            flows[n]
            for n in mine
            if any(inside(flows[n]["srcaddr"], b) for b in row["seen_blocks"].split(", "))
        ]
        if row["open"] and mine:
            assert row["seen_share"] == pytest.approx(
                100 * sum(seen["flows"] for seen in covered) / row["flows"]
            )
    counts = frame.attrs[UNEXPLAINED]
    matched_rows = {n for rows in hits.values() for n in rows}
    assert counts["total"] == sum(seen["flows"] for seen in flows)
    assert counts["replies"] == sum(seen["flows"] for seen in flows if seen["reply"])
    left = [
        seen["flows"] for n, seen in enumerate(flows) if n not in matched_rows and not seen["reply"]
    ]
    assert (
        counts["unmatched"]
        == sum(left)
        == counts["groupless"] + counts["high_ports"] + counts["other"]
    )


def moment(value: Any) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime() + timedelta(0)


def test_a_hundred_thousand_flows_and_a_thousand_rules_agree_with_a_sample_by_loops() -> None:
    chance = np.random.default_rng(7)
    count = 100_000
    octets = chance.integers(0, 256, (count, 2))
    flows = pd.DataFrame({
        "interface_id": chance.choice(["eni-web", "eni-db", "eni-app"], count),
        "srcaddr": [f"10.0.{a}.{b}" for a, b in octets],
        "protocol": chance.choice([6, 17], count),
        "dstport": chance.choice([22, 80, 443, 5432], count),
        "flows": 1, "bytes": 1, "first": START, "last": minute(1),
    })  # fmt: skip
    rules = [
        rule(group, "tcp", port, cidr=f"10.0.{block}.0/24")
        for group in ("sg-web", "sg-db", "sg-app")
        for port in (22, 443)
        for block in range(0, 256, 2)
    ]
    frame = rules_in_use(
        flows, frame_of("interfaces", INTERFACES), frame_of("rules", rules),
        frame_of("prefix_lists"), frame_of("security_groups", GROUPS),
    ).set_index("rule_id")  # fmt: skip
    for one in rules[::97]:
        group = {"sg-web": "eni-web", "sg-db": "eni-db", "sg-app": "eni-app"}[
            one["security_group_id"]
        ]
        prefix = one["cidr"].removesuffix("0/24")
        mine = (
            (flows["interface_id"] == group)
            & (flows["protocol"] == 6)
            & (flows["dstport"] == one["from_port"])
        )
        assert (
            frame.loc[one["rule_id"], "flows"]
            == (mine & flows["srcaddr"].str.startswith(prefix)).sum()
        )
