"""Columns of words as dictionaries: each distinct word is looked at once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def equals(column: pa.ChunkedArray | pa.Array, word: str) -> pa.ChunkedArray:
    """Which rows hold the word, null where a row holds none; dictionaries are looked at once."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return pa.chunked_array([_equals(chunk, word) for chunk in chunks], pa.bool_())


def _equals(chunk: pa.Array, word: str) -> pa.Array:
    if not pa.types.is_dictionary(chunk.type):
        return pc.equal(chunk, word)
    return pc.equal(chunk.dictionary, word).take(chunk.indices)
