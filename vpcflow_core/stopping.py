"""Stopping a question from another thread, wherever it runs. May import nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock


class Stopper:
    """Stops what runs `under` it; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ways: list[Callable[[], object]] = []
        self._is_stopped = False

    def stop(self) -> None:
        """Stop what runs now, and whatever begins later."""
        with self._lock:
            self._is_stopped = True
            ways = list(self._ways)
        for way in ways:
            with suppress(Exception):  # it may just have ended by itself
                way()

    @contextmanager
    def by(self, way: Callable[[], object]) -> Iterator[None]:
        """While this lasts, it is stopped in that way."""
        with self._lock:
            self._ways.append(way)
            is_late = self._is_stopped
        if is_late:
            with suppress(Exception):
                way()
        try:
            yield
        finally:
            with self._lock:
                self._ways.remove(way)


_STOPPER: ContextVar[Stopper | None] = ContextVar("stopper", default=None)


@contextmanager
def under(stopper: Stopper) -> Iterator[None]:
    """What is asked meanwhile can be stopped by it."""
    token = _STOPPER.set(stopper)
    try:
        yield
    finally:
        _STOPPER.reset(token)


@contextmanager
def stoppable(way: Callable[[], object]) -> Iterator[None]:
    """What runs meanwhile is stopped in that way, if anyone asks for it."""
    stopper = _STOPPER.get()
    if stopper is None:
        yield
        return
    with stopper.by(way):
        yield
