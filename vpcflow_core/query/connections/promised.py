"""What five-tuples promise, of arrays of their records: sorting them is cheaper than grouping.

Most five-tuples of a day have one record, which promises what it is. Only the others are gathered.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Columns: TypeAlias = dict[str, Ints]

# A number is sorted together with the place of its record, in one word of 64 bits: that leaves 40
# of its 62 bits, by which a few five-tuples of millions are taken for repeated ones.
PLACE_BITS = 24
MOST_RECORDS = 2**PLACE_BITS
NUMBER_BITS = 62


def promised(brief: pa.RecordBatchReader, order: str, most: int) -> pa.Table:
    """The five-tuples that promise the most.

    Args:
        brief: The records as `promises.brief_for` gives them, at most `MOST_RECORDS`.
        order: `duration`, `records` or `start`.
        most: How many five-tuples.

    Returns:
        number, value, since, as `promises.promises_for` has them.
    """
    rows = _columns(brief)
    repeated = _repeated(rows["number"])
    parts = [_of_one(rows, repeated, order, most), _of_many(rows, repeated, order, most)]
    both = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pa.table(_first(both, most))


def _columns(brief: pa.RecordBatchReader) -> Columns:
    """The columns as one array each, of which no more than one is in memory twice."""
    parts = {each.name: [np.empty(0, each.type.to_pandas_dtype())] for each in brief.schema}
    for batch in brief:
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            # A view would hold the whole batch.
            parts[name].append(values.to_numpy(zero_copy_only=False).copy())
    return {name: np.concatenate(parts.pop(name)) for name in tuple(parts)}


def _repeated(number: Ints) -> Ints:
    """The places of the records whose number another one may have; of all others none has it."""
    words = (number >> (NUMBER_BITS - 64 + PLACE_BITS)).astype(np.uint64)
    words <<= np.uint64(PLACE_BITS)
    words |= np.arange(len(number), dtype=np.uint64)
    words.sort()
    same = (words[1:] ^ words[:-1]) < np.uint64(2**PLACE_BITS)
    shared = np.zeros(len(words), dtype=bool)
    shared[1:] |= same
    shared[:-1] |= same
    return (words[shared] & np.uint64(2**PLACE_BITS - 1)).astype(np.int64)


def _of_one(rows: Columns, repeated: Ints, order: str, most: int) -> Columns:
    """The first five-tuples of one record each."""
    alone = rows["meets"].copy() if "meets" in rows else np.ones(len(rows["number"]), dtype=bool)
    alone[repeated] = False
    since = rows["begins"]
    value = since if order == "start" else np.ones_like(since)
    if order == "duration":
        value = rows["ends"] - since
    found = {"number": rows["number"], "value": value, "since": since}
    return _first({name: column[alone] for name, column in found.items()}, most)


def _of_many(rows: Columns, places: Ints, order: str, most: int) -> Columns:
    """The first of the other five-tuples."""
    places = places[np.argsort(rows["number"][places], kind="stable")]
    number = rows["number"][places]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    if not len(starts):
        return {"number": number, "value": number, "since": number}
    begins, ends, idle = (rows[n][places].astype(np.int64) for n in ("begins", "ends", "idle"))
    since, records = np.minimum.reduceat(begins, starts), np.diff(starts, append=len(number))
    value = records if order == "records" else np.maximum.reduceat(begins, starts)
    if order == "duration":  # as promises._most, which says why
        span = np.maximum.reduceat(ends, starts) - since
        longest = np.maximum.reduceat(idle, starts)
        whole = np.add.reduceat(ends - begins, starts) + longest * (records - 1)
        value = np.where(whole < span, whole - longest, span)
    made = {"number": number[starts], "value": value, "since": since}
    if "meets" in rows:
        met = np.logical_or.reduceat(rows["meets"][places], starts)
        made = {name: column[met] for name, column in made.items()}
    return _first(made, most)


def _first(rows: Columns, most: int) -> Columns:
    """The rows of the highest values, the highest first; of equal ones the earlier."""
    value, since = rows["value"], rows["since"]
    places = np.arange(len(value))
    if len(value) > most:
        least = np.partition(value, -most)[-most]
        above, equal = np.flatnonzero(value > least), np.flatnonzero(value == least)
        earlier = np.argsort(since[equal], kind="stable")[: most - len(above)]
        places = np.concatenate([above, equal[earlier]])
    places = places[np.lexsort((since[places], -value[places]))]
    return {name: column[places].astype(np.int64) for name, column in rows.items()}
