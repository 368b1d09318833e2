"""For which page a question is asked, and asking several at once. May import nothing.

What limits a page counts by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")
_PAGE: ContextVar[str] = ContextVar("page", default="")
_AT_ONCE: ContextVar[bool] = ContextVar("at_once", default=False)


def page_asking() -> str:
    """The page whose question is on its way; "" for others: of commands, of a notebook."""
    return _PAGE.get()


@contextmanager
def asking_for(page: str, *, at_once: bool = False) -> Iterator[None]:
    """Ask for a page: the same text for all panels that are shown together.

    Args:
        page: The page.
        at_once: Whether what `all_of` is given is asked at once, as the engine shares statements.
    """
    tokens = _PAGE.set(page), _AT_ONCE.set(at_once)
    try:
        yield
    finally:
        _PAGE.reset(tokens[0])
        _AT_ONCE.reset(tokens[1])


def all_of(*asks: Callable[[], T]) -> list[T]:
    """The answers to questions of which none needs another one's, in their order.

    Asked at once where that saves reading, else one after the other.
    """
    if not _AT_ONCE.get() or len(asks) < 2:
        return [ask() for ask in asks]
    with ThreadPoolExecutor(len(asks)) as pool:
        futures = [pool.submit(copy_context().run, ask) for ask in asks]
        return [future.result() for future in futures]


def both_of(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """As `all_of`, of two that answer differently."""
    first, second = all_of(cast("Callable[[], object]", one), other)
    return cast("T", first), cast("U", second)
