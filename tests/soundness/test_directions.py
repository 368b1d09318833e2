"""Wrong directions, subnets and groups that must never be shown; each figure is pandas' own."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.logs import UNTIL, fill, read_with_pandas
from vpcflow_core.api import FlowLogs
from vpcflow_core.inventory.tables import Snapshot
from vpcflow_core.sources.sample.snapshot import sample_snapshots
from vpcflow_core.sources.sample.source import sample_interfaces
from vpcflow_core.store.store import Store

NETWORK = sample_interfaces().set_index("interface_id")
CHANGE = UNTIL - timedelta(hours=30)


@pytest.fixture(scope="module")
def judged_traffic(sample: Path) -> pd.DataFrame:
    """All traffic with what the network's own table says of it."""
    frame = read_with_pandas(sample)
    frame = frame[frame["log-status"] == "OK"].copy()
    frame["truth"] = [
        _direction(*row)
        for row in zip(frame["interface-id"], frame["srcaddr"], frame["dstaddr"])  # noqa: B905
    ]
    frame["subnet"] = frame["interface-id"].map(NETWORK["subnet_id"])
    frame["vpc"] = frame["interface-id"].map(NETWORK["vpc_id"])
    return frame


def _direction(interface: str, source: str, destination: str) -> str:
    host = NETWORK.loc[interface]
    if _inside(source, host["subnet_cidr"]) and _inside(destination, host["subnet_cidr"]):
        return "internal"
    return "inbound" if destination in (host["address"], host["ipv6"]) else "outbound"


def _inside(address: str, block: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(block)


def _sums(records: pd.DataFrame, by: str) -> dict[object, tuple[int, int]]:
    grouped = records.groupby(by)["bytes"].agg(["size", "sum"])
    return {key: (int(row["size"]), int(row["sum"])) for key, row in grouped.iterrows()}


def _answer(flows: FlowLogs, by: str) -> dict[object, tuple[int, int]]:
    frame = flows.top(by, n=None)
    return {row[by]: (row["flows"], row["bytes"]) for row in frame.to_dict("records")}


def test_directions_are_those_of_the_network(
    informed: FlowLogs, judged_traffic: pd.DataFrame
) -> None:
    assert _answer(informed, "direction") == _sums(judged_traffic, "truth")
    assert set(_answer(informed, "direction")) == {"internal", "inbound", "outbound"}


def test_subnets_and_vpcs_are_known_of_logs_that_do_not_tell(
    informed: FlowLogs, judged_traffic: pd.DataFrame
) -> None:
    assert _answer(informed, "subnet_id") == _sums(judged_traffic, "subnet")
    assert _answer(informed, "vpc_id") == _sums(judged_traffic, "vpc")


def test_a_record_counts_in_full_for_each_group_and_once_in_total(
    informed: FlowLogs, judged_traffic: pd.DataFrame
) -> None:
    shots = sample_snapshots(taken=UNTIL)
    worn = pd.concat([s.tables["interfaces"] for s in shots]).set_index("interface_id")
    members = judged_traffic.assign(
        group=judged_traffic["interface-id"].map(worn["security_group_ids"])
    )
    assert _answer(informed, "security_group_id") == _sums(members.explode("group"), "group")
    assert informed.top("security_group_id", n=None)["flows"].sum() > len(judged_traffic)
    total = informed.sql(
        "SELECT count(*) AS n, sum(bytes) AS b FROM flows WHERE direction IS NOT NULL"
    )
    assert total.to_numpy().tolist() == [[len(judged_traffic), judged_traffic["bytes"].sum()]]


@pytest.mark.slow
def test_groups_of_the_past_are_those_of_the_past(
    sample: Path, judged_traffic: pd.DataFrame, tmp_path: Path
) -> None:
    """One web server changed its groups thirty hours before the end."""
    first, other = sample_snapshots(taken=CHANGE - timedelta(days=1))
    changed = _with_groups(sample_snapshots(taken=CHANGE)[0], ["sg-new"])
    host, before = changed.tables["interfaces"].iloc[0]["interface_id"], None
    worn = first.tables["interfaces"].set_index("interface_id")["security_group_ids"]
    before = worn[host]
    path = fill(tmp_path / "store", sample)
    with FlowLogs(Store.open(path)) as flows:
        for shot in (first, other, changed):
            flows.store.remember(shot)
        mine = judged_traffic[judged_traffic["interface-id"] == host]
        late = mine["start"] >= CHANGE
        answer = _answer(flows.where(interface_id=host), "security_group_id")
        assert answer == {
            **dict.fromkeys(before, (int((~late).sum()), int(mine.loc[~late, "bytes"].sum()))),
            "sg-new": (int(late.sum()), int(mine.loc[late, "bytes"].sum())),
        }


def _with_groups(shot: Snapshot, groups: list[str]) -> Snapshot:
    frame = shot.tables["interfaces"].copy()
    frame.at[0, "security_group_ids"] = groups
    return Snapshot(shot.account_id, shot.region, shot.taken, {**shot.tables, "interfaces": frame})


def test_without_a_snapshot_no_direction_is_wrong(
    flows: FlowLogs, judged_traffic: pd.DataFrame
) -> None:
    """Blocks are unknown, so internal may show as in or out; and what is unknown is null."""
    found = flows.sql(
        "SELECT interface_id, srcaddr, dstaddr, srcport, dstport, start_time, bytes, direction "
        "FROM flows WHERE direction IS NOT NULL"
    )
    truth = judged_traffic.rename(columns=lambda name: name.replace("-", "_"))
    key = ["interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "bytes"]
    joined = found.merge(truth[[*key, "truth"]].drop_duplicates(key), on=key, how="left")
    assert joined["truth"].notna().all()
    wrong = joined[joined["direction"] != joined["truth"]]
    assert set(wrong["truth"]) <= {"internal"}
    assert len(found) > 0.97 * len(judged_traffic)


def test_what_logs_of_version_2_tell_of_own_addresses_is_true(
    sample: Path, flows: FlowLogs, tmp_path: Path
) -> None:
    """The second account logs version 2: each of its interfaces is found by its own records."""
    truth = NETWORK[NETWORK["account_id"] == "210987654321"]
    sql = """
        SELECT interface_id, contains(srcaddr, ':') AS v6,
            CASE direction WHEN 'inbound' THEN dstaddr WHEN 'outbound' THEN srcaddr END AS own
        FROM flows WHERE account_id = '210987654321' AND direction <> 'internal' GROUP BY ALL
    """
    found = flows.sql(sql)
    assert not found.duplicated(["interface_id", "v6"]).any()
    for row in found.itertuples():
        assert row.own == truth.loc[row.interface_id, "ipv6" if row.v6 else "address"]
    talking = truth[~truth["instance_name"].str.contains("idle")]
    assert set(found.loc[~found["v6"], "interface_id"]) == set(talking.index)


def test_an_hour_of_logs_tells_no_wrong_address(flows: FlowLogs) -> None:
    """In short windows many interfaces have one peer; what is not sure stays unknown."""
    for hours in range(2, 48, 7):
        end = UNTIL - timedelta(hours=hours)
        found = flows.between(end - timedelta(hours=1), end).sql(
            "SELECT DISTINCT interface_id, CASE direction WHEN 'inbound' THEN dstaddr ELSE srcaddr "
            "END AS own FROM flows WHERE direction IN ('inbound', 'outbound')"
        )
        for row in found.itertuples():
            host = NETWORK.loc[row.interface_id]
            assert row.own in (host["address"], host["ipv6"])


def test_shifts_into_the_past_have_directions_of_their_own(
    informed: FlowLogs, judged_traffic: pd.DataFrame
) -> None:
    frame = (
        informed.where(direction="inbound")
        .between(UNTIL - timedelta(hours=12), UNTIL)
        .series("bytes", every="1h", compare=["1d"])
    )
    inbound = judged_traffic[judged_traffic["truth"] == "inbound"]
    start = UNTIL - timedelta(hours=36)
    before = inbound[(inbound["start"] >= start) & (inbound["start"] < start + timedelta(hours=12))]
    assert frame["value_1d"].sum() == before["bytes"].sum()
