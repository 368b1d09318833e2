"""The folder of answers that are kept with a store: how much room it takes, what must leave it.

Engines read and write it (`engines.duckdb.kept_days`, `narrowed`). It holds nothing that cannot be
asked again, so it can be deleted at any time. What is forgotten of the records is forgotten here
too.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

KEPT = "kept"
# How much room answers take, and how much records that meet a filter.
MOST_BYTES = {".arrow": 512_000_000, ".parquet": 1_000_000_000}


def folder_of(store: Path) -> Path:
    """Where the answers lie; each one's name begins with the day that it ends with."""
    return store / KEPT


def sweep(folder: Path) -> None:
    """Delete what was not asked for the longest, until the rest has room."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process may sweep as well
            state = path.stat()
            found.append((state.st_mtime, state.st_size, path))
    room = dict(MOST_BYTES)
    for _, size, path in sorted(found, reverse=True):
        kind = path.suffix if path.suffix in room else ".arrow"
        room[kind] -= size
        if room[kind] < 0:
            path.unlink(missing_ok=True)


def forget_before(store: Path, day: date) -> None:
    """Delete the answers that end with an earlier day, or with this one's first moment."""
    with suppress(OSError):
        for path in folder_of(store).iterdir():
            if path.name[:10] <= day.isoformat():
                path.unlink(missing_ok=True)


def forget_all(store: Path) -> None:
    """Delete all answers."""
    shutil.rmtree(folder_of(store), ignore_errors=True)
