"""What people decided about findings: acknowledged or muted, why, and when; kept with the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from vpcflow_core.errors import ParameterError, SettingsError
from vpcflow_core.store.store import Store
from vpcflow_core.workspace import shared_file

FILE = "findings.json"
MOST_TEXT = 500
Kind = Literal["acknowledged", "muted"]


@dataclass(frozen=True, slots=True)
class Review:
    """One decision.

    Attributes:
        kind: `acknowledged`: this incident alone is done with, a later one is not; `muted`: those
            of this detection and key are not shown any more.
        reason: Why, in the words of whoever decided.
        at: When, UTC.
    """

    kind: Kind
    reason: str
    at: datetime

    def holds_for(self, since: datetime) -> bool:
        """Whether it is about an incident that began then."""
        return self.kind == "muted" or since <= self.at


def reviews(store: Path) -> dict[str, Review]:
    """The decisions by id of their incidents.

    Raises:
        SettingsError: The file is damaged.
    """
    path = store / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            key: Review(each["kind"], each["reason"], datetime.fromisoformat(each["at"]))
            for key, each in entries.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingsError(
            f"The decisions about findings, {path}, cannot be read: {error}.", "Mend or delete it."
        ) from None


def review(store: Path, incident: str, kind: Kind, reason: str) -> None:
    """Note a decision about an incident.

    Raises:
        ParameterError: There is no reason, or it is too long.
    """
    text = " ".join(reason.split())
    if not text or len(text) > MOST_TEXT:
        raise ParameterError(
            "A decision about a finding needs a reason.", f"Write 1 to {MOST_TEXT} characters."
        )
    with _changing(store) as entries:
        entries[incident] = Review(kind, text, datetime.now(UTC))


def withdraw(store: Path, incident: str) -> None:
    """Forget the decision about an incident; no error if there is none."""
    with _changing(store) as entries:
        entries.pop(incident, None)


@contextmanager
def _changing(store: Path) -> Iterator[dict[str, Review]]:
    """The decisions, to be changed inside; written whole afterwards, one process at a time."""
    Store.open(store).close()  # makes the folder where there is none
    with shared_file.changing(store / FILE) as write:
        entries = reviews(store)
        yield entries
        write(json.dumps(_plain(entries), indent=1) + "\n")


def _plain(entries: Mapping[str, Review]) -> dict[str, dict[str, str]]:
    return {key: {**asdict(each), "at": each.at.isoformat()} for key, each in entries.items()}
