"""A filter's SQL says the same as plain Python does, over random records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from ipaddress import ip_address as read_address
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.query.logs import ADDRESSES, GROUPS, START, Logs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.query.dimensions import EITHER_END
from vpcflow_core.query.filters import Filter, Filters, parse_filter
from vpcflow_core.query.question import Query
from vpcflow_core.query.select import select_for
from vpcflow_core.query.terms import Address, Block, Exact, Missing, Named, Pattern, Span, Term
from vpcflow_core.times import Window

EVER = Window(START.replace(year=2020), START.replace(year=2030))

VALUES: dict[str, list[str]] = {
    "srcaddr": [
        *ADDRESSES, "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "0.0.0.0/0", "0.0.0.0/1", "::/0",
        "10.0.0.0/31", "2001:db8::/32", "2001:db8::/47", "::ffff:0:0/96", "::/1", "fe80::/10",
        "10.*", "*:*", "*1", "*DB8*", "-",
    ],
    "srcport": ["0", "22", "https", "1024-65535", "0-0", "4*", "*2*", "-", "65535"],
    "protocol": ["tcp", "17", "icmp", "1-6", "IPv6-ICMP", "-"],
    "action": ["accept", "REJECT", "*jec*", "-"],
    "interface_id": ["eni-a1", "ENI-B", "eni*", "*", "nobody", "-"],
    "vpc_id": ["vpc-1", "vpc-2", "vpc-*", "-"],
    "subnet_id": ['"a%_^b"', "a%*", "*_*", "*^b", "subnet-1"],
    "security_group_id": [*GROUPS[:3], '"SG_4%"', "sg-*", "sg_*", "-", "nobody"],
    "address": ["10.0.0.1", "10.0.0.0/8", "2001:db8::/32", "10.*", "-", "::ffff:0:0/96"],
    "port": ["22", "https", "0", "1024-65535", "4*", "-"],
    "my_field": ["x", "it's", '"a, b"', "it*", "-", "' OR 1=1 --"],
}  # fmt: skip


@st.composite
def filters(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(sorted(VALUES)))
    term = st.tuples(st.sampled_from(["", "", "!"]), st.sampled_from(VALUES[name]))
    terms = draw(st.lists(term, min_size=1, max_size=4))
    return name, ", ".join(bang + text for bang, text in terms)


@cache
def ip_address(text: str) -> IPv4Address | IPv6Address:
    return read_address(text)


def holds(term: Term, value: Any) -> bool:
    """What a term says, in plain Python."""
    if isinstance(value, list):
        return not value if isinstance(term, Missing) else any(holds(term, v) for v in value)
    if value is None:
        return isinstance(term, Missing)
    match term:
        case Missing():
            return False
        case Exact(wanted):
            return bool(value == wanted)
        case Address(address):
            return ip_address(value) == address
        case Block(network):
            return ip_address(value) in network
        case Span(low, high):
            return bool(low <= value <= high)
        case Named(_, numbers):
            return value in numbers
        case Pattern(text):
            pattern = ".*".join(re.escape(part) for part in text.split("*"))
            return re.fullmatch(pattern, str(value).lower(), re.DOTALL) is not None


def passes(item: Filter, value: Any) -> bool:
    wanted = not item.any_of or any(holds(term, value) for term in item.any_of)
    return wanted and not any(holds(term, value) for term in item.none_of)


def passes_either(item: Filter, first: Any, second: Any) -> bool:
    """What a filter of either end says, in plain Python."""
    ends = (first, second)
    wanted = not item.any_of or any(holds(term, end) for term in item.any_of for end in ends)
    return wanted and not any(holds(term, end) for term in item.none_of for end in ends)


def counted(logs: Logs, wanted: Filters) -> int:
    column = {"security_group_id": "security_group_ids"}
    keep = pd.Series(True, index=logs.flows.index)
    for item in wanted:
        if item.field in EITHER_END:
            ends = (_plain(logs.flows[name]) for name in EITHER_END[item.field].ends)
            keep &= np.array([passes_either(item, *pair) for pair in zip(*ends, strict=True)])
            continue
        values = logs.flows[column.get(item.field, item.field)]
        keep &= np.array([passes(item, value) for value in _plain(values)])
    return int(keep.sum())


def _plain(values: pd.Series) -> list[Any]:
    return [v if isinstance(v, list) or not pd.isna(v) else None for v in values]


def asked(engine: DuckDBEngine, many: Sequence[Filters]) -> list[int]:
    """How many flows meet each of the filters, in one question."""
    counts = [select_for(Query(("flows",)), EVER, wanted, engine.columns()) for wanted in many]
    parts = [count.scalar_subquery().label(f"n{number}") for number, count in enumerate(counts)]
    return [int(count) for count in engine.run(select(*parts), EVER).frame.iloc[0]]


# Forty filters a question: DuckDB answers them nearly as fast as one.
@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(filters(), min_size=1, max_size=3), min_size=40, max_size=40))
def test_a_filter_finds_what_plain_python_finds(
    logs: Logs, engine: DuckDBEngine, many: list[list[tuple[str, str]]]
) -> None:
    wanted = [Filters.parse(texts, logs.columns("flows")) for texts in many]
    found = list(zip(many, asked(engine, wanted), strict=True))
    assert found == [(texts, counted(logs, one)) for texts, one in zip(many, wanted, strict=True)]


@pytest.mark.parametrize("name", VALUES)
def test_a_filter_and_its_negation_share_all_records(
    logs: Logs, engine: DuckDBEngine, name: str
) -> None:
    texts = [bang + text for text in VALUES[name] for bang in ("", "!")]
    read = [Filters((parse_filter(name, text, ["my_field"]),)) for text in texts]
    found = dict(zip(texts, asked(engine, read), strict=True))
    assert found == {text: counted(logs, one) for text, one in zip(texts, read, strict=True)}
    for text in VALUES[name]:
        assert found[text] + found[f"!{text}"] == len(logs.flows), text


@pytest.mark.slow
def test_the_sql_shown_finds_the_same(logs: Logs, engine: DuckDBEngine) -> None:
    for name, values in VALUES.items():
        wanted = Filters((parse_filter(name, ", ".join(values), ["my_field"]),))
        question = select_for(Query(("flows",)), EVER, wanted, engine.columns())
        result = engine.run(question, EVER)
        assert engine.run_text(result.sql).frame.equals(result.frame), result.sql
