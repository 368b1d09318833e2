"""Text mechanics: blocks, members, line numbers, headers, and both paths over the same lines."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime

import pytest

from tests.formats.reading import (
    HEADER,
    NODATA_LINE,
    OK_LINE,
    line,
    packed,
    read,
    reasons,
    rows_of,
    text,
)
from vpcflow_core.formats import blocks, fast
from vpcflow_core.formats.base import EXAMPLES_KEPT
from vpcflow_core.formats.header import read_header
from vpcflow_core.formats.lines import LineReader
from vpcflow_core.formats.parse import parse
from vpcflow_core.formats.values import column_type


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that every file has many."""
    monkeypatch.setattr(blocks.whole_lines, "__defaults__", (300,))
    monkeypatch.setattr(blocks, "BLOCK", 200)
    monkeypatch.setattr(blocks, "_PIECE", 64)


def test_several_gzip_members_are_one_file() -> None:
    cut = len(HEADER) + 20
    data = text(OK_LINE, NODATA_LINE)
    assert rows_of(packed(data[:cut]) + packed(b"") + packed(data[cut:])) == rows_of(data)


def test_padding_after_the_last_member_is_nothing() -> None:
    _, report = read(packed(text(OK_LINE)) + bytes(512))
    assert (report.records, report.broken) == (1, "")


def test_bytes_after_the_last_member_are_reported() -> None:
    _, report = read(packed(text(OK_LINE)) + b"garbage")
    assert report.records == 1
    assert "no gzip" in report.broken


def test_damage_inside_of_gzip_is_reported() -> None:
    rng = random.Random(1)
    lines = [line(srcport=rng.randrange(65536), bytes=rng.randrange(10**9)) for _ in range(5000)]
    data = bytearray(packed(text(*lines)))
    data[len(data) // 2] ^= 0xFF
    _, report = read(bytes(data))
    assert report.broken


@pytest.mark.parametrize("cut", [2, 3, 5, 9, 10, 11, 15])
def test_gzip_cut_in_its_head_is_broken(cut: int) -> None:
    _, report = read(packed(text(OK_LINE))[:cut])
    assert report.records == 0
    assert report.broken or report.malformed


@pytest.mark.usefixtures("small_blocks")
def test_line_numbers_hold_across_blocks() -> None:
    lines = [OK_LINE] * 40
    for place in (3, 17, 38):
        lines[place] = line(srcport="12.5")
    lines[20] = ""
    assert [number for number, _ in reasons(packed(text(*lines)))] == [5, 19, 40]


@pytest.mark.usefixtures("small_blocks")
def test_a_header_of_an_earlier_block_holds_in_later_ones() -> None:
    data = text(*[OK_LINE] * 9, "srcaddr version", *["10.0.0.1 2"] * 50, HEADER, *[OK_LINE] * 9)
    _, report = read(data)
    assert (report.records, report.malformed) == (68, 0)


@pytest.mark.usefixtures("small_blocks")
def test_the_last_header_of_a_block_holds_after_it() -> None:
    # A, B, A within one block: the formats are read in turn, but the last one goes on.
    short = ["srcaddr version", "10.0.0.1 2", "version srcaddr", "2 10.0.0.1", "srcaddr version"]
    _, report = read(text(*short, *["10.0.0.1 2"] * 200, header=None))
    assert (report.records, report.malformed) == (202, 0)


@pytest.mark.usefixtures("small_blocks")
def test_a_line_longer_than_a_block_is_one_line() -> None:
    rows, report = read(text(OK_LINE, "x" * 5000, OK_LINE))
    assert (len(rows), report.malformed) == (2, 1)
    assert len(report.reasons[0].text) == 500


@pytest.mark.usefixtures("small_blocks")
def test_many_blocks_give_what_one_gives() -> None:
    rng = random.Random(5)
    lines = [
        line(srcport=rng.randrange(70000), dstaddr=f"10.0.0.{rng.randrange(300)}")
        for _ in range(400)
    ]
    rows, report = read(packed(text(*lines)))
    assert 0 < report.malformed == 400 - len(rows)


def test_only_the_first_malformed_lines_are_kept_but_all_are_counted() -> None:
    _, report = read(text(*[line(srcport=70000 + i) for i in range(100)], "bogus line"))
    assert len(report.reasons) == EXAMPLES_KEPT
    assert report.counts == {
        "srcport is above 65535": 100, "fewer fields where the format has 14": 1
    }  # fmt: skip


def test_examples_come_in_the_order_of_the_lines() -> None:
    data = text(line(dstport=70000), "bogus", line(version="x"), OK_LINE + " y")
    assert [number for number, _ in reasons(data)] == [2, 3, 4, 5]


def test_first_and_last_are_those_of_all_records() -> None:
    _, report = read(text(OK_LINE, NODATA_LINE, line(start=100, end=200)))
    assert report.first == datetime(1970, 1, 1, 0, 1, 40, tzinfo=UTC)
    assert report.last == datetime(2015, 5, 10, 18, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize("action", ["accept", "Reject"])
def test_actions_in_small_letters_are_read(action: str) -> None:
    [row] = rows_of(text(line(action=action, log_status="ok")))
    assert (row["action"], row["log_status"]) == (action.upper(), "OK")


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fe80::1", "2001:db8::", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:0",
     "255.255.255.255", "0.0.0.0"],
)  # fmt: skip
def test_addresses_of_every_form(address: str) -> None:
    assert rows_of(text(line(srcaddr=address)))[0]["srcaddr"] == address


@pytest.mark.parametrize("other", [[], ["bogus"]])  # the careful way reads odd blocks
def test_an_ipv6_address_has_one_spelling(other: list[str]) -> None:
    spelt = ["2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"]
    rows = rows_of(text(*[line(srcaddr=word, dstaddr="10.0.0.1") for word in spelt], *other))
    assert [row["srcaddr"] for row in rows] == [
        "2001:db8::1",
        "2001:db8::1",
        "1:2:3:4:5:6:7:0",
        "0:2:3:4:5:6:7:8",
    ]
    assert {row["dstaddr"] for row in rows} == {"10.0.0.1"}


@pytest.mark.parametrize(
    "address",
    ["10.0.0", "10.0.0.0.1", "010.0.0.1", "10.0.0.256", "1:2:3:4:5:6:7", "1::2::3", "12345::",
     "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::g", ":1", "1:", "fe80::1%eth0", "10.0.0.1/24"],
)  # fmt: skip
def test_what_is_no_address_is_malformed(address: str) -> None:
    assert reasons(text(line(srcaddr=address))) == [
        (2, f"srcaddr: '{address}' is not an IP address")
    ]


def test_all_tables_of_a_format_have_one_schema() -> None:
    fast_one, careful = (
        next(iter(parse(text(OK_LINE, *more)))).table.schema for more in ([], ["bogus"])
    )
    assert fast_one == careful
    assert [field.type for field in fast_one] == [column_type(field.name) for field in fast_one]


def test_plain_lines_take_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineReader, "read", None)
    assert len(rows_of(text(OK_LINE, NODATA_LINE))) == 2


@pytest.mark.parametrize(
    ("words", "is_header"),
    [
        (HEADER, True), ("srcaddr dstaddr my-own other", True), ("${version} ${action}", True),
        ("srcaddr", True), ("start_time end_time", True), ("a b c d e srcaddr dstaddr", True),
        (OK_LINE, False), ("bogus line", False), ("", False), ("bogus", False),
        ("we start the action of this new version with many words", False),
        ("srcaddr dstaddr ACCEPT", False), ("srcaddr eni-1235b8ca", False), ("srcaddr -", False),
    ],
)  # fmt: skip
def test_what_is_a_header(words: str, is_header: bool) -> None:
    assert (read_header(words) is not None) == is_header


def test_a_name_twice_in_a_header_is_two_columns() -> None:
    assert rows_of(b"srcaddr version srcaddr\n10.0.0.1 2 x\n") == [
        {"srcaddr": "10.0.0.1", "version": 2, "srcaddr_2": "x"}
    ]


def test_a_format_of_words_alone_still_finds_a_repeated_header() -> None:
    rows, _ = read(b"vpc-id subnet-id\nvpc-1 subnet-1\nvpc-id subnet-id\nvpc-2 subnet-2\n")
    assert [row["vpc_id"] for row in rows] == ["vpc-1", "vpc-2"]
    assert not fast.columns_are_checked(["vpc_id", "subnet_id"])


def test_one_column_with_blank_lines() -> None:
    rows, report = read(b"srcport\n1\n\n2\n-\n")
    assert ([row["srcport"] for row in rows], report.malformed) == ([1, 2, None], 0)


def test_a_member_in_another_member() -> None:
    assert rows_of(gzip.compress(gzip.compress(text(OK_LINE)))) == rows_of(text(OK_LINE))
