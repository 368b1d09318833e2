"""Zones and watch lists: which set an address is in, and what is said of lines that are none."""

from __future__ import annotations

import random
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.block_sets import read_block_sets


def test_an_address_is_in_the_set_of_the_smallest_block() -> None:
    sets = read_block_sets(
        (
            ("company", ("10.0.0.0/8", "2001:db8::/32")),
            ("office", ("10.1.0.0/16", "10.1.2.3")),
            ("lab", ("10.1.2.0/24", "10.1.2.3", "2001:db8:1::/48")),
        )
    )
    assert sets.counts == (2, 2, 3)
    expected = {
        "9.255.255.255": None, "10.0.0.0": "company", "10.1.0.0": "office", "10.1.2.0": "lab",
        "10.1.2.3": "office", "10.1.2.4": "lab", "10.1.3.0": "office", "10.2.0.0": "company",
        "10.255.255.255": "company", "11.0.0.0": None, "2001:db8::1": "company",
        "2001:db8:1::1": "lab", "2001:db8:2::": "company", "2001:db9::": None, "no address": None,
    }  # fmt: skip
    assert {address: sets.of(address) for address in expected} == expected


def test_any_blocks_are_found_as_the_longest_prefix_is() -> None:
    dice = random.Random(5)
    blocks = [
        ip_network((dice.randrange(2**12) << 20, dice.randrange(4, 13)), strict=False)
        for _ in range(200)
    ]
    names = [f"set{number % 7}" for number in range(len(blocks))]
    order = sorted(set(names))
    named = tuple(
        (name, tuple(str(b) for b, of in zip(blocks, names, strict=True) if of == name))
        for name in order
    )
    sets = read_block_sets(named)
    for number in range(0, 2**32, 2**32 // 800):
        address = ip_address(number)
        holding = [
            (-block.prefixlen, order.index(name))
            for block, name in zip(blocks, names, strict=True)
            if address in block
        ]
        expected = order[min(holding)[1]] if holding else None
        assert sets.of(str(address)) == expected


def test_files_hold_plain_lists_or_csv_and_bad_lines_are_named(tmp_path: Path) -> None:
    threats = tmp_path / "threats.csv"
    threats.write_text(
        'block,label\n198.51.100.0/24,"c2, old"\n\n# old\n999.1.1.1,x\n192.0.2.7;x\n'
    )
    zones = tmp_path / "zones.csv"
    zones.write_text("zone,block\noffice,203.0.113.0/24\nlonely\noffice,203.0.113.0/33\n")
    sets = read_block_sets((("threats", (str(threats),)),), zones)
    assert dict(zip(sets.names, sets.counts, strict=True)) == {"threats": 2, "office": 1}
    assert [sets.of(a) for a in ("198.51.100.9", "192.0.2.7", "203.0.113.1")] == [
        "threats", "threats", "office",
    ]  # fmt: skip
    assert list(sets.problems) == [
        "threats.csv, line 5: '999.1.1.1' is no block",
        "zones.csv, line 3: it needs a zone and a block",
        "zones.csv, line 4: '203.0.113.0/33' is no block",
    ]


def test_what_is_neither_a_block_nor_a_file_is_refused_with_its_setting() -> None:
    with pytest.raises(SettingsError) as refused:
        read_block_sets((("office", ("10.0.0.0/99",)),))
    assert "10.0.0.0/99 cannot be read" in refused.value.what
    assert "zones.office" in refused.value.next_step


def test_the_stretches_of_sets_are_those_of_their_blocks() -> None:
    sets = read_block_sets((("a", ("255.255.255.0/24", "0.0.0.0/31", "ffff::/16")),))
    spans = [(v, str(ip_address(first)), str(ip_address(last))) for v, first, last in sets.spans()]
    assert spans == [
        (0, "0.0.0.0", "0.0.0.1"), (0, "255.255.255.0", "255.255.255.255"),
        (1, "ffff::", "ffff:" + ":".join(["ffff"] * 7)),
    ]  # fmt: skip
