"""The SQL that completes records by what is known of their interface.

A column is the record's own, else the snapshot's as of the record's time; `direction` decides what
neither says.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass

from vpcflow_core.engines.duckdb.interfaces.direction import (
    JOIN_NEIGHBOURS,
    direction,
    receivers_copy,
)
from vpcflow_core.engines.duckdb.interfaces.facts import ENDS, INTERFACES, SENDERS, SUBNETS, Facts
from vpcflow_core.engines.duckdb.interfaces.rows import FILLED, FOR_EVER

COMPLETED = (*FILLED, "direction")
_AS_OF = "k.since <= r.start_time AND r.start_time < k.until"
_NEWEST = f"k.until = TIMESTAMP '{FOR_EVER}'"


def knowable(present: Collection[str], filled: Collection[str]) -> frozenset[str]:
    """The columns of `COMPLETED` that are known of some record, though no record has them.

    Args:
        present: Columns that some record has.
        filled: What snapshots fill, as `InventoryCache.columns` gives it.
    """
    found = set(filled) & set(FILLED) if "interface_id" in present else set()
    computed = "flow_direction" in present or {"interface_id", *ENDS} <= set(present)
    return frozenset((found | ({"direction"} if computed else set())) - set(present))


def needs_own(names: Collection[str]) -> bool:
    """Whether own addresses decide more directions of records with these columns."""
    located = {"interface_id", *ENDS} <= set(names)
    # Besides flow-direction they do with the subnet alone: they tell neighbours.
    return located and ("flow_direction" not in names or "subnet_id" in names)


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to the SELECT over some files, whose records are called `r`."""

    columns: dict[str, str]
    joins: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """How a question's relation is completed.

    Attributes:
        facts: What is known.
        wanted: The columns of `COMPLETED` that the question uses.
        once: Whether the receiver's copy of a flow between two interfaces is left out.
    """

    facts: Facts
    wanted: Set[str]
    once: bool = False

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns."""
        known = self._key(names)
        columns = {}
        if known:
            columns = {name: _filled(name, names) for name in FILLED if name in self.wanted}
        joins = [known] if known else []
        located = bool(known) and names >= ENDS
        if "direction" in self.wanted:
            columns["direction"] = direction(self.facts, names, located)
            if located and len(self.facts.neighbours):
                joins.append(JOIN_NEIGHBOURS)
        received = receivers_copy(self.facts, names, located) if self.once else ""
        if not (columns or received):
            return Added({})
        if received:
            joins.append(f"LEFT JOIN {SENDERS} s ON s.address = r.srcaddr")
        return Added(columns, tuple(joins), f"({received}) IS NOT TRUE" if received else "")

    def _key(self, names: Set[str]) -> str:
        """The join with what is known of the interface, called `k`; "" where there is none."""
        if "interface_id" in names and len(self.facts.interfaces):
            when = "true"
            if self.facts.has_history:
                when = _AS_OF if "start_time" in names else _NEWEST
            return f"LEFT JOIN {INTERFACES} k ON k.interface_id = r.interface_id AND {when}"
        if "interface_id" not in names and "subnet_id" in names and len(self.facts.subnets):
            return f"LEFT JOIN {SUBNETS} k ON k.home = r.subnet_id"
        return ""


def _filled(name: str, names: Set[str]) -> str:
    if name not in names:
        return f"k.{name}"
    if name == "security_group_ids":
        # The collector's word for the groups of an interface that it could not find.
        own = f"r.{name}"
        return f"coalesce(nullif({own}, ['unknown']), k.{name}, {own})"
    return f"coalesce(r.{name}, k.{name})"
