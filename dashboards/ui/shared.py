"""What all sessions share, made once a process; knows no Streamlit.

Streamlit's own cache is emptied by a message that every browser may send: each time a new store
would be opened and a new sync begun, and the old ones never closed.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any, TypeVar, cast

T = TypeVar("T")

_LOCK = RLock()
_MADE: dict[Callable[[], Any], Any] = {}


def shared(make: Callable[[], T]) -> Callable[[], T]:
    """Call a function once a process, and give what it gave then."""

    @wraps(make)
    def get() -> T:
        with _LOCK:
            if make not in _MADE:
                _MADE[make] = make()
            return cast(T, _MADE[make])

    return get


def renew() -> None:
    """Forget all of it: the next call makes it anew. The caller closes what must be closed."""
    with _LOCK:
        _MADE.clear()


atexit.register(renew)  # while the libraries that these hold are still there
