"""SQL by hand inside of a bounded process: the job that `by_hand` asks for.

The process knows the folder of a store and the SQL that makes the relations, nothing else of
vpcflow: no ledger, no settings. One database is kept for the next question.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from vpcflow_core.bounded.child import Send
from vpcflow_core.engines.duckdb import guard, messages
from vpcflow_core.engines.duckdb.damage import OF_FILES
from vpcflow_core.engines.duckdb.database import Cursor, sandboxed_connection
from vpcflow_core.errors import QueryError, StoreError
from vpcflow_core.units import bytes_of

# Rows made at a time: each may be a megabyte.
BATCH = 8192
# What does not fit in memory may take this many times as much of the disk.
SPILL = 4
_OF_MEMORY = ("bad_alloc", "allocate", "Out of Memory")

_kept: dict[tuple[str, int | None, str], Cursor] = {}


def answer(request: dict[str, Any], data: bytes, send: Send) -> dict[str, Any]:
    """Check a statement, or run a checked one and send its rows as an Arrow stream.

    Raises:
        QueryError: It is not allowed, or wrong.
        StoreError: It failed as it does where a file cannot be read.
        MemoryError: There is not enough.
    """
    with _failures(), _cursor(request) as cursor:
        if request["do"] == "check":
            return _checked(cursor, request["sql"])
        _provide(cursor, request, data)
        return _run(cursor, request, send)


def _checked(cursor: Cursor, sql: str) -> dict[str, Any]:
    found = asdict(guard.check(cursor, sql))
    mentioned = found["mentioned"]
    return found | {
        "relations": sorted(found["relations"]),
        "mentioned": None if mentioned is None else sorted(mentioned),
    }


@contextmanager
def _cursor(request: dict[str, Any]) -> Iterator[Cursor]:
    """A cursor of its own; another folder, or other limits, have another database."""
    key = (request["folder"], request["threads"], request["memory_limit"])
    if key not in _kept:
        for other in _kept.values():
            other.close()
        _kept.clear()
        folder, threads, memory = key
        _kept[key] = sandboxed_connection(
            Path(folder),
            threads,
            memory,
            scratch=Path.cwd(),
            most_scratch=SPILL * bytes_of(memory),
        )
    cursor = _kept[key].cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _provide(cursor: Cursor, request: dict[str, Any], data: bytes) -> None:
    """The tables that the relations are joined to, one Arrow stream behind the other; the rest."""
    rest = pa.BufferReader(data)
    for name in request["tables"]:
        cursor.register(name, pa.ipc.open_stream(rest).read_all())
    for statement in request["setup"]:
        cursor.execute(statement)


def _run(cursor: Cursor, request: dict[str, Any], send: Send) -> dict[str, Any]:
    reader: Any = cursor.sql(request["sql"], params=[]).to_arrow_reader(BATCH)
    most, rows = request["max_rows"], 0
    with pa.ipc.new_stream(pa.PythonFile(_Sink(send), mode="w"), reader.schema) as writer:
        for batch in reader:
            # One row more than asked for: so it is known that there are more.
            batch = batch if most is None else batch.slice(0, most + 1 - rows)
            writer.write_batch(batch)
            rows += len(batch)
            if most is not None and rows > most:
                break
    return {"rows": rows}


class _Sink:
    """A file that sends what is written to it."""

    closed = False

    def __init__(self, send: Send) -> None:
        self.write = send

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""


@contextmanager
def _failures() -> Iterator[None]:
    """DuckDB's errors as ours; after one that breaks the database, the next has another."""
    try:
        yield
    except (duckdb.OutOfMemoryException, pa.ArrowMemoryError):
        raise MemoryError from None
    # DuckDB's errors while rows are read come through Arrow: ArrowInvalid or OSError.
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            _kept.clear()
        if any(word in str(error) for word in _OF_MEMORY):
            raise MemoryError from None
        kind = StoreError if type(error) in (*OF_FILES, OSError) else QueryError
        raise kind(
            f"The query failed: {messages.first_line(error)}", messages.near(error)
        ) from None
    except RecursionError:
        raise QueryError("The SQL is nested too deeply.") from None
