"""A person's own list of addresses, and AWS's ranges."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vpcflow_core.errors import SettingsError
from vpcflow_core.inventory.aws_ranges import read_ranges
from vpcflow_core.inventory.own_names import OwnNames, at_times, read_own_names
from vpcflow_core.inventory.tables import EVER, FOR_EVER


def read(folder: Path, text: str) -> OwnNames:
    path = folder / "addresses.csv"
    path.write_text(text, encoding="utf-8")
    return read_own_names(path)


def test_columns_may_come_in_any_order_and_be_missing(tmp_path: Path) -> None:
    found = read(tmp_path, "name, Block\nBerlin, 192.0.2.0/24\nVPN, 198.51.100.7\n")
    assert found.problems == ()
    assert [(str(e.network), e.name, e.owner) for e in found.entries] == [
        ("192.0.2.0/24", "Berlin", None), ("198.51.100.7/32", "VPN", None),
    ]  # fmt: skip
    assert {(e.since, e.until) for e in found.entries} == {(EVER, FOR_EVER)}


def test_a_bad_line_is_left_out_and_named(tmp_path: Path) -> None:
    text = (
        "block,name,owner,kind,from,until\n"
        "192.0.2.0/24,Berlin,it,office,,\n"
        "192.0.2.0/33,Rome,it,office,,\n"
        ",Paris,it,office,,\n"
        "10.0.0.5/8,Bonn,it,office,,\n"
        "10.0.0.5,pod,,,2026-11-02,2026-11-01\n"
        "10.0.0.6,pod,,,yesterday-ish,\n"
        "10.0.0.7,,,,,\n"
        "10.0.0.8,pod,a,b,,,more\n"
    )
    found = read(tmp_path, text)
    assert [entry.name for entry in found.entries] == ["Berlin"]
    assert [problem.partition(":")[0] for problem in found.problems] == [
        f"line {number}" for number in range(3, 10)
    ]
    assert "'192.0.2.0/33' is no block of addresses." in found.problems[0]
    assert "it has no block" in found.problems[1]
    assert "before it begins" in found.problems[3]
    assert "names nothing" in found.problems[5]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column `block`"),
        ("name,owner\nx,y\n", "no column `block`"),
        ("block,nmae\n10.0.0.1,x\n", "a column `nmae`"),
    ],
)
def test_a_file_without_its_columns_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(tmp_path, text)
    with pytest.raises(SettingsError, match="does not exist"):
        read_own_names(tmp_path / "none.csv")


def test_the_smallest_block_that_holds_at_a_time_names_an_address(tmp_path: Path) -> None:
    text = (
        "block,name,from,until\n"
        "10.0.0.0/8,company,,\n"
        "10.1.0.0/16,lab,2026-11-02,2026-11-05\n"
        "10.1.2.3,pod-a,2026-11-03,2026-11-04\n"
    )
    blocks = read(tmp_path, text).blocks()
    spans = [(entry.name, entry.since, entry.until) for entry in at_times(blocks.of("10.1.2.3"))]
    days = {day: datetime(2026, 11, day, tzinfo=UTC) for day in (2, 3, 4, 5)}
    assert spans == [
        ("company", EVER, days[2]), ("lab", days[2], days[3]), ("pod-a", days[3], days[4]),
        ("lab", days[4], days[5]), ("company", days[5], FOR_EVER),
    ]  # fmt: skip


def test_the_service_of_an_address_is_the_one_that_says_most(tmp_path: Path) -> None:
    path = tmp_path / "ip-ranges.json"
    prefixes = [
        ("3.5.0.0/16", "AMAZON"), ("3.5.0.0/16", "S3"), ("3.5.0.0/16", "EC2"),
        ("52.0.0.0/11", "AMAZON"), ("52.0.0.0/11", "EC2"),
        ("52.94.0.0/22", "AMAZON"), ("13.32.0.0/15", "AMAZON"), ("13.32.0.0/15", "CLOUDFRONT"),
    ]  # fmt: skip
    said = {
        "prefixes": [{"ip_prefix": block, "service": service} for block, service in prefixes],
        "ipv6_prefixes": [{"ipv6_prefix": "2600:1f00::/24", "service": "DYNAMODB"}],
    }
    path.write_text(json.dumps(said), encoding="utf-8")
    ranges = read_ranges(path)
    asked = ("3.5.1.1", "52.1.1.1", "52.94.1.1", "13.33.1.1", "2600:1f00::1", "9.9.9.9", "-")
    assert [ranges.service_of(address) for address in asked] == [
        "S3", "EC2", "AMAZON", "CLOUDFRONT", "DYNAMODB", None, None,
    ]  # fmt: skip
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(SettingsError, match="not AWS's ip-ranges"):
        read_ranges(path)
