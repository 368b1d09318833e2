"""The fast path: a block of lines to a typed table, or None where anything in it is odd.

It never decides about an odd line: whatever is not plainly right goes to the careful path
(`lines`), which gives the same records for right lines. Figures (2 cores, default format): 1.5
million lines a second and thread, checks included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vpcflow_core.fields import KINDS, KindOfValue, find_field
from vpcflow_core.formats.base import EVENT_TIME
from vpcflow_core.formats.clock import milliseconds
from vpcflow_core.formats.spelling import are_addresses, unquoted, with_one_spelling
from vpcflow_core.formats.values import ALLOWED, ODD_WORD, TAGS, TEXT_NULLS, WORDS

# The reader goes over what it has split once a column: that much stays near the processor.
# Measured, nanoseconds a record of 29 and of 54 fields: 1,380 and 3,200 for a block of 16 MB at
# once, 980 and 2,000 so. Of the default format, 390 either way.
_AT_ONCE = 4 * 2**20


def read(
    block: bytes, columns: Sequence[str], *, start: int = 0, exported: bool = False
) -> pa.Table | None:
    """The block's lines as records with `columns`, or None if one of them needs a closer look.

    Args:
        block: Whole lines.
        columns: Their format.
        start: Where the first of them begins; before it stands a header.
        exported: Whether each has the time of its event in front; it becomes the last column.
    """
    layout = _layout(tuple(columns))
    if not layout.checked or _looks_odd(block, start):
        return None
    types = layout.types
    if exported:
        types = {EVENT_TIME: pa.timestamp("ms", "UTC"), **types}
    table = read_plain(pa.py_buffer(block).slice(start), list(types), types)
    if table is None or not _is_sound(table, layout):
        return None
    for name in layout.times:
        table = table.set_column(table.column_names.index(name), name, milliseconds(table[name]))
    for names, plain in ((layout.tags, unquoted), (layout.addresses, with_one_spelling)):
        for name in names:
            words = plain(table[name].chunk(0))
            table = table.set_column(table.column_names.index(name), name, words)
    if not exported:
        return table
    times = table[EVENT_TIME].cast(pa.timestamp("ms"))
    return table.select(list(columns)).append_column(EVENT_TIME, times)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the columns of a format have to hold, worked out once for all blocks.

    Attributes:
        checked: Whether a repeated header would fail as a record.
        types: What the CSV reader makes of each column.
        limits: Columns of numbers, with the lowest and the highest one.
        times, addresses, words: Columns of these kinds.
        tags: Columns of percent-encoded words.
        allowed: Columns of a few words, with these words.
    """

    checked: bool
    types: dict[str, pa.DataType]
    limits: dict[str, KindOfValue]
    times: list[str]
    addresses: list[str]
    words: list[str]
    tags: list[str]
    allowed: dict[str, frozenset[str]]


@lru_cache(maxsize=256)
def _layout(columns: tuple[str, ...]) -> _Layout:
    kinds = {name: field.kind if (field := find_field(name)) else "text" for name in columns}
    limits = {n: KINDS[kind] for n, kind in kinds.items() if KINDS[kind].lowest is not None}
    allowed = {name: frozenset(ALLOWED[name]) for name in columns if name in ALLOWED}
    addresses = [name for name, kind in kinds.items() if kind == "address"]
    return _Layout(
        checked=columns_are_checked(columns),
        types={name: _csv_type(name) for name in columns},
        limits=limits,
        times=[name for name, kind in kinds.items() if kind == "time"],
        addresses=addresses,
        words=[name for name in columns if name not in {*limits, *allowed, *addresses}],
        tags=[name for name in columns if name in TAGS],
        allowed=allowed,
    )


def read_plain(
    block: bytes | pa.Buffer, columns: Sequence[str], types: dict[str, pa.DataType]
) -> pa.Table | None:
    """The block's values between single blanks as columns of `types`, in one chunk.

    None where a line has another number of values, or a value is not of its type.
    """
    buffer = pa.py_buffer(block)
    if not buffer.size:
        return pa.schema(types.items()).empty_table()
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(buffer),
            read_options=pa.csv.ReadOptions(
                column_names=list(columns), use_threads=False, block_size=_AT_ONCE
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=" ", quote_char=False, ignore_empty_lines=False
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=types, null_values=list(TEXT_NULLS), strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.unify_dictionaries().combine_chunks()


def columns_are_checked(columns: Sequence[str]) -> bool:
    """Whether a repeated header would fail as a record, as some column takes no field name.

    Lists of words (a collector's) are left to the careful path too.
    """
    fields = [find_field(name) for name in columns]
    if any(field is not None and field.kind == "texts" for field in fields):
        return False
    return any(f and (f.is_number or f.kind == "address" or f.name in ALLOWED) for f in fields)


def _looks_odd(block: bytes, start: int) -> bool:
    """Whether it holds what the CSV reader would misread: CR, NUL, or numbers in hexadecimal."""
    if b"\r" in block or b"\0" in block:
        return True
    # A search for one byte that is not there runs at memory speed; headers of version 11 have an x.
    return any(
        block.find(x, start) >= 0
        and (b" 0" + x in block or b"\n0" + x in block or block.startswith(b"0" + x, start))
        for x in (b"x", b"X")
    )


def _csv_type(column: str) -> pa.DataType:
    field = find_field(column)
    if field is None or not field.is_number:
        return WORDS
    return pa.int64() if field.kind == "time" else field.arrow


def _text_type(column: str) -> pa.DataType:
    field = find_field(column)
    plain = field is not None and (field.is_number or field.kind == "texts")
    return pa.string() if plain or column in ALLOWED else WORDS


def _is_sound(table: pa.Table, layout: _Layout) -> bool:
    """Whether every value is what its column may hold.

    One call for all columns of a kind: small objects cost calls, not values.
    """
    if not all(_is_within(table[name], kind) for name, kind in layout.limits.items()):
        return False
    for name, allowed in layout.allowed.items():
        if not allowed.issuperset(_words_of(table, [name]).to_pylist()):
            return False
    if layout.addresses and not are_addresses(_words_of(table, layout.addresses)):
        return False
    words = _words_of(table, layout.words)
    return not pc.any(pc.match_substring_regex(words, ODD_WORD)).as_py()


def _is_within(numbers: pa.ChunkedArray, kind: KindOfValue) -> bool:
    seen = pc.min_max(numbers)
    lowest, highest = seen["min"].as_py(), seen["max"].as_py()
    return lowest is None or (lowest >= kind.lowest and highest <= kind.highest)


def _words_of(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """The distinct words of dictionary columns, one column's after the other's."""
    chunks = [chunk.dictionary for name in columns for chunk in table[name].chunks]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def joined(lines: pa.Array) -> pa.Buffer:
    """The lines as one block of text."""
    ended = pc.binary_join_element_wise(lines, pa.scalar(""), pa.scalar("\n"))
    offsets = np.frombuffer(ended.buffers()[1], dtype=np.int32)
    first, last = offsets[ended.offset], offsets[ended.offset + len(ended)]
    return ended.buffers()[2].slice(first, last - first)


def texts(lines: pa.Array, columns: Sequence[str], *, encoded: bool = False) -> pa.Table:
    """The values of tidy lines that have as many fields as there are columns, as text.

    Args:
        lines: The lines.
        columns: Their format.
        encoded: Whether columns that are no numbers come dictionary-encoded, as they go on.
    """
    types = {name: _text_type(name) if encoded else pa.string() for name in columns}
    table = read_plain(joined(lines), columns, types) if len(lines) else None
    return pa.schema(types.items()).empty_table() if table is None else table
