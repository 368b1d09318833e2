"""Rows of the ledger about objects, files and losses: how they are written and read."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from vpcflow_core.store.batch import Loaded
from vpcflow_core.store.ledger import to_ms
from vpcflow_core.store.parquet import Key, NewFile
from vpcflow_core.store.spans import to_text
from vpcflow_core.store.state import report_json

_FORGET_LOSS = "DELETE FROM lost WHERE source = ? AND day = ? AND object = ?"
_ADD_LOSS = """
    INSERT INTO lost (source, day, object, probe, records, tried) VALUES (?, ?, ?, ?, ?, ?)
"""
_ADD_OBJECT = """
    INSERT INTO objects (id, source, uri, etag, size, account, region, flow_log_id, time, hint,
        state, tracked, records, nodata, skipdata, malformed, first, last, loaded_at, report,
        internal, dropped, identity, outside, spans, rest_first, rest_last, content,
        delivered, delay)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?)
"""
_ADD_FILE = """
    INSERT INTO files (path, source, part, day, columns, tracked, rows, size, first, last,
        checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file of the ledger, as the writer sees it; path relative to the store."""

    id: int
    path: str
    source: int
    key: Key
    rows: int
    size: int
    first: int
    checksum: int | None


@dataclass(frozen=True, slots=True)
class Loss:
    """What a damaged file held and the source does not give any more; see the table `lost`."""

    day: date
    object: int
    probe: int
    records: int


def add_object(change: sqlite3.Connection, source: int, loaded: Loaded) -> None:
    """Note what became of an object."""
    change.execute(_ADD_OBJECT, _object_row(source, loaded))


def add_file(change: sqlite3.Connection, source: int, file: NewFile) -> None:
    """Make a file count, and note which tracked objects have rows in it."""
    number = change.execute(_ADD_FILE, _file_row(source, file)).lastrowid
    held = [(number, each) for each in file.objects]
    change.executemany("INSERT INTO held VALUES (?, ?)", held)


def note_loss(change: sqlite3.Connection, source: int, loss: Loss) -> None:
    """Note a loss in place of an earlier one of that day and object; one of no records ends it."""
    change.execute(_FORGET_LOSS, [source, loss.day.isoformat(), loss.object])
    if loss.records:
        change.execute(_ADD_LOSS, [source, *_loss_row(loss)])


def old_file(row: Any) -> OldFile:
    """A file by its row."""
    columns = tuple(json.loads(row["columns"]))
    key = Key(row["part"], date.fromisoformat(row["day"]), columns, bool(row["tracked"]))
    return OldFile(
        row["id"],
        row["path"],
        row["source"],
        key,
        row["rows"],
        row["size"],
        row["first"],
        row["checksum"],
    )


def _object_row(source: int, loaded: Loaded) -> tuple[Any, ...]:
    found, report = loaded.found, loaded.report
    first, last, time, delivered = (
        moment and to_ms(moment)
        for moment in (report.first, report.last, found.time, found.delivered)
    )
    return (
        loaded.id,
        source,
        found.uri,
        found.etag,
        found.size,
        found.account,
        found.region,
        found.flow_log_id,
        time,
        found.hint,
        loaded.state,
        loaded.tracked,
        report.records,
        report.nodata,
        report.skipdata,
        report.malformed,
        first,
        last,
        to_ms(datetime.now(UTC)),
        report_json(report, loaded.problem),
        report.internal,
        report.dropped,
        found.known_as,
        report.outside,
        to_text(loaded.spans),
        *(loaded.rest or (None, None)),
        loaded.content,
        delivered,
        None if found.delay is None else found.delay // timedelta(milliseconds=1),
    )


def _file_row(source: int, file: NewFile) -> tuple[Any, ...]:
    key = file.key
    return (
        file.path,
        source,
        key.part,
        key.day.isoformat(),
        json.dumps(key.columns),
        key.tracked,
        file.rows,
        file.size,
        file.first,
        file.last,
        file.checksum,
    )


def _loss_row(loss: Loss) -> tuple[Any, ...]:
    now = to_ms(datetime.now(UTC))
    return loss.day.isoformat(), loss.object, loss.probe, loss.records, now
