"""Rules in use are those that plain loops over flows, rules and ipaddress find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.security_groups.usage_tables import (
    GROUPS,
    INTERFACES,
    flow_frame,
    rule,
)
from tests.analysis.series import START, minute
from vpcflow_core.analysis.security_groups.rules import Sources, inbound_rules
from vpcflow_core.analysis.security_groups.usage import UNEXPLAINED, rules_in_use
from vpcflow_core.inventory.tables import frame_of

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
@settings(max_examples=40)
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


@pytest.mark.slow
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
