"""AWS's public ranges price what the records have no AWS service for: right dollars by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.test_trino_dialect import assert_trino
from vpcflow_core.api import FlowLogs
from vpcflow_core.cost.prices import GB
from vpcflow_core.query.cost import PathQuery, paths_for, publics_for
from vpcflow_core.query.filters import NO_FILTERS

START = 1_795_132_800  # 2026-11-20 00:00 UTC
FIELDS = (
    "version account-id interface-id srcaddr dstaddr bytes packets start end action log-status "
    "region flow-direction traffic-path"
)
# GB to an address, and whose it is.
SENT = {
    "3.5.0.1": 4,  # S3 of the own region: free
    "52.0.0.1": 2,  # a customer of the own region: $0.01 a GB
    "54.0.0.1": 3,  # a customer in another region: $0.02 a GB
    "13.32.0.1": 5,  # CloudFront: free
    "75.2.0.1": 1,  # Global Accelerator: as the Internet
    "203.0.113.9": 1,  # the Internet: $0.09 a GB
}
PREFIXES = [
    ("3.5.0.0/16", "AMAZON", "us-east-1"), ("3.5.0.0/16", "S3", "us-east-1"),
    ("52.0.0.0/16", "AMAZON", "us-east-1"), ("52.0.0.0/16", "EC2", "us-east-1"),
    ("54.0.0.0/16", "AMAZON", "us-west-2"), ("54.0.0.0/16", "EC2", "us-west-2"),
    ("13.32.0.0/15", "AMAZON", "GLOBAL"), ("13.32.0.0/15", "CLOUDFRONT", "GLOBAL"),
    ("75.2.0.0/17", "GLOBALACCELERATOR", "GLOBAL"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sent_to_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    folder = tmp_path_factory.mktemp("sent_to_aws")
    lines = [
        f"5 111111111111 eni-1 10.0.0.5 {to} {gb * GB} 9 {START} {START + 60} ACCEPT OK "
        "us-east-1 egress 8"
        for to, gb in SENT.items()
    ]
    lines.append(
        f"5 111111111111 eni-1 52.0.0.1 10.0.0.5 {7 * GB} 9 {START} {START + 60} ACCEPT OK "
        "us-east-1 ingress -"
    )
    (folder / "a.log").write_text("\n".join([FIELDS, *lines]) + "\n")
    with FlowLogs.open(folder / "a.log", store=folder / "store") as flows:
        yield flows


def paid(flows: FlowLogs) -> dict[str, float]:
    frame = flows.cost()
    return {r.path: round(r.dollars, 6) for r in frame.itertuples() if r.dollars}


def test_without_ranges_all_that_leaves_is_priced_as_the_internet(sent_to_aws: FlowLogs) -> None:
    assert paid(sent_to_aws) == {"Internet out": pytest.approx(16 * 0.09)}
    assert "whether it is AWS's is not known" in " ".join(sent_to_aws.cost()["rule"])


def test_ranges_tell_region_and_service(
    sent_to_aws: FlowLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ("ip_prefix", "service", "region")
    said = {
        "prefixes": [dict(zip(keys, row, strict=True)) for row in PREFIXES],
        "ipv6_prefixes": [],
    }
    (tmp_path / "ip-ranges.json").write_text(json.dumps(said))
    monkeypatch.setenv("VPCFLOW_AWS_RANGES", str(tmp_path / "ip-ranges.json"))
    # Both ways with a customer of the own region are billed, each GB $0.01 at the own end.
    assert paid(sent_to_aws) == {
        "cross-AZ": pytest.approx((2 + 7) * 0.01),
        "inter-region": pytest.approx(3 * 0.02),
        "Internet out": pytest.approx((1 + 1) * 0.09),
    }
    free = sent_to_aws.cost().set_index("path")["bytes"]["free"]
    assert free == (4 + 5) * GB
    services = sent_to_aws.cost("service").set_index("service")["dollars"]
    assert services["EC2"] == pytest.approx(0.09 + 0.06)
    assert "not known" not in " ".join(sent_to_aws.cost()["rule"])


def test_the_questions_compile_for_trino(sent_to_aws: FlowLogs) -> None:
    query = PathQuery(members={"com.amazonaws.us-east-1.s3": ["3.5.0.1"]})
    columns = sent_to_aws.engine.columns()
    assert_trino(publics_for("dstaddr", query, sent_to_aws.window, NO_FILTERS, columns))
    assert_trino(paths_for(query, sent_to_aws.window, NO_FILTERS, columns))
