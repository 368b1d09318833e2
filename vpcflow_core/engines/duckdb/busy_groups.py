"""The busy groups of each file, kept beside it: enough for lists of the first ones.

Addresses with ports are nearly as many as records, so that sums of all of them save nothing. But
the first ten of a range have thousands of records: groups of a few records in a file are left out
of what is kept, and it is proved that none of them belongs to the list.
docs/decisions/narrowed-files.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnClause, FunctionFilter, Label, Select, UnaryExpression
from sqlalchemy.sql import operators

from vpcflow_core.engines.base import Ask
from vpcflow_core.engines.duckdb.behind import Behind
from vpcflow_core.engines.duckdb.dialect import written_out
from vpcflow_core.engines.duckdb.file_parts import FileParts, OfParts, PartSelect, read_files
from vpcflow_core.engines.duckdb.files import quoted
from vpcflow_core.engines.duckdb.reading import Reading
from vpcflow_core.engines.duckdb.summed import counts_records, of_sums
from vpcflow_core.engines.duckdb.summed_files import (
    SHARED_KEYS,
    filtered_columns,
    relation_of_sums,
    sums_by,
    whole_files,
)
from vpcflow_core.engines.interfaces.completion import KNOWN
from vpcflow_core.engines.named import nodes_of
from vpcflow_core.store.base import StoreFile
from vpcflow_core.times import Window

# Groups of fewer records in a file are not kept.
BUSY = 8
# Groups after the last one listed that are looked at: what is left out has less than these.
MORE = 50
# Longer lists reach down to groups of a few records, of which nothing can be proved.
LONGEST = 100
# Panels leave out records without ports by their protocol.
MORE_KEYS = SHARED_KEYS | {"protocol"}


@dataclass(frozen=True, slots=True)
class FirstGroups:
    """A question for the groups of the most records.

    Attributes:
        groups: The columns of a group.
        order: The column of the answer that counts.
        limit: How many are listed.
    """

    groups: Sequence[str]
    order: str
    limit: int

    def part(self) -> PartSelect:
        """What is kept of each file: all rows of each busy group."""
        groups = ", ".join(map(quoted, self.groups))
        keys = ", ".join(map(quoted, self.keys))
        return PartSelect(
            sums_by(self.keys),
            f"GROUP BY {keys} QUALIFY sum(count(*)) OVER (PARTITION BY {groups}) >= {BUSY} "
            f"ORDER BY {groups}",
        )

    @property
    def keys(self) -> list[str]:
        """The columns that are kept."""
        return sorted({*self.groups, *MORE_KEYS})


@dataclass(slots=True)
class BusyGroups:
    """Busy groups of each file; safe to share between threads and processes.

    Attributes:
        parts: Where they are kept.
        behind: Makes them.
    """

    parts: FileParts
    behind: Behind

    def of(
        self, reading: Reading, question: Any, window: Window, ask: Ask, is_narrow: bool = False
    ) -> OfParts | None:
        """The question as one of kept groups; None where the records have to be asked.

        Args:
            reading: What is read.
            question: A SELECT.
            window: Its range of time; of files that reach over its ends the records are read.
            ask: Asks DuckDB for the answer of a SELECT.
            is_narrow: Whether few of the records would be read otherwise.
        """
        first, found = first_groups(question), of_sums(question, window)
        if first is None or found is None:
            return None
        made, named, sums = found
        filtered = filtered_columns(question)
        if not named | filtered <= set(first.keys) or not named.isdisjoint(KNOWN):
            return None
        files = reading.whole_files("flows", window)
        whole = whole_files(reading, files, window, {*first.keys, *sums})
        select = first.part()
        if whole and not is_narrow:
            name = ("busy", select, *(file.path for file in whole))
            self.behind.later(name, partial(self.parts.step_by_step, whole, select))
        kept = self.parts.there(whole, select)
        if not kept or (is_narrow and len(kept) < len(whole)):
            return None
        rest = [file for file in files if file.path not in kept]
        read = list(kept.values())
        relation = relation_of_sums(reading, read, rest, first.keys, window)
        if not _is_proved(first, made, relation, read, ask):
            return None
        return OfParts(made, relation, read)


def first_groups(question: Any) -> FirstGroups | None:
    """What a question for the groups of the most records is about; None if it is another one."""
    if not isinstance(question, Select):
        return None
    if question._having_criteria or question._offset_clause is not None:
        return None
    limit, order = question._limit, question._order_by_clauses
    groups = question._group_by_clauses
    if (
        not limit
        or limit > LONGEST
        or not order
        or not all(isinstance(group, ColumnClause) for group in groups)
    ):
        return None
    labels = [column for column in question.selected_columns if isinstance(column, Label)]
    counted = {label.name for label in labels if _counts(label.element)}
    named = [name for part in nodes_of(order[0]) if (name := _highest_first(part))]
    if not groups or not named or not counted.issuperset(named):
        return None
    return FirstGroups(tuple(sorted(group.name for group in groups)), named[0], limit)


def _highest_first(part: Any) -> str:
    """The column by which a part of ORDER BY sorts, the highest first; "" of other parts."""
    is_descending = isinstance(part, UnaryExpression) and part.modifier is operators.desc_op
    return part.element.name if is_descending and isinstance(part.element, Label) else ""


def _counts(element: Any) -> bool:
    """Whether it counts records, or those that meet a condition."""
    return counts_records(element.func if isinstance(element, FunctionFilter) else element)


def _is_proved(
    first: FirstGroups, made: Select[Any], relation: str, kept: Sequence[StoreFile], ask: Ask
) -> bool:
    """Whether no group that is left out somewhere belongs to the list, or has more there."""
    sql = written_out(made.limit(first.limit + MORE))
    found = ask(f"WITH flows AS ({relation}) {sql}", {})
    counts = found[first.order].to_pylist()
    if len(counts) < first.limit:
        return False
    missed = (BUSY - 1) * len(kept)
    listed, last = counts[first.limit - 1], counts[-1] if len(counts) > first.limit else 0
    if len(counts) < first.limit + MORE:
        last = 0  # all that is kept was listed
    if listed <= last + missed:
        return False
    near = found.filter(pc.greater_equal(found[first.order], listed - missed))
    return _are_everywhere(first.groups, near, kept, ask)


def _are_everywhere(
    groups: Sequence[str], wanted: pa.Table, kept: Sequence[StoreFile], ask: Ask
) -> bool:
    """Whether each of some groups is kept in all files: then all of it is counted."""
    named = ", ".join(map(quoted, groups))
    files = read_files(kept).removesuffix(")") + ", filename = true)"
    rows = f"SELECT DISTINCT {named}, filename FROM {files} SEMI JOIN wanted USING ({named})"  # noqa: S608 (our own text)
    found = ask(f"SELECT count(*) FROM ({rows})", {"wanted": wanted.select(list(groups))})  # noqa: S608 (our own text)
    return bool(found[0][0].as_py() == len(wanted) * len(kept))
