"""What Parquet files of the store say of themselves, where the ledger does not know it."""

from __future__ import annotations

import zlib
from functools import lru_cache
from os import SEEK_END
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Bytes read at once for a checksum.
_PIECE = 4 * 2**20

_MAGIC = b"PAR1"  # a Parquet file begins and ends with it


@lru_cache(maxsize=256)  # files never change, and only those that hold records of the future ask
def last_before(path: Path, end: int) -> int | None:
    """The latest start in a file that is earlier than `end`, both in ms; None if there is none."""
    try:
        with pq.ParquetFile(path) as file:
            starts = file.read(columns=["start_time"])["start_time"].cast(pa.int64())
    except (OSError, pa.ArrowException):  # damaged or gone; a sync reads its records again
        return None
    found = pc.max(starts.filter(pc.less(starts, end))).as_py()
    return None if found is None else int(found)


def is_damaged(path: Path, size: int) -> bool:
    """Whether a file is gone, has another size than the ledger's, or lost its end."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, SEEK_END)
            file.seek(max(length - len(_MAGIC), 0))
            return length != size or file.read() != _MAGIC
    except OSError:
        return True


def is_readable(path: Path) -> bool:
    """Whether all of a file can be decoded; reads it whole."""
    try:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                file.read_row_group(number)
    except (OSError, pa.ArrowException):
        return False
    return True


def has_size(path: Path, size: int) -> bool:
    """Whether a file is there with the size that the ledger knows; one call to the system."""
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def is_whole(path: Path, size: int, checksum: int | None) -> bool:
    """Whether a file holds what was written; reads it whole.

    Args:
        path: The file.
        size: Its bytes, by the ledger.
        checksum: As `checksum_of` gave it; None: not known, the file is decoded instead.
    """
    if is_damaged(path, size):
        return False
    try:
        return is_readable(path) if checksum is None else checksum_of(path) == checksum
    except OSError:
        return False


def checksum_of(path: Path) -> int:
    """CRC-32 of a file's bytes, at about 1 GB a second."""
    found = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found = zlib.crc32(piece, found)
    return found
