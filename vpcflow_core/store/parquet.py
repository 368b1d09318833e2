"""Writing one Parquet file that is whole or not there."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.errors import StoreError
from vpcflow_core.store.base import Part
from vpcflow_core.store.footers import checksum_of
from vpcflow_core.store.ledger import FILES

# DuckDB's own row group: a reader prunes by time in steps of this many records.
ROW_GROUP = 122_880
# Measured on half a million records of the default format, one thread: million records a second,
# bytes a record; and DuckDB's time for a sum of bytes by 5 minutes over 4 million.
#   all dictionaries, zstd     2.4   17.2   100 ms      (statistics of all columns)
#   steps in bits, zstd        4.4   18.7   101 ms
#   steps in bits, snappy      5.4   21.0    90 ms      <- writing must not slow a sync down
#   plain numbers, snappy      3.4   27.2   118 ms
COMPRESSION = "snappy"
# Numbers that seldom repeat: small steps in few bits, instead of a dictionary that overflows.
STEPS = ("srcport", "dstport", "packets", "bytes", "start_time", "end_time")
# Minimum and maximum serve to skip row groups, which only works on what is sorted.
_STATISTICS = ["start_time"]


@dataclass(frozen=True, slots=True)
class Key:
    """What all records of one file share.

    Attributes:
        part, day, columns: As in `StoreFile`; columns without the object's.
        tracked: Whether rows name the object they came from.
    """

    part: Part
    day: date
    columns: tuple[str, ...]
    tracked: bool


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is on the disk, but not yet in the ledger; path relative to the store."""

    key: Key
    path: str
    rows: int
    size: int
    first: int
    last: int
    objects: frozenset[int]
    checksum: int


def write_file(
    folder: Path, key: Key, tables: Iterable[pa.Table], objects: frozenset[int]
) -> NewFile:
    """Write tables of the key's columns as one file of the store in `folder`.

    The file is on the disk for good when this returns: written under a temporary name, flushed,
    renamed, and its folder flushed. The ledger is not touched.

    Raises:
        StoreError: The disk is full or refuses.
    """
    name = f"{FILES}/{key.part}/{key.day.isoformat()}/{uuid.uuid4().hex}.parquet"
    path = folder / name
    temporary = path.with_suffix(".writing")
    try:
        _make_folders(folder, path.parent)
        rows, first, last = _write(temporary, tables)
        _flush(temporary)
        size, checksum = temporary.stat().st_size, checksum_of(temporary)
        os.replace(temporary, path)  # noqa: PTH105 (one name for the tests to break)
        _flush(path.parent)
    except OSError as error:
        raise StoreError(
            f"A file of the store cannot be written at {path.parent}: {error.strerror or error}.",
            "Free some space, or sync less: --since 8d, --keep 30d.",
        ) from error
    return NewFile(key, name, rows, size, first, last, objects, checksum)


def _write(path: Path, tables: Iterable[pa.Table]) -> tuple[int, int, int]:
    """Rows written, and their first and last start in ms."""
    rows, firsts, lasts = 0, [], []
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            # Readers must see plain text, so the Arrow schema (dictionaries) is not kept.
            writer = writer or open_writer(path, table.schema)
            writer.write_table(table, row_group_size=ROW_GROUP)
            rows += len(table)
            ends = pc.min_max(table["start_time"].cast(pa.int64())).as_py()
            firsts.append(ends["min"])
            lasts.append(ends["max"])
    finally:
        if writer:
            writer.close()
    return rows, min(firsts), max(lasts)


def open_writer(path: Path, schema: pa.Schema, steps: Iterable[str] = STEPS) -> pq.ParquetWriter:
    """A writer of records as the store has them: see `COMPRESSION`.

    Args:
        path: Where it writes.
        schema: Its columns.
        steps: Columns of whole numbers that are near to the one in the row before.
    """
    steps = [name for name in steps if name in schema.names]
    return pq.ParquetWriter(
        path,
        schema,
        compression=COMPRESSION,
        use_dictionary=[name for name in schema.names if name not in steps],
        column_encoding=dict.fromkeys(steps, "DELTA_BINARY_PACKED"),
        write_statistics=_STATISTICS,
        store_schema=False,
    )


def _make_folders(store: Path, folder: Path) -> None:
    """Make the folder and see that it survives a power cut, up to the store's own."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    while folder != store:
        folder = folder.parent
        _flush(folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
