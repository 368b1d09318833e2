"""Who the Internet is at the far end of a host: names first, then services, then countries."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.engines.duckdb.networks import NOON, V2, flow, stored
from tests.inventory.test_domains import CLIENT, FAR, MINUTE, asked, query
from vpcflow_core.api import FlowLogs
from vpcflow_core.cost import billing
from vpcflow_core.cost.endpoint_services import services_by_names
from vpcflow_core.cost.far_ends import far_ends, with_far_ends
from vpcflow_core.source_settings import DnsLogSetting
from vpcflow_core.workspace.domains import sync_domains

US = "8.8.8.8"


def of_client(flows: FlowLogs) -> dict[str, str]:
    return far_ends(flows, billing.bill(flows, flows.window), [CLIENT, "10.0.0.99"])


def test_the_internet_is_named_by_dns_else_by_country_in_both_directions(tmp_path: Path) -> None:
    # Bytes are places: 1 + 2 of the name, 3 of the country, 4 within the network, 5 of another host.
    cases = [
        (1, CLIENT, FAR, "vpc-1"), (2, FAR, CLIENT, "vpc-1"), (3, CLIENT, US, "vpc-1"),
        (4, CLIENT, "10.0.0.7", "vpc-1"), (5, "10.0.0.7", US, "vpc-1"),
    ]  # fmt: skip
    flows = asked(tmp_path, cases, [query("api.example.com", FAR)])
    assert of_client(flows) == {CLIENT: "United States (50 %), api.example.com (50 %)"}


def test_services_stand_for_addresses_without_a_name(tmp_path: Path) -> None:
    header = f"{V2} pkt-dst-aws-service"
    records = [
        flow("eni-1", CLIENT, "52.1.1.1", 9, pkt_dst_aws_service="EC2"),
        flow("eni-1", CLIENT, US, 1),
        flow("eni-1", CLIENT, US, 90, action="REJECT"),
    ]
    flows = stored(tmp_path / "s", (header, records))
    assert of_client(flows) == {CLIENT: "EC2 (90 %), United States (10 %)"}
    assert flows.window.start <= NOON
    pairs = pd.DataFrame({
        "source": [CLIENT, CLIENT], "destination": ["Internet", "10.0.0.7"],
        "source_name": "", "destination_name": ["", "db"],
    })  # fmt: skip
    named = with_far_ends(pairs, flows, billing.bill(flows, flows.window))
    assert named["destination_name"].tolist() == ["EC2 (90 %), United States (10 %)", "db"]


def test_services_behind_amazon_are_those_that_hosts_asked_for(tmp_path: Path) -> None:
    header = f"{V2} vpc-id pkt-src-aws-service pkt-dst-aws-service"
    at, names = NOON + MINUTE, {"52.1.1.1": "sqs", "52.1.1.2": "logs", "52.1.1.3": "s3"}
    records = [
        flow("eni-1", CLIENT, "52.1.1.1", 50, at, vpc_id="vpc-1", pkt_dst_aws_service="AMAZON"),
        flow("eni-1", "52.1.1.2", CLIENT, 30, at, vpc_id="vpc-1", pkt_src_aws_service="AMAZON"),
        flow("eni-1", CLIENT, "52.1.1.3", 99, at, vpc_id="vpc-1", pkt_dst_aws_service="S3"),
        flow("eni-1", CLIENT, "52.1.1.9", 20, at, vpc_id="vpc-1", pkt_dst_aws_service="EC2"),
        flow("eni-1", CLIENT, US, 77, at, vpc_id="vpc-1"),
    ]
    flows = stored(tmp_path / "flows", (header, records))
    lines = [query(f"{name}.eu-central-1.amazonaws.com", far) for far, name in names.items()]
    (tmp_path / "dns").mkdir()
    (tmp_path / "dns" / "one.log").write_text("\n".join(lines))
    assert flows.store
    sync_domains(flows.store, {"here": DnsLogSetting(url=str(tmp_path / "dns"))})
    of = services_by_names(flows, billing.bill(flows, flows.window))
    assert of([CLIENT]) == {"sqs": 0.5, "logs": 0.3}
    assert of(["10.0.0.99"]) == {}
