"""Which entries of network ACLs are in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.security_groups.accepted import times
from vpcflow_core.analysis.security_groups.acls import LAST, Entry, entry_of
from vpcflow_core.analysis.security_groups.versions import current
from vpcflow_core.analysis.security_groups.why import by_acls, with_ways
from vpcflow_core.inventory.tables import Kind

COLUMNS = (
    "network_acl_id", "name", "way", "number", "decision", "protocol", "ports", "block", "flows",
    "bytes", "first", "last", "subnets",
)  # fmt: skip
HOW = (
    "An entry that allows counts what was accepted, one that refuses what was rejected, answers "
    "too: network ACLs look at each way by itself. Traffic within a subnet meets none."
)
ICMP_TYPES = "Entries for some types of ICMP alone count nothing: flow logs do not have the type."

Key = tuple[str, bool, int]


def entries_in_use(flows: pd.DataFrame, known: Mapping[Kind, pd.DataFrame]) -> pd.DataFrame:
    """What each entry of a network ACL decided, of those that there are now.

    Args:
        flows: Added up: interface_id, srcaddr, dstaddr, protocol, dstport, action, flows, bytes,
            first, last (UTC); each row is judged by the ACLs at its `first`.
        known: Tables of snapshots: interfaces, subnets, network_acls; of one moment or with all
            known shapes.

    Returns:
        One row for each entry, never matched ones first but for those that refuse the rest, then
        by flows: network_acl_id, name, way (`in`, `out`), number (`*` for the last ones), decision
        (`allow`, `deny`), protocol, ports, block, flows, bytes, first, last, subnets (how many it
        guards). `attrs["notes"]`: sentences.
    """
    rows = with_ways(flows.reset_index(drop=True).assign(flow_direction=None), known["interfaces"])
    rows = rows[rows["way"] != ""].reset_index(drop=True)
    egress = (rows["way"] == "out").to_numpy(dtype=bool)
    entries, decided = by_acls(rows, egress, times(rows["first"]), known)
    allows = np.array([entry.allows for entry in entries] + [False])
    counts = (decided >= 0) & (allows[decided.clip(-1)] == (rows["action"] == "ACCEPT"))
    part = rows[counts].assign(entry=decided[counts])
    by_entry = part.groupby("entry").agg(
        {"flows": "sum", "bytes": "sum", "first": "min", "last": "max"}
    )
    # An entry of several shapes of its ACL is one.
    sums: dict[Key, list[dict[Any, Any]]] = {}
    for place, found in zip(by_entry.index, by_entry.to_dict("records"), strict=True):
        sums.setdefault(_key(entries[place]), []).append(found)
    now = current(known["network_acls"], "network_acl_id").to_dict("records")
    made = [_row(acl, text, sums) for acl in now for text in acl["entries"]]
    frame = pd.DataFrame(made, columns=[*COLUMNS, "order"]).astype({"flows": "int64"})
    rest = (frame["number"] == "*").astype("int64")
    unused = ((frame["flows"] > 0) | (rest > 0)).astype("int64")
    frame = frame.assign(unused=unused).sort_values(
        ["unused", "flows", "network_acl_id", "way", "order"],
        ascending=[True, False, True, True, True],
        kind="stable",
        ignore_index=True,
    )
    return noted(frame[list(COLUMNS)], HOW, *([ICMP_TYPES] if _typed(now) else []))


def _key(entry: Entry) -> Key:
    return entry.acl_id, entry.egress, entry.number


def _row(
    acl: Mapping[Any, Any], text: str, sums: Mapping[Key, list[dict[Any, Any]]]
) -> dict[str, Any]:
    entry = entry_of(text, acl["network_acl_id"], acl["name"])
    found = sums.get(_key(entry), [])
    return {
        "network_acl_id": entry.acl_id,
        "name": entry.acl_name,
        "way": "out" if entry.egress else "in",
        "number": "*" if entry.number >= LAST else str(entry.number),
        "decision": "allow" if entry.allows else "deny",
        "protocol": entry.protocol_name,
        "ports": entry.ports,
        "block": entry.block,
        "flows": sum(int(part["flows"]) for part in found),
        "bytes": sum(int(part["bytes"]) for part in found),
        "first": min((part["first"] for part in found), default=pd.NaT),
        "last": max((part["last"] for part in found), default=pd.NaT),
        "subnets": len(acl["subnet_ids"]),
        "order": entry.number,
    }


def _typed(acls: list[dict[Any, Any]]) -> bool:
    return any(entry_of(text, "").typed for acl in acls for text in acl["entries"])
