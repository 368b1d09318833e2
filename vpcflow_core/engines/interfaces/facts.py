"""What is known of the interfaces of some days: the tables that records are joined to."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

# Names under which a question's cursor knows the tables; a person's SQL cannot say them (guard).
INTERFACES, SUBNETS = "known_interfaces", "known_subnets"
NEIGHBOURS, OWNERS = "known_neighbours", "known_owners"
# The columns that say between whom a flow was.
ENDS = {"srcaddr", "dstaddr"}


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of the interfaces of some days.

    Attributes:
        interfaces: Rows of `known.SCHEMA`, by interface_id and time.
        subnets: Likewise, by `home`.
        neighbours: `home` and `address`: own addresses in subnets whose blocks are unknown.
        owners: `address` and `interface_id`: own addresses of interfaces that logged something.
        has_history: Whether an interface has several rows.
        has_ipv4: Whether a block is one of IPv4.
        has_partial_octets: Whether a block ends inside an octet.
        has_ipv6: Whether a block is one of IPv6.
        has_secondary_addresses: Whether some interface has `own` addresses.
    """

    interfaces: pa.Table
    subnets: pa.Table
    neighbours: pa.Table
    owners: pa.Table
    has_history: bool
    has_ipv4: bool
    has_partial_octets: bool
    has_ipv6: bool
    has_secondary_addresses: bool

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names that the SQL calls them."""
        return {
            INTERFACES: self.interfaces,
            SUBNETS: self.subnets,
            NEIGHBOURS: self.neighbours,
            OWNERS: self.owners,
        }
