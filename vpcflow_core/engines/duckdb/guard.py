"""Which SQL of a person may run: one SELECT over the relations, nothing else.

DuckDB itself is locked as well (see database.py): no file outside the store, no extension, no
setting. Inside those walls a SELECT could still name files, other catalogs and functions that
show the engine's state. So the parsed statement is walked, and every table and function looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from vpcflow_core.engines.duckdb import messages
from vpcflow_core.engines.duckdb.sql_tree import given, nodes, scoped, words
from vpcflow_core.errors import QueryError, closest, is_unicode
from vpcflow_core.store.base import RELATIONS

# The relation that is made of `flows` where a person's SQL asks for it.
CONNECTIONS = "connections"
TABLES = frozenset({*RELATIONS, CONNECTIONS})

# Parts of a statement that only read. WITH may hold INSERT, UPDATE, DELETE and COPY too, and what
# a later DuckDB adds is refused until somebody looks at it.
READING = frozenset({
    "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
    "BASE_TABLE", "TABLE_FUNCTION", "SHOW_REF", "JOIN", "SUBQUERY", "EXPRESSION_LIST", "EMPTY",
    "PIVOT", "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
    "ASCENDING", "DESCENDING", "ORDER_DEFAULT",
})  # fmt: skip
# Functions in place of a table that read nothing.
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat"})
# Functions that show or change the engine's state, run SQL from text, or wait.
FORBIDDEN_FUNCTIONS = frozenset({
    "current_setting", "getvariable", "getenv", "write_log", "sleep_ms", "pg_sleep", "nextval",
    "currval", "setval", "setseed", "stats", "vector_type", "current_query", "current_query_id",
    "current_connection_id", "current_transaction_id", "txid_current", "in_search_path",
    "json_execute_serialized_sql", "json_serialize_sql", "json_serialize_plan",
    "json_deserialize_sql", "pg_get_viewdef", "inet_client_addr", "inet_server_addr",
    "user", "session_user", "current_user", "version",
    "copy_database", "force_checkpoint", "checkpoint", "import_database", "query", "query_table",
    "parse_duckdb_log_message", "invoke",
})  # fmt: skip
# Those whose answer changes from call to call, but which are harmless.
HARMLESS_FUNCTIONS = frozenset({
    "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error",
})  # fmt: skip
LONGEST = 100_000
# Brackets within brackets: at 5,000 DuckDB's parser took 22 s and 4 GB. Ours have 14 at most.
DEEPEST = 200
_NAME = re.compile(r"[^\W\d]\w*")
# Beginnings of the names of DuckDB's own views: no WITH needs them. Belt to the braces of scoped.
_VIEWS = ("pg_", "duckdb_", "pragma_", "sqlite_")
_NAMES_OF_WITH = "Use letters, digits and _, and none of the database's own names."
_BRACKET = re.compile(r"[()\[\]{}]")
# Texts, names and comments, whose brackets are none.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?", re.IGNORECASE)
_RULE = "Write one SELECT over flows, records, connections, transit_flows or transit_records."


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that may run.

    Attributes:
        sql: The statement, ready to run.
        relations: The relations it reads.
        mentioned: Words that hold every column it can use; None: it may use all.
        only_names: Whether it asks for the names of the relations alone.
    """

    sql: str
    relations: frozenset[str]
    mentioned: frozenset[str] | None
    only_names: bool


def check(cursor: duckdb.DuckDBPyConnection, sql: str) -> Checked:
    """The statement, looked at.

    To be called in a bounded process: DuckDB's parser looks at no clock.

    Raises:
        QueryError: It is not one SELECT over the relations.
    """
    require_modest(sql)
    statement = _only_statement(sql)
    explain = _EXPLAIN.match(statement) if _kind(statement) == "EXPLAIN" else None
    tree = _tree(cursor, statement[explain.end() :] if explain else statement)
    _require_own_names(tree)
    used = {relation for node, names in scoped(tree) for relation in _checked(node, names)}
    return Checked(statement, frozenset(used), _mentioned(tree), _only_names(tree))


def require_modest(sql: str) -> None:
    """Check what can be seen of a text without parsing it.

    Raises:
        QueryError: It is too long, too deep, or no text.
    """
    if len(sql) > LONGEST:
        raise QueryError(f"The SQL is longer than {LONGEST:,} characters.")
    if not is_unicode(sql):
        raise QueryError("The SQL holds bytes that are not UTF-8.", _RULE)
    if _depth(sql) > DEEPEST:
        raise QueryError(f"The SQL is nested too deeply: {DEEPEST} brackets at most.")


def _depth(sql: str) -> int:
    """How many brackets are open at most."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_QUOTED.sub("", sql)):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _parsed(sql: str) -> list[Any]:
    try:
        return list(duckdb.extract_statements(sql))
    except duckdb.Error as error:
        raise QueryError(f"The SQL cannot be read: {messages.first_line(error)}", _RULE) from None


def _only_statement(sql: str) -> str:
    statements = _parsed(sql)
    if len(statements) != 1:
        raise QueryError(f"These are {len(statements)} statements, not one.", _RULE)
    return str(statements[0].query).strip().rstrip(";")


def _kind(statement: str) -> str:
    try:
        kind: str = _parsed(statement)[0].type.name
    except ValueError:  # a kind that DuckDB's Python does not know: UPDATE EXTENSIONS
        kind = statement.split()[0].upper()
    if kind not in ("SELECT", "EXPLAIN"):
        word = statement.split()[0].upper()  # DuckDB calls an INSTALL a LOAD
        raise QueryError(f"{word if word.isalpha() else kind} statements are not allowed.", _RULE)
    return kind


def _tree(cursor: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """The parsed SELECT as nested lists and dicts."""
    ((text,),) = cursor.execute("SELECT json_serialize_sql($1)", [statement]).fetchall()
    try:
        tree = json.loads(text)
    except RecursionError:
        raise QueryError("The SQL is nested too deeply.") from None
    if tree.get("error", True):
        raise QueryError(
            f"The SQL cannot be read: {tree.get('error_message', 'no reason')}.", _RULE
        )
    if len(tree["statements"]) != 1:
        raise QueryError("These are several statements, not one.", _RULE)
    return tree["statements"]


def _require_own_names(tree: Any) -> None:
    """Check the names that WITH gives: plain, so that none can pass for a file's or a view's."""
    names = [entry["key"] for node in nodes(tree) for entry in given(node)]
    odd = next((n for n in names if not _NAME.fullmatch(n) or n.lower().startswith(_VIEWS)), None)
    if odd is not None:
        raise QueryError(
            f"WITH cannot name a table '{odd}'.",
            "Use letters, digits and _, and no name of the database's own.",
        )


def _checked(node: dict[str, Any], names: frozenset[str]) -> Iterator[str]:
    """The relations that the node reads, if any.

    Raises:
        QueryError: It reads what it may not, or calls what it may not.
    """
    kind = node.get("type")
    # Expressions have a class; statements, tables and clauses do not.
    if isinstance(kind, str) and "class" not in node and kind not in READING:
        raise QueryError(f"{kind} is not allowed in a SELECT here.", _RULE)
    if kind == "VALUE_PARAMETER":
        raise QueryError("The SQL has a parameter ($1 or ?) without a value.", _RULE)
    if kind == "BASE_TABLE":
        yield from _table(node, names)
    elif kind == "TABLE_FUNCTION":
        _function(node["function"], TABLE_FUNCTIONS)
    elif kind == "SHOW_REF":
        yield from _shown(node)
    elif "function_name" in node:
        _function(node)


def _table(node: dict[str, Any], names: frozenset[str]) -> Iterator[str]:
    path = node.get("qualified_name", {}).get("path") or [node["table_name"]]
    name = str(path[-1]).lower()
    plain = len(path) == 1 and not node.get("schema_name") and not node.get("catalog_name")
    if plain and name in names - TABLES:
        return
    # A WITH may bear a relation's name and read the relation inside.
    if not plain or name not in TABLES:
        written = ".".join(map(str, path))
        raise QueryError(f"There is no table '{written}'.", f"{closest(name, TABLES)}  {_RULE}")
    yield name


def _mentioned(tree: Any) -> frozenset[str] | None:
    """Every word of the statement; None where columns may be meant without being named.

    That is `*`, COLUMNS, `#1`, PIVOT, NATURAL JOIN, and a table's name in place of a column: its
    whole row.
    """
    tables, single = {*TABLES}, set()
    for node in nodes(tree):
        kind = node.get("type")
        if kind in ("STAR", "POSITIONAL_REFERENCE", "PIVOT") or node.get("ref_type") == "NATURAL":
            return None
        if "class" not in node:
            tables.add(str(node.get("alias", "")).lower())
        elif kind == "COLUMN_REF" and len(node["column_names"]) == 1:
            single.add(node["column_names"][0].lower())
    return None if tables & single else frozenset(words(tree))


def _only_names(tree: Any) -> bool:
    """Whether it is SHOW TABLES.

    Raises:
        QueryError: It is SHOW TABLES and more.
    """
    kinds = [node.get("type") for node in nodes(tree) if "class" not in node]
    listed = any(node.get("table_name") == '"tables"' for node in nodes(tree))
    if listed and "BASE_TABLE" in kinds:
        raise QueryError("SHOW TABLES stands alone.", _RULE)
    return listed


def _function(node: dict[str, Any], allowed: frozenset[str] | None = None) -> None:
    name = str(node["function_name"]).lower()
    odd = name in FORBIDDEN_FUNCTIONS or name.startswith(
        ("pg_", "duckdb_", "pragma_", "__internal")
    )
    if odd or node.get("schema") or (allowed is not None and name not in allowed):
        raise QueryError(f"The function {name} is not allowed here.", _RULE)


def _shown(node: dict[str, Any]) -> Iterator[str]:
    """DESCRIBE and SUMMARIZE of a query are fine, and so is SHOW TABLES."""
    if node.get("query") is None:
        if node.get("table_name") != '"tables"':
            raise QueryError("Only SHOW TABLES and DESCRIBE of a relation are allowed.", _RULE)
        yield from RELATIONS
