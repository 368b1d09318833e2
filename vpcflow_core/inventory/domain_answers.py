"""What Route 53 Resolver query logs say: which name had which address, for whom and when.

JSON lines, plain or gzip, each alone or as the message of an event of CloudWatch Logs. Lines are
read one by one, so that a file takes no more memory than its longest line.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from ipaddress import ip_address
from typing import Any

# A file of AWS's holds some minutes of one VPC, an hour of a log group some ten MB.
MOST_BYTES = 1 << 30
LONGEST_LINE = 64 << 20
_ADDRESSES = ("A", "AAAA")
# Names as DNS has them, with what is seen beside letters and digits.
_NAME = re.compile(r"(?!\.)[\w.*-]{1,253}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """A name had an address, as a client was answered.

    Attributes:
        account, vpc: Where it was asked.
        client: Address of who asked.
        address: What the answer gave.
        name: What was asked for, in lower case without the last dot: not what it is an alias of.
        at: When, UTC.
    """

    account: str
    vpc: str
    client: str
    address: str
    name: str
    at: datetime


def read_answers(data: bytes, malformed: Callable[[int], None]) -> Iterator[Answer]:
    """The answers of a file; lines of failed queries and of other types give none.

    Args:
        data: The file, as it is stored.
        malformed: Called with the number of each line that is no line of such a log; the rest of a
            damaged file is one line.
    """
    number = 0
    try:
        for number, line in _lines(data):
            try:
                for entry in _entries(line):
                    yield from _answers(entry)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                malformed(number)
    except (OSError, EOFError, zlib.error):
        malformed(number + 1)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not empty.

    Raises:
        OSError: The file is damaged, or has more than is read.
    """
    packed = data[:2] == b"\x1f\x8b"
    file: Any = gzip.GzipFile(fileobj=BytesIO(data)) if packed else BytesIO(data)
    read = number = 0
    while line := file.readline(LONGEST_LINE):
        read, number = read + len(line), number + 1
        if read > MOST_BYTES:
            raise OSError("too long")
        if line.strip():
            yield number, line


def _entries(line: bytes) -> Iterator[dict[str, Any]]:
    """The log's own lines in a line: itself, what follows a time, or the messages of events."""
    text = line.decode("utf-8-sig")
    found = json.loads(text[text.index("{") :])
    if "query_name" in found:
        yield found
        return
    for event in found.get("events", [found]):
        yield json.loads(event["message"])


def _answers(entry: dict[str, Any]) -> Iterator[Answer]:
    name = entry["query_name"].rstrip(".").lower()
    at = datetime.fromisoformat(entry["query_timestamp"]).astimezone(UTC).replace(microsecond=0)
    client, vpc = str(ip_address(entry["srcaddr"])), entry["vpc_id"]
    if not isinstance(vpc, str):
        raise TypeError(vpc)
    account = str(entry.get("account_id", ""))
    if entry.get("rcode", "NOERROR") != "NOERROR" or not _NAME.fullmatch(name):
        return
    for answer in entry.get("answers") or ():
        if answer.get("Type") in _ADDRESSES and answer.get("Class", "IN") == "IN":
            address = ip_address(answer["Rdata"])
            if not (address.is_unspecified or address.is_loopback):
                yield Answer(account, vpc, client, str(address), name, at)
