"""Records on their way into files, and the objects they came from.

Each loading thread fills a batch of its own, so that nothing is shared and memory is bounded by
the limits times the number of threads. A batch is committed between objects, never inside one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import Report
from vpcflow_core.sources.base import LogObject
from vpcflow_core.store.hours import Hour
from vpcflow_core.store.parquet import ROW_GROUP, Key, NewFile, write_file
from vpcflow_core.store.placing import Placed, mark
from vpcflow_core.store.spans import EVER, Spans
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
    fetched: int = 48 * 2**20


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one object; `id` is the ledger's.

    Attributes:
        content: A hash of its bytes.
        spans: Records that start in them were kept.
        rest: Earliest and latest start (ms) of the records left out; None: none was.
        hours: Hours of its records.
    """

    id: int
    found: LogObject
    state: State
    tracked: bool
    report: Report
    problem: str = ""
    spans: Spans = EVER
    rest: tuple[int, int] | None = None
    hours: tuple[Hour, ...] = ()
    content: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether another object's records stand for its own."""
        return self.state == "copy"

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
        self._carried: list[pa.Table] = []

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

    def carry(self, placed: Placed) -> None:
        """Note the flow log and the interfaces of some traffic, with its first and last time."""
        if placed.part != "flows" or "interface_id" not in placed.table.column_names:
            return
        first, last = ends_of(placed.table)
        interfaces = _distinct(placed.table, "interface_id")
        for flow_log in _distinct(placed.table, "flow_log_id").to_pylist() or [""]:
            pairs = (interfaces, *(pa.repeat(x, len(interfaces)) for x in (flow_log, first, last)))
            self._carried.append(pa.table(pairs, names=["interface", "flow_log", "first", "last"]))

    @property
    def carried(self) -> dict[tuple[str, str], tuple[int, int]]:
        """First and last time of the traffic by flow log and interface."""
        if not self._carried:
            return {}
        by_name = pa.concat_tables(self._carried).group_by(["flow_log", "interface"])
        ends = by_name.aggregate([("first", "min"), ("last", "max")])
        names = ("flow_log", "interface", "first_min", "last_max")
        columns = (ends[name].to_pylist() for name in names)
        return {(log, name): (low, high) for log, name, low, high in zip(*columns, strict=True)}

    def flush(self) -> None:
        """Write what is in memory, a file for each key."""
        while self._buckets:
            key, bucket = self._buckets.popitem()
            tables = row_groups(bucket.tables)
            self.files.append(write_file(self._folder, key, tables, frozenset(bucket.objects)))
        self._bytes = 0


def ends_of(table: pa.Table) -> tuple[int, int]:
    """The first start and the last end of some records, in ms."""
    starts = pc.min_max(table["start_time"].cast(pa.int64())).as_py()
    if "end_time" not in table.column_names:
        return starts["min"], starts["max"]
    last = pc.max(table["end_time"].cast(pa.int64())).as_py()
    return starts["min"], max(starts["max"], last or 0)


def _distinct(table: pa.Table, name: str) -> pa.Array:
    """The values of a column of words, without null; none where there is no such column."""
    if name not in table.column_names:
        return pa.array([], pa.string())
    return pc.drop_null(pc.unique(table[name]).cast(pa.string()))


def row_groups(tables: list[pa.Table]) -> Iterator[pa.Table]:
    """The tables, small ones joined to row groups of about half the usual size or more.

    Objects stay together: each has its own few minutes and its own addresses, so that its
    statistics are tight and its dictionaries small (21.9 bytes a record when a million are joined,
    19.5 so).
    """
    schema = _common(tables)
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += len(table)
        if rows >= ROW_GROUP // 2:
            yield joined(waiting, schema)
            waiting, rows = [], 0
    if waiting:
        yield joined(waiting, schema)


def joined(tables: list[pa.Table], schema: pa.Schema | None = None) -> pa.Table:
    """One table of several with the same columns, whether words are dictionaries or not."""
    schema = schema or _common(tables)
    return pa.concat_tables([table.cast(schema) for table in tables]).unify_dictionaries()


def _common(tables: list[pa.Table]) -> pa.Schema:
    return pa.schema([_same(tables, name) for name in tables[0].column_names])


def _same(tables: list[pa.Table], name: str) -> pa.Field:
    kinds = {table.schema.field(name).type for table in tables}
    return pa.field(name, kinds.pop() if len(kinds) == 1 else pa.string())
