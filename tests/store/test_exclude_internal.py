"""Traffic inside given blocks is left out and counted; everything else is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.doubles import START, Memory, line, log, numbers, records
from vpcflow_core.addresses import parse_block
from vpcflow_core.errors import SettingsError
from vpcflow_core.formats.base import Report
from vpcflow_core.store.internal import Internal
from vpcflow_core.store.placing import Placed
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

# Few distinct numbers, so that addresses fall into blocks and on their edges.
NUMBERS_4 = st.one_of(
    st.integers(0, 2**32 - 1),
    st.integers(0x0A08_0000 - 3, 0x0A08_0000 + 2**9),
    st.integers(0xAC10_0000 - 2, 0xAC10_0000 + 2**18),
)
NUMBERS_6 = st.one_of(
    st.integers(0, 2**128 - 1), st.integers((0xFD00 << 112) - 2, (0xFD00 << 112) + 2**10)
)
ADDRESSES = st.one_of(
    NUMBERS_4.map(lambda n: str(IPv4Address(n))),
    NUMBERS_6.map(lambda n: str(IPv6Address(n))),
    NUMBERS_6.map(lambda n: IPv6Address(n).exploded.upper()),
)
NETWORKS = st.one_of(
    st.tuples(NUMBERS_4.map(IPv4Address), st.integers(0, 32)),
    st.tuples(NUMBERS_6.map(IPv6Address), st.integers(0, 128)),
).map(lambda pair: str(ip_network(pair, strict=False)))


def inside(address: str | None, blocks: list[str]) -> bool:
    return address is not None and any(ip_address(address) in ip_network(b) for b in blocks)


@given(
    st.lists(st.tuples(st.none() | ADDRESSES, st.none() | ADDRESSES), max_size=30),
    st.lists(NETWORKS, min_size=1, max_size=4),
    st.booleans(),
)
def test_what_is_left_out_is_what_ipaddress_says(
    pairs: list[tuple[str | None, str | None]], blocks: list[str], encoded: bool
) -> None:
    columns = {
        "srcaddr": pa.array([pair[0] for pair in pairs], pa.string()),
        "dstaddr": pa.array([pair[1] for pair in pairs], pa.string()),
        "bytes": pa.array(range(len(pairs)), pa.int64()),
    }
    if encoded:
        columns |= {end: columns[end].dictionary_encode() for end in ("srcaddr", "dstaddr")}
    report = Report(records=len(pairs))
    table = pa.concat_tables([pa.table(columns).slice(0, 7), pa.table(columns).slice(7)])
    kept = Internal(blocks).leave_out(Placed("flows", date(2026, 11, 1), table), report).table
    wanted = [
        number
        for number, pair in enumerate(pairs)
        if not all(inside(address, blocks) for address in pair)
    ]
    assert kept["bytes"].to_pylist() == wanted
    assert (report.records, report.internal) == (len(wanted), len(pairs) - len(wanted))


@pytest.mark.parametrize("part", ["quiet", "transit_quiet"])
def test_records_without_traffic_are_kept(part: str) -> None:
    table = pa.table({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"]})
    placed = Placed(part, date(2026, 11, 1), table)
    assert Internal(["10.0.0.0/8"]).leave_out(placed, Report()) is placed


def test_a_format_without_one_of_the_ends_loses_nothing() -> None:
    placed = Placed("flows", date(2026, 11, 1), pa.table({"srcaddr": ["10.0.0.1"]}))
    assert Internal(["10.0.0.0/8"]).leave_out(placed, Report()) is placed


def test_what_is_no_address_is_kept() -> None:
    table = pa.table({"srcaddr": ["fe80::1%eth0"], "dstaddr": ["fe80::2"]})
    placed = Placed("flows", date(2026, 11, 1), table)
    assert Internal(["fe80::/10"]).leave_out(placed, Report()) is placed


def filled(folder: Path, *blocks: str) -> tuple[Store, Memory]:
    """A store with ten records from 10.0.0.N to 10.1.0.1, and two quiet ones."""
    source, store = Memory(), Store.open(folder)
    lines = [line(number, START) for number in range(10)]
    quiet = [line(0, START, "NODATA"), line(0, START, "SKIPDATA")]
    source.put("a.log.gz", log([*lines, *quiet]))
    sync(store, source, exclude_internal=blocks)
    return store, source


def test_sync_counts_what_it_leaves_out_by_object_and_source(tmp_path: Path) -> None:
    store, source = filled(tmp_path / "s")
    source.put("b.log.gz", log([line(number, START) for number in range(10, 16)]))
    result = sync(store, source, exclude_internal=["10.0.0.10/31", "10.1.0.0/24"])
    assert (result.records, result.internal) == (4, 2)
    assert sorted(numbers(store)) == [*range(10), *range(12, 16)]
    [state] = store.sources()
    assert (state.records, state.internal) == (16, 2)


def test_both_ends_have_to_lie_inside(tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", "10.0.0.0/24")
    assert len(numbers(store)) == 10
    assert store.sources()[0].internal == 0


def test_an_object_of_internal_records_alone_is_known_and_not_read_again(tmp_path: Path) -> None:
    store, source = filled(tmp_path / "s", "10.0.0.0/8")
    assert (len(numbers(store)), sum(records(store).values())) == (0, 2)
    [state] = store.sources()
    assert (state.objects, state.records, state.internal, state.broken) == (1, 2, 10, 0)
    assert sync(store, source).skipped == 1  # what was left out does not come back by itself
    assert store.reports() == []  # and is nothing a person should look into


def test_what_is_dropped_as_too_old_is_dropped_still(tmp_path: Path) -> None:
    source, store = Memory(), Store.open(tmp_path / "s")
    now = datetime.now(UTC)
    ages = [timedelta(0), timedelta(days=40)]
    source.put("a.log.gz", log([line(n, now - age) for n, age in enumerate(ages)]), now)
    sync(store, source, keep=timedelta(days=30), exclude_internal=["192.168.0.0/16"])
    assert sorted(numbers(store)) == [0]


@pytest.mark.parametrize(
    ("written", "block"),
    [
        ("10.8.0.0/16", "10.8.0.0/16"),
        (" 10. ", "10.0.0.0/8"),
        ("10.0.", "10.0.0.0/16"),
        ("192.168.7.", "192.168.7.0/24"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("FD00:0:0::/48", "fd00::/48"),
        ("fd00::1", "fd00::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_blocks_are_understood_however_they_are_written(written: str, block: str) -> None:
    assert parse_block(written) == block


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("10.0", "'10.0' is no block of addresses."),
        ("10.0.0.0.", "is no block"),
        ("300.", "is no block"),
        ("", "'' is no block"),
        ("intranet", "is no block"),
        ("10.0.0.0/33", "is no block"),
        ("10.8.1.0/16", "'10.8.1.0/16' is an address inside a block, not a block.\n  The block is 10.8.0.0/16."),
        ("fd00::1/64", "The block is fd00::/64."),
    ],
)  # fmt: skip
def test_what_is_no_block_is_told(written: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_block(written)
    assert told in str(caught.value)
