"""Equal questions that are asked while the first of them is under way: asked once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from vpcflow_core.stopping import answer_of

A = TypeVar("A")


class UnderWay(Generic[A]):
    """The questions under way; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Future[A]] = {}

    def ask(self, question: Hashable, ask: Callable[[], A]) -> A:
        """The answer: that of whoever asks the same just now, else what `ask` gives."""
        with self._lock:
            found = self._answers.get(question)
            mine = found or self._answers.setdefault(question, Future())
        if found is not None:
            return answer_of(found)
        try:
            mine.set_result(ask())
        except BaseException as error:  # whoever waits for the answer gets it too
            mine.set_exception(error)
        finally:
            with self._lock:
                del self._answers[question]
        return mine.result()
