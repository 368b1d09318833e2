"""Trino's SQL for SQLAlchemy, values written out: nothing is prepared, and equal is equal text."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from sqlalchemy import ClauseElement
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from vpcflow_core.engines.trino import compile as _  # noqa: F401 (registers Trino's words)
from vpcflow_core.errors import SettingsError


@cache
def dialect() -> Dialect:
    """The dialect of the package `trino`, with a clause a line.

    Raises:
        SettingsError: The package is not installed.
    """
    try:
        from trino.sqlalchemy.compiler import TrinoSQLCompiler
        from trino.sqlalchemy.dialect import TrinoDialect
    except ImportError:
        raise lacking("trino") from None

    class Compiler(TrinoSQLCompiler):  # type: ignore[misc, unused-ignore]
        """People read this SQL: a clause a line."""

        def group_by_clause(self, select: Any, **kw: Any) -> str:
            return _on_its_own_line(super().group_by_clause(select, **kw))  # type: ignore[no-untyped-call]

        def order_by_clause(self, select: Any, **kw: Any) -> str:
            return _on_its_own_line(super().order_by_clause(select, **kw))  # type: ignore[no-untyped-call]

    made: Any = TrinoDialect()  # type: ignore[no-untyped-call]
    made.statement_compiler = Compiler
    return cast("Dialect", made)


def written_out(statement: ClauseElement) -> str:
    """The SQL with its values in it."""
    made = statement.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
    return cast("SQLCompiler", made).string


def lacking(package: str) -> SettingsError:
    """The error where a package that engines beyond this machine need is not installed."""
    return SettingsError(
        f"Trino and Athena need the Python package {package}, which is not installed.",
        "pip install 'vpcflow[trino]'",
    )


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def named(*names: str, mark: str = '"') -> str:
    """The full name of a table or schema, each part in quotes where SQL wants it.

    Args:
        *names: Its parts.
        mark: The quotes: Athena's DDL, which is Hive's, has backticks.

    >>> named("hive", "flow-logs", "select"), named("logs", "2026", mark="`")
    ('hive."flow-logs"."select"', 'logs.`2026`')
    """
    preparer = dialect().identifier_preparer
    return ".".join(
        name if preparer.quote(name) == name else mark + name.replace(mark, 2 * mark) + mark
        for name in names
    )


def text(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def _on_its_own_line(clause: str) -> str:
    return f"\n{clause.lstrip()}" if clause else ""
