"""DuckDB over the store's Parquet files.

Nothing is copied into DuckDB: each question reads the files of its window, as the ledger lists
them at that moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from contextlib import contextmanager, suppress
from copy import copy
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import ColumnElement, Select, SelectBase, and_

from vpcflow_core.bounded.scratch import Scratch
from vpcflow_core.coverage import Coverage
from vpcflow_core.engines.base import Ask, HasDamage, HasRepeats
from vpcflow_core.engines.by_minutes import Part as Minutes
from vpcflow_core.engines.by_minutes import days_touched
from vpcflow_core.engines.by_novelty import OverParts, Part
from vpcflow_core.engines.duckdb import guard
from vpcflow_core.engines.duckdb.by_hand import Place, Setup, Statement
from vpcflow_core.engines.duckdb.connections import require_affordable, views_of_connections
from vpcflow_core.engines.duckdb.damage import OF_FILES, damage_of, error_of
from vpcflow_core.engines.duckdb.database import Cursor, sandboxed_connection
from vpcflow_core.engines.duckdb.dialect import bound, written_out
from vpcflow_core.engines.duckdb.files import (
    LEFT_OUT,
    FileCatalogue,
    quoted,
    select_files,
    table_fields,
    table_of_spans,
)
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.shared_addresses import days_of_files
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.cache import InventoryCache, Need, PlainFlows, days_of
from vpcflow_core.engines.interfaces.completion import COMPLETED, KNOWN, Completion, needs_own
from vpcflow_core.engines.interfaces.copies import AROUND, COPIES, Sent, sent_copies
from vpcflow_core.engines.interfaces.ends import EndFacts
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.kept import MOST_BYTES, KeptAnswers
from vpcflow_core.engines.named import columns_named, relations_named
from vpcflow_core.errors import FailureError, ParameterError, QueryError, StoreError
from vpcflow_core.inventory.naming import NAMING, Naming
from vpcflow_core.metrics import timed
from vpcflow_core.newest import Newest
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.ends import ENDS
from vpcflow_core.query.minutes import MINUTES
from vpcflow_core.query.result import QueryResult
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.repeats import Span
from vpcflow_core.times import Window, format_duration

# Rows that travel from DuckDB at a time.
BATCH = 65_536
DAY = timedelta(days=1)
VERSION = f"{version('vpcflow')} {duckdb.__version__}"  # another DuckDB may hash otherwise
# Fewer records than these are answered faster than their days are looked up.
MANY_RECORDS = 2_000_000
# Larger parts of a day are asked again.
LARGEST_PART = 32_000_000
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
        self.store = store
        self.sources = sources
        self.timeout = timeout
        self.memory_limit = memory_limit
        self.is_once = False
        self._inventory = InventoryCache(store, naming)
        self._kept = KeptAnswers()
        self._days = KeptDays(Path(store.path))
        self._parts: Newest[pa.Table] = Newest(MOST_BYTES, lambda table: int(table.nbytes))
        self._scratch = Scratch()
        self._place = Place(Path(store.path), threads, memory_limit, timeout)
        self._database = sandboxed_connection(
            self._place.folder, threads, memory_limit, scratch=self._scratch.path
        )

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known; the field table's if empty."""
        present = self.store.columns(relation, self.sources)
        if present and not relation.startswith("transit"):
            present = (*present, *self._inventory.known(present))
        return present or tuple(field.name for field in table_fields(relation))

    def extent(self, relation: str = "flows", until: datetime | None = None) -> Window | None:
        """From the first to just after the last record before `until`; None without one."""
        return self.store.extent(relation, self.sources, until)

    def coverage(self) -> Coverage:
        """What is known of when: holes, and up to when all came."""
        return self.store.coverage(self.sources)

    @timed
    def run(self, question: Select[Any], window: Window) -> QueryResult:
        """Answer a SELECT over one relation.

        Args:
            question: The SELECT.
            window: The range of time it touches; files outside are not opened.

        Raises:
            FailureError: It took too long, too much memory, or a file could not be read.
        """
        return self._kept_or_asked(
            question, window, lambda sql, values: self._answer(question, window, sql, values)
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

        def answer(sql: str, values: list[Any]) -> pa.Table:
            asked = [part(day) for day in days_touched(window)]
            minutes = pa.concat_tables([self._part(*one, *_bound_once(one[0])) for one in asked])
            with self._cursor() as cursor:
                cursor.register(MINUTES, minutes)
                return _table(cursor, sql, values)

        return self._kept_or_asked(question, window, answer)

    def run_over_parts(self, question: Select[Any], window: Window, over: OverParts) -> QueryResult:
        """Answer a SELECT by another one that has the same answer; see `engines.by_novelty`.

        Args:
            question: The SELECT, over the records alone.
            window: Its range of time.
            over: What is run.

        Raises:
            FailureError: As `run`.
        """

        def answer(sql: str, values: list[Any]) -> pa.Table:
            parts = pa.concat_tables([self._seen(part) for part in over.parts])
            return self._asked(
                over.question, over.window, *bound(over.question), {over.relation: parts}
            )

        return self._kept_or_asked(question, window, answer)

    def are_minutes_worth_keeping(self, window: Window, fields: Sequence[str]) -> bool:
        """Whether it saves time to ask minutes by these fields, as there is much in the window."""
        return self._rows(window) > ENOUGH_FOR_MINUTES

    def _kept_or_asked(
        self, question: Select[Any], window: Window, answer: Callable[[str, list[Any]], pa.Table]
    ) -> QueryResult:
        """The answer that was given lately, else a new one."""
        began = time.perf_counter()
        sql, values = bound(question)
        known = (self.store.generation(), self.store.snapshot_count(), self._naming_of(question))
        sources = None if self.sources is None else tuple(self.sources)
        key = (known, sources, self.is_once, window, sql, repr(values))
        frame = self._kept.get(key)
        if frame is None:
            with _failures(self, window):
                frame = frame_of(answer(sql, values))
            self._kept.put(key, frame)
        notes = self._inventory.naming.problems if known[-1] else ()
        seconds = time.perf_counter() - began
        return QueryResult(frame, self.text_of(question), seconds, notes=notes)

    def _part(
        self, question: SelectBase, window: Window, sql: str, values: Sequence[Any]
    ) -> pa.Table:
        """A part of answers, of one day: from memory, from the disk, or new."""
        naming = self._naming_of(question)
        depends = values if naming is None else (*values, naming)
        path = self._kept_at(window, relations_named(question), sql, depends)

        def make() -> pa.Table:
            found = self._days.get(path)
            if found is None:
                found = self._asked(question, window, sql, [*values])
                self._days.put(path, found, LARGEST_PART)
            return found

        return self._parts.get(path, make)

    def _seen(self, part: Part) -> pa.Table:
        """A part of a question: kept if it is of a whole day."""
        asked = self._part if part.window.length == DAY else self._asked
        return asked(part.question, part.window, *bound(part.question))

    def _naming_of(self, question: SelectBase) -> Hashable:
        """What names in the answer depend on besides the store; None where it has none."""
        return None if columns_named(question).isdisjoint(ENDS) else self._inventory.naming.version

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""
        return written_out(question)

    def is_worth_keeping(self, window: Window) -> bool:
        """Whether there is so much in the window that it saves time to ask by days."""
        return self._rows(window) > MANY_RECORDS

    def _rows(self, window: Window) -> int:
        """The records of flows in the files of a window."""
        return sum(file.rows for file in self._files("flows", window))

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
        with _failures(self, window), self._cursor() as cursor:
            self._provide(
                cursor,
                setup,
                checked.relations,
                window,
                conditions,
                wanted=COMPLETED if wanted is None else wanted,
                plain=checked.only_names,
            )
        try:
            table = statement.run(checked, setup, max_rows)
        except StoreError as error:
            raise self._damage(window) or QueryError(error.what) from None
        cut = max_rows is not None and len(table) > max_rows
        frame = frame_of(table.slice(0, max_rows) if cut else table)
        return QueryResult(frame, checked.sql, time.perf_counter() - began, cut)

    def only(self, sources: Sequence[str]) -> DuckDBEngine:
        """An engine that answers from these sources alone, in the same database."""
        narrowed = copy(self)
        narrowed.sources = sources
        return narrowed

    def over(self, catalogue: FileCatalogue) -> DuckDBEngine:
        """An engine that answers from a scope of the same store, in the same database.

        What was answered for others, and what is known of their interfaces, is not shared.
        """
        narrowed = copy(self)
        narrowed.store = catalogue
        narrowed._inventory = InventoryCache(catalogue, self._inventory.naming)
        narrowed._kept = KeptAnswers()
        return narrowed

    def once(self) -> DuckDBEngine:
        """An engine whose `flows` lacks the receiver's copy of a flow that its sender logged too.

        See docs/decisions/knowledge-of-interfaces.md; `records` stays whole.
        """
        narrowed = copy(self)
        narrowed.is_once = True
        return narrowed

    def close(self) -> None:
        """Close the database; engines that `only` and `once` gave end with it."""
        self._database.close()
        self._scratch.close()

    def _answer(
        self, question: Select[Any], window: Window, sql: str, values: list[Any]
    ) -> pa.Table:
        """The answer, kept or new; that about a day which is over is kept on the disk."""
        if not self._is_over(window):
            return self._asked(question, window, sql, values)
        naming = self._naming_of(question)
        path = self._kept_at(window, relations_named(question), sql, (*values, naming))
        found = self._days.get(path)
        if found is None:
            found = self._asked(question, window, sql, values)
            self._days.put(path, found)
        return found

    def _asked(
        self,
        question: SelectBase,
        window: Window,
        sql: str,
        values: list[Any],
        beside: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> pa.Table:
        """The answer of the store's files, and of tables beside them."""
        relations, names = relations_named(question), columns_named(question)
        with self._cursor() as cursor:
            for name, rows in beside.items():
                cursor.register(name, rows)
            self._provide(cursor, cursor, relations, window, wanted=names)
            return _table(cursor, sql, values)

    def _is_over(self, window: Window) -> bool:
        """Whether the window ends with a whole day of which much is known, and no more to come."""
        ends = window.end.replace(hour=0, minute=0, second=0, microsecond=0) == window.end
        if not ends or window.length < DAY or not self.is_worth_keeping(window):
            return False
        settled = self.coverage().settled_until
        return settled is not None and window.end <= settled

    def _kept_at(
        self, window: Window, relations: Iterable[str], sql: str, values: Sequence[Any]
    ) -> Path:
        """Where the answer is kept: by the files of its days, and all else that it depends on."""
        days = days_of(window)
        files = (file.path.name for name in sorted(relations) for file in self._files(name, days))
        left_out = self.store.left_out(days) if isinstance(self.store, HasRepeats) else ()
        sources = None if self.sources is None else tuple(self.sources)
        depends = (
            self.store.scope,
            sources,
            self.store.snapshot_count(),
            self.is_once,
            left_out,
            window,
        )
        return self._days.path(window, (VERSION, sql, values, *depends, *files))

    def _files(self, relation: str, window: Window | None) -> list[StoreFile]:
        return self.store.files(relation, window, self.sources)

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        """A cursor of its own for one question; stopped when time is up."""
        cursor = self._database.cursor()
        try:
            with _stopped_after(cursor, self.timeout):
                yield cursor
        finally:
            cursor.close()

    def _provide(
        self,
        cursor: Cursor,
        into: Cursor | Setup,
        relations: Iterable[str],
        window: Window | None,
        conditions: Sequence[ColumnElement[bool]] = (),
        *,
        wanted: Collection[str],
        plain: bool = False,
    ) -> None:
        """Make the relations, of the files that the ledger lists now.

        Args:
            cursor: For what is inferred from the log.
            into: Where they are made.
            relations: Their names.
            window: Files outside are left out.
            conditions: Only records that meet them.
            wanted: Names of all columns that may be used.
            plain: As the files have them; nothing but the relations is made then.
        """
        completed = frozenset(KNOWN) & frozenset(wanted)
        relations = set(relations)
        if guard.CONNECTIONS in relations:
            relations.remove(guard.CONNECTIONS)
            self._provide_connections(cursor, into, window, conditions)
        for name in relations:
            present = (*self.store.columns(name, self.sources), *sorted(completed & set(ENDS)))
            files = self._whole_files(name, window)
            once = self.is_once and name == "flows"
            around = window
            if once and window:
                around = Window(window.start - AROUND, window.end + AROUND)
            left_out = self._left_out(into, around) if name == "flows" and not plain else []
            completion = None
            if (completed or once) and not (plain or name.startswith("transit")):
                own = once or ("direction" in completed and _any_needs_own(files))
                facts = self._facts(cursor, into, window, own, once)
                ends = self._ends(cursor, into, window, completed)
                completion = Completion(facts, completed, once, ends)
                if once:
                    self._provide_copies(into, around, facts, left_out)
            select = select_files(name, present, files, completion, left_out, self.store.scope)
            if conditions:
                select = f"SELECT * FROM ({select}) WHERE {written_out(and_(*conditions))}"  # noqa: S608
            into.execute(f"CREATE TEMP VIEW {quoted(name)} AS {select}")

    def _provide_connections(
        self,
        cursor: Cursor,
        into: Cursor | Setup,
        window: Window | None,
        conditions: Sequence[ColumnElement[bool]],
    ) -> None:
        """Make the relation of connections, of the records as they were logged.

        Raises:
            QueryError: There are too many records.
        """
        present = self.store.columns("flows", self.sources)
        files = self._whole_files("flows", window)
        require_affordable(sum(file.rows for file in files))
        wanted = {"vpc_id"} | (columns_named(*conditions) & set(KNOWN))
        own = "direction" in wanted and _any_needs_own(files)
        facts, ends = (
            self._facts(cursor, into, window, own, False),
            self._ends(cursor, into, window, wanted),
        )
        completion = Completion(facts, wanted, False, ends)
        left_out = self._left_out(into, window)
        columns = (*present, *sorted(wanted & set(ENDS)))
        select = select_files("flows", columns, files, completion, left_out, self.store.scope)
        for name, text in views_of_connections(select, present, window, conditions):
            into.execute(f"CREATE TEMP VIEW {quoted(name)} AS {text}")

    def _provide_copies(
        self,
        into: Cursor | Setup,
        around: Window | None,
        facts: Facts,
        left_out: Sequence[Span],
    ) -> None:
        """Make the table of what senders logged, with which the receivers' copies are paired."""
        present = self.store.columns("flows", self.sources)
        files = self._whole_files("flows", around)
        sent = select_files("flows", present, files, Sent(facts), left_out, self.store.scope)
        if around:
            start = column_of("start_time")
            inside = written_out(and_(start >= around.start, start < around.end))
            sent = f"SELECT * FROM ({sent}) WHERE {inside}"  # noqa: S608 (our own text)
        into.execute(f"CREATE TEMP TABLE {COPIES} AS {sent_copies(sent, _unnested)}")

    def _left_out(self, into: Cursor | Setup, window: Window | None) -> list[Span]:
        """The records of which another flow log is used, and as a table of its own."""
        catalogue: object = self.store
        if not isinstance(catalogue, HasRepeats):
            return []
        spans = catalogue.left_out(window, self.sources)
        if spans:
            into.register(LEFT_OUT, table_of_spans(spans))
        return spans

    def _facts(
        self, cursor: Cursor, into: Cursor | Setup, window: Window | None, own: bool, owners: bool
    ) -> Facts:
        """What is known for a question, and as tables beside it."""
        days = days_of(window)
        sources = None if self.sources is None else tuple(self.sources)

        def plain() -> PlainFlows:
            present = self.store.columns("flows", self.sources)
            files = self.store.files("flows", days, self.sources)
            by_day = days_of_files(files, present, self._days)
            return PlainFlows(select_files("flows", present, files), by_day)

        facts = self._inventory.facts(Need(days, sources, own, owners), _asking(cursor), plain)
        for name, table in facts.tables.items():
            into.register(name, table)
        return facts

    def _ends(
        self, cursor: Cursor, into: Cursor | Setup, window: Window | None, wanted: Set[str]
    ) -> EndFacts | None:
        """What is known of the ends of records for a question, and as tables beside it."""
        if wanted.isdisjoint(ENDS):
            return None
        days = days_of(window)
        sources = None if self.sources is None else tuple(self.sources)

        def plain() -> PlainFlows:
            present = self.store.columns("flows", self.sources)
            files = self.store.files("flows", days, self.sources)
            return PlainFlows(select_files("flows", present, files, scope=self.store.scope), {})

        need = Need(days, sources, False, False)
        ends = self._inventory.ends(need, wanted, _asking(cursor), plain)
        for name, table in ends.tables(wanted).items():
            into.register(name, table)
        return ends

    def _damage(self, window: Window | None) -> StoreError | None:
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

    def _whole_files(self, relation: str, window: Window | None) -> list[StoreFile]:
        """The files to read.

        Raises:
            StoreError: Some are missing or damaged: an answer would lack their records.
        """
        files = self._files(relation, window)
        lost = self.store.unreadable(files) if isinstance(self.store, HasDamage) else []
        if lost:
            raise error_of(lost)
        return files


# Statements of minutes are the same objects for the same days.
_bound_once = lru_cache(maxsize=256)(bound)


def _any_needs_own(files: Iterable[StoreFile]) -> bool:
    return any(needs_own(names) for names in {file.columns for file in files})


def _asking(cursor: Cursor) -> Ask:
    """Asks a cursor, which holds nothing new afterwards."""

    def ask(sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        for name, table in tables.items():
            cursor.register(name, table)
        try:
            return cursor.sql(sql).to_arrow_table()
        finally:
            for name in tables:
                cursor.unregister(name)

    return ask


def _unnested(first: str, last: str) -> tuple[str, str]:
    """Among the columns: beside the relation it takes DuckDB fifteen times as long."""
    return f"unnest(range({first}, {last} + 1))", ""


def _table(cursor: Cursor, sql: str, values: list[Any]) -> pa.Table:
    reader: Any = cursor.sql(sql, params=values).to_arrow_reader(BATCH)
    return pa.Table.from_batches(list(reader), reader.schema)


@contextmanager
def _stopped_after(cursor: Cursor, timeout: timedelta | None) -> Iterator[None]:
    """Interrupt whatever the cursor does when the time is up."""
    if timeout is None:
        yield
        return
    timer = threading.Timer(timeout.total_seconds(), cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # A timer alive at the end of the program would hold the cursor, which DuckDB complains of.
        timer.join()


@contextmanager
def _failures(engine: DuckDBEngine, window: Window | None) -> Iterator[None]:
    """DuckDB's errors as ours."""
    try:
        yield
    except duckdb.InterruptException:
        length = format_duration(engine.timeout or timedelta(seconds=1))
        raise FailureError(
            f"The query took longer than {length} and was stopped.",
            "Ask for a shorter range or add filters; the limit is the setting query_timeout.",
        ) from None
    except duckdb.OutOfMemoryException:
        raise FailureError(
            f"The query needs more memory than {engine.memory_limit}.",
            "Ask for a shorter range or add filters; the limit is the setting memory_limit.",
        ) from None
    except (duckdb.Error, pa.ArrowException) as error:
        damage = engine._damage(window) if type(error) in OF_FILES else None
        raise damage or StoreError(f"The query failed: {guard.first_line(error)}") from error
