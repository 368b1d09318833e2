"""All about one thing: what a text names, who it is, whom it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.duckdb.networks import NOON, flow, stored
from tests.inventory.test_domains import CLIENT, FAR, MINUTE, V3, query
from tests.logs import UNTIL
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FilterError
from vpcflow_core.panels.catalogue import panel
from vpcflow_core.panels.entity import entity_of
from vpcflow_core.panels.entity_facts import facts
from vpcflow_core.panels.entity_panels import entity_panels
from vpcflow_core.ranges import parse_range
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.workspace.domains import sync_domains


@pytest.fixture(scope="module")
def sample_day(sample_store: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(sample_store) as opened:
        yield opened.between(UNTIL - parse_range("24h").window(UNTIL).length, UNTIL)


@pytest.mark.parametrize(
    ("text", "kind", "field"),
    [
        ("10.0.0.5", "Address", "address"), ("2001:DB8::1", "Address", "address"),
        ("10.0.0.0/24", "Block", "address"), ("443", "Port", "port"),
        ("https", "Service", "port"), (" eni-0a1b ", "Network interface", "interface_id"),
        ("i-0a1b", "Instance", "instance_id"), ("sg-0a1b", "Security group", "security_group_id"),
        ("subnet-0a1b", "Subnet", "subnet_id"), ("vpc-0a1b", "VPC", "vpc_id"),
    ],
)  # fmt: skip
def test_a_text_names_one_thing(text: str, kind: str, field: str) -> None:
    found = entity_of(text)
    assert (found.kind, found.field) == (kind, field)
    assert entity_of(found.text) == found
    assert [panel(p.slug) for p in entity_panels(found)] == list(entity_panels(found))


@pytest.mark.parametrize(
    "text", ["", "nonsense!", "10.0.0.5, 10.0.0.6", "!10.0.0.5", "10.0.*", "country:US", "1-5"]
)
def test_what_is_no_one_thing_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="has a page"):
        entity_of(text)


@pytest.mark.slow
def test_the_page_of_an_address_says_who_it_is_and_both_ways(sample_day: FlowLogs) -> None:
    interface = sample_day.known("interfaces").dropna(subset=["instance_id"]).iloc[0]
    address = interface["addresses"][0]
    known = facts(entity_of(address), sample_day, sample_day.window)
    assert interface["interface_id"] in known["Interface"]
    assert known["Owner"] == interface["owner_id"]
    by_slug = {p.slug.partition("?")[0]: p for p in entity_panels(entity_of(address))}
    shown = {
        name: p.answer(p.request(sample_day.window), sample_day).frame
        for name, p in by_slug.items()
    }
    total = sample_day.where(address=address).top("action")["flows"].sum()
    assert shown["entity/ways"]["flows"].sum() == total
    assert shown["entity/over-time"]["flows"].sum() == total
    asked = sample_day.where(srcaddr=address, action="ACCEPT").top("dstport", n=50)
    assert shown["entity/asked"]["flows"].sum() == asked["flows"].sum()
    peers = shown["entity/peers"]
    top = peers["peer"].iloc[0]
    sent = sample_day.where(srcaddr=address, dstaddr=top).top("action")["bytes"].sum()
    assert peers["bytes_out"].iloc[0] == sent


def test_an_address_of_the_internet_has_its_domain_and_service(tmp_path: Path) -> None:
    header = f"{V3} pkt-src-aws-service"
    records = [
        flow("eni-9", CLIENT, FAR, 1, NOON + MINUTE, vpc_id="vpc-1"),
        flow("eni-9", FAR, CLIENT, 2, NOON + MINUTE, vpc_id="vpc-1", pkt_src_aws_service="AMAZON"),
    ]
    flows = stored(tmp_path / "flows", (header, records))
    (tmp_path / "dns").mkdir()
    (tmp_path / "dns" / "one.log").write_text(query("sqs.example.com", FAR))
    assert flows.store
    sync_domains(flows.store, {"here": DnsLogSetting(url=str(tmp_path / "dns"))})
    known = facts(entity_of(FAR), flows, flows.window)
    assert (known["Domain"], known["Kind"], known["AWS service"]) == (
        "sqs.example.com", "Domain", "AMAZON",
    )  # fmt: skip
    assert "Domain" not in facts(entity_of("203.0.113.10"), flows, flows.window)


@pytest.mark.slow
def test_a_name_that_stands_behind_its_id_is_no_fact_of_its_own(sample_day: FlowLogs) -> None:
    named = sample_day.known("interfaces").dropna(subset=["instance_id", "name"]).iloc[0]
    known = facts(entity_of(named["interface_id"]), sample_day, sample_day.window)
    assert f"({named['name']})" in known["Interface"]
    assert "Interface name" not in known
