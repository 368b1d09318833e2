"""What every engine gives: answers to SELECTs over one relation.

May import snapshot, store.base and pandas.

An engine provides the relations of `store.base.RELATIONS` with the names and types of the field
table, and runs SQLAlchemy SELECTs or a person's own SQL over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import ColumnElement, Select

from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.result import QueryResult
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window


class Files(Protocol):
    """The part of a store that an engine reads."""

    @property
    def path(self) -> Any:
        """Folder that holds every file."""

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        """The files that make up a relation."""

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """Every column that some file of the relation has."""

    def extent(
        self, relation: str = "flows", sources: Sequence[str] | None = None
    ) -> Window | None:
        """From the first to just after the last record."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """Every shape of every thing of a kind that a snapshot told of."""

    def snapshot_count(self) -> int:
        """Grows with every snapshot."""

    def generation(self) -> int:
        """Grows with every change."""


class Engine(Protocol):
    """Something that answers."""

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known; the field table's if empty."""

    def extent(self, relation: str = "flows") -> Window | None:
        """From the first to just after the last record; None without records."""

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

    def once(self) -> Engine:
        """An engine beside this one that counts a flow between two logged interfaces once."""

    def close(self) -> None:
        """Let go of everything."""
