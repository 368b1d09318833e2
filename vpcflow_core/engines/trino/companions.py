"""Questions that a page asks at nearly the same time, gathered to be asked at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from vpcflow_core.stopping import answer_of

Q = TypeVar("Q")
A = TypeVar("A")
# Seconds that questions wait for another one, as long as others come: little beside what a query
# takes that is paid.
WAIT = 0.5
# How many times that is the longest wait.
TIMES = 6
# Questions of one statement: each record is counted for each.
MOST = 48


@dataclass(slots=True)
class _Round(Generic[Q, A]):
    """Questions that wait, each with its answer to come."""

    questions: list[tuple[Q, Future[A]]] = field(default_factory=list)
    is_full: threading.Event = field(default_factory=threading.Event)


class Companions(Generic[Q, A]):
    """Gathers questions; safe to share between threads.

    Args:
        wait: Seconds after which no other one is waited for.
        most: Largest number that is asked at once.
    """

    def __init__(self, wait: float = WAIT, most: int = MOST) -> None:
        self._wait, self._most = wait, most
        self._lock = threading.Lock()
        self._open: dict[Hashable, _Round[Q, A]] = {}

    def ask(self, page: Hashable, question: Q, ask: Callable[[Sequence[Q]], Sequence[A]]) -> A:
        """The answer to a question, which may have waited for others.

        Args:
            page: What questions have in common that are asked at once.
            question: The question.
            ask: Answers several; the first one's is used. Its error is that of all of them.
        """
        answer: Future[A] = Future()
        with self._lock:
            found = self._open.get(page)
            mine = found or self._open.setdefault(page, _Round())
            mine.questions.append((question, answer))
            if len(mine.questions) >= self._most:
                self._closed(page, mine)
        if found is None:
            self._await_others(mine)
            with self._lock:
                self._closed(page, mine)
            _answer(mine, ask)
        return answer_of(answer)

    def _await_others(self, mine: _Round[Q, A]) -> None:
        """Wait until no question comes any more, or there are too many."""
        for _ in range(TIMES):
            count = len(mine.questions)
            if mine.is_full.wait(self._wait) or len(mine.questions) == count:
                return

    def _closed(self, page: Hashable, now: _Round[Q, A]) -> None:
        """Let no more questions in; those that come later begin another round."""
        if self._open.get(page) is now:
            del self._open[page]
        now.is_full.set()


def _answer(now: _Round[Q, A], ask: Callable[[Sequence[Q]], Sequence[A]]) -> None:
    futures = [future for _, future in now.questions]
    try:
        answers = ask([question for question, _ in now.questions])
        for future, answer in zip(futures, answers, strict=True):
            future.set_result(answer)
    except BaseException as error:  # all who wait for the answers get it, or they wait for ever
        for future in futures:
            future.set_exception(error)
