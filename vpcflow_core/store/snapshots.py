"""Snapshots of EC2 and what was in them, kept for ever.

A thing that is gone stays known, and a thing that changed is known as it was and as it is. What a
thing looks like is its shape: JSON of its columns, without the empty ones, so that a column which a
later version adds changes no shape.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from vpcflow_core.inventory.tables import (
    EVER,
    FOR_EVER,
    TABLES,
    Kind,
    Snapshot,
    Table,
    frame_of,
)
from vpcflow_core.store.ledger import Ledger, from_ms, to_ms

TIMES = ("since", "until", "first_seen", "last_seen")


@dataclass(frozen=True, slots=True)
class SnapshotState:
    """The newest snapshot of an account and region.

    Attributes:
        account_id, region: Which.
        taken: When, UTC.
        notes: What could not be read then, in sentences.
    """

    account_id: str
    region: str
    taken: datetime
    notes: tuple[str, ...]


def remember(ledger: Ledger, snapshot: Snapshot) -> None:
    """Add a snapshot to what is known, in one transaction.

    A kind that the snapshot could not read stays as it is known; so does one of which a later
    snapshot is known already.
    """
    place, taken = (snapshot.account_id, snapshot.region), to_ms(snapshot.taken)
    with ledger.transaction() as change:
        for kind, frame in snapshot.tables.items():
            lacked = _before(change, (kind, *place), taken)
            if _is_newest(change, (kind, *place), taken):
                _add(change, (kind, *place), taken, lacked, _shapes(TABLES[kind], frame))
        change.execute(_NOTE, [*place, taken, json.dumps(snapshot.notes)])
        change.execute(_COUNT)


def note_change(ledger: Ledger) -> None:
    """Note that more is known of the network, by other means than a snapshot."""
    with ledger.transaction() as change:
        change.execute(_COUNT)


def count(ledger: Ledger) -> int:
    """How many snapshots were ever added: what is known of one number may be cached."""
    return int(ledger.value("SELECT value FROM meta WHERE key = 'snapshots'") or 0)


def known(ledger: Ledger, kind: Kind) -> pd.DataFrame:
    """Every shape of every thing of that kind.

    Returns:
        The columns of the kind's table, as `snapshot.frame_of` makes them, `account_id`, `region`,
        `since` and `until` (from when to when, not included, the shape holds; UTC), `first_seen`,
        `last_seen`, and `gone`: the thing is not in the newest snapshot of its account and region.
        By id, then by time.
    """
    rows = ledger.rows(_KNOWN, [kind])
    frame = frame_of(kind, [json.loads(row["shape"]) for row in rows])
    frame["account_id"] = pd.Series([row["account"] for row in rows], dtype="object")
    frame["region"] = pd.Series([row["region"] for row in rows], dtype="object")
    for name in TIMES:
        moments = pd.Series([row[name] for row in rows], dtype="int64")
        frame[name] = moments.astype("datetime64[ms]").dt.tz_localize("UTC")
    frame["gone"] = pd.Series([bool(row["gone"]) for row in rows], dtype="bool")
    return frame


def snapshots(ledger: Ledger) -> list[SnapshotState]:
    """The newest snapshot of each account and region."""
    rows = ledger.rows("SELECT * FROM snapshots ORDER BY account, region")
    return [
        SnapshotState(
            row["account"], row["region"], from_ms(row["taken"]), tuple(json.loads(row["notes"]))
        )
        for row in rows
    ]


# A shape holds until the next one of the same thing begins; the first one may hold as long as no
# snapshot lacked the thing.
_KNOWN = f"""
    SELECT account, region, shape, first_seen, last_seen,
        iif(
            lag(first_seen) OVER thing IS NULL, ifnull(lacked, {to_ms(EVER)}), first_seen
        ) AS since,
        ifnull(lead(first_seen) OVER thing, {to_ms(FOR_EVER)}) AS until,
        max(last_seen) OVER (PARTITION BY kind, account, region, id) < taken AS gone
    FROM shapes JOIN snapshot_kinds USING (kind, account, region) WHERE kind = ?
    WINDOW thing AS (PARTITION BY kind, account, region, id ORDER BY first_seen)
    ORDER BY id, account, region, first_seen
"""  # noqa: S608 (numbers of our own)
_NOTE = """
    INSERT INTO snapshots VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET taken = excluded.taken, notes = excluded.notes WHERE excluded.taken >= taken
"""
_COUNT = """
    INSERT INTO meta VALUES ('snapshots', 1) ON CONFLICT DO UPDATE SET value = value + 1
"""
_NEWEST_SHAPES = """
    SELECT id, shape, lacked, max(first_seen) AS first_seen FROM shapes
    WHERE kind = ? AND account = ? AND region = ? GROUP BY id
"""
_SEEN = """
    UPDATE shapes SET last_seen = ?
    WHERE kind = ? AND account = ? AND region = ? AND id = ? AND first_seen = ?
"""


def _before(change: sqlite3.Connection, place: tuple[str, ...], taken: int) -> int | None:
    """When the newest snapshot of a kind before that time was taken; None: none is known."""
    newest = "SELECT taken FROM snapshot_kinds WHERE kind = ? AND account = ? AND region = ?"
    row = change.execute(newest, place).fetchone()
    return int(row[0]) if row and row[0] < taken else None


def _is_newest(change: sqlite3.Connection, place: tuple[str, ...], taken: int) -> bool:
    """Note the time of a kind's snapshot, unless a later one is known."""
    upsert = """
        INSERT INTO snapshot_kinds VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
        SET taken = excluded.taken WHERE excluded.taken >= taken
    """
    return change.execute(upsert, [*place, taken]).rowcount > 0


def _add(
    change: sqlite3.Connection,
    place: tuple[str, ...],
    taken: int,
    lacked: int | None,
    shapes: Mapping[str, str],
) -> None:
    """Things that look as before were seen again; all others have a shape from now on.

    Args:
        change: The transaction.
        place: Kind, account, region.
        taken: When the snapshot was taken.
        lacked: When the one before was taken, which lacked what is new; None: there is none.
        shapes: What it shows, by id.
    """
    rows = change.execute(_NEWEST_SHAPES, place).fetchall()
    before = {row["id"]: (row["shape"], row["first_seen"]) for row in rows}
    # Two snapshots of the same instant: the one that comes later counts.
    replaced = {row["id"]: row["lacked"] for row in rows if row["first_seen"] == taken}
    same = [
        (taken, *place, id, before[id][1])
        for id, shape in shapes.items()
        if id in before and _is_same(shape, before[id][0])
    ]
    again = {row[-2] for row in same}
    new = [
        (*place, id, taken, taken, shape, replaced.get(id, lacked))
        for id, shape in shapes.items()
        if id not in again
    ]
    change.executemany(_SEEN, same)
    change.executemany("INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", new)


def _shapes(table: Table, frame: pd.DataFrame) -> dict[str, str]:
    """The shape of each thing, by its id."""
    columns = [name for name in table.columns if name in frame]
    rows = zip(*(frame[name].tolist() for name in columns), strict=True)
    shapes = (_filled(zip(columns, row, strict=True)) for row in rows)
    return {shape[table.key]: json.dumps(shape) for shape in shapes if table.key in shape}


def _filled(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Without what is empty: null, no text, no member, no flag. A port of zero is not empty."""
    return {name: value for name, value in pairs if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    if isinstance(value, str | list):
        return not value
    return value is False or bool(pd.isna(value))


def _is_same(one: str, other: str) -> bool:
    """Whether two shapes say the same; lists may come in any order, but own addresses.

    The first of those is the primary one.
    """
    return one == other or _sorted(json.loads(one)) == _sorted(json.loads(other))


def _sorted(shape: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, list) and name != "addresses" else value
        for name, value in shape.items()
    }
