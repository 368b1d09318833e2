"""The store as readers see it.

A store is a folder: `ledger.sqlite`, `writer.lock`, and `files/PART/DAY/NAME.parquet`. Only files
that the ledger lists count. A file that compaction or retention replaced leaves the ledger at once
and the disk ten minutes later at the earliest (`writer.GRACE`), so a list of files stays readable
for that long after `Store.files` gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa

from vpcflow_core.coverage import Coverage, coverage_of
from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.inventory.domain_answers import Answer
from vpcflow_core.inventory.tables import TABLES, Kind, Snapshot
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.store import covering, listed, repeats, snapshots, state
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.damage import Damage, damage, unreadable
from vpcflow_core.store.deliveries import Delivery, deliveries
from vpcflow_core.store.domains import DomainNames
from vpcflow_core.store.folder import is_store, make_folder
from vpcflow_core.store.ledger import Ledger
from vpcflow_core.store.repeats import Repeated, Span
from vpcflow_core.store.scoped import ScopedStore
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.times import Window


class Store:
    """An open store; cheap to open, safe to share between threads.

    Attributes:
        path: Its folder, absolute.
        ledger: Its ledger, for the writer.
        scope: What of it may be seen: all.
    """

    scope = EVERYTHING

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self.ledger = ledger
        self._known: dict[Kind, tuple[int, pd.DataFrame]] = {}
        self._knowing = Lock()
        self._covered: dict[tuple[str, ...] | None, tuple[int, Coverage]] = {}

    @staticmethod
    def open(path: str | Path, *, create: bool = True) -> Store:
        """The store in that folder.

        Args:
            path: The folder; `~` is the home folder.
            create: Make an empty store where there is none.

        Raises:
            StoreError: There is none, the folder holds something else, or it cannot be used.
        """
        folder = Path(path).expanduser().absolute()
        if not is_store(folder):
            make_folder(folder, create)
        return Store(folder, Ledger(folder))

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def within(self, scope: Scope) -> ScopedStore:
        """What there is within a scope."""
        return ScopedStore(self, scope)

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        """The files that make up a relation, by the start of their records; one snapshot.

        Args:
            relation: A key of `RELATIONS`.
            window: Leave out files without a `start_time` inside.
            sources: URLs; None: all.

        Raises:
            ParameterError: No such relation.
        """
        return listed.files(self.path, self.ledger, relation, window, sources)

    def files_of(self, source: str) -> list[StoreFile]:
        """All files of a source, whatever they hold; by the start of their records."""
        return listed.files_of(self.path, self.ledger, source)

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """Every column that some file of the relation has, in the field table's order."""
        return listed.columns(self.ledger, relation, sources)

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        """From the first to just after the last `start_time`; None without records.

        Records whose start cannot be do not count. `coverage` also says what is missing between.

        Args:
            relation: A key of `RELATIONS`.
            sources: URLs; None: all.
            until: Leave out records that start then or later; None: none.
        """
        return listed.extent(self.path, self.ledger, relation, sources, until)

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        """What is known of when, of these sources (of all if None).

        Made once a generation. The first time of a store of an earlier version, the times of all
        its records are read.
        """
        key = None if sources is None else tuple(sources)
        generation = self.generation()
        if self._covered.get(key, (None,))[0] != generation:
            covering.complete(self.path, self.ledger)
            # Asked before reading: what is kept is never older than its number.
            generation = self.generation()
            self._covered[key] = generation, coverage_of(covering.read(self.ledger, sources))
        return self._covered[key][1]

    def generation(self) -> int:
        """Grows with every commit: answers of one generation may be cached."""
        return int(self.ledger.value("SELECT value FROM meta WHERE key = 'generation'"))

    def sources(self) -> list[SourceState]:
        """What the store holds of each source, by URL."""
        return state.sources(self.ledger)

    def repeated(self) -> list[Repeated]:
        """Which flow logs log the same traffic as others, and which of them totals use."""
        return repeats.summary(self.ledger)

    def deliveries(self, window: Window, sources: Sequence[str] | None = None) -> list[Delivery]:
        """What each flow log delivered in the hours that a window touches; of all if None."""
        covering.complete(self.path, self.ledger)
        return deliveries(self.ledger, window, sources)

    def left_out(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Span]:
        """What `flows` leaves out since another flow log has it; see `repeats.spans`."""
        return repeats.spans(self.ledger, window, sources)

    def damage(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Damage]:
        """What the store should have and has not, since files of it are missing or damaged.

        Args:
            window: Days that it does not touch are left out; None: of all time.
            sources: URLs; None: all.
        """
        return damage(self.path, self.ledger, window, sources)

    def unreadable(self, files: Iterable[StoreFile]) -> list[StoreFile]:
        """Those of the files that are missing or known to be damaged."""
        files = list(files)
        bad = unreadable(self.path, self.ledger, ((file.path, file.size) for file in files))
        return [file for file in files if file.path in bad]

    def suspect(self, files: Iterable[StoreFile]) -> None:
        """Have the next sync look at files that could not be read."""
        paths = [(file.path.relative_to(self.path).as_posix(),) for file in files]
        with self.ledger.transaction() as change:
            change.executemany("INSERT OR IGNORE INTO suspects VALUES (?)", paths)

    def places(self, source: str) -> list[tuple[str, str]]:
        """Accounts and regions that a source's newest objects are named after; "" if by none.

        Args:
            source: URL of the source.
        """
        return state.places(self.ledger, source)

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        """The objects that a person should look at, latest loaded first, copies last.

        Args:
            source: URL of the source; None: all.
            limit: How many at most.
        """
        return state.reports(self.ledger, source, limit)

    def remember(self, snapshot: Snapshot) -> None:
        """Add a snapshot to what is known of the network; see `snapshots.remember`."""
        snapshots.remember(self.ledger, snapshot)

    def known(self, kind: Kind) -> pd.DataFrame:
        """Every shape of every thing of that kind that a snapshot showed; see `snapshots.known`.

        Raises:
            ParameterError: No such kind.
        """
        if kind not in TABLES:
            raise ParameterError(
                f"'{kind}' is nothing that snapshots know.",
                f"{closest(kind, TABLES)}  There are: {', '.join(TABLES)}".strip(),
            )
        with self._knowing:
            # Asked before reading: what is kept is never older than its number.
            number = self.snapshot_count()
            if self._known.get(kind, (None,))[0] != number:
                self._known[kind] = (number, snapshots.known(self.ledger, kind))
            return self._known[kind][1].copy()

    def snapshot_count(self) -> int:
        """Grows with every snapshot: what is known of one number may be cached."""
        return snapshots.count(self.ledger)

    @property
    def domains(self) -> DomainNames:
        """Names by DNS that are kept beside the records."""
        return DomainNames(self.path)

    def has_domains(self) -> bool:
        """Whether names by DNS are known."""
        return bool(self.domains)

    def domain_answers(self, window: Window | None, before: timedelta) -> pa.Table:
        """Names by DNS of a window, or not longer than `before` before it."""
        return self.domains.read(window, before)

    def remember_domains(
        self,
        answers: Iterable[Answer],
        objects: Iterable[tuple[str, str]],
        keep_from: datetime | None = None,
    ) -> None:
        """Add names by DNS; see `DomainNames.add`. What is known of the network is new then."""
        self.domains.add(answers, objects, keep_from)
        snapshots.note_change(self.ledger)

    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that may not be seen: of the whole store, none."""
        return ()

    def snapshots(self) -> list[SnapshotState]:
        """The newest snapshot of each account and region."""
        return snapshots.snapshots(self.ledger)
