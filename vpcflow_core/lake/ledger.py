"""Which objects a table holds: Parquet files beside it, named by a property of the table.

Each commit of records sets that property anew in the same commit: objects are in the ledger if and
only if their records are in the table, whenever a writer is killed. A file is written once and
never changed. A new one takes in those before it that are not much larger, so that there are about
as many files as the number of objects has binary digits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.sources.base import LogObject

PROPERTY = "vpcflow.ledger"
FOLDER = "ledger"
KEY = pa.binary(16)
_SCHEMA = pa.schema(
    [
        ("key", KEY), ("uri", pa.string()), ("size", pa.int64()), ("etag", pa.string()),
        ("records", pa.int64()), ("loaded_at", pa.timestamp("ms", "UTC")),
    ]
)  # fmt: skip


def key_of(found: LogObject) -> bytes:
    """Equal for the same object of all sources; see `LogObject.known_as`."""
    return hashlib.blake2b(found.known_as.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the ledger."""

    path: str
    rows: int


def segments(properties: dict[str, str]) -> list[Segment]:
    """The files of a table's ledger."""
    return [Segment(path, rows) for path, rows in json.loads(properties.get(PROPERTY, "[]"))]


def property_of(listed: Sequence[Segment]) -> dict[str, str]:
    """The property that names the files."""
    return {PROPERTY: json.dumps([[segment.path, segment.rows] for segment in listed])}


def held(io: Any, listed: Sequence[Segment], objects: Sequence[LogObject]) -> set[bytes]:
    """The keys of those objects that the ledger has."""
    asked = pa.array([key_of(found) for found in objects], KEY)
    found: set[bytes] = set()
    for segment in listed:
        inside = pc.is_in(asked, value_set=_keys(io, segment.path))
        found.update(asked.filter(inside).to_pylist())
    return found


def grown(
    io: Any, location: str, listed: Sequence[Segment], objects: Iterable[tuple[LogObject, int]]
) -> list[Segment]:
    """The files with some objects more; one new file is written.

    Args:
        io: Reads and writes files of the table.
        location: Of the table.
        listed: The files so far.
        objects: Each with the number of its records.
    """
    now, kept = datetime.now(UTC), list(listed)
    rows = [(key_of(f), f.uri, f.size, f.etag, count, now) for f, count in objects]
    columns = list(zip(*rows, strict=True))
    tables = [pa.Table.from_arrays(list(map(_array, columns, _SCHEMA.types)), schema=_SCHEMA)]
    while kept and kept[-1].rows <= 2 * sum(map(len, tables)):
        tables.append(_read(io, kept.pop().path))
    joined = pa.concat_tables(reversed(tables))
    path = f"{location}/{FOLDER}/{uuid4().hex}.parquet"
    with io.new_output(path).create() as out:
        pq.write_table(joined, out, compression="zstd")
    return [*kept, Segment(path, len(joined))]


def _array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind)


def _read(io: Any, path: str) -> pa.Table:
    with io.new_input(path).open() as opened, pq.ParquetFile(opened) as file:
        return file.read().cast(_SCHEMA)


@lru_cache(maxsize=256)
def _keys(io: Any, path: str) -> pa.Array:
    """Files of the ledger never change."""
    return _read(io, path)["key"].combine_chunks()
