"""Which security groups nothing uses.

That needs the tables of a snapshot, as `vpcflow_core.inventory.tables` describes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.security_groups.rules import group_members, labelled
from vpcflow_core.analysis.security_groups.versions import current, shapes

_COLUMNS = (
    "security_group_id", "name", "vpc_id", "why", "interfaces", "referenced_by", "keep",
    "description",
)  # fmt: skip
UNWATCHED = "No traffic may also mean that no flow log watches the interface."
DEFAULT_GROUP = "the default group of its VPC, which cannot be deleted"
REFERENCED = "named by rules of other groups, which have to go first"


def unused_groups(
    groups: pd.DataFrame,
    interfaces: pd.DataFrame,
    active_interface_ids: Collection[str],
    rules: pd.DataFrame,
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> pd.DataFrame:
    """Security groups that no traffic passed in the window.

    An interface that had traffic used the groups that it had in the window, although it may be
    gone since.

    Args:
        groups: Table of snapshots, like the next ones: of several accounts and regions, of one
            moment or with all known shapes (see `versions.shapes`); what is gone does not count.
        interfaces: Likewise.
        active_interface_ids: Interfaces with traffic in the window, accepted or not.
        rules: Likewise; inbound and outbound.
        window: From when to when (UTC); None: the active interfaces used the groups they have now.

    Returns:
        One row for each unused group, those attached to nothing first: security_group_id, name,
        vpc_id, why (`attached to no interface`, `no traffic at its 2 interfaces`), interfaces
        (number), referenced_by (other groups whose rules name it), keep (why it cannot be
        deleted even so, or empty), description. `attrs["notes"]`: sentences.
    """
    groups, rules = current(groups, "security_group_id"), current(rules, "rule_id")
    members = group_members(current(interfaces, "interface_id"))
    then = group_members(
        current(interfaces, "interface_id") if window is None else _then(interfaces, *window)
    )
    active = then["interface_id"].isin(list(active_interface_ids))
    used = then.loc[active, "security_group_id"]
    frame = groups[~groups["security_group_id"].isin(used)]
    attached, naming = Counter(members["security_group_id"]), _referenced_by(groups, rules)
    ids = frame["security_group_id"].tolist()
    texts = {
        "why": [_why(attached[group]) for group in ids],
        "referenced_by": [naming.get(group, "") for group in ids],
        "keep": [
            _keep(name, group in naming) for name, group in zip(frame["name"], ids, strict=True)
        ],
    }
    frame = frame.assign(
        interfaces=np.array([attached[group] for group in ids], dtype="int64"),
        **{name: pd.Series(text, frame.index, dtype="object") for name, text in texts.items()},
    )
    frame = frame.sort_values(["interfaces", "security_group_id"], ignore_index=True)
    frame = frame[list(_COLUMNS)]
    return noted(frame, UNWATCHED) if frame["interfaces"].any() else frame


def _then(interfaces: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The shapes that interfaces had at some time of a window, of those that are gone too."""
    known = shapes(interfaces)
    return known[(known["since"] < last) & (known["until"] > first)]


def _why(interfaces: int) -> str:
    if not interfaces:
        return "attached to no interface"
    return f"no traffic at its {interfaces} interface{'s' if interfaces > 1 else ''}"


def _keep(name: str | None, referenced: bool) -> str:
    """Why a group cannot be deleted, whatever its traffic (EC2 refuses: DependencyViolation)."""
    if name == "default":
        return DEFAULT_GROUP
    return REFERENCED if referenced else ""


def _referenced_by(groups: pd.DataFrame, rules: pd.DataFrame) -> dict[str, str]:
    """The other groups whose rules name a group, with their names, by that group."""
    names = dict(zip(groups["security_group_id"], groups["name"], strict=True))
    naming = rules[["referenced_group_id", "security_group_id"]].dropna().drop_duplicates()
    naming = naming[naming["referenced_group_id"] != naming["security_group_id"]]
    return {
        str(named): ", ".join(labelled(group, names) for group in sorted(by))
        for named, by in naming.groupby("referenced_group_id")["security_group_id"]
    }
