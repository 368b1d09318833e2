"""DuckDB over the store's Parquet files: what is asked again, by whom, and what is kept of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, SelectBase

from vpcflow_core.bounded.scratch import Scratch
from vpcflow_core.coverage import Coverage
from vpcflow_core.engines.by_minutes import Part as Minutes
from vpcflow_core.engines.by_minutes import days_touched
from vpcflow_core.engines.by_novelty import OverParts, Part
from vpcflow_core.engines.by_promises import Reduced
from vpcflow_core.engines.duckdb.answers import DAY, Answers, Ask, Bound, is_worth_keeping
from vpcflow_core.engines.duckdb.asked_files import NOTHING_BESIDE, AskedFiles, reader
from vpcflow_core.engines.duckdb.by_hand import Place, Setup, Statement
from vpcflow_core.engines.duckdb.cursors import Cursors
from vpcflow_core.engines.duckdb.database import sandboxed_connection
from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.duckdb.files import FileCatalogue, table_fields
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.kept_said import keeping_said
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.cache import InventoryCache
from vpcflow_core.engines.interfaces.completion import COMPLETED
from vpcflow_core.engines.named import columns_named
from vpcflow_core.engines.once import OncePerQuestion
from vpcflow_core.errors import ParameterError, QueryError, StoreError
from vpcflow_core.inventory.naming import NAMING, Naming
from vpcflow_core.metrics import timed
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.minutes import MINUTES
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

T = TypeVar("T")
# From more records than these minutes are made, which a page asks ten times and more.
ENOUGH_FOR_MINUTES = 300_000


class DuckDBEngine:
    """Answers from a store; safe to share between threads.

    Args:
        store: Whose files are read.
        sources: URLs of the sources that count; None: all.
        threads: Cores to use; None: all.
        memory_limit: As DuckDB writes it: `4GB`. What does not fit goes to a temporary folder.
        timeout: A question that takes longer is stopped; None: none is.
        naming: Where names of addresses come from besides snapshots.
    """

    guards_sql = True

    def __init__(
        self,
        store: FileCatalogue,
        *,
        sources: Sequence[str] | None = None,
        threads: int | None = None,
        memory_limit: str = "4GB",
        timeout: timedelta | None = timedelta(minutes=2),
        naming: Naming = NAMING,
    ) -> None:
        self.timeout, self.memory_limit = timeout, memory_limit
        days = KeptDays(Path(store.path))
        inventory = InventoryCache(store, naming, keeping_said(days, store.scope))
        self._reading = Reading(store, _given(sources), inventory)
        self._answers = Answers(days)
        self._scratch = Scratch()
        self._place = Place(Path(store.path), threads, memory_limit, timeout)
        self._database = sandboxed_connection(
            self._place.folder, threads, memory_limit, scratch=self._scratch.path
        )
        self._cursors = Cursors(self._database, memory_limit, timeout)
        self._files = AskedFiles(self._cursors, days)

    @property
    def store(self) -> FileCatalogue:
        """Whose files are read."""
        return self._reading.store

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known; the field table's if empty."""
        present = self._reading.columns(relation)
        if present and not relation.startswith("transit"):
            present = (*present, *self._reading.inventory.known(present))
        return present or tuple(field.name for field in table_fields(relation))

    def extent(self, relation: str = "flows", until: datetime | None = None) -> Window | None:
        """From the first to just after the last record before `until`; None without one."""
        return self.store.extent(relation, self._reading.sources, until)

    def coverage(self) -> Coverage:
        """What is known of when: holes, and up to when all came."""
        return self.store.coverage(self._reading.sources)

    @timed
    def run(self, question: Select[Any], window: Window) -> QueryResult:
        """Answer a SELECT over one relation.

        Args:
            question: The SELECT.
            window: The range of time it touches; files outside are not opened.

        Raises:
            FailureError: It took too long, too much memory, or a file could not be read.
        """
        return self._result(
            question, window, lambda one: self._answers.table(self._reading, one, self._asked)
        )

    def run_over_minutes(self, question: Select[Any], window: Window, part: Minutes) -> QueryResult:
        """Answer a SELECT over the minutes of some days, which are kept; see `query.minutes`.

        Args:
            question: The SELECT.
            window: The range of time that it is about.
            part: Gives what the minutes of a day are: a SELECT, and where its records start.

        Raises:
            FailureError: As `run`.
        """

        def answer(asked: Bound) -> pa.Table:
            parts = [Bound.of(*part(day)) for day in days_touched(window)]
            minutes = pa.concat_tables([self._part(one) for one in parts])
            with self._cursors.one() as cursor:
                cursor.register(MINUTES, minutes)
                return reader(cursor, asked).read_all()

        return self._result(question, window, answer)

    def run_over_parts(self, question: Select[Any], window: Window, over: OverParts) -> QueryResult:
        """Answer a SELECT by another one that has the same answer; see `engines.by_novelty`.

        Args:
            question: The SELECT, over the records alone.
            window: Its range of time.
            over: What is run.

        Raises:
            FailureError: As `run`.
        """

        def answer(_: Bound) -> pa.Table:
            parts = pa.concat_tables([self._seen(part) for part in over.parts])
            asked = Bound.of(over.question, over.window)
            return self._asked(asked, {over.relation: parts})

        return self._result(question, window, answer)

    def run_reduced(self, question: Select[Any], window: Window, by: Reduced) -> QueryResult:
        """Answer a SELECT by what has the same answer; see `engines.by_promises`.

        Args:
            question: The SELECT.
            window: Its range of time.
            by: What is run.

        Raises:
            FailureError: As `run`.
        """

        def read(records: SelectBase, made: Callable[[pa.RecordBatchReader], T]) -> T:
            return self._files.made(self._reading, Bound.of(records, window), made)

        def answer(asked: Bound) -> pa.Table:
            return self._answers.table(self._reading, asked, lambda _: by(read))

        return self._result(question, window, answer)

    def are_minutes_worth_keeping(self, window: Window, fields: Sequence[str]) -> bool:
        """Whether it saves time to ask minutes by these fields, as there is much in the window."""
        return self._reading.rows(window) > ENOUGH_FOR_MINUTES

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""
        return is_worth_keeping(self._reading, window)

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""
        return _text(question)

    @timed
    def run_text(
        self,
        sql: str,
        window: Window | None = None,
        conditions: Sequence[ColumnElement[bool]] = (),
        max_rows: int | None = None,
    ) -> QueryResult:
        """Answer a person's own SELECT over the relations, in a process of its own.

        Args:
            sql: One SELECT; DESCRIBE, SUMMARIZE, SHOW TABLES and EXPLAIN are fine too.
            window: Only records that started inside; None: all.
            conditions: Only records that meet them.
            max_rows: Most rows to return.

        Raises:
            QueryError: It is not one SELECT, or reads anything but the relations, or is wrong.
            FailureError: It took too long or too much memory, or its answer is too large.
        """
        if max_rows is not None and max_rows < 1:
            raise ParameterError(f"{max_rows} is not a number of rows.", "Ask for 1 or more.")
        began = time.perf_counter()
        statement = Statement(sql, self._place)
        checked = statement.check()
        if window is not None:
            start = column_of("start_time")
            conditions = [start >= window.start, start < window.end, *conditions]
        wanted = checked.mentioned
        if wanted is not None:
            wanted |= columns_named(*conditions)
        setup = Setup()
        with self._cursors.failures(self._reading, window), self._cursors.one() as cursor:
            self._files.relations(self._reading, cursor, setup, window, conditions).make(
                checked.relations,
                COMPLETED if wanted is None else wanted,
                plain=checked.only_names,
            )
        try:
            table = statement.run(checked, setup, max_rows)
        except StoreError as error:
            raise self._reading.damage(window) or QueryError(error.what) from None
        cut = max_rows is not None and len(table) > max_rows
        frame = frame_of(table.slice(0, max_rows) if cut else table)
        return QueryResult(frame, checked.sql, time.perf_counter() - began, cut)

    def only(self, sources: Sequence[str]) -> DuckDBEngine:
        """An engine that answers from these sources alone, in the same database."""
        return self._beside(replace(self._reading, sources=_given(sources)))

    def over(self, catalogue: FileCatalogue) -> DuckDBEngine:
        """An engine that answers from a scope of the same store, in the same database.

        What was answered for others, and what is known of their interfaces, is not shared.
        """
        keep = keeping_said(self._answers.days, catalogue.scope)
        inventory = InventoryCache(catalogue, self._reading.inventory.naming, keep)
        narrowed = self._beside(
            Reading(catalogue, self._reading.sources, inventory, self._reading.is_once)
        )
        narrowed._answers = self._answers.apart()
        return narrowed

    def once(self) -> DuckDBEngine:
        """An engine whose `flows` lacks the receiver's copy of a flow that its sender logged too.

        See docs/decisions/knowledge-of-interfaces.md; `records` stays whole.
        """
        return self._beside(replace(self._reading, is_once=True))

    def finish_behind(self) -> None:
        """Make now what waits for a quiet moment, which answers later questions sooner."""
        self._files.behind.finish()

    def close(self) -> None:
        """Close the database; engines that `only` and `once` gave end with it."""
        self._files.behind.close()
        self._database.close()
        self._scratch.close()

    def _beside(self, reading: Reading) -> DuckDBEngine:
        """An engine that reads something else in the same database."""
        engine = copy(self)
        engine._reading = reading
        return engine

    def _result(self, question: Select[Any], window: Window, answer: Ask) -> QueryResult:
        """The answer that was given lately, else a new one."""
        began = time.perf_counter()
        asked = Bound.of(question, window)
        with self._cursors.failures(self._reading, window):
            frame = self._answers.frame(self._reading, asked, answer)
        naming = self._reading.inventory.naming
        notes = naming.problems if self._reading.names_for(asked.columns) else ()
        seconds = time.perf_counter() - began
        return QueryResult(frame, self.text_of(question), seconds, notes=notes)

    def _part(self, asked: Bound) -> pa.Table:
        return self._answers.part(self._reading, asked, self._asked)

    def _seen(self, part: Part) -> pa.Table:
        """A part of a question: kept if it is of a whole day."""
        asked = Bound.of(part.question, part.window)
        return self._part(asked) if part.window.length == DAY else self._asked(asked)

    def _asked(self, asked: Bound, beside: Mapping[str, pa.Table] = NOTHING_BESIDE) -> pa.Table:
        """The answer of the store's files, and of tables beside them."""
        return self._files.made(self._reading, asked, pa.RecordBatchReader.read_all, beside)


_text = OncePerQuestion(written_out)


def _given(sources: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if sources is None else tuple(sources)
