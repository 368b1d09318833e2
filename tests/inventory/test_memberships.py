"""Every zone and list that holds an address or a block, with what its list says of it."""

from __future__ import annotations

import random
import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from vpcflow_core.inventory.block_sets import NamedSets
from vpcflow_core.inventory.memberships import memberships


@pytest.fixture
def lists(tmp_path: Path) -> NamedSets:
    threats = tmp_path / "threats.csv"
    threats.write_text(
        "block,label\n198.51.100.0/24,scanners # seen\n"
        '198.51.100.7,"botnet, old"\n2001:db8::/32,lab\n'
    )
    plain = tmp_path / "plain.txt"
    plain.write_text("; a comment\n198.51.0.0/16\n")
    return (("threats", (str(threats),)), ("plain", (str(plain), "203.0.113.9")))


def test_the_smallest_block_of_each_list_and_its_label_are_said(lists: NamedSets) -> None:
    expected = {
        "198.51.100.7": ["threats (198.51.100.7: botnet, old)", "plain (198.51.0.0/16)"],
        "198.51.100.8": ["threats (198.51.100.0/24: scanners)", "plain (198.51.0.0/16)"],
        "198.51.100.0/25": ["threats (198.51.100.0/24: scanners)", "plain (198.51.0.0/16)"],
        "198.51.0.0/17": ["plain (198.51.0.0/16)"],
        "198.0.0.0/8": [],
        "203.0.113.9": ["plain (203.0.113.9)"],
        "2001:db8::1": ["threats (2001:db8::/32: lab)"],
        "443": [],
    }
    assert {text: list(map(str, memberships(text, lists))) for text in expected} == expected


def test_a_file_of_many_zones_may_have_its_columns_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    path.write_text("block,label,zone\n10.0.0.0/8,all of it,company\n10.1.0.0/16,Bonn,office\n")
    found = memberships("10.1.2.3", (), path)
    assert list(map(str, found)) == [
        "office (10.1.0.0/16: Bonn)",
        "company (10.0.0.0/8: all of it)",
    ]


def test_a_long_list_is_looked_up_without_reading_it_line_by_line(tmp_path: Path) -> None:
    numbers = random.Random(7).sample(range(2**24, 2**31), 50_000)
    addresses = [str(IPv4Address(number)) for number in numbers]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(f"{one},label {at}" for at, one in enumerate(addresses)))
    began = time.process_time()
    (found,) = memberships(addresses[41_000], (("long", (str(path),)),))
    assert str(found) == f"long ({addresses[41_000]}: label 41000)"
    assert time.process_time() - began < 5
