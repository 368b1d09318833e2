"""Which lines are headers, and the formats they name; may import base and fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from vpcflow_core.fields import column_name, find_field
from vpcflow_core.formats.base import LogFormat

# What a field name looks like, and what only a value looks like.
_NAME = re.compile(r"(?:\$\{)?[A-Za-z@_][A-Za-z0-9_@.-]*\}?")
_VALUE = re.compile(
    r"(?:eni|vpc|subnet|i|tgw|tgw-attach|nat|sg|fl)-[0-9a-f]{6,}|ACCEPT|REJECT|OK|NODATA|SKIPDATA"
    r"|-|IPv[46]|ingress|egress"
)

# Fields that a sentence may hold as well.
ENGLISH = {
    "version", "protocol", "packets", "bytes", "start", "end", "action", "type", "region",
    "direction",
}  # fmt: skip


@lru_cache(maxsize=4096)
def read_header(line: str) -> LogFormat | None:
    """The format that the line names if it is a header, else None.

    A header is words that could all be field names: a single known one, or two known ones and
    more that are half of all, or one that no sentence of English holds.
    """
    return header_of(tuple(line.split()))


def header_of(words: Sequence[str]) -> LogFormat | None:
    """The format that the words name if they are a header's, else None."""
    if not words or not all(_NAME.fullmatch(word) for word in words):
        return None
    if any(_VALUE.fullmatch(word) for word in words) or not are_fields(words):
        return None
    return LogFormat(unique(words))


def are_fields(names: Sequence[str]) -> bool:
    """Whether enough of the names are fields for all of them to be a header."""
    known = [name for name in names if find_field(name) is not None]
    if len(known) < max(1, min(2, len(names))):
        return False
    return len(known) * 2 >= len(names) or any(name not in ENGLISH for name in known)


def unique(words: Sequence[str]) -> tuple[str, ...]:
    """Column names for the words; a name that comes again gets a number of its own."""
    columns: list[str] = []
    for word in words:
        name, count = column_name(word), 2
        while name in columns:
            name, count = f"{column_name(word)}_{count}", count + 1
        columns.append(name)
    return tuple(columns)
