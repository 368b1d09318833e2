"""The threads of a sync: list, fetch ahead, load.

One thread lists, some fetch (they wait for the network), a few load (they work the processors).
Between them lie bounded queues: objects found by number, bytes fetched by size.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from vpcflow_core.errors import CredentialsError, SourceError
from vpcflow_core.sources.base import HasDelays, LogObject, Source

# Small objects cost a round trip each: at 30 ms, 16 of them bring five hundred a second, which two
# processors load; 8 bring half of that.
FETCHERS = 16
FOUND_AHEAD = 20_000
_PAUSE_SECONDS = 0.1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object with its bytes, or with the reason why it has none."""

    found: LogObject
    data: bytes = b""
    problem: str = ""

    @property
    def size(self) -> int:
        """Bytes that wait in memory: those there are, or those that were listed."""
        return max(self.found.size, len(self.data))


class _StoppedError(Exception):
    """The pipeline ends early; no failure of its own."""


class Pipeline:
    """Runs the threads and waits for them.

    Args:
        source: Where the objects are read from.
        plan: The objects to load, in order; runs in the listing thread.
        load: Runs in each loading thread: takes objects until `None`, then returns.
        workers: Loading threads.
        fetched: Bytes fetched ahead at most; one object alone may be larger.
    """

    def __init__(
        self,
        source: Source,
        plan: Iterable[LogObject],
        load: Callable[[Callable[[], Fetched | None]], None],
        *,
        workers: int,
        fetched: int,
    ) -> None:
        self._source = source
        self._plan = plan
        self._load = load
        self._workers = workers
        self._found: queue.Queue[LogObject | None] = queue.Queue(FOUND_AHEAD)
        self._fetched: queue.Queue[Fetched | None] = queue.Queue()
        self._budget = _Budget(fetched)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._ending = threading.Lock()
        self._fetching = FETCHERS

    def run(self, each: Callable[[], bool]) -> bool:
        """Run to the end; False if it was ended early.

        Args:
            each: Called some times a second in the calling thread; True ends the run early: the
                loading threads learn that there are no more objects.

        Raises:
            VpcflowError: What a thread failed of first.
        """
        names = ["list", *["fetch"] * FETCHERS, *["load"] * self._workers]
        steps = {"list": self._list, "fetch": self._fetch, "load": self._work}
        threads = [
            threading.Thread(target=self._guard, args=[steps[name]], name=f"vpcflow-{name}")
            for name in names
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, each)
            complete = not self._stop.is_set()
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        if self._error:
            raise self._error
        return complete

    def _watch(self, threads: list[threading.Thread], each: Callable[[], bool]) -> None:
        while alive := [thread for thread in threads if thread.is_alive()]:
            if each():
                self._stop.set()
            alive[-1].join(_PAUSE_SECONDS)

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except _StoppedError:
            pass
        except BaseException as error:  # raised again in the calling thread
            self._error = self._error or error
            self._stop.set()

    def _list(self) -> None:
        for found in self._plan:
            self._put(found)
        for _ in range(FETCHERS):
            self._put(None)

    def _fetch(self) -> None:
        while (found := self._get(self._found)) is not None:
            self._budget.take(found.size, self._stop)
            fetched = self._read(found)
            self._budget.give(found.size - fetched.size)  # not every listing has sizes
            self._fetched.put(fetched)
        with self._ending:
            self._fetching -= 1
            if self._fetching == 0:  # the last one: all that was fetched lies in the queue
                for _ in range(self._workers):
                    self._fetched.put(None)

    def _read(self, found: LogObject) -> Fetched:
        try:
            return Fetched(*_read(self._source, found))
        except CredentialsError:  # the same would befall every object
            raise
        except SourceError as error:
            return Fetched(found, problem=str(error))

    def _work(self) -> None:
        self._load(self._next)

    def _next(self) -> Fetched | None:
        try:
            fetched = self._get(self._fetched)
        except _StoppedError:
            return None
        if fetched:
            self._budget.give(fetched.size)
        return fetched

    def _put(self, found: LogObject | None) -> None:
        while not self._stop.is_set():
            with suppress(queue.Full):
                return self._found.put(found, timeout=_PAUSE_SECONDS)
        raise _StoppedError

    def _get(self, waiting: queue.Queue[T]) -> T:
        while not self._stop.is_set():
            with suppress(queue.Empty):
                return waiting.get(timeout=_PAUSE_SECONDS)
        raise _StoppedError


def _read(source: Source, found: LogObject) -> tuple[LogObject, bytes]:
    """The bytes of an object; what became known of it as they were read is added."""
    data = source.read(found)
    if isinstance(source, HasDelays):
        found = replace(found, delay=source.delay(found))
    return found, data


class _Budget:
    """Bytes that may wait in memory; what is larger than all of it passes alone."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._change = threading.Condition()

    def take(self, size: int, stop: threading.Event) -> None:
        with self._change:
            while self._used and self._used + size > self._size:
                if stop.is_set():
                    raise _StoppedError
                self._change.wait(_PAUSE_SECONDS)
            self._used += size

    def give(self, size: int) -> None:
        with self._change:
            self._used -= size
            self._change.notify_all()
