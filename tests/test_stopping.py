"""Whoever asked leaves every kind of waiting at once, though what is awaited never comes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Event, Lock, Semaphore
from typing import Any

import pytest

from vpcflow_core.bounded.pool import Workers
from vpcflow_core.stopping import (
    Stopper,
    UnwantedError,
    answer_of,
    holding,
    is_taken,
    sleep,
    stoppable,
    under,
    wait_until,
)

FOREVER = 3600.0


def until_never() -> None:
    with (changed := Condition()):
        wait_until(lambda: False, changed)


def for_a_lock() -> None:
    with (lock := Lock()), ThreadPoolExecutor(1), holding(lock):
        pass


def for_a_process() -> None:
    Workers("none", most=0, warm=0)._turn(FOREVER).__enter__()


WAITS: dict[str, Callable[[], Any]] = {
    "sleep": lambda: sleep(FOREVER),
    "condition": until_never,
    "future": lambda: answer_of(Future()),
    "lock": for_a_lock,
    "turn": lambda: is_taken(Semaphore(0), FOREVER),
    "process": for_a_process,
}


@pytest.mark.parametrize("kind", WAITS)
@pytest.mark.parametrize("is_late", [False, True])
def test_who_asked_leaves_while_it_waits_or_before(kind: str, is_late: bool) -> None:
    stopper, begun = Stopper(), Event()

    def waits() -> None:
        with under(stopper), stoppable(lambda: None):
            begun.set()
            WAITS[kind]()

    if is_late:
        stopper.stop()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(waits)
        begun.wait()
        stopper.stop()
        assert isinstance(asked.exception(20), UnwantedError)


def test_what_comes_is_taken() -> None:
    lock, changed, answer = Lock(), Condition(), Future[int]()
    with under(Stopper()), ThreadPoolExecutor(1) as pool:
        lock.acquire()
        pool.submit(lock.release)
        with holding(lock):
            assert lock.locked()
        assert not lock.locked()
        pool.submit(answer.set_result, 3)
        assert answer_of(answer) == 3
        there: list[int] = []

        def bring() -> None:
            with changed:
                there.append(1)
                changed.notify_all()

        with changed:
            pool.submit(bring)
            wait_until(lambda: bool(there), changed)
        assert not is_taken(Semaphore(0), 0.01)
