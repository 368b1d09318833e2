"""What is added to the SELECT over some files: columns, joins and a condition."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from vpcflow_core.engines.interfaces.facts import INTERFACES, SUBNETS, Facts
from vpcflow_core.engines.interfaces.rows import FOR_EVER

_AS_OF = "k.since <= r.start_time AND r.start_time < k.until"
_NEWEST = f"k.until = TIMESTAMP '{FOR_EVER}'"


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to the SELECT over some files, whose records are called `r`."""

    columns: dict[str, str]
    joins: tuple[str, ...] = ()
    where: str = ""


def key_of(facts: Facts, names: Set[str]) -> str:
    """The join of records with what is known of their interface, called `k`; "" without one."""
    if "interface_id" in names and len(facts.interfaces):
        when = "true"
        if facts.has_history:
            when = _AS_OF if "start_time" in names else _NEWEST
        return f"LEFT JOIN {INTERFACES} k ON k.interface_id = r.interface_id AND {when}"
    if "interface_id" not in names and "subnet_id" in names and len(facts.subnets):
        return f"LEFT JOIN {SUBNETS} k ON k.home = r.subnet_id"
    return ""
