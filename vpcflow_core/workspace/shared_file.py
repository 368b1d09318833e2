"""A small file of the store's folder that several processes may change."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vpcflow_core.errors import StoreError


@contextmanager
def changing(path: Path) -> Iterator[Callable[[str], None]]:
    """Change a file, one process at a time.

    Yields:
        What writes it whole: a reader sees the text before or the one after.

    Raises:
        StoreError: It cannot be written.
    """

    def write(text: str) -> None:
        beside = path.with_name(f"{path.name}.new")
        with _saying(path):
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)

    with _saying(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield write


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    """Errors of the system in a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
