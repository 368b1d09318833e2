"""Groups by the block of an address, and groups that are left out as they have too little."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.logs import read_with_pandas
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FieldError
from vpcflow_core.query.question import Query


def block(address: str) -> str:
    return str(ip_network(f"{address}/{64 if ':' in address else 24}", strict=False))


@pytest.mark.slow
def test_blocks_are_those_that_python_computes(bare_store: Path, sample: Path) -> None:
    logged = read_with_pandas(sample).dropna(subset="srcaddr")
    expected = logged["srcaddr"].map(block).value_counts().to_dict()
    assert any(":" in name for name in expected)
    with FlowLogs.open(bare_store) as flows:
        found = flows.sparse(Query(("flows",), ("srcblock",))).frame
    assert dict(zip(found["srcblock"], found["flows"], strict=True)) == expected


@pytest.mark.slow
def test_rows_below_a_number_are_left_out(bare_store: Path, sample: Path) -> None:
    logged = read_with_pandas(sample).dropna(subset=["srcaddr", "dstaddr"])
    hours = logged.groupby([logged["start"].dt.floor("h"), "srcaddr"])["dstaddr"].nunique()
    query = Query(("destinations",), ("srcaddr",), timedelta(hours=1), least=(("destinations", 9),))
    with FlowLogs.open(bare_store) as flows:
        found = flows.sparse(query).frame
    keys = zip(found["bucket"], found["srcaddr"], strict=True)
    got = dict(zip(keys, found["destinations"], strict=True))
    assert got == hours[hours >= 9].to_dict()
    assert got


def test_a_block_is_no_filter(bare_store: Path) -> None:
    with FlowLogs.open(bare_store) as flows, pytest.raises(FieldError, match="Filter by srcaddr"):
        flows.where(srcblock="10.0.0.0/24")
