"""A client of Trino itself, on its makers' Python package."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

from vpcflow_core.engines.trino.client import Reply, table_of
from vpcflow_core.engines.trino.dialect import lacking
from vpcflow_core.engines.trino.failures import SHORTER, failure_of, unreached
from vpcflow_core.engines.trino.location import PASSWORD_VARIABLE, TOKEN_VARIABLE, Location
from vpcflow_core.errors import FailureError
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
_LONGER = f"{SHORTER} The limit is the setting query_timeout."


class TrinoConnection:
    """Asks a Trino; each statement has a connection of its own, as Trino keeps no sessions.

    Args:
        location: Which one.

    Raises:
        SettingsError: The package trino is not installed.
    """

    longest = LONGEST
    wants_place = False

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
        connection = self._connection(timeout)
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
            columns = list(cursor.description or ())
            scanned = (cursor.stats or {}).get("processedBytes")
        except FailureError:
            raise
        except Exception as error:  # the border to the package: its errors become ours
            raise self._failure(error, timeout, stopped.is_set()) from error
        finally:
            if timer:
                timer.cancel()
                timer.join()
            _ended(cursor, connection)
        table = table_of([c[0] for c in columns], [c[1] for c in columns], rows[:most])
        return Reply(table, scanned, most is not None and len(rows) > most)

    def close(self) -> None:
        """Nothing is held open."""

    def _connection(self, timeout: timedelta | None) -> Any:
        try:
            return self._connected(timeout)
        except Exception as error:  # what the package does not do, such as passwords without TLS
            raise self._failure(error, timeout, False) from error

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
        if stopped:
            length = format_duration(timeout or timedelta(seconds=1))
            return FailureError(f"The query took longer than {length} and was stopped.", _LONGER)
        if name == "USER_CANCELED":
            return UnwantedError(_TRINO)
        why = _first_line(error)
        if isinstance(error, errors.TrinoQueryError):
            is_users = isinstance(error, errors.TrinoUserError)
            return failure_of(_TRINO, at.url, name, why, is_users)
        status = getattr(getattr(error, "response", None), "status_code", None)
        return unreached(at.url, f"error {status}: {why}" if status else why)


_TRINO = "Trino"


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
