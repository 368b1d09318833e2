"""Which records somebody may ask about: those of some sources and accounts, or all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Records that may be seen: of these sources, and of these accounts in them.

    Attributes:
        sources: URLs, in order; None: all.
        accounts: Account ids, in order; None: all. A record is of the account that its own field
            `account-id` names; one without it is of none.
    """

    sources: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Records that some part has; equal scopes show the same.

    >>> team = Scope.of([Part(accounts=("222222222222",)), Part(("s3://pay",))])
    >>> team.accounts_of("s3://web"), team.accounts_of("s3://pay")
    (('222222222222',), None)
    >>> Scope.of([Part(), Part(("s3://pay",))]) == EVERYTHING
    True
    """

    parts: tuple[Part, ...]

    @staticmethod
    def of(parts: Iterable[Part]) -> Scope:
        """The scope of these parts; of none: nothing may be seen."""
        ordered = {Part(_ordered(part.sources), _ordered(part.accounts)) for part in parts}
        if Part() in ordered:
            return EVERYTHING
        return Scope(tuple(sorted(ordered, key=repr)))

    def accounts_of(self, source: str) -> tuple[str, ...] | None:
        """The accounts of a source whose records may be seen: None for all, () for none."""
        ours = [part for part in self.parts if part.sources is None or source in part.sources]
        named = [part.accounts for part in ours if part.accounts is not None]
        if len(named) < len(ours):
            return None
        return tuple(sorted({account for accounts in named for account in accounts}))

    def sees(self, source: str) -> bool:
        """Whether some record of a source may be seen."""
        return self.accounts_of(source) != ()

    def sees_all_of(self, source: str) -> bool:
        """Whether every record of a source may be seen."""
        return self.accounts_of(source) is None


def _ordered(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(sorted(set(values)))


EVERYTHING = Scope((Part(),))
