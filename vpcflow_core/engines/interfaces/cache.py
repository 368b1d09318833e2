"""What an engine knows of the network behind its records, gathered when asked for and kept.

Snapshots are read when there is a new one; what is inferred from the log, once a generation of the
store and span of days, of which each day is read once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, TypeVar

import pandas as pd
import pyarrow as pa

from vpcflow_core.engines.base import Ask, CountsSnapshots, HasDomains
from vpcflow_core.engines.interfaces.completion import COMPLETED, knowable
from vpcflow_core.engines.interfaces.domains import (
    EMPTY_DOMAINS,
    OF_DOMAINS,
    VPC_LIFETIME,
    domain_table,
    names_alone,
)
from vpcflow_core.engines.interfaces.ends import (
    EMPTY_OUTSIDE,
    OF_BOOK,
    EndFacts,
    has_no_doubt,
    knowable_ends,
    needs_outside,
    needs_places,
    of_days,
)
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.interfaces.gathering import facts_of, gathered_facts
from vpcflow_core.engines.interfaces.inference import common_addresses
from vpcflow_core.engines.interfaces.outside import outside_table, seen_addresses
from vpcflow_core.engines.interfaces.placed import pairs_of, placed
from vpcflow_core.engines.interfaces.rows import Row
from vpcflow_core.engines.interfaces.snapshot_facts import Keep, SnapshotFacts, newly
from vpcflow_core.inventory.naming import NAMING, Naming
from vpcflow_core.query.ends import ENDS
from vpcflow_core.stopping import holding
from vpcflow_core.times import Window

V = TypeVar("V")
ReadDay: TypeAlias = Callable[[Ask], pd.DataFrame]
# Spans that a page asks about: its own, the same a day and a week before, each with `once`.
KEPT = 12
NAMED, KINDS = ("src_name", "dst_name"), {"src_kind", "dst_kind"}
# Who logged records: VPCs, and interfaces whose records do not name theirs.
_LOGGERS = """
    SELECT DISTINCT vpc_id, CASE WHEN vpc_id IS NULL THEN interface_id END AS other
    FROM ({relation}) r
"""
# Ranges of which what lists say of their addresses is kept: some 100 bytes an address.
KEPT_OUTSIDE = 4
# Days of which the addresses in common are kept: about 300 bytes for each interface of a day.
KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Need:
    """What a question needs to know.

    Attributes:
        days: Whole UTC days that hold its records; None: all.
        sources: URLs of its sources; None: all.
        own: Whether own addresses are used: those in no snapshot are inferred.
        owners: Whether it matters which interfaces logged something.
    """

    days: Window | None
    sources: tuple[str, ...] | None
    own: bool
    owners: bool


@dataclass(frozen=True, slots=True)
class PlainFlows:
    """The flows of some days as they were logged, for what is inferred from them.

    Attributes:
        relation: SQL of all of them.
        days: Reads what those of each day have in common (`common_addresses`), by what makes it
            another day: the names of its files. Empty: they are not known by day.
    """

    relation: str
    days: Mapping[Hashable, ReadDay]


class InventoryCache:
    """Shared by the engines of one database; safe to share between threads.

    Args:
        store: Whose snapshots are used.
        naming: Where names come from besides.
        keep: Keeps which columns snapshots fill, so that not each process reads all of them.
    """

    def __init__(self, store: CountsSnapshots, naming: Naming = NAMING, keep: Keep = newly) -> None:
        self._store = store
        self._keep = keep
        self.naming = naming
        self._snapshots = SnapshotFacts(store, naming.owner_tags, keep)
        self._refreshing = threading.RLock()
        # What needs no look at the log never waits for what does.
        self._kept = {own: _Kept() for own in (False, True)}
        self._common: OrderedDict[Hashable, pd.DataFrame] = OrderedDict()
        self._outside: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._domains: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._placed: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._seen: OrderedDict[Hashable, pa.Array] = OrderedDict()
        self._loggers: OrderedDict[Hashable, frozenset[str | None]] = OrderedDict()

    @property
    def version(self) -> tuple[Hashable, ...]:
        """Changes with what is known beside the log."""
        return self._store.snapshot_count(), self.naming.version

    def known(self, present: Collection[str]) -> tuple[str, ...]:
        """What is known of some record, though no record has it; by the columns that they have."""
        with holding(self._refreshing):
            snapshots = self._current()
            completed = knowable(present, snapshots.said.columns)
            said = self.naming.says.union(OF_DOMAINS if snapshots.has_domains else ())
            said |= snapshots.subnet_blocks.says
            ends = knowable_ends(present, snapshots.said.names | said)
        return tuple(n for n in (*COMPLETED, *ENDS) if n in completed or n in ends - set(present))

    def ends(
        self,
        need: Need,
        wanted: Collection[str],
        ask: Ask,
        plain: Callable[[], PlainFlows],
        *,
        reads_twice: bool = True,
    ) -> EndFacts:
        """What is known of the ends of records.

        Args:
            need: Which records.
            wanted: Columns that the question uses.
            ask: Asks the log for its addresses, where lists of blocks say something of them.
            plain: Gives the plain flows of these days.
            reads_twice: Whether a look at the log beforehand pays, as it makes questions cheaper.
        """
        with holding(self._refreshing):
            snapshots = self._current()
            book, is_timeless = of_days(snapshots.book_rows, need.days)
            places = needs_places(wanted) and len(snapshots.subnet_blocks) > 0
            uses_book = needs_outside(wanted, OF_BOOK) and len(book) > 0
            is_sure = uses_book and reads_twice and has_no_doubt(book)
            is_placeless = is_sure and self._loggers_of(need, ask, plain) <= snapshots.book.vpcs
            is_doubtful = uses_book and reads_twice and not is_placeless
            is_placed = places or is_doubtful or (uses_book and bool(snapshots.prefixes))
            if is_placed:
                rows = self._placed_of(places, need, ask, plain)
                book, is_timeless = of_days(rows, need.days)
                is_placeless = False
            outside, domains, vpcs = EMPTY_OUTSIDE, EMPTY_DOMAINS, snapshots.book.vpcs
            by_dns = snapshots.has_domains and needs_outside(wanted, OF_DOMAINS)
            if by_dns:
                kinds = not KINDS.isdisjoint(wanted)
                domains = self._domains_of(kinds, need, ask, plain)
            # Names by DNS are there where the user's list has none.
            if needs_outside({*wanted, *(NAMED if by_dns else ())}, self.naming.says):
                outside = self._outside_of(need, ask, plain)
        return EndFacts(book, outside, vpcs, is_timeless, is_placeless, is_placed, domains)

    def _placed_of(
        self, places: bool, need: Need, ask: Ask, plain: Callable[[], PlainFlows]
    ) -> pa.Table:
        """The book as it holds for what these records have."""
        snapshots = self._current()
        key = self._store.generation(), snapshots.count, places, need.days, need.sources
        if key not in self._placed:
            pairs = self._pairs_of(places, need, ask, plain)
            rows = snapshots.rows_within(pairs["address"]) if snapshots.prefixes else None
            self._placed[key] = placed(
                pairs,
                snapshots.book_rows if rows is None else rows,
                snapshots.book.vpcs,
                snapshots.subnet_blocks if places else None,
            )
        return _newest(self._placed, key, KEPT_OUTSIDE)

    def _pairs_of(
        self, places: bool, need: Need, ask: Ask, plain: Callable[[], PlainFlows]
    ) -> pd.DataFrame:
        """The addresses that the log has, by the VPC that logged them."""
        snapshots = self._current()
        blocks = [*snapshots.prefixes, *(snapshots.subnet_blocks.cidrs if places else ())]
        ones = snapshots.book_rows["address"]
        return pairs_of(ask, plain().relation, snapshots.homes, ones, blocks)

    def _loggers_of(
        self, need: Need, ask: Ask, plain: Callable[[], PlainFlows]
    ) -> frozenset[str | None]:
        """The VPCs that logged records, as these say; None among them: unknown ones."""
        key = self._store.generation(), self._current().count, need.days, need.sources
        if key not in self._loggers:
            homes = self._current().homes
            found = ask(_LOGGERS.format(relation=plain().relation), {})
            pairs = zip(found["vpc_id"].to_pylist(), found["other"].to_pylist(), strict=True)
            self._loggers[key] = frozenset(vpc or homes.get(other) for vpc, other in pairs)
        return _newest(self._loggers, key, KEPT)

    def _outside_of(self, need: Need, ask: Ask, plain: Callable[[], PlainFlows]) -> pa.Table:
        key = self._store.generation(), need.days, need.sources, self.naming.version
        if key not in self._outside:
            addresses = self._seen_of(need, ask, plain).to_pylist()
            self._outside[key] = outside_table(addresses, self.naming)
        return _newest(self._outside, key, KEPT_OUTSIDE)

    def _domains_of(
        self, kinds: bool, need: Need, ask: Ask, plain: Callable[[], PlainFlows]
    ) -> pa.Table:
        """Names by DNS; without kinds there are fewer rows."""
        count = self._current().count
        key = self._store.generation(), count, kinds, need.days, need.sources
        if key not in self._domains:
            store: object = self._store
            assert isinstance(store, HasDomains)  # noqa: S101 (asked for by the caller)
            answers = store.domain_answers(need.days, VPC_LIFETIME)
            found = domain_table(answers, self._seen_of(need, ask, plain))
            self._domains[key] = found if kinds else names_alone(found)
        return _newest(self._domains, key, KEPT_OUTSIDE)

    def _seen_of(self, need: Need, ask: Ask, plain: Callable[[], PlainFlows]) -> pa.Array:
        """The addresses that the log has."""
        key = self._store.generation(), need.days, need.sources
        if key not in self._seen:
            self._seen[key] = seen_addresses(ask, f"({plain().relation})")
        return _newest(self._seen, key, KEPT_OUTSIDE)

    def facts(self, need: Need, ask: Ask, plain: Callable[[], PlainFlows]) -> Facts:
        """What is known for a question.

        Args:
            need: What it needs to know.
            ask: Asks the log, if it has to be.
            plain: Gives the plain flows of these days.
        """
        with holding(self._refreshing):
            snapshots = self._current()
            rows = _of_days(snapshots.rows, need.days)
            subnets = snapshots.subnets
        if need.own:
            return self._kept[True].get(
                (self._store.generation(), need),
                lambda: self._gathered(snapshots, rows, need, ask, plain()),
            )
        # Where nothing ever changed, the facts of all windows are the same.
        days = None if len(rows) == len(snapshots.rows) else need.days
        return self._kept[False].get(
            (snapshots.count, Need(days, None, False, False)), lambda: facts_of(rows, subnets)
        )

    def _gathered(
        self, snapshots: SnapshotFacts, rows: list[Row], need: Need, ask: Ask, plain: PlainFlows
    ) -> Facts:
        days = [self._common_of(key, read, ask) for key, read in plain.days.items()]
        if not days:
            days = [common_addresses(ask, f"({plain.relation})")]
        return gathered_facts(snapshots, rows, need.owners, ask, plain.relation, days)

    def _common_of(self, key: Hashable, read: ReadDay, ask: Ask) -> pd.DataFrame:
        """What the records of a day have in common; one thread at a time is here."""
        if key not in self._common:
            self._common[key] = read(ask)
        return _newest(self._common, key, KEPT_DAYS)

    def _current(self) -> SnapshotFacts:
        if self._store.snapshot_count() != self._snapshots.count:
            self._snapshots = SnapshotFacts(self._store, self.naming.owner_tags, self._keep)
        return self._snapshots


def _newest(kept: OrderedDict[Hashable, V], key: Hashable, most: int) -> V:
    """What is kept under a key, which is used last now; the oldest go."""
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


class _Kept:
    """The newest answers; each is worked out once, however many ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts: OrderedDict[tuple[int, Need], Facts] = OrderedDict()

    def get(self, key: tuple[int, Need], make: Callable[[], Facts]) -> Facts:
        """The answer of that number of the store and need; older numbers are dropped."""
        with holding(self._lock):
            if key not in self._facts:
                self._facts[key] = make()
            self._facts.move_to_end(key)
            for old in [k for k in self._facts if k[0] < key[0]]:
                del self._facts[old]
            while len(self._facts) > KEPT:
                self._facts.popitem(last=False)
            return self._facts[key]


def days_of(window: Window | None) -> Window | None:
    """The whole days that a window touches."""
    return window.snapped(timedelta(days=1)) if window else None


def _of_days(rows: list[Row], days: Window | None) -> list[Row]:
    """The rows that hold at some time of the days."""
    if days is None:
        return rows
    start, end = (pd.Timestamp(moment).tz_localize(None) for moment in (days.start, days.end))
    return [row for row in rows if row["since"] < end and row["until"] > start]
