"""The one writer's steps, each of them whole or undone.

Order of every change: new files are written and flushed under their final names, then one
transaction makes them count and the old ones not. A writer killed before the transaction leaves
files that the ledger does not know (swept by the next writer), killed after it leaves nothing to
do. Files that count no more are kept for `GRACE`, for readers that still scan them.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.formats.base import Report
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store import copies, covering, kept, repeats
from vpcflow_core.store.batch import Batch, Limits, Loaded
from vpcflow_core.store.footers import is_whole
from vpcflow_core.store.ledger import FILES, to_ms
from vpcflow_core.store.lock import writer_lock
from vpcflow_core.store.parquet import NewFile, write_file
from vpcflow_core.store.placing import OBJECT_COLUMN
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.rows import Loss, OldFile, add_file, add_object, note_loss, old_file
from vpcflow_core.store.store import Store

# Longer than any question takes: a list of files stays readable for that long.
GRACE = timedelta(minutes=10)


class Writer:
    """The holder of a store's lock. Commits may come from several threads, one at a time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._committing = threading.Lock()
        last = store.ledger.value("SELECT seq FROM sqlite_sequence WHERE name = 'objects'")
        self._ids = itertools.count((last or 0) + 1)

    def next_id(self) -> int:
        """A number for an object that is being loaded; never given twice."""
        return next(self._ids)  # atomic: one step of C code

    def source_id(self, url: str) -> int:
        """The ledger's number of a source, known from now on."""
        with self.store.ledger.transaction() as change:
            change.execute("INSERT INTO sources (url) VALUES (?) ON CONFLICT DO NOTHING", [url])
        return int(self.store.ledger.value("SELECT id FROM sources WHERE url = ?", [url]))

    def commit(self, source: int, batch: Batch) -> None:
        """Make the batch's objects and files count, in place of earlier loads of the objects.

        An object that could be read before, but not this time, stays as it was. Copies of what is
        replaced are free to be read.
        """
        batch.flush()
        with self._committing:
            before = self._before(source, batch.objects)
            tracked = {uri: row["id"] for uri, row in before.items() if row["tracked"]}
            objects = [
                o for o in batch.objects if o.rows_kept or o.is_copy or o.found.uri not in tracked
            ]
            replaced = {tracked[o.found.uri] for o in objects if o.found.uri in tracked}
            old, new, damaged = self._without(replaced)
            gone = [before[o.found.uri] for o in objects if o.found.uri in before]
            with self.store.ledger.transaction() as change:
                self._discard(change, old)
                self._let_go(change, damaged, replaced)
                change.executemany(
                    "DELETE FROM objects WHERE source = ? AND uri = ?",
                    [(source, loaded.found.uri) for loaded in objects],
                )
                for loaded in objects:
                    add_object(change, source, loaded)
                covering.replace_objects(change, source, objects, replaced)
                copies.free(change, [(row["identity"], row["content"]) for row in gone])
                copies.free_new(change, [loaded.id for loaded in objects if loaded.is_copy])
                # Another copy of what is broken may be whole.
                broken = [o for o in objects if o.state == "broken"]
                copies.free(change, [(o.found.known_as, o.content) for o in broken])
                self._add_files(change, source, [*batch.files, *new])
                keys = [*(file.key for file in batch.files), *(file.key for file in old)]
                days = {key.day.isoformat() for key in keys if key.part == "flows"}
                repeats.carry(change, source, batch.carried, days)

    def add_copies(self, source: int, found: Sequence[LogObject]) -> None:
        """Make objects known that are others by another name; they have no records of their own."""
        batch = Batch(self.store.path, Limits())
        batch.objects += [
            Loaded(self.next_id(), one, "copy", False, Report(file=one.uri)) for one in found
        ]
        self.commit(source, batch)

    def swap(self, source: int, old: Sequence[OldFile], new: Sequence[NewFile]) -> None:
        """Make the new files count instead of the old ones."""
        with self._committing, self.store.ledger.transaction() as change:
            self._discard(change, old)
            self._add_files(change, source, new)

    def repair(
        self, source: int, old: Sequence[OldFile], new: Sequence[NewFile], losses: Iterable[Loss]
    ) -> None:
        """Make the new files count instead of the old ones, and note what is lost for good.

        A tracked file of which some objects have been read again since loses the others.
        """
        losses = list(losses)
        with self._committing, self.store.ledger.transaction() as change:
            self._discard(change, old)
            self._add_files(change, source, new)
            for loss in losses:
                note_loss(change, source, loss)
            keys = [*(file.key for file in old), *(file.key for file in new)]
            days = {key.day.isoformat() for key in keys if key.part == "flows"}
            repeats.carry(change, source, {}, days)

    def files(self, where: str = "", values: Sequence[Any] = ()) -> Iterator[OldFile]:
        """The ledger's files, by source, part, day and time."""
        sql = f"SELECT * FROM files {where} ORDER BY source, part, day, columns, tracked, first"  # noqa: S608 (our own text)
        return map(old_file, self.store.ledger.rows(sql, values))

    def held(self, files: Iterable[OldFile]) -> frozenset[int]:
        """The tracked objects that have rows in the files."""
        sql = "SELECT object FROM held WHERE file = ?"
        rows = (self.store.ledger.rows(sql, [file.id]) for file in files if file.key.tracked)
        return frozenset(row[0] for some in rows for row in some)

    def sweep(self, now: datetime | None = None) -> None:
        """Delete files that never counted, and those that have not counted for `GRACE`."""
        before = to_ms((now or datetime.now(UTC)) - GRACE)
        rows = self.store.ledger.rows("SELECT path FROM trash WHERE since <= ?", [before])
        kept = "SELECT path FROM files UNION ALL SELECT path FROM trash WHERE since > ?"
        known = {row[0] for row in self.store.ledger.rows(kept, [before])}
        for path in (self.store.path / FILES).rglob("*"):
            if path.is_file() and path.relative_to(self.store.path).as_posix() not in known:
                path.unlink(missing_ok=True)
        if rows:
            with self.store.ledger.transaction() as change:
                change.execute("DELETE FROM trash WHERE since <= ?", [before])

    def forget_before(self, day: date) -> int:
        """Drop all records of earlier days; their objects stay known. Gives the records dropped."""
        old = list(self.files("WHERE day < ?", [day.isoformat()]))
        if old:
            with self._committing, self.store.ledger.transaction() as change:
                self._discard(change, old)
                covering.forget_before(change, day)
                change.execute("DELETE FROM lost WHERE day < ?", [day.isoformat()])
            kept.forget_before(self.store.path, day)
        return sum(file.rows for file in old)

    def note_end(self, source: int, plan: Plan) -> None:
        """A sync of the source ended well: all that its plan listed is loaded."""
        sql = "UPDATE sources SET last_sync = ?, last_error = '' WHERE id = ?"
        with self.store.ledger.transaction() as change:
            change.execute(sql, [to_ms(datetime.now(UTC)), source])
            plan.note_end(change)

    def note_error(self, source: int, sentence: str) -> None:
        """A sync of the source failed; one that never gave an object is forgotten again."""
        unused = "DELETE FROM sources WHERE id = ? AND id NOT IN (SELECT source FROM objects)"
        with self.store.ledger.transaction() as change:
            change.execute(unused, [source])
            change.execute("UPDATE sources SET last_error = ? WHERE id = ?", [sentence, source])

    def unread(self, source: int) -> int:
        """Objects of the source whose format is unknown."""
        sql = "SELECT count(*) FROM objects WHERE source = ? AND state = 'unread'"
        return int(self.store.ledger.value(sql, [source]))

    def forget_source(self, source: int) -> int:
        """Drop a source with all its objects and records. Gives the records dropped.

        Objects that other sources lead to as well are read at their next sync.
        """
        old = list(self.files("WHERE source = ?", [source]))
        with self._committing, self.store.ledger.transaction() as change:
            self._discard(change, old)
            change.execute("DELETE FROM objects WHERE source = ?", [source])
            change.execute("DELETE FROM coverage WHERE source = ?", [source])
            change.execute("DELETE FROM sources WHERE id = ?", [source])
            copies.free_all(change)
            repeats.forget(change, source)
        kept.forget_all(self.store.path)
        return sum(file.rows for file in old)

    def _before(self, source: int, objects: Sequence[Loaded]) -> dict[str, sqlite3.Row]:
        """The objects, by name, as the ledger knows them."""
        sql = "SELECT uri, id, tracked, identity, content FROM objects WHERE source = ? AND uri = ?"
        found = (self.store.ledger.rows(sql, [source, o.found.uri]) for o in objects)
        return {row["uri"]: row for rows in found for row in rows}

    def _without(self, objects: set[int]) -> tuple[list[OldFile], list[NewFile], list[OldFile]]:
        """The files that hold rows of the objects, and files with all their other rows.

        Those of which the other rows cannot be read come third: they stay until a repair.
        """
        sql = "WHERE id IN (SELECT file FROM held WHERE object = ?)"
        holding = {file.id: file for number in objects for file in self.files(sql, [number])}
        old, new, damaged = [], [], []
        for file in holding.values():
            rest = self.held([file]) - objects
            if rest and not self.is_whole(file):
                damaged.append(file)
                continue
            old.append(file)
            if rest:
                parts = _rows_without(self, file, objects)
                new.append(write_file(self.store.path, file.key, parts, rest))
        return old, new, damaged

    def is_whole(self, file: OldFile) -> bool:
        """Whether a file holds what was written; reads it whole."""
        return is_whole(self.store.path / file.path, file.size, file.checksum)

    def suspect(self, file: OldFile) -> None:
        """Have the next sync look at a file that could not be read."""
        with self.store.ledger.transaction() as change:
            change.execute("INSERT OR IGNORE INTO suspects VALUES (?)", [file.path])

    def _let_go(
        self, change: sqlite3.Connection, damaged: Sequence[OldFile], objects: set[int]
    ) -> None:
        """The objects have no rows in damaged files any more, and lack none."""
        pairs = [(file.id, number) for file in damaged for number in objects]
        change.executemany("DELETE FROM held WHERE file = ? AND object = ?", pairs)
        paths = [(file.path,) for file in damaged]
        change.executemany("INSERT OR IGNORE INTO suspects VALUES (?)", paths)
        change.executemany("DELETE FROM lost WHERE object = ?", [(one,) for one in objects])

    def _discard(self, change: sqlite3.Connection, files: Sequence[OldFile]) -> None:
        now = to_ms(datetime.now(UTC))
        change.executemany("INSERT INTO trash VALUES (?, ?)", [(f.path, now) for f in files])
        change.executemany("DELETE FROM files WHERE id = ?", [(f.id,) for f in files])
        change.executemany("DELETE FROM suspects WHERE path = ?", [(f.path,) for f in files])

    def _add_files(self, change: sqlite3.Connection, source: int, files: Sequence[NewFile]) -> None:
        for file in files:
            add_file(change, source, file)


@contextmanager
def writing(store: Store, wait: float = 0.0) -> Iterator[Writer]:
    """Be the store's one writer while inside; begins by sweeping what a killed one left.

    Args:
        store: The store.
        wait: Seconds to wait for another writer.

    Raises:
        LockedError: Another process writes.
    """
    with writer_lock(store.path, wait):
        writer = Writer(store)
        writer.sweep()
        covering.complete(store.path, store.ledger)
        yield writer


def _rows_without(writer: Writer, file: OldFile, objects: set[int]) -> Iterator[pa.Table]:
    """The file's rows of other objects, a row group at a time."""
    gone = pa.array(sorted(objects), pa.int64())
    with pq.ParquetFile(writer.store.path / file.path) as old:
        for number in range(old.num_row_groups):
            table = old.read_row_group(number)
            rest = table.filter(pc.invert(pc.is_in(table[OBJECT_COLUMN], value_set=gone)))
            if len(rest):
                yield rest
