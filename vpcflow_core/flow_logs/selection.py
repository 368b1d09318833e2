"""Which records are asked: source, range, filters; and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self
from weakref import WeakKeyDictionary

import pandas as pd

from vpcflow_core.coverage import Coverage
from vpcflow_core.engines.base import Catalogue, CountsSnapshots, Engine
from vpcflow_core.engines.open import open_engine
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.names import names_of as network_names
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.newest import Newest
from vpcflow_core.query.filters import NO_FILTERS, Filters, Value
from vpcflow_core.query.windows import STEP, RelativeTo, resolve_window
from vpcflow_core.ranges import Range, parse_moment, parse_range
from vpcflow_core.scope import Scope
from vpcflow_core.settings import load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.reference.geoip import Places
    from vpcflow_core.store.result import SyncResult

# The names that each catalogue was asked for last, for as long as the catalogue is used.
_NAMES: WeakKeyDictionary[CountsSnapshots, Newest[dict[str, str]]] = WeakKeyDictionary()
MOST_NAMED = 20


@dataclass(frozen=True, eq=False)
class Selection:
    """Flow logs to ask; every method that narrows them gives new ones.

    Attributes:
        store: Where the records lie; None if an engine and a catalogue of another kind are given.
        engine: What answers; if None, the one for the catalogue, within the limits of the settings.
        range: The time asked about; None: everything.
        filters: Conditions of every answer.
        synced: What `open` loaded.
        catalogue: What there is to ask about; the store if None.
        counts_once: Whether totals leave out the receiver's copy of a flow; see `once`.
        source: URL of the only source that is asked, as `only` has set it; "" for all.

    Raises:
        ParameterError: Neither a store nor a catalogue is given.
    """

    store: Store | None = None
    engine: Engine = None  # type: ignore[assignment]  # __post_init__ fills it
    range: Range | None = None
    filters: Filters = NO_FILTERS
    synced: SyncResult | None = None
    catalogue: Catalogue = None  # type: ignore[assignment]  # __post_init__ fills it
    counts_once: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if self.catalogue is None:
            if self.store is None:
                raise ParameterError("FlowLogs needs a store.", "FlowLogs.open(...) opens one.")
            object.__setattr__(self, "catalogue", self.store)
        if self.engine is None:
            object.__setattr__(self, "engine", open_engine(load_settings(), self.catalogue))

    def where(self, **filters: Value) -> Self:
        """Only records that meet the filters, besides those set before.

        Args:
            filters: Values by field: `action="REJECT"`, `srcaddr="!10.0.0.0/8"`, `dstport=443`,
                `protocol=["tcp", "udp"]`.

        Raises:
            FieldError: No such field.
            FilterError: A value cannot be read.

        >>> str(flows.where(action="REJECT", dstport=[22, 3389]).filters)
        'action=REJECT; dstport=22, 3389'
        """
        return self.filtered(Filters.parse(filters, self.engine.columns("records")))

    def filtered(self, filters: Filters) -> Self:
        """Only records that meet these filters too."""
        return replace(self, filters=self.filters & filters)

    def only(self, source: str) -> Self:
        """Only records of the source of that URL."""
        return replace(self, engine=self.engine.only([source]), source=source)

    def within(self, scope: Scope) -> Self:
        """Only what lies within a scope, whatever is asked: records, SQL, names, sources, times.

        Raises:
            ParameterError: The engine cannot keep it apart.
        """
        catalogue = self.catalogue.within(scope)
        return replace(self, store=None, catalogue=catalogue, engine=self.engine.over(catalogue))

    def once(self) -> Self:
        """Count a flow between two logged interfaces once: its receiver's copy is left out.

        That is for totals: questions about interfaces, groups and directions, and connections, ask
        the log as it was written, and say so. `records` stays whole.
        docs/decisions/knowledge-of-interfaces.md tells how a copy is known.
        """
        return replace(self, counts_once=True)

    def last(self, length: str | timedelta) -> Self:
        """Only the most recent `24h`; up to the end of the data if that is over an hour ago.

        Also what people type of a range: `last 3 days`, `yesterday 9-10`, `2026-11-25`.
        """
        wanted = parse_range(length) if isinstance(length, str) else Range(length=length)
        return replace(self, range=wanted)

    def between(self, start: str | datetime, end: str | datetime) -> Self:
        """From one time to another: ISO 8601 text (UTC without offset) or aware datetimes.

        >>> str(flows.between("2026-11-19", "2026-11-19T12:00Z").window)
        '2026-11-19T00:00Z/2026-11-19T12:00Z'
        """
        return replace(self, range=Range(fixed=Window(_instant(start), _instant(end))))

    @property
    def coverage(self) -> Coverage:
        """What is known of when: from when to when, what is missing, up to when all came."""
        return self.engine.coverage()

    @property
    def extent(self) -> Window | None:
        """First to last record, but for those whose time cannot be; None without records."""
        return self.coverage.extent

    @property
    def present_extent(self) -> Window | None:
        """The same as `extent`, which no record of the future moves."""
        return self.extent

    @property
    def window(self) -> Window:
        """The time asked about; all of the data where none was set, in whole minutes."""
        return self._resolved()[0]

    def _resolved(self) -> tuple[Window, RelativeTo]:
        extent = self.extent
        if self.range is None and extent is not None:
            return extent.snapped(STEP), "now"
        asked = self.range or Range(length=timedelta(days=1))
        return resolve_window(asked, extent, datetime.now(UTC))

    @property
    def places(self) -> Places:
        """Where addresses lie, by the best GeoIP database there is."""
        return _places(tuple(load_settings().geoip))

    def known(self, kind: Kind) -> pd.DataFrame:
        """One kind of the inventory, from snapshots of EC2: every version of each, and since when.

        Args:
            kind: `interfaces`, `security_groups`, `rules`, `subnets`, `vpcs`, `prefix_lists` or
                `flow_logs`.

        Returns:
            The columns of `snapshot.TABLES[kind]`, then account_id, region, since, until,
            first_seen, last_seen and gone; see `store.snapshots.known`.
        """
        return self.catalogue.known(kind)

    def names(self, field: str) -> dict[str, str]:
        """Names by id, from snapshots of EC2.

        Args:
            field: `interface_id` (tag Name, else the description), `instance_id`, `subnet_id`,
                `vpc_id` or `security_group_id`.
        """
        seen = self.catalogue
        if not isinstance(seen, CountsSnapshots):
            return network_names(field, seen.known)
        # Every panel of a page asks for them, and they are the same until there is a snapshot.
        kept = _NAMES.setdefault(seen, Newest(MOST_NAMED))
        key = field, seen.snapshot_count()
        return dict(kept.get(key, lambda: network_names(field, seen.known)))

    def close(self) -> None:
        """Close the engine and the catalogue: the store."""
        try:
            self.engine.close()
        finally:
            self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def _places(paths: tuple[Path, ...]) -> Places:
    from vpcflow_core.reference.geoip import Places  # most questions need no places

    return Places.open(paths)


def _instant(moment: str | datetime) -> datetime:
    if isinstance(moment, str):
        return parse_moment(moment, datetime.now(UTC))
    if moment.tzinfo is None:
        raise ParameterError(f"{moment} has no zone.", "Give an aware datetime, or text.")
    return moment.astimezone(UTC)
