"""What is made of a question once, however often the question is asked; may import SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import SelectBase

T = TypeVar("T")


class OncePerQuestion(Generic[T]):
    """A function of a question, computed once for each object; safe to share between threads.

    Two threads that ask at once may compute it both, of which one is kept.

    Args:
        make: The function.
    """

    def __init__(self, make: Callable[[SelectBase], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[SelectBase, T] = WeakKeyDictionary()

    def __call__(self, question: SelectBase) -> T:
        """What the function gives for the question."""
        made = self._made.get(question)
        if made is None:
            made = self._made[question] = self._make(question)
        return made
