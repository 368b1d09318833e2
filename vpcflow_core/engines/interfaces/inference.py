"""An interface's own address, inferred from the log itself.

It is the address that the interface's records have in common, of each family. What the records of
several days have in common is common to those of each day, so that a day is read once. An interface
that talks to one peer alone has two such addresses; docs/decisions/knowledge-of-interfaces.md says
how one of them is chosen, and when neither is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from ipaddress import ip_address, ip_network
from typing import Any

import pandas as pd
import pyarrow as pa

from vpcflow_core.engines.base import Ask

# Addresses that a VPC gives out although the Internet knows others of their kind: RFC 1918, 6598.
PRIVATE = [ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                           "100.64.0.0/10")]  # fmt: skip
PLACES = ("account_id", "vpc_id", "subnet_id")

# Any one record of an interface holds its own address: `one` or `other`.
_CANDIDATES = """
    SELECT interface_id, v6, ends[1] AS one, ends[2] AS other FROM (
        SELECT interface_id, v6, any_value(ROW(srcaddr, dstaddr)) AS ends FROM (
            SELECT interface_id, srcaddr, dstaddr, strpos(srcaddr, ':') > 0 AS v6
            FROM {relation} r
            WHERE srcaddr IS NOT NULL AND dstaddr IS NOT NULL AND interface_id IS NOT NULL)
        GROUP BY interface_id, v6)
"""
_IN_COMMON = """
    SELECT interface_id, v6, {places}, any_value(one) AS one, any_value(other) AS other,
        bool_and(srcaddr = one OR dstaddr = one) AS is_one,
        bool_and(srcaddr = other OR dstaddr = other) AS is_other
    FROM {relation} r JOIN ({candidates}) candidates USING (interface_id)
    WHERE srcaddr IS NOT NULL AND dstaddr IS NOT NULL AND (strpos(srcaddr, ':') > 0) = v6
    GROUP BY interface_id, v6
"""
# Who else logged a pair that an undecided interface logged; the pairs are given both ways.
_ALSO_LOGGED = """
    SELECT DISTINCT interface_id, low, high
    FROM {relation} r JOIN undecided_pairs USING (srcaddr, dstaddr)
"""


def common_addresses(ask: Ask, relation: str) -> pd.DataFrame:
    """The addresses that all records of an interface have, of each family.

    Args:
        ask: Answers a SELECT of ours, with tables beside it.
        relation: SQL of records with interface_id, srcaddr, dstaddr and `PLACES`.

    Returns:
        One row an interface, family and address, or one without an address where there is none:
        interface_id, v6, address and `PLACES` (null where no record has it).
    """
    places = ", ".join(f"any_value({name}) AS {name}" for name in PLACES)
    candidates = _CANDIDATES.format(relation=relation)
    sql = _IN_COMMON.format(relation=relation, places=places, candidates=candidates)
    found: pd.DataFrame = ask(sql, {}).to_pandas()
    is_other = found["is_other"] & (found["one"] != found["other"])
    rows = [
        found[found["is_one"]].assign(address=found["one"]),
        found[is_other].assign(address=found["other"]),
        found[~(found["is_one"] | is_other)].assign(address=None),
    ]
    return pd.concat(rows, ignore_index=True)[["interface_id", "v6", "address", *PLACES]]


def inferred(
    ask: Ask, relation: str, days: Sequence[pd.DataFrame], declared: Mapping[str, Set[str]]
) -> pd.DataFrame:
    """The own addresses of interfaces that no snapshot shows with addresses.

    Args:
        ask: Answers a SELECT of ours, with tables beside it.
        relation: SQL of all records.
        days: What the records of each day have in common, as `common_addresses` gives it.
        declared: The interfaces that snapshots show with addresses, and these addresses.

    Returns:
        One row an interface and family: interface_id, v6, address (null: undecided) and `PLACES`
        (null where no record has it).
    """
    found = _common_to_all(days, declared)
    torn = found[found["other"].notna()]
    found["address"] = found["one"].where(found["other"].isna(), None).astype("object")
    if len(torn):
        _decide(found, torn, _others(ask, relation, torn), declared)
    return found[["interface_id", "v6", "address", *PLACES]]


def _common_to_all(days: Sequence[pd.DataFrame], declared: Mapping[str, Set[str]]) -> pd.DataFrame:
    """An interface and family a row, with `one` and `other` address that all its days share."""
    every = pd.concat([day.assign(day=at) for at, day in enumerate(days)], ignore_index=True)
    every = every[~every["interface_id"].isin(declared.keys())]
    by = every.groupby(["interface_id", "v6"])
    found = by[list(PLACES)].first()
    shared = (
        every.groupby(["interface_id", "v6", "address"])["day"].nunique().reset_index("address")
    )
    shared = shared[shared["day"] == by["day"].nunique().reindex(shared.index)]
    ends = shared.groupby(level=["interface_id", "v6"])["address"].agg(["min", "max"])
    one, other = (ends[name].reindex(found.index).astype("object") for name in ("min", "max"))
    found["one"], found["other"] = one, other.where(one != other, None)
    return found.reset_index()


def _others(ask: Ask, relation: str, torn: pd.DataFrame) -> pd.DataFrame:
    """Every interface that logged a pair of an undecided one, with the pair."""
    pairs = sorted({_pair(*ends) for ends in zip(torn["one"], torn["other"], strict=True)})
    low, high = ([pair[i] for pair in pairs] for i in (0, 1))
    both_ways = {"srcaddr": low + high, "dstaddr": high + low, "low": low * 2, "high": high * 2}
    sql = _ALSO_LOGGED.format(relation=relation)
    loggers: pd.DataFrame = ask(sql, {"undecided_pairs": pa.table(both_ways)}).to_pandas()
    return loggers


def _decide(
    found: pd.DataFrame, torn: pd.DataFrame, others: pd.DataFrame, declared: Mapping[str, Set[str]]
) -> None:
    """Fill in the own address of interfaces with one peer, where something tells it.

    Each address that is found may tell the next interface's, so all are asked again until nothing
    changes. The private one of two is taken only when no other interface's address decides.
    """
    logged: dict[tuple[str, str], list[str]] = {}
    for id, low, high in others.itertuples(index=False):
        logged.setdefault((low, high), []).append(id)
    owners = _Owners(found, declared)
    waiting = list(torn.index)
    for choose in (_not_the_others, _private, _not_the_others):
        waiting = _settle(found, waiting, owners, logged, choose)


class _Owners:
    """Whose address is whose, so far."""

    def __init__(self, found: pd.DataFrame, declared: Mapping[str, Set[str]]) -> None:
        self.declared = {address for addresses in declared.values() for address in addresses}
        sure = found[found["address"].notna()]
        self.of = set(zip(sure["interface_id"], sure["address"], strict=True))
        self.vpc = dict(zip(found["interface_id"], found["vpc_id"], strict=True))

    def has_other(self, address: str, mine: str, loggers: list[str]) -> bool:
        """Whether it is the address of another interface, which would log the same pair."""
        return address in self.declared or any(
            (id, address) in self.of and id != mine and not self._apart(id, mine) for id in loggers
        )

    def _apart(self, one: str, other: str) -> bool:
        """Whether both lie in known and different VPCs, which may use the same addresses."""
        vpcs = {self.vpc.get(one), self.vpc.get(other)}
        return len(vpcs) == 2 and not any(pd.isna(vpc) for vpc in vpcs)


def _settle(
    found: pd.DataFrame,
    waiting: list[Any],
    owners: _Owners,
    logged: Mapping[tuple[str, str], list[str]],
    choose: Any,
) -> list[Any]:
    """Decide what can be decided, until nothing changes; gives those still undecided."""
    while True:
        left = []
        for index in waiting:
            id, one, other = found.loc[index, ["interface_id", "one", "other"]]
            loggers = logged.get(_pair(one, other), [])
            address = choose(owners, id, one, other, loggers)
            if address is None:
                left.append(index)
            else:
                found.loc[index, "address"] = address
                owners.of.add((id, address))
        if len(left) == len(waiting):
            return left
        waiting = left


def _not_the_others(
    owners: _Owners, id: str, one: str, other: str, loggers: list[str]
) -> str | None:
    taken = [owners.has_other(address, id, loggers) for address in (one, other)]
    return None if taken[0] == taken[1] else (other if taken[0] else one)


def _private(owners: _Owners, id: str, one: str, other: str, loggers: list[str]) -> str | None:
    """Records show an interface's private address even where it has a public one."""
    private = [address for address in (one, other) if _is_private(address)]
    return private[0] if len(private) == 1 else None


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _is_private(address: str) -> bool:
    return any(ip_address(address) in block for block in PRIVATE)
