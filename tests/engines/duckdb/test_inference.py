"""Own addresses that the log itself tells, and when it tells none."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from tests.engines.duckdb.networks import NOON, V2, column, flow, snapshot, stored
from tests.store.doubles import Memory
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb import shared_addresses
from vpcflow_core.engines.interfaces.inference import common_addresses, inferred
from vpcflow_core.store.kept import folder_of
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

V3 = f"{V2} vpc-id"
A, B, C = "10.0.9.1", "10.0.9.2", "10.0.9.3"
FAR, V6, FAR6 = "1.2.3.4", "2001:db8::1", "2001:db8::2"

# Records (interface, source, destination), and the direction of each.
CASES = {
    "one address in common": [
        ("x", A, FAR, "outbound"), ("x", B, A, "inbound"),
    ],
    "each family by itself": [
        ("x", A, FAR, "outbound"), ("x", B, A, "inbound"),
        ("x", V6, FAR6, "outbound"), ("x", "2001:db8::3", V6, "inbound"),
    ],
    "one peer: the private address is its own": [
        ("x", FAR, A, "inbound"), ("x", A, FAR, "outbound"),
    ],
    "one peer, both private: unknown": [("x", A, B, None), ("x", B, A, None)],
    "one peer, both public: unknown": [("x", FAR, "5.6.7.8", None)],
    "one peer of IPv6: unknown": [("x", V6, FAR6, None)],
    "the peer is another interface's, which logged the same pair": [
        ("x", A, B, "outbound"), ("y", A, B, "inbound"), ("y", C, B, "inbound"),
    ],
    "whose address is known may tell the next": [
        ("x", A, FAR, "outbound"), ("x", A, B, "outbound"), ("y", A, B, "inbound"),
        ("z", B, C, "inbound"), ("y", B, C, "outbound"),
    ],
    "a pair that only one of them logged tells nothing": [
        ("x", A, B, None), ("y", C, B, "inbound"), ("y", FAR, B, "inbound"),
    ],
    "no address in common: unknown": [
        ("x", A, B, None), ("x", C, FAR, None), ("x", A, FAR, None),
    ],
    "to itself alone": [("x", A, A, "inbound")],
    "two who talk to each other alone: unknown": [("x", A, B, None), ("y", A, B, None)],
    "a third one's word settles two": [
        ("x", A, B, "outbound"), ("y", A, B, "inbound"), ("y", FAR, B, "inbound"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_directions_by_the_log_alone(tmp_path: Path, case: str) -> None:
    records = [flow(f"eni-{i}", src, dst, n) for n, (i, src, dst, _) in enumerate(CASES[case], 1)]
    flows = stored(tmp_path / "s", (V2, records))
    assert column(flows, "direction") == [way for *_, way in CASES[case]]


@pytest.mark.parametrize(("vpc", "way"), [("vpc-1", "outbound"), ("vpc-2", None)])
def test_another_vpc_may_use_the_same_addresses(tmp_path: Path, vpc: str, way: str | None) -> None:
    records = [
        flow("eni-x", A, B, 1, vpc_id=vpc),
        flow("eni-y", A, B, 2, vpc_id="vpc-1"),
        flow("eni-y", C, B, 3, vpc_id="vpc-1"),
    ]
    flows = stored(tmp_path / "s", (V3, records))
    assert column(flows, "direction") == [way, "inbound", "inbound"]


def test_an_address_that_a_snapshot_shows_is_not_another_interfaces(tmp_path: Path) -> None:
    flows = stored(tmp_path / "s", (V2, [flow("eni-x", A, "10.0.20.4")]), shots=[snapshot()])
    assert column(flows, "direction") == ["outbound"]


def test_each_window_is_told_by_its_own_days(tmp_path: Path) -> None:
    """What Monday leaves open, Tuesday's peers settle, where both are asked about."""
    records = [flow("eni-x", A, B, 1), flow("eni-x", A, FAR, 2, NOON + timedelta(days=1))]
    flows = stored(tmp_path / "s", (V2, records))
    hour = timedelta(hours=1)
    assert column(flows.between(NOON - hour, NOON + hour), "direction") == [None]
    assert column(flows, "direction") == ["outbound", "outbound"]


def test_a_store_of_vpc_json_has_the_collectors_word_first(tmp_path: Path) -> None:
    source, store = Memory(), Store.open(tmp_path / "s")
    head = "2 111111111111 eni-a"
    events = [
        {"message": f"{head} 1.2.3.4 10.0.0.4 1 2 6 1 1 1793620800 1793620830 ACCEPT OK",
         "security-group-ids": ["sg-7"], "direction": "outbound", "subnet-id": "subnet-7"},
        {"message": f"{head} 1.2.3.4 10.0.0.4 1 2 6 1 2 1793620800 1793620830 ACCEPT OK",
         "security-group-ids": ["unknown"], "subnet-id": "-"},
    ]  # fmt: skip
    source.put("a.json", "\n".join(map(json.dumps, events)).encode())
    assert sync(store, source).records == 2
    flows = FlowLogs(store)
    assert column(flows, "direction") == ["outbound", "inbound"]
    assert column(flows, "security_group_ids") == [["sg-7"], ["unknown"]]
    store.remember(snapshot())
    assert column(flows, "direction") == ["outbound", "inbound"]
    assert column(flows, "security_group_ids") == [["sg-7"], ["sg-1", "sg-2"]]
    assert column(flows, "subnet_id") == ["subnet-7", "subnet-a"]


def own_by_a_loop(records: list[tuple[str, str, str]]) -> dict[tuple[str, bool], set[str]]:
    """The addresses that all records of an interface and family have."""
    found: dict[tuple[str, bool], set[str]] = {}
    for interface, *ends in records:
        key = (interface, ":" in ends[0])
        found[key] = found.get(key, set(ends)) & set(ends)
    return found


def test_what_days_have_in_common_is_what_all_records_have() -> None:
    rng = random.Random(11)
    pools = [[A, B, C, FAR], [V6, FAR6, "2001:db8::3"]]
    records = [
        (f"eni-{rng.randrange(40)}", *rng.sample(rng.choice(pools), 2), rng.randrange(4))
        for _ in range(130)
    ]
    records += [("eni-own", A, A, day) for day in range(4)]
    rows = ", ".join(f"('{id}', '{one}', '{other}', {day})" for id, one, other, day in records)
    relation = (
        "SELECT *, NULL::VARCHAR AS account_id, 'vpc-1' AS vpc_id, NULL::VARCHAR AS subnet_id "
        f"FROM (VALUES {rows}) v(interface_id, srcaddr, dstaddr, day)"
    )
    database = duckdb.connect()

    def ask(sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        for name, table in tables.items():
            database.register(name, table)
        return database.sql(sql).to_arrow_table()

    days = [
        common_addresses(ask, f"(SELECT * FROM ({relation}) WHERE day = {day})") for day in range(4)
    ]
    by_day, at_once = (
        inferred(ask, f"({relation})", found, {"eni-7": {A}}).set_index(["interface_id", "v6"])
        for found in (days, [common_addresses(ask, f"({relation})")])
    )
    pd.testing.assert_frame_equal(by_day, at_once)
    expected = own_by_a_loop([record[:3] for record in records if record[0] != "eni-7"])
    assert set(by_day.index) == set(expected)
    sure = {key: next(iter(found)) for key, found in expected.items() if len(found) == 1}
    assert {key: by_day["address"].to_dict()[key] for key in sure} == sure
    assert by_day["address"][[key for key, found in expected.items() if not found]].isna().all()
    assert by_day["vpc_id"].notna().all()
    assert by_day["account_id"].isna().all()


def test_a_day_is_read_once_whatever_the_range_and_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(ask: Ask, sql: str) -> pd.DataFrame:
        read.append(sql)
        return common_addresses(ask, sql)

    monkeypatch.setattr(shared_addresses, "common_addresses", counted)
    monkeypatch.setattr(shared_addresses, "MANY_RECORDS", 1)
    records = [flow("eni-x", A, FAR, n + 1, NOON + timedelta(days=n)) for n in range(3)]
    flows = stored(tmp_path / "s", (V2, records))
    for first, last in ((0, 2), (0, 1), (1, 3), (0, 3)):
        span = flows.between(NOON + timedelta(days=first), NOON + timedelta(days=last))
        assert set(column(span, "direction")) == {"outbound"}
    assert len(read) == 3
    with FlowLogs.open(tmp_path / "s") as again:
        assert set(column(again, "direction")) == {"outbound"}
        assert len(read) == 3
    for path in folder_of(tmp_path / "s").iterdir():
        path.write_bytes(b"damaged")
    with FlowLogs.open(tmp_path / "s") as again:
        assert set(column(again, "direction")) == {"outbound"}
    assert len(read) == 6
