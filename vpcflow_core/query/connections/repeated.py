"""Which records may have another one of their connection: of all others none has to be held.

Most five-tuples of some days have one record. A first look at all of them keeps four bytes of
each, and a table of the numbers that were met twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from vpcflow_core.query.connections.briefs import Bools, Columns, columns_of
from vpcflow_core.query.connections.promises import TRAITS
from vpcflow_core.query.connections.words import IDLE_TCP

Keys: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]

# Records that there is room for at first; more is made when more come.
ROOM = 2**24
# Of a number's 62 bits the highest tell apart all but a few of millions of five-tuples, and fewer
# yet fit into a table of 32 to 128 MB that says which of them were met twice.
NUMBER_BITS, KEY_BITS = 62, 32
TABLE_BITS = range(25, 28)
PIECE = 2**20
# Where flags are not logged, two records of TCP that are further apart than a silence are of two
# connections: only those of one day are compared, and those on both sides of its end. Records that
# last longer than most are compared with all of their five-tuple.
DAY, LONG = 86_400, 1_800
NEAR = IDLE_TCP + LONG
# An odd number that spreads small ones over 32 bits (Knuth, The Art of Computer Programming, 6.4).
SPREAD = np.uint32(2_654_435_761)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What was met twice.

    Attributes:
        table: Whether a key was, by its highest bits.
        by_day: Whether records of TCP are compared by day.
        has_long: Whether some last longer than `LONG`.
    """

    table: Bools
    by_day: bool
    has_long: bool

    def among(self, rows: Columns) -> Bools:
        """Which records may have another one of their connection."""
        number = _number(rows)
        if not self.by_day:
            return self._has(number)
        of_day, near, of_end = _keys(rows, number)
        found = self._has(of_day)
        found[near] |= self._has(of_end)
        return found | self._has(number) if self.has_long else found

    def _has(self, keys: Keys) -> Bools:
        found: Bools = self.table[keys >> (KEY_BITS - (len(self.table) - 1).bit_length())]
        return found


def repeated(brief: pa.RecordBatchReader, *, by_day: bool) -> Repeated:
    """What was met twice.

    Args:
        brief: Records as `promises.brief_for` gives them.
        by_day: Whether records of TCP, whose flags are not logged, are compared by day.
    """
    keys: Keys = np.empty(ROOM, np.uint32)
    used, long = 0, [keys[:0]]
    for batch in brief:
        rows = columns_of(batch)
        number = _number(rows)
        found = number
        if by_day:
            of_day, _, of_end = _keys(rows, number)
            found = np.concatenate([of_day, of_end])
            long.append(number[rows["lasts"] > LONG])
        if used + len(found) > len(keys):
            larger = np.empty(2 * len(keys) + len(found), keys.dtype)
            larger[:used] = keys[:used]
            keys = larger
        keys[used : used + len(found)] = found
        used += len(found)
    of_long = np.concatenate(long)
    return Repeated(_table(keys[:used], of_long), by_day, bool(len(of_long)))


def _table(keys: Keys, more: Keys) -> Bools:
    """Which of the keys came twice, and more, by their highest bits; sorts the keys."""
    keys.sort()
    bits = min(max(TABLE_BITS.start, len(keys).bit_length()), TABLE_BITS.stop - 1)
    table = np.zeros(2**bits, dtype=bool)
    for begin in range(0, len(keys), PIECE):
        piece = keys[begin : begin + PIECE + 1]
        table[piece[1:][piece[1:] == piece[:-1]] >> (KEY_BITS - bits)] = True
    table[more >> (KEY_BITS - bits)] = True
    return table


def _number(rows: Columns) -> Keys:
    found: Keys = (rows["number"] >> (NUMBER_BITS - KEY_BITS)).astype(np.uint32)
    return found


def _keys(rows: Columns, number: Keys) -> tuple[Keys, Bools, Keys]:
    """Keys of five-tuples in one day, which are near to an end of it, and keys for that end."""
    is_tcp = (rows["traits"] & TRAITS["is_tcp"]) > 0
    day = rows["begins"] // DAY
    second = rows["begins"] - day * DAY
    is_late = second >= DAY - NEAR
    near = is_tcp & (is_late | (second < NEAR))
    end = (day + is_late)[near].astype(np.uint32)
    days = np.where(is_tcp, 2 * day + 2, 0).astype(np.uint32)
    return number + days * SPREAD, near, number[near] + (2 * end + 1) * SPREAD
