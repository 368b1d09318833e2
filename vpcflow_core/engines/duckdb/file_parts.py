"""What a SELECT finds in each file of the store, kept beside the file for whoever asks next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Select

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.answers import VERSION
from vpcflow_core.engines.duckdb.files import quoted
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.newest import Newest
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.kept import MOST_BYTES
from vpcflow_core.store.parquet import STEPS, open_writer
from vpcflow_core.times import Window

SUFFIX = ".parquet"
DAY = timedelta(days=1)
# What takes more of the room, for one SELECT and range, drives out all others.
LARGEST = MOST_BYTES[SUFFIX] // 8

# Seconds after which no other part is made: a question waits for them.
MOST_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PartSelect:
    """A SELECT over a file.

    Attributes:
        listed: What stands before FROM.
        rest: What stands after the file.
        busiest: Of each of these columns only the values that most records of the file have.
        most: How many of each.
        sorted_by: A column by which neighbouring rows are sorted.
    """

    listed: str
    rest: str
    busiest: tuple[str, ...] = ()
    most: int = 0
    sorted_by: str = ""

    def over(self, file: StoreFile) -> str:
        """Its SQL."""
        records = read_files([file])
        kept = " AND ".join(
            f"{quoted(name)} IN ({busiest(name, self.most).over(file)})" for name in self.busiest
        )
        where = f"WHERE {kept} " if kept else ""
        return f"SELECT {self.listed} FROM {records} {where}{self.rest}"  # noqa: S608 (our own text)


def busiest(column: str, most: int) -> PartSelect:
    """The values of a column that most records have, of equal ones the lower."""
    name = quoted(column)
    return PartSelect(name, f"GROUP BY {name} ORDER BY count(*) DESC, {name} LIMIT {most}")


@dataclass(frozen=True, slots=True)
class OfParts:
    """A question of what is kept by file.

    Attributes:
        question: The SELECT.
        relation: The SQL of what it calls `flows`.
        used: The kept files that it reads.
    """

    question: Select[Any]
    relation: str
    used: list[StoreFile]


@dataclass(slots=True)
class FileParts:
    """Parquet files made of the store's; safe to share between threads and processes.

    Attributes:
        days: Where they are kept.
    """

    days: KeptDays
    _rows: Newest[int] = field(default_factory=lambda: Newest(20_000))
    _is_refused: bool = False
    _making: tuple[Lock, ...] = field(default_factory=lambda: tuple(Lock() for _ in range(16)))

    def of(self, files: Sequence[StoreFile], select: PartSelect, ask: Ask) -> dict[Path, StoreFile]:
        """What there is of each file, by the file's path; made where it is not there yet.

        Args:
            files: Files of the store, which never change.
            select: What of each is kept.
            ask: Asks DuckDB for the answer of a SELECT.

        Returns:
            Without those that could not be written, after the first of which nothing more is made,
            and without those for which there was no time.
        """
        with self._making[hash(select) % len(self._making)]:  # who waits finds it made
            paths = {file.path: self._path(file, select) for file in files}
            rows = {path: self._kept(path) for path in paths.values()}
            with ThreadPoolExecutor(1) as writing:
                written: Future[None] | None = None
                until = monotonic() + MOST_SECONDS
                for file in files:
                    if monotonic() > until:
                        break  # the next one who asks makes more
                    if rows[paths[file.path]] is None and not self._is_refused:
                        table = ask(select.over(file), {})
                        if written:  # no more than two of them are in memory
                            written.result()
                        written = writing.submit(self._write, paths[file.path], table, select)
        return self.there(files, select)

    def there(self, files: Sequence[StoreFile], select: PartSelect) -> dict[Path, StoreFile]:
        """What there is already of each file, by the file's path."""
        paths = {file: self._path(file, select) for file in files}
        return {
            file.path: replace(file, path=path, rows=rows)
            for file, path in paths.items()
            if (rows := self._kept(path)) is not None
        }

    def are_there(self, files: Sequence[StoreFile], select: PartSelect) -> bool:
        """Whether some of them were made."""
        return any(self._path(file, select).exists() for file in files)

    def step_by_step(
        self, files: Sequence[StoreFile], select: PartSelect, ask: Ask
    ) -> Iterator[None]:
        """Make those that are not there yet, the newest first; as `of`, but without hurry."""
        for file in reversed(files):
            if self._kept(self._path(file, select)) is None:
                yield
                self.of([file], select, ask)

    def _path(self, file: StoreFile, select: PartSelect) -> Path:
        begin = datetime.combine(file.day, time(), UTC)
        parts = (VERSION, file.path.name, select.listed, select.rest, *select.busiest)
        if select.busiest:
            parts = (*parts, str(select.most))
        return self.days.path(Window(begin, begin + DAY), parts).with_suffix(SUFFIX)

    def _kept(self, path: Path) -> int | None:
        """The rows of a file; None where it is not there."""
        try:
            os.utime(path)  # the last ones that were asked for stay
            return self._rows.get(path, lambda: int(pq.read_metadata(path).num_rows))
        except (OSError, pa.ArrowException):
            return None

    def _write(self, path: Path, table: pa.Table, select: PartSelect) -> None:
        steps = [select.sorted_by] if _is_of_numbers(table.schema, select.sorted_by) else []

        def write(to: Path) -> None:
            with open_writer(to, table.schema, (*STEPS, *steps)) as writer:
                writer.write_table(table)

        if not self.days.write(path, write):
            self._is_refused = True


def _is_of_numbers(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and pa.types.is_integer(schema.field(name).type)


def read_files(files: Iterable[StoreFile]) -> str:
    """The SQL that reads some files of the same columns."""
    texts = (str(file.path).replace("'", "''") for file in files)
    return "read_parquet([" + ", ".join(f"'{text}'" for text in texts) + "])"
