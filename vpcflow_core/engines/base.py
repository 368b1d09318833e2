"""Engine and Catalogue: what answers SELECTs over one relation, and what there is to ask about.

An engine provides the relations of `store.base.RELATIONS` with the names and types of the field
table, and runs SQLAlchemy SELECTs or a person's own SQL over them. A catalogue answers without
reading records. docs/decisions/catalogue-and-engine.md says why they are two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import pyarrow as pa
from sqlalchemy import ColumnElement, Select

from vpcflow_core.coverage import Coverage
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.result import QueryResult
from vpcflow_core.scope import Scope
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.damage import Damage
from vpcflow_core.store.deliveries import Delivery
from vpcflow_core.store.repeats import Repeated, Span
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.times import Window

# Answers a SELECT of our own, with tables beside the relations that are named in it.
Ask = Callable[[str, Mapping[str, pa.Table]], pa.Table]


class Catalogue(Protocol):
    """What there is to ask about; `Store` is the catalogue of a local store."""

    def generation(self) -> int:
        """A number that grows with every change: answers of one generation may be cached."""

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """Every column that some record of the relation has; of all sources if None."""

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        """From the first to just after the last `start_time` before `until`; None without one."""

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        """What is known of when: holes, and up to when all came; of all sources if None."""

    def sources(self) -> list[SourceState]:
        """The state of each source, by URL."""

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        """Objects that were not read whole, latest first; of all sources if None."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """Every shape of every thing of that kind that a snapshot of EC2 showed."""

    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that are known and outside of the scope; () where all may be seen."""

    def snapshots(self) -> list[SnapshotState]:
        """The newest snapshot of each account and region."""

    def within(self, scope: Scope) -> Catalogue:
        """The catalogue of what lies within a scope.

        Raises:
            ParameterError: It cannot be kept apart there.
        """

    def close(self) -> None:
        """Release what it holds."""


@runtime_checkable
class CountsSnapshots(Catalogue, Protocol):
    """A catalogue of which an engine keeps what snapshots showed."""

    def snapshot_count(self) -> int:
        """A number that grows with every snapshot."""


@runtime_checkable
class HasDomains(Protocol):
    """A catalogue that knows names by DNS; see `store.domains`."""

    def has_domains(self) -> bool:
        """Whether it knows any."""

    def domain_answers(self, window: Window | None, before: timedelta) -> pa.Table:
        """Rows of `store.domains.SCHEMA` of a window, or not longer than `before` before it."""


@runtime_checkable
class HasRepeats(Protocol):
    """A catalogue that knows of flow logs that log the same traffic; see `store.repeats`."""

    def repeated(self) -> list[Repeated]:
        """Which flow logs repeat others, and which of them totals use."""

    def left_out(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Span]:
        """Records that `flows` leaves out, since another flow log has them."""


@runtime_checkable
class HasDeliveries(Protocol):
    """A catalogue that knows what each flow log delivered; see `store.deliveries`."""

    def deliveries(self, window: Window, sources: Sequence[str] | None = None) -> list[Delivery]:
        """What each flow log delivered in the hours that a window touches; of all if None."""


@runtime_checkable
class HasDamage(Protocol):
    """A catalogue of files that can be missing or damaged; see `store.damage`."""

    def damage(
        self, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[Damage]:
        """What there should be and is not."""

    def unreadable(self, files: Iterable[StoreFile]) -> list[StoreFile]:
        """Those of the files that are missing or known to be damaged."""

    def suspect(self, files: Iterable[StoreFile]) -> None:
        """Note files that could not be read."""


class Engine(Protocol):
    """Something that answers.

    Attributes:
        guards_sql: Whether a person's own SELECT reaches the relations alone, whatever it says;
            else it reads what the server's account may read there.
    """

    guards_sql: bool

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known; the field table's if empty."""

    def extent(self, relation: str = "flows", until: datetime | None = None) -> Window | None:
        """From the first to just after the last record before `until`; None without one."""

    def coverage(self) -> Coverage:
        """What is known of when: holes, and up to when all came."""

    def run(self, question: Select[Any], window: Window) -> QueryResult:
        """Answer a SELECT over one relation; `window` is the range of time that it touches."""

    def run_text(
        self,
        sql: str,
        window: Window | None = None,
        conditions: Sequence[ColumnElement[bool]] = (),
        max_rows: int | None = None,
    ) -> QueryResult:
        """Answer a person's own SELECT over records that meet the conditions."""

    def only(self, sources: Sequence[str]) -> Engine:
        """An engine beside this one that answers from these sources alone."""

    def over(self, catalogue: Any) -> Engine:
        """An engine beside this one that answers from what its catalogue shows within a scope."""

    def once(self) -> Engine:
        """An engine beside this one that counts a flow between two logged interfaces once."""

    def close(self) -> None:
        """Release what it holds; the catalogue stays open."""


class Minutes(Protocol):
    """A table of minutes beside the records."""

    def fill(self, place: str = "") -> Iterator[Window]:
        """Fill the settled hours that are not in it; gives each span."""


@runtime_checkable
class FillsMinutes(Protocol):
    """An engine that fills a table of minutes where it is asked to; see `vpcflow summarize`."""

    def minutes(self) -> Minutes:
        """The table."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of records, by what its catalog and its files say.

    Attributes:
        name, form: Its name, and `text`, `Parquet` or `Iceberg`.
        partitions: Columns by which it is divided.
        size: Bytes: of `day`, or of all of it.
        day: The UTC day; None: all.
        cost: USD that a question about that day costs at most; None where its size is not known.
    """

    name: str
    form: str
    partitions: tuple[str, ...]
    size: int
    day: date | None = None
    cost: float | None = None


@runtime_checkable
class HasCosts(Protocol):
    """A catalogue whose questions cost money, and that says how much before they are asked."""

    def limit(self) -> int | None:
        """Most bytes that one question may read; None: no limit."""

    def stored(self) -> list[StoredTable]:
        """The tables that hold records."""
