"""A client of Amazon Athena on boto3: start, wait, fetch; throttled, stopped and paid for.

Athena bills what it scans, at least 10 MB a query. The limit for one query is the workgroup's, and
AWS holds it; those for a day and a page are held here, for this process (`budget`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from botocore import exceptions as aws

from vpcflow_core.engines.base import StoredTable
from vpcflow_core.engines.trino.athena_errors import ended, failures
from vpcflow_core.engines.trino.athena_location import AthenaLocation
from vpcflow_core.engines.trino.athena_tables import stored
from vpcflow_core.engines.trino.budget import Budget, bytes_billed
from vpcflow_core.engines.trino.client import Reply, table_of
from vpcflow_core.engines.trino.failures import SHORTER
from vpcflow_core.errors import FailureError, SettingsError, VpcflowError
from vpcflow_core.sources.aws.client import client_of, session_of
from vpcflow_core.sources.aws.errors import SLOW_CODES, code_of
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.stopping import UnwantedError, sleep, stoppable, under
from vpcflow_core.times import format_duration

# Bytes of a statement that Athena takes.
LONGEST = 262_144
# Seconds between two looks at a query, and before a start that was throttled is tried again.
FIRST_LOOK, LAST_LOOK = 0.2, 2.0
# Looks at a query that was stopped, until it is taken to be lost.
GRACE = 5
# What Athena itself lets a query take.
LONGEST_RUN = timedelta(minutes=30)
LEAST_BILLED = 10_000_000
TB = 10**12


class AthenaClient:
    """Asks Athena; safe to share between threads.

    Args:
        location: Which tables, whose limits.
        sleep: Waits some seconds; tests do not.
        today: The UTC day whose scanned bytes are counted.
    """

    longest = LONGEST
    # What is read is paid.
    is_shared = True
    wants_place = True

    def __init__(
        self,
        location: AthenaLocation,
        *,
        sleep: Callable[[float], None] = sleep,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        options = SourceOptions(
            profile=location.profile, region=location.region, endpoint_url=location.endpoint
        )
        session = session_of(options)
        region = location.region or session.region_name
        if not region:
            raise SettingsError("Athena needs a region.", "Add &region=eu-central-1 to the URL.")
        self.location = location
        self._athena = client_of(session, "athena", options, region, attempts=3)
        self._sleep, self._today = sleep, today
        self._budget = Budget(location.day, location.page, today)
        self._most: int | None = None

    @property
    def spent(self) -> int:
        """Bytes that were billed today to this process."""
        return self._budget.spent

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        """Answer one statement; see `Client`."""
        with failures(self.location):
            may_scan = self._most_of_a_query()
            with self._budget.reserving(may_scan) as count:
                return self._run(sql, timeout or LONGEST_RUN, most, count)

    def _run(
        self, sql: str, timeout: timedelta, most: int | None, count: Callable[[int], None]
    ) -> Reply:
        end = time.monotonic() + timeout.total_seconds()
        id = self._started(sql, end)
        try:
            # One that is stopped is waited for as well: it is billed what it scanned.
            with stoppable(lambda: self._stop(id)), under(None):
                done = self._waited(id, end, timeout)
        except BaseException:  # no answer, or Ctrl-C: what it scans until it ends is not known
            count(self._most_of_a_query())
            with suppress(aws.BotoCoreError, aws.ClientError):
                self._stop(id)
            raise
        count(_billed(done))
        if done["Status"]["State"] != "SUCCEEDED":
            raise self._ended(done, end, timeout)
        if done.get("StatementType") == "DDL":
            return Reply(table_of((), (), []))
        names, kinds, rows = self._fetched(id, most)
        scanned = int(done.get("Statistics", {}).get("DataScannedInBytes", 0))
        truncated = most is not None and len(rows) > most
        note = self._note(done, scanned)
        return Reply(table_of(names, kinds, rows[:most]), scanned, truncated, (note,))

    def close(self) -> None:
        """Close the connections."""
        self._athena.close()

    def limit(self) -> int | None:
        """Most bytes that one query may scan, as the workgroup says; None: no limit."""
        with failures(self.location):
            asked = self._athena.get_work_group(WorkGroup=self.location.workgroup)
        group = asked["WorkGroup"]
        found = group.get("Configuration", {}).get("BytesScannedCutoffPerQuery")
        return int(found) if found else None

    def stored(self) -> list[StoredTable]:
        """The tables of the database that hold records; see `athena_tables.stored`."""
        with failures(self.location):
            return stored(self.location, self._today())

    def _most_of_a_query(self) -> int:
        """Most bytes that one query may be billed."""
        if self._most is None:
            found = self.limit()
            if found is None and not self.location.unlimited:
                raise SettingsError(
                    f"The workgroup {self.location.workgroup} has no limit of bytes for a query.",
                    "Set its BytesScannedCutoffPerQuery, or add &unlimited=yes to the URL.",
                )
            self._most = max(found or 0, LEAST_BILLED)
        return self._most

    def _started(self, sql: str, end: float) -> str:
        at, pause = self.location, FIRST_LOOK
        minutes = max(1, int(at.refresh.total_seconds() // 60))
        asked: dict[str, Any] = {
            "QueryString": sql,
            # boto3 sends a call that had no answer again: with one token it starts nothing twice.
            "ClientRequestToken": uuid4().hex,
            "QueryExecutionContext": {"Catalog": at.catalog, "Database": at.database},
            "WorkGroup": at.workgroup,
            "ResultReuseConfiguration": {
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": minutes}
            },
        }
        if at.output:
            asked["ResultConfiguration"] = {"OutputLocation": at.output}
        while True:
            try:
                return str(self._athena.start_query_execution(**asked)["QueryExecutionId"])
            except aws.ClientError as error:
                if code_of(error) not in SLOW_CODES:
                    raise
                if time.monotonic() + pause > end:
                    raise FailureError(
                        "Athena takes no more queries of this account at present.",
                        "Ask again later; the quota is that of active DML queries.",
                    ) from error
            self._sleep(pause)
            pause = min(2 * pause, 10 * LAST_LOOK)

    def _waited(self, id: str, end: float, timeout: timedelta) -> dict[str, Any]:
        """The execution, once it has ended; it is stopped when its time is over."""
        pause, is_stopped = FIRST_LOOK, False
        while True:
            found: dict[str, Any] = self._athena.get_query_execution(QueryExecutionId=id)
            done: dict[str, Any] = found["QueryExecution"]
            if done["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return done
            now = time.monotonic()
            if now > end + LAST_LOOK * GRACE:
                raise _too_long(timeout)
            if now > end and not is_stopped:
                self._stop(id)
                is_stopped, pause = True, FIRST_LOOK
            self._sleep(pause)
            pause = min(1.5 * pause, LAST_LOOK)

    def _stop(self, id: str) -> None:
        self._athena.stop_query_execution(QueryExecutionId=id)

    def _ended(self, done: dict[str, Any], end: float, timeout: timedelta) -> VpcflowError:
        """The error of a query that did not succeed."""
        error = ended(self.location, done["Status"])
        is_late = isinstance(error, UnwantedError) and time.monotonic() > end
        return _too_long(timeout) if is_late else error

    def _note(self, done: dict[str, Any], scanned: int) -> str:
        if _is_reused(done):
            return "Athena answered from an earlier result: nothing was scanned."
        cost = max(scanned, LEAST_BILLED) / TB * self.location.price
        return f"Athena scanned {bytes_billed(scanned)}: {cost:.4f} USD."

    def _fetched(self, id: str, most: int | None) -> tuple[list[str], list[str], list[list[Any]]]:
        names: list[str] = []
        kinds: list[str] = []
        rows: list[list[Any]] = []
        for page in self._pages(id):
            if not names:
                columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
                names = [column["Name"] for column in columns]
                kinds = [_kind(column) for column in columns]
                page["ResultSet"]["Rows"] = page["ResultSet"]["Rows"][1:]  # the header
            for row in page["ResultSet"]["Rows"]:
                texts = [cell.get("VarCharValue") for cell in row["Data"]]
                rows.append([_value(t, k) for t, k in zip(texts, kinds, strict=True)])
            if most is not None and len(rows) > most:
                break
        return names, kinds, rows

    def _pages(self, id: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self._athena.get_query_results(QueryExecutionId=id, MaxResults=1000, **more)
            yield page
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}


def _too_long(timeout: timedelta) -> FailureError:
    return FailureError(
        f"The query took longer than {format_duration(timeout)} and was stopped.",
        f"{SHORTER} The limit is the setting query_timeout.",
    )


# How values of a type are read from the text that Athena sends.
_READERS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda value: value == "true", "tinyint": int, "smallint": int, "integer": int,
    "bigint": int, "real": float, "float": float, "double": float,
}  # fmt: skip


def _billed(done: dict[str, Any]) -> int:
    """Bytes that are billed: none for a failed query, a result that was there, or DDL."""
    is_free = done["Status"]["State"] == "FAILED" or done.get("StatementType") == "DDL"
    if is_free or _is_reused(done):
        return 0
    return max(int(done.get("Statistics", {}).get("DataScannedInBytes", 0)), LEAST_BILLED)


def _is_reused(done: dict[str, Any]) -> bool:
    statistics = done.get("Statistics", {})
    return bool(statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult"))


def _kind(column: dict[str, Any]) -> str:
    if column["Type"] == "decimal":
        return f"decimal({column.get('Precision', 38)},{column.get('Scale', 0)})"
    return "array(varchar)" if column["Type"] == "array" else str(column["Type"])


def _value(text: str | None, kind: str) -> Any:
    """A value of its column's type, from the text that Athena sends."""
    if text is None:
        return None
    if kind.startswith("timestamp"):
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    if kind.startswith("array"):
        # Ids and addresses: none holds a comma.
        return [part for part in text.strip("[]").split(", ") if part]
    if kind == "date":
        return date.fromisoformat(text)
    return _READERS.get(kind, str)(text)
