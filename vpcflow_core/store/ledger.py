"""The ledger: which objects are loaded and which files count.

One SQLite database per store. Readers see the last whole transaction (WAL), the one writer adds
objects and the files that hold their records in the same transaction. Times are milliseconds since
1970, UTC.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vpcflow_core.errors import StoreError
from vpcflow_core.sources.base import identity_of
from vpcflow_core.store.schema import SCHEMA_VERSION, STEPS
from vpcflow_core.times import EPOCH

LEDGER_NAME = "ledger.sqlite"
APPLICATION_ID = 0x76706366  # "vpcf": distinguishes our ledger from any other SQLite file
BUSY_SECONDS = 30.0
# Folder of the files that a ledger lists.
FILES = "files"
# What to do where a ledger is damaged or gone: nothing else knows which files count.
RESTORE = (
    "Put ledger.sqlite back from a backup; or delete it and the folder files beside it, then sync: "
    "all sources are read anew."
)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def to_ms(moment: datetime) -> int:
    """The instant as the ledger keeps it.

    >>> to_ms(from_ms(1_700_000_000_123))
    1700000000123
    """
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """The instant of a ledger time, UTC."""
    return EPOCH + timedelta(milliseconds=value)


class Ledger:
    """One connection to a ledger, which threads may share.

    Args:
        folder: The store's folder; its ledger is made if it has none.

    Raises:
        StoreError: The ledger is damaged, not ours, or of a later version.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER_NAME
        self._lock = threading.RLock()
        with self._speaking():
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with self._speaking():
                self._set_up()
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of one SELECT: one snapshot, whatever a writer does meanwhile."""
        with self._lock, self._speaking():
            return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """First value of the first row; None if there is no row."""
        rows = self.rows(sql, values)
        return rows[0][0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is done at once, or not at all; the generation grows by one."""
        with self._lock, self._speaking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute(
                    "UPDATE meta SET value = value + 1 WHERE key = 'generation'"
                )
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _set_up(self) -> None:
        self._connection.row_factory = sqlite3.Row
        with self._alone():
            if self._version() == 0:
                self._check_is_new()
                # WAL: readers go on while the writer commits. It is a property of the file.
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._upgrade()
            self._check()
            if self._version() < SCHEMA_VERSION:
                self._upgrade()
        # FULL: a commit is on the disk before the next step; a power cut loses no commit.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")

    def _check_is_new(self) -> None:
        """An empty ledger beside files is no new store: they would be swept away."""
        if any(self.path.parent.joinpath(FILES).rglob("*.parquet")):
            raise StoreError(
                f"The ledger {self.path} is empty, though the store has files.", RESTORE
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One opener at a time: SQLite refuses the change to WAL at once, however long it may wait.

        The lock is on the folder, so that no file is left behind; it goes with the process.
        """
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _upgrade(self) -> None:
        """Take the steps that the ledger has not taken yet, all at once."""
        self._connection.create_function("identity_of", 2, identity_of)
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in ";\n".join(STEPS[self._version() :]).split(";\n"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._connection.execute("COMMIT")

    def _check(self) -> None:
        if self._connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreError(
                f"{self.path} is not a ledger of vpcflow.", "Give another folder with --store."
            )
        if self._version() > SCHEMA_VERSION:
            raise StoreError(
                f"The store {self.path.parent} has version {self._version()}; this vpcflow knows "
                f"versions up to {SCHEMA_VERSION}.",
                "Update vpcflow, or sync into another folder with --store.",
            )

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            damaged = getattr(error, "sqlite_errorcode", None) in _DAMAGED
            raise StoreError(
                f"The ledger {self.path} cannot be used: {error}.",
                RESTORE if damaged else "Check the disk, or sync into another folder with --store.",
            ) from error
