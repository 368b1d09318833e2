"""Where Lambda calls: messages of a log group's subscription become objects in S3.

Any failure leaves the event whole: Lambda calls again, twice, and then puts it into the
dead-letter queue, from which the same handler takes it when replay is switched on. What fails five
times more goes to the queue of poison.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from collector.function.enrich import UNKNOWN, Enricher
from collector.function.formats import Formats
from collector.function.interfaces import Interfaces
from collector.function.lines import line
from collector.function.objects import by_hour, key_of, packed
from collector.function.settings import Settings
from collector.function.subscription import (
    Message,
    PayloadError,
    failed_event,
    is_from_queue,
    unpack,
)

# Four repeats, with pauses of 15 s at most in all: inside the function's minute.
CLIENT = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)
_log = logging.getLogger("collector")
_log.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Collector:
    """What one container keeps between calls.

    Attributes:
        settings: The stack's parameters.
        s3: A boto3 client.
        formats: Formats of the log groups' lines; None if they are not needed.
        enricher: None if nothing is added to the records.
    """

    settings: Settings
    s3: Any
    formats: Formats | None
    enricher: Enricher | None

    @staticmethod
    def start(settings: Settings) -> Collector:
        """A collector with no more clients than the settings need."""
        needs_fields = settings.form == "VPC-JSON" or settings.groups
        asks = needs_fields and (settings.groups or settings.fields is None)
        ec2 = boto3.client("ec2", config=CLIENT) if asks else None
        formats = Formats(ec2, settings.fields) if needs_fields else None
        enricher = None
        if settings.groups:
            enricher = Enricher(Interfaces(ec2), settings.region, settings.internal)
        return Collector(settings, boto3.client("s3", config=CLIENT), formats, enricher)

    def collect(self, event: Any) -> list[str]:
        """Write the event's records; gives the keys of the objects.

        Of the function's own log nothing is written: each call adds lines to it, which would call
        the function again.

        Raises:
            PayloadError: It is no message of a subscription, or some of its events cannot be read;
                the others are written.
            ClientError, BotoCoreError: AWS refused or throttled to the end.
        """
        message = unpack(event)
        if message is None or message.group == self.settings.own_log:
            return []
        keys = self._written(message)
        if message.unreadable:
            raise PayloadError(
                f"{message.unreadable} events of {message.group} {message.stream} have no id, text "
                f"or possible time; the other {len(message.events)} were written."
            )
        return keys

    def _written(self, message: Message) -> list[str]:
        if not message.events:
            return []
        lines = self._lines(message)
        keys = []
        for places in by_hour(message.events):
            events = [message.events[place] for place in places]
            key = key_of(message, events, region=self.settings.region, prefix=self.settings.prefix)
            body = packed([lines[place] for place in places])
            owner = self.settings.owner
            self.s3.put_object(
                Bucket=self.settings.bucket,
                Key=key,
                Body=body,
                ContentType="application/gzip",
                **({"ExpectedBucketOwner": owner} if owner else {}),
            )
            keys.append(key)
        return keys

    def _lines(self, message: Message) -> list[str]:
        events = message.events
        texts = [event.message for event in events]
        records = (
            self.formats.records(message.group, texts) if self.formats else [None] * len(events)
        )
        added: list[dict[str, Any]] = [{} for _ in events]
        if self.enricher:
            added = self.enricher.additions(records, message.stream)
        where = {"log-group": message.group, "log-stream": message.stream}
        unknown = sum(a.get("security-group-ids") == [UNKNOWN] for a in added)
        unread = sum(r is None for r in records) if self.formats else 0
        _log.info(
            "%d events of %s %s; %d fit no format, %d of unknown interfaces",
            len(events),
            message.group,
            message.stream,
            unread,
            unknown,
        )
        return [
            line(self.settings.form, event, record, more | where)
            for event, record, more in zip(events, records, added, strict=True)
        ]


@cache
def collector() -> Collector:
    """The container's collector, made at its first call.

    Raises:
        SettingsError: A parameter of the stack cannot be used.
    """
    return Collector.start(Settings.read(os.environ))


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Take what CloudWatch Logs sends, or failed events from the dead-letter queue.

    Args:
        event: A subscription's message, or SQS messages that hold such events.
        context: Lambda's, not needed.

    Returns:
        The keys written; for SQS, the messages to keep in the queue.
    """
    if not is_from_queue(event):
        return {"objects": collector().collect(event)}
    kept = []
    for record in event["Records"]:
        try:
            collector().collect(failed_event(record["body"]))
        # One event that fails for whatever reason must not hold the others back; it stays in the
        # queue, and the alarm stays on.
        except Exception:
            _log.exception("The message %s stays in the queue.", record["messageId"])
            kept.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": kept}
