"""Answers about days that are over, kept on the disk with the store.

Files of a store never change, so an answer holds for as long as the same files hold its window. Its
name says which files, and what else it depends on: one that is out of date is never found, and
leaves the disk when the room is used up.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa

from vpcflow_core.store.kept import folder_of, sweep
from vpcflow_core.times import Window

# What is larger is asked again.
LARGEST = 4_000_000
# Answers written between looks at how much room all of them take.
SWEEP_EVERY = 64


class KeptDays:
    """The answers of one store; several processes may read and write at the same time.

    Args:
        store: The store's folder. Where it cannot be written, nothing is kept.

    Attributes:
        folder: Where they lie.
    """

    def __init__(self, store: Path) -> None:
        self.folder = folder_of(store)
        self._written = 0

    def path(self, window: Window, parts: Iterable[object]) -> Path:
        """Where an answer lies: by the day it ends with, and a hash of all that it depends on."""
        return self.folder / f"{window.end:%Y-%m-%d}-{_hash(parts)}.arrow"

    def path_of_snapshots(self, parts: Iterable[object]) -> Path:
        """Where lies what depends on no day's records."""
        return self.folder / f"snapshots-{_hash(parts)}.arrow"

    def get(self, path: Path) -> pa.Table | None:
        """The answer, if it is there and whole."""
        try:
            with pa.OSFile(str(path)) as file:
                found = pa.ipc.open_file(file).read_all()
            os.utime(path)  # the last ones that were asked for stay
        except (OSError, pa.ArrowException):
            return None
        return found

    def put(self, path: Path, table: pa.Table, largest: int = LARGEST) -> None:
        """Keep an answer of no more bytes than that; it is whole or not there."""
        if table.nbytes <= largest:
            self.write(path, lambda file: _write(file, table))

    def write(self, path: Path, write: Callable[[Path], None]) -> bool:
        """Keep a file, which is whole or not there; whether it could be written.

        Args:
            path: What it is called.
            write: Writes it, under another name.
        """
        temporary = path.with_suffix(f".{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(exist_ok=True)
            write(temporary)
            temporary.replace(path)
            self._written += 1
            if self._written % SWEEP_EVERY == 1:
                sweep(self.folder)
        except OSError:
            temporary.unlink(missing_ok=True)
            return False
        return True


def _write(path: Path, table: pa.Table) -> None:
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, table.schema, options=options) as writer,
    ):
        writer.write_table(table)


def _hash(parts: Iterable[object]) -> str:
    text = "\0".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
