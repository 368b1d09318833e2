"""Log events to lines of JSON: the raw line in a wrapping, or one object of its fields."""

from __future__ import annotations

import json
from typing import Any

from collector.function.formats import Record
from collector.function.settings import Form
from collector.function.subscription import Event

# Fields that are numbers in AWS's Parquet files. Accounts are not: they may begin with zeros.
NUMBERS = frozenset({
    "version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags",
    "traffic-path", "encryption-status", "packets-lost-no-route", "packets-lost-blackhole",
    "packets-lost-mtu-exceeded", "packets-lost-ttl-expired",
})  # fmt: skip

_MOST_DIGITS = 19  # of 64 bits; Python refuses to read thousands

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def line(form: Form, event: Event, record: Record | None, added: dict[str, Any]) -> str:
    """The line for one log event.

    Args:
        form: `VPC-RAW` or `VPC-JSON`.
        event: The event.
        record: Its fields; None if they are not known, which leaves nothing but the raw line.
        added: More fields.
    """
    if form == "VPC-RAW" or record is None:
        return _encode({"timestamp": event.timestamp, "message": event.message, **added})
    values: dict[str, Any] = {name: _value(name, word) for name, word in record.items()}
    # AWS gives an event the start of its record for a time. Only formats without any time need it.
    if not ("start" in values or "end" in values):
        values["start"] = event.timestamp // 1000
    return _encode(values | added)


def _value(name: str, word: str) -> str | int:
    is_number = word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS
    return int(word) if name in NUMBERS and is_number else word
