"""Bounded processes for one kind of job: few at a time, one kept warm."""

from __future__ import annotations

import atexit
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore, Lock
from typing import Any

from vpcflow_core import errors
from vpcflow_core.bounded.base import Limits, Reply, StoppedError
from vpcflow_core.bounded.worker import Worker
from vpcflow_core.stopping import is_taken


class Workers:
    """Asks processes of one job; safe to share between threads.

    A process is started when it is asked for (0.4 s) and replaced once it was stopped.

    Args:
        job: Module with the function `answer`, see `child`.
        most: How many work at the same time; who comes later waits, within the limit of time.
        warm: How many are kept for the next request.
    """

    def __init__(self, job: str, *, most: int, warm: int) -> None:
        self._job = job
        self._warm = warm
        self._free = BoundedSemaphore(most)
        self._lock = Lock()
        self._waiting: list[Worker] = []

    def ask(self, request: Mapping[str, Any], data: bytes = b"", *, limits: Limits) -> Reply:
        """The answer to a request.

        Args:
            request: Values that JSON can say.
            data: Bytes that go with it.
            limits: What it may use.

        Raises:
            StoppedError: It went beyond a limit.
            UnwantedError: Whoever asked stopped it before it was its turn.
            VpcflowError: The job says so.
        """
        began = time.monotonic()
        with self._turn(limits.seconds):
            if limits.seconds is not None:
                limits = replace(limits, seconds=limits.seconds - (time.monotonic() - began))
            worker = self._taken()  # to start one costs the request no time
            try:
                reply = worker.ask(request, data, limits)
            except BaseException:
                worker.close()
                raise
            self._back(worker)
        _raise_said(reply.values)
        return reply

    def warm_up(self) -> None:
        """Start a process if none waits and there may be one more.

        Raises:
            StoppedError: It cannot be started.
        """
        if self._waiting or not self._free.acquire(blocking=False):
            return
        try:
            self._back(self._taken())
        finally:
            self._free.release()

    @contextmanager
    def _turn(self, seconds: float | None) -> Iterator[None]:
        if not is_taken(self._free, seconds):
            raise StoppedError("busy")
        try:
            yield
        finally:
            self._free.release()

    def _taken(self) -> Worker:
        with self._lock:
            while self._waiting:
                worker = self._waiting.pop()
                if worker.is_alive:
                    return worker
                worker.close()
        worker = Worker(self._job)
        try:
            worker.wait_until_ready()
        except BaseException:
            worker.close()
            raise
        return worker

    def _back(self, worker: Worker) -> None:
        with self._lock:
            if len(self._waiting) < self._warm:
                atexit.register(self.close)
                self._waiting.append(worker)
                return
        worker.close()

    def close(self) -> None:
        """End the processes that wait; the next request starts another."""
        atexit.unregister(self.close)
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for worker in waiting:
            worker.close()


def _raise_said(values: dict[str, Any]) -> None:
    """Raise the error of ours that the child names, if it names one."""
    if "error" not in values:
        return
    kind = getattr(errors, str(values["error"]), None)
    if not (isinstance(kind, type) and issubclass(kind, errors.VpcflowError)):
        kind = errors.FailureError
    raise kind(str(values["what"]), str(values["next"]))
