"""The sample's snapshot tells of the network that the sample's logs come from."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.logs import UNTIL, read_with_pandas, write_sample
from vpcflow_core.inventory.tables import TABLES, Kind, Snapshot
from vpcflow_core.sources.base import HasInventory
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.source import sample_interfaces
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.sync import load

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}


@pytest.fixture(scope="module")
def shots() -> list[Snapshot]:
    return sample_snapshots(taken=UNTIL)


@pytest.fixture(scope="module")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"), records=10_000)


def table(shots: list[Snapshot], kind: Kind) -> pd.DataFrame:
    return pd.concat([shot.tables[kind] for shot in shots], ignore_index=True)


def wearers(shots: list[Snapshot]) -> pd.Series:
    """The addresses of the interfaces of each group."""
    rows = table(shots, "interfaces").explode("security_group_ids").explode("addresses")
    return rows.groupby("security_group_ids")["addresses"].agg(set)


def test_there_is_one_for_each_account_with_every_table(shots: list[Snapshot]) -> None:
    places = {(shot.account_id, shot.region) for shot in shots}
    assert places == {("123456789012", "eu-central-1"), ("210987654321", "us-east-1")}
    for shot in shots:
        assert shot.taken == UNTIL
        for kind, frame in shot.tables.items():
            assert list(frame.columns) == list(TABLES[kind].columns)
            assert len(frame)
            assert frame[TABLES[kind].key].is_unique
        assert set(shot.tables) <= set(TABLES)


def test_the_same_seed_gives_the_same_tables(shots: list[Snapshot]) -> None:
    for one, other in zip(shots, sample_snapshots(taken=UNTIL), strict=True):
        for kind, frame in one.tables.items():
            pd.testing.assert_frame_equal(frame, other.tables[kind])


def test_interfaces_are_those_of_the_logs(shots: list[Snapshot]) -> None:
    found = table(shots, "interfaces").set_index("interface_id")
    told = sample_interfaces().set_index("interface_id")
    assert set(found.index) == set(told.index)
    for name, row in told.iterrows():
        assert found["addresses"][name] == [row["address"], row["ipv6"]]
        assert found["subnet_id"][name] == row["subnet_id"]
        assert set(row["security_group_ids"]) <= set(found["security_group_ids"][name])


def test_every_id_that_a_table_names_is_in_its_own_table(shots: list[Snapshot]) -> None:
    rules, interfaces = table(shots, "rules"), table(shots, "interfaces")
    groups = set(table(shots, "security_groups")["security_group_id"])
    assert set(interfaces["security_group_ids"].explode().dropna()) <= groups
    assert set(rules["security_group_id"]) == groups
    assert set(rules["referenced_group_id"].dropna()) <= groups
    assert set(rules["prefix_list_id"].dropna()) == set(
        table(shots, "prefix_lists")["prefix_list_id"]
    )
    assert set(interfaces["subnet_id"]) == set(table(shots, "subnets")["subnet_id"])
    assert set(interfaces["vpc_id"]) == set(table(shots, "vpcs")["vpc_id"])
    peers = rules[["cidr", "prefix_list_id", "referenced_group_id"]]
    assert (peers.notna().sum(axis=1) == 1).all()


def test_addresses_lie_in_their_subnets_and_these_in_their_vpcs(shots: list[Snapshot]) -> None:
    subnets = table(shots, "subnets").set_index("subnet_id")
    vpcs = table(shots, "vpcs").set_index("vpc_id")
    for row in table(shots, "interfaces").itertuples():
        for address in row.addresses:
            parsed = ipaddress.ip_address(address)
            assert any(parsed in ipaddress.ip_network(b) for b in subnets["cidrs"][row.subnet_id])
            assert any(parsed in ipaddress.ip_network(b) for b in vpcs["cidrs"][row.vpc_id])


def test_there_is_something_of_everything_that_a_review_finds(shots: list[Snapshot]) -> None:
    rules, interfaces = table(shots, "rules"), table(shots, "interfaces")
    inbound = rules[~rules["egress"]]
    ssh = inbound[(inbound["from_port"] == 22) & inbound["cidr"].isin(["0.0.0.0/0", "::/0"])]
    assert {"0.0.0.0/0", "::/0"} <= set(ssh["cidr"])
    assert (inbound["protocol"] == "-1").any()
    worn = set(interfaces["security_group_ids"].explode())
    assert set(table(shots, "security_groups")["security_group_id"]) - worn
    assert (interfaces["public_addresses"].str.len() > 0).any()
    assert (interfaces["name"].isna() & interfaces["description"].notna()).any()


@pytest.mark.slow
def test_nearly_all_that_is_let_in_is_let_in_by_a_rule(
    shots: list[Snapshot], small_sample: Path
) -> None:
    """All of it, but for what answers (to a high port) and what comes to a NAT gateway."""
    flows = read_with_pandas(small_sample)
    interfaces = table(shots, "interfaces").set_index("interface_id")
    own = interfaces["addresses"].to_dict()
    flows = flows[(flows["action"] == "ACCEPT")]
    inbound = flows[[d in own[i] for d, i in zip(flows["dstaddr"], flows["interface-id"])]]  # noqa: B905
    asked = inbound[(inbound["dstport"] < 32768) | (inbound["protocol"].isin([1, 58]))]
    worn = interfaces["security_group_ids"]
    asked = asked[[len(worn[i]) > 0 for i in asked["interface-id"]]]
    replies = asked["protocol"].isin([1, 58]) & asked["interface-id"].map(
        interfaces["name"].fillna("").str.contains("monitor")
    )
    asked = asked[~replies]
    assert len(asked) > 500
    rules, worn_by = table(shots, "rules"), wearers(shots)
    rules = rules[~rules["egress"]]
    lists = table(shots, "prefix_lists").set_index("prefix_list_id")["cidrs"]
    unmatched = [
        row
        for row in asked.itertuples()
        if not any(
            _matches(row, rule, worn_by, lists)
            for rule in rules[rules["security_group_id"].isin(worn[row[3]])].itertuples()
        )
    ]
    assert unmatched == []


def _matches(flow: Any, rule: Any, worn_by: pd.Series, lists: pd.Series) -> bool:
    if rule.protocol != "-1":
        if PROTOCOLS[rule.protocol] != flow.protocol:
            return False
        if rule.from_port != -1 and not rule.from_port <= flow.dstport <= rule.to_port:
            return False
    if rule.referenced_group_id:
        return flow.srcaddr in worn_by[rule.referenced_group_id]
    blocks = lists[rule.prefix_list_id] if rule.prefix_list_id else [rule.cidr]
    source = ipaddress.ip_address(flow.srcaddr)
    return any(source in ipaddress.ip_network(block) for block in blocks)


def test_loading_the_sample_keeps_what_it_knows(tmp_path: Path) -> None:
    url = "sample://?records=2000&days=1&until=2026-11-20T12:00Z"
    source = open_source(url, store=tmp_path / "cache")
    assert isinstance(source, HasInventory)
    with Store.open(tmp_path / "s") as store:
        load(store, source)
        assert {state.taken for state in store.snapshots()} == {UNTIL}
        assert set(store.known("interfaces")["interface_id"]) == set(
            sample_interfaces()["interface_id"]
        )


@pytest.mark.slow
def test_other_sources_know_nothing(tmp_path: Path, small_sample: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        load(store, open_source(str(small_sample)))
        assert store.snapshots() == []
