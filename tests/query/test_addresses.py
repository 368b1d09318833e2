"""Blocks of addresses in SQL agree with Python's ipaddress, whatever the written form."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, select

from vpcflow_core.engines.duckdb.database import MACROS
from vpcflow_core.engines.duckdb.dialect import bound, written_out
from vpcflow_core.query.constructs import AddressIn, Network


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(MACROS)
    yield connection
    connection.close()


def forms(address: IPv6Address) -> list[str]:
    """Ways to write an IPv6 address."""
    last = int(address) & 0xFFFFFFFF
    tail = ".".join(str(last >> shift & 255) for shift in (24, 16, 8, 0))
    groups = address.exploded.split(":")
    return [
        address.compressed,
        address.exploded,
        address.compressed.upper(),
        ":".join(f"{int(group, 16):x}" for group in groups),
        ":".join([*groups[:6], tail]),
    ]


@st.composite
def v6(draw: st.DrawFn) -> IPv6Address:
    groups = draw(
        st.lists(st.sampled_from([0, 0, 0, 1, 0xDB8, 0xFFFF, 0x2001]), min_size=8, max_size=8)
    )
    return IPv6Address(sum(group << 16 * place for place, group in enumerate(groups)))


def found(
    database: duckdb.DuckDBPyConnection, addresses: list[str], network: Network
) -> list[bool]:
    """Which of the addresses the SQL finds in the block, values bound and written out."""
    question = select(AddressIn(column("a"), network))
    sql, values = bound(question)
    here = f"FROM (SELECT unnest(${len(values) + 1}::VARCHAR[]) AS a)"
    by_value = database.execute(f"{sql} {here}", [*values, addresses]).fetchall()
    there = "FROM (SELECT unnest($1::VARCHAR[]) AS a)"
    assert database.execute(f"{written_out(question)} {there}", [addresses]).fetchall() == by_value
    return [bool(row[0]) for row in by_value]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(v6(), min_size=5, max_size=20), st.integers(0, 128), st.booleans())
@example([IPv6Address("::"), IPv6Address("1::"), IPv6Address("::1")], 128, True)
@example([IPv6Address("::ffff:10.0.0.1")], 96, True)
def test_ipv6_blocks(
    database: duckdb.DuckDBPyConnection, addresses: list[IPv6Address], bits: int, near: bool
) -> None:
    base = int(addresses[0]) if near else int(addresses[0]) ^ 1 << 127 - min(bits, 127)
    network = IPv6Network((base, bits), strict=False)
    texts = [text for address in addresses for text in forms(address)]
    expected = [address in network for address in addresses for _ in range(5)]
    assert found(database, texts, network) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.ip_addresses(v=4), min_size=5, max_size=20), st.integers(0, 32), st.integers(0, 32)
)
def test_ipv4_blocks(
    database: duckdb.DuckDBPyConnection, addresses: list[Any], bits: int, flip: int
) -> None:
    base = int(addresses[0]) ^ (1 << flip & 0xFFFFFFFF)
    network = IPv4Network((base, bits), strict=False)
    expected = [address in network for address in addresses]
    assert found(database, list(map(str, addresses)), network) == expected


@pytest.mark.parametrize("text", ["::ffff:10.0.0.1", "2001:db8::10.0.0.1", "10::", "::", "10:0::1"])
@pytest.mark.parametrize(
    "block", ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/9", "0.0.0.0/1", "10.0.0.1/32"]
)
def test_an_ipv6_address_is_in_no_ipv4_block(
    database: duckdb.DuckDBPyConnection, text: str, block: str
) -> None:
    assert found(database, [text], IPv4Network(block)) == [False]


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "", "unknown", "1.2.3.4:80", ":::::::::", "::g", "a:b.c"]
)
@pytest.mark.parametrize("block", ["2001:db8::/32", "::1/128", "fe80::/10"])
def test_what_is_no_ipv6_address_is_in_no_block_and_no_error(
    database: duckdb.DuckDBPyConnection, text: str, block: str
) -> None:
    assert found(database, [text], IPv6Network(block)) == [False]


def test_digits_of_every_form_are_the_number(database: duckdb.DuckDBPyConnection) -> None:
    for text in ("::1", "2001:DB8::A", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"):
        row = database.execute("SELECT address_hex($1)", [text]).fetchone()
        assert row == (f"{int(ip_address(text)):032x}",)
