"""What may be written in a filter, what it means as data, and what is refused in which words."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.errors import FieldError, FilterError
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.filters import Filter, Filters, exactly, parse_filter
from vpcflow_core.query.terms import Address, Block, Exact, Missing, Named, Pattern, Span

MEANINGS = {
    ("srcaddr", "10.0.0.1"): Filter("srcaddr", (Address(ip_address("10.0.0.1")),)),
    ("srcaddr", "10.0.0.0/8"): Filter("srcaddr", (Block(ip_network("10.0.0.0/8")),)),
    ("srcaddr", "10.1.2.3/8"): Filter("srcaddr", (Block(ip_network("10.0.0.0/8")),)),
    ("dstaddr", "2001:DB8::/32"): Filter("dstaddr", (Block(ip_network("2001:db8::/32")),)),
    ("dstaddr", "!10.0.*"): Filter("dstaddr", (), (Pattern("10.0.*"),)),
    ("dstport", "443"): Filter("dstport", (Exact(443),)),
    ("dstport", "https, 1024-65535"): Filter(
        "dstport", (Named("https", (443,)), Span(1024, 65535))
    ),
    ("dstport", "1024 - 2048"): Filter("dstport", (Span(1024, 2048),)),
    ("protocol", "TCP"): Filter("protocol", (Named("tcp", (6,)),)),
    ("action", "reject"): Filter("action", (Exact("REJECT"),)),
    ("flow-direction", "EGRESS"): Filter("flow_direction", (Exact("egress"),)),
    ("interface_id", "eni-0A*"): Filter("interface_id", (Pattern("eni-0a*"),)),
    ("vpcId", "vpc-1"): Filter("vpc_id", (Exact("vpc-1"),)),
    ("vpc_id", "-"): Filter("vpc_id", (Missing(),)),
    ("vpc_id", "!-"): Filter("vpc_id", (), (Missing(),)),
    ("security-group-ids", "sg-1"): Filter("security_group_id", (Exact("sg-1"),)),
    ("instance_tag", '"a, ""b"" *"'): Filter("instance_tag", (Exact('a, "b" *'),)),
    ("ecs_cluster_arn", "arn:aws:ecs:x:1:cluster/a-b"): Filter(
        "ecs_cluster_arn", (Exact("arn:aws:ecs:x:1:cluster/a-b"),)
    ),
    # `!` before a list excludes the whole list; inside, it excludes its own value.
    ("dstport", "!80, 443"): Filter("dstport", (), (Exact(80), Exact(443))),
    ("dstport", "!80, !443"): Filter("dstport", (), (Exact(80), Exact(443))),
    ("dstport", "1-1023, !22"): Filter("dstport", (Span(1, 1023),), (Exact(22),)),
}


@pytest.mark.parametrize(("name", "text"), MEANINGS)
def test_text_means(name: str, text: str) -> None:
    read = parse_filter(name, text)
    assert read == MEANINGS[name, text]
    assert parse_filter(name, str(read)) == read


REFUSED = {
    ("srcaddr", "10.0.0"): "'10.0.0' is not an address",
    ("srcaddr", "10.0.0.0/33"): "is not an address block",
    ("srcaddr", "fe80::1%eth0"): "is not an address",
    ("srcaddr", "localhost"): "is not an address",
    ("dstport", "70000"): "70000 is too large",
    ("dstport", "90-80"): "ends before it begins",
    ("dstport", "1-70000"): "70000 is too large",
    ("dstport", "htps"): "Did you mean https?",
    ("dstport", "-1"): "neither a number",
    ("dstport", "0x1bb"): "neither a number",
    ("dstport", "4.5"): "neither a number",
    ("protocol", "tpc"): "Did you mean tcp?",
    ("protocol", "256"): "Its values go from 0 to 255",
    ("protocol", "t*"): "is not a pattern of numbers",
    ("tcp_flags", "syn"): "is not a whole number",
    ("action", "REJCT"): "Did you mean 'reject'?",
    ("action", "drop"): "Its values: ACCEPT, REJECT",
    ("vpc_id", "a,,b"): "cannot be read",
    ("vpc_id", ",a"): "cannot be read",
    ("vpc_id", "a,"): "cannot be read",
    ("vpc_id", "!"): "cannot be read",
    ("vpc_id", '"a'): "cannot be read",
    ("vpc_id", '"a"b'): "cannot be read",
}


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_what_cannot_be_read_is_refused_in_words(name: str, text: str) -> None:
    with pytest.raises(FilterError, match=name) as caught:
        parse_filter(name, text)
    assert REFUSED[name, text] in str(caught.value)


def test_unknown_fields_are_refused_with_the_closest_one() -> None:
    with pytest.raises(FieldError, match="Did you mean 'srcaddr'"):
        parse_filter("srcadr", "10.0.0.1")
    with pytest.raises(FieldError, match="measure"):
        parse_filter("bytes", "1")
    with pytest.raises(FieldError, match="range"):
        parse_filter("start", "1")


def test_extra_columns_of_the_store_can_be_filtered() -> None:
    assert parse_filter("my_field", "x", ["my_field"]).field == "my_field"
    with pytest.raises(FieldError):
        parse_filter("my_field", "x")


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_dimension_is_a_filter(name: str) -> None:
    text = "7" if DIMENSIONS[name].kind in ("small", "port", "int") else "*"
    assert parse_filter(name, text).field == name


@pytest.mark.slow
@given(st.text(min_size=1, max_size=20))
def test_exactly_reads_back_as_just_that_value(value: str) -> None:
    assert parse_filter("instance_tag", exactly(value)) == Filter("instance_tag", (Exact(value),))


@given(st.text(alphabet="ab1*!-,\"' \t\n/.:%^", max_size=12), st.sampled_from(sorted(DIMENSIONS)))
def test_any_text_is_read_or_refused_and_prints_as_it_reads(text: str, name: str) -> None:
    try:
        read = Filters.parse({name: text})
    except FilterError:
        return
    assert Filters.parse(read.texts()) == read


def test_filters_take_python_values_and_skip_blanks() -> None:
    made = Filters.parse({"dstport": 443, "protocol": ["tcp", 17], "srcaddr": " "})
    assert made.texts() == {"dstport": "443", "protocol": "tcp, 17"}


def test_filters_add_up_without_repeats() -> None:
    first, second = Filters.parse({"dstport": "80"}), Filters.parse({"action": "ACCEPT"})
    assert (first & second & first).texts() == {"dstport": "80", "action": "ACCEPT"}
    assert len(first & Filters.parse({"dstport": "!80"})) == 2
    assert (first & second).without("dstport") == second
    assert str(first & second) == "dstport=80; action=ACCEPT"
