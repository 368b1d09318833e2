"""Changes of networks, kept in the store's folder with the names of the files that were read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from vpcflow_core.changes.records import Change
from vpcflow_core.errors import StoreError
from vpcflow_core.times import Window

NAME = "changes.sqlite"
MOST = 100_000
# Of one window: more than any chart or list shows.
MOST_ASKED = 5_000
_FORM = """
CREATE TABLE IF NOT EXISTS changes (
    event TEXT PRIMARY KEY, at INTEGER NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changes_by_time ON changes (at);
CREATE TABLE IF NOT EXISTS files (
    place TEXT NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (place, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (place TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
"""


def changes(
    store: Path, window: Window | None = None, accounts: Iterable[str] | None = None
) -> list[Change]:
    """The newest changes of a time, the oldest first; none where none were read.

    Args:
        store: Folder of the store.
        window: Only what lies in it.
        accounts: Only of these accounts; None: of all.

    Raises:
        StoreError: The file is damaged.
    """
    if not (store / NAME).is_file():
        return []
    wanted = None if accounts is None else sorted(set(accounts))
    start, end = (_seconds(window.start), _seconds(window.end)) if window else (0, 1 << 60)
    of = "" if wanted is None else f" AND account IN ({', '.join('?' * len(wanted))})"
    ask = (
        "SELECT at, text, account, event FROM changes "  # noqa: S608 - of question marks
        f"WHERE at >= ? AND at < ?{of} ORDER BY at DESC, event LIMIT ?"
    )
    with _opened(store, writes=False) as file:
        rows = file.execute(ask, [start, end, *(wanted or ()), MOST_ASKED]).fetchall()
    return [Change(_moment(at), text, account, event) for at, text, account, event in rows[::-1]]


def read_until(store: Path, place: str) -> tuple[datetime | None, frozenset[str]]:
    """Up to which file time a place was read, and which of its newest files."""
    with _opened(store) as file:
        row = file.execute("SELECT until FROM places WHERE place = ?", [place]).fetchone()
        names = file.execute("SELECT name FROM files WHERE place = ?", [place]).fetchall()
    return (_moment(row[0]) if row else None), frozenset(name for (name,) in names)


def add(
    store: Path,
    place: str,
    read: Iterable[tuple[str, datetime]],
    found: Iterable[Change],
    remembered: datetime,
) -> int:
    """Keep what files held, and that they were read, in one transaction; gives how many are new.

    Args:
        store: Folder of the store.
        place: Which the files are of.
        read: Name and time of each file.
        found: Their changes.
        remembered: Names of files older than this need not be kept: they are not listed again.

    Raises:
        StoreError: The file is damaged or cannot be written.
    """
    files = list(read)
    rows = [(one.event, _seconds(one.at), one.account, one.text) for one in found]
    with _opened(store) as file:
        before = file.total_changes
        file.executemany("INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?)", rows)
        new = file.total_changes - before
        file.executemany(
            "INSERT OR IGNORE INTO files VALUES (?, ?, ?)",
            [(place, name, _seconds(time)) for name, time in files],
        )
        file.execute(
            "DELETE FROM files WHERE place = ? AND time < ?", [place, _seconds(remembered)]
        )
        if files:
            until = _seconds(max(time for _, time in files))
            file.execute(
                "INSERT INTO places VALUES (?, ?) "
                "ON CONFLICT (place) DO UPDATE SET until = max(until, excluded.until)",
                [place, until],
            )
        file.execute(
            "DELETE FROM changes WHERE at < "
            "(SELECT at FROM changes ORDER BY at DESC LIMIT 1 OFFSET ?)",
            [MOST - 1],
        )
    return new


def drop(store: Path, before: datetime) -> None:
    """Forget changes before a time."""
    if (store / NAME).is_file():
        with _opened(store) as file:
            file.execute("DELETE FROM changes WHERE at < ?", [_seconds(before)])


@contextmanager
def _opened(store: Path, *, writes: bool = True) -> Iterator[sqlite3.Connection]:
    path = store / NAME
    try:
        with closing(sqlite3.connect(path, timeout=30)) as file, file:
            if writes:
                file.executescript(_FORM)
            yield file
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path} cannot be used: {error}.",
            "Delete it if it is damaged: the next sync reads the newest changes again.",
        ) from None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
