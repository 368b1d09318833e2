"""Objects in S3: how they are named, so that the reader finds them and a retry overwrites them."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from collector.function.subscription import Event, Message

LEVEL = 6
_HASH_DIGITS = 32
_HOUR_MS = 3_600_000


def by_hour(events: Sequence[Event]) -> Iterator[list[int]]:
    """The places of the events of each hour, since an object lies in the folder of one hour."""

    def hour(place: int) -> int:
        return events[place].timestamp // _HOUR_MS

    for _, places in groupby(sorted(range(len(events)), key=hour), key=hour):
        yield list(places)


def key_of(message: Message, events: Sequence[Event], *, region: str, prefix: str = "") -> str:
    """The key for some events of a message: the same whenever they come again.

    Args:
        message: Where the events came from.
        events: Those of one hour; at least one.
        region: Region of the log group.
        prefix: Empty, or ends with a slash.
    """
    first = datetime.fromtimestamp(min(e.timestamp for e in events) / 1000, UTC)
    group = re.sub(r"[^0-9A-Za-z.-]+", "-", message.group).strip("-")[:80]
    ids = "\n".join((message.group, message.stream, *(event.id for event in events)))
    digest = hashlib.sha256(ids.encode()).hexdigest()[:_HASH_DIGITS]
    return (
        f"{prefix}AWSLogs/{message.owner}/vpcflowlogs/{region}/{first:%Y/%m/%d/%H}/"
        f"{message.owner}_vpcflowlogs_{region}_{group}_{first:%Y%m%dT%H%M}Z_{digest}.json.gz"
    )


def packed(lines: Sequence[str]) -> bytes:
    """The lines as gzip; equal lines give equal bytes, whenever they are packed."""
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), LEVEL, mtime=0)
