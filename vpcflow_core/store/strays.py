"""Records with times that cannot be, of stores made before these were kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.store import kept
from vpcflow_core.store.base import STRAY, Part
from vpcflow_core.store.hours import possible_times
from vpcflow_core.store.ledger import from_ms
from vpcflow_core.store.parquet import NewFile, write_file
from vpcflow_core.store.placing import OBJECT_COLUMN
from vpcflow_core.store.rows import OldFile
from vpcflow_core.store.writer import Writer

# What is read later has a higher id; a clock that went back is no clock to go by.
_LATEST = "SELECT loaded_at FROM objects WHERE source = ? ORDER BY id DESC LIMIT 1"
_HOLDING = f"""
    WHERE source = ? AND (first < ? OR last > ?) AND part NOT IN ({", ".join(map(repr, STRAY))})
"""
_CUT = "UPDATE coverage SET last = min(last, ?), first = max(first, ?) WHERE source = ?"


def move(writer: Writer) -> int:
    """Put records that start before 2010, or later than their source's last load, in their part.

    New stores have none elsewhere; then this asks the ledger, and nothing more.

    Returns:
        The number of files replaced.
    """
    sources = [row[0] for row in writer.store.ledger.rows("SELECT id FROM sources")]
    moved = sum(_move_of(writer, source) for source in sources)
    if moved:
        kept.forget_all(writer.store.path)
    return moved


def _move_of(writer: Writer, source: int) -> int:
    latest = writer.store.ledger.value(_LATEST, [source])
    if latest is None:
        return 0
    oldest, newest = possible_times(from_ms(latest))
    found = list(writer.files(_HOLDING, [source, oldest, newest]))
    made = {file: _split(writer, file, (oldest, newest)) for file in found}
    files = [file for file, new in made.items() if new]
    if files:
        writer.swap(source, files, [one for file in files for one in made[file]])
        _forget_hours(writer, source, oldest, newest)
    return len(files)


def _split(writer: Writer, file: OldFile, bounds: Sequence[int]) -> list[NewFile]:
    """The file's records in two files, those with possible times and the others; [] if damaged."""
    try:
        with pq.ParquetFile(writer.store.path / file.path) as old:
            table = old.read()
    except (OSError, pa.ArrowException):  # a sync reads what was in it again
        return []
    starts = table["start_time"].cast(pa.int64())
    possible = pc.and_(pc.greater_equal(starts, bounds[0]), pc.less_equal(starts, bounds[1]))
    stray = replace(file.key, part=_stray(file.key.part))
    parts = ((file.key, table.filter(possible)), (stray, table.filter(pc.invert(possible))))
    return [
        write_file(writer.store.path, key, [rows], _objects(rows))
        for key, rows in parts
        if len(rows)
    ]


def _stray(part: Part) -> Part:
    return "transit_stray" if part.startswith("transit") else "stray"


def _objects(rows: pa.Table) -> frozenset[int]:
    if OBJECT_COLUMN not in rows.column_names:
        return frozenset()
    return frozenset(pc.unique(rows[OBJECT_COLUMN]).to_pylist())


def _forget_hours(writer: Writer, source: int, oldest: int, newest: int) -> None:
    """What lies outside says nothing of when records are there."""
    with writer.store.ledger.transaction() as change:
        outside = "DELETE FROM coverage WHERE source = ? AND (last < ? OR first > ?)"
        change.execute(outside, [source, oldest, newest])
        change.execute(_CUT, [newest, oldest, source])
