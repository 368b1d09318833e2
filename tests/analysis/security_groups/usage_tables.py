"""Rules, flows and the tables around them, for tests of rules in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tests.analysis.series import START, minute
from vpcflow_core.analysis.security_groups.hostile import Hostile
from vpcflow_core.analysis.security_groups.usage import rules_in_use
from vpcflow_core.inventory.tables import frame_of

COLUMNS = [
    "security_group_id", "group_name", "rule_id", "protocol", "ports", "source", "description",
    "flows", "bytes", "first", "last", "shared", "open", "seen_blocks", "seen_share", "attached",
]  # fmt: skip
INTERFACES = [
    {"interface_id": "eni-web", "addresses": ["10.0.0.10"], "security_group_ids": ["sg-web"]},
    {
        "interface_id": "eni-db",
        "addresses": ["10.0.1.10", "10.0.1.11", "2600:1f18::db"],
        "security_group_ids": ["sg-db", "sg-admin"],
    },
    {"interface_id": "eni-app", "addresses": ["10.0.2.10"], "security_group_ids": ["sg-app"]},
    {"interface_id": "eni-nat", "addresses": ["10.0.9.9"], "security_group_ids": []},
]
GROUPS = [
    {"security_group_id": "sg-web", "name": "web"},
    {"security_group_id": "sg-db", "name": "db"},
    {"security_group_id": "sg-admin"},
    {"security_group_id": "sg-app", "name": "app"},
    {"security_group_id": "sg-idle", "name": "idle"},
]
PREFIX_LISTS = [
    {"prefix_list_id": "pl-1", "name": "office", "cidrs": ["192.0.2.0/28", "2001:db8::/32"]}
]


def rule(
    group: str = "sg-db", protocol: str | None = "tcp", ports: Any = None, **source: Any
) -> dict[str, Any]:
    """One inbound rule, named after what makes it one."""
    low, high = ports if isinstance(ports, tuple) else (ports, ports)
    row = {
        "security_group_id": group,
        "egress": False,
        "protocol": protocol,
        "from_port": low,
        "to_port": high,
    }
    row |= source or {"cidr": "0.0.0.0/0"}
    return {"rule_id": "-".join(["sgr", *map(str, row.values())])} | row


def flow(
    interface: str,
    source: str | None,
    protocol: int | None,
    port: int | None,
    flows: int = 1,
    **more: Any,
) -> dict[str, Any]:
    row = {
        "interface_id": interface,
        "srcaddr": source,
        "protocol": protocol,
        "dstport": port,
        "flows": flows,
    }
    return row | {"bytes": 100 * flows, "first": START, "last": minute(1)} | more


def flow_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    names = list(flow("", None, None, None))
    frame = pd.DataFrame(rows, columns=None if rows else names)
    whole = dict.fromkeys(("protocol", "dstport", "flows", "bytes"), "Int64")
    times = dict.fromkeys(("first", "last"), "datetime64[us, UTC]")
    return frame.astype(whole | times)


def used(
    flows: Sequence[Mapping[str, Any]],
    rules: Sequence[Mapping[str, Any]],
    interfaces: Sequence[Mapping[str, Any]] = INTERFACES,
    prefix_lists: Sequence[Mapping[str, Any]] = PREFIX_LISTS,
    groups: Sequence[Mapping[str, Any]] = GROUPS,
    hostile: Hostile | None = None,
) -> pd.DataFrame:
    return rules_in_use(
        flow_frame(flows),
        frame_of("interfaces", interfaces),
        frame_of("rules", rules),
        frame_of("prefix_lists", prefix_lists),
        frame_of("security_groups", groups),
        hostile,
    )


def matched(one: Mapping[str, Any], *flows: Mapping[str, Any], **tables: Any) -> int:
    """Flows that a single rule matched."""
    return int(used(flows, [one], **tables)["flows"].iloc[0])
