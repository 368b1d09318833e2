"""Which addresses are internal: CIDR blocks, and beginnings of addresses."""

from __future__ import annotations

import pytest

from collector.function.blocks import Blocks


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("10.1.2.3/8", "10.9.9.9", "11.0.0.1"),
        ("10.0.0.0/16, 192.168.0.0/16", "192.168.3.4", "10.1.0.1"),
        ("10.0.0.0/16 192.168.0.0/16", "10.0.3.4", "172.16.0.1"),
        ("10.0.", "10.0.200.1", "10.1.0.1"),
        ("10.,172.16.", "172.16.5.5", "172.17.0.1"),
        ("10.1", "10.100.0.1", "10.2.0.1"),
        ("10.0.0.7", "10.0.0.7", "10.0.0.71"),
        ("2001:db8::/32", "2001:db8:0:0:1::", "2001:db9::1"),
        ("2001:DB8:", "2001:db8::7", "2001:db9::1"),
    ],
)
def test_blocks_and_text_prefixes_hold_what_they_say(text: str, inside: str, outside: str) -> None:
    blocks = Blocks.parse(text)
    assert blocks.hold(inside)
    assert not blocks.hold(outside)


@pytest.mark.parametrize("word", ["-", "", "eni-1", "10.0.0", "10.0.0.1x"])
def test_what_is_no_address_lies_in_no_block(word: str) -> None:
    assert not Blocks.parse("0.0.0.0/0, ::/0, 1").hold(word)


def test_addresses_are_compared_by_value_not_by_spelling() -> None:
    assert Blocks.of(["2001:db8:0:0::10"]).hold("2001:DB8::0010")


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "vpc-1", "10.0.0.0/8, office", "300.300.300.300/8"]
)
def test_a_word_that_is_no_block_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="which is no block of addresses") as refusal:
        Blocks.parse(text)
    assert text.split()[-1] in str(refusal.value)
