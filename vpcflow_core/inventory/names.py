"""What people call interfaces, VPCs, subnets, groups and instances."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pandas as pd

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.inventory.kinds import INTERFACE, identity_of
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


# Fields that hold addresses.
_ADDRESSES = ("srcaddr", "dstaddr")


def names_of(field: str, known: Callable[[Kind], pd.DataFrame]) -> dict[str, str]:
    """Names by id, as they are now or were last; what has none is missing.

    Args:
        field: A dimension that holds ids or addresses: `interface_id`, `srcaddr`.
        known: What is known of a kind, as `Store.known` gives it.

    Raises:
        ParameterError: The field holds nothing that has names.
    """
    if field in _ADDRESSES:
        return _of_addresses(known)
    if field not in _SOURCES:
        named = (*_SOURCES, *_ADDRESSES)
        raise ParameterError(
            f"Nothing has names by {field}.",
            f"{closest(field, named)}  There are: {', '.join(named)}".strip(),
        )
    kind, columns = _SOURCES[field]
    frame = known(kind).sort_values("until", kind="stable").dropna(subset=[field])
    names = frame[list(columns)].bfill(axis=1).iloc[:, 0]
    found = pd.Series(names.to_numpy(), index=frame[field].to_numpy()).dropna()
    return {str(id): str(name) for id, name in found.items()}


def _of_addresses(known: Callable[[Kind], pd.DataFrame]) -> dict[str, str]:
    """Names by address, else what it belongs to: `NAT gateway`.

    An address that two networks have belongs to neither in particular.
    """
    interfaces = known("interfaces").sort_values("until", kind="stable")
    said = interfaces.reindex(columns=["type", "description", "requester_id"]).astype(object)
    texts = said.where(said.notna(), "").itertuples(index=False, name=None)
    kinds = pd.Series([_kind(*row) for row in texts], interfaces.index, dtype=object)
    called = interfaces.assign(name=interfaces["name"].astype(object).fillna(kinds))
    pairs = pd.concat(
        [
            called[["interface_id", "name", column]]
            .explode(column)
            .rename(columns={column: "address"})
            for column in ("addresses", "public_addresses")
        ]
    )
    # What an interface was called last; several interfaces of one name are one host.
    pairs = pairs.drop_duplicates(["interface_id", "address"], keep="last")
    pairs = pairs.dropna(subset=["name", "address"]).drop_duplicates(["name", "address"])
    pairs = pairs.drop_duplicates("address", keep=False)
    return dict(zip(pairs["address"].map(str), pairs["name"].map(str), strict=True))


@lru_cache(10_000)
def _kind(of: str, description: str, requester: str) -> str | None:
    """What an interface without a name belongs to, where that says something."""
    found = identity_of({"type": of, "description": description, "requester_id": requester})
    return found.name or (None if found.kind == INTERFACE else found.kind)
