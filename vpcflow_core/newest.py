"""What was made lately and may be asked for again; may import nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """The newest things that were made, up to a weight; safe to share between threads.

    Each is made once: who asks for what another thread is making waits for it.

    Args:
        most: Weight of all together; the newest one is kept whatever it weighs.
        weight: What one weighs.
    """

    def __init__(self, most: int, weight: Callable[[T], int] = lambda _: 1) -> None:
        self._most = most
        self._weight = weight
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._made: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under the key; made if there is nothing."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._made:
                    return self._made[key]
            try:
                made = make()
                self._put(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _put(self, key: Hashable, made: T) -> None:
        with self._lock:
            self._made[key] = made
            while len(self._made) > 1 and sum(map(self._weight, self._made.values())) > self._most:
                self._made.popitem(last=False)
