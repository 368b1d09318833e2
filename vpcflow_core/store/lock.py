"""One writer at a time.

The lock is the operating system's (flock): it goes with the process, however that ends, so no
stale lock ever has to be removed by hand. What the file says is for people.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from vpcflow_core.errors import LockedError, StoreError

LOCK_NAME = "writer.lock"
_PAUSE_SECONDS = 0.2


@contextmanager
def writer_lock(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Be the one writer of the store while inside.

    Args:
        folder: The store's folder.
        wait: Seconds to wait for another writer to end.

    Raises:
        LockedError: Another process writes; says which one and since when.
        StoreError: The folder cannot be written to.
    """
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"The store {folder} cannot be written to: {error.strerror}.") from error
    try:
        _acquire(handle, folder, time.monotonic() + wait)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, folder: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise _locked(handle, folder) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            break
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC)}
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(holder, default=str).encode(), 0)


def _locked(handle: int, folder: Path) -> LockedError:
    try:
        holder = json.loads(os.pread(handle, 1000, 0))
        who = f"process {holder['pid']} on {holder['host']} since {holder['since'][:19]}Z"
    except (ValueError, KeyError, TypeError):  # it has the lock, but has not yet written its name
        who = "another process"
    return LockedError(
        f"The store {folder} is being written to by {who}.",
        "Wait for it (--wait 60), or end it.",
    )
