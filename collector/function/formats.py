"""Which field stands where in the lines of a log group; CloudWatch Logs itself does not tell."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Fields = tuple[str, ...]
Record = dict[str, str]

DEFAULT_FIELDS: Fields = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start", "end", "action", "log-status",
)  # fmt: skip
NONE = "-"

# A flow log never changes its format, but another one may begin to write to the group.
FORMATS_LAST = 600.0
# Lines that fit no known format make us ask again, no more often than this.
ASK_AGAIN = 60.0

_log = logging.getLogger(__name__)

# Enough to tell apart formats of equal length, and a format that is not the lines' own.
_NUMBER, _ADDRESS = r"\d+", r"[0-9a-fA-F]*[.:][0-9a-fA-F.:]*"
_SHAPES = {
    name: re.compile(shape).fullmatch
    for name, shape in {
        "version": r"\d{1,2}",
        "account-id": r"\d{11,12}|unknown",
        "interface-id": r"eni-[0-9a-f]+",
        "log-status": "OK|NODATA|SKIPDATA",
        "action": "ACCEPT|REJECT",
        "flow-direction": "ingress|egress",
        "start": r"\d{10}|\d{13}",
        "end": r"\d{10}|\d{13}",
        **dict.fromkeys(("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"), _ADDRESS),
        **dict.fromkeys(("srcport", "dstport", "protocol", "packets", "bytes"), _NUMBER),
    }.items()
}


def parse_format(text: str) -> Fields:
    """Fields of a format as AWS writes it (`${version} ${account-id}`), or of plain names.

    Raises:
        ValueError: One of the names is none.

    >>> parse_format("${version} ${srcaddr}")
    ('version', 'srcaddr')
    """
    names = tuple(word.strip("${}") for word in text.replace(",", " ").split())
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(
                f"FlowLogFields holds '{name}', which is no field. "
                "Write the flow log's LogFormat, such as '${version} ${account-id}'."
            )
    return names


class Formats:
    """The formats of the lines of log groups.

    Args:
        ec2: A boto3 client; None if the format is given.
        given: The format, if the stack's owner says which it is.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        ec2: Any,
        given: Fields | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ec2 = ec2
        self._given = given
        self._clock = clock
        self._known: dict[str, tuple[float, tuple[Fields, ...]]] = {}

    def records(self, group: str, lines: list[str]) -> list[Record | None]:
        """The record of each line; None for a line that no format of the group fits.

        A record holds the fields that have a value. A line that two formats read differently
        fits none.

        Raises:
            ClientError, BotoCoreError: DescribeFlowLogs failed, and never answered before.
        """
        formats = self._of(group, FORMATS_LAST)
        found = [read(line, formats) for line in lines]
        if self._given is None and None in found:
            newer = self._of(group, ASK_AGAIN)
            if newer != formats:
                return [read(line, newer) for line in lines]
        return found

    def _of(self, group: str, at_most: float) -> tuple[Fields, ...]:
        """The group's formats, as they were known at most `at_most` seconds ago."""
        if self._given is not None:
            return (self._given,)
        now = self._clock()
        asked, formats = self._known.get(group, (-at_most, ()))
        if now - asked >= at_most or not formats:
            try:
                # Flow logs that are gone leave lines that are still on their way.
                formats = tuple(dict.fromkeys((*self._ask(group), *formats)))
            except (ClientError, BotoCoreError) as error:
                if not formats:
                    raise
                _log.warning("Formats are those of an earlier answer: %s", error)
            self._known[group] = now, formats
        return formats

    def _ask(self, group: str) -> tuple[Fields, ...]:
        pages = self._ec2.get_paginator("describe_flow_logs").paginate(
            Filters=[{"Name": "log-group-name", "Values": [group]}]
        )
        texts = [log.get("LogFormat", "") for page in pages for log in page["FlowLogs"]]
        # Nothing is found for a group that gets its lines from another account.
        return tuple(parse_format(text) for text in texts if text) or (DEFAULT_FIELDS,)


def read(line: str, formats: tuple[Fields, ...]) -> Record | None:
    """The record that the line is in the one of the formats that fits it, or None."""
    words = line.split()
    readings: list[Record] = []
    for fields in formats:
        if len(fields) == len(words):
            record = {n: w for n, w in zip(fields, words, strict=True) if w != NONE}
            if _fits(record) and record not in readings:
                readings.append(record)
    return readings[0] if len(readings) == 1 else None


def _fits(record: Record) -> bool:
    return all(shape(record[name]) for name, shape in _SHAPES.items() if name in record)
