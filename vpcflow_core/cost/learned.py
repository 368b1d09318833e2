"""What records themselves say of the network: who logs at which address, in which zone.

Records with vpc-id, az-id, account-id and interface-type report on their own interface; that is
what the records of the other end need. It stands behind what EC2 shows, and is taken only where
nothing else may be meant: one address of an interface, one interface at an address.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.cost.network import HOST, Interface, KnownNetwork
from vpcflow_core.cost.rows import INSIDE, class_of, mapped

_KEY = ["vpc_id", "near"]
# Parts of an interface by the column that reports them.
_PARTS = {
    "vpc_id": "vpc", "subnet_id": "subnet", "az_id": "az", "account_id": "account",
    "region": "region", "kind": "kind", "owner": "owner", "name": "name",
}  # fmt: skip


def with_records(network: KnownNetwork, rows: pd.DataFrame) -> KnownNetwork:
    """The network, completed by the interfaces that no snapshot shows and records report on.

    Args:
        network: What EC2 shows.
        rows: As `rows.prepared` gives them.
    """
    found = {key: made for key, made in _reported(network, rows) if key not in network.holders}
    if not found:
        return network
    interfaces = {made.id: made for made in found.values()}
    return replace(
        network,
        interfaces=interfaces | network.interfaces,
        holders=found | network.holders,
        homes=_homes(found),
    )


def _reported(network: KnownNetwork, rows: pd.DataFrame) -> list[tuple[tuple[str, str], Interface]]:
    """Interfaces by the VPC and address that their records name alone."""
    own = rows[
        rows["egress"].notna()
        & rows["vpc_id"].ne("")
        & rows["interface_id"].ne("")
        & ~rows["interface_id"].isin(network.interfaces.keys())
        & mapped(rows["near"], lambda address: class_of(address, network) == INSIDE).astype(bool)
    ]
    if own.empty:
        return []
    each = own[["interface_id", "near", *_PARTS]].drop_duplicates()
    each = each.assign(
        is_v6=each["near"].str.contains(":", regex=False), kind=each["kind"].replace(HOST, "")
    )
    # Two addresses of a family: secondary ones, or somebody else's that it passes on.
    pairs = each[["interface_id", "is_v6", *_KEY]].drop_duplicates()
    one_address = ~pairs.duplicated(["interface_id", "is_v6"], keep=False)
    one_holder = ~pairs.duplicated(_KEY, keep=False)
    sure = pairs[one_address & one_holder].merge(each)
    # Some records say more than others: `max` takes a word before "".
    parts = sure.groupby(["interface_id", "near"], as_index=False)[list(_PARTS)].max()
    made = []
    for row in parts.assign(kind=parts["kind"].replace("", HOST)).to_dict("records"):
        interface = Interface(row["interface_id"], **{to: row[n] for n, to in _PARTS.items()})
        made.append(((interface.vpc, str(row["near"])), interface))
    return made


def _homes(found: dict[tuple[str, str], Interface]) -> dict[str, str]:
    """The VPC of each address that is reported in one VPC alone."""
    homes: dict[str, set[str]] = {}
    for vpc, address in found:
        homes.setdefault(address, set()).add(vpc)
    return {address: vpcs.pop() for address, vpcs in homes.items() if len(vpcs) == 1}
