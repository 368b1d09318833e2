"""Records on their way into files, and the objects they came from; may import this folder.

Each loading thread fills a batch of its own, so that nothing is shared and memory is bounded by
the limits times the number of threads. A batch is committed between objects, never inside one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from vpcflow_core.formats.base import Report
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store.parquet import Key, NewFile, write_file
from vpcflow_core.store.placing import Placed, mark
from vpcflow_core.store.state import State


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is written and committed.

    Attributes:
        rows, bytes: Records of a batch, and their size in memory: what is kept in memory, and lost
            when the process is killed. One million records are one to two seconds of work.
        objects: Objects of a batch; each has a report, which may weigh more than its records.
        seconds: Age after which a batch is committed however small, so that slow sources show
            their first records soon.
        fetched: Bytes of objects fetched ahead of the loading threads.
    """

    rows: int = 1_000_000
    bytes: int = 128 * 2**20
    objects: int = 5_000
    seconds: float = 10.0
    fetched: int = 96 * 2**20


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one object; `id` is the ledger's."""

    id: int
    found: LogObject
    state: State
    tracked: bool
    report: Report
    problem: str = ""

    @property
    def rows_kept(self) -> bool:
        """Whether its records, as far as there are some, are in the batch."""
        return self.state in ("loaded", "broken")


@dataclass(slots=True)
class _Bucket:
    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    objects: set[int] = field(default_factory=set)


class Batch:
    """Objects and their records since the last commit of one thread."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._buckets: dict[Key, _Bucket] = {}
        self._bytes = 0
        self._rows = 0
        self._began = time.monotonic()
        self.objects: list[Loaded] = []
        self.files: list[NewFile] = []

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        limits = self._limits
        return (
            self._rows >= limits.rows
            or self._bytes >= limits.bytes
            or len(self.objects) >= limits.objects
            or time.monotonic() - self._began >= limits.seconds
        )

    def add(self, placed: Placed, object_id: int, *, tracked: bool) -> None:
        """Take in records; what has grown too big goes to the disk at once."""
        key = Key(placed.part, placed.day, tuple(placed.table.column_names), tracked)
        bucket = self._buckets.setdefault(key, _Bucket())
        bucket.tables.append(mark(placed.table, object_id) if tracked else placed.table)
        bucket.rows += len(placed.table)
        if tracked:
            bucket.objects.add(object_id)
        self._rows += len(placed.table)
        self._bytes += placed.table.nbytes
        if self._bytes >= self._limits.bytes or bucket.rows >= self._limits.rows:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory, a file for each key."""
        while self._buckets:
            key, bucket = self._buckets.popitem()
            table = joined(bucket.tables)
            bucket.tables.clear()
            self.files.append(write_file(self._folder, key, [table], frozenset(bucket.objects)))
        self._bytes = 0


def joined(tables: list[pa.Table]) -> pa.Table:
    """One table of several with the same columns, whether words are dictionaries or not."""
    fields = [_same(tables, name) for name in tables[0].column_names]
    schema = pa.schema(fields)
    whole = pa.concat_tables([table.cast(schema) for table in tables])
    return whole.unify_dictionaries()


def _same(tables: list[pa.Table], name: str) -> pa.Field:
    kinds = {table.schema.field(name).type for table in tables}
    return pa.field(name, kinds.pop() if len(kinds) == 1 else pa.string())
