"""Lines before they are read: split, numbered, tidied."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import EVENT_TIME
from vpcflow_core.formats.clock import ISO_TIME, iso_times

_UNTIDY = r"[\t\r\v\f]|  |^ | $"
_BLANKS = r"[ \t\r\v\f]+"
_EXPORTED = rf"^(?P<time>{ISO_TIME}) (?P<line>.*)$"
_HAS_TIME = rf"^{ISO_TIME} "
_BLANK_IN_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} |^[^ ]*:[0-9.,]+ (?:[Zz]|UTC|GMT|[+-])"
# As AWS names the stream of an interface or a transit gateway, with the kind of traffic. Without
# the kind it could be the record's own interface-id: see `lines`.
_STREAM = r"^[a-z]+-[0-9a-zA-Z-]+-(?:all|accept|reject) "
_FIRST = r"^(?P<word>[^ ]+) (?P<line>.*)$"
STREAM = "log_stream"
EXPORTED_BLOCK = re.compile(f"{ISO_TIME} ".encode())  # for `match`, at any place


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines with their numbers (from 1), and columns that came beside them."""

    text: pa.Array
    numbers: npt.NDArray[np.int64]
    beside: pa.Table | None = None

    def __len__(self) -> int:
        return len(self.text)

    def keep(self, mask: npt.NDArray[np.bool_]) -> Lines:
        """The lines that the mask marks."""
        if mask.all():
            return self
        flags = pa.array(mask)
        beside = None if self.beside is None else self.beside.filter(flags)
        return Lines(self.text.filter(flags), self.numbers[mask], beside)

    def with_text(self, text: pa.Array) -> Lines:
        """The same lines, written otherwise."""
        return Lines(text, self.numbers, self.beside)


def lines_of(block: bytes, first: int) -> Lines:
    """The block's lines, split at line feeds alone, without copying it.

    What is no UTF-8 becomes U+FFFD, which no record holds.
    """
    try:
        block.decode()
    except UnicodeDecodeError:
        block = block.decode(errors="replace").encode()
    feeds = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10)
    if not block.endswith(b"\n"):
        block += b"\n"
        feeds = np.append(feeds, len(block) - 1)
    # Each line keeps its feed as offsets leave no gaps; it goes when blanks are trimmed.
    offsets = np.concatenate(([0], feeds + 1)).astype(np.int64)
    text = pa.LargeStringArray.from_buffers(
        len(feeds), pa.py_buffer(offsets), pa.py_buffer(block)
    ).cast(pa.string())
    return Lines(pc.utf8_rtrim(text, "\n"), np.arange(first, first + len(feeds), dtype=np.int64))


def tidy(lines: Lines) -> Lines:
    """Runs of white space become one blank, none is left at the ends."""
    untidy = pc.match_substring_regex(lines.text, _UNTIDY)
    if not pc.any(untidy).as_py():
        return lines
    text = pc.utf8_trim(pc.replace_substring_regex(lines.text, _BLANKS, " "), " ")
    return lines.with_text(text)


def without_export_times(lines: Lines) -> Lines:
    """Lines as CloudWatch exports them lose the time in front, which is kept beside them.

    So do those that `aws logs tail` prints, and the name of the log stream that follows there. A
    line whose time is none (31 November) stays as it is.
    """
    if not pc.any(pc.match_substring_regex(lines.text, _HAS_TIME)).as_py():
        return lines
    first, rest = _split_time(lines.text)
    times, _ = iso_times(first)
    if times is None:
        return lines
    exported = pc.is_valid(times)
    text = pc.if_else(exported, rest, lines.text)
    beside = beside_too(lines, EVENT_TIME, pc.if_else(exported, times, None))
    return _without_streams(Lines(text, lines.numbers, beside), exported)


def _split_time(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The time in front of each line and what follows it; null where there is none."""
    words = pc.split_pattern(text, " ", max_splits=1)
    if not pc.all(pc.equal(pc.list_value_length(words), 2)).as_py() or _has_blanks(text):
        parts = pc.extract_regex(text, _EXPORTED)
        return parts.field("time"), parts.field("line")
    both = words.flatten()
    places = np.arange(0, len(both), 2)
    return both.take(pa.array(places)), both.take(pa.array(places + 1))


def _has_blanks(text: pa.Array) -> bool:
    """Whether a time may have a blank for its `T`, or one before its zone."""
    return bool(pc.any(pc.match_substring_regex(text, _BLANK_IN_TIME)).as_py())


def _without_streams(lines: Lines, exported: pa.Array) -> Lines:
    """The exported lines without the name of a log stream in front, which is kept beside them."""
    named = pc.and_(pc.match_substring_regex(lines.text, _STREAM), exported)
    return without_first(lines, named) if pc.any(named).as_py() else lines


def without_first(lines: Lines, named: pa.Array) -> Lines:
    """The lines without their first word where `named` says that it is a log stream's name."""
    parts = pc.extract_regex(lines.text, _FIRST)
    named = pc.and_(named, parts.is_valid())
    text = pc.if_else(named, parts.field("line"), lines.text)
    return Lines(text, lines.numbers, beside_too(lines, STREAM, _words(parts, named)))


def _words(parts: pa.StructArray, named: pa.Array) -> pa.Array:
    return pc.if_else(named, parts.field("word"), None).dictionary_encode()


def beside_too(lines: Lines, name: str, column: pa.Array) -> pa.Table:
    """What is beside the lines and a column more; one that is there already stays."""
    if lines.beside is None or not lines.beside.column_names:
        return pa.table({name: column})
    if name in lines.beside.column_names:
        return lines.beside
    return lines.beside.append_column(name, column)


def lengths_of(lines: Lines) -> npt.NDArray[np.int64]:
    """How many fields each tidy line has."""
    return np.asarray(pc.count_substring(lines.text, " ")).astype(np.int64) + 1
