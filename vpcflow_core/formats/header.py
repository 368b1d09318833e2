"""Which lines are headers, and the formats they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from vpcflow_core.fields import column_name, find_field
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.formats.bounds import MOST_COLUMNS
from vpcflow_core.formats.recognition import known_other

# What a field name looks like, and what only a value looks like.
_NAME = re.compile(r"(?:\$\{)?[A-Za-z@_][A-Za-z0-9_@.-]*\}?")
_VALUE = re.compile(
    r"(?:eni|vpc|subnet|i|tgw|tgw-attach|nat|sg|fl)-[0-9a-f]{6,}|ACCEPT|REJECT|OK|NODATA|SKIPDATA"
    r"|-|IPv[46]|ingress|egress"
)

# Fields that tables of other things have too, under these names; all others are a flow log's own.
SHARED = frozenset({
    "version", "account-id", "protocol", "bytes", "start", "end", "action", "type", "region",
    "direction", "vpc-id", "subnet-id", "instance-id", "az-id", "resource-id", "resource-type",
    "instance-tag", "instance-tag-2", "interface-tag", "interface-tag-2", "asg-tag", "asg-tag-2",
    "interface-type", "security-group-ids", "interface-name", "interface-owner", "log-group",
    "log-stream",
})  # fmt: skip
OWN_NEEDED = 2
# When a record or its event was, as collectors and CloudWatch Logs Insights call it.
TIME_NAMES = ("@timestamp", "timestamp", "_time", "time")


@lru_cache(maxsize=4096)
def read_header(line: str) -> LogFormat | None:
    """The format that the line names if it is a header, else None.

    A header is words that could all be field names and that `are_fields`.
    """
    return header_of(tuple(line.split()))


def header_of(words: Sequence[str]) -> LogFormat | None:
    """The format that the words name if they are a header's, else None."""
    if not words or len(words) > MOST_COLUMNS or not all(_NAME.fullmatch(word) for word in words):
        return None
    if any(_VALUE.fullmatch(word) for word in words) or not are_fields(words):
        return None
    return LogFormat(unique(words))


def are_fields(names: Iterable[str]) -> bool:
    """Whether a header of these names is a flow log's.

    It is if two of them are a flow log's own, or if all of them are fields.
    """
    names = tuple(names)
    own = own_fields(names)
    if known_other(names):
        return False
    if len(own) >= OWN_NEEDED:
        return True
    others = [name for name in names if find_field(name) is None]
    return bool(names) and (not others or (bool(own) and is_time_name(others)))


def are_keys(names: Iterable[str]) -> bool:
    """Whether an object or a Parquet file with these names holds records.

    As `are_fields`, and one name at least is a flow log's own: `{"type": ..., "version": ...}` is
    what any program writes.
    """
    names = tuple(names)
    return bool(own_fields(names)) and are_fields(names)


def own_fields(names: Iterable[str]) -> set[str]:
    """Those of the names, as AWS writes them, that are a flow log's own."""
    found = {field.aws for name in names if (field := find_field(name)) is not None}
    return found - SHARED


def is_time_name(names: Sequence[str]) -> bool:
    """Whether all of the names are those of a time that comes beside a record."""
    return all(name.lower() in TIME_NAMES for name in names)


def unique(words: Sequence[str]) -> tuple[str, ...]:
    """Column names for the words; a name that comes again gets a number of its own."""
    columns: list[str] = []
    for word in words:
        name, count = column_name(word), 2
        while name in columns:
            name, count = f"{column_name(word)}_{count}", count + 1
        columns.append(name)
    return tuple(columns)
