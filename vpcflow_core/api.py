"""`FlowLogs`: every question of vpcflow from Python; answers are pandas frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from vpcflow_core import connections as lived
from vpcflow_core import notebook
from vpcflow_core import series as over_time
from vpcflow_core.analysis.buckets import noted
from vpcflow_core.analysis.forecast import COLUMNS as FORECAST
from vpcflow_core.analysis.forecast import Model
from vpcflow_core.analysis.outliers import DEFAULT_METHOD, Method, Watch
from vpcflow_core.arrow import arrow_table
from vpcflow_core.coverage import Coverage
from vpcflow_core.engines import by_days
from vpcflow_core.engines.base import Catalogue, Engine, HasDamage, HasRepeats
from vpcflow_core.engines.by_days import Asked
from vpcflow_core.engines.open import is_elsewhere, open_catalogue, open_engine
from vpcflow_core.errors import EmptyError, ParameterError
from vpcflow_core.inventory.names import names_of as network_names
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.links import View, page_link
from vpcflow_core.panels.catalogue import PANELS, Panel, PanelAnswer, Parameters, panel
from vpcflow_core.panels.explore import READY
from vpcflow_core.panels.request import DEFAULTS as JUDGED
from vpcflow_core.query.as_logged import NOTE as AS_LOGGED
from vpcflow_core.query.as_logged import is_about_interfaces
from vpcflow_core.query.conditions import conditions_of
from vpcflow_core.query.connections.questions import AnyQuery, question_for
from vpcflow_core.query.connections.received import received_for
from vpcflow_core.query.connections.select import ConnectionQuery, Order
from vpcflow_core.query.countries import resolved
from vpcflow_core.query.fill import filled, joined
from vpcflow_core.query.filters import NO_FILTERS, Filters, Value
from vpcflow_core.query.names import with_names
from vpcflow_core.query.question import Place, Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.query.select import (
    BUCKET,
    is_spread,
    placed,
    records_for,
    select_for,
    snapped,
    touched,
    without_value_for,
)
from vpcflow_core.query.windows import STEP, RelativeTo, resolve_window
from vpcflow_core.reference.geoip import Places
from vpcflow_core.series import names_of, one_measure, require_numbers, timeslice
from vpcflow_core.settings import load_settings
from vpcflow_core.sources.open import DEFAULTS, SourceOptions, open_source
from vpcflow_core.store.damage import Damage, sentences
from vpcflow_core.store.ledger import LEDGER_NAME
from vpcflow_core.store.repeats import Repeated
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import Progress, SyncResult
from vpcflow_core.times import (
    Range,
    Window,
    format_duration,
    format_instant,
    parse_duration,
    parse_moment,
    parse_range,
    zone_of,
)
from vpcflow_core.workspace.sync import load, recent
from vpcflow_core.workspace.workspace import own_store

if TYPE_CHECKING:
    import pyarrow as pa
    from plotly.graph_objects import Figure

# What a top list shows beside the measure it is sorted by.
VOLUMES = ("flows", "bytes", "packets")
ONLY_TRANSIT = (
    "The store holds records of transit gateways alone: vpcflow sql 'SELECT ... FROM transit_flows'"
)
EMPTY_STORE = "The store holds no records yet: vpcflow sync SOURCE"


@dataclass(frozen=True, eq=False)
class FlowLogs:
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

    @classmethod
    def open(
        cls,
        source: str | Path,
        *,
        since: str | timedelta | None = None,
        store: str | Path | None = None,
        options: SourceOptions = DEFAULTS,
        progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Load what is new at a source, then answer from the store.

        An engine beyond this machine is asked where the records lie, and nothing is loaded.

        Args:
            source: `s3://bucket/prefix`, `cloudwatch://region/log-group`, a folder, a file,
                `sample://`; or the folder of a store, which is opened as it is; or
                `trino://user@host:port/catalog/schema`.
            since: Load only the most recent `8d`; all if not given.
            store: Folder of the store; one of the source's own in the user's cache if not given.
                Of an engine beyond this machine: where snapshots of EC2 are.
            options: How to reach the source.
            progress: Called with how far the loading is.

        Raises:
            SourceError: The source cannot be read, or nothing of it.
            SettingsError: The URL names no source.
            LockedError: Another process writes to the store.
        """
        if (Path(source).expanduser() / LEDGER_NAME).is_file():
            opened = Store.open(source)
            with _closed_on_failure(opened):
                return cls(opened)
        length = parse_duration(since) if isinstance(since, str) else since
        if is_elsewhere(str(source)):
            catalogue = open_catalogue(str(source), since=length, inventory=store)
            with _closed_on_failure(catalogue):
                return cls(catalogue=catalogue)
        found = open_source(str(source), options=options)
        opened = Store.open(store or own_store([found.url]))
        with _closed_on_failure(opened):
            result = load(opened, found, options.log_format, span=recent(length), progress=progress)
            _check(result)
            return replace(cls(opened).only(found.url), synced=result)

    def where(self, **filters: Value) -> Self:
        """Only records that meet the filters, besides those set before.

        Args:
            filters: Values by field: `action="REJECT"`, `srcaddr="!10.0.0.0/8"`, `dstport=443`,
                `protocol=["tcp", "udp"]`.

        Raises:
            FieldError: No such field.
            FilterError: A value cannot be read.
        """
        return self.filtered(Filters.parse(filters, self.engine.columns("records")))

    def filtered(self, filters: Filters) -> Self:
        """Only records that meet these filters too."""
        return replace(self, filters=self.filters & filters)

    def only(self, source: str) -> Self:
        """Only records of the source of that URL."""
        return replace(self, engine=self.engine.only([source]), source=source)

    def once(self) -> Self:
        """Count a flow between two logged interfaces once: its receiver's copy is left out.

        That is for totals: questions about interfaces, groups and directions, and connections, ask
        the log as it was written, and say so. `records` stays whole.
        docs/decisions/knowledge-of-interfaces.md tells how a copy is known.
        """
        return replace(self, counts_once=True)

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

    def last(self, length: str | timedelta) -> Self:
        """Only the most recent `24h`; up to the end of the data if that is over an hour ago.

        Also what people type of a range: `last 3 days`, `yesterday 9-10`, `2026-11-25`.
        """
        wanted = parse_range(length) if isinstance(length, str) else Range(length=length)
        return replace(self, range=wanted)

    def between(self, start: str | datetime, end: str | datetime) -> Self:
        """From one time to another: ISO 8601 text (UTC without offset) or aware datetimes."""
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

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the answers, in sentences."""
        if self.extent is None:
            only_transit = self.engine.extent("transit_records") is not None
            return (
                ONLY_TRANSIT if only_transit else EMPTY_STORE,
                *self._strays(),
                *self._repeated(),
                *sentences(self.damage()),
            )
        window, relative_to = self._resolved()
        if relative_to == "now":
            return (*self._strays(), *self._repeated(), *sentences(self.damage(window)))
        length = format_duration(window.length)
        return (
            f"The data ends {format_instant(window.end)}: these are its last {length}.",
            *self._strays(),
            *self._repeated(),
            *sentences(self.damage(window)),
        )

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """Flow logs that log the same traffic as others, and which of them totals use."""
        catalogue = self.catalogue
        return tuple(catalogue.repeated()) if isinstance(catalogue, HasRepeats) else ()

    def damage(self, window: Window | None = None) -> list[Damage]:
        """Records that the store should have and has not, by source and day.

        Their files are missing or damaged. The next sync reads them again from their source; those
        that it does not have any more are lost.

        Args:
            window: Days that it does not touch are left out; None: of all time.
        """
        catalogue = self.catalogue
        return catalogue.damage(window) if isinstance(catalogue, HasDamage) else []

    def _repeated(self) -> tuple[str, ...]:
        return tuple(found.sentence for found in self.repeated)

    def _strays(self) -> tuple[str, ...]:
        """Says so where records have times that cannot be."""
        count = sum(source.stray for source in self.catalogue.sources())
        if not count:
            return ()
        return (
            f"Some records lie in the future or before 2010 ({count:,}): they are in `records` "
            "alone, and no range hangs on them.",
        )

    @property
    def places(self) -> Places:
        """Where addresses lie, by the best GeoIP database there is."""
        return _places(tuple(load_settings().geoip))

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
        columns = self.engine.columns("records" if query.records else "flows")
        span = touched(query, window, self._earliest(query, window))
        wanted = self.wanted(filters or NO_FILTERS, span)
        engine, notes = self._counting(query, wanted)
        results = [
            by_days.run(engine, Asked(part, wanted, columns, self._earliest), window)
            for part in placed(query)
        ]
        made = joined(results, query) if is_spread(query) else results[0]
        return replace(made, notes=(*notes, *made.notes))

    def _earliest(self, query: Query, window: Window) -> datetime | None:
        """Where the first record starts that reaches into what a question spreads."""
        if not is_spread(query):
            return None
        return self.coverage.reaching(snapped(query, window)).start

    def _counting(self, query: Query, filters: Filters) -> tuple[Engine, tuple[str, ...]]:
        """What answers a question, and what to say of it."""
        if not self.counts_once:
            return self.engine, ()
        if is_about_interfaces(query, filters):
            return self.engine, (AS_LOGGED,)
        return self.engine.once(), ()

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

        named = with_names(self.filters & filters, self.names, self._addresses_of)
        return resolved(named, countries_of)

    def _addresses_of(self, name: str) -> tuple[str, ...]:
        """The addresses that interfaces of a name (in lower case) have or had."""
        known = self.known("interfaces")
        rows = known[known["name"].fillna("").str.lower() == name]
        listed = [rows[column].explode() for column in ("addresses", "public_addresses")]
        return tuple(pd.concat(listed).dropna().unique())

    def top(
        self, fields: str | Iterable[str], *, by: str = "flows", n: int | None = 10
    ) -> pd.DataFrame:
        """The busiest values of a field, or of fields together.

        Args:
            fields: `srcaddr`; `srcaddr,dstport` or a list for values together.
            by: Measure to sort by.
            n: How many; None: all.

        Returns:
            The fields, the measure sorted by, then flows, bytes and packets where the logs have
            them; highest first. Flows without a value (ICMP has no ports) are in no row:
            `attrs["notes"]` says how many.
        """
        columns = self.engine.columns("flows")
        others = [m for m in VOLUMES if m != by and (m == "flows" or m in columns)]
        query = Query((by, *others), by=names_of(fields), top=n)
        result = self.ask(query)
        return noted(result.frame, *result.notes, *self._in_no_row(query))

    def _in_no_row(self, query: Query) -> Iterator[str]:
        """A sentence about the flows that lack what a question groups by, if there are any."""
        columns, wanted = self.engine.columns("flows"), self.wanted(NO_FILTERS, self.window)
        lacking = without_value_for(query, self.window, wanted, columns)
        engine, _ = self._counting(query, wanted)
        count = int(engine.run(lacking, self.window).frame["flows"].iloc[0])
        if count:
            words = "1 flow has" if count == 1 else f"{count:,} flows have"
            yield f"{words} no {' or no '.join(query.by)}: left out of the rows."

    def series(
        self,
        measure: str | Iterable[str],
        *,
        every: str | timedelta | None = None,
        by: str | Iterable[str] | None = None,
        n: int | None = 10,
        compare: str | Iterable[str] = (),
        place: Place = "start",
        zone: str = "UTC",
    ) -> pd.DataFrame:
        """A measure over time, zero where nothing was.

        Args:
            measure: `bytes`; several give a column each.
            every: Timeslice, such as `5m`; one that suits the window if not given.
            by: Fields to group by.
            n: Number of groups, the largest first; None: all.
            compare: How far back to look for comparison: `["1d", "7d"]`.
            place: Bytes and packets of a record are all in the timeslice that it starts in
                (`start`), or spread over the time that it lasts (`spread`).
            zone: IANA name of the zone by whose clock a day earlier is the same time.

        Returns:
            `bucket` (start of the timeslice, UTC), the fields, and `value` (or the measures'
            names if they are several); a row for each bucket and group. Times and quantiles are
            null where nothing was, numbers where nothing is known of the bucket; what is spread is
            floats where it is not whole. `complete` is False where records are missing or can still
            arrive. With `compare`, for each shift `value_1d` (null where that bucket is not
            complete) and `change_1d` (percent; null where the base is zero or null, or the bucket
            is not complete). A shift that the data does not reach has no columns; `attrs["notes"]`
            says so.

        Raises:
            ParameterError: A shift is no multiple of the timeslice, a time is to be compared, or
                the answer is too large.
        """
        groups, shifts, window = names_of(by or ()), names_of(compare), self.window
        query = Query(
            names_of(measure),
            groups,
            timeslice(every, window),
            top=n if groups else None,
            place=place,
        )
        window = self._of_all_shares(query)
        if shifts:
            return over_time.compared(
                self.sparse, query, window, self.coverage, shifts, zone_of(zone)
            ).noted
        return over_time.series(self.sparse, query, window, self.coverage).noted

    def outliers(
        self,
        measure: str,
        *,
        every: str | timedelta = "1m",
        method: Method = DEFAULT_METHOD,
        window: int = 10,
        threshold: float = 3.0,
        consecutive: int = 1,
        watch: Watch = "both",
        place: Place = "spread",
        by: str | Iterable[str] | None = None,
        n: int = 10,
    ) -> pd.DataFrame:
        """The buckets of a measure, with those marked that left the band of what was expected.

        Args:
            measure: `packets`.
            every: Timeslice.
            method: What is expected: `seasonal` (the last two hours, and the same time of the last
                days), `robust` (the last two hours) or `trailing` (the last few buckets).
            window: Earlier buckets that the band of `trailing` is made of.
            threshold: Half width of the band, in deviations.
            consecutive: Indications in a row, from which on they are violations.
            watch: The side that is watched: `up`, `down` or `both`.
            place: Bytes and packets of a record are spread over the time that it lasts (`spread`),
                or all in the timeslice that it starts in (`start`).
            by: Fields whose values are judged each by itself: `srcaddr`.
            n: How many values, the busiest first.

        Returns:
            bucket, those fields, value, mean, deviation, lower, upper, error, indicator, violation,
            complete. Buckets that are not complete, such as the last ones, are never judged.

        Raises:
            ParameterError: The measure is a time, or a parameter is out of its range.
        """
        groups = names_of(by or ())
        query = Query(
            one_measure(measure),
            groups,
            timeslice(every, self.window),
            top=n if groups else None,
            place=place,
        )
        return over_time.band(
            self.sparse,
            query,
            self._of_all_shares(query),
            self.coverage,
            method=method,
            history=window,
            threshold=threshold,
            consecutive=consecutive,
            watch=watch,
        ).noted

    def episodes(self, parameters: Parameters = JUDGED) -> pd.DataFrame:
        """What was unusual: neighbouring violations of all measures as one, the worst first.

        Args:
            parameters: What is judged, and how.

        Returns:
            start, end, what, measure, value (the furthest), lower, upper, deviations, score,
            made_by, and the filter that shows it. docs/decisions/unusual.md says how they are made.

        Raises:
            ParameterError: A parameter is out of its range.
        """
        shown = panel("outliers/episodes")
        return shown.answer(shown.request(self.window, parameters=parameters), self).frame

    def forecast(
        self,
        measure: str,
        *,
        every: str | timedelta | None = None,
        periods: int = 24,
        model: Model = "auto",
        place: Place = "spread",
    ) -> pd.DataFrame:
        """A measure over time, continued.

        Args:
            measure: `bytes`.
            every: Timeslice, such as `1h`; one that suits the window if not given.
            periods: How many timeslices to add.
            model: `auto` (the same time of the days that are like the one to come), `linear`,
                `seasonal` (a trend with the rhythm of the day) or `ar` (and the last values).
            place: As in `outliers`.

        Returns:
            bucket, value (null in the future), predicted, lower, upper (95 %), none below 0, and
            complete: buckets that are not, such as the last ones, are not learnt from. It begins
            where the data does. `attrs["notes"]` says where another model had to do,
            and why there is none: `auto` predicts nothing of a series that it would not have
            foreseen.

        Raises:
            ParameterError: The measure is a time, a parameter is out of its range, or there is too
                little data.
        """
        query = Query(one_measure(measure), every=timeslice(every, self.window), place=place)
        require_numbers(query)
        if self.extent is None:
            return pd.DataFrame(columns=FORECAST)
        asked = (self.sparse, query, self.window, self.coverage)
        return over_time.trend(*asked, periods=periods, model=model).noted

    def connections(self, *, order: Order = "duration", limit: int = 100) -> pd.DataFrame:
        """Connections: all records of a five-tuple at one interface, both ways, as they lived.

        docs/decisions/connections.md says how a connection ends and how its client is known.

        Args:
            order: What the first rows have the most of: `duration`, `bytes`, `records`; `start`
                puts the newest first.
            limit: How many.

        Returns:
            client, server, service_port (of the server), protocol, interface_id, vpc_id, first,
            last, duration (seconds, from the first start to the last end), bytes_out, bytes_in,
            packets_out, packets_in (out: sent by the client), records, action (`ACCEPT`, `REJECT`,
            `mixed`), initiator_known_by (`tcp-flags`, `partner-ports`, `service`, `lower-port`,
            `first-packet`, `public-address`, `unknown`). With filters, those of which some record
            meets them, as a whole. One that was going on when the range began is looked up for a
            day before it; `attrs["notes"]` says so.

        Raises:
            ParameterError: There is no such order, or the limit is below 1.
            MissingDataError: The logs lack addresses, or a field that is filtered by.
        """
        query = ConnectionQuery(order, limit)
        found = lived.listed(self.ask_connections, query, self.window, self.extent)
        notes = dict.fromkeys(
            [*found.notes, *(n for result in found.results for n in result.notes)]
        )
        return noted(found.frame[list(lived.COLUMNS)], *notes)

    def ask_connections(
        self, query: AnyQuery, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Answer a question for connections in the window alone; see `connections`."""
        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        question = question_for(query, window, wanted, self.engine.columns())
        return self._as_logged(self.engine.run(question, window))

    def ask_received(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        cuts: Sequence[datetime] = (),
        limit: int = 500_000,
    ) -> QueryResult:
        """What interfaces received, and which of it answers them; see `query.connections.received`.

        Args:
            window: The time to ask about instead of the own one.
            filters: Conditions besides the own ones.
            cuts: Moments that no row may reach over, ascending.
            limit: How many rows at most.
        """
        window = window or self.window
        wanted = self.wanted(filters or NO_FILTERS, window)
        question = received_for(window, wanted, self.engine.columns(), cuts=cuts, limit=limit)
        return self._as_logged(self.engine.run(question, window))

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
        return network_names(field, self.catalogue.known)

    def panel(self, slug: str, *, zone: str = "UTC") -> RenderedPanel:
        """A panel of the dashboards, answered for these logs: its rows, SQL and figure.

        Args:
            slug: Its name: `overview/protocols`.
            zone: IANA name of the zone whose clock days are counted by.

        Raises:
            ParameterError: There is no panel of that slug.
            MissingDataError: The logs lack a field that it needs.
        """
        shown = panel(slug)
        return RenderedPanel(shown, shown.answer(shown.request(self.window, zone=zone), self))

    def panels(self) -> pd.DataFrame:
        """Every panel and ready question that `panel` answers.

        Returns:
            slug, title, help (what it shows) and chart (how it is drawn).
        """
        listed = [*PANELS.values(), *READY.values()]
        columns = ("slug", "title", "help", "chart")
        return pd.DataFrame({name: [getattr(p, name) for p in listed] for name in columns})

    def link(self, shown: str = "overview", *, fixed: bool = False, zone: str = "UTC") -> str:
        """The address of the page that shows a panel of these logs: same range and filters.

        The app must show the same sources: `vpcflow serve`. The setting `app_url` says where it is.

        Args:
            shown: A panel's slug, such as `overview/protocols`, or a page's name.
            fixed: Whether the link is to show this very time for ever, not the newest data.
            zone: IANA name of the zone that the page shows times in.

        Raises:
            ParameterError: There is no such panel, or pages have no such filter.
        """
        moves = self.range is not None and not fixed
        asked = self.range if moves and self.range else Range(fixed=self.window)
        alone = self.source if len(self.catalogue.sources()) > 1 else ""
        view = View(asked, self.filters, alone, self.counts_once, zone)
        return page_link(load_settings().app_url, shown, view)

    def _repr_html_(self) -> str:
        """What is in these logs, for notebooks."""
        return notebook.logs_html(self)

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

    def _of_all_shares(self, query: Query) -> Window:
        """The time asked about; of everything with the slices that the last records reach into."""
        window = self.window
        if self.range is not None or not is_spread(query):
            return window
        after = Window(window.end, self.coverage.reaching(window).end)
        shares = self.sparse(placed(replace(query, by=()))[0], after).frame
        reached = shares[shares.drop(columns=BUCKET).gt(0).any(axis=1)][BUCKET]
        if reached.empty:
            return window
        end = reached.max().to_pydatetime() + (query.every or timedelta(0))
        return Window(window.start, max(window.end, end))

    def _resolved(self) -> tuple[Window, RelativeTo]:
        extent = self.extent
        if self.range is None and extent is not None:
            return extent.snapped(STEP), "now"
        asked = self.range or Range(length=timedelta(days=1))
        return resolve_window(asked, extent, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class RenderedPanel:
    """A panel and its answer."""

    panel: Panel
    answer: PanelAnswer

    @property
    def frame(self) -> pd.DataFrame:
        """The rows it shows."""
        return self.answer.frame

    @property
    def sql(self) -> str:
        """The query that ran."""
        return self.answer.sql

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table; `polars.from_arrow` makes them a frame of polars."""
        return arrow_table(self.frame)

    def _repr_html_(self) -> str:
        """The first rows, notes and SQL."""
        return notebook.panel_html(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The figure, for notebooks; the rows where none can be drawn."""
        return notebook.panel_bundle(self)

    def figure(self, zone: str = "UTC", dark: bool = False) -> Figure:
        """The plotly figure; show it with `charts.CONFIG`, so that maps need no Internet."""
        from vpcflow_core.charts import figure  # plotly takes a while to import

        return figure(self.panel, self.answer, zone, dark)


@cache
def _places(paths: tuple[Path, ...]) -> Places:
    return Places.open(paths)


@contextmanager
def _closed_on_failure(store: Catalogue) -> Iterator[None]:
    """Closes the store or catalogue if what is done inside fails."""
    try:
        yield
    except BaseException:
        store.close()
        raise


def _check(result: SyncResult) -> None:
    """Refuse to answer from a source of which nothing at all could be loaded."""
    if result.gave_nothing:
        first = result.failures[0] if result.failures else None
        why = f": {first.uri}: {first.problem}" if first else ""
        raise EmptyError(f"Nothing could be loaded from {result.source}{why}")


def _instant(moment: str | datetime) -> datetime:
    if isinstance(moment, str):
        return parse_moment(moment, datetime.now(UTC))
    if moment.tzinfo is None:
        raise ParameterError(f"{moment} has no zone.", "Give an aware datetime, or text.")
    return moment.astimezone(UTC)
