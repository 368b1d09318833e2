"""What CloudWatch Logs sends to a subscriber, and how it lies in the dead-letter queue."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

# Lambda takes 6 MB a call, which is 4.5 MB of gzip; flow logs are packed 5 to 30 times smaller.
MOST_UNPACKED = 64 * 2**20
MOST_RATIO = 200
UNSUSPICIOUS = 2**20  # a few equal lines are packed more tightly
_GZIP = 31  # zlib's number for a gzip header and the largest window
_ACCOUNT = re.compile(r"[0-9]{12}")
_END_OF_TIME_MS = 253_402_300_800_000  # the year 10000
_SHOWN = 500


class PayloadError(Exception):
    """The event is no message of a CloudWatch Logs subscription."""


@dataclass(frozen=True, slots=True)
class Event:
    """One log event: its id, its time (milliseconds since 1970), and its text."""

    id: str
    timestamp: int
    message: str


@dataclass(frozen=True, slots=True)
class Message:
    """Events of one log stream that came together.

    Attributes:
        owner: Account of the log group.
        group, stream: Names of the log group and stream.
        events: In the order in which they came.
        unreadable: How many more there were that have no id, text or possible time.
    """

    owner: str
    group: str
    stream: str
    events: tuple[Event, ...]
    unreadable: int = 0


def unpack(event: Any) -> Message | None:
    """The message that the function was called with; None for one that only tests the way.

    Raises:
        PayloadError: It is something else, or unpacks to more than a subscription ever sends.
    """
    try:
        packed = base64.b64decode(event["awslogs"]["data"], validate=True)
        body = json.loads(gunzip(packed))
        if body["messageType"] == "CONTROL_MESSAGE":
            return None
        found = [_event(each) for each in body["logEvents"]]
        owner = _text(body["owner"])
        if not _ACCOUNT.fullmatch(owner):
            raise ValueError(f"owner {owner!r}")
        events = tuple(each for each in found if each is not None)
        group, stream = _text(body["logGroup"]), _text(body["logStream"])
        return Message(owner, group, stream, events, len(found) - len(events))
    except (
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
        binascii.Error,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        raise PayloadError(
            f"The event is no message of a CloudWatch Logs subscription ({error!r})."[:_SHOWN]
        ) from error


def gunzip(packed: bytes) -> bytes:
    """What was packed, one gzip member or several; no more of it is unpacked than is allowed.

    Raises:
        PayloadError: It is larger than `MOST_UNPACKED`, or packed more tightly than logs can be.
        EOFError: It is cut short.
        zlib.error: It is no gzip, or damaged.
    """
    most = min(MOST_UNPACKED, max(MOST_RATIO * len(packed), UNSUSPICIOUS))
    pieces, length = [], 0
    while packed:
        member = zlib.decompressobj(_GZIP)
        pieces.append(member.decompress(packed, most - length + 1))
        length += len(pieces[-1])
        if length > most:
            raise PayloadError(f"The event unpacks to more than {most:,} bytes.")
        if not member.eof:
            raise EOFError("gzip is cut short")
        packed = member.unused_data
    return b"".join(pieces)


def _event(value: Any) -> Event | None:
    """A log event; None if it has no id, no text, or no time that a calendar knows."""
    try:
        moment = int(value["timestamp"])
        event = Event(_text(value["id"]), moment, _text(value["message"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return event if 0 <= moment < _END_OF_TIME_MS else None


def _text(value: Any) -> str:
    """The text, with U+FFFD for halves of surrogate pairs, which no UTF-8 can hold."""
    if not isinstance(value, str | int):
        raise TypeError(f"{type(value).__name__} in the place of a text")
    text = str(value)
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_from_queue(event: Any) -> bool:
    """Whether the function was called with messages of an SQS queue."""
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records and records[0].get("eventSource") == "aws:sqs")


def failed_event(body: str) -> Any:
    """The event whose processing failed, from the body of its message in the queue.

    A dead-letter queue holds the event itself, the queue of an on-failure destination a record
    around it.

    Raises:
        PayloadError: It is no JSON.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise PayloadError(f"The queue's message is no JSON ({error}).") from error
    return value.get("requestPayload", value) if isinstance(value, dict) else value
