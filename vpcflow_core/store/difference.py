"""Which records of some tables are not in others; each counts as often as it is there.

Records are compared by a hash of 64 bits over their values: of a hundred million, the chance that
one is taken for another is one in two thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Hashes = npt.NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, bits well spread: 2**64 / golden ratio
_SHIFT = np.uint64(32)


class Difference:
    """Leaves out the records that some files hold.

    Args:
        files: Their paths; 8 bytes of memory a record.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        hashes = [hashes_of(table) for path in files for table in row_groups_of(path)]
        together = np.concatenate([np.zeros(0, np.uint64), *hashes])
        self._values, self._left = np.unique(together, return_counts=True)

    def of(self, path: Path) -> Iterator[pa.Table]:
        """The records of a file that the others lack; none of them is given twice."""
        for table in row_groups_of(path):
            rest = table.filter(pa.array(self._new(hashes_of(table))))
            if len(rest):
                yield rest

    def _new(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Which of the records are not among those left, which become fewer."""
        new = np.ones(len(hashes), bool)
        if not len(self._values):
            return new
        places = np.minimum(np.searchsorted(self._values, hashes), len(self._values) - 1)
        known = np.flatnonzero(self._values[places] == hashes)
        known = known[_ranks(places[known]) < self._left[places[known]]]
        np.subtract.at(self._left, places[known], 1)
        new[known] = False
        return new


def row_groups_of(path: Path) -> Iterator[pa.Table]:
    """A file's records, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number)


def hashes_of(table: pa.Table) -> Hashes:
    """A hash of each record; a column of nulls is as good as none, and their order is all one."""
    found = np.zeros(len(table), np.uint64)
    for name in table.column_names:
        found += _column(name, table[name])
    return found


def _column(name: str, column: pa.ChunkedArray) -> Hashes:
    """The part of one column in the hashes of records: 0 where it is null."""
    words = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    salt = _hashed([name])[0]
    hashes = (_hashed(words.dictionary.to_pylist()) ^ salt) * _MIX
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MIX
    with_null = np.append(hashes, np.uint64(0))
    places = pc.fill_null(words.indices, len(hashes)).to_numpy(zero_copy_only=False)
    return np.asarray(with_null[places], np.uint64)


def _hashed(words: list[Any]) -> Hashes:
    return np.asarray(pd.util.hash_array(np.array(words, dtype=object)), np.uint64)


def _ranks(places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How many equal ones stand in front of each."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.searchsorted(ordered, ordered)
    ranks = np.empty(len(places), np.intp)
    ranks[order] = np.arange(len(places)) - starts
    return ranks
