"""Names of interfaces and what they belong to, as snapshots told them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.store.store import Store

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
BEFORE = [
    {"interface_id": "eni-1", "name": "web-1", "description": "the web", "instance_id": "i-1"},
    {"interface_id": "eni-2", "description": "RDSNetworkInterface"},
    {"interface_id": "eni-3", "instance_id": "i-3"},
    {"interface_id": "eni-4", "name": "gone"},
]
AFTER = [{"interface_id": "eni-1", "name": "web-one", "instance_id": "i-1"}, *BEFORE[1:3]]


@pytest.fixture
def named_flows(tmp_path: Path) -> FlowLogs:
    store = Store.open(tmp_path / "s")
    for day, rows in enumerate((BEFORE, AFTER)):
        tables = {
            "interfaces": frame_of("interfaces", rows),
            "vpcs": frame_of("vpcs", [{"vpc_id": "vpc-1", "name": "prod"}, {"vpc_id": "vpc-2"}]),
        }
        taken = MONDAY + timedelta(days=day)
        store.remember(Snapshot("1", "eu-central-1", taken, tables))  # type: ignore[arg-type]
    return FlowLogs(store)


def test_an_interface_is_called_by_its_tag_else_by_its_description(named_flows: FlowLogs) -> None:
    assert named_flows.names("interface_id") == {
        "eni-1": "web-one",
        "eni-2": "RDSNetworkInterface",
        "eni-4": "gone",
    }


def test_a_name_changes_with_the_next_snapshot_and_what_is_given_is_the_callers(
    named_flows: FlowLogs,
) -> None:
    first = named_flows.names("vpc_id")
    first["vpc-2"] = "mine"
    assert named_flows.where(action="REJECT").names("vpc_id") == {"vpc-1": "prod"}
    tables = {"vpcs": frame_of("vpcs", [{"vpc_id": "vpc-1", "name": "production"}])}
    taken = MONDAY + timedelta(days=3)
    assert named_flows.store is not None
    named_flows.store.remember(Snapshot("1", "eu-central-1", taken, tables))  # type: ignore[arg-type]
    assert named_flows.names("vpc_id") == {"vpc-1": "production"}


def test_an_address_is_called_as_its_host_was_last_else_as_its_kind(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s")
    nat = {"type": "nat_gateway", "description": "Interface for NAT Gateway nat-0a1b",
           "requester_id": "123456789012"}  # fmt: skip
    rows = [
        {"interface_id": "eni-1", "name": "web-1", "addresses": ["10.0.0.1", "fd00::1"]},
        {"interface_id": "eni-2", **nat, "addresses": ["10.0.0.2"]},
        {"interface_id": "eni-3", "name": "db-a", "addresses": ["10.0.0.3", "10.0.0.4"]},
        {"interface_id": "eni-4", "name": "db-b", "addresses": ["10.0.0.3"]},
        {"interface_id": "eni-5", "addresses": ["10.0.0.5"]},
    ]
    renamed = [{**rows[0], "name": "web-one"}, *rows[1:]]
    for day, found in enumerate((rows, renamed)):
        tables = {"interfaces": frame_of("interfaces", found)}
        taken = MONDAY + timedelta(days=day)
        store.remember(Snapshot("1", "eu-central-1", taken, tables))  # type: ignore[arg-type]
    names = FlowLogs(store).names("srcaddr")
    assert names == FlowLogs(store).names("dstaddr") == {
        "10.0.0.1": "web-one", "fd00::1": "web-one", "10.0.0.2": "NAT gateway", "10.0.0.4": "db-a",
    }  # fmt: skip


def test_an_instance_is_called_as_its_interface_is(named_flows: FlowLogs) -> None:
    assert named_flows.names("instance_id") == {"i-1": "web-one"}


def test_what_has_no_name_is_missing(named_flows: FlowLogs) -> None:
    assert named_flows.names("vpc_id") == {"vpc-1": "prod"}
    assert named_flows.names("subnet_id") == named_flows.names("security_group_id") == {}


def test_a_field_without_names_is_refused(named_flows: FlowLogs) -> None:
    with pytest.raises(ParameterError, match="interface_id"):
        named_flows.names("interface")


def test_what_is_known_is_there_for_everyone(named_flows: FlowLogs) -> None:
    assert named_flows.known("interfaces")["interface_id"].tolist() == [
        "eni-1", "eni-1", "eni-2", "eni-3", "eni-4",
    ]  # fmt: skip
