"""The address book decided for a log: who is at each address, in each VPC that logged it.

Records are joined to it by VPC and address alone, which costs no more however many VPCs have the
same addresses. It also has what no line of the book can: addresses of a VPC's subnets that no
interface was seen with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.engines.base import Ask
from vpcflow_core.inventory.subnets import SubnetBlocks
from vpcflow_core.inventory.tables import EVER, FOR_EVER

# Who logged which addresses: VPCs, and interfaces whose records do not name theirs.
_PAIRS = """
    SELECT vpc_id, CASE WHEN vpc_id IS NULL THEN interface_id END AS other, srcaddr AS address
    FROM ({relation}) r WHERE {source} GROUP BY 1, 2, 3
    UNION
    SELECT vpc_id, CASE WHEN vpc_id IS NULL THEN interface_id END AS other, dstaddr AS address
    FROM ({relation}) s WHERE {destination} GROUP BY 1, 2, 3
"""
_ONES = "known_ones"
_TIMES = ("since", "until")


def pairs_of(
    ask: Ask,
    relation: str,
    homes: Mapping[str, str | None],
    ones: pa.ChunkedArray,
    blocks: Iterable[str],
) -> pd.DataFrame:
    """The addresses of a log that something may be known of, each with the VPCs that logged it.

    Args:
        ask: Answers a SELECT of ours.
        relation: SQL of its records.
        homes: The VPC of each interface.
        ones: Addresses that are known one by one.
        blocks: Blocks whose addresses are looked at besides them, and their neighbours.

    Returns:
        scope (the VPC, "" where it is not known) and address, each pair once.
    """
    starts = sorted(set(map(_start, blocks)))
    source, destination = (_is_of(end, starts) for end in ("srcaddr", "dstaddr"))
    sql = _PAIRS.format(relation=relation, source=source, destination=destination)
    found: pd.DataFrame = ask(sql, {_ONES: pa.table({"address": pc.unique(ones)})}).to_pandas()
    scope = found["vpc_id"].where(found["vpc_id"].notna(), found["other"].map(homes))
    pairs = pd.DataFrame({"scope": scope.fillna(""), "address": found["address"]})
    return pairs.drop_duplicates(ignore_index=True)


def _is_of(end: str, starts: Iterable[str]) -> str:
    """The condition that an end is known, or begins like addresses that may be."""
    one = f"{end} IN (SELECT address FROM {_ONES})"  # noqa: S608 (our own text)
    return " OR ".join([one, *(f"{end} LIKE '{start}%'" for start in starts)])


def _start(block: str) -> str:
    """What all addresses of a block begin with in text; some others may, too.

    >>> _start("10.2.0.0/16"), _start("2001:db8:1::/48"), _start("0.0.0.0/0")
    ('10.', '2001:', '')
    """
    network = ip_network(block, strict=False)
    bits, mark = (8, ".") if network.version == 4 else (16, ":")
    return "" if network.prefixlen < bits else str(network).partition(mark)[0] + mark


def placed(
    pairs: pd.DataFrame, book: pa.Table, vpcs: Collection[str], subnets: SubnetBlocks | None
) -> pa.Table:
    """The rows of a book that hold for pairs, each with the pair's VPC as its scope.

    Args:
        pairs: As `pairs_of` gives them.
        book: Rows of `BOOK_SCHEMA`.
        vpcs: VPCs whose blocks are known.
        subnets: What says more of addresses that the book does not have; None: nothing does.
    """
    lines = book.to_pandas(types_mapper=pd.ArrowDtype, timestamp_as_object=False)
    pairs = pairs.astype(pd.ArrowDtype(pa.string()))
    inside = pairs.merge(lines, on=["scope", "address"])
    everywhere = lines[lines["scope"].eq("") | lines["is_alone"]]
    wide = pairs.merge(everywhere.rename(columns={"scope": "home"}), on="address")
    sure = wide["home"].eq("") | wide["scope"].isin(list(vpcs))
    wide = wide[sure & wide["home"].ne(wide["scope"])]
    rows = pd.concat([inside, wide.drop(columns="home")], ignore_index=True)
    if subnets is not None and len(subnets):
        more = pd.DataFrame(_in_subnets(pairs, rows, subnets), columns=list(lines.columns))
        if len(more):
            rows = pd.concat([rows, more.astype(lines.dtypes)], ignore_index=True)
    return pa.Table.from_pandas(rows[list(lines.columns)], book.schema, preserve_index=False)


def _in_subnets(
    pairs: pd.DataFrame, rows: pd.DataFrame, subnets: SubnetBlocks
) -> Iterator[dict[str, Any]]:
    """Rows of addresses in subnets, for the times that no interface is known to have had them."""
    found = {
        pair: subnet
        for pair in zip(pairs["scope"], pairs["address"], strict=True)
        if (subnet := subnets.of(*pair))
    }
    held: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for scope, address, since, until in zip(
        *(rows[name] for name in ("scope", "address", *_TIMES)), strict=True
    ):
        if (scope, address) in found:
            held.setdefault((scope, address), []).append((since, until))
    for (scope, address), subnet in found.items():
        for since, until in _between(held.get((scope, address), [])):
            yield {
                "address": address,
                "scope": scope,
                "since": since,
                "until": until,
                "is_alone": False,
                "vpc": scope,
                "subnet": subnet.subnet,
                "az": subnet.az,
                "account": subnet.account,
            }


def _between(times: list[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """The times that are in none of some.

    >>> at = EVER.replace(tzinfo=None, year=2026)
    >>> [(a.year, b.year) for a, b in _between([(at, at.replace(year=2027))])]
    [(1970, 2026), (2027, 2200)]
    """
    start, last = (moment.replace(tzinfo=None) for moment in (EVER, FOR_EVER))
    for since, until in sorted(times):
        if start < since:
            yield start, since
        start = max(start, until)
    if start < last:
        yield start, last
