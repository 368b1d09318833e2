"""What is known of interfaces together: what snapshots show, and what the log shows beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.interfaces.inference import inferred
from vpcflow_core.engines.interfaces.rows import (
    BLOCK,
    EVER,
    FOR_EVER,
    Block,
    Row,
    inside,
    table_of,
)
from vpcflow_core.engines.interfaces.snapshot_facts import SnapshotFacts


def gathered_facts(
    snapshots: SnapshotFacts,
    rows: list[Row],
    with_owners: bool,
    ask: Ask,
    relation: str,
    days: Sequence[pd.DataFrame],
) -> Facts:
    """What snapshots show, and what the log shows of the other interfaces."""
    addresses = {row["interface_id"]: set(_own(row)) for row in rows if _own(row)}
    found = inferred(ask, f"({relation})", days, addresses)
    rows = _joined(rows, found, snapshots.blocks)
    neighbours = [
        (row["home"], address)
        for row in rows
        if row["home"] and row["home"] not in snapshots.blocks
        for address in _own(row)
    ]
    owners: Iterable[tuple[str, str]] = ()
    if with_owners:
        sql = f"SELECT DISTINCT interface_id FROM ({relation})"  # noqa: S608 (our own text)
        logged = set(ask(sql, {})["interface_id"].to_pylist())
        shown = ((row["interface_id"], _own(row)) for row in rows if row["interface_id"] in logged)
        owners = {(address, id) for id, addresses in shown for address in addresses}
    return facts_of(rows, snapshots.subnets, neighbours, owners)


def facts_of(
    rows: Sequence[Row],
    subnets: pa.Table,
    neighbours: Iterable[tuple[str, str]] = (),
    owners: Iterable[tuple[str, str]] = (),
) -> Facts:
    """The facts that rows by interface, the table by subnet and pairs of addresses hold."""
    table = table_of(rows)
    used = {name for name in (*BLOCK, "own") for t in (table, subnets) if _is_used(t[name])}
    return Facts(
        interfaces=table,
        subnets=subnets,
        neighbours=_pairs("home", "address", neighbours),
        owners=_pairs("address", "interface_id", owners),
        has_history=len(table) > pc.count_distinct(table["interface_id"]).as_py(),
        has_ipv4="net" in used,
        has_partial_octets="octet" in used,
        has_ipv6="net6" in used,
        has_secondary_addresses="own" in used,
    )


def _pairs(first: str, second: str, pairs: Iterable[tuple[str, str]]) -> pa.Table:
    """Pairs of texts, each once, as a table of two columns."""
    ordered = sorted(set(pairs))
    columns = {name: [pair[at] for pair in ordered] for at, name in enumerate((first, second))}
    return pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()})


def _joined(rows: list[Row], found: pd.DataFrame, blocks: dict[str, Block]) -> list[Row]:
    """The rows, completed by the inferred addresses, and rows of interfaces in no snapshot."""
    inferred: dict[str, Row] = {}
    for id, v6, address, subnet in found[["interface_id", "v6", "address", "subnet_id"]].itertuples(
        index=False
    ):
        row = inferred.setdefault(id, {"interface_id": id, "own4": None, "own": None, "home": None})
        row["home"] = row["home"] or (None if pd.isna(subnet) else subnet)
        if not pd.isna(address):
            row |= {"own": [address]} if v6 else {"own4": address}
    shown = {row["interface_id"] for row in rows}
    completed = [
        row | _placed(inferred[row["interface_id"]], row, blocks)
        if row["interface_id"] in inferred and not _own(row)
        else row
        for row in rows
    ]
    alone = [_placed(row, _ALWAYS, blocks) for id, row in inferred.items() if id not in shown]
    return completed + alone


_ALWAYS: Row = {"since": EVER, "until": FOR_EVER, "home": None}


def _placed(row: Row, shown: Row, blocks: dict[str, Block]) -> Row:
    """An inferred row in the subnet of the snapshot, else of the log."""
    home = shown["home"] or row["home"]
    block = blocks.get(home, {})
    placed = {"since": shown["since"], "until": shown["until"], **row, "home": home, **block}
    if row["own4"] and not inside(row["own4"], block):
        placed |= {"own4": None, "own": [row["own4"], *(row["own"] or [])]}
    return placed


def _own(row: Row) -> list[str]:
    """All own addresses of a row."""
    return [address for address in (row["own4"], *(row["own"] or [])) if address]


def _is_used(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count < len(column))


# Of questions that nothing of interfaces matters to.
NO_FACTS = facts_of((), table_of(()))
