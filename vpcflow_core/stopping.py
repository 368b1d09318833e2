"""Stopping a question from another thread, wherever it runs or waits. May import errors alone.

What waits for as long as a query takes, for others that have to end first, waits by `sleep`,
`wait_until`, `answer_of`, `is_taken` or `holding`, so that whoever asked need not wait with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Condition, Event, Lock
from time import monotonic
from typing import Any, TypeVar

from vpcflow_core.errors import FailureError

T = TypeVar("T")
# Seconds between two looks whether a lock that is awaited is still wanted.
LOOK = 0.2


class UnwantedError(FailureError):
    """Whoever asked does not want the answer any more."""

    def __init__(self, place: str = "") -> None:
        at = f" at {place}" if place else ""
        super().__init__(f"The query was stopped{at}.", "Ask again.")


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
def under(stopper: Stopper | None) -> Iterator[None]:
    """What is asked meanwhile can be stopped by it; None: it cannot be stopped."""
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


def sleep(seconds: float) -> None:
    """Wait some seconds.

    Raises:
        UnwantedError: Whoever asked stopped it.
    """
    unwanted = Event()
    with stoppable(unwanted.set):
        if unwanted.wait(seconds):
            raise UnwantedError


def wait_until(is_so: Callable[[], bool], changed: Condition) -> None:
    """Wait until something is so.

    Args:
        is_so: Whether it is.
        changed: Tells of changes; the caller holds it.

    Raises:
        UnwantedError: Whoever asked stopped it.
    """
    unwanted = Event()

    def leave() -> None:
        with changed:
            unwanted.set()
            changed.notify_all()

    with stoppable(leave):
        while not unwanted.is_set() and not is_so():
            changed.wait()
    if unwanted.is_set():
        raise UnwantedError


def answer_of(asked: Future[T]) -> T:
    """What another thread gives.

    Raises:
        UnwantedError: Whoever asked stopped it; the other thread goes on.
    """
    over = Event()
    asked.add_done_callback(lambda _: over.set())
    with stoppable(over.set):
        over.wait()
    if not asked.done():
        raise UnwantedError
    return asked.result()


def is_taken(lock: Any, seconds: float | None = None) -> bool:
    """Take a lock or a semaphore that others may have for as long as a query takes.

    Args:
        lock: Which.
        seconds: Longest time to wait for it; None: any.

    Returns:
        Whether it was free in time.

    Raises:
        UnwantedError: Whoever asked stopped it before it was.
    """
    if lock.acquire(blocking=False):
        return True
    end, unwanted = None if seconds is None else monotonic() + seconds, Event()
    with stoppable(unwanted.set):
        while not lock.acquire(timeout=LOOK if end is None else min(LOOK, _until(end))):
            if unwanted.is_set():
                raise UnwantedError
            if end is not None and monotonic() >= end:
                return False
    return True


def _until(end: float) -> float:
    return max(0.0, end - monotonic())


@contextmanager
def holding(lock: Any) -> Iterator[None]:
    """Hold a lock; see `is_taken`."""
    is_taken(lock)
    try:
        yield
    finally:
        lock.release()
