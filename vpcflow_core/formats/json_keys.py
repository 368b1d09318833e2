"""Keys of JSON objects: what they mean, and which a block has, found without reading it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from vpcflow_core.fields import COLLECTOR_FIELDS, column_name
from vpcflow_core.formats.bounds import MOST_COLUMNS

Types = dict[str, pa.DataType]

# A log line stands under the first of these that holds a string.
LINE_KEYS = ("message", "_raw", "body", "@message")
TIME_KEYS = ("timestamp", "@timestamp")
ID_KEYS = ("id", "eventId")
# Values under these hold several lines, or those of OCSF.
CONTAINERS = frozenset({
    "logEvents", "messageType", "awslogs", "Records", "records", "events", "results", "class_uid",
    "src_endpoint",
})  # fmt: skip
# What a collector adds beside the line; every other key beside a line belongs to its envelope.
BESIDE = {f.name for f in COLLECTOR_FIELDS} | {"vpc_id", "subnet_id", "region"}

# The first kilobytes nearly always show all keys of a block.
LOOK = 2**16
# An unescaped quote never stands in a string, so what looks like a key is one. The few that are
# none (`\"key":`) end up as columns without values.
_KEY = re.compile(rb'"([^"\\]*)"[ \t\r\n]*:').findall
# The key's closing quote follows a letter or digit. An opening one never does, so that what is not
# JSON can never become JSON.
_DASH = re.compile(rb'": ?"-"(?:(?<=[0-9A-Za-z_]":"-")|(?<=[0-9A-Za-z_]": "-"))')
_TYPES = {
    b'"': pa.string(), b"[": pa.list_(pa.string()), b"t": pa.bool_(), b"f": pa.bool_(),
    **dict.fromkeys((bytes([digit]) for digit in b"-0123456789"), pa.int64()),
}  # fmt: skip

column_of = lru_cache(maxsize=4096)(column_name)


@dataclass(frozen=True, slots=True)
class Parts:
    """The keys of a wrapped line: its text, and what came beside it."""

    line: str
    time: str | None
    ident: str | None
    beside: list[str]


def is_utf8(block: bytes) -> bool:
    """Whether the block is valid UTF-8."""
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def without_dashes(block: bytes) -> bytes:
    """The block with null where a value is `-`, which is no number."""
    return _DASH.sub(b'":null', block) if _has_dash_in_quotes(block) else block


def _has_dash_in_quotes(block: bytes) -> bool:
    """Whether `"-"` is in the block; dashes are rarer than the quotes that a search stops at."""
    codes = np.frombuffer(block, dtype=np.uint8)
    dashes = np.flatnonzero(codes[1:-1] == ord("-")) + 1
    return bool(((codes[dashes - 1] == ord('"')) & (codes[dashes + 1] == ord('"'))).any())


def types_of(block: bytes) -> Types | None:
    """The block's keys in order, each with the type of its first value.

    Returns:
        None if that is none of those that records have: an object, a float; or if there are too
        many keys.
    """
    types: Types = {}
    keys = dict.fromkeys(_KEY(block))
    if len(keys) > MOST_COLUMNS:
        return None
    for key in keys:
        begin = _pattern(key, rb"[ \t\r\n]*([^n \t\r\n])").search(block)
        kind = _TYPES.get(begin[1]) if begin else pa.string()
        if kind is None:
            return None
        types[key.decode(errors="replace")] = kind
    return types


def has(block: bytes, key: str) -> bool:
    """Whether any object of the block has the key, written without escapes."""
    return _pattern(key.encode()).search(block) is not None


@lru_cache(maxsize=4096)
def _pattern(key: bytes, then: bytes = b"") -> re.Pattern[bytes]:
    return re.compile(rb'"(?<!\\")' + re.escape(key) + rb'"[ \t\r\n]*:' + then)


def is_wrapped(keys: Collection[str]) -> bool:
    """Whether objects of these keys hold a whole log line, not fields."""
    return any(key in keys for key in LINE_KEYS)


def parts(arrays: Mapping[str, pa.Array]) -> Parts | None:
    """What is what in wrapped lines; None where two keys could be the same part."""
    line = next((key for key in LINE_KEYS if key in arrays), "")
    times = [key for key in TIME_KEYS if key in arrays]
    ids = [key for key in ID_KEYS if key in arrays]
    if len(times) > 1 or len(ids) > 1 or arrays[line].type != pa.string():
        return None
    if any(arrays[key].type not in (pa.string(), pa.int64()) for key in (*times, *ids)):
        return None
    beside = [key for key in arrays if column_of(key) in BESIDE]
    return Parts(line, next(iter(times), None), next(iter(ids), None), beside)
