"""The relations that questions are asked over, made in DuckDB of the files that are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

import pyarrow as pa
from sqlalchemy import ColumnElement, and_

from vpcflow_core.engines.base import Ask, HasRepeats
from vpcflow_core.engines.duckdb import guard
from vpcflow_core.engines.duckdb.by_hand import Setup
from vpcflow_core.engines.duckdb.connections import require_affordable, views_of_connections
from vpcflow_core.engines.duckdb.database import Cursor
from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.duckdb.files import LEFT_OUT, quoted, select_files, table_of_spans
from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.duckdb.narrowed import Narrowed
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.settled import (
    KEPT_KEYS,
    MOST_RECORDS,
    SettledEnds,
    is_worth_a_look,
    look,
)
from vpcflow_core.engines.duckdb.shared_addresses import days_of_files
from vpcflow_core.engines.duckdb.summed import Summed
from vpcflow_core.engines.interfaces.cache import Need, PlainFlows, days_of
from vpcflow_core.engines.interfaces.completion import (
    KNOWN,
    Completion,
    needs_interfaces,
    needs_own,
)
from vpcflow_core.engines.interfaces.copies import AROUND, COPIES, Sent, sent_copies
from vpcflow_core.engines.interfaces.ends import EndFacts
from vpcflow_core.engines.interfaces.facts import Facts
from vpcflow_core.engines.interfaces.gathering import NO_FACTS
from vpcflow_core.engines.named import columns_named
from vpcflow_core.query.columns import column_of
from vpcflow_core.query.ends import ADDRESS_OF, ENDS
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.repeats import Span
from vpcflow_core.times import Window

# Gives the SQL of sums by some columns of some others, where they are kept.
KeptSums: TypeAlias = Callable[[Set[str], Set[str]], str | None]


@dataclass(frozen=True, slots=True)
class Relations:
    """Makes the relations of one question.

    Attributes:
        reading: Whose files they are made of.
        days: Keeps what is inferred of days that are over.
        cursor: Asks for what is inferred from the log.
        into: Where they are made.
        window: Files outside are left out; None: none are.
        conditions: Only records that meet them.
        summed: How `flows` is added up, for a question that allows it.
        narrowed: Reads only what meets the question's filters; None: all is read.
        kept_sums: Gives the SQL of sums by some columns that are kept; None: none are.
        named: The columns that the question names; None: it may name any.
    """

    reading: Reading
    days: KeptDays
    cursor: Cursor
    into: Cursor | Setup
    window: Window | None
    conditions: Sequence[ColumnElement[bool]] = ()
    summed: Summed | None = None
    narrowed: Narrowed | None = None
    kept_sums: KeptSums | None = None
    named: Set[str] | None = None

    def make(self, names: Iterable[str], wanted: Collection[str], *, plain: bool = False) -> None:
        """Make relations.

        Args:
            names: Theirs.
            wanted: Names of all columns that may be used.
            plain: As the files have them; nothing but the relations is made then.

        Raises:
            StoreError: A file is missing or damaged.
            QueryError: There are too many records for connections.
        """
        completed = frozenset(KNOWN) & frozenset(wanted)
        for name in set(names):
            if name == guard.CONNECTIONS:
                self._make_connections()
            elif plain:
                self._make_view(name, self._select(name, completed, None, []))
            else:
                self._make_completed(name, completed)

    def _make_completed(self, name: str, wanted: Set[str]) -> None:
        """A relation with the columns of its records that can be known."""
        once = self.reading.is_once and name == "flows"
        around = self.window
        if once and around:
            around = Window(around.start - AROUND, around.end + AROUND)
        left_out = self._left_out(around) if name == "flows" else []
        settled = None if once or left_out else self._settled(name, wanted)
        if settled:
            self._make_view(name, self._select_settled(name, wanted, settled))
            return
        completion = None
        if (wanted or once) and not name.startswith("transit"):
            files = self.reading.whole_files(name, self.window)
            own = once or ("direction" in wanted and _any_needs_own(files))
            ends = self._ends(wanted)
            lacks_vpc = any("vpc_id" not in file.columns for file in files)
            uses = once or needs_interfaces(wanted, ends, lacks_vpc)
            facts = self._facts(own, once) if uses else NO_FACTS
            completion = Completion(facts, wanted, once, ends)
            if once:
                self._make_copies(around, completion.facts, left_out)
        self._make_view(name, self._select(name, wanted, completion, left_out))

    def _select(
        self,
        name: str,
        wanted: Set[str],
        completion: Completion | SettledEnds | None,
        left_out: Sequence[Span],
    ) -> str:
        files = self.reading.whole_files(name, self.window)
        if self.narrowed:
            files = self.narrowed.files(name, files, asking(self.cursor))
        columns = (*self.reading.columns(name), *sorted(wanted & set(ENDS)))
        scope = self.reading.store.scope
        summed = self.summed if name == "flows" else None
        select = select_files(
            name, columns, files, completion, left_out, scope, summed, named=self.named
        )
        if self.conditions:
            select = f"SELECT * FROM ({select}) WHERE {written_out(and_(*self.conditions))}"  # noqa: S608 (our own text)
        return select

    def _make_view(self, name: str, select: str) -> None:
        self.into.execute(f"CREATE TEMP VIEW {quoted(name)} AS {select}")

    def _make_connections(self) -> None:
        """The relation of connections, of the records as they were logged."""
        files = self.reading.whole_files("flows", self.window)
        require_affordable(sum(file.rows for file in files))
        wanted = {"vpc_id"} | (columns_named(*self.conditions) & set(KNOWN))
        own = "direction" in wanted and _any_needs_own(files)
        completion = Completion(self._facts(own, False), wanted, False, self._ends(wanted))
        present = self.reading.columns("flows")
        columns = (*present, *sorted(wanted & set(ENDS)))
        left_out, scope = self._left_out(self.window), self.reading.store.scope
        select = select_files("flows", columns, files, completion, left_out, scope)
        for name, text in views_of_connections(select, present, self.window, self.conditions):
            self._make_view(name, text)

    def _make_copies(self, around: Window | None, facts: Facts, left_out: Sequence[Span]) -> None:
        """The table of what senders logged, with which the receivers' copies are paired."""
        present = self.reading.columns("flows")
        files = self.reading.whole_files("flows", around)
        scope = self.reading.store.scope
        sent = select_files("flows", present, files, Sent(facts), left_out, scope)
        if around:
            start = column_of("start_time")
            inside = written_out(and_(start >= around.start, start < around.end))
            sent = f"SELECT * FROM ({sent}) WHERE {inside}"  # noqa: S608 (our own text)
        self.into.execute(f"CREATE TEMP TABLE {COPIES} AS {sent_copies(sent, _unnested)}")

    def _left_out(self, window: Window | None) -> list[Span]:
        """The records of which another flow log is used, and as a table of its own."""
        catalogue: object = self.reading.store
        if not isinstance(catalogue, HasRepeats):
            return []
        spans = catalogue.left_out(window, self.reading.sources)
        if spans:
            self.into.register(LEFT_OUT, table_of_spans(spans))
        return spans

    def _facts(self, own: bool, owners: bool) -> Facts:
        """What is known of interfaces, and as tables beside the relations."""
        days = days_of(self.window)

        def plain() -> PlainFlows:
            present = self.reading.columns("flows")
            files = self.reading.files("flows", days)
            by_day = days_of_files(files, present, self.days)
            return PlainFlows(select_files("flows", present, files), by_day)

        need = Need(days, self.reading.sources, own, owners)
        facts = self.reading.inventory.facts(need, asking(self.cursor), plain)
        self._register(facts.tables)
        return facts

    def _ends(self, wanted: Set[str]) -> EndFacts | None:
        """What is known of the ends of records, and as tables beside the relations."""
        if wanted.isdisjoint(ENDS):
            return None
        days = days_of(self.window)

        def plain() -> PlainFlows:
            present = self.reading.columns("flows")
            files = self.reading.files("flows", days)
            scope = self.reading.store.scope
            return PlainFlows(select_files("flows", present, files, scope=scope), {})

        need = Need(days, self.reading.sources, False, False)
        ends = self.reading.inventory.ends(need, wanted, asking(self.cursor), plain)
        self._register(ends.tables(wanted))
        return ends

    def _settled(self, name: str, wanted: Set[str]) -> SettledEnds | None:
        """Who is at the ends of all records of these days, where the question needs no more."""
        if name != "flows" or not (wanted and wanted <= set(ENDS)) or self.into is not self.cursor:
            return None
        days, inventory = days_of(self.window), self.reading.inventory
        key = (*self.reading.state(), days, inventory.naming.version, wanted)
        found = self.reading.settled.get(key, lambda: self._look(days, wanted))
        adds_up = self.summed and self.summed.keys <= set(KEPT_KEYS)
        return found if found and (adds_up or not len(found.changing)) else None

    def _look(self, days: Window | None, wanted: Set[str]) -> SettledEnds | None:
        """Look at the records of some days."""
        # All of them: what is found is for other questions too, with other filters or none.
        whole = replace(self, window=days, into=self.cursor, summed=None, narrowed=None, named=None)
        if self.reading.rows(days) > MOST_RECORDS or whole._left_out(days):
            return None
        files = self.reading.whole_files("flows", days)
        lacks_vpc = any("vpc_id" not in file.columns for file in files)
        ends = whole._ends(wanted)
        facts = (
            whole._facts(False, False) if needs_interfaces(wanted, ends, lacks_vpc) else NO_FACTS
        )
        completion = Completion(facts, wanted, False, ends)
        # Where sums by address are kept, no column of records is read as quickly.
        ends_asked = {
            ADDRESS_OF[end] for end in ADDRESS_OF if any(n.startswith(end) for n in wanted)
        }
        sums = self.kept_sums and self.kept_sums(ends_asked, {"bytes"})
        if not (sums or is_worth_a_look(completion.of(set(file.columns)) for file in files)):
            return None
        relation = whole._select("flows", wanted, completion, [])
        return look(asking(self.cursor), relation, wanted)

    def _select_settled(self, name: str, wanted: Set[str], settled: SettledEnds) -> str:
        self._register(settled.tables())
        if not self.summed:
            return self._select(name, wanted, settled, [])
        keys = self.summed.keys | settled.addresses
        sums = self.kept_sums(keys, self.summed.sums) if self.kept_sums else None
        select = (
            settled.of_sums(sums, self.summed.keys)
            if sums
            else self._select(name, wanted, settled, [])
        )
        rest = settled.rest(self.summed.window)
        return f"({select}) UNION ALL BY NAME ({rest})" if rest else select

    def _register(self, tables: Mapping[str, pa.Table]) -> None:
        for name, table in tables.items():
            self.into.register(name, table)


def _any_needs_own(files: Iterable[StoreFile]) -> bool:
    return any(needs_own(names) for names in {file.columns for file in files})


def asking(cursor: Cursor) -> Ask:
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
