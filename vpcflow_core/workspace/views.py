"""Saved views: a page with range, filters and parameters under a name, for oneself or for all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from vpcflow_core.errors import ParameterError, StoreError
from vpcflow_core.redaction import holds_secret
from vpcflow_core.workspace import shared_list

NAME = "views.json"
MOST = 2_000
LONGEST = {"name": 80, "description": 400, "query": 4_000}


@dataclass(frozen=True, slots=True)
class View:
    """A page as somebody left it.

    Attributes:
        name: What it is called; one person's, and those for all, each have a name once.
        page: Path of the page; "" for the first one.
        query: Parameters of its address.
        description: What it is good for.
        owner: Who saved it; "" without sign-in.
        for_all: Whether others see it.
    """

    name: str
    page: str
    query: str
    description: str = ""
    owner: str = ""
    for_all: bool = False


def views(store: Path, owner: str) -> list[View]:
    """Those of a person and those for all, by name.

    Raises:
        StoreError: The list is damaged.
    """
    seen = [view for view in _all(store) if view.for_all or view.owner == owner]
    return sorted(seen, key=lambda view: (view.name.lower(), not view.for_all))


def save(store: Path, view: View) -> None:
    """Save a view; an earlier one of the same person and name gives way.

    Raises:
        ParameterError: It has no name, is too long, holds a secret, or another person's view for
            all has its name.
        StoreError: The list is damaged or full.
    """
    if not view.name.strip():
        raise ParameterError("A view needs a name.")
    for part, longest in LONGEST.items():
        if len(getattr(view, part)) > longest:
            raise ParameterError(f"The {part} of a view has {longest:,} characters at most.")
    if any(holds_secret(text) for text in (view.name, view.description, view.query)):
        raise ParameterError("A view must not hold a password, key or token.")
    with shared_list.changing(store / NAME) as entries:
        found = _read(store, entries)
        others = [one for one in found if (one.owner, one.name) != (view.owner, view.name)]
        if view.for_all and any(one.for_all and one.name == view.name for one in others):
            raise ParameterError(f"There is a view '{view.name}' for all already: choose another.")
        if len(others) >= MOST:
            raise StoreError(f"There are {MOST:,} saved views.", "Remove some first.")
        entries[:] = [asdict(one) for one in (*others, view)]


def remove(store: Path, view: View) -> None:
    """Remove a view; no error if it is gone.

    Raises:
        StoreError: The list is damaged.
    """
    with shared_list.changing(store / NAME) as entries:
        entries[:] = [asdict(one) for one in _read(store, entries) if one != view]


def _all(store: Path) -> list[View]:
    return _read(store, shared_list.read(store / NAME))


def _read(store: Path, entries: list[dict[str, object]]) -> list[View]:
    try:
        return [View(**entry) for entry in entries]  # type: ignore[arg-type]
    except TypeError:
        raise StoreError(f"{store / NAME} is damaged.", "Mend or delete it.") from None
