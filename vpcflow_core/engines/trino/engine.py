"""Trino and Amazon Athena: SELECTs that run where the records lie, one statement a question."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence, Set
from copy import copy
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, and_

from vpcflow_core.asker import page_asking
from vpcflow_core.coverage import Coverage
from vpcflow_core.engines.by_minutes import Part
from vpcflow_core.engines.frames import frame_of
from vpcflow_core.engines.interfaces.cache import InventoryCache, Need, PlainFlows, days_of
from vpcflow_core.engines.interfaces.completion import COMPLETED, KNOWN, Completion, needs_own
from vpcflow_core.engines.interfaces.copies import AROUND, COPIES, Sent, sent_copies
from vpcflow_core.engines.interfaces.ends import EndFacts
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.kept import KeptAnswers
from vpcflow_core.engines.named import columns_named, relations_named
from vpcflow_core.engines.trino.catalogue import TrinoCatalogue
from vpcflow_core.engines.trino.client import Reply
from vpcflow_core.engines.trino.dialect import written_out
from vpcflow_core.engines.trino.minutes import TABLE, MinutesTable
from vpcflow_core.engines.trino.relations import (
    in_words_of_trino,
    inlined,
    select_relation,
    table_fields,
    unnested,
    with_tables,
)
from vpcflow_core.engines.trino.sharing import Answer, Asking, Sharing, answer_of
from vpcflow_core.engines.trino.under_way import UnderWay
from vpcflow_core.errors import FailureError, ParameterError, QueryError
from vpcflow_core.inventory.naming import NAMING, Naming
from vpcflow_core.metrics import timed
from vpcflow_core.query.columns import started
from vpcflow_core.query.connections.select import every_connection
from vpcflow_core.query.ends import ENDS
from vpcflow_core.query.minutes import FIELDS, MINUTES
from vpcflow_core.query.result import QueryResult
from vpcflow_core.store.base import RELATIONS
from vpcflow_core.times import Window

CONNECTIONS, PARTS = "connections", "records_of_connections"
# How a person's own SELECT may begin: with a list of tables before it, it can be nothing else.
_SELECTS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SELECT|WITH|VALUES|TABLE|\()", re.I | re.S)


class TrinoEngine:
    """Answers from the relations of a schema; safe to share between threads.

    Args:
        catalogue: What there is.
        timeout: A question that takes longer is stopped; None: none is.
        naming: Where names of addresses come from besides snapshots.
    """

    guards_sql = False

    def __init__(
        self,
        catalogue: TrinoCatalogue,
        *,
        timeout: timedelta | None = timedelta(minutes=2),
        naming: Naming = NAMING,
    ) -> None:
        self.catalogue = catalogue
        self.timeout = timeout
        self.is_once = False
        self._inventory = InventoryCache(catalogue, naming)
        self._kept = KeptAnswers()
        self._under_way: UnderWay[Answer] = UnderWay()
        self._sharing = Sharing()

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known; the field table's if empty."""
        present = self.catalogue.columns(relation)
        if present and not relation.startswith("transit"):
            present = (*present, *self._inventory.known(present))
        return present or tuple(field.name for field in table_fields(relation))

    def extent(self, relation: str = "flows", until: datetime | None = None) -> Window | None:
        """From the first to just after the last record before `until`; None without one."""
        return self.catalogue.extent(relation, None, until)

    def coverage(self) -> Coverage:
        """What is known of when: holes, and up to when all came."""
        return self.catalogue.coverage()

    @timed
    def run(self, question: Select[Any], window: Window) -> QueryResult:
        """Answer a SELECT over one relation.

        Args:
            question: The SELECT.
            window: The range of time it touches; partitions outside are not read.

        Raises:
            FailureError: It could not be answered, in words.
        """
        began = time.perf_counter()
        shown = written_out(question)
        ask = None
        if page_asking() and self.answers_at_once:
            page = (page_asking(), *self._state)
            longest = self.catalogue.client.longest
            asking = Asking(page, self.is_once, self._statement, self._asked, longest)
            ask = self._sharing.asks(question, shown, window, asking)
        if ask is None:
            return self._result(self._statement(shown, [question], window), shown, began)
        # Its statement is made with those of the page: what that needs may have to be asked first.
        return self._answered((window, shown), shown, began, ask)

    @property
    def answers_at_once(self) -> bool:
        """Whether the questions of a page had better be asked at once, as they share statements."""
        return self.catalogue.client.is_shared

    @property
    def _state(self) -> tuple[Hashable, ...]:
        """What answers depend on besides the statement."""
        return (self.catalogue.generation(), *self._inventory.version, self.is_once)

    def _statement(self, text: str, questions: Sequence[Select[Any]], window: Window) -> str:
        """A SELECT over the relation of some questions, after what that is made of."""
        relations, wanted = relations_named(questions[0]), columns_named(*questions)
        return with_tables(text, self._tables(relations, window, wanted=wanted))

    def are_minutes_worth_keeping(self, window: Window, fields: Sequence[str]) -> bool:
        """Whether there is a table of minutes by these fields; see `vpcflow summarize`."""
        return tuple(fields) == FIELDS and not self.is_once and self.catalogue.has_table(TABLE)

    def run_over_minutes(self, question: Select[Any], window: Window, part: Part) -> QueryResult:
        """Answer a SELECT over the minutes of a window; see `query.minutes`.

        Args:
            question: The SELECT.
            window: The range of time that it is about.
            part: Gives what the minutes of a range are: a SELECT, and where its records start.

        Raises:
            FailureError: As `run`.
        """
        began = time.perf_counter()
        tables = {MINUTES: self.minutes().source(window, part)}
        return self._result(with_tables(written_out(question), tables), "", began)

    def text_of(self, question: Select[Any]) -> str:
        """The SQL of a question, as `QueryResult.sql` shows it."""
        return written_out(question)

    def minutes(self) -> MinutesTable:
        """The table of minutes of the schema."""
        return MinutesTable(
            self.catalogue,
            lambda window, wanted: self._tables({"flows"}, window, wanted=wanted),
        )

    @timed
    def run_text(
        self,
        sql: str,
        window: Window | None = None,
        conditions: Sequence[ColumnElement[bool]] = (),
        max_rows: int | None = None,
    ) -> QueryResult:
        """Answer a person's own SELECT over the relations, in Trino's words.

        Args:
            sql: One SELECT.
            window: Only records that started inside; None: all.
            conditions: Only records that meet them.
            max_rows: Most rows to return.

        Raises:
            QueryError: It is no SELECT, or Trino refuses it.
            FailureError: It could not be answered, in words.
        """
        if max_rows is not None and max_rows < 1:
            raise ParameterError(f"{max_rows} is not a number of rows.", "Ask for 1 or more.")
        text = sql.strip().rstrip(";").rstrip()
        if not _SELECTS.match(text):
            raise QueryError("That is not one SELECT.", "Write SELECT ... FROM flows")
        began = time.perf_counter()
        words = set(re.findall(r"\w+", text.lower()))
        if window is not None:
            conditions = [*started(window), *conditions]
        wanted = frozenset(KNOWN) & (words | columns_named(*conditions))
        tables = self._tables(
            words & set(RELATIONS),
            window,
            conditions,
            wanted=wanted.union(COMPLETED) if "*" in text else wanted,
        )
        if CONNECTIONS in words:
            tables |= self._connections(window, conditions)
        reply = self._asked(with_tables(text, tables), max_rows)
        seconds = time.perf_counter() - began
        frame = frame_of(reply.table)
        return QueryResult(frame, text, seconds, reply.truncated, reply.notes)

    def only(self, sources: Sequence[str]) -> TrinoEngine:
        """The same engine: there is one source, the schema itself.

        Raises:
            ParameterError: Another one is asked for.
        """
        if other := [url for url in sources if url != self.catalogue.url]:
            raise ParameterError(
                f"'{other[0]}' is no source of {self.catalogue.url}.",
                "An engine beyond this machine answers for itself alone.",
            )
        return self

    def over(self, catalogue: TrinoCatalogue) -> TrinoEngine:
        """The same engine, as its catalogue has no scope but everything."""
        return self

    def once(self) -> TrinoEngine:
        """An engine whose `flows` lacks the receiver's copies of flows that senders logged."""
        narrowed = copy(self)
        narrowed.is_once = True
        return narrowed

    def close(self) -> None:
        """Nothing is held open; the catalogue has the client."""

    def _result(self, sql: str, shown: str, began: float) -> QueryResult:
        """The answer to a statement."""
        return self._answered(sql, shown, began, lambda: answer_of(self._asked(sql)))

    def _answered(
        self, asked: Hashable, shown: str, began: float, ask: Callable[[], Answer]
    ) -> QueryResult:
        """The answer that was given to the same in this generation, else a new one."""
        key = (*self._state, asked)
        notes: tuple[str, ...] = ()
        frame = self._kept.get(key)
        if frame is None:
            found, notes = self._under_way.ask(key, ask)
            self._kept.put(key, found)
            frame = found.copy(deep=False)
        return QueryResult(frame, shown, time.perf_counter() - began, notes=notes)

    def _asked(self, sql: str, most: int | None = None) -> Reply:
        longest = self.catalogue.client.longest
        if len(sql.encode()) > longest:
            raise FailureError(
                f"The query has {len(sql.encode()):,} bytes, more than the {longest:,} that are "
                "taken there.",
                "Filter by blocks instead of a country, ask by address instead of names, or ask "
                "for a shorter range.",
            )
        return self.catalogue.client.run(sql, self.timeout, most)

    def _tables(
        self,
        relations: Collection[str],
        window: Window | None,
        conditions: Sequence[ColumnElement[bool]] = (),
        *,
        wanted: Collection[str],
    ) -> dict[str, str]:
        """The relations of a question by name, each after what it is made of."""
        tables: dict[str, str] = {}
        completed = frozenset(KNOWN) & frozenset(wanted)
        for name in sorted(relations):
            found = self.catalogue.relation(name)
            once, completion = self.is_once and name == "flows", None
            if (completed or once) and found and not name.startswith("transit"):
                own = once or ("direction" in completed and needs_own(found.columns))
                facts = self._facts(window, own, once)
                ends = self._ends(window, completed)
                if ends:
                    tables |= {k: inlined(table) for k, table in ends.tables(completed).items()}
                completion = Completion(facts, completed, once, ends, is_mixed=True)
                tables |= {known: inlined(table) for known, table in facts.tables.items()}
                if once:
                    tables[COPIES] = self._copies(window, facts)
            select = select_relation(name, found, window, completion)
            if conditions:
                select = f"SELECT * FROM ({select}) WHERE {written_out(and_(*conditions))}"  # noqa: S608 (our own text)
            tables[name] = select
        return tables

    def _copies(self, window: Window | None, facts: Facts) -> str:
        """What senders logged, with which the receivers' copies are paired."""
        around = Window(window.start - AROUND, window.end + AROUND) if window else None
        sent = select_relation("flows", self.catalogue.relation("flows"), around, Sent(facts))
        return in_words_of_trino(sent_copies(_inside(sent, around), unnested))

    def _connections(
        self, window: Window | None, conditions: Sequence[ColumnElement[bool]]
    ) -> dict[str, str]:
        """The relation of connections, of the records as they were logged."""
        present = self.catalogue.columns("flows")
        wanted = {"vpc_id"} | (columns_named(*conditions) & set(KNOWN))
        own = "direction" in wanted and needs_own(present)
        facts = self._facts(window, own, False)
        found = self.catalogue.relation("flows")
        ends = self._ends(window, wanted)
        flows = select_relation(
            "flows", found, window, Completion(facts, wanted, False, ends, is_mixed=True)
        )
        made = every_connection(conditions, {*present, "vpc_id"}, PARTS)
        tables = facts.tables | (ends.tables(wanted) if ends else {})
        known = {name: inlined(table) for name, table in tables.items()}
        return known | {PARTS: _inside(flows, window), CONNECTIONS: written_out(made)}

    def _facts(self, window: Window | None, own: bool, owners: bool) -> Facts:
        """What is known for a question."""
        days = days_of(window)

        def plain() -> PlainFlows:
            relation = select_relation("flows", self.catalogue.relation("flows"), days)
            return PlainFlows(_inside(relation, days), {})

        return self._inventory.facts(Need(days, None, own, owners), self._ask, plain)

    def _ends(self, window: Window | None, wanted: Set[str]) -> EndFacts | None:
        """What is known of the ends of records for a question."""
        if wanted.isdisjoint(ENDS):
            return None
        days = days_of(window)

        def plain() -> PlainFlows:
            relation = select_relation("flows", self.catalogue.relation("flows"), days)
            return PlainFlows(_inside(relation, days), {})

        need = Need(days, None, False, False)
        return self._inventory.ends(need, wanted, self._ask, plain, reads_twice=False)

    def _ask(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Answer a SELECT of ours, with tables beside it."""
        beside = {name: inlined(table) for name, table in tables.items()}
        return self._asked(with_tables(in_words_of_trino(sql), beside)).table


def _inside(select: str, window: Window | None) -> str:
    if window is None:
        return select
    inside = written_out(and_(*started(window)))
    return f"SELECT * FROM ({select}) WHERE {inside}"  # noqa: S608 (our own text)
