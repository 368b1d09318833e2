"""Records that meet a filter, kept beside the files that they lie in.

The panels of a page ask for the same few records of millions. The first one that does keeps them,
a file for each file of the store; all others read these alone. docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, SelectBase

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.filtered import shared_filters
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.named import columns_named
from vpcflow_core.newest import Newest
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.kept import MOST_BYTES
from vpcflow_core.store.parquet import open_writer
from vpcflow_core.times import Window

SUFFIX = ".parquet"
# Fewer records are read as they are: a file more to open takes a millisecond.
ENOUGH_RECORDS = 1_000_000
ENOUGH_IN_A_FILE = 50_000
# Where more of the records meet a filter, reading what does saves little.
LARGEST_SHARE = 0.25
# What takes more of the room drives out all others.
LARGEST = MOST_BYTES[SUFFIX] // 4


@dataclass(slots=True)
class NarrowedFiles:
    """The records of a store that meet filters; safe to share between threads and processes.

    Attributes:
        days: Where they are kept.
    """

    days: KeptDays
    _shares: Newest[float] = field(default_factory=lambda: Newest(1_000))
    _rows: Newest[int] = field(default_factory=lambda: Newest(20_000))
    _making: tuple[Lock, ...] = field(default_factory=lambda: tuple(Lock() for _ in range(16)))

    def of(
        self,
        files: Sequence[StoreFile],
        filters: Mapping[str, ColumnElement[bool]],
        ask: Ask,
    ) -> list[StoreFile]:
        """The files, or in their place what of them meets the filter that the fewest meet.

        Args:
            files: Of a relation.
            filters: Conditions that all records meet that count, by their SQL.
            ask: Asks DuckDB for the answer of a SELECT.
        """
        large = [file for file in files if file.rows >= ENOUGH_IN_A_FILE]
        if not filters or sum(file.rows for file in large) < ENOUGH_RECORDS:
            return list(files)
        named = {sql: columns_named(condition) for sql, condition in filters.items()}
        large = [file for file in large if all(map(set(file.columns).issuperset, named.values()))]
        best = self._best(large, list(filters), ask)
        if best is None:
            return list(files)
        with self._making[hash(best) % len(self._making)]:
            narrowed = self._narrowed(large, best, ask)
        read = [narrowed.get(file.path, file) for file in files]
        return [file for file in read if file.rows]

    def _best(self, files: Sequence[StoreFile], filters: Sequence[str], ask: Ask) -> str | None:
        """The filter that the fewest records meet; None where too many do."""
        if not files:
            return None
        largest = max(files, key=lambda file: (file.rows, file.path.name))

        def share(sql: str) -> float:
            """Of the largest file, which is like the others."""
            found = ask(f"SELECT count(*) FROM {_read(largest)} WHERE {sql}", {})  # noqa: S608 (our own text)
            return float(found[0][0].as_py() / largest.rows)

        shares = {sql: self._shares.get(sql, partial(share, sql)) for sql in filters}
        best = min(filters, key=lambda sql: (shares[sql], sql))
        size = sum(file.size for file in files) * shares[best]
        return best if shares[best] <= LARGEST_SHARE and size <= LARGEST else None

    def _narrowed(self, files: Sequence[StoreFile], sql: str, ask: Ask) -> dict[Path, StoreFile]:
        """What of each file meets the filter, by the file's path; written where it is not there."""
        paths = {file.path: self._path(file, sql) for file in files}
        rows = {path: self._kept(path) for path in paths.values()}
        with ThreadPoolExecutor(1) as writing:
            written: Future[None] | None = None
            for file in files:
                path = paths[file.path]
                if rows[path] is None:
                    table = ask(f"SELECT * FROM {_read(file)} WHERE {sql}", {})  # noqa: S608 (our own text)
                    if written:  # no more than two of them are in memory
                        written.result()
                    written = writing.submit(self._write, path, table)
        found = {file.path: (paths[file.path], file) for file in files}
        return {
            key: replace(file, path=path, rows=kept)
            for key, (path, file) in found.items()
            if (kept := rows[path] if rows[path] is not None else self._kept(path)) is not None
        }

    def _path(self, file: StoreFile, sql: str) -> Path:
        begin = datetime.combine(file.day, time(), UTC)
        window = Window(begin, begin + timedelta(days=1))
        return self.days.path(window, ("narrowed", file.path.name, sql)).with_suffix(SUFFIX)

    def _kept(self, path: Path) -> int | None:
        """The rows that are kept; None where there are none."""
        try:
            os.utime(path)  # the last ones that were asked for stay
            return self._rows.get(path, lambda: int(pq.read_metadata(path).num_rows))
        except (OSError, pa.ArrowException):
            return None

    def _write(self, path: Path, table: pa.Table) -> None:
        def write(to: Path) -> None:
            with open_writer(to, table.schema) as writer:
                writer.write_table(table)

        self.days.write(path, write)


@dataclass(slots=True)
class Narrowed:
    """What a question has to read.

    Attributes:
        kept: Keeps what meets filters.
        question: The SELECT.
        used: The kept files that it reads.
    """

    kept: NarrowedFiles
    question: SelectBase
    used: list[StoreFile] = field(default_factory=list)

    def files(self, relation: str, files: Sequence[StoreFile], ask: Ask) -> list[StoreFile]:
        """The files of a relation, or in their place what of them the question may need."""
        found = self.kept.of(files, shared_filters(self.question, relation), ask)
        self.used += [file for file in found if file.path.parent == self.kept.days.folder]
        return found

    def forget(self) -> bool:
        """Delete what was used, which cannot be read; whether there is any."""
        for file in self.used:
            file.path.unlink(missing_ok=True)
        return bool(self.used)


def _read(file: StoreFile) -> str:
    text = str(file.path).replace("'", "''")
    return f"read_parquet('{text}')"
