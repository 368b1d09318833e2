"""From a log file of CloudTrail to the changes of networks in it.

The form: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vpcflow_core.changes.events import EVENTS, NEEDS
from vpcflow_core.changes.sentences import note_text, what, who

# CloudTrail ends a file at 50 MB.
LARGEST = 64 << 20
_GZIP = b"\x1f\x8b"
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A change of a network.

    Attributes:
        at: When, UTC.
        text: What and who, at most 200 characters.
        account: Of what was changed.
        event: Its id, the same in all trails.
    """

    at: datetime
    text: str
    account: str
    event: str


@dataclass(slots=True)
class Read:
    """What a file held.

    Attributes:
        changes: Changes of networks.
        records: All records in it.
        malformed: Records, or whole files, that could not be read, by reason.
    """

    changes: list[Change] = field(default_factory=list)
    records: int = 0
    malformed: Counter[str] = field(default_factory=Counter)


def read(content: bytes) -> Read:
    """The network changes of one file, `{"Records": [...]}`, plain or gzip."""
    found = Read()
    try:
        records = json.loads(_unpacked(content))["Records"]
    except (EOFError, OSError, zlib.error):
        found.malformed["the file is damaged gzip"] += 1
    except _TooLargeError:
        found.malformed[f"the file is larger than {LARGEST >> 20} MB"] += 1
    except (ValueError, KeyError, TypeError, RecursionError):
        found.malformed["the file is no list of CloudTrail records"] += 1
    else:
        for record in records if isinstance(records, list) else ():
            _add(found, record)
    return found


def _add(found: Read, record: Any) -> None:
    found.records += 1
    if not isinstance(record, Mapping) or not isinstance(record.get("eventName"), str):
        found.malformed["a record without eventName"] += 1
        return
    name = record["eventName"]
    phrase = EVENTS.get(str(record.get("eventSource")), {}).get(name)
    # A request that was refused, or a dry run, changed nothing.
    if phrase is None or record.get("errorCode") or not _is_of_network(name, record):
        return
    try:
        found.changes.append(_change(phrase, record))
    except (ValueError, TypeError, KeyError):
        found.malformed["a record without eventTime, eventID or account"] += 1


def _change(phrase: str, record: Mapping[str, Any]) -> Change:
    account, event = str(record["recipientAccountId"]), record["eventID"]
    if not _ACCOUNT.fullmatch(account) or not isinstance(event, str) or not event:
        raise ValueError(account)
    changed = what(phrase, record.get("requestParameters"), record.get("responseElements"))
    at = datetime.fromisoformat(record["eventTime"])
    text = note_text(changed, who(record.get("userIdentity")))
    return Change(at.astimezone(UTC).replace(microsecond=0), text, account, event[:64])


def _is_of_network(name: str, record: Mapping[str, Any]) -> bool:
    needed = NEEDS.get(name)
    asked = record.get("requestParameters")
    return needed is None or (isinstance(asked, Mapping) and bool(needed & set(asked)))


def _unpacked(content: bytes) -> bytes:
    if content[:2] != _GZIP:
        plain = content
    else:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(LARGEST + 1)
    if len(plain) > LARGEST:
        raise _TooLargeError
    return plain


class _TooLargeError(Exception):
    """A file that CloudTrail did not write."""
