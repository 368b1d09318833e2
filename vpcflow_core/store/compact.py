"""Merges small files into few time-sorted ones.

Each sync adds a few small files a day; questions over many small files are slow. Files of one
source, part, UTC day and column set are merged when there are enough of them, in the same way as
all writing: new file, then one transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vpcflow_core.fields import FIELDS
from vpcflow_core.store.batch import joined
from vpcflow_core.store.parquet import ROW_GROUP, write_file
from vpcflow_core.store.rows import OldFile
from vpcflow_core.store.writer import Writer

# A file of fewer records than this, and smaller than this on the disk, is small. Both, so that
# what merging made, which ends at other limits, is never small again.
SMALL_ROWS = 500_000
SMALL_BYTES = 8 * 2**20
# Merge a group once it has more small files than this.
SMALL_FILES = 8
# A merged file ends at the first of these: records, and bytes of Arrow memory while merging.
MERGED_ROWS = 1_000_000
MERGED_BYTES = 96 * 2**20

_WORDS = [field.name for field in FIELDS if field.kind == "word"]


def compact(writer: Writer) -> int:
    """Merge what is worth merging; gives the number of files replaced."""
    return sum(_merge_group(writer, source, files) for source, files in _groups(writer))


def _groups(writer: Writer) -> Iterator[tuple[int, list[OldFile]]]:
    """Small files that lie together, where there are too many of them."""
    small = list(writer.files("WHERE rows < ? AND size < ?", [SMALL_ROWS, SMALL_BYTES]))
    for (source, _), group in itertools.groupby(small, lambda file: (file.source, file.key)):
        files = list(group)
        if len(files) > SMALL_FILES:
            yield source, files


def _merge_group(writer: Writer, source: int, files: Sequence[OldFile]) -> int:
    """Merge files, earliest first, into as many as the limits ask for."""
    replaced = 0
    tables: list[pa.Table] = []
    chosen: list[OldFile] = []
    for file in files:
        if not writer.is_whole(file):  # it stays as it is; the next sync repairs it
            writer.suspect(file)
            continue
        table = _read(writer.store.path / file.path)
        if chosen and _too_much([*tables, table]):
            replaced += _merge(writer, source, chosen, tables)
            tables, chosen = [], []
        tables.append(table)
        chosen.append(file)
    return replaced + (_merge(writer, source, chosen, tables) if chosen else 0)


def _too_much(tables: Sequence[pa.Table]) -> bool:
    return sum(map(len, tables)) > MERGED_ROWS or sum(t.nbytes for t in tables) > MERGED_BYTES


def _merge(writer: Writer, source: int, files: Sequence[OldFile], tables: list[pa.Table]) -> int:
    if len(files) < 2:
        return 0
    key = files[0].key
    table = joined(tables).combine_chunks()  # else each `take` would combine them anew
    tables.clear()
    new = write_file(writer.store.path, key, _sorted(table), writer.held(files))
    writer.swap(source, files, [new])
    return len(files)


def _read(path: Path) -> pa.Table:
    with pq.ParquetFile(path, read_dictionary=_words(path)) as file:
        return file.read()


def _words(path: Path) -> list[str]:
    """Columns of few distinct values; as dictionaries they take a tenth of the memory."""
    names = pq.read_schema(path).names
    return [name for name in _WORDS if name in names]


def _sorted(table: pa.Table) -> Iterator[Any]:
    """The rows by their start, a row group at a time, so that no second copy is whole in memory."""
    order = pc.sort_indices(table["start_time"])
    for start in range(0, len(table), ROW_GROUP):
        yield table.take(order.slice(start, ROW_GROUP))
