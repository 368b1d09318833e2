"""A store as somebody sees it who may not see all of it: the catalogue of a scope.

Records are kept apart by the engine, which asks for `scope` with each file. What is here keeps
apart all that is known without reading records: sources, counts, times, reports, snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from vpcflow_core.coverage import Coverage, coverage_of
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.scope import Scope
from vpcflow_core.store import covering
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.damage import Damage
from vpcflow_core.store.deliveries import Delivery
from vpcflow_core.store.repeats import Repeated, Span
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.store.store import Store

# The account of each flow log, named as the ledger's hours name it (`covering.flow_log_of`).
_ACCOUNTS = """
    SELECT DISTINCT url, flow_log_id, account, region
    FROM objects JOIN sources ON source = sources.id
"""
_COUNTS = """
    SELECT count(*), total(records), total(nodata), total(skipdata), total(malformed),
        total(size), total(state NOT IN ('loaded', 'copy')), total(state = 'copy')
    FROM objects JOIN sources ON source = sources.id WHERE url = ? AND account IN ({marks})
"""


class ScopedStore:
    """A store's catalogue without what lies outside of a scope.

    Args:
        store: The whole store; it stays open when this is closed.
        scope: What may be seen.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self.scope = scope
        self._store = store
        self._coverage: dict[tuple[str, ...], tuple[int, Coverage]] = {}
        self._accounts: tuple[int, list[Any]] = (-1, [])

    @property
    def path(self) -> Path:
        """Folder that holds every file."""
        return self._store.path

    def within(self, scope: Scope) -> ScopedStore:
        """The store within another scope, which the caller may see."""
        return self._store.within(scope)

    def generation(self) -> int:
        """Grows with every commit."""
        return self._store.generation()

    def snapshot_count(self) -> int:
        """Grows with every snapshot."""
        return self._store.snapshot_count()

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        """Files of visible sources; records of other accounts in them are the engine's to drop."""
        return self._store.files(relation, window, self._visible(sources))

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """Every column that some file of a visible source has."""
        return self._store.columns(relation, self._visible(sources))

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        """From the first to just after the last `start_time` before `until`.

        Where accounts are limited, by the hours of their flow logs.
        """
        visible = self._visible(sources)
        if all(map(self.scope.sees_all_of, visible)) or relation.startswith("transit"):
            return self._store.extent(relation, visible, until)
        found = self.coverage(sources).extent
        if found is None or until is None or found.end <= until:
            return found
        return Window(found.start, until) if found.start < until else None

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        """What is known of when, of the flow logs of visible accounts.

        A flow log whose account no name of its objects tells is not left out.
        """
        key, generation = tuple(self._visible(sources)), self.generation()
        if self._coverage.get(key, (None,))[0] != generation:
            covering.complete(self.path, self._store.ledger)
            generation = self.generation()
            hidden = self._hidden(key)
            found = covering.read(self._store.ledger, key)
            made = coverage_of([log for log in found if log.name not in hidden])
            self._coverage[key] = generation, made
        return self._coverage[key][1]

    def sources(self) -> list[SourceState]:
        """The state of visible sources; where accounts are limited, counted by their objects."""
        return [
            state if self.scope.sees_all_of(state.url) else self._limited(state)
            for state in self._store.sources()
            if self.scope.sees(state.url)
        ]

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        """Objects that were not read whole, of sources that are visible whole."""
        wanted = self._visible(None if source is None else [source])
        found = [
            report
            for url in wanted
            if self.scope.sees_all_of(url)
            for report in self._store.reports(url, limit)
        ]
        return found[:limit]

    def known(self, kind: Kind) -> pd.DataFrame:
        """What snapshots showed of visible accounts."""
        found = self._store.known(kind)
        return found[found["account_id"].isin(self._visible_accounts())].reset_index(drop=True)

    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of the VPCs of accounts that are not visible."""
        vpcs = self._store.known("vpcs")
        hidden = vpcs[~vpcs["account_id"].isin(self._visible_accounts())]
        return tuple(sorted({cidr for cidrs in hidden["cidrs"] for cidr in cidrs}))

    def has_domains(self) -> bool:
        """Whether names by DNS are known, possibly of others."""
        return self._store.has_domains()

    def domain_answers(self, window: Window | None, before: timedelta) -> pa.Table:
        """Names by DNS that visible accounts asked for."""
        return self._store.domains.read(window, before, self._visible_accounts())

    def snapshots(self) -> list[SnapshotState]:
        """The newest snapshot of each visible account and region."""
        accounts = self._visible_accounts()
        return [state for state in self._store.snapshots() if state.account_id in accounts]

    def repeated(self) -> list[Repeated]:
        """Which flow logs log the same traffic, where every source is visible whole."""
        whole = all(self.scope.sees_all_of(state.url) for state in self._store.sources())
        return self._store.repeated() if whole else []

    def left_out(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Span]:
        """What `flows` leaves out since another visible flow log has it."""
        return self._store.left_out(window, self._visible(sources))

    def deliveries(self, window: Window, sources: Sequence[str] | None = None) -> list[Delivery]:
        """What each visible flow log delivered; one of no known account is not left out."""
        visible = self._visible(sources)
        hidden = self._hidden(visible)
        found = self._store.deliveries(window, visible)
        return [one for one in found if (one.flow_log or one.source) not in hidden]

    def damage(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Damage]:
        """What visible sources should have and have not."""
        return self._store.damage(window, self._visible(sources))

    def unreadable(self, files: Iterable[StoreFile]) -> list[StoreFile]:
        """Those of the files that are missing or known to be damaged."""
        return self._store.unreadable(files)

    def suspect(self, files: Iterable[StoreFile]) -> None:
        """Note files that could not be read."""
        self._store.suspect(files)

    def close(self) -> None:
        """Nothing: the store belongs to who opened it."""

    def _visible(self, sources: Sequence[str] | None) -> list[str]:
        """Those of the sources, of all if None, of which some record may be seen."""
        asked = [state.url for state in self._store.sources()] if sources is None else sources
        return [url for url in asked if self.scope.sees(url)]

    def _visible_accounts(self) -> set[str]:
        """Accounts that the scope names, and those of sources that are visible whole."""
        named = {one for part in self.scope.parts for one in part.accounts or ()}
        whole = {row["account"] for row in self._objects() if self.scope.sees_all_of(row["url"])}
        return (named | whole) - {""}

    def _hidden(self, sources: Sequence[str]) -> set[str]:
        """Names of flow logs all of whose objects are of accounts that are not visible."""
        rows = [row for row in self._objects() if row["url"] in sources]
        seen: dict[str, bool] = {}
        for row in rows:
            name = row["flow_log_id"] or f"{row['account']} {row['region']}".strip()
            accounts = self.scope.accounts_of(row["url"])
            visible = accounts is None or not row["account"] or row["account"] in accounts
            seen[name] = seen.get(name, False) or visible
        return {name for name, visible in seen.items() if not visible}

    def _objects(self) -> list[Any]:
        """Source, flow log, account and region of the objects there are, each once."""
        generation = self.generation()
        if self._accounts[0] != generation:
            self._accounts = generation, self._store.ledger.rows(_ACCOUNTS)
        return self._accounts[1]

    def _limited(self, state: SourceState) -> SourceState:
        """A source's state, counted by the objects of visible accounts."""
        accounts = self.scope.accounts_of(state.url) or ()
        sql = _COUNTS.format(marks=", ".join("?" * len(accounts)))
        counts = self._store.ledger.rows(sql, [state.url, *accounts])[0]
        objects, records, nodata, skipdata, malformed, size, broken, copies = map(int, counts)
        extent = self.coverage([state.url]).extent
        return replace(
            state,
            objects=objects,
            records=records,
            nodata=nodata,
            skipdata=skipdata,
            malformed=malformed,
            bytes=size,
            broken=broken,
            copies=copies,
            first=extent.start if extent else None,
            last=extent.end if extent else None,
            newest=None,
            internal=0,
            dropped=0,
            outside=0,
            stray=0,
        )
