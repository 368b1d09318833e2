"""What people call interfaces, VPCs, subnets, groups and instances."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.inventory.tables import Kind

# Field -> the kind of thing it names, and the columns that may hold its name, the best one first.
# EC2 shows instances by their interfaces alone here: the tag Name of one is the name of the other.
_SOURCES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "interface_id": ("interfaces", ("name", "description")),
    "instance_id": ("interfaces", ("name",)),
    "subnet_id": ("subnets", ("name",)),
    "vpc_id": ("vpcs", ("name",)),
    "security_group_id": ("security_groups", ("name",)),
}


def names_of(field: str, known: Callable[[Kind], pd.DataFrame]) -> dict[str, str]:
    """Names by id, as they are now or were last; what has none is missing.

    Args:
        field: A dimension that holds ids: `interface_id`.
        known: What is known of a kind, as `Store.known` gives it.

    Raises:
        ParameterError: The field holds no ids that have names.
    """
    if field not in _SOURCES:
        raise ParameterError(
            f"Nothing has names by {field}.",
            f"{closest(field, _SOURCES)}  There are: {', '.join(_SOURCES)}".strip(),
        )
    kind, columns = _SOURCES[field]
    frame = known(kind).sort_values("until", kind="stable").dropna(subset=[field])
    names = frame[list(columns)].bfill(axis=1).iloc[:, 0]
    found = pd.Series(names.to_numpy(), index=frame[field].to_numpy()).dropna()
    return {str(id): str(name) for id, name in found.items()}
