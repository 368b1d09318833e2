"""Classes of addresses, by IANA's registries and by AWS's own addresses."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.reference.address_classes import (
    BLOCKS,
    AddressClass,
    classify,
    classify_one,
    narrowest,
    segments,
)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("8.8.8.8", "public"),
        ("1.0.0.0", "public"),
        ("223.255.255.255", "public"),
        ("0.0.0.0", "reserved"),
        ("9.255.255.255", "public"),
        ("10.0.0.0", "private"),
        ("10.255.255.255", "private"),
        ("11.0.0.0", "public"),
        ("100.63.255.255", "public"),
        ("100.64.0.0", "private"),
        ("100.127.255.255", "private"),
        ("100.128.0.0", "public"),
        ("127.0.0.1", "reserved"),
        ("169.254.0.1", "reserved"),
        ("172.15.255.255", "public"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", "public"),
        ("192.168.255.255", "private"),
        ("192.0.2.255", "reserved"),
        ("198.18.0.1", "reserved"),
        ("198.51.100.7", "reserved"),
        ("203.0.113.7", "reserved"),
        ("224.0.0.251", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.254", "reserved"),
        ("255.255.255.255", "multicast"),
        ("2600:1f18::1", "public"),
        ("3ffe::1", "public"),
        ("::", "reserved"),
        ("::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("4000::", "reserved"),
        ("fc00::1", "private"),
        ("fdff::1", "private"),
        ("fe80::1", "reserved"),
        ("ff02::1", "multicast"),
        ("FF02::1", "multicast"),
    ],
)
def test_an_address_has_the_class_of_its_block(address, kind):
    assert classify_one(address) == kind


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.169.253",
        "169.254.169.123",
        "169.254.169.250",
        "169.254.169.251",
        "169.254.170.2",
        "198.19.0.1",
        "fd00:ec2::254",
        "fd00:ec2::23",
    ],
)
def test_addresses_of_aws_itself_are_told_from_link_local_and_private_ones(address):
    assert classify_one(address) == "aws"


@pytest.mark.parametrize("address", ["169.254.169.252", "198.18.255.255", "fd00:ec1::1"])
def test_neighbours_of_aws_addresses_keep_their_blocks_class(address):
    assert classify_one(address) in ("reserved", "private")


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_ipv4_carried_in_ipv6_has_the_class_of_the_ipv4_address(prefix):
    wanted = ["private", "public", "aws"]
    carried = [f"{prefix}{address}" for address in ("10.0.0.1", "8.8.8.8", "169.254.169.254")]
    assert classify(carried) == wanted


@pytest.mark.parametrize(
    "word", ["-", "", " ", "eni-1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "10.0.0.0/8", "::g", "1\x00"]
)
def test_what_is_no_address_has_no_class(word):
    assert classify_one(word) is None


def test_missing_addresses_stay_in_their_place():
    assert classify([None, "10.0.0.1", "-"]) == [None, "private", None]
    assert classify_one(float("nan")) is None
    assert classify([]) == []


def test_classes_are_plain_text_that_a_data_frame_can_hold():
    assert type(classify_one("8.8.8.8")) is str


def test_every_class_has_a_block_and_every_block_a_sentence():
    assert {block.kind for block in BLOCKS} == set(AddressClass)
    assert all(block.doc for block in BLOCKS)
    assert len({block.cidr for block in BLOCKS}) == len(BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.cidr)
def test_the_edges_of_every_block_have_the_class_of_the_narrowest_block(block):
    same = [b for b in BLOCKS if b.network.version == block.network.version]
    for edge in (block.network.network_address, block.network.broadcast_address):
        assert classify_one(str(edge)) == narrowest(int(edge), same).kind


@pytest.mark.parametrize("version", [4, 6])
def test_the_segments_cover_the_whole_space_in_order(version):
    starts, kinds = segments(version)
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert len(starts) == len(kinds)


@given(st.integers(0, 2**32 - 1))
def test_ipv4_classes_agree_with_a_walk_through_the_table(number):
    same = [block for block in BLOCKS if block.network.version == 4]
    assert classify_one(str(ip_address(number))) == narrowest(number, same).kind


@given(st.integers(0, 2**128 - 1), st.sampled_from([b for b in BLOCKS if ":" in b.cidr]))
def test_ipv6_classes_agree_with_a_walk_through_the_table(number, block):
    size = block.network.num_addresses
    address = block.network.network_address + number % size
    carried = any(address in ip_network(net) for net in ("::ffff:0:0/96", "64:ff9b::/96"))
    same = [b for b in BLOCKS if b.network.version == 6]
    if not carried:
        assert classify_one(str(address)) == narrowest(int(address), same).kind
        assert classify_one(address.exploded) == classify_one(address.compressed)


@given(st.text())
def test_no_text_breaks_the_classification(text):
    assert classify_one(text) in {None, *AddressClass}
