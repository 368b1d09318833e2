"""Temporary folders with names that cannot be foreseen, swept once their process is gone.

The owner of a folder holds a lock on a file in it. The lock ends with the process, however that
ends, and holds between containers that share `/tmp`, where process ids mean nothing.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

PREFIX = "vpcflow-scratch-"
_LOCK = "owner.lock"
# Seconds in which a folder gets its lock.
_YOUNG = 3600


class Scratch:
    """A folder of this process alone (mode 0700), removed by `close` or at exit.

    Attributes:
        path: Where it is.
    """

    def __init__(self) -> None:
        _sweep_once()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._owner = os.getpid()
        atexit.register(self.close)

    def close(self) -> None:
        """Remove the folder and all in it."""
        atexit.unregister(self.close)
        if self._lock < 0 or self._owner != os.getpid():  # closed, or the copy of a fork
            return
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1


@cache
def _sweep_once() -> None:
    sweep()


def sweep() -> None:
    """Remove folders of this user whose processes have gone."""
    for folder in _own_folders():
        with suppress(OSError):
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _own_folders() -> Iterator[Path]:
    for entry in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = entry.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
                yield entry


def _is_left(folder: Path) -> bool:
    """Whether nothing holds the folder's lock; one without lock may be a moment old."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - folder.lstat().st_mtime > _YOUNG
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
