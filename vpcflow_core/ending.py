"""What has to be over before the process ends. May import errors alone.

A daemon thread lives on while Python takes itself down, and is ended where it comes back from a
library. C++ (DuckDB, Arrow) does not survive that: it aborts the whole process, with a core dump
in place of the exit code. So what runs there is stopped and awaited first.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Condition
from time import monotonic

from vpcflow_core.errors import FailureError

# Seconds that the process waits for it; far more than what can be stopped takes to stop.
LONGEST = 10.0
# Seconds between two requests to stop: whoever is between two steps hears the next one.
AGAIN = 0.05


class _Work:
    """What is at work; safe to share between threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._ways: list[Callable[[], object]] = []
        self._has_ended = False

    def begin(self, stop: Callable[[], object]) -> None:
        with self._changed:
            if self._has_ended:
                raise FailureError("The program is ending.", "Start it again.")
            self._ways.append(stop)

    def leave(self, stop: Callable[[], object]) -> None:
        with self._changed:
            self._ways.remove(stop)
            self._changed.notify_all()

    def end(self) -> None:
        """Stop all that is at work, and wait until it is over."""
        latest = monotonic() + LONGEST
        with self._changed:
            self._has_ended = True
            while self._ways and monotonic() < latest:
                for stop in list(self._ways):
                    with suppress(Exception):  # it may just have ended by itself
                        stop()
                self._changed.wait(AGAIN)


_WORK = _Work()


def end_work() -> None:
    """Stop all that is at work and wait until it is over; nothing begins any more.

    Python's own end waits for pools of threads before it comes here: a server, whose pages ask in
    pools, calls it before.
    """
    _WORK.end()


atexit.register(end_work)


@contextmanager
def at_work(stop: Callable[[], object]) -> Iterator[None]:
    """The process does not end while this lasts.

    Args:
        stop: Makes what runs meanwhile stop soon; called from another thread, more than once. It
            must not wait for a lock that is held while work begins or ends.

    Raises:
        FailureError: The process is ending already.
    """
    _WORK.begin(stop)
    try:
        yield
    finally:
        _WORK.leave(stop)
