"""Questions as `query` has them, answered by the engine; panels stand on these alone.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.engines import by_days, by_minutes, by_novelty, by_promises
from vpcflow_core.engines.asked import Asked, Groups
from vpcflow_core.engines.base import Engine
from vpcflow_core.engines.by_promises import HandsOver, Reduced
from vpcflow_core.flow_logs.by_country import by_country, new_countries
from vpcflow_core.flow_logs.selection import Selection
from vpcflow_core.flow_logs.sets import require_sets, sets_of, watched
from vpcflow_core.query.as_logged import NOTE as AS_LOGGED
from vpcflow_core.query.as_logged import is_about_interfaces
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.countries import resolved
from vpcflow_core.query.dimensions import COUNTRIES, dimension
from vpcflow_core.query.fill import filled, joined
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.limits import highest, is_limited, ranked
from vpcflow_core.query.names import with_names
from vpcflow_core.query.novelty import NewGroups
from vpcflow_core.query.place import is_spread, placed, snapped, touched
from vpcflow_core.query.question import Query
from vpcflow_core.query.rates import divided, totals_of, with_rates
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import Statement, select_for
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.query.connections.questions import AnyQuery

# How far back the pages of a day look: bands learn from fifteen days and what is left of one.
RECENT = timedelta(days=17)


class Questions(Selection):
    """Every kind of question: over flows, records, connections, and by SQL."""

    def ask(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question.

        Args:
            query: The question; with `every`, buckets without flows are zero.
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.

        Raises:
            FieldError: No such measure or dimension.
            MissingDataError: No record has a field that the question needs.
            ParameterError: The answer would be far too large.
        """
        window = window or self.window
        result = self.sparse(query, window, filters)
        return replace(result, frame=filled(result.frame, query, window))

    def sparse(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """As `ask`, without the buckets in which nothing was."""
        window = window or self.window
        totals = totals_of(query, window)
        if totals is not query:
            found = self.sparse(totals, window, filters)
            # That of countries asks for addresses, and is no SELECT of these rows.
            of_rows = COUNTRIES.keys().isdisjoint(query.by)
            text = divided(found.sql, query, window) if of_rows else found.sql
            return replace(found, frame=with_rates(found.frame, query, window), sql=text)
        if not COUNTRIES.keys().isdisjoint(query.by):
            return by_country(lambda asked: self.sparse(asked, window, filters), query, self.places)
        columns = self.engine.columns("records" if query.records else "flows")
        span = touched(query, window, self._earliest(query, window))
        wanted = self.wanted(filters or NO_FILTERS, span)
        engine, notes = self._counting(query, wanted)
        among = self._limited(engine, query, window, wanted) if is_limited(query) else None
        results = [
            by_days.run(engine, Asked(part, wanted, columns, self._earliest), window, among)
            for part in placed(query)
        ]
        made = joined(results, query) if is_spread(query) else results[0]
        return replace(made, notes=(*notes, *made.notes))

    def ask_new(
        self,
        query: Query,
        before: Window,
        window: Window | None = None,
        filters: Filters | None = None,
    ) -> NewGroups:
        """Which groups of a question no record of an earlier range belongs to.

        Args:
            query: The question, without `every`.
            before: The earlier range.
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones, of both ranges.

        Raises:
            FieldError, MissingDataError: As `ask`.
        """
        window, columns = window or self.window, self.engine.columns()
        totals = totals_of(query, window)
        if totals is not query:
            new = self.ask_new(totals, before, window, filters)
            rows = with_rates(new.result.frame, query, window)
            return replace(new, result=replace(new.result, frame=rows))
        if not COUNTRIES.keys().isdisjoint(query.by):
            return new_countries(
                lambda of, when: self.sparse(of, when, filters), query, window, before
            )
        wanted = self.wanted(filters or NO_FILTERS, Window(before.start, window.end))
        engine, notes = self._counting(query, wanted)
        asked = Asked(query, wanted, columns, self._earliest)
        found = by_novelty.run(engine, asked, window, before)
        result = replace(found.result, notes=(*notes, *found.result.notes))
        return replace(found, result=result)

    def _limited(self, engine: Engine, query: Query, window: Window, wanted: Filters) -> Groups:
        """The groups of a question over time with the highest timeslices."""
        of, columns = ranked(query), engine.columns("records" if query.records else "flows")
        earliest, settled = self._earliest(of, window), self.coverage.settled_until
        question = highest(of, window, wanted, columns, earliest, settled, query.top or 1)
        found = engine.run(question, touched(of, window, earliest)).frame
        return list(found.dropna().astype("object").itertuples(index=False, name=None))

    def make_ready(self) -> None:
        """Have made what charts over time stand on, so that the first one need not wait for it."""
        extent = self.extent
        if extent:
            recent = Window(max(extent.start, extent.end - RECENT), extent.end)
            by_minutes.make_ready(self.engine, recent, self.engine.columns(), self._earliest)

    def _earliest(self, query: Query, window: Window) -> datetime | None:
        """Where the first record starts that reaches into what a question spreads."""
        if not is_spread(query):
            return None
        return self.coverage.reaching(snapped(query, window)).start

    def ask_change(
        self,
        query: Query,
        fields: Sequence[str],
        ranges: tuple[Window, Window],
        filters: Filters | None = None,
        *,
        most: int = 100,
    ) -> list[QueryResult]:
        """Which values of fields have more or less than before; see `query.change`.

        Args:
            query: One measure, its conditions and its relation.
            fields: Which; those that no record has are left out.
            ranges: Now and before.
            filters: Conditions besides the own ones.
            most: How many values of each field.

        Returns:
            One answer; of flows that count once another for fields that are about interfaces.
        """
        from vpcflow_core.query.change import change_for

        columns = self.engine.columns("records" if query.records else "flows")
        span = Window(min(of.start for of in ranges), max(of.end for of in ranges))
        wanted = self.wanted(filters or NO_FILTERS, span)
        present = [name for name in fields if dimension(name, columns).column in columns]
        logged = [f for f in present if is_about_interfaces(replace(query, by=(f,)), wanted)]
        parts = [logged, [f for f in present if f not in logged]] if self.counts_once else [present]
        results = []
        for part in filter(None, parts):
            engine, notes = self._counting(replace(query, by=tuple(part)), wanted)
            question = change_for(query, part, ranges, wanted, columns, most)
            result = engine.run(question, span)
            results.append(replace(result, notes=(*notes, *result.notes)))
        return results

    def _counting(self, query: Query, filters: Filters) -> tuple[Engine, tuple[str, ...]]:
        """What answers a question, and what to say of it."""
        if not self.counts_once:
            return self.engine, ()
        if is_about_interfaces(query, filters):
            return self.engine, (AS_LOGGED,)
        return self.engine.once(), ()

    def left_out(self, window: Window | None = None, filters: Filters | None = None) -> int:
        """How many records `once` leaves out.

        Args:
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.
        """
        counts = [
            int(flows.ask(Query(("flows",)), window, filters).frame["flows"].sum())
            for flows in (self, self.once())
        ]
        return counts[0] - counts[1]

    def records(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        where: Iterable[tuple[str, str]] = (),
        status: bool = False,
        limit: int = 1000,
    ) -> QueryResult:
        """The records themselves, the newest first, with every field that some record has.

        Args:
            window: The time they started in, instead of the own one.
            filters: Conditions besides the own ones.
            where: More conditions: pairs of field and text.
            status: Records without traffic too: NODATA and SKIPDATA.
            limit: How many at most.

        Raises:
            MissingDataError: No record has a field that is filtered by.
        """
        from vpcflow_core.query.records import records_for

        window, relation = window or self.window, "records" if status else "flows"
        columns = self.engine.columns(relation)
        asked = Filters.parse(where, columns) & (filters or NO_FILTERS)
        wanted = self.wanted(asked, window)
        engine, notes = self._counting(Query(()), wanted)
        question = records_for(window, wanted, columns, relation=relation, limit=limit)
        made = engine.run(question, window)
        return replace(made, notes=(*notes, *made.notes))

    def wanted(self, filters: Filters, window: Window) -> Filters:
        """The own filters and these, with ids and addresses in place of names and countries."""

        def countries_of(field: str, others: Filters) -> dict[str, str]:
            question = select_for(
                Query(("flows",), by=(field,)), window, others, self.engine.columns()
            )
            found = self.places.locate(self.engine.run(question, window).frame[field])
            placed = found.dropna(subset="country")
            return dict(zip(placed["address"], placed["country"], strict=True))

        require_sets(self.filters & filters)
        named = with_names(self.filters & filters, self.names, self._addresses_of)
        return resolved(named, countries_of)

    def watched(self, addresses: Iterable[str]) -> dict[str, str]:
        """The watch list of each of the addresses that is on one."""
        return watched(addresses)

    def sets_of(self, texts: Iterable[str]) -> dict[str, str]:
        """The zones and watch lists that addresses or blocks are in, in words."""
        return sets_of(texts)

    def _addresses_of(self, name: str) -> tuple[str, ...]:
        """The addresses that interfaces of a name (in lower case) have or had."""
        known = self.known("interfaces")
        rows = known[known["name"].fillna("").str.lower() == name]
        listed = [rows[column].explode() for column in ("addresses", "public_addresses")]
        return tuple(pd.concat(listed).dropna().unique())

    def _run(self, question: Statement, window: Window, by: Reduced | None = None) -> QueryResult:
        """Run a SELECT for records as they were logged; all questions beyond `sparse` do.

        Args:
            question: The SELECT.
            window: Its range of time.
            by: What has the same answer, where the engine can run it.
        """
        if by and isinstance(self.engine, HandsOver):
            return self.engine.run_reduced(question, window, by)
        return self.engine.run(question, window)

    def ask_connections(
        self, query: AnyQuery, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question for connections in the window alone; see `connections`."""
        from vpcflow_core.query.connections.promises import PromisesQuery, RecordsQuery
        from vpcflow_core.query.connections.questions import question_for

        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        columns = self.engine.columns()
        question, by = question_for(query, window, wanted, columns), None
        if isinstance(query, PromisesQuery):
            by = by_promises.reduced(query, window, wanted, columns)
        made = self._run(question, window, by)
        if isinstance(query, RecordsQuery):
            room = by_promises.at_a_time(query.connections.order, self.engine)
            made = replace(made, frame=made.frame.assign(at_a_time=room))
        return self._as_logged(made)

    def ask_received(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        cuts: Sequence[datetime] = (),
        limit: int = 500_000,
        outgoing: bool = False,
    ) -> QueryResult:
        """What interfaces received, and which of it answers them; see `query.connections.received`.

        Args:
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.
            cuts: Moments that no row may reach over, ascending.
            limit: How many rows at most.
            outgoing: What they sent instead.
        """
        from vpcflow_core.query.connections.received import received_for

        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        columns = self.engine.columns()
        question = received_for(window, wanted, columns, cuts=cuts, limit=limit, outgoing=outgoing)
        return self._as_logged(self._run(question, window))

    def ask_refused(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        cuts: Sequence[datetime] = (),
        limit: int = 500_000,
    ) -> QueryResult:
        """What interfaces refused, by five-tuple, and what they let through of the same.

        Args:
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones; see `query.connections.refused`.
            cuts: Moments that no row may reach over, ascending.
            limit: How many rows at most.
        """
        from vpcflow_core.query.connections.refused import refused_for

        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        question = refused_for(window, wanted, self.engine.columns(), cuts=cuts, limit=limit)
        return self._as_logged(self._run(question, window))

    def _as_logged(self, result: QueryResult) -> QueryResult:
        """An answer of the records as they were logged; says so where flows are to count once."""
        return replace(result, notes=(AS_LOGGED, *result.notes)) if self.counts_once else result

    def sql(self, text: str, *, max_rows: int | None = None) -> pd.DataFrame:
        """A person's own SELECT over the relations.

        They are `flows`, `records`, `connections` (as logged, see `connections`; of at most five
        million records), `transit_flows` and `transit_records`.

        Filters, source and range narrow the relations before the SELECT sees them.

        Raises:
            QueryError: It is not one SELECT over the relations, or it is wrong.

        >>> flows.sql("select distinct protocol from flows where dstport = 53")["protocol"].item()
        17
        """
        return self.ask_sql(text, max_rows=max_rows).frame

    def ask_sql(self, text: str, *, max_rows: int | None = None) -> QueryResult:
        """As `sql`, with the time it took and whether rows were left off."""
        window = self.window if self.range is not None else None
        columns = {*self.engine.columns("records"), *self.engine.columns("transit_records")}
        span = window or self.extent
        wanted = self.wanted(NO_FILTERS, span) if span else self.filters
        conditions = conditions_of(wanted, columns)
        engine = self.engine.once() if self.counts_once else self.engine
        return engine.run_text(text, window, conditions, max_rows)
