"""The table of minutes beside the records, which the engine fills itself; see `query.minutes`.

It is filled hour by hour, of hours that are settled, by MERGE: whoever comes second, or again,
changes nothing. An hour counts if it was filled and has as many flows as the records of that hour
have, and so have the hours before it, whose records may reach into it. All others are asked of the
records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pandas as pd
from sqlalchemy import SelectBase

from vpcflow_core.engines.trino.catalogue import TrinoCatalogue, time
from vpcflow_core.engines.trino.dialect import named, quoted, text, written_out
from vpcflow_core.engines.trino.relations import with_tables
from vpcflow_core.errors import MissingDataError, ParameterError, StoreError
from vpcflow_core.query.minutes import FIELDS, LIES, MINUTE_OF, NEEDED, VOLUMES, minutes_of
from vpcflow_core.query.question import Query
from vpcflow_core.query.spread import SHARES
from vpcflow_core.times import EPOCH, Window, floor_to

TABLE = "flow_minutes"
HOUR = timedelta(hours=1)
# Columns of the table, with Trino's types; Athena's differ in name.
COLUMNS = {
    MINUTE_OF: "timestamp(6)", "action": "varchar", "protocol": "integer", LIES: "boolean",
    "flows": "bigint", **dict.fromkeys(VOLUMES, "decimal(38, 0)"),
    **{f"{name}{SHARES}": "double" for name in VOLUMES},
}  # fmt: skip
_OF_ATHENA = {"timestamp(6)": "timestamp", "varchar": "string", "integer": "int"}
KEY = (MINUTE_OF, *FIELDS, LIES)
# Records that last longer than that reach into no hour that is filled.
REACH = timedelta(days=1)
# Hours of one MERGE: what is written at once is kept in memory there.
AT_ONCE = 24
TRIES = 5
# More separate spans than these are asked of the records in one.
MOST_SPANS = 4
_STATE = """
    SELECT date_trunc('hour', minute) AS hour, bool_or(lies IS NULL) AS is_filled,
        coalesce(sum(flows) FILTER (WHERE NOT lies), 0) AS flows
    FROM {table} GROUP BY 1 ORDER BY 1
"""

Relations = Callable[[Window, Collection[str]], dict[str, str]]
Part = Callable[[Window], tuple[SelectBase, Window]]


@dataclass(frozen=True)
class MinutesTable:
    """The table of one schema.

    Attributes:
        catalogue: Of the schema.
        relations: Gives the SQL of `flows`, and of what it needs, for a range of time.
    """

    catalogue: TrinoCatalogue
    relations: Relations

    @cached_property
    def name(self) -> str:
        """Its full name."""
        parts = (self.catalogue.catalog, self.catalogue.schema, TABLE)
        return ".".join(map(quoted, parts))

    def source(self, window: Window, part: Part) -> str:
        """The SQL of the minutes of a window: hours that count from the table, others made anew."""
        spans = [span for span in map(_within(window), self.spans()) if span]
        rest = list(_rest(window, spans))
        if len(rest) > MOST_SPANS:
            spans, rest = [], [window]
        parts = [f"SELECT {_listed()} FROM {self.name} WHERE {_any_of(spans)}"] if spans else []  # noqa: S608
        return "\nUNION ALL\n".join([*parts, *(self._made(*part(span)) for span in rest)])

    def spans(self) -> list[Window]:
        """The hours that count, joined."""
        state = self.catalogue.kept("minutes", self._state)
        here = self.catalogue.flows_by_hour()
        sound = {
            hour
            for hour in state.index.union(here.index)
            if state["flows"].get(hour, 0) == here.get(hour, 0)
        }
        wrong = sorted(set(here.index).union(state.index) - sound)
        filled = [hour for hour in state.index[state["is_filled"].astype(bool)] if hour in sound]
        return list(_joined(hour for hour in filled if not _is_reached(hour, wrong)))

    def fill(self, place: str = "") -> Iterator[Window]:
        """Fill the settled hours that do not count yet; gives each span that was filled.

        Args:
            place: Where Athena makes a new table, `s3://...`; "" at Trino, which knows.

        Raises:
            MissingDataError: Records have no volumes or times.
            ParameterError: The engine wants a place for a new table, and there is none.
            StoreError: The engine cannot write there.
        """
        if lacking := [n for n in (*NEEDED, *FIELDS) if n not in self.catalogue.columns("flows")]:
            raise MissingDataError(f"Minutes need the field {lacking[0]}, which no record has.")
        self._make(place)
        for span in self._to_fill():
            self._fill(span)
            yield span

    def _make(self, place: str) -> None:
        """Make the table, if it is not there; another writer may do the same."""
        self.catalogue.forget()
        if self.catalogue.has_table(TABLE):
            return
        if self.catalogue.client.wants_place and not place.startswith("s3://"):
            raise ParameterError(
                "That engine wants a place for the new table.", "Give --at s3://bucket/prefix"
            )
        try:
            self.catalogue.client.run(ddl(self.catalogue, place))
        except StoreError:
            self.catalogue.forget()
            if not self.catalogue.has_table(TABLE):
                raise

    def _to_fill(self) -> list[Window]:
        """Settled hours with records that do not count, some at once."""
        self.catalogue.forget()
        coverage = self.catalogue.coverage()
        settled = coverage.settled_until
        if coverage.extent is None or settled is None:
            return []
        first, end = floor_to(coverage.extent.start, HOUR), floor_to(settled, HOUR)
        if end <= first:  # the first hour of a new log is not over
            return []
        whole = Window(first, end)
        length = AT_ONCE * HOUR
        return [
            Window(start, min(start + length, gap.end))
            for gap in _rest(whole, self.spans())
            for start in _steps(gap, length)
        ]

    def _fill(self, span: Window) -> None:
        """Fill a span, in one commit; another writer may do the same."""
        for left in reversed(range(TRIES)):
            try:
                self.catalogue.client.run(self._merge(span))
                return
            except StoreError:  # a commit of another writer came between
                if not left:
                    raise
                self.catalogue.forget()
                if any(one.start <= span.start and span.end <= one.end for one in self.spans()):
                    return

    def _merge(self, span: Window) -> str:
        known = [name for name in FIELDS if name in self.catalogue.columns("flows")]
        made = self._made(*minutes_of(span, known, self._earliest))
        marks = ", ".join(f"({time(hour)})" for hour in _steps(span, HOUR))
        nothing = ", ".join(
            f"CAST(NULL AS {kind})" for name, kind in COLUMNS.items() if name != MINUTE_OF
        )
        pairs = [f"t.{n} IS NOT DISTINCT FROM s.{n}" for n in KEY if n != MINUTE_OF]
        values = [name for name in COLUMNS if name not in KEY]
        changed = [f"t.{name} IS DISTINCT FROM s.{name}" for name in values]
        anew = [f"{name} = s.{name}" for name in values]
        return (
            f"MERGE INTO {self.name} t USING (\n{made}\nUNION ALL\n"
            f"SELECT m, {nothing} FROM (VALUES {marks}) AS marks(m)\n) s\n"
            f"ON t.minute = s.minute AND {' AND '.join(pairs)}\n"
            f"WHEN MATCHED AND ({' OR '.join(changed)}) THEN UPDATE SET {', '.join(anew)}\n"
            f"WHEN NOT MATCHED THEN INSERT ({_listed()})\n"
            f"VALUES ({', '.join(f's.{name}' for name in COLUMNS)})"
        )

    def _made(self, select: SelectBase, begins: Window) -> str:
        """The minutes of some records, as a SELECT that stands by itself."""
        wanted = (*NEEDED, *FIELDS)
        sql = with_tables(written_out(select), self.relations(begins, wanted))
        return f"SELECT {_listed()} FROM (\n{sql}\n)"  # noqa: S608 (our own text)

    def _earliest(self, query: Query, window: Window) -> datetime | None:
        return self.catalogue.coverage().reaching(window).start

    def _state(self) -> pd.DataFrame:
        found = self.catalogue.client.run(_STATE.format(table=self.name)).table.to_pandas()
        flows = found["flows"].astype("int64")
        made: pd.DataFrame = found.assign(flows=flows).set_index(pd.DatetimeIndex(found["hour"]))
        return made


def ddl(catalogue: TrinoCatalogue, place: str = "") -> str:
    """The statement that makes the table.

    Args:
        catalogue: Of the schema.
        place: `s3://...`, in Athena's words; "": in Trino's.
    """
    if not place:
        listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        name = ".".join(map(quoted, (catalogue.catalog, catalogue.schema, TABLE)))
        made = f"CREATE TABLE IF NOT EXISTS {name} ({listed})"
        return f"{made} WITH (partitioning = ARRAY['day({MINUTE_OF})'])"
    listed = ", ".join(f"`{name}` {_OF_ATHENA.get(k, k)}" for name, k in COLUMNS.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {named(catalogue.schema, TABLE, mark='`')} ({listed}) "
        f"PARTITIONED BY (day({MINUTE_OF})) LOCATION {text(place)} "
        "TBLPROPERTIES ('table_type' = 'ICEBERG')"
    )


def _listed() -> str:
    return ", ".join(COLUMNS)


def _any_of(spans: Sequence[Window]) -> str:
    return " OR ".join(f"minute >= {time(s.start)} AND minute < {time(s.end)}" for s in spans)


def _within(window: Window) -> Callable[[Window], Window | None]:
    def cut(span: Window) -> Window | None:
        start, end = max(span.start, window.start), min(span.end, window.end)
        return Window(start, end) if start < end else None

    return cut


def _rest(window: Window, spans: Sequence[Window]) -> Iterator[Window]:
    """What of a window lies outside of spans in order."""
    at = window.start
    for span in spans:
        if at < min(span.start, window.end):
            yield Window(at, min(span.start, window.end))
        at = max(at, span.end)
    if at < window.end:
        yield Window(at, window.end)


def _joined(hours: Iterator[pd.Timestamp]) -> Iterator[Window]:
    """Hours in order as spans."""
    open: Window | None = None
    for hour in hours:
        start = EPOCH + (hour - pd.Timestamp(0))
        if open and open.end == start:
            open = Window(open.start, start + HOUR)
        else:
            if open:
                yield open
            open = Window(start, start + HOUR)
    if open:
        yield open


def _is_reached(hour: pd.Timestamp, wrong: Sequence[pd.Timestamp]) -> bool:
    """Whether records of an hour that is not known rightly may reach into it."""
    return any(hour - REACH <= other < hour for other in wrong)


def _steps(span: Window, length: timedelta) -> Iterator[datetime]:
    at = span.start
    while at < span.end:
        yield at.astimezone(UTC)
        at += length
