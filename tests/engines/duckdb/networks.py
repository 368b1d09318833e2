"""A small made-up network: its logs written line by line, and what a snapshot would tell of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.store.doubles import Memory, log
from vpcflow_core.api import FlowLogs
from vpcflow_core.inventory.tables import Snapshot, frame_of
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)
SUBNETS = {
    "subnet-a": ["10.0.0.0/24", "2001:db8:0:a::/64"],
    "subnet-b": ["10.0.16.0/20"],
    "subnet-c": ["10.0.32.64/26", "2001:db8:0:c::/64"],
    "subnet-d": ["10.1.0.0/16"],
}
INTERFACES: dict[str, dict[str, Any]] = {
    "eni-a": {"subnet_id": "subnet-a", "addresses": ["10.0.0.4", "10.0.0.5", "2001:db8:0:a::4"],
              "public_addresses": ["3.70.0.4"], "security_group_ids": ["sg-1", "sg-2"]},
    "eni-b": {"subnet_id": "subnet-b", "addresses": ["10.0.20.4"], "security_group_ids": ["sg-1"],
              "instance_id": "i-b"},
    "eni-c": {"subnet_id": "subnet-c", "addresses": ["10.0.32.70", "2001:DB8:0:C:0::4"]},
    "eni-d": {"subnet_id": "subnet-d", "addresses": ["10.1.2.3"], "security_group_ids": ["sg-3"]},
}  # fmt: skip


def flow(
    interface: str,
    source: str,
    destination: str,
    size: int = 1,
    at: datetime = NOON,
    action: str = "ACCEPT",
    **more: str,
) -> dict[str, str]:
    """The fields of one record."""
    second = int(at.timestamp())
    return {
        "version": "2", "account-id": "111111111111", "interface-id": interface,
        "srcaddr": source, "dstaddr": destination, "srcport": "40000", "dstport": "443",
        "protocol": "6", "packets": "1", "bytes": str(size), "start": str(second),
        "end": str(second + 30), "action": action, "log-status": "OK",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }  # fmt: skip


def snapshot(taken: datetime = NOON, **changes: dict[str, Any] | None) -> Snapshot:
    """The network as EC2 shows it; changes by interface, with `_` for `-`, None for one gone."""
    known = {
        name: {"interface_id": name, "vpc_id": "vpc-1", **row} for name, row in INTERFACES.items()
    }
    for name, change in changes.items():
        id = name.replace("_", "-")
        known[id] = {"interface_id": id, **known.get(id, {}), **(change or {})}
        if change is None:
            del known[id]
    subnets = [{"subnet_id": id, "vpc_id": "vpc-1", "cidrs": c} for id, c in SUBNETS.items()]
    tables = {
        "interfaces": frame_of("interfaces", known.values()),
        "subnets": frame_of("subnets", subnets),
    }
    return Snapshot("111111111111", "eu-central-1", taken, tables)  # type: ignore[arg-type]


def stored(
    folder: Path,
    *formats: tuple[str, Sequence[dict[str, str]]],
    shots: Iterable[Snapshot] = (),
) -> FlowLogs:
    """A store of some records in each of some formats, and of snapshots."""
    source, store = Memory(), Store.open(folder)
    for number, (header, records) in enumerate(formats):
        lines = [" ".join(record.get(name, "-") for name in header.split()) for record in records]
        source.put(f"{number}.log", log(lines, header))
    result = sync(store, source)
    assert result.malformed == result.failed == 0
    for shot in shots:
        store.remember(shot)
    return FlowLogs(store)


def column(flows: FlowLogs, name: str, relation: str = "flows") -> list[Any]:
    """A column's values by the size of their records: 1, 2, 3, ..."""
    frame = flows.sql(f"SELECT {name} FROM {relation} ORDER BY bytes")
    return [None if _is_null(value) else value for value in frame[name].tolist()]


def _is_null(value: Any) -> bool:
    return value is None or value != value


def inside(address: str, subnet: str) -> bool:
    """Whether an address lies in a subnet, by Python's own reading of both."""
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(c) for c in SUBNETS[subnet])
