"""A rule of a security group let in what clients sent, by the groups, rules and owners of then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.inventory.tables import Kind, Snapshot, frame_of
from vpcflow_core.panels.request import Parameters

HOUR = timedelta(hours=1)
SELF, PEER = "10.2.0.10", "10.2.7.20"
Row = dict[str, Any]


def eni(name: str, address: str, *groups: str) -> Row:
    return {"interface_id": name, "addresses": [address], "vpc_id": "vpc-1",
            "subnet_id": "subnet-1" if address.startswith("10.2.0.") else "subnet-2",
            "security_group_ids": list(groups)}  # fmt: skip


def lets(group: str, protocol: str, low: int | None, high: int | None = None, **source: Any) -> Row:
    ports = {"from_port": low, "to_port": low if high is None else high}
    words = "/".join(map(str, (group, protocol, low, *source.values())))
    return {"rule_id": words, "security_group_id": group, "egress": False, "protocol": protocol} | (
        ports | source
    )


def shot(interfaces: list[Row], rules: list[Row], at: datetime = NOON, **more: Any) -> Snapshot:
    groups = {g for row in interfaces for g in row["security_group_ids"]}
    groups |= {rule["security_group_id"] for rule in rules}
    tables: dict[Kind, list[Row]] = {
        "interfaces": interfaces,
        "rules": rules,
        "security_groups": [{"security_group_id": g, "name": g} for g in sorted(groups)],
        "subnets": [
            {"subnet_id": "subnet-1", "vpc_id": "vpc-1", "cidrs": ["10.2.0.0/24"]},
            {"subnet_id": "subnet-2", "vpc_id": "vpc-1", "cidrs": ["10.2.7.0/24"]},
        ],
        "prefix_lists": more.get("prefix_lists", []),
    }
    made = {kind: frame_of(kind, rows) for kind, rows in tables.items()}
    return Snapshot("111111111111", "eu-central-1", at, made)


def sent(source: str, port: int, target: str, to: int, at: datetime = NOON, **more: Any) -> Row:
    interface = more.pop("interface", "eni-self")
    made = flow(interface, source, target, 100, at, **{k: str(v) for k, v in more.items()})
    return made | {"srcport": str(port), "dstport": str(to)}


def in_use(folder: Path, records: Iterable[Row], *shots: Snapshot) -> pd.DataFrame:
    with stored(folder, (V2, list(records)), shots=shots) as flows:
        return flows.panel("security-groups/rules-in-use").frame


def flows_of(folder: Path, records: Iterable[Row], *shots: Snapshot) -> list[int]:
    """Flows of each rule, in the order of the snapshots' rules."""
    frame = in_use(folder, records, *shots).set_index("rule_id")["flows"]
    ids = [id for shot in shots for id in shot.tables["rules"]["rule_id"]]
    return [int(frame[id]) for id in dict.fromkeys(ids)]


ME = [eni("eni-self", SELF, "sg-a")]
ANY = {"cidr": "0.0.0.0/0"}


@pytest.mark.parametrize("client", [3000, 41000])
@pytest.mark.parametrize("ports", [(443,), (9090, 6443, 50051)])
def test_answers_to_what_the_interface_opened_are_no_traffic_of_a_rule(
    tmp_path: Path, client: int, ports: tuple[int, ...]
) -> None:
    """From any port, to any port: NAT gateways, load balancers and Lambda use 1024 and up."""
    records = [
        one
        for n in range(60)
        for port in ports
        for one in (
            sent(SELF, client + n, PEER, port, NOON + n * timedelta(seconds=1)),
            sent(PEER, port, SELF, client + n, NOON + n * timedelta(seconds=1)),
        )
    ]
    assert flows_of(tmp_path, records, shot(ME, [lets("sg-a", "tcp", 1024, 65535, **ANY)])) == [0]


def test_clients_may_send_from_privileged_ports(tmp_path: Path) -> None:
    records = [sent(PEER, 680 + n, SELF, port) for n in range(30) for port in (2049, 40001)]
    rules = [lets("sg-a", "tcp", port, cidr="10.0.0.0/8") for port in (2049, 40001)]
    assert flows_of(tmp_path, records, shot(ME, rules)) == [30, 30]


@pytest.mark.parametrize(("mine", "theirs", "expected"), [(0, 1, 0), (1, 0, 12)])
def test_equal_ports_belong_to_who_spoke_first(
    tmp_path: Path, mine: int, theirs: int, expected: int
) -> None:
    """Time servers and their clients may both use port 123; each exchange is judged by itself."""
    at = [NOON + n * timedelta(minutes=20) for n in range(12)]
    records = [
        one
        for moment in at
        for one in (
            sent(SELF, 123, PEER, 123, moment + timedelta(seconds=mine), protocol=17),
            sent(PEER, 123, SELF, 123, moment + timedelta(seconds=theirs), protocol=17),
        )
    ]
    assert flows_of(tmp_path, records, shot(ME, [lets("sg-a", "udp", 123, **ANY)])) == [expected]


def test_udp_answers_and_what_has_no_answer(tmp_path: Path) -> None:
    records = [
        *(sent(SELF, 123, "169.254.1.1", 123, protocol=17) for _ in range(5)),
        *(sent("198.51.100.9", 123, SELF, 123, protocol=17) for _ in range(5)),
        *(sent("10.2.0.2", 53, SELF, 52000 + n, protocol=17) for n in range(7)),
        *(sent(PEER, 514, SELF, 514, protocol=17) for _ in range(9)),
    ]
    rules = [
        lets("sg-a", "udp", 123, **ANY),
        lets("sg-a", "udp", 514, cidr="10.0.0.0/8"),
        lets("sg-a", "udp", 0, 65535, **ANY),
    ]
    assert flows_of(tmp_path, records, shot(ME, rules)) == [0, 9, 9]


def test_filters_choose_what_counts_and_not_what_decides(tmp_path: Path) -> None:
    records = [
        *(sent(SELF, 40000 + n, PEER, 8100) for n in range(20)),
        *(sent(PEER, 8100, SELF, 40000 + n) for n in range(20)),
    ]
    rules = [lets("sg-a", "tcp", 1024, 65535, **ANY)]
    with stored(tmp_path, (V2, records), shots=[shot(ME, rules)]) as flows:
        narrowed = flows.where(srcaddr=PEER).panel("security-groups/rules-in-use")
    assert narrowed.frame["flows"].tolist() == [0]
    assert any(note.startswith("20 accepted") for note in narrowed.answer.notes)


def test_an_address_belongs_to_whoever_had_it_then(tmp_path: Path) -> None:
    rules = [lets("sg-a", "tcp", 8088, referenced_group_id=g) for g in ("sg-x", "sg-y")]
    records = [
        *(sent(PEER, 50000 + n, SELF, 8088, NOON - 2 * HOUR) for n in range(6)),
        *(sent(PEER, 51000 + n, SELF, 8088, NOON + HOUR) for n in range(3)),
    ]
    shots = [
        shot([*ME, eni("eni-x", PEER, "sg-x")], rules, NOON - 3 * HOUR),
        shot([*ME, eni("eni-y", PEER, "sg-y")], rules, NOON),
    ]
    assert flows_of(tmp_path, records, *shots) == [6, 3]


def test_the_groups_of_an_interface_are_those_it_had_then(tmp_path: Path) -> None:
    rules = [lets(group, "tcp", 443, **ANY) for group in ("sg-a", "sg-b")]
    records = [
        *(sent("192.0.2.1", 50000 + n, SELF, 443, NOON - HOUR) for n in range(4)),
        *(sent("192.0.2.1", 51000 + n, SELF, 443, NOON + HOUR) for n in range(5)),
    ]
    shots = [
        shot(ME, rules, NOON - 2 * HOUR),
        shot([eni("eni-self", SELF, "sg-b")], rules, NOON),
    ]
    assert flows_of(tmp_path, records, *shots) == [4, 5]


def test_rules_are_those_there_were_then(tmp_path: Path) -> None:
    """One that is gone is listed with what it let in; one that came later let nothing in before."""
    old = lets("sg-a", "tcp", 8000, 9000, **ANY) | {"rule_id": "old"}
    new = lets("sg-a", "tcp", 8443, **ANY) | {"rule_id": "new"}
    kept = lets("sg-a", "tcp", 22, **ANY) | {"rule_id": "kept"}
    moved = kept | {"cidr": "192.0.2.0/24"}
    records = [
        *(sent("192.0.2.1", 50000 + n, SELF, 8443, NOON - HOUR) for n in range(4)),
        *(sent("192.0.2.1", 51000 + n, SELF, 8443, NOON + HOUR) for n in range(5)),
        *(sent("198.51.100.1", 52000 + n, SELF, 22, NOON - HOUR) for n in range(2)),
        *(sent("198.51.100.1", 53000 + n, SELF, 22, NOON + HOUR) for n in range(3)),
    ]
    shots = [shot(ME, [old, kept], NOON - 2 * HOUR), shot(ME, [new, moved], NOON)]
    frame = in_use(tmp_path, records, *shots).set_index("rule_id")
    assert frame["flows"].to_dict() == {"old": 4, "new": 5, "kept": 2}
    assert frame.loc["kept", "source"] == "192.0.2.0/24"


def test_a_connection_goes_on_over_a_change(tmp_path: Path) -> None:
    """Who opened it is known from its first records, in whatever period the others lie."""
    syn = sent(SELF, 40000, PEER, 40001, NOON - HOUR)
    later = [sent(PEER, 40001, SELF, 40000, NOON + n * HOUR) for n in (-1, 1)]
    flags = f"{V2} tcp-flags"
    records = [syn | {"tcp-flags": "2"}, *(one | {"tcp-flags": "0"} for one in later)]
    rules = [lets("sg-a", "tcp", 1024, 65535, **ANY)]
    other = [lets("sg-a", "tcp", 1024, 65535, cidr="10.0.0.0/8")]
    shots = [shot(ME, rules, NOON - 2 * HOUR), shot(ME, other, NOON)]
    with stored(tmp_path, (flags, records), shots=shots) as flows:
        panel = flows.panel("security-groups/rules-in-use")
    assert panel.frame["flows"].sum() == 0
    assert any(note.startswith("2 accepted") for note in panel.answer.notes)


def test_the_world_in_pieces_is_the_world(tmp_path: Path) -> None:
    halves = ["0.0.0.0/1", "128.0.0.0/1"]
    rules = [
        *(lets("sg-a", "tcp", 22, cidr=half) for half in halves),
        lets("sg-a", "tcp", 443, prefix_list_id="pl-halves"),
        lets("sg-a", "tcp", 80, cidr=halves[0]),
        lets("sg-a", "tcp", 22, cidr="10.0.0.0/8"),
        lets("sg-b", "tcp", 80, cidr=halves[1]),
    ]
    lists = [{"prefix_list_id": "pl-halves", "name": "all", "cidrs": halves}]
    frame = in_use(tmp_path, [sent(PEER, 50000, SELF, 22)], shot(ME, rules, prefix_lists=lists))
    is_open = frame.set_index("rule_id")["open"]
    assert [bool(is_open[rule["rule_id"]]) for rule in rules] == [True] * 3 + [False] * 3


def test_a_table_of_open_rules_alone_has_these_and_says_so_where_there_are_none(
    tmp_path: Path,
) -> None:
    rules = [lets("sg-a", "tcp", 22, **ANY), lets("sg-a", "tcp", 443, cidr="10.0.0.0/8")]
    only = Parameters(open_only=True)
    with stored(
        tmp_path / "open", (V2, [sent(PEER, 1, SELF, 22)]), shots=[shot(ME, rules)]
    ) as logs:
        shown = logs.panel("security-groups/rules-in-use", parameters=only)
        assert shown.frame["rule_id"].tolist() == [rules[0]["rule_id"]]
        assert len(logs.panel("security-groups/rules-in-use").frame) == 2
    closed = shot(ME, rules[1:])
    with stored(tmp_path / "closed", (V2, [sent(PEER, 1, SELF, 443)]), shots=[closed]) as logs:
        answer = logs.panel("security-groups/rules-in-use", parameters=only).answer
    assert answer.frame.empty
    assert answer.notes[: answer.findings] == ("No rule is open to the world (1 rule in all).",)


def test_groups_of_an_interface_that_is_gone_but_had_traffic_are_in_use(tmp_path: Path) -> None:
    rules = [lets("sg-gone", "tcp", 443, **ANY), lets("sg-idle", "tcp", 443, **ANY)]
    shots = [
        shot([*ME, eni("eni-gone", PEER, "sg-gone")], rules, NOON - 2 * HOUR),
        shot(ME, rules, NOON + HOUR),
    ]
    records = [sent("192.0.2.1", 50000, PEER, 443, interface="eni-gone"), sent(SELF, 1, PEER, 2)]
    with stored(tmp_path, (V2, records), shots=shots) as flows:
        unused = flows.panel("security-groups/unused-groups").frame
        rules_ = flows.panel("security-groups/rules-in-use").frame.set_index("security_group_id")
    assert unused["security_group_id"].tolist() == ["sg-idle"]
    assert rules_["flows"].to_dict() == {"sg-gone": 1, "sg-idle": 0}


def served(flows: FlowLogs) -> dict[tuple[str, int | None], int]:
    frame = flows.panel("security-groups/ports").frame
    keys = zip(frame["security_group_id"], frame["dstport"], strict=True)
    named = ((group, None if pd.isna(port) else int(port)) for group, port in keys)
    return dict(zip(named, frame["flows"], strict=True))


def test_groups_serve_what_clients_ask_them_for(tmp_path: Path) -> None:
    records = [
        *(sent("192.0.2.1", 50000 + n, SELF, 443) for n in range(6)),
        *(sent(SELF, 443, "192.0.2.1", 50000 + n) for n in range(6)),
        *(sent(SELF, 40000 + n, PEER, 5432) for n in range(8)),
        *(sent(PEER, 5432, SELF, 40000 + n) for n in range(8)),
        *(sent("192.0.2.9", 60000, SELF, port, action="REJECT") for port in range(20, 25)),
        sent(PEER, 50000, SELF, 22),
    ]
    with stored(tmp_path, (V2, records), shots=[shot(ME, [])]) as flows:
        assert served(flows) == {("sg-a", 443): 6, ("sg-a", 22): 1}


def test_what_is_judged_by_changes_that_nothing_shows_needs_no_note(tmp_path: Path) -> None:
    records = [sent(PEER, 50000, SELF, 22)]
    frame = in_use(tmp_path, records, shot(ME, [lets("sg-a", "tcp", 22, **ANY)]))
    assert frame["flows"].tolist() == [1]
    assert not any("too often" in note for note in notes_of(frame))


def test_absurd_bytes_are_added_up_exactly(tmp_path: Path) -> None:
    records = [sent(PEER, 50000 + n, SELF, 22) | {"bytes": str(2**63 - 1)} for n in range(3)]
    records += [sent(PEER, 50000, SELF, 22, lasts=0) | {"bytes": str(2**63 - 1)}]
    with stored(
        tmp_path, (V2, records), shots=[shot(ME, [lets("sg-a", "tcp", 22, **ANY)])]
    ) as flows:
        assert flows.panel("security-groups/rules-in-use").frame["bytes"].tolist() == [
            4 * (2**63 - 1)
        ]
        assert flows.panel("traffic/longest-flows").frame["bytes"].max() == 2 * (2**63 - 1)
        assert flows.connections(order="bytes", limit=1)["bytes_out"].tolist() == [2 * (2**63 - 1)]


def out(group: str, protocol: str, low: int | None, high: int | None = None, **end: Any) -> Row:
    rule = lets(group, protocol, low, high, **end)
    return rule | {"egress": True, "rule_id": f"out/{rule['rule_id']}"}


def test_outbound_rules_count_what_the_interface_asked_for_and_no_answers(tmp_path: Path) -> None:
    records = [
        # It asks: 7 times over HTTPS at the peer, 3 times elsewhere.
        *(sent(SELF, 50000 + n, PEER, 443) for n in range(7)),
        *(sent(PEER, 443, SELF, 50000 + n) for n in range(7)),
        *(sent(SELF, 51000 + n, "198.51.100.9", 443) for n in range(3)),
        # It serves: its answers to clients need no outbound rule.
        *(sent("192.0.2.1", 52000 + n, SELF, 8443) for n in range(5)),
        *(sent(SELF, 8443, "192.0.2.1", 52000 + n) for n in range(5)),
    ]
    rules = [
        lets("sg-a", "tcp", 8443, **ANY),
        out("sg-a", "tcp", 443, **ANY),
        out("sg-a", "tcp", 443, cidr="10.0.0.0/8"),
        out("sg-a", "tcp", 1024, 65535, **ANY),
        out("sg-a", "udp", 443, **ANY),
    ]
    with stored(tmp_path, (V2, records), shots=[shot(ME, rules)]) as flows:
        found = flows.panel("security-groups/outbound-rules-in-use")
    frame = found.frame.set_index("rule_id")
    assert [int(frame["flows"][rule["rule_id"]]) for rule in rules[1:]] == [10, 7, 0, 0]
    assert int(frame["shared"][rules[1]["rule_id"]]) == 7
    assert rules[0]["rule_id"] not in frame.index
    assert "source" not in frame
    assert frame["destination"][rules[2]["rule_id"]] == "10.0.0.0/8"
    assert any(
        note.startswith("5 accepted outbound flows (33 %) answer connections that others opened")
        for note in found.answer.notes
    ), found.answer.notes
