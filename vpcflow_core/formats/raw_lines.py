"""Lines before they are read: split, numbered, tidied. May import base, clock and pyarrow."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import EVENT_TIME
from vpcflow_core.formats.clock import ISO_TIME, iso_to_times

_UNTIDY = r"[\t\r\v\f]|  |^ | $"
_BLANKS = r"[ \t\r\v\f]+"
_EXPORTED = rf"^{ISO_TIME} "
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
    """Lines as CloudWatch exports them lose the time in front, which is kept beside them."""
    exported = pc.match_substring_regex(lines.text, _EXPORTED)
    if not pc.any(exported).as_py():
        return lines
    first = pc.replace_substring_regex(lines.text, r" .*$", "")
    times = iso_to_times(pc.if_else(exported, first, None))
    bare = pc.replace_substring_regex(lines.text, r"^[^ ]* ", "")
    text = pc.if_else(exported, bare, lines.text)
    beside = lines.beside if lines.beside is not None else pa.table({})
    if EVENT_TIME not in beside.column_names:
        beside = (
            beside.append_column(EVENT_TIME, times)
            if beside.column_names
            else pa.table({EVENT_TIME: times})
        )
    return Lines(text, lines.numbers, beside)


def lengths_of(lines: Lines) -> npt.NDArray[np.int64]:
    """How many fields each tidy line has."""
    return np.asarray(pc.count_substring(lines.text, " ")).astype(np.int64) + 1
