"""Answers that were given lately, kept for who asks the same again.

Panels of a page share questions (a band, the list of all violations, the episodes), and so do the
visitors of a page. An answer holds for one generation of the store.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import pandas as pd

MOST_BYTES = 64_000_000
# What is larger is asked again: it would drive out hundreds of others.
LARGEST = 4_000_000

Key = tuple[Any, ...]


class KeptAnswers:
    """The newest answers, up to a number of bytes; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[Key, tuple[pd.DataFrame, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> pd.DataFrame | None:
        """The rows that were put under the key; changing them changes nothing here."""
        with self._lock:
            found = self._frames.get(key)
            if found is None:
                return None
            self._frames.move_to_end(key)
        return found[0].copy(deep=False)

    def put(self, key: Key, frame: pd.DataFrame) -> None:
        """Keep the rows, and drop those that were not asked for the longest."""
        size = int(frame.memory_usage(deep=True).sum())
        if size > LARGEST:
            return
        with self._lock:
            self._drop(key)
            self._frames[key] = (frame.copy(deep=False), size)
            self._bytes += size
            while self._bytes > MOST_BYTES:
                self._drop(next(iter(self._frames)))

    def _drop(self, key: Key) -> None:
        _, size = self._frames.pop(key, (None, 0))
        self._bytes -= size
