"""What DuckDB reads of a store, and the SQL that makes a relation of its Parquet files.

Files differ in their columns. Those of one column set are read together, by name, and brought to
the relation's columns with null for what they lack: DuckDB's own `union_by_name` would open every
file before it answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from vpcflow_core.engines.base import CountsSnapshots
from vpcflow_core.engines.duckdb.summed import COUNT, SUMS, Summed
from vpcflow_core.engines.interfaces.added import Added
from vpcflow_core.fields import COLLECTOR_FIELDS, TRANSIT_FIELDS, VPC_FIELDS, Field, find_field
from vpcflow_core.scope import EVERYTHING, Scope
from vpcflow_core.store.base import StoreFile
from vpcflow_core.store.repeats import Span
from vpcflow_core.times import Window


class FileCatalogue(CountsSnapshots, Protocol):
    """A catalogue that lists the Parquet files of its records: `Store`."""

    @property
    def path(self) -> Path:
        """Folder that holds every file."""

    @property
    def scope(self) -> Scope:
        """The records of the files that may be seen."""

    def files(
        self, relation: str, window: Window | None = None, sources: Sequence[str] | None = None
    ) -> list[StoreFile]:
        """The files that make up a relation."""


class Addition(Protocol):
    """Says what is added to the SELECT over some files: `Completion`, `Sent`."""

    def of(self, names: Set[str]) -> Added:
        """What to add for files of these columns."""


@cache
def table_fields(relation: str) -> tuple[Field, ...]:
    """The fields of the field table that a relation always has, in the table's order."""
    own = TRANSIT_FIELDS if relation.startswith("transit") else VPC_FIELDS
    return own + COLLECTOR_FIELDS


def columns_with_types(relation: str, present: Iterable[str]) -> dict[str, str]:
    """Every column of a relation and its SQL type: the field table's, then what else files have."""
    columns = {field.name: field.sql for field in table_fields(relation)}
    for name in present:
        columns.setdefault(name, _type(name))
    return columns


def _type(name: str) -> str:
    field = find_field(name)
    return field.sql if field and field.name == name else "VARCHAR"


# A relation has this column whatever the question names: there is none without columns.
ALWAYS = "start_time"


def select_files(
    relation: str,
    present: Sequence[str],
    files: Iterable[StoreFile],
    addition: Addition | None = None,
    left_out: Sequence[Span] = (),
    scope: Scope = EVERYTHING,
    summed: Summed | None = None,
    *,
    named: Set[str] | None = None,
) -> str:
    """The SELECT that gives the relation from these files; without files, no rows.

    Args:
        relation: Name of the relation.
        present: Columns that some file of the whole relation has: they decide the extra columns,
            so that a relation looks the same in every window.
        files: The files to read.
        addition: How records are completed and chosen by what is known; None: not at all.
        left_out: Records to leave out, which the cursor has as the table `LEFT_OUT`.
        scope: Only records that lie within it.
        summed: How records are added up, for a question that allows it.
        named: The columns that the question names; None: it may name any.
    """
    columns = columns_with_types(relation, present)
    if named is not None:
        # What the question does not name takes as long to write out as to answer a small one.
        columns = {name: columns[name] for name in columns if name in (*named, ALWAYS)}
    if summed:
        columns |= dict.fromkeys((COUNT, *SUMS.values()), "BIGINT")
    without_id = {span.source for span in left_out if span.source}
    groups: dict[tuple[frozenset[str], str, tuple[str, ...] | None], list[StoreFile]] = {}
    for file in files:
        accounts = scope.accounts_of(file.source)
        if accounts is not None and (not accounts or "account_id" not in file.columns):
            continue
        source = file.source if file.source in without_id else ""
        groups.setdefault((frozenset(file.columns), source, accounts), []).append(file)
    parts = [
        _group(
            columns,
            names,
            some,
            addition,
            _leaving_out(names, source) if left_out else "",
            _of_accounts(accounts),
            summed,
        )
        for (names, source, accounts), some in groups.items()
    ]
    return "\nUNION ALL\n".join(parts) or f"SELECT {_list(columns, frozenset())} WHERE false"


def _of_accounts(accounts: tuple[str, ...] | None) -> str:
    """The condition for records of these accounts; "" for all."""
    if accounts is None:
        return ""
    return f"r.account_id IN ({', '.join(map(_text, accounts))})"


def _group(
    columns: dict[str, str],
    names: frozenset[str],
    files: list[StoreFile],
    addition: Addition | None,
    leaving_out: str,
    condition: str,
    summed: Summed | None,
) -> str:
    paths = ", ".join(_text(str(file.path)) for file in files)
    added = addition.of(names) if addition else Added({})
    joins = "".join(f"\n{join}" for join in added.joins)
    if summed:
        records = f"read_parquet([{paths}]) r{leaving_out}"
        relation, own, more = summed.relation(records, names, added, condition)
        where = f"\nWHERE {added.where}" if added.where else ""
        listed = _list(columns, frozenset(own), {**added.columns, **more})
        return f"SELECT {listed} FROM {relation}{joins}{where}"  # noqa: S608 (quoted here)
    conditions = " AND ".join(f"({one})" for one in (condition, added.where) if one)
    where = f"\nWHERE {conditions}" if conditions else ""
    listed = _list(columns, names, added.columns)
    return f"SELECT {listed} FROM read_parquet([{paths}]) r{leaving_out}{joins}{where}"  # noqa: S608 (quoted here)


# The table of what is left out, in the cursor of a question; see `table_of_spans`.
LEFT_OUT = "left_out_spans"


def table_of_spans(spans: Sequence[Span]) -> pa.Table:
    """What is left out, as a table; times as the files have them."""
    columns = {
        name: pa.array([getattr(span, name) for span in spans], pa.string())
        for name in ("flow_log", "source", "interface", "action")
    }
    ends = {
        name: pa.array([getattr(span, name) for span in spans], pa.timestamp("ms"))
        for name in ("first", "last")
    }
    return pa.table(columns | ends)


def _leaving_out(names: frozenset[str], source: str) -> str:
    """The join that leaves records out of files of these columns; "" where there are none."""
    if not {"interface_id", "start_time"} <= names:
        return ""
    action = "r.action" if "action" in names else "NULL"
    flow_log = "coalesce(r.flow_log_id, '')" if "flow_log_id" in names else "''"
    return f"""
ANTI JOIN {LEFT_OUT} x ON x.interface = r.interface_id AND x.action IS NOT DISTINCT FROM {action}
    AND x.flow_log = {flow_log} AND x.source = if({flow_log} = '', {_text(source)}, '')
    AND x.first <= r.start_time AND r.start_time < x.last"""


def _list(
    columns: dict[str, str], names: frozenset[str], completed: Mapping[str, str] | None = None
) -> str:
    own = {name: f"r.{quoted(name)}" for name in names} | dict(completed or {})
    return ", ".join(
        f"{own[name]} AS {quoted(name)}" if name in own else _null(name, kind)
        for name, kind in columns.items()
    )


def _null(name: str, kind: str) -> str:
    return f"CAST(NULL AS {kind}) AS {quoted(name)}"


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
