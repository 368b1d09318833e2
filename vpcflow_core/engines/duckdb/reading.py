"""What an engine reads: the files of a store, of which sources, counted how."""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field

from vpcflow_core.engines.base import HasDamage, HasRepeats
from vpcflow_core.engines.duckdb.damage import damage_of, error_of
from vpcflow_core.engines.duckdb.files import FileCatalogue
from vpcflow_core.engines.duckdb.settled import SettledCache
from vpcflow_core.engines.interfaces.cache import InventoryCache, days_of
from vpcflow_core.errors import StoreError
from vpcflow_core.query.ends import ENDS
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window


@dataclass(frozen=True, slots=True)
class Reading:
    """A store, as an engine reads it.

    Attributes:
        store: Whose files are read.
        sources: URLs of the sources that count; None: all.
        inventory: What is known of their interfaces.
        is_once: Whether `flows` lacks the receiver's copy of what its sender logged too.
        settled: What is known of ends whatever the record, for questions that are asked again.
    """

    store: FileCatalogue
    sources: tuple[str, ...] | None
    inventory: InventoryCache
    is_once: bool = False
    settled: SettledCache = field(default_factory=SettledCache)

    def columns(self, relation: str) -> tuple[str, ...]:
        """The columns that some record of the relation has."""
        return self.store.columns(relation, self.sources)

    def files(self, relation: str, window: Window | None) -> list[StoreFile]:
        """The files of a window, as the ledger lists them now."""
        return self.store.files(relation, window, self.sources)

    def whole_files(self, relation: str, window: Window | None) -> list[StoreFile]:
        """The files of a window, to be read.

        Raises:
            StoreError: Some are missing or damaged: an answer would lack their records.
        """
        files = self.files(relation, window)
        lost = self.store.unreadable(files) if isinstance(self.store, HasDamage) else []
        if lost:
            raise error_of(lost)
        return files

    def rows(self, window: Window | None) -> int:
        """The records of flows in the files of a window."""
        return sum(file.rows for file in self.files("flows", window))

    def damage(self, window: Window | None) -> StoreError | None:
        """What is lost with missing or damaged files of the window; None if all are well."""
        lost = [
            file
            for name in ("records", "transit_records")
            for file in damage_of(self.store.files(name, window, self.sources))
        ]
        if lost and isinstance(self.store, HasDamage):
            with suppress(StoreError):  # the ledger may be read-only
                self.store.suspect(lost)
        return error_of(lost) if lost else None

    def names_for(self, columns: Set[str]) -> Hashable:
        """What names in these columns depend on besides the store; None where there are none."""
        return None if columns.isdisjoint(ENDS) else self.inventory.naming.version

    def state(self) -> tuple[Hashable, ...]:
        """What changes when any answer may change."""
        return (self.store.generation(), self.store.snapshot_count(), self.sources, self.is_once)

    def state_of(self, relations: Sequence[str], window: Window) -> tuple[object, ...]:
        """What changes when an answer about whole days may change: their files above all."""
        days = days_of(window)
        left_out = self.store.left_out(days) if isinstance(self.store, HasRepeats) else ()
        return (
            self.store.scope,
            self.sources,
            self.store.snapshot_count(),
            self.is_once,
            left_out,
            window,
            *(file.path.name for name in sorted(relations) for file in self.files(name, days)),
        )
