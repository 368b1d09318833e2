"""The relations of a question, as Trino's SQL: what stands before the question's own SELECT.

Small tables of what is known travel in the statement, as JSON in one text: Trino reads a row of
many columns from it, and the text stays short where columns are empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.engines.interfaces.added import Added
from vpcflow_core.engines.interfaces.completion import Completion
from vpcflow_core.engines.interfaces.copies import Sent
from vpcflow_core.engines.trino.dialect import quoted, text
from vpcflow_core.fields import COLLECTOR_FIELDS, TRANSIT_FIELDS, VPC_FIELDS, Field
from vpcflow_core.store.base import PART_COLUMN, RELATIONS
from vpcflow_core.times import Window

# The column of a relation that names the partition, `2026/11/25`; see tables.py.
DAY = "log_day"
DAY_FORMAT = "%Y/%m/%d"
# Columns that are about where records lie, not about traffic.
PARTITIONS = (DAY, "log_account", "log_region", PART_COLUMN)
# Objects may lie in the folder of the day before or after that of their records' start.
LATE = timedelta(days=1)
_WORDS = {"VARCHAR[]": "array(varchar)", "TIMESTAMP": "timestamp(3)"}
_ADDRESS_HEX = re.compile(r"address_hex\(([\w.]+)\)")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view, and the columns it has.

    Attributes:
        name: Its full name, quoted.
        columns: Their names, without those of partitions.
        has_days: Whether it has the column `DAY`.
    """

    name: str
    columns: tuple[str, ...]
    has_days: bool = False


def table_fields(relation: str) -> tuple[Field, ...]:
    """The fields of the field table that a relation always has."""
    own = TRANSIT_FIELDS if relation.startswith("transit") else VPC_FIELDS
    return own + COLLECTOR_FIELDS


def parts_of(table: str, columns: Sequence[str]) -> dict[str, Relation]:
    """The relations of one table of all records, such as `vpcflow sync --into` writes.

    Args:
        table: Its full name, quoted.
        columns: What it has.
    """
    relations = {}
    transit_names, vpc_names = ({f.name for f in of} for of in (TRANSIT_FIELDS, VPC_FIELDS))
    only_transit, only_vpc = transit_names - vpc_names, vpc_names - transit_names
    for name, parts in RELATIONS.items():
        transit = name.startswith("transit")
        left_out = only_vpc if transit else only_transit
        kept = tuple(c for c in columns if c not in PARTITIONS and c not in left_out)
        listed = ", ".join(map(text, parts))
        chosen = f"(SELECT * FROM {table} WHERE {PART_COLUMN} IN ({listed}))"  # noqa: S608
        relations[name] = Relation(chosen, kept)
    return relations


def select_relation(
    relation: str,
    found: Relation | None,
    window: Window | None,
    addition: Completion | Sent | None = None,
) -> str:
    """The SELECT that gives a relation with every column it always has; without one, no rows.

    Args:
        relation: Its name.
        found: What there is of it.
        window: Partitions whose records all start outside are left out.
        addition: How records are completed and chosen by what is known; None: not at all.
    """
    fields = {field.name: _WORDS.get(field.sql, field.sql) for field in table_fields(relation)}
    names = frozenset(found.columns) if found else frozenset()
    added = addition.of(names) if addition and found else Added({})
    own = {name: f"r.{quoted(name)}" for name in names} | dict(added.columns)
    listed = ", ".join(
        f"{own[name]} AS {quoted(name)}"
        if name in own
        else f"CAST(NULL AS {kind}) AS {quoted(name)}"
        for name, kind in (fields | {name: fields.get(name, "varchar") for name in own}).items()
    )
    if found is None:
        return f"SELECT {listed} WHERE false"
    tests = [*([f"({added.where})"] if added.where else []), *_days(found, window)]
    where = f"\nWHERE {' AND '.join(tests)}" if tests else ""
    joins = "".join(f"\n{join}" for join in added.joins)
    return in_words_of_trino(f"SELECT {listed} FROM {found.name} r{joins}{where}")  # noqa: S608


def _days(found: Relation, window: Window | None) -> list[str]:
    if window is None or not found.has_days:
        return []
    first, last = (window.start - LATE, window.end + LATE)
    ends = (text(moment.strftime(DAY_FORMAT)) for moment in (first, last))
    return [f"r.{quoted(DAY)} BETWEEN {' AND '.join(ends)}"]


def in_words_of_trino(sql: str) -> str:
    """SQL of `engines.interfaces` with the one function that only DuckDB has, as a macro."""
    return _ADDRESS_HEX.sub(
        r"lower(to_hex(CAST(TRY_CAST(\1 AS ipaddress) AS varbinary)))",
        sql,
    )


def unnested(first: str, last: str) -> tuple[str, str]:
    """A row for each whole number of a range, as `sent_copies` wants it."""
    return "numbers.n", f"\n    CROSS JOIN UNNEST(sequence({first}, {last})) AS numbers(n)"


def with_tables(sql: str, tables: Mapping[str, str]) -> str:
    r"""A SELECT with named SELECTs before it, which may be named in it.

    >>> with_tables("SELECT * FROM a", {"a": "SELECT 1"})
    'WITH a AS (\nSELECT 1\n)\nSELECT * FROM a'
    >>> with_tables("WITH b AS (SELECT * FROM a) SELECT * FROM b", {"a": "SELECT 1"})
    'WITH a AS (\nSELECT 1\n),\nb AS (SELECT * FROM a) SELECT * FROM b'
    """
    if not tables:
        return sql
    named = ",\n".join(f"{name} AS (\n{select}\n)" for name, select in tables.items())
    own = re.match(r"\s*WITH\s+(RECURSIVE\s+)?", sql, re.IGNORECASE)
    if own is None:
        return f"WITH {named}\n{sql}"
    return f"WITH {own[1] or ''}{named},\n{sql[own.end() :]}"


def inlined(table: pa.Table) -> str:
    """The SELECT that gives the rows of a small table."""
    used = [n for n in table.column_names if table[n].null_count < len(table)]
    kinds = {name: table.schema.field(name).type for name in table.column_names}
    listed = ", ".join(_listed(name, kind, name in used) for name, kind in kinds.items())
    if not used:
        return f"SELECT {listed} WHERE false"
    row = ", ".join(f"{name} {_kind(kinds[name])}" for name in used)
    rows = list(zip(*(_plain(table[name]) for name in used), strict=True))
    packed = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    cast = f"CAST(json_parse({text(packed)}) AS array(row({row})))"
    return f"SELECT {listed} FROM UNNEST({cast}) AS t({', '.join(used)})"  # noqa: S608


def _listed(name: str, kind: pa.DataType, is_used: bool) -> str:
    if pa.types.is_timestamp(kind):
        return f"CAST({name if is_used else 'NULL'} AS timestamp(6)) AS {name}"
    return f"{name if is_used else f'CAST(NULL AS {_kind(kind)})'} AS {name}"


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return "array(varchar)"
    if pa.types.is_boolean(kind):
        return "boolean"
    return "integer" if pa.types.is_integer(kind) else "varchar"


def _plain(column: pa.ChunkedArray) -> Sequence[Any]:
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
    values: list[Any] = column.to_pylist()
    return values
