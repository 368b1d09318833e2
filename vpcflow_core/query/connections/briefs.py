"""Records as arrays of a few small numbers: sorting them is cheaper than grouping them.

Most five-tuples of a day have one record; only the records of the others are gathered. Memory
that is touched for the first time costs more than what is done with it: arrays of all records
are gone through in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Columns: TypeAlias = dict[str, Ints]

# Records that fit, of 17 bytes each. More make room as they come.
MOST_RECORDS = 2**24
# Of a number's 62 bits the highest tell apart all but a few of millions of five-tuples, and fewer
# yet fit into a table of 32 MB that says which of them were met twice.
NUMBER_BITS, SORTED_BITS, TABLE_BITS = 62, 32, 25
# Values are counted by this many of their highest bits.
COUNTED_BITS = 18
PIECE = 2**17


def columns_of(brief: pa.RecordBatchReader) -> Columns:
    """The columns as one array each; a view of a batch would hold all of it."""
    used, room = 0, MOST_RECORDS  # what of it is not used takes no memory
    made = {each.name: np.empty(room, _type_of(each)) for each in brief.schema}
    for batch in brief:
        if used + len(batch) > room:
            room = 2 * room + len(batch)
            made = {name: _larger(column, room) for name, column in made.items()}
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            made[name][used : used + len(batch)] = values.to_numpy(zero_copy_only=False)
        used += len(batch)
    return {name: column[:used] for name, column in made.items()}


def _larger(column: Ints, room: int) -> Ints:
    larger = np.empty(room, column.dtype)
    larger[: len(column)] = column
    return larger


def _type_of(column: pa.Field) -> Any:
    return np.uint8 if column.type == pa.int16() else column.type.to_pandas_dtype()


def repeated(number: Ints) -> Ints:
    """The places of the records whose number another one may have; of all others none has it."""
    short = np.empty(len(number), np.uint32)
    for piece in _pieces(number):
        short[piece] = number[piece] >> (NUMBER_BITS - SORTED_BITS)
    short.sort()
    twice = short[1:][short[1:] == short[:-1]]
    seen = np.zeros(2**TABLE_BITS, dtype=bool)
    seen[twice >> (SORTED_BITS - TABLE_BITS)] = True
    return _where(number, lambda piece: seen[number[piece] >> (NUMBER_BITS - TABLE_BITS)])


def highest(rows: Columns, met: np.ndarray[Any, np.dtype[np.bool_]], most: int) -> Columns:
    """The rows of the highest values among those that are met; as `first` gives them."""
    value = rows["value"]
    shift = max(0, int(value.max(initial=0)).bit_length() - COUNTED_BITS)
    counts = np.zeros((int(value.max(initial=0)) >> shift) + 1, np.int64)
    for piece in _pieces(value):
        counts += np.bincount(value[piece][met[piece]] >> shift, minlength=len(counts))
    at_least = np.cumsum(counts[::-1])
    least = len(counts) - 1 - int(np.searchsorted(at_least, most))
    places = _where(value, lambda piece: met[piece] & (value[piece] >> shift >= least))
    return first({name: column[places] for name, column in rows.items()}, most)


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


def _where(rows: Ints, test: Any) -> Ints:
    """The places of all pieces of which a test is true."""
    found = [np.flatnonzero(test(piece)) + piece.start for piece in _pieces(rows)]
    return np.concatenate([np.empty(0, np.int64), *found])


def _pieces(rows: Ints) -> Iterator[slice]:
    for begin in range(0, len(rows), PIECE):
        yield slice(begin, begin + PIECE)
