"""Why a connection was refused: designed cases of each cause, judged by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.acl_usage import entries_in_use
from vpcflow_core.analysis.security_groups.acls import TYPED, UNKNOWN, Packets, deciding
from vpcflow_core.analysis.security_groups.refusals import why_refused
from vpcflow_core.inventory.tables import Kind, frame_of

NOON = pd.Timestamp("2026-11-02T12:00Z")
MINUTE = pd.Timedelta(minutes=1)
WEB, PEER, SIBLING = "10.0.0.10", "203.0.113.9", "10.0.0.99"
WEB6, PEER6 = "2001:db8:a::10", "2001:db8:f::9"
ALLOW_ALL = ["in 100 allow -1 all 0.0.0.0/0", "out 100 allow -1 all 0.0.0.0/0"]
ALLOW_ALL6 = ["in 101 allow -1 all ::/0", "out 101 allow -1 all ::/0"]
Row = dict[str, Any]


def rule(id: str, protocol: str, ports: tuple[int, int] | None, **end: Any) -> Row:
    low, high = ports or (-1, -1)
    given = {"rule_id": id, "security_group_id": "sg-web", "egress": False, "protocol": protocol}
    return given | {"from_port": low, "to_port": high} | end


ANY_OUT = rule("out-all", "-1", None, cidr="0.0.0.0/0", egress=True)


def known(
    rules: list[Row], entries: list[str] | None = ALLOW_ALL, **more: list[Row]
) -> dict[Kind, pd.DataFrame]:
    """A web server in a subnet of its VPC, a second interface of group sg-app elsewhere."""
    interfaces = [
        {"interface_id": "eni-web", "subnet_id": "subnet-a", "addresses": [WEB, WEB6],
         "security_group_ids": ["sg-web"]},
        {"interface_id": "eni-nat", "subnet_id": "subnet-a", "addresses": ["10.0.0.50"]},
        {"interface_id": "eni-app", "subnet_id": "subnet-b", "addresses": ["10.0.7.7"],
         "security_group_ids": ["sg-app"]},
    ]  # fmt: skip
    acl = {"network_acl_id": "acl-1", "name": "public", "subnet_ids": ["subnet-a"]}
    tables: dict[Kind, list[Row]] = {
        "interfaces": interfaces,
        "rules": rules,
        "security_groups": [
            {"security_group_id": "sg-web", "name": "web"},
            {"security_group_id": "sg-app", "name": "app"},
        ],
        "prefix_lists": more.get("prefix_lists", []),
        "subnets": [{"subnet_id": "subnet-a", "cidrs": ["10.0.0.0/24", "2001:db8:a::/64"]}],
        "network_acls": [] if entries is None else [acl | {"entries": entries}],
    }
    return {kind: frame_of(kind, rows) for kind, rows in tables.items()}


def refused(source: str, target: str, port: int | None, **more: Any) -> Row:
    given = {
        "interface_id": "eni-web", "srcaddr": source, "srcport": 50000, "dstaddr": target,
        "dstport": port, "protocol": 6, "period": 0, "reject_reason": None, "flow_direction": None,
        "flows": 1, "bytes": 40, "first": NOON, "last": NOON + MINUTE, "opens": 0, "flagged": 0,
        "same_since": pd.NaT, "same_until": pd.NaT, "back_since": pd.NaT, "back_until": pd.NaT,
    }  # fmt: skip
    return given | more


def seen(side: str, at: pd.Timestamp = NOON - MINUTE) -> Row:
    """The connection was let through before, the same way or back."""
    return {f"{side}_since": at, f"{side}_until": at}


def why(row: Row, tables: dict[Kind, pd.DataFrame]) -> Row:
    [found] = why_refused(pd.DataFrame([row]), tables).to_dict("records")
    return found


HTTPS = rule("https", "tcp", (443, 443), cidr="0.0.0.0/0")
OFFICES: dict[str, list[Row]] = {
    "prefix_lists": [{"prefix_list_id": "pl-1", "name": "offices", "cidrs": ["198.51.100.0/24"]}]
}


@pytest.mark.parametrize(
    ("rules", "row", "missing"),
    [
        ([HTTPS], refused(PEER, WEB, 22), "inbound tcp 22 from 203.0.113.9"),
        ([HTTPS], refused(PEER, WEB, 443, protocol=17), "inbound udp 443 from 203.0.113.9"),
        ([HTTPS], refused(PEER6, WEB6, 443), f"inbound tcp 443 from {PEER6}"),
        ([HTTPS], refused(PEER, WEB, None, protocol=1), "inbound icmp from 203.0.113.9"),
        ([HTTPS], refused(PEER, WEB, None, protocol=47), "inbound gre from 203.0.113.9"),
        (
            [rule("high", "tcp", (8000, 8099), cidr="0.0.0.0/0")],
            refused(PEER, WEB, 8100),
            "inbound tcp 8100 from 203.0.113.9",
        ),
        (
            [rule("app", "tcp", (5432, 5432), referenced_group_id="sg-app")],
            refused("10.0.7.8", WEB, 5432),
            "inbound tcp 5432 from 10.0.7.8",
        ),
        (
            [rule("office", "tcp", (22, 22), prefix_list_id="pl-1")],
            refused(PEER, WEB, 22),
            "inbound tcp 22 from 203.0.113.9",
        ),
        (
            [rule("only", "tcp", (443, 443), cidr="10.0.0.0/8", egress=True)],
            refused(WEB, PEER, 443),
            "outbound tcp 443 to 203.0.113.9",
        ),
    ],
)
def test_a_rule_is_missing(rules: list[Row], row: Row, missing: str) -> None:
    found = why(row, known(rules, [*ALLOW_ALL, *ALLOW_ALL6], **OFFICES))
    assert (found["cause"], found["missing_rule"]) == ("no rule", missing)


def test_the_rule_that_is_nearest_is_named() -> None:
    rules = [HTTPS, rule("office", "tcp", (22, 22), prefix_list_id="pl-1")]
    found = why(refused(PEER, WEB, 22), known(rules, **OFFICES))
    assert found["why"] == (
        "No inbound rule of sg-web (web) lets it through. "
        "office of sg-web is for tcp 22, but from pl-1 (offices)."
    )


@pytest.mark.parametrize(
    ("entries", "row", "words"),
    [
        # The first entry that matches decides, whatever later ones say.
        (
            ["in 90 deny 6 443-443 203.0.113.0/24", *ALLOW_ALL],
            refused(PEER, WEB, 443),
            "The inbound entry 90 of acl-1 (public) refuses tcp 443 from 203.0.113.0/24.",
        ),
        (
            ["in 100 allow 6 80-80 0.0.0.0/0", "in 32767 deny -1 all 0.0.0.0/0"],
            refused(PEER, WEB, 443),
            "The inbound entry 32767",
        ),
        (
            ["in 100 allow 6 80-80 0.0.0.0/0"],
            refused(PEER, WEB, 443),
            "No inbound entry of acl-1 (public) allows it: the last one (*) refuses the rest.",
        ),
        # Entries for IPv4 say nothing of IPv6.
        (ALLOW_ALL, refused(PEER6, WEB6, 443), "No inbound entry of acl-1 (public) allows it"),
        (
            ["out 80 deny -1 all 203.0.113.0/24", *ALLOW_ALL],
            refused(WEB, PEER, 443),
            "The outbound entry 80 of acl-1 (public) refuses all to 203.0.113.0/24.",
        ),
    ],
)
def test_a_network_acl_refuses(entries: list[str], row: Row, words: str) -> None:
    rules = [HTTPS, rule("https6", "tcp", (443, 443), cidr="::/0"), ANY_OUT]
    found = why(row, known(rules, entries))
    assert found["cause"] == "network ACL"
    expected = "No inbound entry of acl-1 (public) allows it" if "32767" in words else words
    assert found["why"].startswith(expected)
    assert found["missing_rule"] == ""


def test_where_both_refuse_both_are_said_the_first_met_as_the_cause() -> None:
    """In: the network ACL, then the groups; out: the other way round."""
    tables = known([HTTPS], ["in 90 deny 6 22-22 0.0.0.0/0", "in 100 allow -1 all 0.0.0.0/0"])
    inbound, outbound = why(refused(PEER, WEB, 22), tables), why(refused(WEB, PEER, 25), tables)
    assert inbound["cause"] == "network ACL"
    assert inbound["why"].endswith("No inbound rule of its groups lets it through either.")
    assert inbound["missing_rule"] == "inbound tcp 22 from 203.0.113.9"
    assert outbound["cause"] == "no rule"
    assert outbound["why"].endswith("No outbound entry of acl-1 (public) allows it: "
                                    "the last one (*) refuses the rest.")  # fmt: skip


@pytest.mark.parametrize(
    ("row", "entries", "port"),
    [
        # What the server answers to a client's ephemeral port.
        (refused(WEB, PEER, 50000, srcport=443), ["in 100 allow -1 all 0.0.0.0/0"], 443),
        # What comes back of what the interface itself asked for.
        (refused(PEER, WEB, 50000, srcport=443), ["out 100 allow -1 all 0.0.0.0/0"], 443),
    ],
)
def test_a_network_acl_refuses_the_way_back(row: Row, entries: list[str], port: int) -> None:
    found = why(row | seen("back"), known([HTTPS, ANY_OUT], entries))
    assert (found["cause"], found["port"], found["missing_rule"]) == (
        "network ACL, way back", port, "",
    )  # fmt: skip
    assert "answers a connection that was let through" in found["why"]


def test_an_answer_needs_no_rule_of_a_group() -> None:
    """Refused all the same, though the network ACL allows it: the connection had ended."""
    found = why(refused(PEER, WEB, 50000, srcport=443) | seen("back"), known([HTTPS]))
    assert (found["cause"], found["port"]) == ("late packet", 443)


@pytest.mark.parametrize(
    ("same", "back", "opens", "cause", "port"),
    [
        (-2, -1, 0, "no rule", 50000),  # the interface's own end asked: a rule is needed
        (-1, -2, 0, "late packet", 443),  # it answers
        (-1, -1, 0, "late packet", 443),  # of one minute: the lower port serves
        (-1, -2, 1, "no rule", 50000),  # a SYN opens a connection of its own
    ],
)
def test_who_spoke_first_opened_the_connection(
    same: int, back: int, opens: int, cause: str, port: int
) -> None:
    both = seen("same", NOON + same * MINUTE) | seen("back", NOON + back * MINUTE)
    row = refused(PEER, WEB, 50000, srcport=443, opens=opens, flagged=1) | both
    found = why(row, known([HTTPS]))
    assert (found["cause"], found["port"]) == (cause, port)


def test_a_packet_of_a_connection_that_was_let_through_is_late() -> None:
    found = why(refused(PEER, WEB, 443) | seen("same"), known([HTTPS]))
    assert found["cause"] == "late packet"
    assert found["why"].startswith("It came after its connection")


def test_a_packet_that_opens_no_connection_is_late_where_rules_let_it_through() -> None:
    found = why(refused(PEER, WEB, 443, flagged=1), known([HTTPS]))
    assert found["cause"] == "late packet"
    assert "no SYN" in found["why"]
    opening = why(refused(PEER, WEB, 443, flagged=1, opens=1), known([HTTPS]))
    assert opening["cause"] == "not known"
    assert opening["why"].startswith("Groups and network ACL, as snapshots have them, let it")


def test_what_is_let_through_only_later_makes_nothing_late() -> None:
    found = why(refused(PEER, WEB, 22) | seen("same", NOON + MINUTE), known([HTTPS]))
    assert found["cause"] == "no rule"


def test_within_a_subnet_there_is_no_network_acl() -> None:
    tables = known([HTTPS], ["in 90 deny -1 all 0.0.0.0/0"])
    assert why(refused(SIBLING, WEB, 22), tables)["cause"] == "no rule"
    assert why(refused(SIBLING, WEB, 22), tables)["why"].count("acl-1") == 0


@pytest.mark.parametrize(("reason", "cause"), [("BPA", "Block Public Access"),
                                               ("EC", "encryption controls")])  # fmt: skip
def test_a_reason_in_the_log_comes_first(reason: str, cause: str) -> None:
    assert why(refused(PEER, WEB, 22, reject_reason=reason), known([HTTPS]))["cause"] == cause


@pytest.mark.parametrize(
    ("row", "rules", "entries", "words"),
    [
        (refused(PEER, WEB, 22, interface_id="eni-x"), [HTTPS], ALLOW_ALL, "No snapshot of EC2"),
        (refused(PEER, "10.9.9.9", 22), [HTTPS], ALLOW_ALL, "Neither end is an address"),
        (
            refused(PEER, "10.0.0.50", 22, interface_id="eni-nat"),
            [HTTPS],
            ALLOW_ALL,
            "The interface has no security group, and the network ACL lets it through",
        ),
        (refused(PEER, WEB, 443), [HTTPS], None, "Its groups do not refuse it, and no snapshot"),
        (
            refused(PEER, WEB, None, protocol=1),
            [rule("ping", "icmp", (8, -1), cidr="0.0.0.0/0")],
            ALLOW_ALL,
            "It hangs on the type of ICMP",
        ),
        (
            refused(PEER, WEB, None, protocol=1),
            [rule("icmp", "icmp", None, cidr="0.0.0.0/0")],
            ["in 90 deny 1 8:-1 0.0.0.0/0", *ALLOW_ALL],
            "It hangs on the type of ICMP",
        ),
        (
            refused(PEER, WEB, 22),
            [rule("list", "tcp", (22, 22), prefix_list_id="pl-unknown")],
            ALLOW_ALL,
            "A rule that could let it through cannot be read",
        ),
        (refused(PEER, WEB, 50000, srcport=443, flagged=2), [HTTPS], ALLOW_ALL, "Its packets open"),
    ],
)
def test_what_cannot_be_known_says_why(
    row: Row, rules: list[Row], entries: list[str] | None, words: str
) -> None:
    found = why(row, known(rules, entries))
    assert (found["cause"], found["missing_rule"]) == ("not known", "")
    assert found["why"].startswith(words)


def test_flow_direction_says_which_way_traffic_of_others_goes() -> None:
    """As at a NAT gateway, whose packets have neither end at the interface."""
    row = refused(PEER, "10.9.9.9", 22, flow_direction="ingress")
    assert why(row, known([HTTPS]))["way"] == "in"


def test_groups_that_are_unread_refuse_nothing_for_certain_but_missing_rules_do() -> None:
    """A certain cause stands, although the network ACL is not known."""
    assert why(refused(PEER, WEB, 22), known([HTTPS], None))["cause"] == "no rule"


def test_alike_refusals_are_one_row_and_causes_add_up() -> None:
    rows = [refused(f"203.0.113.{n}", WEB, 22, flows=n) for n in range(1, 5)]
    rows += [refused(PEER, WEB, 443, flows=5) | seen("same")]
    frame = why_refused(pd.DataFrame(rows), known([HTTPS]))
    shown = frame[["cause", "peer", "peers", "flows", "missing_rule"]].to_dict("records")
    assert shown == [
        {"cause": "no rule", "peer": "203.0.113.1", "peers": 4, "flows": 10,
         "missing_rule": "inbound tcp 22 from 4 addresses"},
        {"cause": "late packet", "peer": PEER, "peers": 1, "flows": 5, "missing_rule": ""},
    ]  # fmt: skip
    assert notes_of(frame) == (
        "Of 15 refused flows, by cause: no rule: 10 (67 %), late packet: 5 (33 %).",
    )
    assert len(why_refused(pd.DataFrame(rows), known([HTTPS]), 1)) == 1


def test_nothing_refused_is_an_empty_table() -> None:
    empty = pd.DataFrame([refused(PEER, WEB, 22)]).head(0)
    assert why_refused(empty, known([HTTPS])).empty


def test_groups_rules_and_acls_are_those_of_the_time() -> None:
    tables = known([HTTPS])
    times = {"since": NOON, "until": NOON + 60 * MINUTE, "first_seen": NOON,
             "last_seen": NOON + 60 * MINUTE, "gone": False}  # fmt: skip
    before = {"since": NOON - 60 * MINUTE, "until": NOON, "first_seen": NOON - 60 * MINUTE,
              "last_seen": NOON, "gone": False}  # fmt: skip
    old = tables["network_acls"].assign(**before)
    new = old.assign(**times, entries=[["in 1 deny -1 all 0.0.0.0/0"]])
    tables["network_acls"] = pd.concat([old, new], ignore_index=True)
    earlier = refused(PEER, WEB, 22, first=NOON - MINUTE, last=NOON - MINUTE)
    assert why(earlier, tables)["cause"] == "no rule"
    assert why(refused(PEER, WEB, 22), tables)["cause"] == "network ACL"


def test_an_entry_for_some_types_of_icmp_matters_only_where_it_would_change_the_answer() -> None:
    entries = ["in 90 allow 1 8:-1 0.0.0.0/0", "in 100 allow 1 all 0.0.0.0/0"]
    tables = known([HTTPS], entries)
    packets = Packets(
        np.array(["subnet-a", "subnet-a", "subnet-z"], dtype=object),
        np.array([False, True, False]),
        pd.Series([PEER, PEER, PEER]),
        np.array([1, 1, 1]),
        np.array([-1, -1, -1]),
        np.array([NOON.tz_localize(None).to_datetime64()] * 3),
    )
    found, decided = deciding(tables["network_acls"], packets)
    assert found[decided[0]].number == 100
    assert found[decided[1]].number == 32767
    assert decided[2] == UNKNOWN
    assert TYPED not in decided


def passing(source: str, target: str, port: int, flows: int, action: str = "ACCEPT") -> Row:
    return {"interface_id": "eni-web", "srcaddr": source, "dstaddr": target, "protocol": 6,
            "dstport": port, "action": action, "flows": flows, "bytes": 10 * flows,
            "first": NOON, "last": NOON + MINUTE}  # fmt: skip


def test_entries_of_network_acls_count_what_they_decided_each_way_by_itself() -> None:
    entries = [
        "in 90 deny 6 22-22 0.0.0.0/0",
        "in 100 allow 6 443-443 0.0.0.0/0",
        "in 110 allow 17 53-53 10.0.0.0/8",
        "in 32767 deny -1 all 0.0.0.0/0",
        "out 100 allow -1 all 0.0.0.0/0",
    ]
    flows = [
        passing(PEER, WEB, 443, 7),
        passing(WEB, PEER, 50000, 6),  # the answers of 443
        passing(PEER, WEB, 443, 2, "REJECT"),  # entry 100 allows it: a group refused
        passing(PEER, WEB, 22, 3, "REJECT"),
        passing(PEER, WEB, 25, 4, "REJECT"),
        passing(SIBLING, WEB, 22, 9),  # within the subnet
    ]
    frame = entries_in_use(pd.DataFrame(flows), known([HTTPS], entries))
    shown = frame[["way", "number", "decision", "protocol", "ports", "flows"]]
    assert list(shown.itertuples(index=False, name=None)) == [
        ("in", "110", "allow", "udp", "53", 0),
        ("in", "100", "allow", "tcp", "443", 7),
        ("out", "100", "allow", "all", "all", 6),
        ("in", "*", "deny", "all", "all", 4),
        ("in", "90", "deny", "tcp", "22", 3),
    ]
    assert frame["bytes"].tolist() == [0, 70, 60, 40, 30]
    assert frame["last"].isna().tolist() == [True, False, False, False, False]


def test_entries_of_network_acls_without_any_traffic_are_all_unused() -> None:
    none = pd.DataFrame([passing(PEER, WEB, 443, 1)]).head(0)
    frame = entries_in_use(none, known([HTTPS]))
    assert (len(frame), frame["flows"].sum()) == (2, 0)
