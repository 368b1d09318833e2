"""DuckDB's SQL for SQLAlchemy: PostgreSQL's but for what is written here and in `compile.py`."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ClauseElement, TryCast
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql.compiler import SQLCompiler

from vpcflow_core.engines.duckdb import compile as _  # noqa: F401 (registers DuckDB's words)


class DuckDBCompiler(PGCompiler):
    """Words that DuckDB has beyond PostgreSQL."""

    def visit_try_cast(self, element: TryCast[Any], **kw: Any) -> str:
        """A cast that gives null where the value does not fit."""
        clause, kind = (self.process(part, **kw) for part in (element.clause, element.typeclause))
        return f"TRY_CAST({clause} AS {kind})"

    # People read this SQL: a clause a line.
    def group_by_clause(self, select: Any, **kw: Any) -> str:
        """GROUP BY on a line of its own."""
        return _on_its_own_line(super().group_by_clause(select, **kw))  # type: ignore[no-untyped-call]

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        """ORDER BY on a line of its own."""
        return _on_its_own_line(super().order_by_clause(select, **kw))  # type: ignore[no-untyped-call]

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """LIMIT on a line of its own."""
        return _on_its_own_line(super().limit_clause(select, **kw))  # type: ignore[no-untyped-call]


class DuckDBDialect(PGDialect):
    """`$1` for values; a backslash in a text is a backslash."""

    name = "duckdb"
    statement_compiler = DuckDBCompiler
    supports_statement_cache = False
    _backslash_escapes = False

    def __init__(self) -> None:
        super().__init__(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def _on_its_own_line(clause: str) -> str:
    return f"\n{clause.lstrip()}" if clause else ""


DIALECT = DuckDBDialect()


def bound(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The SQL with `$1` for values, and the values."""
    made = _compiled(statement, render_postcompile=True)
    processors: dict[str, Any] = dict(made._bind_processors)
    values = made.params
    return made.string, [
        processors[name](values[name]) if name in processors else values[name]
        for name in made.positiontup or ()
    ]


def written_out(statement: ClauseElement) -> str:
    """The SQL with its values in it, for people to read and run again."""
    return _compiled(statement, literal_binds=True).string


def _compiled(statement: ClauseElement, **options: bool) -> SQLCompiler:
    return cast("SQLCompiler", statement.compile(dialect=DIALECT, compile_kwargs=options))
