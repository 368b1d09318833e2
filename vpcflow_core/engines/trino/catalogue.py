"""What there is at a Trino: the relations of a schema, and what is known of when.

When records were added there is not said. So what was learnt counts for a while (`refresh`), and
the number of that while is the generation. What EC2 knows comes from a store of this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import RLock
from time import time as seconds
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from vpcflow_core.coverage import Coverage, coverage_of
from vpcflow_core.engines.base import HasCosts
from vpcflow_core.engines.trino.client import Client
from vpcflow_core.engines.trino.dialect import quoted, text
from vpcflow_core.engines.trino.missing import missing
from vpcflow_core.engines.trino.relations import (
    DAY,
    DAY_FORMAT,
    LATE,
    PARTITIONS,
    Relation,
    parts_of,
)
from vpcflow_core.errors import ParameterError
from vpcflow_core.flow_log_hours import FlowLogHours
from vpcflow_core.inventory.tables import Kind, frame_of
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.stopping import holding
from vpcflow_core.store.base import PART_COLUMN, RELATIONS
from vpcflow_core.store.hours import AHEAD, FARTHEST, HOUR, LONGEST, OLDEST
from vpcflow_core.store.snapshots import SnapshotState
from vpcflow_core.store.state import ObjectReport, SourceState
from vpcflow_core.store.store import Store
from vpcflow_core.times import EPOCH, Window

T = TypeVar("T")
_RELATIONS = """
    SELECT table_name, column_name FROM {catalog}.information_schema.columns
    WHERE table_schema = {schema} AND table_name IN ({names})
    ORDER BY table_name, ordinal_position
"""
_TABLES = """
    SELECT table_name FROM {catalog}.information_schema.tables WHERE table_schema = {schema}
"""
# One scan says all that is known of when; text is read for three of its columns.
_HOURS = """
    SELECT {flow_log} AS flow_log, date_trunc('hour', start_time) AS hour, count(*) AS records,
        min(start_time) AS first, max(start_time) AS last,
        max(IF({lasted} BETWEEN 0 AND {longest}, {lasted})) AS longest,
        max(IF({lasted} BETWEEN 0 AND {furthest}, {lasted})) AS reach, max({end}) AS until,
        count_if({status} = 'NODATA') AS nodata, count_if({status} = 'SKIPDATA') AS skipdata
    FROM {table}
    WHERE start_time >= {oldest} AND start_time <= {latest}{days}
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_EXTENT = "SELECT min(start_time) AS first, max(start_time) AS last FROM {table} WHERE {where}"
_REFS = "SELECT snapshot_id FROM {table} WHERE name = 'main'"
_LASTED = "date_diff('millisecond', start_time, {end})"


class TrinoCatalogue:
    """The relations of one schema.

    Args:
        client: Answers.
        url: How the place is called; without secrets.
        catalog, schema: Where the relations are.
        since: Only records of that most recent time are looked at; None: all.
        refresh: How long what was learnt counts.
        inventory: Whose snapshots tell of the network; None: nothing is known of it. It is closed
            with the catalogue.
    """

    def __init__(
        self,
        client: Client,
        url: str,
        catalog: str,
        schema: str,
        *,
        since: timedelta | None = None,
        refresh: timedelta = timedelta(minutes=5),
        inventory: Store | None = None,
    ) -> None:
        self.client, self.url = client, url
        self.catalog, self.schema = catalog, schema
        self.since, self.refresh = since, refresh
        self.inventory = inventory
        self._learning = RLock()
        self._learnt: dict[str, tuple[int, Any]] = {}
        self._passed = self._number = 0
        # Of an Iceberg table: its name, and the snapshot that was the newest when it was looked at.
        self._shared = ""
        self._snapshot: int | None = None

    def within(self, scope: Scope) -> TrinoCatalogue:
        """The same catalogue, for who may see everything.

        Raises:
            ParameterError: The scope is narrower: nothing would keep SQL by hand inside of it.
        """
        if scope == EVERYTHING:
            return self
        raise ParameterError(
            f"{self.url} cannot be limited to sources or accounts.",
            "Give its engine an account that may read those alone, or show a store of this machine "
            "to who may not see everything.",
        )

    def generation(self) -> int:
        """Grows with each `refresh`, and with each snapshot of EC2.

        Of an Iceberg table it grows only if there is a new snapshot: answers are used as long.
        """
        passed = int(seconds() // self.refresh.total_seconds())
        with holding(self._learning):
            if passed != self._passed:
                newest = self._newest()
                if newest is None or newest != self._snapshot:
                    self._number = passed
                self._passed, self._snapshot = passed, newest
        return self._number * 1000 + self.snapshot_count() % 1000

    def relation(self, name: str) -> Relation | None:
        """A relation of `RELATIONS`; None if the schema lacks it.

        Raises:
            MissingError: The schema has none of them.
        """
        return self.kept("relations", self._relations).get(name)

    def columns(self, relation: str, sources: Sequence[str] | None = None) -> tuple[str, ...]:
        """The columns of the view or table, which is made of what the logs' formats have."""
        found = self.relation(relation)
        return found.columns if found else ()

    def extent(
        self,
        relation: str = "flows",
        sources: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> Window | None:
        """From the first to just after the last `start_time` before `until`; None without one."""
        found = self.relation(relation)
        if found is None:
            return None
        latest = until or datetime.now(UTC) + AHEAD
        where = f"start_time >= {time(self._oldest())} AND start_time < {time(latest)}"
        sql = _EXTENT.format(table=found.name, where=where + self._days(found))
        made = lambda: self.client.run(sql).table.to_pylist()[0]  # noqa: E731
        row = self.kept(f"extent {relation} {until}", made)
        if row["first"] is None:
            return None
        first, last = (row[name].replace(tzinfo=UTC) for name in ("first", "last"))
        return Window(first, last + timedelta(milliseconds=1))

    def coverage(self, sources: Sequence[str] | None = None) -> Coverage:
        """What is known of when: holes, and up to when all came."""
        return self.kept("coverage", lambda: coverage_of(list(self._flow_logs())))

    def sources(self) -> list[SourceState]:
        """One source: the schema itself. Objects and their faults are not known here."""
        hours = self._hours()
        counts = {name: int(hours[name].sum()) for name in ("records", "nodata", "skipdata")}
        first, until = (hours["first"].min(), hours["until"].max()) if len(hours) else (None, None)
        state = SourceState(
            url=self.url,
            objects=0,
            malformed=0,
            bytes=0,
            first=_moment(first),
            last=_moment(until),
            last_sync=None,
            newest=None,
            broken=0,
            error="",
            **counts,
        )
        return [state]

    def reports(self, source: str | None = None, limit: int = 100) -> list[ObjectReport]:
        """None: lines that cannot be read are null there, and are not counted."""
        return []

    def known(self, kind: Kind) -> pd.DataFrame:
        """Every shape of every thing of that kind that the store's snapshots showed."""
        if self.inventory is not None:
            return self.inventory.known(kind)
        times = {
            name: pd.Series(dtype="datetime64[ms, UTC]")
            for name in ("since", "until", "first_seen", "last_seen")
        }
        words = {name: pd.Series(dtype="object") for name in ("account_id", "region")}
        return frame_of(kind, []).assign(**words, **times, gone=pd.Series(dtype="bool"))

    def has_domains(self) -> bool:
        """Whether the store of the inventory has names by DNS."""
        return self.inventory is not None and self.inventory.has_domains()

    def domain_answers(self, window: Window | None, before: timedelta) -> pa.Table:
        """Names by DNS that the store of the inventory has."""
        assert self.inventory is not None  # noqa: S101 (asked for where there are some)
        return self.inventory.domain_answers(window, before)

    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that may not be seen."""
        return self.inventory.hidden_blocks() if self.inventory is not None else ()

    def snapshots(self) -> list[SnapshotState]:
        """The newest snapshot of each account and region."""
        return self.inventory.snapshots() if self.inventory is not None else []

    @property
    def costs(self) -> HasCosts | None:
        """What questions cost there; None where they cost nothing."""
        return self.client if isinstance(self.client, HasCosts) else None

    def snapshot_count(self) -> int:
        """A number that grows with every snapshot."""
        return self.inventory.snapshot_count() if self.inventory is not None else 0

    def close(self) -> None:
        """Let go of the client and of the store with the snapshots."""
        self.client.close()
        if self.inventory is not None:
            self.inventory.close()

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once a generation."""
        with holding(self._learning):
            generation = self.generation()
            if self._learnt.get(name, (None,))[0] != generation:
                self._learnt[name] = generation, make()
            return cast("T", self._learnt[name][1])

    def forget(self) -> None:
        """Ask anew, though the generation is the same."""
        with holding(self._learning):
            self._learnt.clear()

    def flows_by_hour(self) -> pd.Series[Any]:
        """How many flows start in each hour, by that hour (UTC)."""
        hours = self._hours()
        flows = hours["records"] - hours["nodata"] - hours["skipdata"]
        counts: pd.Series[Any] = flows.groupby(pd.DatetimeIndex(hours["hour"])).sum()
        return counts

    def has_table(self, name: str) -> bool:
        """Whether the schema has a table of that name."""
        return name in self.kept("tables", self._tables)

    def _tables(self) -> set[str]:
        sql = _TABLES.format(catalog=quoted(self.catalog), schema=text(self.schema))
        return {row["table_name"] for row in self.client.run(sql).table.to_pylist()}

    def _relations(self) -> dict[str, Relation]:
        names = ", ".join(map(text, RELATIONS))
        sql = _RELATIONS.format(catalog=quoted(self.catalog), schema=text(self.schema), names=names)
        found: dict[str, list[str]] = {}
        for row in self.client.run(sql).table.to_pylist():
            found.setdefault(row["table_name"], []).append(row["column_name"])
        if PART_COLUMN in found.get("records", ()):
            if not self._shared:
                self._shared = self._named("records$refs")
                self._snapshot = self._newest()
            return parts_of(self._named("records"), found["records"])
        if not {"flows", "records"} <= set(found):
            raise missing(self.client, self.url, self.catalog, self.schema)
        return {
            name: Relation(
                self._named(name),
                tuple(column for column in columns if column not in PARTITIONS),
                DAY in columns,
            )
            for name, columns in found.items()
        }

    def _newest(self) -> int | None:
        """The newest snapshot of the Iceberg table; None where the records are no such table."""
        if not self._shared:
            return None
        rows = self.client.run(_REFS.format(table=self._shared)).table.to_pylist()
        return int(rows[0]["snapshot_id"]) if rows else None

    def _named(self, relation: str) -> str:
        return ".".join(map(quoted, (self.catalog, self.schema, relation)))

    def _flow_logs(self) -> list[FlowLogHours]:
        """The hours of each flow log; of all records where none are named."""
        hours = self._hours()
        named = hours.assign(flow_log=hours["flow_log"].fillna(self.url))
        return [_flow_log(str(name), part) for name, part in named.groupby("flow_log")]

    def _hours(self) -> pd.DataFrame:
        return self.kept("hours", self._asked_hours)

    def _asked_hours(self) -> pd.DataFrame:
        found = self.relation("records")
        assert found is not None  # noqa: S101 (`_relations` requires it)

        def own(name: str, kind: str) -> str:
            return name if name in found.columns else f"CAST(NULL AS {kind})"

        end = own("end_time", "timestamp(3)")
        sql = _HOURS.format(
            flow_log=own("flow_log_id", "varchar"),
            status=own("log_status", "varchar"),
            end=end,
            lasted=_LASTED.format(end=end),
            longest=LONGEST,
            furthest=FARTHEST,
            table=found.name,
            oldest=time(self._oldest()),
            latest=time(datetime.now(UTC) + AHEAD),
            days=self._days(found),
        )
        frame: pd.DataFrame = self.client.run(sql).table.to_pandas()
        return frame

    def _oldest(self) -> datetime:
        return datetime.now(UTC) - self.since if self.since else OLDEST

    def _days(self, found: Relation) -> str:
        if not (found.has_days and self.since):
            return ""
        return f" AND {DAY} >= {text((self._oldest() - LATE).strftime(DAY_FORMAT))}"


def _flow_log(name: str, part: pd.DataFrame) -> FlowLogHours:
    longest, reach = (
        part[column].fillna(0).to_numpy().astype(np.int64) for column in ("longest", "reach")
    )
    first, last, hour = (
        part[column].astype("datetime64[ms]").to_numpy().astype(np.int64)
        for column in ("first", "last", "hour")
    )
    return FlowLogHours(
        name,
        hour // HOUR,
        part["records"].to_numpy().astype(np.int64),
        first,
        last,
        longest,
        reach,
    )


def _moment(value: Any) -> datetime | None:
    return None if value is None or pd.isna(value) else EPOCH + (value - pd.Timestamp(0))


def time(moment: datetime) -> str:
    """A time as SQL has it."""
    return f"TIMESTAMP '{moment.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f')}'"
