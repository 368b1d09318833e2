"""Which flows a rule matches: by group, protocol, port and source."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.analysis.security_groups.usage_tables import (
    GROUPS,
    INTERFACES,
    flow,
    flow_frame,
    matched,
    rule,
    used,
)
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.usage import UNEXPLAINED, rules_in_use
from vpcflow_core.inventory.tables import frame_of


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
