"""The store's files, and what is kept of them, as relations that a question is asked of.

Nothing is copied into DuckDB: each question reads the files of its window, as the ledger lists
them at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

import pyarrow as pa
from sqlalchemy import ColumnElement

from vpcflow_core.engines.duckdb.answers import Bound
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.by_file import ByFile
from vpcflow_core.engines.duckdb.by_hand import Setup
from vpcflow_core.engines.duckdb.cursors import Cursors
from vpcflow_core.engines.duckdb.damage import OF_FILES
from vpcflow_core.engines.duckdb.database import Cursor
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.relations import Relations, asking
from vpcflow_core.engines.duckdb.summed import summed
from vpcflow_core.engines.named import relations_named
from vpcflow_core.query.ends import ENDS
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window

T = TypeVar("T")
# Rows that travel from DuckDB at a time.
BATCH = 65_536
NOTHING_BESIDE: Mapping[str, pa.Table] = MappingProxyType({})


class AskedFiles:
    """Asks DuckDB; safe to share between threads.

    Args:
        cursors: Of the database.
        days: Where answers of the store are kept.
    """

    def __init__(self, cursors: Cursors, days: KeptDays) -> None:
        self._cursors, self._days = cursors, days
        self.behind = Behind(self._apart)
        self._by_file = ByFile(days, self.behind)

    def made(
        self,
        reading: Reading,
        asked: Bound,
        made: Callable[[pa.RecordBatchReader], T],
        beside: Mapping[str, pa.Table] = NOTHING_BESIDE,
    ) -> T:
        """What is made of the rows of an answer, as they come.

        Args:
            reading: What is read.
            asked: The question.
            made: Makes it.
            beside: Tables by the name of their relation.
        """
        used: list[StoreFile] = []
        with self.behind.asked():
            try:
                return self._read(reading, asked, beside, made, used)
            except OF_FILES as error:
                if type(error) not in OF_FILES or not used:
                    raise
            for file in used:  # what is kept of the store's files is lost: they are read themselves
                file.path.unlink(missing_ok=True)
            return self._read(reading, asked, beside, made, None)

    def relations(
        self,
        reading: Reading,
        cursor: Cursor,
        into: Cursor | Setup,
        window: Window | None,
        conditions: Sequence[ColumnElement[bool]] = (),
    ) -> Relations:
        """The relations of what is read, made where `into` says."""
        return Relations(reading, self._days, cursor, into, window, conditions)

    def _read(
        self,
        reading: Reading,
        asked: Bound,
        beside: Mapping[str, pa.Table],
        made: Callable[[pa.RecordBatchReader], T],
        used: list[StoreFile] | None,
    ) -> T:
        """As `made`; gives `used` what it reads of what is kept. None: nothing is."""
        with self._cursors.one() as cursor:
            for name, rows in beside.items():
                cursor.register(name, rows)
            relations = self.relations(reading, cursor, cursor, asked.window)
            if used is not None:
                ask, given = asking(cursor), (asked.question, asked.window)
                parts = None if beside else self._by_file.of(reading, *given, ask)
                if parts:
                    used += parts.used
                    cursor.execute(f"CREATE TEMP VIEW flows AS {parts.relation}")
                    return made(reader(cursor, Bound.of(parts.question, asked.window)))
                relations = self._by_file.under(relations, asked.question, used, ask)
            about_ends = not (beside or asked.columns.isdisjoint(ENDS))
            if about_ends and (found := summed(asked.question, asked.window)):
                question, how = found
                asked = Bound.of(question, asked.window)
                relations = replace(relations, summed=how)
            relations = replace(relations, named=asked.columns)
            relations.make(relations_named(asked.question), asked.columns)
            return made(reader(cursor, asked))

    def _apart(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The answer of a SELECT over files, for what is made behind the questions."""
        with self._cursors.one() as cursor:
            return asking(cursor)(sql, tables)


def reader(cursor: Cursor, asked: Bound) -> pa.RecordBatchReader:
    """The rows of an answer, a batch after the other."""
    return cursor.sql(asked.sql, params=asked.values).to_arrow_reader(BATCH)
