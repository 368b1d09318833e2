"""Smallest blocks: named cases, keys of addresses, and the best of all covers by plain recursion."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpcflow_core.analysis.security_groups.address_keys import (
    NO_KEY,
    covers_world,
    key_of,
    keys_of,
    span_of,
)
from vpcflow_core.analysis.security_groups.blocks import WIDEST, smallest_blocks
from vpcflow_core.errors import ParameterError

Network = IPv4Network | IPv6Network
# What is left uncovered, how many addresses, how many blocks: less is better, in this order.
Cost = tuple[int, int, int]


def blocks(addresses: Sequence[str], most: int = 10) -> list[str]:
    return smallest_blocks(addresses, [1] * len(addresses), most)[0]


def test_up_to_ten_addresses_are_their_own_blocks() -> None:
    assert blocks(["10.0.0.1", "8.8.8.8"]) == ["8.8.8.8/32", "10.0.0.1/32"]
    assert blocks(["2001:db8::1"]) == ["2001:db8::1/128"]


def test_neighbours_that_fill_a_block_are_one_block() -> None:
    assert blocks(["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]) == ["10.0.0.0/30"]
    assert blocks(["10.0.0.1", "10.0.0.2"]) == ["10.0.0.1/32", "10.0.0.2/32"]


def test_a_halving_that_gains_nothing_by_itself_may_gain_later() -> None:
    seen = ["10.0.0.0", "10.0.0.127", "10.0.0.128", "10.0.0.255"]
    assert blocks(seen, 2) == ["10.0.0.0/24"]
    assert blocks(seen, 4) == [f"{address}/32" for address in seen]


def test_no_block_is_wider_than_the_widest() -> None:
    found, share = smallest_blocks(["10.0.0.1", "11.0.0.1"], [3, 1], most=1)
    assert (found, share) == (["10.0.0.1/32"], 0.75)
    found, share = smallest_blocks(["10.0.0.1", "10.255.0.1"], [3, 1], most=1)
    assert (found, share) == (["10.0.0.0/8"], 1.0)
    found, share = smallest_blocks(["2600::1", "2601::1"], [1, 3], most=1)
    assert (found, share) == (["2601::1/128"], 0.75)
    assert smallest_blocks(["2600::1", "2600:ffff::1"], [1, 3], most=1) == (["2600::/16"], 1.0)


def test_the_heaviest_come_first() -> None:
    assert smallest_blocks(["10.0.0.1", "10.0.0.9", "10.0.0.5"], [1, 9, 5])[0] == [
        "10.0.0.9/32", "10.0.0.5/32", "10.0.0.1/32",
    ]  # fmt: skip


def test_of_two_as_heavy_the_narrower_is_chosen() -> None:
    seen = ["10.0.0.1", "10.9.0.1", "11.0.0.1"]
    assert smallest_blocks(seen, [1, 1, 2], most=1) == (["11.0.0.1/32"], 0.5)


def test_ipv4_and_ipv6_never_share_a_block() -> None:
    found, share = smallest_blocks(["1.0.0.1", "1.0.0.2", "::1", "::2"], [1, 1, 1, 1], most=2)
    assert (sorted(found), share) == (["1.0.0.0/30", "::/126"], 1.0)
    assert smallest_blocks(["0.0.0.0", "::"], [3, 1], most=1) == (["0.0.0.0/32"], 0.75)


def test_both_ends_of_the_address_space() -> None:
    assert blocks(["0.0.0.0", "0.0.0.1"]) == ["0.0.0.0/31"]
    assert blocks(["255.255.255.254", "255.255.255.255"]) == ["255.255.255.254/31"]
    ones = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff"
    assert blocks([f"{ones}e", f"{ones}f"]) == [f"{ones}e/127"]
    assert blocks(["::", "::1"]) == ["::/127"]


def test_nothing_seen_has_no_blocks() -> None:
    assert smallest_blocks([], []) == ([], 0.0)
    assert smallest_blocks(["junk", None], [1, 1]) == ([], 0.0)
    assert smallest_blocks(["10.0.0.1"], [0]) == ([], 0.0)


def test_what_is_no_address_or_was_not_seen_does_not_count() -> None:
    assert smallest_blocks(["10.0.0.1", "10.0.0.2", "x"], [1, 0, 5]) == (["10.0.0.1/32"], 1.0)


def test_an_address_seen_twice_weighs_twice() -> None:
    found, share = smallest_blocks(["10.0.0.1", "11.0.0.1", "10.0.0.1"], [2, 3, 2], most=1)
    assert (found, share) == (["10.0.0.1/32"], 4 / 7)


@pytest.mark.parametrize(("weights", "most"), [([1], 0), ([-1], 10)])
def test_parameters_out_of_range_are_refused(weights: list[int], most: int) -> None:
    with pytest.raises(ParameterError):
        smallest_blocks(["10.0.0.1"], weights, most)


def test_many_addresses_are_covered_by_ten_blocks() -> None:
    chance = np.random.default_rng(3)
    numbers = {10 * 2**24 + int(n) for n in chance.integers(0, 2**24, 20_000)}
    numbers |= {int(ip_address("2600:1f18::")) + int(n) for n in chance.integers(0, 2**40, 20_000)}
    seen = [str(ip_address(number)) for number in numbers]
    found, share = smallest_blocks(seen, np.ones(len(seen)))
    assert share == 1.0
    assert len(found) <= 10
    networks = [ip_network(block) for block in found]
    assert all(
        any(ip_address(address) in network for network in networks) for address in seen[::37]
    )


# The definition by plain recursion over all blocks, one bit at a time.


def slow(weights: dict[int, int], version: int, most: int) -> Cost:
    """The least cost of any set of at most `most` blocks."""
    whole: Network = ip_network("0.0.0.0/0" if version == 4 else "::/0")

    @cache
    def best(network: Network, budget: int) -> Cost:
        low, high = int(network[0]), int(network[-1])
        inside = [weight for number, weight in weights.items() if low <= number <= high]
        ways: list[Cost] = [(sum(inside), 0, 0)]
        if budget and inside and network.prefixlen >= WIDEST[version]:
            ways.append((0, network.num_addresses, 1))
        if budget and inside and network.prefixlen < network.max_prefixlen:
            left, right = network.subnets()
            for of_left in range(budget + 1):
                pair = best(left, of_left), best(right, budget - of_left)
                ways.append(tuple(sum(part) for part in zip(*pair, strict=True)))  # type: ignore[arg-type]
        return min(ways)

    return best(whole, most)


def cost(found: list[str], weights: dict[int, int]) -> Cost:
    networks = [ip_network(block) for block in found]
    left = sum(
        w for n, w in weights.items() if not any(int(x[0]) <= n <= int(x[-1]) for x in networks)
    )
    return left, sum(network.num_addresses for network in networks), len(networks)


def numbers_of(bits: int) -> st.SearchStrategy[int]:
    """Numbers of which many have their first bits in common."""
    near = st.integers(0, 40)
    far = st.integers(0, 7).map(lambda top: top << (bits - 9))
    middle = st.integers(0, 15).map(lambda part: part << (bits // 2))
    return st.builds(lambda *parts: sum(parts) % 2**bits, near, middle, far)


@pytest.mark.slow
@pytest.mark.parametrize("version", [4, 6])
@settings(max_examples=50)
@given(data=st.data())
def test_the_blocks_are_the_best_of_all_covers(version: int, data: Any) -> None:
    bits = 32 if version == 4 else 128
    weights = data.draw(
        st.dictionaries(numbers_of(bits), st.integers(1, 5), min_size=1, max_size=7)
    )
    most = data.draw(st.integers(1, 3))
    kind = IPv4Network if version == 4 else IPv6Network
    seen = [str(kind(number)[0]) for number in weights]
    found, share = smallest_blocks(seen, list(weights.values()), most)
    mine, least = cost(found, weights), slow(weights, version, most)
    assert mine[0] == least[0]
    assert share == pytest.approx(1 - least[0] / sum(weights.values()))
    # Sums of IPv6 addresses are compared to 53 bits.
    assert mine[1] == pytest.approx(least[1], rel=0 if version == 4 else 1e-12)
    if version == 4:
        assert mine[2] == least[2]
    assert len(found) <= most


@pytest.mark.slow
@given(st.lists(st.ip_addresses(), min_size=1))
def test_keys_sort_as_the_numbers_of_addresses(addresses: list[Any]) -> None:
    keys = keys_of([str(address) for address in addresses])
    order = sorted(range(len(keys)), key=lambda n: (addresses[n].version, int(addresses[n])))
    assert np.sort(keys).tolist() == [keys[n] for n in order]


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_a_block_is_all_between_its_first_and_last_key(
    address: Any, other: Any, length: int
) -> None:
    network = ip_network(
        (int(other) if other.version == 6 else str(other), min(length, other.max_prefixlen)),
        strict=False,
    )
    if network.version != other.version:  # a small IPv6 number alone reads as IPv4
        return
    low, high = span_of(str(network)) or (b"", b"")
    assert (low <= key_of(str(address)) <= high) == (address in network)


def test_what_is_no_address_has_no_key_and_no_span() -> None:
    for junk in (
        None,
        float("nan"),
        7,
        "",
        "-",
        "1.2.3",
        "1.2.3.4.5",
        "::g",
        "1.2.3.4\0",
        "fe80::1%eth0",
        "\uff11.2.3.4",
    ):
        assert key_of(junk) == NO_KEY
        assert span_of(junk) is None
    assert span_of("10.0.0.0/33") is None
    assert span_of("10.0.0.1") == (key_of("10.0.0.1"),) * 2


def test_the_world_is_both_whole_address_spaces() -> None:
    for block in ("0.0.0.0/0", "::/0"):
        assert covers_world(filter(None, [span_of(block)]))
    assert not covers_world([])
    for pieces in (["0.0.0.0/1", "128.0.0.0/1"], ["::/2", "4000::/2", "8000::/1"]):
        spans = [span for span in map(span_of, pieces) if span]
        assert covers_world(reversed(spans))
        assert not any(covers_world(spans[:n] + spans[n + 1 :]) for n in range(len(spans)))
