"""A client of Trino itself, on its makers' Python package."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

from vpcflow_core.engines.trino.client import Reply, TooMuchError, table_of
from vpcflow_core.engines.trino.dialect import lacking
from vpcflow_core.engines.trino.location import PASSWORD_VARIABLE, TOKEN_VARIABLE, Location
from vpcflow_core.errors import (
    AccessError,
    CredentialsError,
    FailureError,
    MissingError,
    QueryError,
    StoreError,
)
from vpcflow_core.redaction import redacted
from vpcflow_core.stopping import UnwantedError, stoppable
from vpcflow_core.times import format_duration

# Trino's own default for `query.max-length`.
LONGEST = 1_000_000
# Connections read their records in several places, each with what is known of interfaces: 94 stages
# on the sample, more with more tables, where Trino refuses more than 150 by itself.
MOST_STAGES = 400
# Seconds that a request of the protocol may take; answers come in many requests.
REQUEST = 60.0
SHORTER = "Ask for a shorter range or add filters; the limit is the setting query_timeout."
_TOO_MUCH = ("EXCEEDED_LOCAL_MEMORY_LIMIT", "EXCEEDED_GLOBAL_MEMORY_LIMIT", "CLUSTER_OUT_OF_MEMORY")
_TOO_LONG = ("EXCEEDED_TIME_LIMIT", "EXCEEDED_CPU_LIMIT", "EXCEEDED_SCAN_LIMIT")
_MISSING = ("CATALOG_NOT_FOUND", "SCHEMA_NOT_FOUND", "TABLE_NOT_FOUND")


class TrinoConnection:
    """Asks a Trino; each statement has a connection of its own, as Trino keeps no sessions.

    Args:
        location: Which one.

    Raises:
        SettingsError: The package trino is not installed.
    """

    longest = LONGEST

    def __init__(self, location: Location) -> None:
        try:
            import trino
        except ImportError:
            raise lacking("trino") from None
        self.location = location
        self.is_shared = location.shared
        self._trino: Any = trino

    def run(self, sql: str, timeout: timedelta | None = None, most: int | None = None) -> Reply:
        """Answer one statement; see `Client`."""
        connection = self._connected(timeout)
        stopped, unwanted = threading.Event(), threading.Event()
        # Who stops it before Trino has said how it is called has nothing to cancel there yet.
        cursor = connection.cursor(stats_callback=lambda _: _go_on(stopped, unwanted))
        timer = _stop_after(cursor, timeout, stopped)
        try:
            with stoppable(lambda: _stop(cursor, unwanted)):
                _go_on(stopped, unwanted)
                cursor.execute(sql)
                rows = cursor.fetchall() if most is None else cursor.fetchmany(most + 1)
                # A cancelled query has no error there, but fewer rows.
                _go_on(stopped, unwanted)
            names = [column[0] for column in cursor.description or ()]
            kinds = [column[1] for column in cursor.description or ()]
            truncated = most is not None and len(rows) > most
            scanned = (cursor.stats or {}).get("processedBytes")
            return Reply(table_of(names, kinds, rows[:most]), scanned, truncated)
        except FailureError:
            raise
        except Exception as error:  # the border to the package: its errors become ours
            raise self._failure(error, timeout, stopped.is_set()) from error
        finally:
            if timer:
                timer.cancel()
                timer.join()
            _ended(cursor, connection)

    def close(self) -> None:
        """Nothing is held open."""

    def _connected(self, timeout: timedelta | None) -> Any:
        at, session = self.location, {"query_max_stage_count": str(MOST_STAGES)}
        if timeout is not None:
            # In case this process ends before it can stop the query there.
            session["query_max_run_time"] = f"{int(timeout.total_seconds()) + 5}s"
        return self._trino.dbapi.connect(
            host=at.host,
            port=at.port,
            user=at.user,
            catalog=at.catalog,
            schema=at.schema,
            source="vpcflow",
            http_scheme="https" if at.tls else "http",
            auth=self._auth(),
            timezone="UTC",
            request_timeout=REQUEST,
            session_properties=session,
        )

    def _auth(self) -> Any:
        token, password = os.environ.get(TOKEN_VARIABLE), os.environ.get(PASSWORD_VARIABLE)
        if token:
            return self._trino.auth.JWTAuthentication(token)
        return (
            self._trino.auth.BasicAuthentication(self.location.user, password) if password else None
        )

    def _failure(self, error: Exception, timeout: timedelta | None, stopped: bool) -> Exception:
        """An error of the package as one of ours."""
        errors, at = self._trino.exceptions, self.location
        name = getattr(error, "error_name", "") or ""
        if stopped or name in _TOO_LONG:
            length = format_duration(timeout or timedelta(seconds=1))
            return FailureError(f"The query took longer than {length} and was stopped.", SHORTER)
        if name in _TOO_MUCH:
            return TooMuchError("The query needs more memory than Trino gives it.", SHORTER)
        if name in ("USER_CANCELED", "ADMINISTRATIVELY_KILLED"):
            return UnwantedError(_TRINO)
        if name == "PERMISSION_DENIED":
            return AccessError(f"Trino refused the query: {_first_line(error)}", _GRANT)
        if name in _MISSING:
            return MissingError(
                f"{at.url} lacks what was asked for: {_first_line(error)}",
                f"Make the tables: vpcflow tables '{at.url}' --logs s3://bucket/prefix",
            )
        if isinstance(error, errors.TrinoUserError):
            return QueryError(f"Trino refuses the query: {_first_line(error)}")
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403) or "error 401" in str(error) or "error 403" in str(error):
            return CredentialsError(
                f"{at.url} wants a password or token, or refuses the one it got.",
                f"Set the environment variable {PASSWORD_VARIABLE} or {TOKEN_VARIABLE}.",
            )
        if isinstance(error, errors.TrinoQueryError):
            return StoreError(f"The query failed: {_first_line(error)}")
        why = _CAUSE.search(str(error))
        return FailureError(
            f"{at.url} cannot be reached: {why[1] if why else _first_line(error)}.",
            "Is Trino running there?",
        )


# What of a chain of the client's errors people know.
_CAUSE = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")
_TRINO = "Trino"
_GRANT = "The user needs SELECT on the tables of the schema: see docs/engines.md"


def _first_line(error: Exception) -> str:
    message = getattr(error, "message", None)
    return redacted(str(message or error).strip().partition("\n")[0])


def _stop_after(
    cursor: Any, timeout: timedelta | None, stopped: threading.Event
) -> threading.Timer | None:
    if timeout is None:
        return None

    timer = threading.Timer(timeout.total_seconds(), lambda: _stop(cursor, stopped))
    timer.daemon = True
    timer.start()
    return timer


def _stop(cursor: Any, noted: threading.Event) -> None:
    noted.set()
    cursor.cancel()


def _go_on(stopped: threading.Event, unwanted: threading.Event) -> None:
    """Leave a query that is late or unwanted; what it has at Trino is cancelled in `_ended`."""
    if unwanted.is_set():
        raise UnwantedError(_TRINO)
    if stopped.is_set():
        raise TimeoutError


def _ended(cursor: Any, connection: Any) -> None:
    """Close both; a query that still runs is cancelled there."""
    for closed in (cursor, connection):
        with suppress(Exception):  # what could not be cancelled ends by its time limit
            closed.close()
