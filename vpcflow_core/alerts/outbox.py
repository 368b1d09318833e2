"""What `watch` keeps between runs: up to when it looked, what goes on, and what is to be sent.

One file in a folder of its own for each place that is watched, written whole, flushed to disk and
renamed: a process that is killed at any instant leaves the state before or after, and never loses a
message.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from vpcflow_core.alerts.messages import Message, Row
from vpcflow_core.errors import LockedError, StoreError

FILE = "watch.json"
# Where the states of engines beyond this machine lie, in the store's folder.
ENGINES = "watched-engines"
# Parameters of an engine's URL that say where it is; others say how it is asked.
PLACES = {"region", "profile", "endpoint"}


@dataclass(slots=True)
class Entry:
    """A message that one channel has not got yet, and how often it was tried."""

    channel: str
    message: Message
    tries: int = 0


@dataclass(slots=True)
class State:
    """What is kept.

    Attributes:
        until: Up to when the logs were looked at; None: never.
        going: By rule and detection (`rule/slug`), incidents that have not ended; see
            `messages.advance`.
        outbox: What is to be sent, the oldest first.
        reports: End of the time of the last report, by name (ISO 8601).
        later: Until when a receiver wants nothing, by channel.
    """

    until: datetime | None = None
    going: dict[str, dict[str, Row]] = field(default_factory=dict)
    outbox: list[Entry] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)
    later: dict[str, datetime] = field(default_factory=dict)


def state_folder(store: Path, engine_url: str = "") -> Path:
    """Where the state lies of what is watched: a store and each engine have one of their own.

    Args:
        store: The store's folder.
        engine_url: URL of the engine beyond this machine that is watched; "" for the store.
    """
    if not engine_url:
        return store
    at = urlsplit(engine_url)
    place = sorted(pair for pair in parse_qsl(at.query) if pair[0] in PLACES)
    named = json.dumps([at.scheme.lower(), at.netloc.rpartition("@")[2].lower(), at.path, place])
    return store / ENGINES / hashlib.sha256(named.encode()).hexdigest()[:16]


@contextmanager
def kept(folder: Path) -> Iterator[State]:
    """The state, to be changed inside and saved by `save`; one process at a time.

    Raises:
        LockedError: Another `watch` of the same runs.
        StoreError: The file is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{FILE}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LockedError("Another vpcflow watch uses this store.", "Wait for it.") from None
        yield read(folder)


def save(folder: Path, state: State) -> None:
    """Write the state, so that it is on disk when this returns."""
    entries = [
        {"channel": e.channel, "tries": e.tries, "message": e.message.as_dict()}
        for e in state.outbox
    ]
    kept = {
        "until": state.until.isoformat() if state.until else None,
        "going": state.going,
        "outbox": entries,
        "reports": state.reports,
        "later": {channel: at.isoformat() for channel, at in state.later.items()},
    }
    beside = folder / f"{FILE}.new"
    with beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(kept))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / FILE)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path) -> State:
    """The state, only to be looked at.

    Raises:
        StoreError: The file is damaged.
    """
    path = folder / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        entries = [Entry(**{**e, "message": Message(**e["message"])}) for e in found["outbox"]]
        until = datetime.fromisoformat(found["until"]) if found["until"] else None
        later = {name: datetime.fromisoformat(at) for name, at in found.get("later", {}).items()}
        return State(until, found["going"], entries, found.get("reports", {}), later)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} cannot be read: {error}.", "Delete it to begin anew.") from None
