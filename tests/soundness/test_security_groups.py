"""Security Groups shows what the sample's own plan of its network says, flow by flow."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pandas as pd
import pytest

from tests.soundness.cases import WINDOWS, asked, inside, over_time, reaching, shown
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import MissingDataError
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.source import sample_interfaces
from vpcflow_core.times import Window

EPHEMERAL = 32768


@pytest.fixture(scope="module")
def network_plan() -> pd.DataFrame:
    """The plan of the network, with the groups of the snapshot."""
    groups = {
        row["interface_id"]: row["security_group_ids"]
        for snapshot in sample_snapshots()
        for row in snapshot.tables["interfaces"].to_dict("records")
    }
    plan = sample_interfaces().set_index("interface_id")
    return plan.assign(groups=pd.Series(groups))


@pytest.fixture(scope="module")
def told(records: pd.DataFrame, network_plan: pd.DataFrame) -> pd.DataFrame:
    """Every record with VPC, subnet, groups and direction, by the plan."""
    plan = network_plan.to_dict("index")
    blocks = {
        block
        for row in plan.values()
        for block in (row["subnet_cidr"], str(_v6_block(row["ipv6"])))
    }
    networks = {block: ipaddress.ip_network(block) for block in blocks}
    addresses = {a: ipaddress.ip_address(a) for a in {*records["srcaddr"].dropna(),
                                                      *records["dstaddr"].dropna()}}  # fmt: skip

    def direction(eni: str, source: str, target: str) -> str | None:
        if not isinstance(source, str):
            return None
        row = plan[eni]
        for block in (row["subnet_cidr"], str(_v6_block(row["ipv6"]))):
            if addresses[source] in networks[block] and addresses[target] in networks[block]:
                return "internal"
        own = (row["address"], row["ipv6"])
        return "inbound" if target in own else "outbound" if source in own else None

    pairs = zip(records["interface-id"], records["srcaddr"], records["dstaddr"], strict=True)
    known = {triple: direction(*triple) for triple in set(pairs)}
    triples = zip(records["interface-id"], records["srcaddr"], records["dstaddr"], strict=True)
    ids = records["interface-id"]
    return records.assign(
        vpc=ids.map(network_plan["vpc_id"]),
        subnet=ids.map(network_plan["subnet_id"]),
        groups=ids.map(network_plan["groups"]),
        direction=[known[triple] for triple in triples],
    )


def _v6_block(address: str) -> ipaddress.IPv6Network:
    return ipaddress.ip_network(f"{address}/64", strict=False)  # type: ignore[return-value]


def test_every_flow_of_the_sample_has_a_direction(told: pd.DataFrame) -> None:
    traffic = told[told["log-status"] == "OK"]
    assert traffic["direction"].notna().all()
    assert set(traffic["direction"]) == {"internal", "inbound", "outbound"}


def test_directions_are_those_of_the_plan(
    informed: FlowLogs, told: pd.DataFrame, window: Window, case: str
) -> None:
    expected = inside(told, window, case)["direction"].value_counts().to_dict()
    frame = shown(informed, "security-groups/directions", window, case)
    assert dict(zip(frame["direction"], frame["flows"], strict=True)) == expected


def test_directions_over_time_add_up(
    informed: FlowLogs, told: pd.DataFrame, window: Window, case: str
) -> None:
    answer = asked(informed, "security-groups/directions-over-time", window, case)
    assert answer.every is not None
    whole = window.snapped(answer.every)
    found = inside(told, reaching(whole), case)
    for direction, rows in answer.frame.groupby("direction"):
        mine = found[found["direction"] == direction]
        expected = over_time(mine, "bytes", answer.every, whole)
        assert rows["bytes"].tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(("slug", "field"), [("top-vpcs", "vpc"), ("top-subnets", "subnet")])
def test_vpcs_and_subnets_by_bytes_and_direction(
    informed: FlowLogs, told: pd.DataFrame, window: Window, case: str, slug: str, field: str
) -> None:
    found = inside(told, window, case)
    frame = shown(informed, f"security-groups/{slug}", window, case)
    totals = found.groupby(field)["bytes"].sum()
    drawn = frame.groupby(f"{field}_id")["bytes"].sum()
    assert sorted(drawn, reverse=True) == sorted(totals, reverse=True)[:10]
    parts = found.groupby([field, "direction"])["bytes"].sum().to_dict()
    for row in frame.to_dict("records"):
        assert row["bytes"] == parts[row[f"{field}_id"], row["direction"]]


@pytest.mark.parametrize(("slug", "field"), [("vpcs", "vpc"), ("subnets", "subnet")])
def test_numbers_of_vpcs_and_subnets(
    informed: FlowLogs, told: pd.DataFrame, window: Window, case: str, slug: str, field: str
) -> None:
    (headline,) = asked(informed, f"security-groups/{slug}", window, case).headlines
    assert headline.value == inside(told, window, case)[field].nunique()


def test_interfaces_are_known_by_name_instance_and_owner(
    informed: FlowLogs, told: pd.DataFrame, network_plan: pd.DataFrame, window: Window
) -> None:
    plan = network_plan[network_plan["instance_id"].notna()]
    ids = inside(told, window, "none")["interface-id"]
    found = plan.loc[ids[ids.isin(plan.index)]]
    keys = ["instance_name", "instance_id", "account_id"]
    expected = found.groupby(keys).size().to_dict()
    asking = informed.between(window.start, window.end)
    frame = asking.top("interface_name,instance_id,interface_owner", n=None)
    seen = frame.set_index(["interface_name", "instance_id", "interface_owner"])["flows"].to_dict()
    assert seen == expected


def test_a_flow_of_several_groups_counts_for_each(
    informed: FlowLogs, told: pd.DataFrame, window: Window, case: str
) -> None:
    each = inside(told, window, case).explode("groups").dropna(subset="groups")
    (headline,) = asked(informed, "security-groups/groups", window, case).headlines
    assert headline.value == each["groups"].nunique()
    frame = shown(informed, "security-groups/top-groups", window, case)
    packets = each.groupby("groups")["packets"].sum()
    assert list(frame["packets"]) == sorted(packets, reverse=True)[:5]
    actions = shown(informed, "security-groups/actions", window, case)
    pairs = each.groupby(["groups", "action"]).size().to_dict()
    for row in actions.to_dict("records"):
        assert row["flows"] == pairs[row["security_group_id"], row["action"]]


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("measure", ["bytes", "packets"])
@pytest.mark.parametrize("page", ["security-groups", "outliers"])
def test_bands_of_a_direction_hold_its_flows(
    informed: FlowLogs, told: pd.DataFrame, case: str, direction: str, measure: str, page: str
) -> None:
    window = WINDOWS["a day"]
    frame = asked(informed, f"{page}/{direction}-{measure}", window, case).frame
    found = inside(told, window, case)
    expected = found[found["direction"] == direction][measure].sum()
    assert frame["value"].sum() == expected


def test_without_a_snapshot_the_log_itself_tells_the_direction(
    flows: FlowLogs, told: pd.DataFrame, window: Window
) -> None:
    """Inferred: never wrong about inbound and outbound, and hardly ever silent."""
    frame = shown(flows, "security-groups/directions", window, "none")
    seen = dict(zip(frame["direction"], frame["flows"], strict=True))
    found = inside(told, window, "none")
    assert sum(seen.values()) >= 0.98 * len(found)
    # Where a record has its subnet-id (version 3), internal flows are known too.
    expected = found["direction"].value_counts().to_dict()
    assert seen["inbound"] == pytest.approx(expected["inbound"], rel=0.05)
    assert seen["outbound"] == pytest.approx(expected["outbound"], rel=0.05)


@pytest.mark.parametrize("slug", ["groups", "top-groups", "unused-groups", "rules-in-use"])
def test_what_only_a_snapshot_knows_is_said_in_words(flows: FlowLogs, slug: str) -> None:
    with pytest.raises(MissingDataError, match="snapshot") as told:
        asked(flows, f"security-groups/{slug}", WINDOWS["a day"], "none")
    assert "vpcflow sync" in told.value.next_step or "ec2:" in told.value.next_step


def matches(rule: dict[str, object], row: dict[str, object], context: dict[str, object]) -> bool:
    """Whether a rule lets a flow in, the slow and obvious way."""
    from vpcflow_core.reference.iana import protocol_number

    word = str(rule["protocol"])
    if word != "-1" and protocol_number(word) != row["protocol"]:
        return False
    low, high = rule["from_port"], rule["to_port"]
    ported = row["protocol"] in (6, 17) and not pd.isna(low) and low != -1
    if ported and not low <= row["dstport"] <= high:  # type: ignore[operator]
        return False
    source = ipaddress.ip_address(str(row["srcaddr"]))
    if rule["cidr"]:
        return source in ipaddress.ip_network(str(rule["cidr"]))
    if rule["referenced_group_id"]:
        return str(row["srcaddr"]) in context["members"][rule["referenced_group_id"]]  # type: ignore[index]
    blocks = context["lists"][rule["prefix_list_id"]]  # type: ignore[index]
    return any(source in ipaddress.ip_network(block) for block in blocks)


def test_rules_in_use_are_matched_flow_by_flow(
    informed: FlowLogs, told: pd.DataFrame, network_plan: pd.DataFrame
) -> None:
    window = Window(WINDOWS["a day"].end - timedelta(hours=6), WINDOWS["a day"].end)
    tables = [snapshot.tables for snapshot in sample_snapshots()]
    rules = pd.concat([t["rules"] for t in tables]).to_dict("records")
    lists = pd.concat([t["prefix_lists"] for t in tables])
    rows = pd.concat([t["interfaces"] for t in tables]).explode("security_group_ids")
    members = rows.groupby("security_group_ids")["addresses"].sum().map(set).to_dict()
    context = {
        "members": {group: members.get(group, set()) for group in
                    {r["referenced_group_id"] for r in rules}},
        "lists": dict(zip(lists["prefix_list_id"], lists["cidrs"], strict=True)),
    }  # fmt: skip
    own = {eni: {row["address"], row["ipv6"]} for eni, row in network_plan.to_dict("index").items()}
    found = inside(told, window, "none")
    rows = found.to_dict("records")
    clients = opened_by(rows)
    arriving = [
        row
        for row in rows
        if row["action"] == "ACCEPT"
        and row["dstaddr"] in own[row["interface-id"]]
        and clients[connection(row)] != (row["dstaddr"], row["dstport"])
    ]
    expected: dict[str, int] = {}
    for row in arriving:
        for rule in rules:
            if rule["egress"] or rule["security_group_id"] not in row["groups"]:
                continue
            if matches(rule, row, context):
                expected[rule["rule_id"]] = expected.get(rule["rule_id"], 0) + 1
    frame = shown(informed, "security-groups/rules-in-use", window, "none")
    seen = frame.set_index("rule_id")["flows"]
    assert set(seen.index) == {r["rule_id"] for r in rules if not r["egress"]}
    assert seen[seen > 0].to_dict() == expected
    assert list(frame["flows"] == 0) == sorted(frame["flows"] == 0, reverse=True)


def connection(row: dict[str, object]) -> tuple[object, ...]:
    ends = frozenset({(row["srcaddr"], row["srcport"]), (row["dstaddr"], row["dstport"])})
    return row["interface-id"], row["protocol"], ends


Openers = dict[tuple[object, ...], object]


def opened_by(rows: list[dict[str, object]]) -> Openers:
    """The end that opened each connection: by SYN, the higher port, or who sent first; else None."""
    of: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        of.setdefault(connection(row), []).append(row)
    return {key: _opener(some) for key, some in of.items()}


def _opener(rows: list[dict[str, object]]) -> object:
    ends = [((r["srcaddr"], r["srcport"]), (r["dstaddr"], r["dstport"]), r) for r in rows]
    for source, target, row in ends:
        flags = row.get("tcp-flags")
        opening = 0 if flags is None or pd.isna(flags) else int(flags) & 18  # type: ignore[call-overload]
        if row["protocol"] == 6 and opening in (2, 18):
            return source if opening == 2 else target
    one, other, _ = ends[0]
    if one[1] != other[1]:
        return max(one, other, key=lambda end: end[1])  # type: ignore[return-value, arg-type]
    first = {
        end: min((r["start"] for s, _, r in ends if s == end), default=None) for end in (one, other)
    }  # type: ignore[type-var]
    if None in first.values() or first[one] != first[other]:
        return min((end for end in first if first[end] is not None), key=lambda end: first[end])  # type: ignore[arg-type, return-value]
    inside = [end for end in (one, other) if str(end[0]).startswith("10.")]
    return inside[0] if rows[0]["protocol"] == 17 and len(inside) == 1 else None


@pytest.fixture(scope="module")
def openers(told: pd.DataFrame) -> Callable[[Window], Openers]:
    """Who opened each connection of a window; the loops that find it run once a window."""
    return cache(lambda window: opened_by(inside(told, window, "none").to_dict("records")))


def test_groups_are_shown_with_the_ports_that_they_serve(
    informed: FlowLogs,
    told: pd.DataFrame,
    network_plan: pd.DataFrame,
    openers: Callable[[Window], Openers],
    window: Window,
    case: str,
) -> None:
    own = {eni: {row["address"], row["ipv6"]} for eni, row in network_plan.to_dict("index").items()}
    clients = openers(window)
    found = inside(told, window, case)
    served = [
        (group, row["dstport"])
        for row in found[found["action"] == "ACCEPT"].to_dict("records")
        if row["dstaddr"] in own[row["interface-id"]]
        and clients[connection(row)] != (row["dstaddr"], row["dstport"])
        for group in row["groups"]
    ]
    expected = pd.DataFrame(served, columns=["group", "port"])
    frame = shown(informed, "security-groups/ports", window, case)
    totals = expected.groupby("group").size()
    drawn = frame.groupby("security_group_id")["flows"].sum()
    assert sorted(drawn, reverse=True) == sorted(totals, reverse=True)[:10]
    counts = expected.groupby(["group", "port"]).size().to_dict()
    for row in frame.dropna(subset="dstport").to_dict("records"):
        assert row["flows"] == counts[row["security_group_id"], row["dstport"]]


def test_unused_groups_are_those_without_traffic(
    informed: FlowLogs, told: pd.DataFrame, window: Window
) -> None:
    used = set(inside(told, window, "none").explode("groups")["groups"].dropna())
    every = {
        group
        for snapshot in sample_snapshots()
        for group in snapshot.tables["security_groups"]["security_group_id"]
    }
    frame = shown(informed, "security-groups/unused-groups", window, "none")
    assert set(frame["security_group_id"]) == every - used
