"""Cursors of a database, each for one question, within limits; what DuckDB raises as our errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import pyarrow as pa

from vpcflow_core.ending import at_work
from vpcflow_core.engines.duckdb import messages
from vpcflow_core.engines.duckdb.damage import OF_FILES
from vpcflow_core.engines.duckdb.database import Cursor
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.errors import FailureError, StoreError
from vpcflow_core.times import Window, format_duration


@dataclass(frozen=True, slots=True)
class Cursors:
    """Cursors of a database; safe to share between threads.

    Attributes:
        database: The database.
        memory_limit: As DuckDB writes it: `4GB`.
        timeout: A question that takes longer is stopped; None: none is.
    """

    database: Cursor
    memory_limit: str
    timeout: timedelta | None

    @contextmanager
    def one(self) -> Iterator[Cursor]:
        """A cursor of its own for one question; stopped when time is up."""
        cursor = self.database.cursor()
        with at_work(cursor.interrupt), closing(cursor), _stopped_after(cursor, self.timeout):
            yield cursor

    @contextmanager
    def failures(self, reading: Reading, window: Window | None) -> Iterator[None]:
        """DuckDB's errors as ours.

        Args:
            reading: What is read, some file of which may be lost.
            window: The range of time that is asked about; None: all.

        Raises:
            FailureError: It took too long or too much memory.
            StoreError: A file is lost, or the question failed.
        """
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if _is(error, duckdb.InterruptException, "INTERRUPT Error"):
                length = format_duration(self.timeout or timedelta(seconds=1))
                raise FailureError(
                    f"The query took longer than {length} and was stopped.",
                    "Ask for a shorter range or add filters; the limit is the setting "
                    "query_timeout.",
                ) from None
            if _is(error, duckdb.OutOfMemoryException, "Out of Memory Error"):
                raise FailureError(
                    f"The query needs more memory than {self.memory_limit}.",
                    "Ask for a shorter range or add filters; the limit is the setting "
                    "memory_limit.",
                ) from None
            if isinstance(error, OSError):  # none of DuckDB's
                raise
            damage = reading.damage(window) if type(error) in OF_FILES else None
            raise damage or StoreError(f"The query failed: {messages.first_line(error)}") from error


def _is(error: Exception, kind: type[duckdb.Error], name: str) -> bool:
    """Whether DuckDB raised it, also where Arrow read the answer and knows but the text."""
    return isinstance(error, kind) or (isinstance(error, OSError) and str(error).startswith(name))


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
