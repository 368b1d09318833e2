"""What CloudWatch Logs sends to a subscriber, and how it lies in the dead-letter queue."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any


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
    """

    owner: str
    group: str
    stream: str
    events: tuple[Event, ...]


def unpack(event: Any) -> Message | None:
    """The message that the function was called with; None for one that only tests the way.

    Raises:
        PayloadError: It is something else.
    """
    try:
        packed = base64.b64decode(event["awslogs"]["data"], validate=True)
        body = json.loads(gzip.decompress(packed))
        if body["messageType"] == "CONTROL_MESSAGE":
            return None
        events = tuple(
            Event(str(e["id"]), int(e["timestamp"]), str(e["message"])) for e in body["logEvents"]
        )
        return Message(str(body["owner"]), str(body["logGroup"]), str(body["logStream"]), events)
    except (
        KeyError,
        TypeError,
        ValueError,
        binascii.Error,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        raise PayloadError(
            f"The event is no message of a CloudWatch Logs subscription ({error!r})."
        ) from error


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
