"""What snapshots told is kept: as it was, as it is, and when it was last seen."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.store.doubles import Memory, key, line, log, records, turn_back
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.tables import TABLES, Kind, Snapshot, frame_of
from vpcflow_core.store.snapshots import EVER, FOR_EVER
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def shot(
    taken: datetime = MONDAY,
    account: str = "111111111111",
    notes: tuple[str, ...] = (),
    **tables: list[dict[str, object]],
) -> Snapshot:
    frames = {kind: frame_of(kind, rows) for kind, rows in tables.items()}  # type: ignore[arg-type]
    return Snapshot(account, "eu-central-1", taken, frames, notes)  # type: ignore[arg-type]


def interface(name: str = "eni-1", groups: tuple[str, ...] = ("sg-1",)) -> dict[str, object]:
    return {
        "interface_id": name,
        "addresses": ["10.0.0.4", "10.0.0.5"],
        "security_group_ids": list(groups),
    }


@pytest.fixture
def snapshot_store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "s")


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_comes_back_as_it_was(snapshot_store: Store, kind: Kind) -> None:
    filled: dict[str, object] = {"text": "a", "texts": ["b", "c"], "number": 0, "flag": True}
    table = TABLES[kind]
    rows = [
        {name: filled[of] for name, of in table.columns.items()},
        {table.key: "empty"},
    ]
    snapshot_store.remember(shot(**{kind: rows}))
    found = snapshot_store.known(kind)
    pd.testing.assert_frame_equal(found[list(table.columns)], frame_of(kind, rows))
    assert list(found.columns[len(table.columns) :]) == [
        "account_id", "region", "since", "until", "first_seen", "last_seen", "gone",
    ]  # fmt: skip
    assert set(found["account_id"]) == {"111111111111"}
    assert set(found["region"]) == {"eu-central-1"}


@pytest.mark.parametrize("kind", TABLES)
def test_nothing_known_is_a_table_without_rows(snapshot_store: Store, kind: Kind) -> None:
    found, filled = snapshot_store.known(kind), None
    assert found.empty
    snapshot_store.remember(shot(**{kind: [{TABLES[kind].key: "a"}]}))
    filled = snapshot_store.known(kind)
    assert list(found.columns) == list(filled.columns)
    assert found.dtypes.to_dict() == filled.dtypes.to_dict()


def test_a_change_is_known_from_when_to_when(snapshot_store: Store) -> None:
    for day, groups in enumerate([("sg-1",), ("sg-1",), ("sg-2",), ("sg-1",)]):
        snapshot_store.remember(shot(MONDAY + day * DAY, interfaces=[interface(groups=groups)]))
    found = snapshot_store.known("interfaces")
    assert found["security_group_ids"].tolist() == [["sg-1"], ["sg-2"], ["sg-1"]]
    assert found["since"].tolist() == [EVER, MONDAY + 2 * DAY, MONDAY + 3 * DAY]
    assert found["until"].tolist() == [MONDAY + 2 * DAY, MONDAY + 3 * DAY, FOR_EVER]
    assert found["first_seen"].tolist() == [MONDAY, MONDAY + 2 * DAY, MONDAY + 3 * DAY]
    assert found["last_seen"].tolist() == [MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 3 * DAY]
    assert not found["gone"].any()


def test_what_is_new_holds_since_the_last_snapshot_that_lacked_it(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(vpcs=[{"vpc_id": "vpc-1"}], interfaces=[interface("eni-1")]))
    snapshot_store.remember(shot(MONDAY + DAY, vpcs=[{"vpc_id": "vpc-1"}], rules=[]))
    names = ("eni-1", "eni-2")
    snapshot_store.remember(
        shot(
            MONDAY + 2 * DAY,
            interfaces=[interface(name) for name in names],
            rules=[{"rule_id": "sgr-1"}],
            network_acls=[{"network_acl_id": "acl-1"}],
        )
    )
    since = {kind: snapshot_store.known(kind)["since"].tolist() for kind in (
        "interfaces", "rules", "network_acls",
    )}  # fmt: skip
    assert since == {
        "interfaces": [EVER, MONDAY],  # Tuesday's snapshot could not read them
        "rules": [MONDAY + DAY],
        "network_acls": [EVER],  # nobody asked for them before
    }


def test_what_a_snapshot_of_the_same_instant_replaces_holds_as_long(snapshot_store: Store) -> None:
    for groups in (("sg-1",), ("sg-2",)):
        snapshot_store.remember(shot(interfaces=[interface(groups=groups)]))
    assert snapshot_store.known("interfaces")["since"].tolist() == [EVER]
    for name in ("eni-2", "eni-3"):
        rows = [interface(), interface(name)]
        snapshot_store.remember(shot(MONDAY + DAY, interfaces=rows))
    found = snapshot_store.known("interfaces").drop_duplicates("interface_id")
    since = found.set_index("interface_id")["since"]
    assert (since["eni-1"], since["eni-2"]) == (EVER, MONDAY)


def test_what_is_gone_stays_known(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(interfaces=[interface("eni-1"), interface("eni-2")]))
    snapshot_store.remember(shot(MONDAY + DAY, interfaces=[interface("eni-2")]))
    found = snapshot_store.known("interfaces").set_index("interface_id")
    assert found["gone"].to_dict() == {"eni-1": True, "eni-2": False}
    assert found["last_seen"].to_dict() == {"eni-1": MONDAY, "eni-2": MONDAY + DAY}
    assert set(found["until"]) == {FOR_EVER}


def test_what_comes_back_is_there_again(snapshot_store: Store) -> None:
    for day, rows in enumerate([[interface()], [], [interface()]]):
        snapshot_store.remember(shot(MONDAY + day * DAY, interfaces=rows))
    (found,) = snapshot_store.known("interfaces").to_dict("records")
    assert (found["first_seen"], found["last_seen"]) == (MONDAY, MONDAY + 2 * DAY)
    assert found["gone"] is False


def test_a_kind_that_could_not_be_read_is_left_alone(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(interfaces=[interface()], vpcs=[{"vpc_id": "vpc-1"}]))
    notes = ("ec2:DescribeNetworkInterfaces was refused.",)
    snapshot_store.remember(shot(MONDAY + DAY, notes=notes, vpcs=[]))
    assert snapshot_store.known("interfaces")["gone"].tolist() == [False]
    assert snapshot_store.known("vpcs")["gone"].tolist() == [True]
    (state,) = snapshot_store.snapshots()
    assert (state.account_id, state.region) == ("111111111111", "eu-central-1")
    assert (state.taken, state.notes) == (MONDAY + DAY, notes)


def test_accounts_are_kept_apart(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(account="111111111111", interfaces=[interface("eni-1")]))
    snapshot_store.remember(
        shot(MONDAY + DAY, account="222222222222", interfaces=[interface("eni-2")])
    )
    found = snapshot_store.known("interfaces")
    assert found[["account_id", "interface_id"]].to_numpy().tolist() == [
        ["111111111111", "eni-1"],
        ["222222222222", "eni-2"],
    ]
    assert not found["gone"].any()
    assert [state.taken for state in snapshot_store.snapshots()] == [MONDAY, MONDAY + DAY]


def test_a_snapshot_older_than_the_newest_changes_nothing(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(MONDAY + DAY, interfaces=[interface()]))
    before = snapshot_store.known("interfaces")
    snapshot_store.remember(shot(MONDAY, interfaces=[interface(groups=("sg-9",))], notes=("old",)))
    pd.testing.assert_frame_equal(snapshot_store.known("interfaces"), before)
    assert snapshot_store.snapshots()[0].notes == ()


def test_the_later_of_two_snapshots_of_one_instant_counts(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(interfaces=[interface(groups=("sg-1",))]))
    snapshot_store.remember(shot(interfaces=[interface(groups=("sg-2",))]))
    assert snapshot_store.known("interfaces")["security_group_ids"].tolist() == [["sg-2"]]


def test_the_order_of_groups_is_no_change_but_that_of_addresses_is(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(interfaces=[interface(groups=("sg-1", "sg-2"))]))
    snapshot_store.remember(shot(MONDAY + DAY, interfaces=[interface(groups=("sg-2", "sg-1"))]))
    assert len(snapshot_store.known("interfaces")) == 1
    turned = interface(groups=("sg-1", "sg-2")) | {"addresses": ["10.0.0.5", "10.0.0.4"]}
    snapshot_store.remember(shot(MONDAY + 2 * DAY, interfaces=[turned]))
    assert len(snapshot_store.known("interfaces")) == 2


def test_every_snapshot_starts_a_generation(snapshot_store: Store) -> None:
    before = snapshot_store.generation()
    snapshot_store.remember(shot(interfaces=[interface()]))
    assert snapshot_store.generation() == before + 1


def test_what_a_reader_does_to_an_answer_stays_with_the_reader(snapshot_store: Store) -> None:
    snapshot_store.remember(shot(interfaces=[interface()]))
    found = snapshot_store.known("interfaces")
    found["interface_id"] = "mine"
    assert snapshot_store.known("interfaces")["interface_id"].tolist() == ["eni-1"]


def test_an_unknown_kind_is_refused(snapshot_store: Store) -> None:
    with pytest.raises(ParameterError, match="interface"):
        snapshot_store.known("interface")  # type: ignore[arg-type]


@pytest.mark.slow
def test_ten_thousand_interfaces_are_remembered_whole(snapshot_store: Store) -> None:
    rows = [interface(f"eni-{n}", (f"sg-{n % 50}",)) for n in range(10_000)]
    for day in range(2):
        began = time.perf_counter()
        snapshot_store.remember(shot(MONDAY + day * DAY, interfaces=rows))
        print(f"{time.perf_counter() - began:.2f} s")
    found = snapshot_store.known("interfaces")
    assert len(found) == 10_000
    assert set(found["last_seen"]) == {MONDAY + DAY}


def test_a_store_of_version_1_is_brought_up_to_date_and_keeps_its_records(tmp_path: Path) -> None:
    folder = _store_of_version_1(tmp_path / "s")
    with Store.open(folder) as store:
        assert sum(records(store).values()) == 1
        store.remember(shot(interfaces=[interface()]))
    with Store.open(folder) as store:
        assert store.known("interfaces")["interface_id"].tolist() == ["eni-1"]
        assert sum(records(store).values()) == 1


def _store_of_version_1(folder: Path) -> Path:
    """A filled store without what the later steps add."""
    source = Memory()
    source.put(key(0), log([line(0, MONDAY)]))
    with Store.open(folder) as store:
        sync(store, source)
    turn_back(folder, 1)
    return folder
