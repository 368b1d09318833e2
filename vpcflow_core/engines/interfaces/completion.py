"""The SQL that completes records by what is known of their interface.

A column is the record's own, else the snapshot's as of the record's time; `direction` decides what
neither says.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass

from vpcflow_core.engines.interfaces.added import Added, key_of
from vpcflow_core.engines.interfaces.copies import receivers_copies
from vpcflow_core.engines.interfaces.direction import JOIN_NEIGHBOURS, direction
from vpcflow_core.engines.interfaces.ends import EndFacts, ends_of
from vpcflow_core.engines.interfaces.facts import ENDS as BOTH_ENDS
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.interfaces.rows import FILLED
from vpcflow_core.query.ends import ENDS

COMPLETED = (*FILLED, "direction")
# All that is known of records besides what they say themselves.
KNOWN = (*COMPLETED, *ENDS)


def knowable(present: Collection[str], filled: Collection[str]) -> frozenset[str]:
    """The columns of `COMPLETED` that are known of some record, though no record has them.

    Args:
        present: Columns that some record has.
        filled: What snapshots fill.
    """
    found = set(filled) & set(FILLED) if "interface_id" in present else set()
    computed = "flow_direction" in present or {"interface_id", *BOTH_ENDS} <= set(present)
    return frozenset((found | ({"direction"} if computed else set())) - set(present))


def needs_own(names: Collection[str]) -> bool:
    """Whether own addresses decide more directions of records with these columns."""
    located = {"interface_id", *BOTH_ENDS} <= set(names)
    # Besides flow-direction they do with the subnet alone: they tell neighbours.
    return located and ("flow_direction" not in names or "subnet_id" in names)


def needs_interfaces(wanted: Set[str], ends: EndFacts | None, lacks_vpc: bool) -> bool:
    """Whether records are completed by their interface: ends need no more than its VPC.

    Args:
        wanted: The columns that the question uses.
        ends: What is known of the ends of records; None where the question asks nothing of it.
        lacks_vpc: Whether some of the records do not say their VPC.
    """
    needs_vpc = ends and (not ends.is_placeless or len(ends.domains))
    return not wanted.isdisjoint(COMPLETED) or bool(needs_vpc and lacks_vpc)


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """How a question's relation is completed.

    Attributes:
        facts: What is known.
        wanted: The columns of `COMPLETED` that the question uses.
        once: Whether the receiver's copy of a flow between two interfaces is left out.
        ends: What is known of the ends of records; None where the question asks nothing of it.
        is_mixed: Whether records of flow logs that lack a column may be among those that have it.
    """

    facts: Facts
    wanted: Set[str]
    once: bool = False
    ends: EndFacts | None = None
    is_mixed: bool = False

    def _needs_key(self, names: Set[str]) -> bool:
        """Whether records are joined to their interface: ends need no more than its VPC."""
        lacking = self.is_mixed or "vpc_id" not in names
        return self.once or needs_interfaces(self.wanted, self.ends, lacking)

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns."""
        known = key_of(self.facts, names) if self._needs_key(names) else ""
        columns = {}
        if known:
            columns = {name: _filled(name, names) for name in FILLED if name in self.wanted}
        joins = [known] if known else []
        located = bool(known) and names >= BOTH_ENDS
        if "direction" in self.wanted:
            columns["direction"] = direction(self.facts, names, located)
            if located and len(self.facts.neighbours):
                joins.append(JOIN_NEIGHBOURS)
        if self.ends:
            said, lookups = ends_of(self.ends, self.wanted, names, bool(known))
            columns |= said
            joins += lookups
        copies = receivers_copies(self.facts, names) if self.once else Added({})
        if not (columns or copies.where):
            return Added({})
        where = f"NOT coalesce({copies.where}, false)" if copies.where else ""
        return Added(columns, (*joins, *copies.joins), where)


def _filled(name: str, names: Set[str]) -> str:
    if name not in names:
        return f"k.{name}"
    if name == "security_group_ids":
        # The collector's word for the groups of an interface that it could not find.
        own = f"r.{name}"
        return f"coalesce(nullif({own}, ARRAY['unknown']), k.{name}, {own})"
    return f"coalesce(r.{name}, k.{name})"
