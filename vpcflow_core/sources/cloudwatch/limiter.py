"""How fast a service may be asked: one limiter for all who ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Limiter:
    """Lets calls pass evenly, from whichever thread; may be closed for a while.

    Each call reserves the next free slot and sleeps until it comes. Unused slots are kept
    for a moment, so that a few calls may come at once.

    Args:
        quota: Calls a second that the service allows.
        share: Part of them that is used; the rest is left to others.
        clock: Seconds that never go back.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        quota: float,
        share: float = 0.8,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._step = 1 / (quota * share)
        # Kept slots and new ones together never exceed the quota in any one second.
        self._kept = quota * (1 - share) * self._step
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self) -> None:
        """Come back when the caller may ask."""
        with self._lock:
            now = self._clock()
            slot = max(self._next, now - self._kept)
            self._next = slot + self._step
        if slot > now:
            self._sleep(slot - now)

    def close(self, seconds: float) -> None:
        """Hold all calls back for a while: the service has asked for fewer."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)
