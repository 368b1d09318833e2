"""The fast path of JSON: a block of one object a line to columns, or None where anything is odd.

It never decides about an odd line: whatever is not plainly right goes to the careful path
(`json_values`), which gives the same records. Figures: 0.4 million objects of the default format a
second and thread, 0.09 million of all fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from vpcflow_core.fields import ACCOUNT_DIGITS, column_name, find_field, is_account
from vpcflow_core.formats import flat, json_events, json_keys
from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME
from vpcflow_core.formats.bounds import has_long_lines
from vpcflow_core.formats.header import OWN_NEEDED, is_time_name, own_fields
from vpcflow_core.formats.recognition import known_other
from vpcflow_core.formats.values import ALLOWED, typed, typed_times

# A group's id as every collector writes it: the same in a list and in the text of one.
_PLAIN_ITEM = r"^[A-Za-z0-9_.:/-]+$"


@dataclass(frozen=True, slots=True)
class Objects:
    """Records as columns of text or numbers, and the lines they stand in."""

    columns: pa.Table
    block: bytes

    def __len__(self) -> int:
        return len(self.columns)

    def show(self, row: int) -> str:
        """A row as the careful path shows it."""
        line = self.block.split(b"\n", row + 1)[row]
        return json.dumps(json.loads(line, parse_float=str))


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Lines out of their wrappings, and columns that came beside them.

    Attributes:
        are_events: Whether they are those of CloudWatch Logs messages.
    """

    text: pa.Array
    beside: pa.Table | None
    are_events: bool = False

    def __len__(self) -> int:
        return len(self.text)


def blocks(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Blocks of about `size` bytes that end with a line, or with an object before another one.

    What has neither goes on as it is: a single array may be longer than memory.
    """
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= size:
            block = b"".join(waiting)
            end = block.rfind(b"\n") + 1 or block.rfind(b"}{") + 1 or length
            yield block[:end]
            waiting, length = [block[end:]], length - end
    if rest := b"".join(waiting):
        yield rest


class JsonLines:
    """Reads blocks of one file; remembers from each what keys and types the next may have."""

    def __init__(self) -> None:
        self._types: json_keys.Types = {}
        self._dashes = False

    def read(self, block: bytes) -> Objects | Wrapped | None:
        """The block's objects, one a line, or None if anything needs a closer look."""
        block = _apart(block)
        lines = _lines_of_objects(block)
        if not lines or has_long_lines(block):
            return None
        if not json_keys.is_utf8(block):
            block = block.decode(errors="replace").encode()
        if json_events.has_messages(block):
            return _events(block, lines)
        table = self._table(block)
        if table is None or len(table) != lines:
            return None
        arrays = {key: _one_array(table[key]) for key in table.column_names}
        empty = [key for key, values in arrays.items() if values.null_count == lines]
        absent = {key for key in empty if not json_keys.has(block, key)}
        if absent and b"\\u" in block:  # a key may be written with escapes
            return None
        arrays = {key: values for key, values in arrays.items() if key not in absent}
        if not json_keys.CONTAINERS.isdisjoint(arrays):
            return None
        return _wrapped(arrays) if json_keys.is_wrapped(arrays) else _objects(arrays, block)

    def _table(self, block: bytes) -> pa.Table | None:
        """The block's values by key."""
        for text, types in self._ways(block):
            table = _parse(text, types)
            if table is not None:
                dashes = self._dashes or text is not block
                self._types, self._dashes = types, dashes and not json_keys.is_wrapped(types)
                return table
        self._types = {}
        return None

    def _ways(self, block: bytes) -> Iterator[tuple[bytes, json_keys.Types]]:
        """Texts and types to try: as the last block was, as this one begins, as all of it is."""
        if self._types:
            yield json_keys.without_dashes(block) if self._dashes else block, self._types
        first = json_keys.types_of(block[: json_keys.LOOK])
        if not first:
            return
        # A wrapped line may be nothing but a dash; among texts it does no harm.
        if not json_keys.is_wrapped(first) and pa.int64() in first.values():
            block = json_keys.without_dashes(block)
            first = json_keys.types_of(block[: json_keys.LOOK]) or first
        yield block, first
        every = json_keys.types_of(block)
        if every and every != first:
            yield block, every


def _apart(block: bytes) -> bytes:
    """The block with a feed between objects, where Firehose put nothing.

    Within a text a feed is no JSON: what is taken apart wrongly is seen.
    """
    first = block[: block.find(b"\n") + 1] or block
    return block.replace(b"}{", b"}\n{") if b"}{" in first else block


def _lines_of_objects(block: bytes) -> int:
    """How many lines the block has if each of them begins with an object, else 0.

    A line that begins with `{` begins a value, as no object may hold another; so as many rows as
    lines are one row a line. Arrow's reader also crashes where a block begins with `null`
    (apache/arrow#47409).
    """
    if not block.startswith(b"{"):
        return 0
    codes = np.frombuffer(block, dtype=np.uint8)
    starts = np.flatnonzero(codes == ord("\n")) + 1
    ended = len(starts) > 0 and starts[-1] == len(block)
    starts = starts[:-1] if ended else starts
    return len(starts) + 1 if (codes[starts] == ord("{")).all() else 0


def _parse(block: bytes, types: json_keys.Types) -> pa.Table | None:
    """The block's values by key, or None where a key or a type is another one."""
    try:
        return pa.json.read_json(
            pa.BufferReader(block),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pa.json.ParseOptions(
                explicit_schema=pa.schema(types.items()), unexpected_field_behavior="error"
            ),
        )
    except pa.ArrowInvalid:
        return None


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _objects(arrays: dict[str, pa.Array], block: bytes) -> Objects | None:
    if not _are_records(arrays):
        return None
    columns = _columns(arrays)
    return None if columns is None else Objects(columns, block)


def _are_records(arrays: dict[str, pa.Array]) -> bool:
    """Whether every object is a record by `header.are_keys`, judged by its values alone."""
    own: dict[str, pa.Array] = {}
    for key, values in arrays.items():
        for name in own_fields([key]):
            own.setdefault(name, values)
    if known_other(arrays):
        return False
    all_known = all(find_field(key) or is_time_name([key]) for key in arrays)
    needed = 1 if all_known else OWN_NEEDED
    if sum(not values.null_count for values in own.values()) >= needed:
        return True
    return len(own) >= needed and bool((_valid(list(own.values())) >= needed).all())


def _valid(arrays: list[pa.Array]) -> npt.NDArray[np.int64]:
    """How many values each row has."""
    masks = [np.asarray(values.is_valid()) for values in arrays]
    return np.asarray(np.sum(masks, axis=0, dtype=np.int64))


def _columns(arrays: dict[str, pa.Array]) -> pa.Table | None:
    """The values by canonical name, null where they say that there is none; or None."""
    columns: dict[str, pa.Array] = {}
    for key, values in arrays.items():
        name = column_name(key)
        column = _cleaned(name, values)
        if column is not None and name in columns:
            column = _either(columns[name], column)
        if column is None:
            return None
        columns[name] = column
    return pa.table(columns)


def _either(first: pa.Array, second: pa.Array) -> pa.Array | None:
    """Two spellings of one name: the first that has a value counts."""
    if not first.null_count:
        return first
    if pa.types.is_nested(first.type) or pa.types.is_nested(second.type):
        return None
    return pc.coalesce(first.cast(pa.string()), second.cast(pa.string()))


def _cleaned(name: str, values: pa.Array) -> pa.Array | None:
    if pa.types.is_list(values.type):
        return values if _are_plain_lists(name, values) else None
    if pa.types.is_boolean(values.type):
        return values.cast(pa.string())
    if not pa.types.is_integer(values.type):
        return _cleaned_text(name, values)
    if not is_account(name):
        return values
    if (pc.min(values).as_py() or 0) < 0:
        return None
    return pc.utf8_lpad(values.cast(pa.string()), ACCOUNT_DIGITS, "0")


def _are_plain_lists(name: str, lists: pa.Array) -> bool:
    """Whether the lists are a field's, and would be the same if they were written as text."""
    field = find_field(name)
    if field is None or field.kind != "texts":
        return False
    words = pc.unique(lists.flatten())
    plain = pc.fill_null(pc.match_substring_regex(words, _PLAIN_ITEM), False)
    return bool(np.asarray(plain).all())


def _cleaned_text(name: str, text: pa.Array) -> pa.Array:
    """`flat.without_nulls`, at the price of looking at each distinct word once."""
    field = find_field(name)
    if field is not None and field.is_number:
        plain = pc.if_else(pc.equal(text, "-"), None, text)
        return plain if _are_numbers(plain) else flat.without_nulls(text)
    words = text.dictionary_encode()
    clean = flat.without_nulls(words.dictionary)
    if not clean.equals(words.dictionary):
        return clean.take(words.indices)
    stays_text = field is not None and (field.kind == "texts" or field.name in ALLOWED)
    return text if stays_text else words


def _are_numbers(text: pa.Array) -> bool:
    try:
        text.cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def _wrapped(arrays: dict[str, pa.Array]) -> Wrapped | None:
    found = json_keys.parts(arrays)
    if found is None or arrays[found.line].null_count or _hold_objects(arrays[found.line]):
        return None
    text = _on_one_line(arrays[found.line])
    beside: dict[str, pa.Array] = {}
    if found.beside:
        columns = _columns({key: arrays[key] for key in found.beside})
        if columns is None or columns.num_columns < len(found.beside):
            return None
        table, _ = typed(columns)
        beside = {name: table[name] for name in table.column_names}
    if found.time and arrays[found.time].null_count < len(text):
        beside[EVENT_TIME] = typed_times(arrays[found.time])
    if found.ident and arrays[found.ident].null_count < len(text):
        beside[EVENT_ID] = arrays[found.ident].cast(pa.string())
    return Wrapped(text, pa.table(beside) if beside else None)


def _events(block: bytes, lines: int) -> Wrapped | None:
    found = json_events.read(block, lines)
    if found is None or _hold_objects(found[0]):
        return None
    return Wrapped(_on_one_line(found[0]), found[1], are_events=True)


def _on_one_line(text: pa.Array) -> pa.Array:
    """The lines; a feed inside of a value is white space, not the end of a line."""
    return pc.replace_substring(text, "\n", " ") if _have(text, b"\n") else text


def _hold_objects(lines: pa.Array) -> bool:
    """Whether a line may be a collector's object inside of another's."""
    return _have(lines, b"{")


def _have(text: pa.Array, byte: bytes) -> bool:
    """Whether the byte is in any of the texts, or beside them: looked for in all at once."""
    data = text.buffers()[2]
    return data is not None and byte in data.to_pybytes()
