"""Records as arrays of a few small numbers: sorting them is cheaper than grouping them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Bools: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Columns: TypeAlias = dict[str, Ints]


class Highest:
    """The rows of the highest values among all that come, of equal ones the earlier.

    No value is negative.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: list[Columns] = []
        self._size = 0
        self._least = 0

    def add(self, rows: Columns) -> None:
        """Take in more rows: `value`, `since`, and others."""
        better = np.flatnonzero(rows["value"] >= self._least)
        self._rows.append({name: column[better] for name, column in rows.items()})
        self._size += len(better)
        if self._size > 2 * self._most:
            kept = self.rows()
            self._rows, self._size = [kept], self._most
            self._least = int(kept["value"][-1])

    def rows(self) -> Columns:
        """The rows, in their order."""
        return first(joined(self._rows), self._most)


def columns_of(batch: pa.RecordBatch) -> Columns:
    """The columns as arrays."""
    names, columns = batch.schema.names, batch.columns
    return {n: c.to_numpy(zero_copy_only=False) for n, c in zip(names, columns, strict=True)}


def joined(parts: Sequence[Columns]) -> Columns:
    """The rows of all parts, one at least; these are empty afterwards: not all is there twice."""
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}


def first(rows: Columns, most: int) -> Columns:
    """The rows of the highest values, of equal ones the earlier; in that order.

    Args:
        rows: `value`, `since`, and more.
        most: How many.
    """
    key = order_of(rows)
    places = np.argpartition(key, most - 1)[:most] if len(key) > most else np.arange(len(key))
    places = places[np.argsort(key[places], kind="stable")]
    return {name: column[places] for name, column in rows.items()}


def order_of(rows: Columns) -> Ints:
    """One number by which to sort: `value`, the highest first, then `since`, the earliest first.

    Both are not negative and below 2^31.
    """
    return (-rows["value"].astype(np.int64) << np.int64(32)) + rows["since"]
