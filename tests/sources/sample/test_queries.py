"""What Route 53 Resolver logged of the sample: far ends have the names that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.sources.base import HasQueryLogs
from vpcflow_core.sources.open import open_source
from vpcflow_core.sources.sample.queries import DROP_NAME
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.sync import load


@pytest.mark.slow
def test_loading_the_sample_names_its_far_ends_by_dns_once(tmp_path: Path) -> None:
    source = open_source("sample://?records=20000&days=2&until=2026-11-20T12:00Z", store=tmp_path)
    assert isinstance(source, HasQueryLogs)
    with Store.open(tmp_path / "s") as store:
        load(store, source)
        answers = store.domains.read()
        load(store, source)
        assert store.domains.read().equals(answers)
    with FlowLogs.open(tmp_path / "s") as flows:
        asked = flows.where(dst_kind="Domain asked in the VPC")
        named = asked.top("dst_name,dstaddr", by="bytes", n=None)
        names = dict(zip(named["dstaddr"], named["dst_name"], strict=True))
        lost = flows.where(dst_name="-", direction="outbound").top("dstaddr", n=None)
    assert names["178.66.158.19"] == DROP_NAME
    assert names["52.219.170.66"] == "prod-data.s3.eu-central-1.amazonaws.com"
    assert names["9.9.9.9"] == "dns9.quad9.net"
    assert "178.66.158.19" not in set(lost["dstaddr"])
