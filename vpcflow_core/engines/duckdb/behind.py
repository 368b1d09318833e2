"""What is made for later questions while no answer is waited for.

Parts of files that take longer to make than to read are made here: the question that would gain
from them reads the records, and whoever asks next finds them. docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Lock, Thread
from time import monotonic
from typing import TypeAlias

import duckdb
import pyarrow as pa

from vpcflow_core.ending import at_work
from vpcflow_core.engines.base import Ask
from vpcflow_core.errors import FailureError

log = logging.getLogger("vpcflow")
# Seconds after the last answer in which the next panel of a page is likely to ask.
QUIET = 1.0
# Works that wait; of more the next question brings back what it needs.
MOST_WAITING = 64
# Seconds that one work takes at most; the next question that would gain from it goes on with it.
LONGEST = 120.0
# Names of works that are remembered.
MOST_DONE = 10_000

# Makes something in steps of a few seconds; between two of them it may be stopped.
Work: TypeAlias = Callable[[Ask], Iterator[object]]


class Behind:
    """Works that wait for a quiet moment; safe to share between threads.

    A process that ends before leaves the rest to others.

    Args:
        ask: Asks DuckDB for the answer of a SELECT, each time by a cursor of its own.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._waiting: dict[Hashable, Iterator[object]] = {}
        self._taken: dict[Hashable, float] = {}
        self._done: set[Hashable] = set()
        self._asking, self._last = 0, monotonic()
        self._changed, self._at_work = Condition(), Lock()
        self._thread: Thread | None = None
        self._is_closed = False

    @contextmanager
    def asked(self) -> Iterator[None]:
        """A question is being answered."""
        with self._changed:
            self._asking += 1
        try:
            yield
        finally:
            with self._changed:
                self._asking -= 1
                self._last = monotonic()

    def later(self, name: Hashable, work: Work) -> None:
        """Do some work when it is quiet; once in a process.

        Args:
            name: What is made, and of what.
            work: Makes it.
        """
        with self._changed:
            is_known = name in self._waiting or name in self._done
            if is_known or self._is_closed or len(self._waiting) >= MOST_WAITING:
                return
            self._waiting[name] = work(self._ask)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="vpcflow-behind", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Do all that waits now, whatever is asked meanwhile."""
        while self._step():
            pass

    def close(self) -> None:
        """Do nothing more after the step at hand."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        with suppress(FailureError), at_work(self.close):
            while self._is_quiet():
                self._step()

    def _is_quiet(self) -> bool:
        """Wait for a quiet moment; whether there is one, and something to do."""
        with self._changed:
            while self._waiting and not self._is_closed:
                quiet = 0.0 if self._asking else monotonic() - self._last
                if quiet >= QUIET:
                    return True
                self._changed.wait(QUIET - quiet)
            self._thread = None
            return False

    def _step(self) -> bool:
        """Do one step of what waits the longest; whether there was something to do."""
        with self._at_work:
            with self._changed:
                if self._is_closed or not self._waiting:
                    return False
                name, work = next(iter(self._waiting.items()))
            began = monotonic()
            try:
                next(work)
            except StopIteration:
                self._leave(name, is_done=True)
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                log.info("nothing is kept for later questions: %s", error)
                self._leave(name, is_done=True)
            else:
                taken = self._taken[name] = self._taken.get(name, 0.0) + monotonic() - began
                if taken > LONGEST:
                    self._leave(name, is_done=False)
            return True

    def _leave(self, name: Hashable, *, is_done: bool) -> None:
        with self._changed:
            del self._waiting[name]
            self._taken.pop(name, None)
            if len(self._done) >= MOST_DONE:
                self._done.clear()
            if is_done:
                self._done.add(name)
