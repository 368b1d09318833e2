"""For which page a question is asked: what limits a page counts by it. May import nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PAGE: ContextVar[str] = ContextVar("page", default="")


def page_asking() -> str:
    """The page whose question is on its way; "" for others: of commands, of a notebook."""
    return _PAGE.get()


@contextmanager
def asking_for(page: str) -> Iterator[None]:
    """Ask for a page: the same text for all panels that are shown together."""
    token = _PAGE.set(page)
    try:
        yield
    finally:
        _PAGE.reset(token)
