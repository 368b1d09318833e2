"""Which subnet of a VPC an address lies in, by the snapshots of a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

import pandas as pd

from vpcflow_core.inventory.blocks import Blocks


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet.

    Attributes:
        subnet, vpc, az: Its ids.
        account: Whose it is; its interfaces may be those of other accounts where it is shared.
        gone: Whether the newest snapshot lacks it.
    """

    subnet: str
    vpc: str
    az: str | None
    account: str | None
    gone: bool = False


class SubnetBlocks:
    """Subnets by VPC and block.

    Args:
        known: The table of all snapshots' subnets.

    Attributes:
        cidrs: All of their blocks.
    """

    def __init__(self, known: pd.DataFrame) -> None:
        self._of: dict[str, Blocks[Subnet]] = {}
        self.cidrs: set[str] = set()
        self._says: set[str] = set()
        newest = known.sort_values("last_seen", kind="stable").drop_duplicates(
            "subnet_id", keep="last"
        )
        for row in newest.to_dict("records"):
            if not row["vpc_id"]:
                continue
            account = row["owner_id"] or row["account_id"] or None
            made = Subnet(row["subnet_id"], row["vpc_id"], row["az_id"], account, bool(row["gone"]))
            blocks = self._of.setdefault(made.vpc, Blocks())
            self.cidrs.update(row["cidrs"])
            self._says |= {n for n in ("account", "vpc", "subnet", "az") if getattr(made, n)}
            for cidr in row["cidrs"]:
                blocks.add(ip_network(cidr, strict=False), made)

    def __len__(self) -> int:
        return len(self._of)

    @property
    def says(self) -> frozenset[str]:
        """What is known of the place of some address: account, vpc, subnet, az."""
        return frozenset(self._says)

    def of(self, vpc: str, address: str) -> Subnet | None:
        """The subnet of an address; None where no one is, or two were one after the other."""
        found = list(dict.fromkeys(self._found(vpc, address)))
        there = [subnet for subnet in found if not subnet.gone] or found
        return there[0] if len(there) == 1 else None

    def _found(self, vpc: str, address: str) -> Iterator[Subnet]:
        blocks = self._of.get(vpc)
        return blocks.of(address) if blocks else iter(())
