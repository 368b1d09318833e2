"""The ledger's table of hours: kept with every change of the records, made once for old stores."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.flow_log_hours import FlowLogHours
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store import arrivals
from vpcflow_core.store.hours import Hour, hours_of, possible_times
from vpcflow_core.store.ledger import Ledger, from_ms
from vpcflow_core.times import EPOCH

if TYPE_CHECKING:
    from vpcflow_core.store.batch import Loaded

_ADD = """
    INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    records = records + excluded.records, first = min(first, excluded.first),
    last = max(last, excluded.last), longest = max(longest, excluded.longest),
    reach = max(reach, excluded.reach)
"""
# A flow log that several sources lead to is one; records without its id are their source's.
_HOURS = """
    SELECT iif(flow_log = '', url, flow_log) AS name, hour, sum(records) AS records,
        min(first) AS first, max(last) AS last, max(longest) AS longest, max(reach) AS reach
    FROM coverage JOIN sources ON source = sources.id {where}
    GROUP BY name, hour ORDER BY name, hour
"""
_SOURCES = """
    SELECT DISTINCT iif(flow_log = '', url, flow_log) AS name, url, last_sync
    FROM coverage JOIN sources ON source = sources.id {where}
"""


def replace_objects(
    change: sqlite3.Connection, source: int, objects: Iterable[Loaded], replaced: Collection[int]
) -> None:
    """Count the hours of objects, and no more those of the objects that they replace."""
    change.executemany("DELETE FROM coverage WHERE object = ?", [(one,) for one in replaced])
    change.executemany(
        _ADD,
        [
            _row(source, flow_log_of(loaded.found), loaded.id if loaded.tracked else 0, hour)
            for loaded in objects
            for hour in loaded.hours
        ],
    )


def forget_before(change: sqlite3.Connection, day: date) -> None:
    """Drop the hours of earlier days."""
    hours = (day - EPOCH.date()).days * 24
    change.execute("DELETE FROM coverage WHERE hour < ?", [hours])


def flow_log_of(found: LogObject) -> str:
    """What the hours of an object belong to: its flow log, else its account and region, or ""."""
    return found.flow_log_id or f"{found.account} {found.region}".strip()


def read(ledger: Ledger, sources: Sequence[str] | None) -> list[FlowLogHours]:
    """The hours of each flow log.

    Args:
        ledger: The store's ledger, its table complete.
        sources: URLs; None: all.
    """
    marks = ", ".join("?" * len(sources or ()))
    where = "" if sources is None else f"WHERE url IN ({marks})"
    rows = ledger.rows(_HOURS.format(where=where), list(sources or ()))
    found = ledger.rows(_SOURCES.format(where=where), list(sources or ()))
    by_name: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_name[row["name"]].append(tuple(row)[1:])
    left_out = arrivals.left_out(ledger, sources)
    made = (
        replace(
            _flow_log(name, hours, [row for row in found if row["name"] == name]),
            left_out=left_out.get(name, ()),
        )
        for name, hours in by_name.items()
    )
    return arrivals.with_delays(made, ledger, sources)


def complete(folder: Path, ledger: Ledger) -> None:
    """Make the table for a store that had files before it had the table.

    Read are the times of all records, from their files. Of a source with several flow logs it is
    not known which wrote them: they count as one.
    """
    while not _is_complete(ledger):
        generation = _generation(ledger)
        rows = [row for file in ledger.rows(_OLD_FILES) for row in _rows_of(folder, file)]
        with ledger.transaction() as change:
            current = change.execute(_GENERATION).fetchone()[0] == generation
            if current and not _is_complete_now(change):
                change.executemany(_ADD, rows)
                change.execute("UPDATE meta SET value = 1 WHERE key = 'coverage'")


_COMPLETE = "SELECT value FROM meta WHERE key = 'coverage'"
_GENERATION = "SELECT value FROM meta WHERE key = 'generation'"
_OLD_FILES = """
    SELECT path, files.source AS source, tracked, (
        SELECT CASE WHEN count(DISTINCT flow_log_id) = 1 THEN max(flow_log_id) ELSE '' END
        FROM objects WHERE objects.source = files.source
    ) AS flow_log FROM files WHERE part IN ('flows', 'quiet')
"""


def _is_complete(ledger: Ledger) -> bool:
    return bool(ledger.value(_COMPLETE))


def _is_complete_now(change: sqlite3.Connection) -> bool:
    return bool(change.execute(_COMPLETE).fetchone()[0])


def _generation(ledger: Ledger) -> int:
    return int(ledger.value(_GENERATION))


def _rows_of(folder: Path, file: Any) -> list[tuple[Any, ...]]:
    """The hours of one file, those with times that cannot be left out."""
    table = _times(folder / file["path"])
    if table is None:
        return []
    oldest, latest = possible_times(datetime.now(UTC))
    starts = table["start_time"].cast(pa.int64())
    table = table.filter(pc.and_(pc.greater_equal(starts, oldest), pc.less_equal(starts, latest)))
    parts = {0: table}
    if file["tracked"]:
        numbers = pc.unique(table["_object"]).to_pylist()
        parts = {one: table.filter(pc.equal(table["_object"], one)) for one in numbers}
    return [
        _row(file["source"], file["flow_log"], number, hour)
        for number, part in parts.items()
        if len(part)
        for hour in hours_of(part)
    ]


def _times(path: Path) -> pa.Table | None:
    """The times of a file; None if it is damaged or gone: a sync reads its records again."""
    try:
        with pq.ParquetFile(path) as file:
            wanted = ("start_time", "end_time", "_object")
            return file.read(columns=[n for n in wanted if n in file.schema_arrow.names])
    except (OSError, pa.ArrowException):
        return None


def _row(source: int, flow_log: str, number: int, hour: Hour) -> tuple[Any, ...]:
    counted = (hour.hour, number, hour.records, hour.first, hour.last, hour.longest, hour.reach)
    return source, flow_log, *counted


def _flow_log(name: str, hours: list[Any], found: Sequence[Any]) -> FlowLogHours:
    """One flow log, from its hours and the sources that lead to it."""
    syncs = [row["last_sync"] for row in found if row["last_sync"] is not None]
    hour, records, first, last, longest, reach = np.array(hours, dtype="int64").T
    return FlowLogHours(
        name,
        hour,
        records,
        first,
        last,
        longest,
        reach,
        synced=from_ms(max(syncs)) if syncs else None,
        is_live=any(scheme_of(row["url"]).in_aws for row in found),
    )
