"""The audit log: who did what when, a JSON object a line, in the store's folder.

`audit.jsonl` is the newest file; full ones become `audit.jsonl.1` (newer) to `.9` and then go, so
that all of them take 100 MB at most. Processes may write at the same time. No secret is written.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from vpcflow_core.plain_text import without_folders
from vpcflow_core.redaction import redacted, redacting_logger
from vpcflow_core.times import format_instant

NAME = "audit.jsonl"
# Bytes after which a new file is begun, and how many older ones are kept.
LARGEST = 10_000_000
KEPT = 9
# Characters of one detail that are written; SQL can be longer.
LONGEST = 10_000

Event = Literal[
    "sign-in", "sign-in-refused", "sign-out", "sql", "download", "sync-started", "sync-stopped",
    "source-added", "source-removed", "inventory-asked", "view-saved",
    "view-removed", "note-added", "note-removed", "finding-acknowledged", "finding-muted",
    "finding-reopened", "refused",
]  # fmt: skip
log = redacting_logger("vpcflow.audit")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something.

    Attributes:
        name: What they are called; "" without sign-in.
        role: What they may do; "" if nothing.
        address: Where their connection comes from.
    """

    name: str
    role: str
    address: str


def record(store: Path, event: Event, actor: Actor, details: Mapping[str, object]) -> None:
    """Write a line. That it cannot be written is logged, and is no error.

    Args:
        store: Folder of the store.
        event: What was done.
        actor: Who did it.
        details: On what; secrets in them are left out.
    """
    now = format_instant(datetime.now(UTC))
    said = {name: _plain(value) for name, value in details.items()}
    entry = {"time": now, "event": event, "who": _plain(actor.name), "role": actor.role}
    line = json.dumps(entry | {"address": actor.address} | said, ensure_ascii=False) + "\n"
    try:
        with (store / f"{NAME}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _rotate(store)
            with (store / NAME).open("a", encoding="utf-8") as file:
                file.write(line)
    except OSError as error:
        log.error("The audit log cannot be written: %s", without_folders(str(error)))


def entries(store: Path) -> Iterator[dict[str, object]]:
    """What was written, the oldest first; a line that was cut off by a crash is left out."""
    for number in range(KEPT, -1, -1):
        path = store / (f"{NAME}.{number}" if number else NAME)
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    with suppress(ValueError):
                        yield json.loads(line)


def _rotate(store: Path) -> None:
    newest = store / NAME
    if not newest.is_file() or newest.stat().st_size < LARGEST:
        return
    for number in range(KEPT, 0, -1):
        older = store / (f"{NAME}.{number - 1}" if number > 1 else NAME)
        if older.is_file():
            older.replace(store / f"{NAME}.{number}")


def _plain(value: object) -> object:
    if isinstance(value, str):
        return redacted(value[:LONGEST])
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
