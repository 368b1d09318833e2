"""Who had an address when: the book of a store's snapshots."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from vpcflow_core.cost.network import network_of
from vpcflow_core.inventory.book import GRACE, AddressBook, address_book
from vpcflow_core.inventory.tables import EVER, FOR_EVER, Snapshot, frame_of
from vpcflow_core.scope import Part, Scope
from vpcflow_core.store.store import Store

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VPCS = [
    {"vpc_id": "vpc-1", "cidrs": ["10.0.0.0/16"]},
    {"vpc_id": "vpc-2", "cidrs": ["10.0.0.0/16", "10.2.0.0/16"]},
    {"vpc_id": "vpc-3", "cidrs": ["10.3.0.0/16"]},
]


def eni(id: str, address: str, vpc: str = "vpc-3", **more: Any) -> dict[str, Any]:
    return {"interface_id": id, "vpc_id": vpc, "addresses": [address], **more}


def book_of(folder: Path, *shots: list[dict[str, Any]], **tables: Any) -> AddressBook:
    """The book of snapshots an hour apart, the first one at noon."""
    store = Store.open(folder / "s")
    for number, interfaces in enumerate(shots):
        rows = {"interfaces": interfaces, "vpcs": VPCS, **tables}
        frames = {kind: frame_of(kind, of) for kind, of in rows.items()}  # type: ignore[arg-type]
        taken = NOON + number * HOUR
        store.remember(Snapshot("111111111111", "eu-central-1", taken, frames))  # type: ignore[arg-type]
    return address_book(store.known, ("team",))


def times(book: AddressBook, address: str) -> list[tuple[str, datetime, datetime]]:
    return [
        (line.holder.interface_id, line.since, line.until)
        for line in book.lines
        if line.address == address
    ]


def test_an_address_that_never_changed_hands_is_its_interfaces_for_ever(tmp_path: Path) -> None:
    row = eni("eni-1", "10.3.0.4")
    book = book_of(tmp_path, [row], [row])
    assert times(book, "10.3.0.4") == [("eni-1", EVER, FOR_EVER)]


def test_nothing_before_the_time_of_attachment_is_the_interfaces(tmp_path: Path) -> None:
    attached = NOON - 3 * HOUR
    book = book_of(tmp_path, [eni("eni-1", "10.3.0.4", attached=attached.isoformat())])
    assert times(book, "10.3.0.4") == [("eni-1", attached, FOR_EVER)]


def test_between_two_owners_an_address_is_nobodys(tmp_path: Path) -> None:
    book = book_of(tmp_path, [eni("eni-1", "10.3.0.4")], [], [eni("eni-2", "10.3.0.4")])
    assert times(book, "10.3.0.4") == [
        ("eni-1", EVER, NOON + GRACE),
        ("eni-2", NOON + 2 * HOUR, FOR_EVER),
    ]


def test_the_next_owner_begins_when_it_was_attached(tmp_path: Path) -> None:
    attached = NOON + HOUR / 2
    later = eni("eni-2", "10.3.0.4", attached=attached.isoformat())
    book = book_of(tmp_path, [eni("eni-1", "10.3.0.4")], [later])
    assert times(book, "10.3.0.4") == [
        ("eni-1", EVER, NOON + GRACE),
        ("eni-2", attached, FOR_EVER),
    ]


def test_an_address_that_moves_to_another_interface_has_one_owner_at_a_time(
    tmp_path: Path,
) -> None:
    old, moved = "10.3.0.4", "10.3.0.9"
    one = [{**eni("eni-1", old), "addresses": [old, moved]}, eni("eni-2", "10.3.0.5")]
    two = [eni("eni-1", old), {**eni("eni-2", "10.3.0.5"), "addresses": ["10.3.0.5", moved]}]
    book = book_of(tmp_path, one, two)
    assert times(book, moved) == [
        ("eni-1", EVER, NOON + GRACE),
        ("eni-2", NOON + HOUR, FOR_EVER),
    ]
    # Another name or address of the same interface is no other owner.
    held = times(book, old)
    assert {id for id, _, _ in held} == {"eni-1"}
    assert [(since, until) for _, since, until in held] == [
        (EVER, NOON + HOUR),
        (NOON + HOUR, FOR_EVER),
    ]


def test_an_address_of_two_vpcs_belongs_to_each_in_itself_alone(tmp_path: Path) -> None:
    rows = [eni("eni-1", "10.0.0.4", "vpc-1"), eni("eni-2", "10.0.0.4", "vpc-2")]
    book = book_of(tmp_path, rows)
    found = {(line.vpc, line.holder.interface_id, line.is_alone) for line in book.lines}
    assert found == {("vpc-1", "eni-1", False), ("vpc-2", "eni-2", False)}


def test_a_block_of_another_vpc_is_enough_to_doubt(tmp_path: Path) -> None:
    rows = [eni("eni-1", "10.0.0.4", "vpc-1"), eni("eni-2", "10.2.0.4", "vpc-2")]
    alone = {line.address: line.is_alone for line in book_of(tmp_path, rows).lines}
    assert alone == {"10.0.0.4": False, "10.2.0.4": True}


def test_with_a_vpc_of_unknown_blocks_no_address_is_anybodys_alone(tmp_path: Path) -> None:
    rows = [eni("eni-1", "10.3.0.4"), eni("eni-9", "10.9.0.4", "vpc-9")]
    book = book_of(tmp_path, rows)
    assert not any(line.is_alone for line in book.lines)
    assert book.vpcs == {"vpc-1", "vpc-2", "vpc-3"}


def test_public_addresses_are_of_no_vpc(tmp_path: Path) -> None:
    row = {
        **eni("eni-1", "10.3.0.4"),
        "addresses": ["10.3.0.4", "2A05:D014:0:0::1", "fd00::1"],
        "public_addresses": ["3.70.0.4"],
    }
    vpcs = {line.address: line.vpc for line in book_of(tmp_path, [row]).lines}
    assert vpcs == {
        "10.3.0.4": "vpc-3", "fd00::1": "vpc-3", "2a05:d014::1": "", "3.70.0.4": "",
    }  # fmt: skip


def test_names_come_from_what_an_interface_belongs_to(tmp_path: Path) -> None:
    rows = [
        eni("eni-1", "10.3.0.4", instance_id="i-1", subnet_id="subnet-1", tags=["team=web"]),
        eni("eni-2", "10.3.0.5", type="nat_gateway", subnet_id="subnet-1",
            description="Interface for NAT Gateway nat-1"),
        eni("eni-3", "10.3.0.6", type="vpc_endpoint",
            description="VPC Endpoint Interface vpce-1"),
        eni("eni-4", "10.3.0.7", description="RDSNetworkInterface", requester_id="amazon-rds",
            owner_id="222222222222"),
        eni("eni-5", "10.3.0.8", description="mine"),
    ]  # fmt: skip
    book = book_of(
        tmp_path, rows,
        instances=[{"instance_id": "i-1", "name": "web-1", "tags": ["Team=shop"]}],
        nat_gateways=[{"nat_gateway_id": "nat-1", "name": "way-out", "tags": ["team=net"]}],
        vpc_endpoints=[
            {"vpc_endpoint_id": "vpce-1", "service": "com.amazonaws.eu-central-1.ecr.api"}
        ],
        subnets=[{"subnet_id": "subnet-1", "vpc_id": "vpc-3", "az_id": "euc1-az1"}],
    )  # fmt: skip
    said = {
        line.holder.interface_id: (line.holder.kind, line.holder.name, line.holder.owner)
        for line in book.lines
    }
    assert said == {
        "eni-1": ("EC2 instance", "web-1", "web"),
        "eni-2": ("NAT gateway", "way-out", "net"),
        "eni-3": ("VPC endpoint", "ecr.api endpoint", None),
        "eni-4": ("RDS", "RDS eni-4", None),
        "eni-5": ("Interface", "eni-5", None),
    }
    places = {
        line.holder.interface_id: (line.holder.account, line.holder.az) for line in book.lines
    }
    assert places["eni-1"] == ("111111111111", "euc1-az1")
    assert places["eni-4"] == ("222222222222", None)


@pytest.mark.parametrize("seed", range(3))
def test_no_two_lines_hold_at_one_time(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    shots = []
    for at in range(6):
        pool = [f"10.3.0.{n}" for n in range(1, 6)]
        chance.shuffle(pool)
        shots.append(
            [
                eni(f"eni-{chance.randrange(8)}-{n}", pool.pop(), attached=(
                    (NOON + (at - chance.random() * 3) * HOUR).isoformat()
                    if chance.random() < 0.5 else None))
                for n in range(chance.randrange(5))
            ]
        )  # fmt: skip
    lines = sorted(
        book_of(tmp_path, *shots).lines, key=lambda line: (line.address, line.vpc, line.since)
    )
    assert lines
    for one, other in pairwise(lines):
        assert one.since < one.until
        same = (one.address, one.vpc) == (other.address, other.vpc)
        assert not same or one.until <= other.since


def test_an_address_that_a_hidden_vpc_may_have_is_not_certainly_the_visible_ones(
    tmp_path: Path,
) -> None:
    """Two accounts with VPCs of one block: within the scope of one, the other is not shown."""
    with Store.open(tmp_path / "s") as store:
        for account, vpc, address in (("1" * 12, "vpc-a", "10.0.0.4"), ("2" * 12, "vpc-b", "")):
            interfaces = [eni("eni-1", address, vpc)] if address else []
            vpcs = [{"vpc_id": vpc, "cidrs": ["10.0.0.0/16"]}]
            frames = {"interfaces": interfaces, "vpcs": vpcs}
            made = {kind: frame_of(kind, of) for kind, of in frames.items()}  # type: ignore[arg-type]
            store.remember(Snapshot(account, "eu-central-1", NOON, made))  # type: ignore[arg-type]
        ours = store.within(Scope.of([Part(accounts=("1" * 12,))]))
        assert ours.hidden_blocks() == ("10.0.0.0/16",)
        assert store.hidden_blocks() == ()
        (line,) = address_book(ours.known, (), ours.hidden_blocks()).lines
        assert (line.vpc, line.is_alone) == ("vpc-a", False)
        assert not address_book(store.known).lines[0].is_alone
        (alone,) = address_book(ours.known).lines
        assert alone.is_alone  # as it looked without the blocks that are hidden
        network = network_of(ours.known, (), ours.hidden_blocks())
        assert network.vpc_of("vpc-other", "10.0.0.4") == ""
        assert network.vpc_of("vpc-a", "10.0.0.4") == "vpc-a"
