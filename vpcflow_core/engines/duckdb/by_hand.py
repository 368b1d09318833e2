"""SQL by hand, asked of bounded processes: checked there, and run there.

docs/decisions/bounded-processes.md says why.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from vpcflow_core.bounded.base import MB, Limits, Reply, StoppedError, Why
from vpcflow_core.bounded.pool import Workers
from vpcflow_core.engines.duckdb import guard
from vpcflow_core.errors import FailureError, QueryError
from vpcflow_core.times import format_duration
from vpcflow_core.units import bytes_of, humane_bytes

# Each uses all cores; a third waits, as it would wait for a core.
MOST_AT_ONCE = 2
WORKERS = Workers("vpcflow_core.engines.duckdb.worker", most=MOST_AT_ONCE, warm=1)
# Reading a text takes milliseconds; what does not was written to take long.
CHECK_SECONDS = 10.0
CHECK_MEMORY = 512 * MB
# What the process needs beside DuckDB's own memory: threads' stacks, pages that malloc keeps, the
# batch that is sent.
BESIDE = 512 * MB
# Share of the memory limit that an answer may have.
ANSWER_SHARE = 4

_INTRICATE = QueryError(
    "The SQL is too intricate to be read.", "Write it shorter, with fewer parts inside of others."
)
_NO_PROCESS = FailureError("No process for SQL can be started.", "The log of vpcflow says why.")
_FEWER = "Ask for a shorter range or add filters; the limit is the setting {}."
_SAID: dict[Why, tuple[str, str]] = {
    "time": (
        "The query took longer than {length} and was stopped.",
        _FEWER.format("query_timeout"),
    ),
    "memory": (
        "The query needs more memory than {memory}.",
        _FEWER.format("memory_limit"),
    ),
    "answer": (
        "The answer is larger than {answer}.",
        "Name fewer columns, aggregate, or add a LIMIT; the limit is a quarter of memory_limit.",
    ),
    "busy": (
        f"{MOST_AT_ONCE} queries ran all the {{length}} that this one waited.",
        "Ask again later.",
    ),
    "wanted": ("The query was stopped.", "Run it again, or another one."),
    "ended": (
        "The query ended the process that it ran in.",
        "Nothing else was harmed; write it more simply.",
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement runs, within which limits.

    Attributes:
        folder: The one folder whose files it may read.
        threads: Cores to use; None: all.
        memory_limit: As DuckDB writes it: `4GB`.
        timeout: Time for checking and running together; None: no limit.
    """

    folder: Path
    threads: int | None
    memory_limit: str
    timeout: timedelta | None

    @property
    def memory(self) -> int:
        """The memory limit in bytes."""
        return bytes_of(self.memory_limit)


class Setup:
    """What makes the relations of a statement, collected for its process.

    It takes tables and statements as a cursor does; all tables are made before the first
    statement.
    """

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}
        self.statements: list[str] = []

    def register(self, name: str, table: pa.Table) -> None:
        """Have a table of that name."""
        self.tables[name] = table

    def execute(self, statement: str) -> None:
        """Run a statement of ours before that of the person."""
        self.statements.append(statement)


class Statement:
    """One statement of a person; its time begins now.

    Args:
        sql: As it was written.
        place: Where it runs.

    Raises:
        QueryError: It can be seen to be too long or too deep.
        FailureError: No process can be started.
    """

    def __init__(self, sql: str, place: Place) -> None:
        guard.require_modest(sql)
        self._sql = sql
        self._place = place
        try:
            WORKERS.warm_up()
        except StoppedError:
            raise _NO_PROCESS from None
        self._until = (
            None if place.timeout is None else time.monotonic() + place.timeout.total_seconds()
        )

    def check(self) -> guard.Checked:
        """The statement, looked at.

        Raises:
            QueryError: It is not one SELECT over the relations, or too intricate to be read.
            FailureError: Time was up before a process was free.
        """
        left = self._left()
        seconds = CHECK_SECONDS if left is None else min(left, CHECK_SECONDS)
        try:
            found = self._ask({"do": "check"}, b"", Limits(seconds, CHECK_MEMORY)).values
        except StoppedError as error:
            is_late = error.why == "time" and seconds < CHECK_SECONDS
            is_no_fault = is_late or error.why in ("busy", "wanted")
            raise (self._failure(error.why) if is_no_fault else _INTRICATE) from None
        mentioned = found["mentioned"]
        return guard.Checked(
            found["sql"],
            frozenset(found["relations"]),
            None if mentioned is None else frozenset(mentioned),
            found["only_names"],
        )

    def run(self, checked: guard.Checked, setup: Setup, max_rows: int | None) -> pa.Table:
        """The rows; one more than `max_rows` where there are more.

        Args:
            checked: What `check` gave.
            setup: What makes the relations.
            max_rows: Most rows wanted; None: all.

        Raises:
            QueryError: It is wrong.
            StoreError: It failed as it does where a file cannot be read.
            FailureError: It went beyond a limit.
        """
        request = {
            "do": "run",
            "sql": checked.sql,
            "setup": setup.statements,
            "tables": list(setup.tables),
            "max_rows": max_rows,
        }
        memory = self._place.memory
        limits = Limits(self._left(), memory + BESIDE, memory // ANSWER_SHARE)
        try:
            reply = self._ask(request, _packed(setup.tables), limits)
        except StoppedError as error:
            raise self._failure(error.why) from None
        return _table(reply)

    def _ask(self, request: Mapping[str, Any], data: bytes, limits: Limits) -> Reply:
        place = self._place
        where = {
            "folder": str(place.folder),
            "threads": place.threads,
            "memory_limit": place.memory_limit,
        }
        return WORKERS.ask({"sql": self._sql, **request, **where}, data, limits=limits)

    def _left(self) -> float | None:
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _failure(self, why: Why) -> FailureError:
        """The sentence for a limit."""
        place = self._place
        what, next_step = _SAID[why]
        words = {
            "length": format_duration(place.timeout or timedelta(seconds=CHECK_SECONDS)),
            "memory": place.memory_limit,
            "answer": humane_bytes(place.memory // ANSWER_SHARE),
        }
        return FailureError(what.format(**words), next_step)


def _packed(tables: Mapping[str, pa.Table]) -> bytes:
    """Arrow streams, one behind the other."""
    sink = pa.BufferOutputStream()
    for table in tables.values():
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return bytes(memoryview(sink.getvalue()))


def _table(reply: Reply) -> pa.Table:
    """The rows that a process sent; it is not trusted to have sent sound ones."""
    try:
        table = pa.ipc.open_stream(pa.py_buffer(reply.data)).read_all()
        for column in table.columns:
            # DuckDB's widest integers are decimals of more digits than Arrow allows them.
            column.validate(full="decimal" not in str(column.type))
    except (pa.ArrowException, OSError) as error:
        raise FailureError("The answer cannot be read.", "Write it more simply.") from error
    return table
