"""Backups: a whole, checked copy of a store, made while others read and write it.

The copy of the ledger is one transaction's (SQLite's own backup); its files never change once they
are listed. One that a merge took away meanwhile is looked for in a newer copy of the ledger. A list
of SHA-256 sums says what a backup holds: it is complete when that is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from vpcflow_core.errors import StoreError
from vpcflow_core.store.ledger import LEDGER_NAME, Ledger
from vpcflow_core.times import format_instant

MANIFEST = "backup.json"
FORM = 1
# What belongs to a store besides its ledger and the files that it lists.
BESIDE = (
    "sources.json", "views.json", "notes.json", "changes.sqlite", "domains.parquet",
    "findings.json", "watch.json", "watch-reports/*",
    "watched-engines/*/watch.json", "watched-engines/*/watch-reports/*",
    "audit.jsonl*", "uploads/**/*",
)  # fmt: skip
# Copies of the ledger that are tried: files leave ten minutes after a merge at the earliest.
TRIES = 5
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        path: Its folder.
        made: When, as ISO 8601.
        files: How many files.
        size: Their bytes.
    """

    path: Path
    made: str
    files: int
    size: int


def back_up(store: Path, target: Path) -> Backup:
    """Copy a store to a new folder; syncs and questions go on meanwhile.

    Args:
        store: Folder of the store.
        target: Folder of the backup; it must not exist.

    Raises:
        StoreError: There is no store, the target is there already, or something cannot be copied.
    """
    if not (store / LEDGER_NAME).is_file():
        raise StoreError(f"There is no store at {store}.")
    if target.exists():
        raise StoreError(f"{target} is there already.", "Give a folder that does not exist yet.")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        beside.mkdir(parents=True)
        listed = _copied(store, beside)
        made = format_instant(datetime.now(UTC))
        text = json.dumps({"form": FORM, "made": made, "files": listed}, indent=1)
        _written(beside / MANIFEST, text.encode())
        _flush(beside)
        beside.rename(target)
    except OSError as error:
        raise StoreError(f"The backup failed: {error}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return check(target)


def check(backup: Path) -> Backup:
    """Read a backup whole, and compare it with its list.

    Raises:
        StoreError: It is none, or a file of it is missing, damaged or not listed; says which.
    """
    manifest = _manifest(backup)
    size = 0
    for name, said in manifest["files"].items():
        path = backup / name
        try:
            length, digest = _digest(path)
        except OSError as error:
            raise StoreError(f"{name} of the backup cannot be read: {error.strerror}.") from None
        if [length, digest] != said:
            raise StoreError(f"{name} of the backup is damaged.", "Take another backup.")
        size += length
    _check_ledger(backup, set(manifest["files"]))
    return Backup(backup, str(manifest["made"]), len(manifest["files"]), size)


def restore(backup: Path, store: Path) -> Backup:
    """Put a backup in the place of a store, after it was read whole and compared with its list.

    Args:
        backup: Its folder.
        store: Folder of the new store; it must not exist, or be empty.

    Raises:
        StoreError: The backup is damaged, there is a store already, or it cannot be written.
    """
    checked = check(backup)
    if store.exists() and (not store.is_dir() or any(store.iterdir())):
        raise StoreError(f"{store} is not empty.", "Restore to a new folder, then change places.")
    beside = store.with_name(f".{store.name}.{uuid.uuid4().hex}")
    try:
        for name, said in _manifest(backup)["files"].items():
            if _copy(backup / name, beside / name) != said:
                raise StoreError(f"{name} changed while it was read.", "Restore once more.")
        _flush(beside)
        with suppress(FileNotFoundError):
            store.rmdir()
        beside.rename(store)
    except OSError as error:
        raise StoreError(f"The backup could not be restored: {error}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    Ledger(store).close()
    return checked


def _copied(store: Path, target: Path) -> dict[str, list[Any]]:
    """Copy the ledger, its files and what is beside them; size and sum of each by its name."""
    done: dict[str, list[Any]] = {}
    for _ in range(TRIES):
        _copy_database(store / LEDGER_NAME, target / LEDGER_NAME)
        names = _files_of(target / LEDGER_NAME)
        missing = False
        for name in names:
            if name not in done:
                try:
                    done[name] = _copy(store / name, target / name)
                except FileNotFoundError:
                    missing = True
                    break
        if not missing:
            for name in set(done) - set(names):
                (target / name).unlink()
                del done[name]
            break
    else:
        raise StoreError(
            "Files of the store went away while it was copied, or are missing.",
            "Sync, which mends a damaged store, then back up again.",
        )
    for name in _beside(store):
        with suppress(FileNotFoundError):
            if name.endswith(".sqlite"):
                _copy_database(store / name, target / name)
                done[name] = list(_digest(target / name))
            else:
                done[name] = _copy(store / name, target / name)
    done[LEDGER_NAME] = list(_digest(target / LEDGER_NAME))
    return done


def _copy_database(source: Path, copy: Path) -> None:
    """As one transaction left it."""
    copy.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(source, timeout=30)) as ours,
        closing(sqlite3.connect(copy)) as theirs,
    ):
        ours.backup(theirs)
        # One file, without a log beside it.
        theirs.execute("PRAGMA journal_mode = DELETE")


def _files_of(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(ledger)) as connection:
        rows = connection.execute("SELECT path FROM files ORDER BY path").fetchall()
    return [str(path) for (path,) in rows]


def _beside(store: Path) -> Iterator[str]:
    for pattern in BESIDE:
        for path in sorted(store.glob(pattern)):
            if path.is_file() and not path.is_symlink() and path.suffix not in (".lock", ".new"):
                yield path.relative_to(store).as_posix()


def _manifest(backup: Path) -> dict[str, Any]:
    try:
        found = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        names = [PurePosixPath(name) for name in found["files"]]
        known = found["form"] == FORM and "made" in found
    except (OSError, ValueError, KeyError, TypeError):
        known, names = False, []
    if not known or any(name.is_absolute() or ".." in name.parts for name in names):
        raise StoreError(
            f"{backup} is no backup of vpcflow.", "Give the folder that `vpcflow backup` wrote."
        )
    return dict(found)


def _check_ledger(backup: Path, names: set[str]) -> None:
    try:
        with closing(
            sqlite3.connect(f"{(backup / LEDGER_NAME).as_uri()}?immutable=1", uri=True)
        ) as ledger:
            (said,) = ledger.execute("PRAGMA integrity_check").fetchone()
            listed = {path for (path,) in ledger.execute("SELECT path FROM files")}
    except sqlite3.Error as error:
        said, listed = str(error), set()
    if said != "ok":
        raise StoreError(f"The ledger of the backup is damaged: {said}.", "Take another backup.")
    if lacking := sorted(listed - names):
        raise StoreError(f"{lacking[0]} is missing in the backup.", "Take another backup.")


def _copy(source: Path, target: Path) -> list[Any]:
    """Copy a file to the disk; gives its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as written:
            while part := read.read(CHUNK):
                digest.update(part)
                size += len(part)
                written.write(part)
            written.flush()
            os.fsync(written.fileno())
    return [size, digest.hexdigest()]


def _digest(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as read:
        while part := read.read(CHUNK):
            digest.update(part)
            size += len(part)
    return size, digest.hexdigest()


def _written(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Have the names of a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
