"""Notes on the time axis: deploys, incidents and changes, which every chart over time shows."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from vpcflow_core.changes import kept as network_changes
from vpcflow_core.errors import ParameterError, StoreError, VpcflowError, closest
from vpcflow_core.ranges import parse_moment
from vpcflow_core.redaction import holds_secret
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.times import Window, format_instant
from vpcflow_core.workspace import shared_list

NAME = "notes.json"
MOST = 20_000
LONGEST = 200
Written = Literal["deploy", "incident", "change", "note"]
# Those that people and pipelines write; `network` are changes that CloudTrail logged.
KINDS: tuple[Written, ...] = get_args(Written)
Kind = Literal[Written, "network"]


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something that happened.

    Attributes:
        at: When, UTC.
        text: What.
        kind: Which kind of thing.
        account: The only account whose viewers see it; "" for everyone.
        owner: Who noted it; "" without sign-in.
    """

    at: datetime
    text: str
    kind: Kind = "note"
    account: str = ""
    owner: str = ""


def notes(store: Path, window: Window | None = None, scope: Scope = EVERYTHING) -> list[Note]:
    """What was noted, and what CloudTrail logged, the oldest first.

    Args:
        store: Folder of the store.
        window: Only what lies in it.
        scope: Only what is for everyone, or of an account in it.

    Raises:
        StoreError: The list is damaged.
    """
    found = _read(store, shared_list.read(store / NAME))
    inside = (note for note in found if window is None or window.start <= note.at < window.end)
    seen = [note for note in inside if _is_seen(note, scope)]
    return sorted([*seen, *_network_changes(store, window, scope)])


def _network_changes(store: Path, window: Window | None, scope: Scope) -> list[Note]:
    """Of accounts that are named or all seen; who sees some sources alone sees none of them."""
    if any(part.accounts is None and part.sources is None for part in scope.parts):
        accounts = None
    else:
        accounts = {name for part in scope.parts for name in part.accounts or ()}
    changes = network_changes.changes(store, window, accounts)
    return [Note(each.at, each.text, "network", each.account) for each in changes]


def add(store: Path, new: Iterable[Note]) -> int:
    """Add notes; those that are there already are not added again. Gives how many were new.

    Raises:
        ParameterError: A note is empty, too long, of no kind, or holds a secret.
        StoreError: The list is damaged or full.
    """
    new = list(new)
    for note in new:
        _check(note)
    with shared_list.changing(store / NAME) as entries:
        known = _read(store, entries)
        added = sorted(set(new) - set(known))
        if len(known) + len(added) > MOST:
            raise StoreError(f"A store has {MOST:,} notes at most.", "Remove old ones first.")
        entries[:] = [_plain(note) for note in sorted([*known, *added])]
    return len(added)


def remove(store: Path, gone: Note) -> None:
    """Remove a note; no error if it is gone.

    Raises:
        StoreError: The list is damaged.
    """
    with shared_list.changing(store / NAME) as entries:
        entries[:] = [_plain(note) for note in _read(store, entries) if note != gone]


def from_csv(path: Path) -> list[Note]:
    """Notes of a CSV file with the columns `time` and `text`, and perhaps `kind` and `account`.

    Raises:
        ParameterError: A line cannot be read; says which.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if not {"time", "text"} <= set(rows.fieldnames or ()):
                raise ParameterError(f"{path} needs the columns time and text.")
            return [_row(path, rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ParameterError(f"{path} cannot be read: {error}.") from None


def made(time: str, text: str, kind: str = "note", account: str = "", owner: str = "") -> Note:
    """A note from what people write.

    Raises:
        ParameterError: It cannot be one.
        TimeError: The time cannot be read.
    """
    at = parse_moment(time, datetime.now(UTC)).replace(microsecond=0)
    note = Note(at, text.strip(), kind or "note", account, owner)  # type: ignore[arg-type]
    _check(note)
    return note


def _row(path: Path, line: int, row: dict[str, Any]) -> Note:
    names = ("time", "text", "kind", "account")
    try:
        return made(*((row.get(name) or "").strip() for name in names))
    except VpcflowError as error:
        raise ParameterError(f"{path}, line {line}: {error.what}", error.next_step) from None


def _check(note: Note) -> None:
    if not note.text or len(note.text) > LONGEST:
        raise ParameterError(f"A note has 1 to {LONGEST} characters.")
    if note.kind not in KINDS:
        raise ParameterError(
            f"'{note.kind}' is no kind of note.",
            f"{closest(note.kind, KINDS)}  There are: {', '.join(KINDS)}".strip(),
        )
    if holds_secret(note.text):
        raise ParameterError("A note must not hold a password, key or token.")


def _is_seen(note: Note, scope: Scope) -> bool:
    if not note.account or scope == EVERYTHING:
        return True
    return any(part.accounts is None or note.account in part.accounts for part in scope.parts)


def _plain(note: Note) -> dict[str, str]:
    rest = {"text": note.text, "kind": note.kind, "account": note.account, "owner": note.owner}
    return {"time": format_instant(note.at), **rest}


def _read(store: Path, entries: list[dict[str, Any]]) -> list[Note]:
    try:
        return [made(**entry) for entry in entries]
    except (TypeError, VpcflowError):
        raise StoreError(f"{store / NAME} is damaged.", "Mend or delete it.") from None
