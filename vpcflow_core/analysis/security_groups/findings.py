"""Rules as findings: which services are open to the world, and who used that, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from vpcflow_core.analysis.security_groups.accepted import known_replies
from vpcflow_core.analysis.security_groups.hostile import Hostile
from vpcflow_core.analysis.security_groups.services import SERVICES, opening
from vpcflow_core.units import number_of


def findings(
    rules: pd.DataFrame, flows: pd.DataFrame, interfaces: pd.DataFrame, hostile: Hostile
) -> list[str]:
    """A sentence for each service that rules open to the world; hostile ones first.

    Args:
        rules: As `rules_in_use` gives them.
        flows: Accepted flows, as it takes them.
        interfaces: Table of snapshots.
        hostile: The hostile sources.
    """
    made = list(_findings(rules, flows, interfaces, hostile))
    return [sentence for _, sentence in sorted(made, key=lambda found: found[0])]


def _findings(
    rules: pd.DataFrame, flows: pd.DataFrame, interfaces: pd.DataFrame, hostile: Hostile
) -> Iterator[tuple[tuple[int, int], str]]:
    """The sentences, each with its place."""
    asked = flows[~known_replies(flows)]
    for place, (name, port) in enumerate(SERVICES.items()):
        opened_by = rules[opening(rules, port)]
        if opened_by.empty:
            continue
        members = interfaces[["interface_id", "security_group_ids"]].explode("security_group_ids")
        groups = set(opened_by["security_group_id"])
        ids = members.loc[members["security_group_ids"].isin(groups), "interface_id"]
        met = asked[(asked["dstport"] == port) & asked["interface_id"].isin(ids)]
        sources = set(met["srcaddr"].dropna())
        foes = sorted(sources & set(hostile.why))
        yield (-len(foes), place), _sentence(f"{name} ({port})", len(opened_by), sources, foes)


def _sentence(service: str, rules: int, sources: set[str], foes: list[str]) -> str:
    """How open a service is, who used that: `SSH (22) is open to the world: 3 sources seen`."""
    by = f" in {rules:,} rules" if rules > 1 else ""
    seen = f"{number_of(len(sources), 'sources')} seen" if sources else "unused"
    named = ", ".join(foes[:3]) + (", ..." if len(foes) > 3 else "")
    bad = f", {len(foes):,} of them hostile ({named})" if foes else ""
    return f"{service} is open to the world{by}: {seen}{bad}."
